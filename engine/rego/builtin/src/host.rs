//! The world outside, as far as a policy may reach it: by default not at all.

use std::fmt;
use std::time::Duration;

/// An HTTP request of `http.send`.
#[derive(Clone, Debug)]
pub struct HttpRequest {
    /// `GET`.
    pub method: String,
    /// The URL.
    pub url: String,
    /// The header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body, where there is one.
    pub body: Option<Vec<u8>>,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether redirects are followed.
    pub follow_redirects: bool,
    /// The most bytes of a body that are read.
    pub max_bytes: usize,
    /// How TLS is done.
    pub tls: TlsOptions,
}

/// How TLS is done in `http.send`.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Whether the server's certificate is not checked (`tls_insecure_skip_verify`).
    pub insecure_skip_verify: bool,
    /// The name that is expected of the server.
    pub server_name: Option<String>,
    /// Certificates to trust, PEM.
    pub ca_certificates: Option<Vec<u8>>,
    /// Whether the system's roots are trusted too.
    pub use_system_certificates: Option<bool>,
    /// The client's certificate, PEM.
    pub client_certificate: Option<Vec<u8>>,
    /// The client's key, PEM.
    pub client_key: Option<Vec<u8>>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// `200`.
    pub status_code: u16,
    /// `200 OK`.
    pub status: String,
    /// The header fields, in order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostError {
    /// Policies may not reach the world here.
    Forbidden,
    /// It took too long.
    Timeout,
    /// It failed, in these words.
    Failed(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("policies have no network here"),
            Self::Timeout => f.write_str("request timed out"),
            Self::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for HostError {}

/// The world outside, handed in by who runs the evaluation.
pub trait Host: Send + Sync {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// Where there is none, or it is not allowed.
    fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HostError>;

    /// The addresses of a name.
    ///
    /// # Errors
    /// Where there are none, or it is not allowed.
    fn lookup(&self, name: &str) -> Result<Vec<std::net::IpAddr>, HostError>;

    /// An environment variable that policies may see.
    fn env(&self, name: &str) -> Option<String>;

    /// The bytes of a file, for what a policy names by a path (keys and certificates of
    /// `http.send`). No file may be read unless the host says otherwise.
    ///
    /// # Errors
    /// Where it cannot be read, or may not be.
    fn read_file(&self, path: &str) -> Result<Vec<u8>, HostError> {
        let _ = path;
        Err(HostError::Forbidden)
    }

    /// Waits, between one try and the next. A host that does not wait tries again at once.
    fn wait(&self, pause: Duration) {
        let _ = pause;
    }

    /// As [`Host::http`], for an evaluation that may end meanwhile: a host that can stop waiting
    /// asks each millisecond. What it answers then is of no matter.
    ///
    /// # Errors
    /// As [`Host::http`].
    fn http_until(
        &self,
        request: &HttpRequest,
        ended: Ended<'_>,
    ) -> Result<HttpResponse, HostError> {
        let _ = ended;
        self.http(request)
    }

    /// As [`Host::lookup`], for an evaluation that may end meanwhile.
    ///
    /// # Errors
    /// As [`Host::lookup`].
    fn lookup_until(
        &self,
        name: &str,
        ended: Ended<'_>,
    ) -> Result<Vec<std::net::IpAddr>, HostError> {
        let _ = ended;
        self.lookup(name)
    }

    /// As [`Host::wait`], for an evaluation that may end meanwhile.
    fn wait_until(&self, pause: Duration, ended: Ended<'_>) {
        let _ = ended;
        self.wait(pause);
    }
}

/// Whether the evaluation that waits for the world has ended: its time is over, or its caller
/// cancelled it.
pub type Ended<'a> = &'a dyn Fn() -> bool;

/// No world outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn http(&self, _: &HttpRequest) -> Result<HttpResponse, HostError> {
        Err(HostError::Forbidden)
    }

    fn lookup(&self, _: &str) -> Result<Vec<std::net::IpAddr>, HostError> {
        Err(HostError::Forbidden)
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}
