//! What a header says, as far as the checks look at it.

use referee_rego_builtin::{BuiltinError, Result};
use referee_rego_value::{Object, Value};

/// A header (RFC 7515 section 4.1).
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) algorithm: String,
    pub(super) key_id: String,
    pub(super) content_type: String,
    critical: Vec<String>,
    unknown: Vec<String>,
}

impl Header {
    /// Reads the members one after another; the first that is wrong is told.
    pub(super) fn read(object: &Object) -> Result<Self> {
        let mut header = Self::default();
        for (key, value) in object.iter() {
            let Some(name) = key.as_str() else { continue };
            match name {
                "alg" => header.algorithm = string(name, value)?,
                "kid" => header.key_id = string(name, value)?,
                "typ" => drop(string(name, value)?),
                "cty" => header.content_type = string(name, value)?,
                "crit" => header.critical = critical(value)?,
                _ => header.unknown.push(name.to_owned()),
            }
        }
        Ok(header)
    }

    /// Whether it names an algorithm and says nothing critical that is not understood.
    pub(super) fn is_valid(&self) -> bool {
        !self.algorithm.is_empty() && !self.unknown.iter().any(|name| self.critical.contains(name))
    }
}

fn string(name: &str, value: &Value) -> Result<String> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| BuiltinError::new(format!("{name}: must be a string")))
}

/// The critical names up to the first that is no name.
fn critical(value: &Value) -> Result<Vec<String>> {
    let Some(elements) = value.as_array() else {
        return Err(BuiltinError::new("crit: must be a list"));
    };
    let names: Vec<String> = elements.iter().map_while(Value::as_str).map(str::to_owned).collect();
    if names.is_empty() {
        return Err(BuiltinError::new("crit: must be a nonempty list"));
    }
    Ok(names)
}
