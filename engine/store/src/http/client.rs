//! The client itself: built from the configuration, one request at a time.

use super::body;
use super::deadline::{Deadline, Fault, retry_after};
use super::origin::{is_own_machine, same_origin};
use super::tls::{is_tls_failure, trust};
use super::{MAX_ERROR_BYTES, MAX_REDIRECTS};
use crate::config::RegistryConfig;
use crate::error::StoreError;
use crate::pieces::Pieces;
use crate::tls;
use bytes::Bytes;
use moka::sync::Cache;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// For how many hosts the number of requests is watched at a time; the least used are forgotten
/// beyond that.
const MAX_HOSTS: u64 = 10_000;

/// The client.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    connect: Duration,
    silence: Duration,
    per_host: usize,
    hosts: Cache<String, Arc<Semaphore>>,
    plain_http: BTreeSet<String>,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    /// Where to.
    pub(crate) url: Url,
    /// What errors call it.
    pub(crate) target: &'a str,
    /// `Accept`.
    pub(crate) accept: &'static str,
    /// `Authorization`, for the origin of `url` only.
    pub(crate) authorization: Option<HeaderValue>,
    /// A form to post; GET without one. A POST is not redirected.
    pub(crate) form: Option<&'a [(&'static str, &'a str)]>,
    /// Whether redirects are followed.
    pub(crate) redirects: bool,
}

/// An answer whose body was not read yet. It holds its place among the requests to its host.
#[derive(Debug)]
pub(crate) struct Incoming {
    response: Response,
    /// The address that answered, after redirects.
    pub(crate) url: Url,
    silence: Duration,
    deadline: Deadline,
    permit: OwnedSemaphorePermit,
}

impl Incoming {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The media type, without parameters; empty where none is given.
    pub(crate) fn content_type(&self) -> String {
        self.headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|value| value.trim().to_ascii_lowercase())
            .unwrap_or_default()
    }

    /// The length that the server announces.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// How long the server asks to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.headers().get(RETRY_AFTER)?.to_str().ok()?)
    }

    /// Reads the body.
    pub(crate) async fn read(self, limit: u64, target: &str) -> Result<Bytes, Fault> {
        let _permit = self.permit;
        body::read(self.response, limit, self.silence, self.deadline, target).await
    }

    /// The body piece by piece, as it comes. Nothing limits it but the time: the caller counts.
    pub(crate) fn pieces(self, target: String) -> Pieces {
        body::pieces(self.response, self.silence, self.deadline, target, self.permit)
    }

    /// Reads the body of an error.
    pub(crate) async fn read_error(self, target: &str) -> Result<Bytes, Fault> {
        self.read(MAX_ERROR_BYTES, target).await
    }
}

