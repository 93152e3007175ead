//! Which path is answered by whom, and what is counted and logged of every answer.
//!
//! There are no layers and no table of routes: paths are told apart by their beginnings, because
//! what follows belongs to the caller: names of documents and policies, with or without slashes.

use crate::access::{self, Asked, Ruling};
use crate::app::App;
use crate::data_path::DataPathError;
use crate::decide::RequestNumber;
use crate::error::ApiError;
use crate::listen::Peer;
use crate::reply::{self, Reply};
use crate::{
    about, adhoc, authz, batch, compile, compress, data, data_write, diagnostics, head, path,
    policies_api, preview, v0, verify,
};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, Response, StatusCode};
use std::sync::Arc;
use tokio::time::Instant;

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Verify,
    Data,
    DataV0,
    Batch,
    Preview,
    Policies,
    Query,
    Compile,
    Config,
    Status,
    Index,
    Health,
    Metrics,
    Unknown,
}

/// The paths, each with what answers it and all below it.
const PATHS: [(&str, Endpoint); 12] = [
    ("/v1/data", Endpoint::Data),
    ("/v1/verify", Endpoint::Verify),
    ("/v0/data", Endpoint::DataV0),
    ("/v1/batch/data", Endpoint::Batch),
    ("/v0/preview", Endpoint::Preview),
    ("/v1/policies", Endpoint::Policies),
    ("/v1/query", Endpoint::Query),
    ("/v1/compile", Endpoint::Compile),
    ("/v1/config", Endpoint::Config),
    ("/v1/status", Endpoint::Status),
    ("/health", Endpoint::Health),
    ("/metrics", Endpoint::Metrics),
];

impl Endpoint {
    /// What answers a clean path, and what stands after its own part of it.
    fn of(path: &str) -> (Self, &str) {
        if path == "/" {
            return (Self::Index, "");
        }
        for (prefix, endpoint) in PATHS {
            match path.strip_prefix(prefix) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    let known = rest.is_empty() || endpoint.has_below();
                    return if known { (endpoint, rest) } else { (Self::Unknown, rest) };
                }
                _ => {}
            }
        }
        (Self::Unknown, "")
    }

    /// Whether there is something below its path.
    fn has_below(self) -> bool {
        !matches!(self, Self::Verify | Self::Config | Self::Status | Self::Metrics)
    }

    /// Its name in logs.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Verify => "/v1/verify",
            Self::Data => "/v1/data/{path}",
            Self::DataV0 => "/v0/data/{path}",
            Self::Batch => "/v1/batch/data/{path}",
            Self::Preview => "/v0/preview/{path}",
            Self::Policies => "/v1/policies/{id}",
            Self::Query => "/v1/query",
            Self::Compile => "/v1/compile/{path}",
            Self::Config => "/v1/config",
            Self::Status => "/v1/status",
            Self::Index => "/",
            Self::Health => "/health",
            Self::Metrics => "/metrics",
            Self::Unknown => "unknown",
        }
    }

    /// Its name in metrics, OPA's where OPA has it.
    fn handler(self) -> &'static str {
        match self {
            Self::Verify => "v1/verify",
            Self::Data => "v1/data",
            Self::DataV0 => "v0/data",
            Self::Batch => "v1/batch/data",
            Self::Preview => "v0/preview",
            Self::Policies => "v1/policies",
            Self::Query => "v1/query",
            Self::Compile => "v1/compile",
            Self::Config => "v1/config",
            Self::Status => "v1/status",
            Self::Index => "index",
            Self::Health => "health",
            Self::Metrics => "metrics",
            Self::Unknown => "catchall",
        }
    }

    fn allowed(self, rest: &str) -> &'static str {
        let below = !rest.is_empty();
        match self {
            Self::Data if below => "GET, POST, PUT, PATCH, DELETE",
            Self::Data => "GET, POST, PUT, PATCH",
            Self::Policies if below => "GET, PUT, DELETE",
            Self::Query if below => "",
            Self::Query => "GET, POST",
            // Go's router has HEAD wherever there is GET; that it is refused is told elsewhere.
            Self::Index | Self::Compile => "GET, HEAD, POST",
            Self::Verify | Self::DataV0 | Self::Batch | Self::Preview => "POST",
            _ => "GET, HEAD",
        }
    }

    /// Whether a method may be asked for here. HEAD is answered by `/metrics` alone, as in OPA; the
    /// body is left away where it is sent.
    fn takes(self, method: &Method, rest: &str) -> bool {
        if method == Method::HEAD {
            return self == Self::Metrics;
        }
        self.allowed(rest).split(", ").any(|allowed| allowed == method.as_str())
    }

    /// How a method that is not there is refused: OPA's older paths say nothing more, and Go's
    /// router names the methods that there are.
    fn refusal(self, method: &Method, rest: &str) -> Reply {
        let named = self.allowed(rest);
        let silent = matches!(self, Self::Data | Self::DataV0 | Self::Policies | Self::Query);
        if silent || (method == Method::HEAD && named.contains("HEAD")) {
            return reply::empty(StatusCode::METHOD_NOT_ALLOWED);
        }
        reply::method_not_allowed(named)
    }
}

