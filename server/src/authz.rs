//! Who a caller is, and whether the policy lets the request through: OPA's
//! `--authentication` and `--authorization=basic`.
//!
//! The rule `data.system.authz.allow` is asked about every request, those of the diagnostic
//! listener included, with the document that OPA gives it (`v1/server/authorizer`):
//!
//! - `method`, in capitals, and `path`, the segments of the clean path ([`crate::path`]) that is
//!   answered, each decoded once, so that `/v1//data/a/` has no other name than `/v1/data/a`; the id
//!   of a policy is split at its slashes, encoded ones too, because it is one id either way; the
//!   path `/` is `[""]`;
//! - `params` and `headers`: lists by name, headers as Go writes their names;
//! - `identity` and `client_certificates`, where there are any;
//! - `body`, of the requests that are decided about by it ([`shows_body`]): what is in it, unpacked
//!   where it came packed. The headers are those that were sent.
//!
//! Anything but `true`, or an object whose `allowed` is true, refuses the request.

use crate::app::App;
use crate::config::{Authentication, Authorization};
use crate::data_path::DataPathError;
use crate::decide;
use crate::decision_sink::{DecisionOutcome, DecisionSubject};
use crate::error::ApiError;
use crate::input::{self, Shown};
use crate::listen::Peer;
use crate::query::{EncodingError, Query, decoded};
use crate::route::Endpoint;
use crate::state::Revision;
use crate::timers::Timers;
use crate::verify;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, HOST, TRAILER, TRANSFER_ENCODING};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method};
use referee_core::Digest;
use referee_rego::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the credentials of a bearer token begin (RFC 6750, section 2.1).
const SCHEME: &str = "Bearer";

/// Why a request is not let through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The policy says so, or says nothing that allows it.
    #[error("{}", reason.as_deref().unwrap_or("request rejected by administrative policy"))]
    Denied {
        /// In the policy's own words.
        reason: Option<String>,
    },
    /// There is no policy to ask.
    #[error("authorization policy missing or undefined")]
    Undefined,
    /// The policy gives an object that does not say whether.
    #[error("document missing or undefined")]
    Unsaid,
}

