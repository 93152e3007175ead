//! How a bundle is: what a status update says of it, in OPA's form.

use super::error::BundleFailure;
use crate::error::rego_error;
use referee_core::Timestamp;
use referee_core::error::chain;
use referee_rego::{RegoCode, RegoErrors};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The code of every error (OPA's only one).
const CODE: &str = "bundle_error";

/// What OPA says where modules do not parse or compile; `errors` has the rest.
const MODULES: &str = "error(s) occurred while compiling module(s)";

/// The time that stands for never in what Go writes.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// How a bundle is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BundleStatus {
    /// Its name in the configuration.
    pub name: String,
    /// The revision in force.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub active_revision: String,
    /// When it was activated last.
    #[serde(serialize_with = "or_never")]
    pub last_successful_activation: Option<Timestamp>,
    /// `snapshot` or `delta`: what came last.
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    pub kind: &'static str,
    /// How many bytes what is in force was fetched as.
    #[serde(skip_serializing_if = "is_zero")]
    pub size: u64,
    /// When something that can be read was fetched last.
    #[serde(serialize_with = "or_never")]
    pub last_successful_download: Option<Timestamp>,
    /// When the source last had nothing new, or something that can be read.
    #[serde(serialize_with = "or_never")]
    pub last_successful_request: Option<Timestamp>,
    /// When the source was asked last.
    #[serde(serialize_with = "or_never")]
    pub last_request: Option<Timestamp>,
    /// `bundle_error` where something is wrong.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub code: &'static str,
    /// What is wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Each error of modules, in OPA's form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Value>,
    /// How long things took, in nanoseconds, under OPA's names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<&'static str, u64>,
    /// The status that the service answered with, where that is what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_code: Option<u16>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

fn or_never<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => time.serialize(serializer),
        None => serializer.serialize_str(NEVER),
    }
}

impl BundleStatus {
    pub(super) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        !self.code.is_empty()
    }

    /// Whether readiness is not held back for it, as in OPA: it was activated once, and its modules
    /// are none that do not compile. What else is wrong, with its service say, does not count.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.last_successful_activation.is_some() && self.errors.is_empty()
    }

    pub(super) fn clear(&mut self) {
        (self.code, self.http_code) = ("", None);
        self.message.clear();
        self.errors.clear();
    }

    pub(super) fn fail(&mut self, failure: &BundleFailure) {
        self.clear();
        self.code = CODE;
        match failure.modules() {
            Some(errors) => match empty_module(errors) {
                Some(message) => self.message = message,
                None => {
                    self.message = MODULES.to_owned();
                    self.errors = errors.iter().map(rego_error).collect();
                }
            },
            None => self.message = chain(failure),
        }
        if let BundleFailure::Fetch(error) = failure {
            self.http_code = error.http_status();
        }
    }
}

/// What is said of a module without anything in it, which OPA does not count among the errors of
/// modules.
fn empty_module(errors: &RegoErrors) -> Option<String> {
    let first = errors.first();
    let empty = first.code == RegoCode::Parse && first.message == "empty module";
    let file = first.location.as_ref().map(|location| &location.file)?;
    empty.then(|| format!("{file}:0: {}: {}", first.code.as_str(), first.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_store::bundle::BundleFetchError;
    use serde_json::json;

    #[test]
    fn a_status_is_written_as_opa_writes_it() {
        let mut status = BundleStatus::new("authz".to_owned());
        status.last_request = Some("2026-01-31T12:00:00.5Z".parse().unwrap());
        status.fail(&BundleFailure::Fetch(BundleFetchError::Status {
            target: "t".to_owned(),
            status: 404,
            retry_after: None,
        }));
        let expected = json!({
            "name": "authz",
            "last_successful_activation": NEVER,
            "last_successful_download": NEVER,
            "last_successful_request": NEVER,
            "last_request": "2026-01-31T12:00:00.5Z",
            "code": "bundle_error",
            "message": "server replied with Not Found",
            "http_code": 404,
        });
        assert_eq!(serde_json::to_value(&status).unwrap(), expected);
        status.clear();
        assert!(!status.has_failed());
        assert_eq!(serde_json::to_value(&status).unwrap().get("http_code"), None);
    }
}
