//! Paths: JSON pointers, or arrays of keys.

use referee_rego_builtin::Result;
use referee_rego_builtin::operand;
use referee_rego_value::Value;

/// The keys of a path.
pub(super) fn keys(path: &Value) -> Result<Vec<Value>> {
    match path {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::String(text) => {
            let unescaped = |part: &str| Value::from(part.replace("~1", "/").replace("~0", "~"));
            Ok(text.trim_start_matches('/').split('/').map(unescaped).collect())
        }
        Value::Array(array) => Ok(array.iter().cloned().collect()),
        other => Err(operand::refused(
            2,
            &format!(
                "must be one of {{set, array}} containing string paths or array of path segments \
                 but got {}",
                other.type_name()
            ),
        )),
    }
}