/// Lets a request through, or not.
///
/// Where the policy was shown the body, [`Shown`] has it for who answers.
pub(crate) async fn authorize(
    app: &App,
    (endpoint, path): (Endpoint, &str),
    request: Request,
) -> Result<Request, ApiError> {
    if app.config.authorization == Authorization::Off {
        return Ok(request);
    }
    let (mut head, mut body) = request.into_parts();
    let path = segments(endpoint, path).map_err(DataPathError::from)?;
    let mut shown = None;
    let mut room = None;
    if shows_body(endpoint, &head.method) {
        // A body takes memory, whoever reads it. Who answers takes room of its own before anybody
        // else can, since nothing is waited for until then.
        room = Some(app.admit(1)?);
        let bytes = match endpoint {
            Endpoint::Verify => verify::read_body(app, &head, body).await?,
            _ => input::read(app, &head, body).await.map_err(plainly)?,
        };
        shown = match endpoint {
            // Read as it is read there: as JSON, whatever type it is said to have.
            Endpoint::Verify => input::json(&bytes),
            _ => input::document(&head.headers, &bytes),
        }
        .map_err(plainly)?;
        head.extensions.insert(Shown(bytes));
        body = Body::empty();
    }
    let input = document(app, &head, path, shown)?;
    let limit = app.config.default_deadline();
    let revision = app.state.current();
    let (question, _) = revision.document(&app.config.default_authorization_decision)?;
    let judged = match app.engine().evaluate(&question, Some(input.clone()), limit).await {
        Ok(evaluation) => judge(evaluation.value).map_err(ApiError::from),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = &judged {
        tell(app, &revision, &head, &input, error);
    }
    judged?;
    drop(room);
    Ok(Request::from_parts(head, body))
}

/// Logs a request that was not let through, which OPA does not. Of what the policy was shown only
/// who asked for what is told, a token by its digest: policies that mask the input of decisions do
/// not know what else is secret here.
fn tell(app: &App, revision: &Arc<Revision>, head: &Parts, input: &Value, error: &ApiError) {
    let Some(sink) = app.sink.get().filter(|sink| sink.takes_denial()) else { return };
    let identity = input.get("identity").map(|identity| match app.config.authentication {
        Authentication::Token => {
            let token = identity.as_str().unwrap_or_default();
            Value::from(Digest::sha256(token.as_bytes()).as_str())
        }
        _ => identity,
    });
    let asked = ["method", "path"].map(|name| (name, input.get(name)));
    let told = asked.into_iter().chain([("identity", identity)]);
    let told = Value::object(told.filter_map(|(name, value)| Some((name, value?))));
    let path = app.config.default_authorization_decision.trim_matches('/').to_owned();
    let outcome = match error {
        ApiError::Unauthorized(Refusal::Denied { reason }) => {
            let mut answer = vec![("allowed", Value::from(false))];
            answer.extend(reason.as_deref().map(|reason| ("reason", Value::from(reason))));
            DecisionOutcome::Result(Value::object(answer))
        }
        error => DecisionOutcome::Error(decide::told(error)),
    };
    let subject = DecisionSubject::Path(path);
    let timers = Timers::new(false);
    let mut event = decide::event(app, revision, head, subject, Some(told), outcome, &timers);
    let kind = Value::object([("kind", Value::from("authorization"))]);
    event.custom = Some(Value::object([("referee", kind)]));
    sink.record(event);
}

fn judge(answer: Option<Value>) -> Result<(), Refusal> {
    let answer = answer.ok_or(Refusal::Undefined)?;
    if answer.as_bool() == Some(true) {
        return Ok(());
    }
    if answer.entries().is_none() {
        return Err(Refusal::Denied { reason: None });
    }
    let allowed = answer.get("allowed").ok_or(Refusal::Unsaid)?;
    if allowed.as_bool() == Some(true) {
        return Ok(());
    }
    let reason = answer.get("reason");
    let reason = reason.as_ref().and_then(Value::as_str).map(|text| text.into_owned());
    Err(Refusal::Denied { reason })
}

/// The names in a clean path: segments, or the parts of a policy's id.
fn segments(endpoint: Endpoint, path: &str) -> Result<Vec<String>, EncodingError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if endpoint == Endpoint::Policies {
        return Ok(decoded(path)?.split('/').map(ToOwned::to_owned).collect());
    }
    path.split('/').map(decoded).collect()
}

/// Whether the policy is shown the body: where it says what is decided about. OPA shows those of
/// `/` and of data; Enterprise OPA shows those of batches and previews, too.
fn shows_body(endpoint: Endpoint, method: &Method) -> bool {
    use Endpoint::{Batch, Data, DataV0, Index, Preview, Verify};
    method == Method::POST && matches!(endpoint, Index | Data | DataV0 | Batch | Preview | Verify)
}

/// A body that cannot be read, as OPA tells it here: what is wrong with it, and no more.
fn plainly(error: ApiError) -> ApiError {
    match error {
        ApiError::Input { problem, .. } => ApiError::Json(problem.to_string()),
        ApiError::Unpack(problem) => ApiError::Json(problem.to_string()),
        other => other,
    }
}

fn document(
    app: &App,
    head: &Parts,
    path: Vec<String>,
    body: Option<Value>,
) -> Result<Value, ApiError> {
    let query = Query::parse(head.uri.query())?;
    let mut members = vec![
        ("path", Value::array(path.iter().map(|segment| Value::from(segment.as_str())))),
        ("method", Value::from(head.method.as_str().to_ascii_uppercase().as_str())),
        ("params", lists(query.pairs())),
        ("headers", headers(&head.headers)),
    ];
    if let Some(body) = body {
        members.push(("body", body));
    }
    match app.config.authentication {
        Authentication::Off => {}
        Authentication::Token => {
            if let Some(token) = bearer(&head.headers) {
                members.push(("identity", Value::from(token)));
            }
        }
        Authentication::Tls => {
            let peer = head.extensions.get::<Arc<Peer>>();
            if let Some(certified) = peer.and_then(|peer| peer.certified.as_ref()) {
                members.push(("identity", Value::from(certified.identity.as_str())));
                members.push(("client_certificates", certified.certificates.clone()));
            }
        }
    }
    Ok(Value::object(members))
}

