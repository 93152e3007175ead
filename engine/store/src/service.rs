//! A service: a server that bundles come from, or that decision logs and status go to, as OPA's
//! configuration names it (`services`).
//!
//! [`Service`] sends one request at a time, without retries: whoever asks knows when to ask
//! again. Every request is bounded: in the time until its answer begins, in silence, in the whole,
//! and in the bytes of the answer.
//!
//! Redirects are followed to at most `http::MAX_REDIRECTS` places and under the rules of `http`:
//! for GET each, for what has a body those that keep method and body (307 and 308, RFC 9110,
//! section 15.4). The others would lose the body, and are answers as they stand. Credentials, a
//! client certificate and the headers of the configuration go to the service's own origin only.
//!
//! Refused: an address without TLS that a server with TLS leads to, more than one way to
//! authenticate, ways that Referee has not, tokens from a server without TLS.

mod assertion;
mod authorize;
mod config;
mod connection;
mod identity;
mod oauth;
mod passphrase;
mod request;

pub use config::{
    BearerConfig, ClientTlsConfig, OAuth2Config, ServiceConfig, ServiceCredentials, ServiceKind,
    ServiceTls, SigningKeyConfig, Unsupported,
};
pub use request::{ServiceRequest, ServiceResponse};

use crate::error::StoreError;
use crate::http::{
    Deadline, Fault, MAX_ERROR_BYTES, MAX_REDIRECTS, check_redirect, location, read_body,
    same_origin,
};
use authorize::Authorizer;
use connection::Connection;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long an answer may take to begin where nothing is said (OPA's default).
const DEFAULT_HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may take: as long as Go's client waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a body may stand still.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a body is read that nobody needs: as long as a new connection would take.
const DRAINING: Duration = Duration::from_secs(1);

/// The most headers of a configuration, and the most bytes of one.
const MAX_HEADERS: usize = 64;

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    name: String,
    kind: ServiceKind,
    /// Without user name and password, and without a slash at its end.
    base: Url,
    headers: HeaderMap,
    header_timeout: Option<Duration>,
    connection: Arc<Connection>,
    authorizer: Authorizer,
}

impl Service {
    /// A client for a service. Nothing is asked of the network yet; files that are named are read.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] naming the setting that cannot be used, `services.NAME.…`.
    pub fn new(config: &ServiceConfig) -> Result<Self, StoreError> {
        Self::with_keys(config, &BTreeMap::new())
    }