impl Http {
    /// Builds the client.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where a setting cannot be used, among them a certificate
    /// file that cannot be read or holds no certificate.
    pub(crate) fn new(config: &RegistryConfig) -> Result<Self, StoreError> {
        config.check()?;
        let connect = Duration::from_millis(config.connect_timeout_ms);
        let unusable =
            |error: Box<dyn std::error::Error + Send + Sync>| StoreError::Configuration {
                setting: "ca_files".into(),
                problem: "no HTTP client can be made with these settings".into(),
                source: Some(error),
            };
        let speaking = trust(config)?.speaking(None).map_err(unusable)?;
        let client = Client::builder()
            .user_agent(concat!("referee/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(connect)
            .redirect(redirect::Policy::none())
            .referer(false)
            // Bodies must be the bytes that digests are over.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .tls_backend_preconfigured(speaking)
            .build()
            .map_err(|error| unusable(error.into()))?;
        Ok(Self {
            client,
            connect,
            silence: Duration::from_millis(config.read_timeout_ms),
            per_host: usize::try_from(config.max_concurrent_per_host).unwrap_or(usize::MAX),
            hosts: Cache::new(MAX_HOSTS),
            plain_http: config.plain_http.iter().map(|host| host.to_ascii_lowercase()).collect(),
        })
    }

    /// Whether a host, `host` or `host:port`, is spoken to without TLS.
    pub(crate) fn is_plain(&self, host: &str) -> bool {
        self.plain_http.contains(host)
    }

    /// Whether an address may be spoken to without TLS.
    pub(crate) fn may_be_plain(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let port = url.port_or_known_default().unwrap_or(80);
        self.is_plain(&format!("{host}:{port}")) || (port == 80 && self.is_plain(host))
    }

    /// Sends a request and follows its redirects.
    pub(crate) async fn send(
        &self,
        outgoing: Outgoing<'_>,
        deadline: Deadline,
    ) -> Result<Incoming, Fault> {
        let target = outgoing.target;
        let first = outgoing.url.clone();
        let mut url = outgoing.url.clone();
        let mut redirects = 0u32;
        loop {
            let incoming = self.send_once(&outgoing, &first, url, deadline).await?;
            let Some(next) = redirection(&incoming) else { return Ok(incoming) };
            let refused = |problem: String| {
                Fault::lasting(StoreError::Malformed {
                    target: target.to_owned(),
                    problem,
                    source: None,
                })
            };
            if !outgoing.redirects || outgoing.form.is_some() {
                return Err(refused("a redirect is not followed here".into()));
            }
            redirects = redirects.saturating_add(1);
            if redirects > MAX_REDIRECTS {
                return Err(refused(format!("more than {MAX_REDIRECTS} redirects")));
            }
            let next = next.ok_or_else(|| refused("a redirect without a usable address".into()))?;
            self.check_redirect(&first, &incoming.url, &next).map_err(refused)?;
            url = next;
        }
    }

    async fn send_once(
        &self,
        outgoing: &Outgoing<'_>,
        first: &Url,
        url: Url,
        deadline: Deadline,
    ) -> Result<Incoming, Fault> {
        let target = outgoing.target;
        let permit = self.permit(&url, target, deadline).await?;
        let method = if outgoing.form.is_some() { Method::POST } else { Method::GET };
        let mut request = self
            .client
            .request(method, url.clone())
            .header(reqwest::header::ACCEPT, outgoing.accept);
        if let Some(form) = outgoing.form {
            request = request.form(form);
        }
        if let Some(authorization) = &outgoing.authorization
            && same_origin(first, &url)
        {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let response = deadline
            .within(target, "waiting for an answer", self.patience(), request.send())
            .await?
            .map_err(|error| self.no_answer(error, target))?;
        Ok(self.incoming(response, url, deadline, permit))
    }

    /// A place among the requests to the host of an address.
    pub(super) async fn permit(
        &self,
        url: &Url,
        target: &str,
        deadline: Deadline,
    ) -> Result<OwnedSemaphorePermit, Fault> {
        let places = self.places(url);
        deadline
            .within(target, "waiting for other requests", Duration::MAX, places.acquire_owned())
            .await?
            .map_err(|_closed| StoreError::Internal { target: target.to_owned() }.into())
    }

    /// A request of this client.
    pub(super) fn request(&self, method: Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// How long an answer may take to begin.
    pub(super) fn patience(&self) -> Duration {
        self.connect.saturating_add(self.silence)
    }

    /// An answer whose body was not read yet.
    pub(super) fn incoming(
        &self,
        response: Response,
        url: Url,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Incoming {
        Incoming { response, url, silence: self.silence, deadline, permit }
    }

    pub(super) fn no_answer(&self, error: reqwest::Error, target: &str) -> Fault {
        let target = target.to_owned();
        if error.is_timeout() {
            let limit = self.connect;
            return Fault::passing(StoreError::Timeout { target, stage: "connecting", limit });
        }
        let lasting = error.is_connect() && is_tls_failure(&error);
        // The address may hold a signature that is as good as a password.
        let source = tls::failure(&error).unwrap_or_else(|| Box::new(error.without_url()));
        let error = StoreError::Connection { target, source };
        if lasting { Fault::lasting(error) } else { Fault::passing(error) }
    }

    fn places(&self, url: &Url) -> Arc<Semaphore> {
        let host = format!(
            "{}:{}",
            url.host_str().unwrap_or(""),
            url.port_or_known_default().unwrap_or(0)
        );
        let most = self.per_host.min(Semaphore::MAX_PERMITS);
        self.hosts.get_with(host, || Arc::new(Semaphore::new(most)))
    }

    pub(super) fn check_redirect(&self, first: &Url, from: &Url, to: &Url) -> Result<(), String> {
        check_redirect(first, from, to, |to| self.may_be_plain(to))
    }
}

/// Holds a redirect to the rules. `may_be_plain` says whether an address may be spoken to without
/// TLS.
pub(crate) fn check_redirect(
    first: &Url,
    from: &Url,
    to: &Url,
    may_be_plain: impl Fn(&Url) -> bool,
) -> Result<(), String> {
    if !to.username().is_empty() || to.password().is_some() {
        return Err("a redirect to an address with a user name is refused".into());
    }
    match to.scheme() {
        "https" => {}
        "http" if from.scheme() == "https" => {
            return Err("a redirect from https to http is refused".into());
        }
        "http" if may_be_plain(to) => {}
        "http" => {
            let host = to.host_str().unwrap_or("");
            return Err(format!(
                "a redirect to plain http is refused: {host} is not listed in plain_http"
            ));
        }
        _ => return Err("a redirect to another scheme than https is refused".into()),
    }
    if to.host() != first.host() && is_own_machine(to) && !is_own_machine(first) {
        return Err("a redirect to a loopback or link-local address is refused".into());
    }
    Ok(())
}

/// Where an answer redirects to; the inner `None` is a redirect without a usable address.
fn redirection(incoming: &Incoming) -> Option<Option<Url>> {
    location(incoming.status().as_u16(), incoming.headers(), &incoming.url)
}

/// As [`redirection`], of the parts of an answer.
pub(crate) fn location(status: u16, headers: &HeaderMap, from: &Url) -> Option<Option<Url>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    Some(location.and_then(|location| from.join(location).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn redirects_are_held_to_the_rules() {
        let plain_http = vec!["plain.example".into(), "plain.example:5000".into()];
        let config = RegistryConfig { plain_http, ..RegistryConfig::default() };
        let http = Http::new(&config).unwrap();
        let check = |first: &str, to: &str| {
            let first = url(first);
            http.check_redirect(&first, &first, &url(to)).is_ok()
        };
        let cases = [
            ("https://registry.example/", "https://storage.example/x", true),
            ("https://registry.example/", "https://registry.example:8443/x", true),
            ("https://registry.example/", "http://storage.example/x", false),
            ("https://registry.example/", "http://plain.example/x", false),
            ("http://plain.example/", "http://plain.example:5000/x", true),
            ("http://plain.example/", "http://plain.example:6000/x", false),
            ("http://plain.example/", "https://storage.example/x", true),
            ("https://registry.example/", "https://169.254.169.254/x", false),
            ("https://registry.example/", "https://localhost/x", false),
            ("https://127.0.0.1:1/", "https://127.0.0.1:2/x", true),
            ("https://registry.example/", "ftp://storage.example/x", false),
            ("https://registry.example/", "https://u@storage.example/x", false),
        ];
        for (first, to, allowed) in cases {
            assert_eq!(check(first, to), allowed, "{first} to {to}");
        }
    }
}
