//! Asks any method on lines of JSON: `{"method": "mgda", "gram": [[1, 0], [0, 4]]}` gives `{"weights": [0.8, 0.2], "residual": 0.0}`.
//!
//! Each line is the request of `polytask balance METHOD` with its `method` beside it, each answer one line; what cannot be answered
//! is `{"error": "…"}`. `METHOD` may also be an argument, for lines that do not name one.
//!
//! ```console
//! $ echo '{"gram": [[1, 0], [0, 4]], "options": {"normalize": "none"}}' |
//!       cargo run --release -p polytask-balance --example balance -- mgda
//! ```

use std::io::{BufRead, Write, stdin, stdout};

use polytask_balance::{Request, answer};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let named = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with('-'));
    let mut output = stdout().lock();
    for line in stdin().lock().lines() {
        let line = line?;
        let answered = answered(&line, named.as_deref());
        let text = answered.unwrap_or_else(|error| json!({ "error": error }).to_string());
        writeln!(output, "{text}")?;
        output.flush()?;
    }
    Ok(())
}

fn answered(line: &str, named: Option<&str>) -> Result<String, String> {
    let mut request: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let own = request
        .as_object_mut()
        .and_then(|object| object.remove("method"));
    let own = own.and_then(|method| method.as_str().map(str::to_owned));
    let method = own
        .or(named.map(str::to_owned))
        .ok_or("no method is named")?;
    let request: Request = serde_json::from_value(request).map_err(|error| error.to_string())?;
    let answer = answer(&method, &request).map_err(|error| error.to_string())?;
    serde_json::to_string(&answer).map_err(|error| error.to_string())
}
