//! Files held against JSON Schemas, by their media types: those of the artifact itself and those of
//! its referrers.
//!
//! The validator is that of `json.match_schema`, so facts and policies agree: drafts 4, 6 and 7, and
//! nothing is fetched for a reference. A file that is larger than `limits.max_payload_bytes`, or no
//! JSON, or takes more than [`TIME`], is told as such.

use referee_core::facts::{SchemaCheckFact, SchemaErrorFact};
use referee_core::oci::Document;
use referee_core::{
    Budget, Coded, Descriptor, Evidence, EvidenceRequest, Findings, Job, Manifest, Outcome,
    Referrer, Step, Timestamp, Verifier,
};
use referee_rego::{CompileOptions, EvalBudget, Module, Program, RegoEngine, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// The verifier's name in the facts.
const NAME: &str = "json-schema";

/// How long the check of one file may take. One of 10 MB takes a tenth of it.
const TIME: Duration = Duration::from_secs(5);

/// The most errors of one file that stand in the facts.
const MAX_ERRORS: usize = 20;
/// The longest text of one of them, in characters.
const MAX_TEXT: usize = 300;

/// The check as a policy would make it. `found` is `[valid, errors]`.
const RULES: &str = "package validation\n\nfound := json.match_schema(input, data.schema)\n\n\
                     usable := json.verify_schema(data.schema)\n";

/// Holds files against the schemas of their media types.
#[derive(Debug)]
pub struct SchemaVerifier {
    schemas: BTreeMap<String, Program>,
}

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not JSON.
    #[error("the schema for {media_type} is not JSON")]
    Json {
        /// The media type that it is for.
        media_type: String,
        /// What is wrong.
        #[source]
        source: referee_rego::ValueError,
    },
    /// It is JSON, and no schema.
    #[error("the schema for {media_type} cannot be used: {message}")]
    Schema {
        /// The media type that it is for.
        media_type: String,
        /// What is wrong.
        message: String,
    },
}

impl Coded for SchemaError {
    fn code(&self) -> &'static str {
        match self {
            Self::Json { .. } => "schema_not_json",
            Self::Schema { .. } => "schema_unusable",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Json { .. } => None,
            Self::Schema { .. } => {
                Some("drafts 4, 6 and 7 are read, and nothing is fetched for a $ref".to_owned())
            }
        }
    }
}

impl SchemaVerifier {
    /// A verifier of these schemas, JSON texts by the media types that they are for.
    ///
    /// # Errors
    /// [`SchemaError`] for the first that cannot be used.
    pub fn new<'a>(
        schemas: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SchemaError> {
        let programs: Result<BTreeMap<String, Program>, SchemaError> = schemas
            .into_iter()
            .map(|(media_type, text)| Ok((bare(media_type), program(media_type, text)?)))
            .collect();
        Ok(Self { schemas: programs? })
    }

    /// The files of a manifest that there are schemas for.
    fn files<'m>(&self, manifest: &'m Manifest) -> Vec<(&'m Descriptor, &Program)> {
        let files = manifest.config.iter().chain(&manifest.layers);
        files.filter_map(|file| Some((file, self.schemas.get(&bare(&file.media_type))?))).collect()
    }
}

fn program(media_type: &str, text: &str) -> Result<Program, SchemaError> {
    let schema = Value::from_json_str(text)
        .map_err(|source| SchemaError::Json { media_type: media_type.to_owned(), source })?;
    let unusable =
        |message: String| SchemaError::Schema { media_type: media_type.to_owned(), message };
    let module = Module::new("schema.rego", RULES);
    let data = Value::object([("schema", schema)]);
    let program = RegoEngine::compile(&[module], data, CompileOptions::default())
        .map_err(|errors| unusable(errors.to_string()))?;
    let budget = EvalBudget::new(TIME, Timestamp::UNIX_EPOCH);
    let usable = program
        .eval("data.validation.usable", &Value::null(), &budget)
        .map_err(|error| unusable(error.to_string()))?;
    match usable.and_then(|pair| pair.elements()).as_deref() {
        Some([valid, _]) if valid.as_bool() == Some(true) => Ok(program),
        Some([_, message]) => Err(unusable(message.as_str().unwrap_or_default().into_owned())),
        _ => Err(unusable("it is neither an object nor a boolean".to_owned())),
    }
}

