//! Which path is answered by whom, and what is counted and logged of every answer.
//!
//! There are no layers and no table of routes: paths are told apart by their beginnings, because
//! what follows belongs to the caller: names of documents and policies, with or without slashes.

use crate::access::{self, Ruling};
use crate::app::App;
use crate::decide::RequestNumber;
use crate::error::ApiError;
use crate::reply::{self, Reply};
use crate::{
    about, adhoc, authz, batch, compile, compress, data, data_write, diagnostics, policies_api,
    preview, v0, verify,
};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response};
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
    /// What answers a path, and what stands after its own part of it. A trailing slash is served
    /// like the path without it: OPA redirects, and loses the query and often the method on the way.
    fn of(path: &str) -> (Self, &str) {
        if path == "/" || path.is_empty() {
            return (Self::Index, "");
        }
        for (prefix, endpoint) in PATHS {
            match path.strip_prefix(prefix) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    let below = !rest.trim_matches('/').is_empty();
                    let known = !below || endpoint.has_below();
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
        let below = !rest.trim_matches('/').is_empty();
        match self {
            Self::Data if below => "GET, POST, PUT, PATCH, DELETE",
            Self::Data => "GET, POST, PUT, PATCH",
            Self::Policies if below => "GET, PUT, DELETE",
            Self::Query if below => "",
            Self::Index | Self::Query => "GET, POST",
            Self::Compile if below => "GET, POST",
            Self::Verify | Self::DataV0 | Self::Batch | Self::Preview | Self::Compile => "POST",
            _ => "GET",
        }
    }

    /// Whether a method may be asked for here.
    fn takes(self, method: &Method, rest: &str) -> bool {
        // The body of an answer to HEAD is left away where it is sent.
        let method = match self {
            Self::Metrics if method == Method::HEAD => &Method::GET,
            _ => method,
        };
        self.allowed(rest).split(", ").any(|allowed| allowed == method.as_str())
    }

    /// Whether a method that is not there is told in words, as by OPA's newer routes.
    fn refuses_in_words(self) -> bool {
        !matches!(self, Self::Verify | Self::Data | Self::DataV0 | Self::Policies | Self::Query)
    }

    /// Whether OPA packs its answers.
    fn is_packed(self, method: &Method) -> bool {
        match self {
            Self::Data | Self::DataV0 => matches!(*method, Method::GET | Method::POST),
            Self::Compile | Self::Batch => *method == Method::POST,
            _ => false,
        }
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

/// Everything.
pub(crate) fn all(app: Arc<App>) -> Router {
    Router::new()
        .fallback(|State(app), request: Request| async move {
            dispatch(app, request, Endpoint::of).await
        })
        .with_state(app)
}

/// Only what says how the server is.
pub(crate) fn diagnostic(app: Arc<App>) -> Router {
    fn of(path: &str) -> (Endpoint, &str) {
        let (endpoint, rest) = Endpoint::of(path);
        match endpoint {
            Endpoint::Health | Endpoint::Metrics => (endpoint, rest),
            _ => (Endpoint::Unknown, rest),
        }
    }
    Router::new()
        .fallback(|State(app), request: Request| async move { dispatch(app, request, of).await })
        .with_state(app)
}

async fn dispatch(
    app: Arc<App>,
    mut request: Request,
    of: fn(&str) -> (Endpoint, &str),
) -> Response<Body> {
    let started = Instant::now();
    request.extensions_mut().insert(RequestNumber(app.next_request()));
    let method = request.method().clone();
    // The path is a view into what the request holds, and cloning it copies nothing.
    let uri = request.uri().clone();
    let (endpoint, rest) = of(uri.path());
    let packed = endpoint.is_packed(&method).then(|| compress::wanted(request.headers()));
    let answer = match authz::authorize(&app, request).await {
        Ok(request) => answer(&app, (endpoint, rest), request, started).await,
        Err(error) => Err(error),
    };
    let answer = answer.unwrap_or_else(|error| error.into_reply().into());
    let Answer { mut response, rulings } = answer;
    if let Some(wanted) = packed {
        let (length, level) = (app.config.gzip_min_length(), app.config.gzip_level);
        response = compress::packed(response, wanted, length, level);
    }
    let (status, elapsed) = (response.status(), started.elapsed());
    let refused = status == axum::http::StatusCode::METHOD_NOT_ALLOWED;
    let handler = if refused { Endpoint::Unknown.handler() } else { endpoint.handler() };
    app.metrics.answered(handler, method_label(&method), status.as_u16(), elapsed);
    access::request(&method, endpoint, status, elapsed, &rulings);
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
        let in_words = endpoint.refuses_in_words() && request.method() != Method::HEAD;
        return Ok(reply::method_not_allowed(endpoint.allowed(rest), in_words).into());
    }
    let query = |request: &Request| request.uri().query().map(ToOwned::to_owned);
    let below = !rest.trim_matches('/').is_empty();
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
        Endpoint::Compile if below => compile::filters(),
        Endpoint::Compile => compile::answer(app, request, started).await,
        Endpoint::Config => about::config(app, query(&request).as_deref()),
        Endpoint::Status => about::status(app, query(&request).as_deref()),
        Endpoint::Index if request.method() == Method::POST => {
            v0::answer(app, None, request, started).await
        }
        Endpoint::Index => Ok(about::index()),
        Endpoint::Health if below => diagnostics::health_rule(app, rest.trim_matches('/')).await,
        Endpoint::Health => diagnostics::health(app, query(&request).as_deref()),
        Endpoint::Metrics => diagnostics::metrics(app),
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
            ("/v1/data/", Endpoint::Data, "/"),
            ("/v1/data/a/b%2Fc/", Endpoint::Data, "/a/b%2Fc/"),
            ("/v1/database", Endpoint::Unknown, ""),
            ("/v1/policies/a/b.rego", Endpoint::Policies, "/a/b.rego"),
            ("/v1/batch/data/a", Endpoint::Batch, "/a"),
            ("/v1/config/", Endpoint::Config, "/"),
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
        assert!(!takes(Endpoint::Data, &Method::DELETE, "/"));
        assert!(!takes(Endpoint::Data, &Method::HEAD, "/a"));
        assert!(!takes(Endpoint::Policies, &Method::PUT, ""));
        assert!(takes(Endpoint::Metrics, &Method::HEAD, ""));
        assert!(!takes(Endpoint::Health, &Method::HEAD, ""));
        assert!(!takes(Endpoint::Query, &Method::GET, "/x"));
    }
}
