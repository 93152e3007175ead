//! What a statement says, as a policy sees it: without the wrappers that cosign puts around what is
//! no predicate by itself.
//!
//! cosign wraps (`pkg/cosign/attestation/attestation.go`; its `specs/COSIGN_PREDICATE_SPEC.md`):
//!
//! - what is attested as `custom`: `{"Data": "…", "Timestamp": "…"}`, where `Data` is the file as a
//!   string;
//! - cosign 1, SPDX and CycloneDX documents: the same, where `Data` is the document, or a string;
//! - SPDX documents of the type `spdx`: the file as a string.
//!
//! Such a string stands for the JSON object or list that it is the text of; another string is what
//! was meant. Only these predicate types are unwrapped, and only what is exactly such a wrapper. The
//! signature is over the bytes of the whole statement: what is taken out of it has no part in that.

use super::held::{CYCLONEDX, SPDX};
use referee_core::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What cosign attests as `custom`, as it is now and as cosign 1 wrote it.
const CUSTOM: [&str; 2] =
    ["https://cosign.sigstore.dev/attestation/v1", "cosign.sigstore.dev/attestation/v1"];
/// CycloneDX documents, as cosign 1 named them.
pub(crate) const CYCLONEDX_OLD: &str = "https://cyclonedx.org/schema";

/// A predicate for the facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Predicate {
    /// What is said; `null` where it is nothing or left out.
    pub(crate) value: Value,
    /// Whether it is left out.
    pub(crate) omitted: bool,
    /// Whether it was taken out of a wrapper.
    pub(crate) unwrapped: bool,
    /// The wrapper's time.
    pub(crate) stated_at: Option<Timestamp>,
}

impl Predicate {
    /// Reads what a statement says. What is longer than `limit` bytes of JSON is left out; so is
    /// what is nested deeper than 128 levels or has numbers that no float holds, since it cannot be
    /// handed over.
    pub(crate) fn of(predicate_type: &str, written: Option<&RawValue>, limit: usize) -> Self {
        let Some(written) = written else { return Self::default() };
        match Self::as_it_is(written, limit) {
            Self { omitted: false, value, .. } => unwrap(predicate_type, value),
            omitted => omitted,
        }
    }

    /// Reads what is no predicate, within the same bounds.
    pub(crate) fn as_it_is(written: &RawValue, limit: usize) -> Self {
        let small = Some(written.get()).filter(|text| text.len() <= limit);
        match small.and_then(|text| serde_json::from_str(text).ok()) {
            Some(value) => Self { value, ..Self::default() },
            None => Self { omitted: true, ..Self::default() },
        }
    }
}

/// Whether a predicate is what cosign attests as `custom`.
pub(crate) fn is_custom(predicate_type: &str) -> bool {
    CUSTOM.contains(&predicate_type)
}

fn unwrap(predicate_type: &str, value: Value) -> Predicate {
    let document = matches!(predicate_type, SPDX | CYCLONEDX | CYCLONEDX_OLD);
    if !document && !is_custom(predicate_type) {
        return Predicate { value, ..Predicate::default() };
    }
    match value {
        Value::Object(members) if is_wrapper(&members) => {
            let stated_at = members.get("Timestamp").and_then(Value::as_str);
            let stated_at = stated_at.and_then(|text| text.parse().ok());
            let data = members.into_iter().find(|(name, _)| name == "Data");
            let value = match data.map(|(_, data)| data).unwrap_or_default() {
                Value::String(text) => meant(&text).unwrap_or(Value::String(text)),
                other => other,
            };
            Predicate { value, omitted: false, unwrapped: true, stated_at }
        }
        Value::String(text) if document => match meant(&text) {
            Some(value) => Predicate { value, unwrapped: true, ..Predicate::default() },
            None => Predicate { value: Value::String(text), ..Predicate::default() },
        },
        value => Predicate { value, ..Predicate::default() },
    }
}

/// Exactly what cosign writes: `Data`, and a `Timestamp` that is a string.
fn is_wrapper(members: &Map<String, Value>) -> bool {
    members.contains_key("Data")
        && members.iter().all(|(name, value)| match name.as_str() {
            "Data" => true,
            "Timestamp" => value.is_string(),
            _ => false,
        })
}