/// The token after `Bearer` and white space, and nothing after it.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let rest = value.strip_prefix(SCHEME)?;
    let token = rest.trim_start_matches([' ', '\t']);
    let whole = !token.is_empty() && !token.contains([' ', '\t']) && token.len() < rest.len();
    whole.then_some(token)
}

fn headers(headers: &HeaderMap) -> Value {
    // Go takes these out of what a handler sees.
    let seen =
        headers.iter().filter(|(name, _)| ![HOST, TRAILER, TRANSFER_ENCODING].contains(name));
    let seen: Vec<_> = seen
        .map(|(name, value)| (canonical(name), String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lists(seen.iter().map(|(name, value)| (name.as_str(), value.as_ref())))
}

/// A name as Go writes it: `X-Request-Id` (`textproto.CanonicalMIMEHeaderKey`).
fn canonical(name: &HeaderName) -> String {
    let mut upper = true;
    let letters = name.as_str().chars().map(|letter| {
        let written = if upper { letter.to_ascii_uppercase() } else { letter };
        upper = letter == '-';
        written
    });
    letters.collect()
}

fn lists<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let mut lists = BTreeMap::<&str, Vec<Value>>::new();
    for (name, value) in pairs {
        lists.entry(name).or_default().push(Value::from(value));
    }
    Value::object(lists.into_iter().map(|(name, values)| (name, Value::array(values))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_path_is_shown_by_its_names_and_a_policy_by_the_parts_of_its_id() {
        for (endpoint, path, expected) in [
            (Endpoint::Index, "/", vec![""]),
            (Endpoint::Data, "/v1/data/a", vec!["v1", "data", "a"]),
            (Endpoint::Data, "/v1/data/a%2Fb", vec!["v1", "data", "a/b"]),
            (Endpoint::Data, "/v1/data/%2E%2E", vec!["v1", "data", ".."]),
            (Endpoint::Unknown, "/v1/%2561", vec!["v1", "%61"]),
            (Endpoint::Policies, "/v1/policies", vec!["v1", "policies"]),
            (Endpoint::Policies, "/v1/policies/a/b%2Fc", vec!["v1", "policies", "a", "b", "c"]),
            (Endpoint::Policies, "/v1/policies/a%2F%2Fb", vec!["v1", "policies", "a", "", "b"]),
        ] {
            assert_eq!(segments(endpoint, path).unwrap(), expected, "{path}");
        }
        assert_eq!(segments(Endpoint::Data, "/%zz"), Err(EncodingError));
    }

    #[test]
    fn a_bearer_token_is_one_word() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("Bearer \t abc", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearerabc", None),
            ("bearer abc", None),
            ("Bearer a b", None),
            ("Basic abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(bearer(&headers), token, "{value}");
        }
    }

    #[test]
    fn headers_are_written_as_go_writes_them_without_the_host() {
        let mut map = HeaderMap::new();
        for (name, value) in [("x-request-id", "1"), ("host", "a"), ("x-request-id", "2")] {
            map.append(name, HeaderValue::from_static(value));
        }
        assert_eq!(headers(&map).to_json_string(), r#"{"X-Request-Id":["1","2"]}"#);
    }

    #[test]
    fn only_true_and_an_object_that_allows_let_a_request_through() {
        let told = |text: &str| {
            let answer = Value::from_json_str(text).unwrap();
            judge(Some(answer)).map_err(|refusal| refusal.to_string())
        };
        let denied = || Err("request rejected by administrative policy".to_owned());
        assert_eq!(told("true"), Ok(()));
        assert_eq!(told(r#"{"allowed": true}"#), Ok(()));
        for text in ["false", "1", "\"true\"", "[true]", "null", r#"{"allowed": 1, "reason": 2}"#] {
            assert_eq!(told(text), denied(), "{text}");
        }
        assert_eq!(told(r#"{"allowed": false, "reason": "no"}"#), Err("no".into()));
        assert_eq!(told("{}"), Err("document missing or undefined".into()));
        let undefined = judge(None).unwrap_err().to_string();
        assert_eq!(undefined, "authorization policy missing or undefined");
    }
}
