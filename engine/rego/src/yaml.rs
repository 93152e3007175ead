//! YAML documents as values: data and inputs, read as OPA reads them (`v1/loader`, `v1/util`).
//!
//! It is the reader of `yaml.unmarshal`: YAML 1.1 by way of JSON. Of a stream of several documents
//! the first counts, and an empty one is `null`. Refused: what that reader refuses, what is nested
//! deeper than values are, and what aliases blow up over [`memory_for`] or [`STEPS`].

use crate::value::{MAX_DEPTH, Value, ValueError, depth_exceeds};
use referee_rego_builtin::{Context, Meter, NoHost};
use referee_rego_value as native;
use std::time::Duration;

/// How many steps reading may take: far more than a text of any size that is allowed, far less
/// than what aliases inside aliases can ask for.
const STEPS: u64 = 1 << 32;

/// How many bytes a text may take while it is read. Without aliases the worst texts, which are
/// nothing but empty elements, take about 200 times their length; the rest is for aliases.
fn memory_for(text: &str) -> u64 {
    const LEAST: u64 = 16 << 20;
    const TIMES: u64 = 256;
    const MOST: u64 = 4 << 30;
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    length.saturating_mul(TIMES).saturating_add(LEAST).min(MOST)
}

impl Value {
    /// Reads YAML text: as OPA reads data files named `.yaml` and `.yml` outside bundles.
    ///
    /// JSON is read as YAML, too; there its numbers beyond 64 bits become floating-point numbers.
    ///
    /// # Errors
    /// Where the text is not YAML, has no JSON, is nested deeper than 128 levels, or becomes too
    /// large by its aliases.
    pub fn from_yaml_str(text: &str) -> Result<Self, ValueError> {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, STEPS, memory_for(text), None);
        let mut context = Context::new(meter, 0, 0, &NoHost, &native::Value::Null);
        let value = referee_rego_formats::yaml::decode(&mut context, text.as_bytes())
            .map_err(|_| ValueError::TooLarge)?
            .map_err(ValueError::Yaml)?;
        if depth_exceeds(&value, MAX_DEPTH) {
            return Err(ValueError::TooDeep);
        }
        Ok(Self(value))
    }

    /// Reads text that is JSON, and else YAML: as OPA reads inputs, the bodies of requests and the
    /// YAML files of bundles (`util.Unmarshal`). A byte order mark is passed over.
    ///
    /// # Errors
    /// As of [`Value::from_yaml_str`]: text that is neither is told as YAML.
    pub fn from_json_or_yaml_str(text: &str) -> Result<Self, ValueError> {
        let text = without_byte_order_mark(text);
        Self::from_json_str(text).or_else(|_| Self::from_yaml_str(text))
    }
}

/// Text without the mark that some editors put before UTF-8.
fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
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
        assert_eq!(json("a: [1"), "yaml: line 1: did not find expected ',' or ']'");
    }

    #[test]
    fn json_keeps_its_digits_where_it_is_read_before_yaml() {
        let text = r#"{"n": 12345678901234567890123}"#;
        assert_eq!(json(text), r#"{"n":1.2345678901234568e+22}"#);
        let either = |text: &str| Value::from_json_or_yaml_str(text).unwrap().to_json_string();
        assert_eq!(either(text), r#"{"n":12345678901234567890123}"#);
        assert_eq!(either(&format!("\u{feff}{text}")), r#"{"n":12345678901234567890123}"#);
        assert_eq!(either("\u{feff}a: on"), r#"{"a":true}"#);
        let error = Value::from_json_or_yaml_str("{").unwrap_err();
        assert!(matches!(error, ValueError::Yaml(_)), "{error}");
    }

    #[test]
    fn a_text_of_nothing_but_elements_is_within_its_memory_and_one_of_aliases_is_not() {
        for unit in ["a,", "\n- ", "[],", "? "] {
            let (open, close) = if unit.ends_with(',') { ("[", "]") } else { ("", "") };
            let text = format!("{open}{}{close}", unit.repeat(100_000));
            let read = Value::from_yaml_str(&text);
            assert!(!matches!(read, Err(ValueError::TooLarge)), "{unit:?}");
        }
        let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a,".repeat(10_000));
        let error = Value::from_yaml_str(&text).unwrap_err();
        assert!(matches!(error, ValueError::TooLarge), "{error}");
    }

    #[test]
    fn what_is_nested_deeper_than_values_are_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Value::from_yaml_str(&nested(127)).is_ok());
        let error = Value::from_yaml_str(&nested(200)).unwrap_err();
        assert!(matches!(error, ValueError::TooDeep), "{error}");
        let error = Value::from_json_or_yaml_str(&nested(200)).unwrap_err();
        assert!(matches!(error, ValueError::TooDeep), "{error}");
    }
}
