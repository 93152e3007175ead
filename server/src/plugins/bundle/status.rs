//! How a bundle is: what a status update says of it, in OPA's form.

use super::error::BundleFailure;
use referee_core::Timestamp;
use referee_core::error::chain;
use referee_rego::RegoErrors;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
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
    /// How many bytes were fetched last.
    #[serde(skip_serializing_if = "is_zero")]
    pub size: u64,
    /// When something new was fetched last.
    #[serde(serialize_with = "or_never")]
    pub last_successful_download: Option<Timestamp>,
    /// When the source was asked with success last.
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

    pub(super) fn clear(&mut self) {
        (self.code, self.http_code) = ("", None);
        self.message.clear();
        self.errors.clear();
    }

    pub(super) fn fail(&mut self, failure: &BundleFailure) {
        self.clear();
        self.code = CODE;
        match failure.modules() {
            Some(errors) => {
                self.message = MODULES.to_owned();
                self.errors = errors_of(errors);
            }
            None => self.message = chain(failure),
        }
        if let BundleFailure::Fetch(error) = failure {
            self.http_code = error.http_status();
        }
    }
}

/// Errors of modules in OPA's form.
fn errors_of(errors: &RegoErrors) -> Vec<Value> {
    let one = |error: &referee_rego::RegoError| {
        let mut shown = json!({ "code": error.code.as_str(), "message": error.message });
        if let Some(location) = &error.location {
            let (row, col) = (location.row, location.col);
            shown["location"] = json!({ "file": &*location.file, "row": row, "col": col });
        }
        shown
    };
    errors.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_store::bundle::BundleFetchError;

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