/// Whether the answer may be packed: OPA goes by how a path begins, whoever answers it.
fn is_packed(path: &str, method: &Method) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| path.starts_with(prefix));
    match *method {
        Method::GET => begins(&["/v1/data", "/v0/data"]),
        Method::POST => begins(&["/v1/data", "/v0/data", "/v1/compile", "/v1/batch/data"]),
        _ => false,
    }
}

/// What a handler answers, and the rulings in it for the log.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Reply,
    pub(crate) rulings: Vec<Ruling>,
}

impl From<Reply> for Answer {
    fn from(response: Reply) -> Self {
        Self { response, rulings: Vec::new() }
    }
}

/// What answers the requests of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    app: Arc<App>,
    of: fn(&str) -> (Endpoint, &str),
}

impl Routes {
    /// Everything.
    pub(crate) fn all(app: Arc<App>) -> Self {
        Self { app, of: Endpoint::of }
    }

    /// Only what says how the server is.
    pub(crate) fn diagnostic(app: Arc<App>) -> Self {
        fn of(path: &str) -> (Endpoint, &str) {
            let (endpoint, rest) = Endpoint::of(path);
            match endpoint {
                Endpoint::Health | Endpoint::Metrics => (endpoint, rest),
                _ => (Endpoint::Unknown, rest),
            }
        }
        Self { app, of }
    }

    /// Answers a request, counts it and logs it.
    pub(crate) async fn answer(&self, request: Request) -> Response<Body> {
        dispatch(&self.app, request, self.of).await
    }
}

async fn dispatch(
    app: &App,
    mut request: Request,
    of: fn(&str) -> (Endpoint, &str),
) -> Response<Body> {
    let started = Instant::now();
    let number = app.next_request();
    request.extensions_mut().insert(RequestNumber(number));
    let peer = request.extensions().get::<Arc<Peer>>().cloned();
    head::join_cookies(&mut request);
    let method = request.method().clone();
    // The path is a view into what the request holds, and cloning it copies nothing.
    let uri = request.uri().clone();
    // OPA redirects to the clean path, and forgets the query on the way. Here it is served, and
    // nobody behind this line sees the path as it came.
    let clean = path::clean(uri.path());
    let path = clean.as_deref().unwrap_or_default();
    let (endpoint, rest) = of(path);
    let mut packed = is_packed(path, &method).then(|| compress::wanted(request.headers()));
    let answer = match (head::answered(&request), &clean) {
        (Some(answered), _) => {
            packed = None;
            Ok(Answer::from(answered))
        }
        (None, Err(error)) => Err(DataPathError::from(*error).into()),
        (None, Ok(path)) => match authz::authorize(app, (endpoint, path), request).await {
            Ok(request) => answer(app, (endpoint, rest), request, started).await,
            Err(error) => Err(error),
        },
    };
    let answer = answer.unwrap_or_else(|error| error.into_reply().into());
    let Answer { mut response, rulings } = answer;
    if let Some(wanted) = packed {
        let (length, level) = (app.config.gzip_min_length(), app.config.gzip_level);
        response = compress::packed(response, wanted, length, level);
    }
    let (status, elapsed) = (response.status(), started.elapsed());
    let refused = status == StatusCode::METHOD_NOT_ALLOWED;
    let handler = if refused { Endpoint::Unknown.handler() } else { endpoint.handler() };
    app.metrics.answered(handler, method_label(&method), status.as_u16(), elapsed);
    let asked = Asked {
        number,
        by: peer.as_ref().map(|peer| peer.address.as_str()),
        method: &method,
        path: clean.as_deref().unwrap_or_else(|_| uri.path()),
    };
    access::request(asked, endpoint, status, elapsed, &rulings);
    response.map(Body::from)
}