    /// The same with keys that it may be told to sign with, by their names.
    ///
    /// # Errors
    /// As of [`Self::new`].
    pub fn with_keys(
        config: &ServiceConfig,
        keys: &BTreeMap<String, SigningKeyConfig>,
    ) -> Result<Self, StoreError> {
        let (base, user) = base(config)?;
        let connection = Arc::new(Connection::new(config)?);
        let authorizer = Authorizer::new(config, user, keys, &connection)?;
        let header_timeout = match config.response_header_timeout_seconds {
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => Some(DEFAULT_HEADER_TIMEOUT),
        };
        let inner = Inner {
            name: config.name.clone(),
            kind: config.kind,
            base,
            headers: headers(config)?,
            header_timeout,
            connection,
            authorizer,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What the configuration calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What kind of service it is.
    #[must_use]
    pub fn kind(&self) -> ServiceKind {
        self.inner.kind
    }

    /// Its address, without what could be secret in it.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.inner.base
    }

    /// Sends a request and reads its answer, whatever its status.
    ///
    /// # Errors
    /// [`StoreError::Connection`], [`StoreError::Timeout`], [`StoreError::TooLarge`],
    /// [`StoreError::SizeMismatch`] where the body is cut short, [`StoreError::Malformed`] for a
    /// redirect that is not followed, [`StoreError::File`] where a token's file cannot be read,
    /// [`StoreError::Denied`] where no token is to be had, and [`StoreError::Configuration`] for
    /// a path or a header that is none, or a client certificate that cannot be used any more.
    pub async fn send(&self, request: ServiceRequest) -> Result<ServiceResponse, Arc<StoreError>> {
        let url = self.address(&request.path)?;
        let target = self.target(&url);
        let deadline = Deadline::after(request.total);
        let sent = self.sent(&request, &url, &target, deadline).await;
        let response = match sent {
            // A token may have been taken back before its end.
            Ok(response)
                if response.status == 401 && self.inner.authorizer.forget(&response.used).await =>
            {
                self.sent(&request, &url, &target, deadline).await
            }
            other => other,
        };
        response.map(|sent| sent.response).map_err(|fault| fault.error)
    }

    async fn sent(
        &self,
        request: &ServiceRequest,
        first: &Url,
        target: &str,
        deadline: Deadline,
    ) -> Result<Sent, Fault> {
        let inner = &self.inner;
        let authorization = deadline
            .within(target, "waiting for a token", Duration::MAX, inner.authorizer.header(target))
            .await??;
        let mut url = first.clone();
        let mut redirects = 0u32;
        loop {
            let own = same_origin(&inner.base, &url);
            let credentials = authorization.as_ref().filter(|_| own);
            let response = self.ask(request, &url, own, credentials, target, deadline).await?;
            let status = response.status().as_u16();
            let next = match status {
                307 | 308 => location(status, response.headers(), &url),
                _ if request.method == Method::GET => location(status, response.headers(), &url),
                _ => None,
            };
            let Some(next) = next else {
                let used = authorization.filter(|_| own);
                return self.read(request, response, used, target, deadline).await;
            };
            let refused = |problem: String| {
                Fault::lasting(StoreError::Malformed {
                    target: target.to_owned(),
                    problem,
                    source: None,
                })
            };
            redirects = redirects.saturating_add(1);
            if redirects > MAX_REDIRECTS {
                return Err(refused(format!("more than {MAX_REDIRECTS} redirects")));
            }
            let next = next.ok_or_else(|| refused("a redirect without a usable address".into()))?;
            // A service without TLS is somebody's choice already.
            check_redirect(first, &url, &next, |_| true).map_err(refused)?;
            url = next;
        }
    }

    async fn ask(
        &self,
        request: &ServiceRequest,
        url: &Url,
        own: bool,
        authorization: Option<&HeaderValue>,
        target: &str,
        deadline: Deadline,
    ) -> Result<Response, Fault> {
        let inner = &self.inner;
        let client = inner.connection.client(own).await?;
        let mut headers = if own { inner.headers.clone() } else { HeaderMap::new() };
        for (name, value) in &request.headers {
            headers.insert(name.clone(), value.clone());
        }
        // One that the configuration names among the headers comes first, as in OPA.
        if let Some(value) = authorization
            && !headers.contains_key(AUTHORIZATION)
        {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let mut outgoing = client.request(request.method.clone(), url.clone()).headers(headers);
        if let Some(body) = &request.body {
            outgoing = outgoing.body(body.clone());
        }
        let patience = inner
            .header_timeout
            .map_or(Duration::MAX, |timeout| timeout.saturating_add(request.wait))
            .saturating_add(request.upload_time());
        deadline
            .within(target, "waiting for an answer", patience, outgoing.send())
            .await?
            .map_err(|error| connection::no_answer(error, target))
    }

    async fn read(
        &self,
        request: &ServiceRequest,
        response: Response,
        used: Option<HeaderValue>,
        target: &str,
        deadline: Deadline,
    ) -> Result<Sent, Fault> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let wanted = response.status().is_success();
        let limit = if wanted { request.max_bytes } else { MAX_ERROR_BYTES };
        let (silence, deadline) = match request.is_by_status {
            true => (DRAINING, Deadline::after(DRAINING)),
            false => (SILENCE, deadline),
        };
        let body = match read_body(response, limit, silence, deadline, target).await {
            Ok(body) => body,
            // What an error says beside its status is worth nothing if it cannot be read.
            Err(_) if !wanted || request.is_by_status => bytes::Bytes::new(),
            Err(fault) => return Err(fault),
        };
        let response = ServiceResponse { status, headers, body, target: target.to_owned() };
        Ok(Sent { status, used, response })
    }

    /// The address of a path below the service's.
    fn address(&self, path: &str) -> Result<Url, StoreError> {
        let base = self.inner.base.as_str().trim_end_matches('/');
        let url = format!("{base}/{}", path.trim_matches('/'));
        let url = Url::parse(&url).map_err(|source| StoreError::Configuration {
            setting: format!("services.{}", self.inner.name),
            problem: format!("{path:?} is no path of an address"),
            source: Some(Box::new(source)),
        })?;
        Ok(url)
    }

    /// What errors call a request. A query may hold a signature that is as good as a password.
    fn target(&self, url: &Url) -> String {
        let mut shown = url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        format!("service {:?} ({shown})", self.inner.name)
    }
}

/// An answer, and what authorized its question.
struct Sent {
    status: u16,
    used: Option<HeaderValue>,
    response: ServiceResponse,
}

/// A setting of a service that cannot be used.
fn unusable(config: &ServiceConfig, setting: &str, problem: impl Into<String>) -> StoreError {
    let setting = format!("services.{}.{setting}", config.name);
    StoreError::Configuration { setting, problem: problem.into(), source: None }
}

/// A user name and password that stood in the address.
type UserInfo = Option<(String, crate::secret::Secret)>;

fn base(config: &ServiceConfig) -> Result<(Url, UserInfo), StoreError> {
    if config.url.is_empty() {
        return Err(unusable(config, "url", "the service has no address"));
    }
    // The parser's error does not repeat the address, which may hold a password.
    let mut url = Url::parse(&config.url)
        .map_err(|error| unusable(config, "url", format!("it is no address: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let problem = format!("its scheme is {:?}, and http or https is needed", url.scheme());
        return Err(unusable(config, "url", problem));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(unusable(config, "url", "paths are appended to it, so it has no query"));
    }
    let user = (!url.username().is_empty() || url.password().is_some()).then(|| {
        let decoded = |text: &str| percent_decoded(text);
        let password = url.password().map(decoded).unwrap_or_default();
        (decoded(url.username()), crate::secret::Secret::new(password))
    });
    // An address with a host has room for neither to be set.
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return Err(unusable(config, "url", "it has no host"));
    }
    Ok((url, user))
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.replace('+', "%2B").replace('&', "%26").as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

fn headers(config: &ServiceConfig) -> Result<HeaderMap, StoreError> {
    if config.headers.len() > MAX_HEADERS {
        return Err(unusable(config, "headers", format!("there are more than {MAX_HEADERS}")));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let setting = format!("headers.{name}");
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| unusable(config, &setting, "that is no name of a header"))?;
        let value = crate::registry::secret_header(value.expose())
            .ok_or_else(|| unusable(config, &setting, "its value cannot stand in a header"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}
