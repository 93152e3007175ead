//! Every way in which a request fails, and what the caller is told: one table.
//!
//! The body has OPA's shape, `{"code", "message", "errors"?}`, with a `hint` beside it where there
//! is one. What a source says beyond the public message goes to the log.

use crate::allow::Refused;
use crate::authz::Refusal;
use crate::body::BodyError;
use crate::compress::UnpackError;
use crate::data_path::DataPathError;
use crate::deadline::DurationError;
use crate::members::go_json;
use crate::query::EncodingError;
use crate::reply::{self, Reply};
use crate::state::{ScopeError, WriteError};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use referee_core::Coded;
use referee_core::document::DocumentError;
use referee_core::error::chain;
use referee_core::reference::ReferenceError;
use referee_engine::{EvaluateError, GatherError, ResolveError};
use referee_rego::{
    self as rego, EditError, Location, RegoCode, RegoError, RegoErrors, Value, ValueError,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// OPA's code for whatever is wrong with a request.
const INVALID: &str = "invalid_parameter";
/// OPA's code for whatever is wrong on this side.
const INTERNAL: &str = "internal_error";
/// OPA's message for an evaluation that failed.
const EVALUATION: &str = "error(s) occurred while evaluating query";
/// OPA's message for a query that is none.
pub(crate) const PARSING: &str = "error(s) occurred while parsing query";
/// After how many seconds to come back when there is too much to do.
const RETRY_SECONDS: u16 = 1;

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    Body(#[from] BodyError),
    /// OPA's message; on its data API it is a 400.
    #[error("request body too large")]
    InputTooLarge,
    #[error("the request body is encoded: send it without Content-Encoding")]
    Encoded,
    #[error("the query string is {0}")]
    Query(#[from] EncodingError),
    #[error(transparent)]
    Path(#[from] DataPathError),
    #[error("{place}: {source}")]
    Deadline { place: &'static str, source: DurationError },
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("{part} contains malformed input document: {problem}")]
    Input { part: &'static str, problem: InputError },
    /// OPA's words on `/v0/data`.
    #[error("unexpected parse error for input: {0}")]
    InputV0(Box<ApiError>),
    #[error("could not decompress the body: {0}")]
    Unpack(#[from] UnpackError),
    /// A body that is no JSON of the form that is wanted, where OPA says no more than that.
    #[error("{0}")]
    Json(String),
    #[error("error(s) occurred while decoding request: {0}")]
    Decoding(String),
    #[error("missing parameter 'q'")]
    NoQuery,
    #[error("cannot evaluate empty query")]
    EmptyQuery,
    #[error("{}", query_message(.0))]
    AdHoc(RegoErrors),
    #[error("{kind}: {path}")]
    Undefined { kind: &'static str, path: String },
    #[error("bad patch operation: {0}")]
    PatchOperation(String),
    #[error("bad patch path: {0}")]
    PatchPath(String),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("this server takes no changes of policies and data over its API")]
    WritesRefused { open: bool },
    #[error("status plugin not enabled")]
    NoStatus,
    #[error("{0}")]
    NotImplemented(&'static str),
    #[error("the body must have one of `reference` and `references`, and not both")]
    OneOfTwo,
    #[error("`references` is empty")]
    NothingAsked,
    #[error("{found} references are more than the {limit} of one request")]
    TooMany { found: usize, limit: usize },
    #[error("there is no policy {name:?}")]
    UnknownPolicy { name: String, known: Vec<String> },
    #[error("this server has no policy of its own, and the request names none")]
    NoPolicy,
    #[error("the policy of this server cannot rule any more")]
    PolicyGone(#[source] referee_rego::PolicyError),
    #[error("this server does not hand out facts")]
    FactsKept,
    #[error("subject: {0}")]
    Subject(#[from] ReferenceError),
    #[error("subject: {0}")]
    Refused(#[from] Refused),
    #[error("beside a subject, `input` must be an object: it becomes input.request.parameters")]
    SubjectInput,
    #[error("the facts about the subject could not be gathered")]
    Gather(#[from] GatherError),
    #[error("{EVALUATION}")]
    Evaluate(#[from] EvaluateError),
    #[error(transparent)]
    Unauthorized(#[from] Refusal),
    #[error("there is too much to do at the moment")]
    Overloaded,
    #[error("the answer could not be written")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with an input.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error("not UTF-8")]
    NotUtf8,
    #[error("{name} is {found}, and must be {wanted}")]
    Member { name: &'static str, found: &'static str, wanted: &'static str },
    #[error("subject is {0}, and must be a string")]
    Subject(&'static str),
    /// Go's words for what is no object.
    #[error("json: cannot unmarshal {0} into Go value of type types.alias")]
    NoObject(&'static str),
}

/// What the errors of a query are told under.
fn query_message(errors: &RegoErrors) -> &'static str {
    match errors.first().code {
        RegoCode::Parse => PARSING,
        _ => "error(s) occurred while compiling query",
    }
}

/// The body of an error.
#[derive(Debug, Serialize)]
struct ErrorBody<'a> {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Detail<'a>>,
}

/// One error behind the error.
#[derive(Debug, Serialize)]
struct Detail<'a> {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<About<'a>>,
}

/// What an error is about.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum About<'a> {
    /// The line that one of the parser is about.
    Line { line: &'a str, idx: usize },
    /// What a type error had and wanted.
    Types(Box<RawValue>),
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    file: &'a str,
    row: u32,
    col: u32,
}

/// A document that is about types, as JSON.
fn types<'a>(document: &Value) -> Option<About<'a>> {
    let mut text = String::new();
    document.write_go_json(&mut text);
    RawValue::from_string(text).ok().map(About::Types)
}

/// An error of a module as it is told of wherever errors are: in OPA's form.
pub(crate) fn rego_error(error: &RegoError) -> serde_json::Value {
    // What an error holds can always be written.
    serde_json::to_value(Detail::of_rego(error)).unwrap_or_default()
}

impl<'a> Detail<'a> {
    fn of(error: &dyn Coded) -> Self {
        Self { code: error.code(), message: error.to_string(), location: None, details: None }
    }

    fn of_rego(error: &'a RegoError) -> Self {
        let place = |location: &'a Location| Place {
            file: &location.file,
            row: location.row,
            col: location.col,
        };
        Self {
            code: error.code.as_str(),
            message: error.message.clone(),
            location: error.location.as_ref().map(place),
            details: match error.about.as_deref() {
                Some(rego::About::Line(line)) => {
                    Some(About::Line { line: line.text.as_str(), idx: line.index })
                }
                Some(rego::About::Types(document)) => types(document),
                _ => None,
            },
        }
    }
}

impl ApiError {
    /// The table: status and code of each error.
    fn row(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Body(BodyError::TooLarge { .. }) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large")
            }
            Self::Body(BodyError::Paused { .. } | BodyError::Slow { .. }) => {
                (StatusCode::REQUEST_TIMEOUT, "body_timeout")
            }
            Self::Body(BodyError::Broken(_))
            | Self::InputTooLarge
            | Self::Query(_)
            | Self::Path(_)
            | Self::Deadline { .. }
            | Self::Document(_)
            | Self::Input { .. }
            | Self::InputV0(_)
            | Self::Unpack(_)
            | Self::Json(_)
            | Self::Decoding(_)
            | Self::NoQuery
            | Self::AdHoc(_)
            | Self::PatchOperation(_)
            | Self::PatchPath(_)
            | Self::OneOfTwo
            | Self::NothingAsked
            | Self::TooMany { .. }
            | Self::Subject(_)
            | Self::SubjectInput => (StatusCode::BAD_REQUEST, INVALID),
            Self::Undefined { .. } => (StatusCode::NOT_FOUND, "undefined_document"),
            Self::Write(error) => write_row(error),
            Self::WritesRefused { .. } => (StatusCode::FORBIDDEN, "writes_refused"),
            Self::EmptyQuery | Self::NoStatus => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL),
            Self::NotImplemented(_) => (StatusCode::NOT_IMPLEMENTED, "not_implemented"),
            Self::Encoded => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding"),
            Self::UnknownPolicy { .. } => (StatusCode::BAD_REQUEST, "unknown_policy"),
            Self::NoPolicy => (StatusCode::BAD_REQUEST, "no_policy"),
            Self::PolicyGone(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.code()),
            Self::FactsKept => (StatusCode::FORBIDDEN, "facts_not_exposed"),
            Self::Refused(refused) => (StatusCode::FORBIDDEN, refused.code()),
            Self::Gather(error) if in_time(error) => {
                (StatusCode::BAD_GATEWAY, "subject_unresolved")
            }
            Self::Gather(_) => (StatusCode::GATEWAY_TIMEOUT, "subject_unresolved"),
            Self::Unauthorized(Refusal::Denied { .. }) => {
                (StatusCode::UNAUTHORIZED, "unauthorized")
            }
            Self::Unauthorized(_) | Self::Evaluate(_) | Self::Unwritable(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
            }
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
        }
    }

    fn details(&self) -> Vec<Detail<'_>> {
        match self {
            Self::Document(error) => vec![Detail::of(error)],
            Self::Subject(error) => vec![Detail::of(error)],
            Self::Refused(error) => vec![Detail::of(error)],
            Self::Gather(error) => {
                let message = chain(error);
                vec![Detail { code: error.code(), message, location: None, details: None }]
            }
            Self::AdHoc(errors)
            | Self::Write(WriteError::Modules(errors) | WriteError::Needed(errors)) => {
                errors.iter().map(Detail::of_rego).collect()
            }
            Self::Evaluate(EvaluateError::Rego(error)) => vec![Detail::of_rego(error)],
            Self::Evaluate(error) => vec![Detail::of(error)],
            Self::PolicyGone(error) => vec![Detail::of(error)],
            _ => Vec::new(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Document(error) => error.hint(),
            Self::Subject(error) => error.hint(),
            Self::Refused(error) => error.hint(),
            Self::Gather(error) => error.hint(),
            Self::Evaluate(error) => error.hint(),
            Self::PolicyGone(error) => error.hint(),
            Self::NoPolicy => {
                Some("start the server with a policy: `referee serve --policy …`".to_owned())
            }
            Self::UnknownPolicy { known, .. } => {
                Some(format!("the policies here are: {}", known.join(", ")))
            }
            Self::WritesRefused { open: true } => Some(
                "it listens on an address that others reach, and asks nobody who they are: set \
                 server.writes to `allow` where that is meant"
                    .to_owned(),
            ),
            Self::WritesRefused { open: false } => {
                Some("set server.writes to `allow` or `auto`".to_owned())
            }
            Self::Overloaded => Some(format!("come back in {RETRY_SECONDS} s")),
            _ => None,
        }
    }

    /// The public message, with what a parser said where the caller's own text is at fault.
    fn message(&self) -> String {
        match self {
            Self::Document(error) => chain(error),
            other => other.to_string(),
        }
    }
}

fn in_time(error: &GatherError) -> bool {
    match error {
        GatherError::Unresolved(error) => {
            !matches!(**error, ResolveError::Deadline { .. } | ResolveError::CutOff { .. })
        }
        _ => true,
    }
}

/// Status and code of a write that is refused (`v1/server/writer` of OPA).
fn write_row(error: &WriteError) -> (StatusCode, &'static str) {
    match error {
        WriteError::NoPolicy { .. } => (StatusCode::NOT_FOUND, "resource_not_found"),
        WriteError::Edit(EditError::Conflict { .. }) => {
            (StatusCode::NOT_FOUND, "resource_conflict")
        }
        WriteError::Edit(EditError::End { .. } | EditError::RootKind | EditError::RootRemoved) => {
            (StatusCode::BAD_REQUEST, INVALID)
        }
        WriteError::Edit(_) => (StatusCode::NOT_FOUND, "resource_not_found"),
        WriteError::Needed(_) => (StatusCode::BAD_REQUEST, "invalid_operation"),
        WriteError::Failed => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL),
        _ => (StatusCode::BAD_REQUEST, INVALID),
    }
}

impl ApiError {
    /// The error in OPA's form: JSON on one line.
    pub(crate) fn to_json(&self) -> String {
        let (_, code) = self.row();
        let body =
            ErrorBody { code, message: self.message(), hint: self.hint(), errors: self.details() };
        // Strings and numbers: there is nothing in it that could not be written.
        go_json(&body).unwrap_or_default()
    }

    /// The status it is answered with.
    pub(crate) fn status(&self) -> StatusCode {
        self.row().0
    }

    /// The answer.
    pub(crate) fn into_reply(self) -> Reply {
        let (status, code) = self.row();
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(code, error = ?chain(&self), "a request failed");
        }
        let mut response = reply::text(status, self.to_json(), true);
        if matches!(self, Self::Overloaded) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        }
        response
    }
}

impl From<ScopeError> for ApiError {
    fn from(error: ScopeError) -> Self {
        Self::Write(error.into())
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        Self::Write(error.into())
    }
}