async fn answer(
    app: &App,
    (endpoint, rest): (Endpoint, &str),
    request: Request,
    started: Instant,
) -> Result<Answer, ApiError> {
    if endpoint == Endpoint::Unknown {
        return Ok(reply::not_found().into());
    }
    if !endpoint.takes(request.method(), rest) {
        return Ok(endpoint.refusal(request.method(), rest).into());
    }
    let query = |request: &Request| request.uri().query().map(ToOwned::to_owned);
    let below = !rest.is_empty();
    let reply = match endpoint {
        Endpoint::Verify => return verify::answer(app, request, started).await,
        Endpoint::Data => match *request.method() {
            Method::GET | Method::POST => data::answer(app, rest, request, started).await,
            _ => data_write::answer(app, rest, request, started).await,
        },
        Endpoint::DataV0 => v0::answer(app, Some(rest), request, started).await,
        Endpoint::Batch => batch::answer(app, rest, request, started).await,
        Endpoint::Preview => preview::answer(app, rest, request, started).await,
        Endpoint::Policies => policies_api::answer(app, rest, request).await,
        Endpoint::Query => adhoc::answer(app, request, started).await,
        // OPA leads from `/v1/compile` to its filters where it is asked with GET.
        Endpoint::Compile if below || request.method() == Method::GET => compile::filters(),
        Endpoint::Compile => compile::answer(app, request, started).await,
        Endpoint::Config => about::config(app, query(&request).as_deref()),
        Endpoint::Status => about::status(app, query(&request).as_deref()),
        Endpoint::Index if request.method() == Method::POST => {
            v0::answer(app, None, request, started).await
        }
        Endpoint::Index => Ok(about::index()),
        Endpoint::Health if below => diagnostics::health_rule(app, rest.trim_matches('/')).await,
        Endpoint::Health => diagnostics::health(app, query(&request).as_deref()),
        Endpoint::Metrics => diagnostics::metrics(app, request.headers(), request.uri().query()),
        Endpoint::Unknown => Ok(reply::not_found()),
    };
    reply.map(Answer::from)
}

/// The method as a label: whatever else a caller makes up is one label.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "get",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::HEAD => "head",
        Method::OPTIONS => "options",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_by_its_beginning_and_its_end_is_the_callers() {
        for (path, endpoint, rest) in [
            ("/", Endpoint::Index, ""),
            ("/v1/data", Endpoint::Data, ""),
            ("/v1/data/a/b%2Fc", Endpoint::Data, "/a/b%2Fc"),
            ("/v1/data%2Fa", Endpoint::Unknown, ""),
            ("/v1/database", Endpoint::Unknown, ""),
            ("/v1/policies/a/b.rego", Endpoint::Policies, "/a/b.rego"),
            ("/v1/batch/data/a", Endpoint::Batch, "/a"),
            ("/v1/config", Endpoint::Config, ""),
            ("/v1/config/x", Endpoint::Unknown, "/x"),
            ("/health/live", Endpoint::Health, "/live"),
            ("/v1", Endpoint::Unknown, ""),
        ] {
            assert_eq!(Endpoint::of(path), (endpoint, rest), "{path}");
        }
    }

    #[test]
    fn each_path_takes_its_methods_and_no_others() {
        let takes = |endpoint: Endpoint, method: &Method, rest| endpoint.takes(method, rest);
        assert!(takes(Endpoint::Data, &Method::DELETE, "/a"));
        assert!(!takes(Endpoint::Data, &Method::DELETE, ""));
        assert!(!takes(Endpoint::Data, &Method::HEAD, "/a"));
        assert!(!takes(Endpoint::Policies, &Method::PUT, ""));
        assert!(takes(Endpoint::Metrics, &Method::HEAD, ""));
        assert!(!takes(Endpoint::Health, &Method::HEAD, ""));
        assert!(!takes(Endpoint::Query, &Method::GET, "/x"));
    }
}
