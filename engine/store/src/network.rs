//! The network that policies may be given: `http.send` and `net.lookup_ip_addr`, to listed hosts.
//!
//! By default policies have none. Who allows it names the hosts, or says that any will do; a
//! request to another host is refused before a connection is made, and so is a redirect to one.
//! A request is limited in time and in bytes by the policy's own evaluation.

use crate::http::is_own_machine;
use referee_rego::builtin::{Ended, Host, HostError, HttpRequest, HttpResponse, TlsOptions};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Method};
use std::collections::BTreeSet;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use url::Url;

/// The most redirects that are followed: as many as Go's client follows.
const MAX_REDIRECTS: usize = 10;

/// How long a name may take to be resolved.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// How long is waited before it is asked again whether the evaluation has ended.
const LOOK: Duration = Duration::from_micros(500);

/// Which hosts policies may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// These, by name or address, without ports.
    Hosts(BTreeSet<String>),
    /// Any. A policy that comes from elsewhere can then reach whatever this machine can.
    Anything,
}

impl Reach {
    fn admits(&self, host: &str) -> bool {
        match self {
            Self::Hosts(hosts) => hosts.contains(host),
            Self::Anything => true,
        }
    }
}

/// A network for policies.
#[derive(Clone, Debug)]
pub struct PolicyNetwork {
    reach: Reach,
    runtime: Handle,
}

impl PolicyNetwork {
    /// A network to these hosts, whose requests run on that runtime. A runtime of one thread that
    /// evaluates policies on that thread waits for itself: each request then times out.
    #[must_use]
    pub fn new(reach: Reach, runtime: Handle) -> Self {
        Self { reach, runtime }
    }

    /// Waits for what runs on the runtime, as long as the evaluation has not ended. Unlike
    /// `block_on` it may be called from anywhere.
    fn wait_for<T: Send + 'static>(
        &self,
        timeout: Duration,
        ended: Ended<'_>,
        work: impl Future<Output = Result<T, HostError>> + Send + 'static,
    ) -> Result<T, HostError> {
        let (send, receive) = mpsc::sync_channel(1);
        let task = self.runtime.spawn(async move {
            let result = tokio::time::timeout(timeout, work).await;
            // Nobody listens any more where the time was over.
            let _gone = send.send(result.unwrap_or(Err(HostError::Timeout)));
        });
        let limit = Instant::now() + timeout.saturating_add(Duration::from_millis(50));
        let mut result = Err(HostError::Timeout);
        while Instant::now() < limit && !ended() {
            match receive.recv_timeout(LOOK) {
                Ok(found) => {
                    result = found;
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        task.abort();
        result
    }

    fn client(&self, request: &HttpRequest) -> Result<Client, HostError> {
        let reach = self.reach.clone();
        let redirects = if request.follow_redirects {
            Policy::custom(move |attempt| {
                let host = attempt.url().host_str().unwrap_or_default();
                let local = matches!(reach, Reach::Anything) && is_own_machine(attempt.url());
                if attempt.previous().len() > MAX_REDIRECTS || local || !reach.admits(host) {
                    attempt.stop()
                } else {
                    attempt.follow()
                }
            })
        } else {
            Policy::none()
        };
        let builder = Client::builder().redirect(redirects).timeout(request.timeout);
        tls(builder, &request.tls)?.build().map_err(failed)
    }
}

fn tls(
    mut builder: reqwest::ClientBuilder,
    options: &TlsOptions,
) -> Result<reqwest::ClientBuilder, HostError> {
    if options.server_name.is_some() {
        // The client library takes the name from the address, always.
        return Err(HostError::Failed("tls_server_name is not supported".to_owned()));
    }
    if options.insecure_skip_verify {
        builder = builder.tls_danger_accept_invalid_certs(true);
    }
    if let Some(pem) = &options.ca_certificates {
        let certificates = Certificate::from_pem_bundle(pem).map_err(failed)?;
        builder = if options.use_system_certificates == Some(true) {
            builder.tls_certs_merge(certificates)
        } else {
            builder.tls_certs_only(certificates)
        };
    }
    if let (Some(certificate), Some(key)) = (&options.client_certificate, &options.client_key) {
        let pem = [certificate.as_slice(), b"\n", key.as_slice()].concat();
        builder = builder.identity(Identity::from_pem(&pem).map_err(failed)?);
    }
    Ok(builder)
}

fn failed(error: reqwest::Error) -> HostError {
    if error.is_timeout() {
        return HostError::Timeout;
    }
    // The address may hold secrets: it is the policy's own, and it knows it.
    HostError::Failed(referee_core::error::chain(&error.without_url()))
}

impl Host for PolicyNetwork {
    fn http(&self, request: &HttpRequest) -> Result<HttpResponse, HostError> {
        self.http_until(request, &|| false)
    }

    fn http_until(
        &self,
        request: &HttpRequest,
        ended: Ended<'_>,
    ) -> Result<HttpResponse, HostError> {
        let wrong = |what: &str| HostError::Failed(what.to_owned());
        let url = Url::parse(&request.url).map_err(|error| HostError::Failed(error.to_string()))?;
        if !self.reach.admits(url.host_str().unwrap_or_default()) {
            return Err(HostError::Forbidden);
        }
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| wrong("the method is none of HTTP"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| wrong("a header's name is none of HTTP"))?;
            let value = HeaderValue::from_str(value)
                .map_err(|_| wrong("a header's value is none of HTTP"))?;
            headers.append(name, value);
        }
        let mut outgoing = self.client(request)?.request(method, url).headers(headers);
        if let Some(body) = &request.body {
            outgoing = outgoing.body(body.clone());
        }
        let max = request.max_bytes;
        self.wait_for(request.timeout, ended, async move {
            let mut answer = outgoing.send().await.map_err(failed)?;
            let status = answer.status();
            let headers = answer
                .headers()
                .iter()
                .map(|(name, value)| {
                    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into())
                })
                .collect();
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(failed)? {
                if body.len().saturating_add(chunk.len()) > max {
                    return Err(HostError::Failed(format!("the answer is over {max} bytes")));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(HttpResponse {
                status_code: status.as_u16(),
                status: status.to_string(),
                headers,
                body,
            })
        })
    }

    fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, HostError> {
        self.lookup_until(name, &|| false)
    }

    fn lookup_until(&self, name: &str, ended: Ended<'_>) -> Result<Vec<IpAddr>, HostError> {
        if !self.reach.admits(name) {
            return Err(HostError::Forbidden);
        }
        let target = (name.to_owned(), 0_u16);
        let lookup = async move {
            let found = tokio::task::spawn_blocking(move || target.to_socket_addrs());
            match found.await {
                Ok(Ok(addresses)) => Ok(addresses.map(|address| address.ip()).collect()),
                Ok(Err(error)) => Err(HostError::Failed(error.to_string())),
                Err(error) => Err(HostError::Failed(error.to_string())),
            }
        };
        self.wait_for(LOOKUP_TIMEOUT, ended, lookup)
    }

    fn env(&self, _: &str) -> Option<String> {
        // The environment holds secrets; policies have no business with it.
        None
    }

    fn wait(&self, pause: Duration) {
        std::thread::sleep(pause);
    }

    fn wait_until(&self, pause: Duration, ended: Ended<'_>) {
        let limit = Instant::now() + pause;
        while !ended() {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

#[cfg(test)]
mod tests;
