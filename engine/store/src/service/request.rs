//! Requests to a service and their answers, without a word of the HTTP library.

use crate::error::StoreError;
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use std::time::Duration;

/// How long one request may take in all, where nothing else is said.
const DEFAULT_TOTAL: Duration = Duration::from_secs(600);

/// The most bytes of an answer, where nothing else is said: nobody reads those of an upload.
const DEFAULT_MAX_BYTES: u64 = 64 * 1024;

/// The slowest pace at which a body goes up, in bytes a second.
const SLOWEST_BYTES_A_SECOND: u64 = 32 * 1024;

/// A request to a service.
#[derive(Clone)]
pub struct ServiceRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Bytes>,
    pub(super) max_bytes: u64,
    pub(super) wait: Duration,
    pub(super) total: Duration,
    pub(super) is_by_status: bool,
}

impl ServiceRequest {
    fn new(method: Method, path: &str, body: Option<Bytes>) -> Self {
        Self {
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body,
            max_bytes: DEFAULT_MAX_BYTES,
            wait: Duration::ZERO,
            total: DEFAULT_TOTAL,
            is_by_status: false,
        }
    }

    /// Asks for a path below the service's address.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// Posts a body.
    #[must_use]
    pub fn post(path: &str, body: Bytes) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    /// Puts a body.
    #[must_use]
    pub fn put(path: &str, body: Bytes) -> Self {
        Self::new(Method::PUT, path, Some(body))
    }

    /// Adds a header; one of the service's configuration with that name is replaced.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where name or value cannot stand in a request.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, StoreError> {
        let wrong = || StoreError::Configuration {
            setting: format!("header {name}"),
            problem: "its value cannot stand in a header".into(),
            source: None,
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let value = HeaderValue::from_str(value).map_err(|_| wrong())?;
        self.headers.insert(header, value);
        Ok(self)
    }

    /// Reads at most so many bytes of an answer with a status of success; 64 KiB without this. Of
    /// any other answer at most 64 KiB are read.
    #[must_use]
    pub fn max_bytes(mut self, limit: u64) -> Self {
        self.max_bytes = limit;
        self
    }

    /// Lets the answer begin so much later: the server is asked to wait for news.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Ends after so long in any case; ten minutes without this.
    #[must_use]
    pub fn within(mut self, total: Duration) -> Self {
        self.total = total;
        self
    }

    /// Takes the status for the whole answer. What can be read of the body soon is read, so that
    /// the connection serves again; one that is too large, is cut short or stands still is taken
    /// for empty.
    #[must_use]
    pub fn by_status(mut self) -> Self {
        self.is_by_status = true;
        self
    }

    /// How long sending the body may take.
    pub(super) fn upload_time(&self) -> Duration {
        let length = self.body.as_deref().map_or(0, crate::files::length);
        Duration::from_secs(length / SLOWEST_BYTES_A_SECOND)
    }
}

impl fmt::Debug for ServiceRequest {
    /// Neither headers nor a query nor the body: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        f.debug_struct("ServiceRequest")
            .field("method", &self.method)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}

/// What a service answered.
#[derive(Clone)]
pub struct ServiceResponse {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) target: String,
}

impl ServiceResponse {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is one of success, 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header, where it is there once or more and is text: its first value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body. Of an answer without success, or one that was asked for by its status, it may be
    /// empty though there was one.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body, without the rest.
    #[must_use]
    pub fn into_body(self) -> Bytes {
        self.body
    }

    /// What errors call the request: the service and the address, without its query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}

impl fmt::Debug for ServiceResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceResponse")
            .field("target", &self.target)
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
