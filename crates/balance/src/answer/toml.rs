//! Options as JSON has them, written as TOML, which is what methods are read from.

use serde_json::Value;

use super::RequestError;

/// The value on one line.
pub(super) fn inline(value: &Value) -> Result<String, RequestError> {
    let list = |items: Vec<Result<String, RequestError>>| {
        let items: Result<Vec<String>, RequestError> = items.into_iter().collect();
        items.map(|items| items.join(", "))
    };
    match value {
        Value::Null => Err(RequestError::Options(
            "an option is null: leave it out instead".to_owned(),
        )),
        // Numbers, and strings with their escapes, are written alike in both.
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.to_string()),
        Value::Array(items) => Ok(format!("[{}]", list(items.iter().map(inline).collect())?)),
        Value::Object(table) => {
            let entries = table.iter().map(|(key, value)| {
                let key = Value::String(key.clone()).to_string();
                inline(value).map(|value| format!("{key} = {value}"))
            });
            Ok(format!("{{ {} }}", list(entries.collect())?))
        }
    }
}
