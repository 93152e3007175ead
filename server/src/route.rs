//! Which path is answered by whom, and what is counted and logged of every answer.
//!
//! There are no layers: each would box every request, and all they could do is done in
//! [`dispatch`].

use crate::access::{self, Ruling};
use crate::app::App;
use crate::error::ApiError;
use crate::{authz, data, diagnostics, reply, verify};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, any};
use std::sync::Arc;
use tokio::time::Instant;

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Verify,
    Data,
    Health,
    Metrics,
    Unknown,
}

impl Endpoint {
    /// Its name in logs.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Verify => "/v1/verify",
            Self::Data => "/v1/data/{path}",
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
            Self::Health => "health",
            Self::Metrics => "metrics",
            Self::Unknown => "catchall",
        }
    }

    fn allowed(self) -> &'static str {
        match self {
            Self::Verify => "POST",
            Self::Data => "GET, POST",
            Self::Health | Self::Metrics | Self::Unknown => "GET",
        }
    }
}

/// What a handler answers, and the rulings in it for the log.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) rulings: Vec<Ruling>,
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        Self { response, rulings: Vec::new() }
    }
}

/// Everything. A trailing slash is served like the path without it: OPA redirects, and loses the
/// query and often the method on the way.
pub(crate) fn all(app: Arc<App>) -> Router {
    diagnostic_routes()
        .route("/v1/verify", answered_by(Endpoint::Verify))
        .route("/v1/verify/", answered_by(Endpoint::Verify))
        .route("/v1/data", answered_by(Endpoint::Data))
        .route("/v1/data/", answered_by(Endpoint::Data))
        .route("/v1/data/{*path}", answered_by(Endpoint::Data))
        .with_state(app)
}

/// Only what says how the server is.
pub(crate) fn diagnostic(app: Arc<App>) -> Router {
    diagnostic_routes().with_state(app)
}

fn diagnostic_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/health", answered_by(Endpoint::Health))
        .route("/health/", answered_by(Endpoint::Health))
        .route("/metrics", answered_by(Endpoint::Metrics))
        .route("/metrics/", answered_by(Endpoint::Metrics))
        .fallback(|State(app), request| dispatch(app, Endpoint::Unknown, request))
}

fn answered_by(endpoint: Endpoint) -> MethodRouter<Arc<App>> {
    any(move |State(app): State<Arc<App>>, request: Request| dispatch(app, endpoint, request))
}

async fn dispatch(app: Arc<App>, endpoint: Endpoint, request: Request) -> Response<Body> {
    let started = Instant::now();
    let method = request.method().clone();
    let answer = match authz::authorize(&app, request).await {
        Ok(request) => answer(&app, endpoint, request, started).await,
        Err(error) => Err(error),
    };
    let Answer { response, rulings } = answer.unwrap_or_else(|error| error.into_response().into());
    let (status, elapsed) = (response.status(), started.elapsed());
    app.metrics.answered(endpoint.handler(), method_label(&method), status.as_u16(), elapsed);
    access::request(&method, endpoint, status, elapsed, &rulings);
    response
}

async fn answer(
    app: &App,
    endpoint: Endpoint,
    request: Request,
    started: Instant,
) -> Result<Answer, ApiError> {
    match (endpoint, request.method()) {
        (Endpoint::Verify, &Method::POST) => verify::answer(app, request, started).await,
        (Endpoint::Data, &Method::GET | &Method::POST) => {
            data::answer(app, request, started).await.map(Answer::from)
        }
        (Endpoint::Health, &Method::GET) => Ok(diagnostics::health(app).into()),
        (Endpoint::Metrics, &Method::GET) => diagnostics::metrics(app).map(Answer::from),
        (Endpoint::Unknown, _) => Ok(reply::not_found().into()),
        _ => Ok(reply::method_not_allowed(endpoint.allowed()).into()),
    }
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