/// A media type without its parameters, in lower case (RFC 6838 section 4.2).
fn bare(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl Verifier for SchemaVerifier {
    fn name(&self) -> &'static str {
        NAME
    }

    /// Any referrer: of what types its files are stands in its manifest.
    fn wants(&self, _referrer: &Referrer) -> bool {
        true
    }

    fn wants_subject(&self) -> bool {
        true
    }

    fn verify(&self, job: &Job<'_>, evidence: &Evidence, now: Timestamp, budget: &Budget) -> Step {
        let descriptor = &job.referrer.descriptor;
        let request = EvidenceRequest::Manifest {
            digest: descriptor.digest.clone(),
            media_type: descriptor.media_type.clone(),
        };
        let bytes = match evidence.get(&request) {
            None => return Step::More(vec![request]),
            Some(Outcome::Unavailable(what)) => {
                let what = what.clone().affecting("schema_checks");
                return Step::Done(Findings { unavailable: vec![what], ..Findings::default() });
            }
            Some(Outcome::Bytes(bytes)) => bytes,
        };
        // What cannot be read is told by those who were to read it.
        let Ok((Document::Manifest(manifest), _)) = Document::parse(bytes, &descriptor.media_type)
        else {
            return Step::Done(Findings::default());
        };
        let files = self.files(&manifest);
        let requests: Vec<EvidenceRequest> = files
            .iter()
            .map(|(file, _)| blob(file, budget))
            .filter(|request| evidence.get(request).is_none())
            .collect();
        if !requests.is_empty() {
            return Step::More(requests);
        }
        let mut findings = Findings::default();
        for (file, program) in files {
            let valid = match evidence.get(&blob(file, budget)) {
                Some(Outcome::Bytes(bytes)) => check(program, bytes, now),
                Some(Outcome::Unavailable(what)) => {
                    findings.unavailable.push(what.clone().affecting("schema_checks"));
                    Checked::default()
                }
                None => Checked::default(),
            };
            findings.schema_checks.push(SchemaCheckFact {
                manifest: descriptor.digest.clone(),
                subject: job.referrer.subject.clone(),
                document: file.digest.clone(),
                media_type: file.media_type.clone(),
                valid: valid.valid,
                errors: valid.errors,
                error_count: valid.error_count,
            });
        }
        Step::Done(findings)
    }
}

fn blob(file: &Descriptor, budget: &Budget) -> EvidenceRequest {
    EvidenceRequest::Blob {
        digest: file.digest.clone(),
        size: file.size,
        limit: budget.max_payload_bytes,
    }
}

/// What came of a check.
#[derive(Debug, Default)]
struct Checked {
    valid: Option<bool>,
    errors: Vec<SchemaErrorFact>,
    error_count: u64,
}

impl Checked {
    fn wrong(valid: Option<bool>, message: &str) -> Self {
        let error = SchemaErrorFact { field: "(Root)".to_owned(), message: shorten(message) };
        Self { valid, errors: vec![error], error_count: 1 }
    }
}

fn check(program: &Program, bytes: &[u8], now: Timestamp) -> Checked {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Checked::wrong(Some(false), "it is not UTF-8 text");
    };
    let input = match Value::from_json_str(text) {
        Ok(input) => input,
        Err(error) => return Checked::wrong(Some(false), &error.to_string()),
    };
    let found = match program.eval("data.validation.found", &input, &EvalBudget::new(TIME, now)) {
        Ok(Some(found)) => found,
        Ok(None) => return Checked::wrong(None, "the check gave no answer"),
        Err(error) => return Checked::wrong(None, &error.to_string()),
    };
    let elements = found.elements().unwrap_or_default();
    let [valid, errors] = elements.as_slice() else {
        return Checked::wrong(None, "the check gave no answer");
    };
    let errors = errors.elements().unwrap_or_default();
    let text = |error: &Value, member: &str| {
        error.get(member).and_then(|text| text.as_str().map(|text| shorten(&text)))
    };
    Checked {
        valid: valid.as_bool(),
        error_count: u64::try_from(errors.len()).unwrap_or(u64::MAX),
        errors: errors
            .iter()
            .take(MAX_ERRORS)
            .map(|error| SchemaErrorFact {
                field: text(error, "field").unwrap_or_default(),
                message: text(error, "desc").unwrap_or_default(),
            })
            .collect(),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