/// The JSON object or list that this is the text of. A text such as `1` or `true` is a text.
fn meant(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(predicate_type: &str, written: &Value) -> Predicate {
        let raw: Box<RawValue> = serde_json::from_str(&written.to_string()).unwrap();
        Predicate::of(predicate_type, Some(&raw), 1_000)
    }

    fn omitted() -> Predicate {
        Predicate { omitted: true, ..Predicate::default() }
    }

    #[test]
    fn what_cosign_wrapped_is_taken_out() {
        let time: Timestamp = "2026-11-21T04:03:31Z".parse().unwrap();
        let wrap = |data: Value| json!({ "Data": data, "Timestamp": "2026-11-21T04:03:31Z" });
        for (data, meant) in [
            (json!("{\"a\": [1]}\n"), json!({ "a": [1] })),
            (json!("[]"), json!([])),
            (json!({ "a": 1 }), json!({ "a": 1 })),
            (json!("plain"), json!("plain")),
            (json!("1"), json!("1")),
            (json!("{\"a\": 1"), json!("{\"a\": 1")),
            (json!(""), json!("")),
            (Value::Null, Value::Null),
        ] {
            for kind in CUSTOM.into_iter().chain([SPDX, CYCLONEDX, CYCLONEDX_OLD]) {
                let read = of(kind, &wrap(data.clone()));
                let expected = Predicate {
                    value: meant.clone(),
                    omitted: false,
                    unwrapped: true,
                    stated_at: Some(time),
                };
                assert_eq!(read, expected, "{kind} {data}");
            }
        }
    }

    #[test]
    fn a_document_in_a_string_is_the_document() {
        let read = of(SPDX, &json!("{\"spdxVersion\": \"SPDX-2.3\"}"));
        assert_eq!(read.value, json!({ "spdxVersion": "SPDX-2.3" }));
        assert!(read.unwrapped && read.stated_at.is_none());
        let text = json!("SPDXVersion: SPDX-2.3\n");
        let read = of(SPDX, &text);
        assert_eq!((read.value, read.unwrapped), (text, false));
    }

    #[test]
    fn nothing_else_is_unwrapped() {
        let wrapper = json!({ "Data": "{}", "Timestamp": "" });
        for (kind, written) in [
            ("https://example.com/review/v1", wrapper.clone()),
            ("https://cosign.sigstore.dev/attestation/v2", wrapper),
            (CUSTOM[0], json!({ "Data": "{}", "Timestamp": 1 })),
            (CUSTOM[0], json!({ "Data": "{}", "other": 1 })),
            (CUSTOM[0], json!({ "data": "{}" })),
            (CUSTOM[0], json!({ "Timestamp": "" })),
            (CUSTOM[0], json!("{}")),
            (CUSTOM[0], json!([])),
        ] {
            let read = of(kind, &written);
            assert_eq!(read, Predicate { value: written, ..Predicate::default() }, "{kind}");
        }
    }

    #[test]
    fn what_is_inside_a_wrapper_is_not_unwrapped_again() {
        let inner = json!({ "Data": "{}", "Timestamp": "" }).to_string();
        let read = of(CUSTOM[0], &json!({ "Data": inner }));
        assert_eq!(read.value, json!({ "Data": "{}", "Timestamp": "" }));
    }

    #[test]
    fn a_time_that_is_none_is_left_out() {
        let read = of(CUSTOM[0], &json!({ "Data": "{}", "Timestamp": "yesterday" }));
        assert!(read.unwrapped && read.stated_at.is_none());
    }

    #[test]
    fn what_is_large_or_deep_is_left_out() {
        assert_eq!(of("p", &json!("a".repeat(1_000))), omitted());
        let deep = "[".repeat(300) + &"]".repeat(300);
        let raw: Box<RawValue> = serde_json::from_str(&deep).unwrap();
        assert_eq!(Predicate::of("p", Some(&raw), 1_000), omitted());
        // As the text of something deep, it stays a text.
        let read = of(CUSTOM[0], &json!({ "Data": deep.clone() }));
        assert_eq!(read.value, json!(deep));
        assert_eq!(Predicate::of("p", None, 0), Predicate::default());
    }
}
