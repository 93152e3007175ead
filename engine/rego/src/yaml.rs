//! YAML documents as values: data and inputs, read as OPA reads them (`v1/loader`, `v1/util`).
//!
//! It is the reader of `yaml.unmarshal`: YAML 1.1 by way of JSON. Of a stream of several documents
//! the first counts, and an empty one is `null`. Refused: what that reader refuses, what is nested
//! deeper than values are, and what aliases blow up over [`MEMORY`] or [`STEPS`].

use crate::value::{MAX_DEPTH, Value, ValueError, depth_exceeds};
use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_value as native;
use std::time::Duration;

/// How many bytes a document may take while it is read.
const MEMORY: u64 = 4 << 30;

/// How many steps reading may take: far more than a text of any size that is allowed, far less
/// than what aliases inside aliases can ask for.
const STEPS: u64 = 1 << 32;

impl Value {
    /// Reads YAML text.
    ///
    /// # Errors
    /// Where the text is not YAML, has no JSON, is nested deeper than 128 levels, or becomes too
    /// large by its aliases.
    pub fn from_yaml_str(text: &str) -> Result<Self, ValueError> {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, STEPS, MEMORY, None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &native::Value::Null);
        let value = referee_rego_formats::yaml::decode(&mut context, text.as_bytes())
            .map_err(|_| ValueError::TooLarge)?
            .map_err(ValueError::Yaml)?;
        if depth_exceeds(&value, MAX_DEPTH) {
            return Err(ValueError::TooDeep);
        }
        Ok(Self(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        Value::from_yaml_str(text).map_or_else(|error| error.to_string(), |v| v.to_json_string())
    }

    #[test]
    fn yaml_is_read_as_version_1_1_and_of_several_documents_the_first() {
        assert_eq!(json("a: yes\nb: 0644\n---\nc: 1\n"), r#"{"a":true,"b":420}"#);
        assert_eq!(json("# nothing\n"), "null");
    }

    #[test]
    fn what_is_no_yaml_is_told_in_the_words_of_its_reader() {
        assert_eq!(
            json("a: [1"),
            "error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'"
        );
    }

    #[test]
    fn what_is_nested_deeper_than_values_are_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Value::from_yaml_str(&nested(127)).is_ok());
        let error = Value::from_yaml_str(&nested(200)).unwrap_err();
        assert!(matches!(error, ValueError::TooDeep), "{error}");
    }
}
