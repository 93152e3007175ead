//! Bundles of a service over HTTP (OPA documentation, "Bundle Service API").
//!
//! `GET <url>/<resource>` with the tag of the version in use (`If-None-Match`), and with what is
//! understood (`Prefer: modes=snapshot,delta`). A server that can wait for news says so with its
//! `Content-Type`; it is then asked to (`wait=`), and may be asked again at once.
//!
//! Refused: any status but 200 and 304, a 304 where no version was named, pages for people.

use super::{BundleBytes, BundleFetchError, BundleSource, FetchedBundle};
use crate::error::StoreError;
use crate::http::{is_html, retry_after};
use crate::service::{Service, ServiceRequest};
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a server answers with that can wait for news.
const LONG_POLLING: &str = "application/vnd.openpolicyagent.bundles";

/// How an archive begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The longest time for one download in all, beside the time for which a server may wait.
const TOTAL: Duration = Duration::from_secs(15 * 60);

/// Bundles of a service.
#[derive(Debug)]
pub struct HttpBundles {
    service: Service,
    resource: String,
    long_polling: Option<LongPolling>,
}

/// How long a server may wait for news.
#[derive(Debug)]
pub struct LongPolling {
    wait: Duration,
    /// Whether the server has not shown that it cannot.
    able: AtomicBool,
    /// Whether it has said that it can.
    told: AtomicBool,
}

impl LongPolling {
    /// Whether the server waits, by an answer and how long it took. One without news need not have
    /// a type: until the server has said that it can wait, it is seen by whether it does.
    fn learn(&self, media: &str, news: bool, took: Duration) -> bool {
        if media == LONG_POLLING || news {
            self.told.store(media == LONG_POLLING, Ordering::Relaxed);
            self.able.store(media == LONG_POLLING, Ordering::Relaxed);
        } else if !self.told.load(Ordering::Relaxed) && took < self.wait / 2 {
            self.able.store(false, Ordering::Relaxed);
        }
        self.able.load(Ordering::Relaxed)
    }
}

impl HttpBundles {
    /// A bundle at a path below a service's address. `long_polling` is how long the server may
    /// wait for news, if it can.
    #[must_use]
    pub fn new(service: Service, resource: &str, long_polling: Option<Duration>) -> Self {
        let long_polling = long_polling.map(|wait| LongPolling {
            wait,
            able: AtomicBool::new(true),
            told: AtomicBool::new(false),
        });
        Self { service, resource: resource.to_owned(), long_polling }
    }

    fn request(&self, etag: &str, limit: u64) -> Result<ServiceRequest, StoreError> {
        let mut prefer = "modes=snapshot,delta".to_owned();
        let mut request = ServiceRequest::get(&self.resource).max_bytes(limit).within(TOTAL);
        if let Some(polling) = self.waiting() {
            prefer.push_str(&format!(";wait={}", polling.wait.as_secs()));
            let total = TOTAL.saturating_add(polling.wait);
            request = request.wait(polling.wait).within(total);
        }
        request = request.header("Prefer", &prefer)?;
        if !etag.is_empty() {
            request = request.header("If-None-Match", etag)?;
        }
        Ok(request)
    }

    fn waiting(&self) -> Option<&LongPolling> {
        self.long_polling.as_ref().filter(|polling| polling.able.load(Ordering::Relaxed))
    }
}

#[async_trait]
impl BundleSource for HttpBundles {
    async fn fetch(&self, etag: &str, limit: u64) -> Result<FetchedBundle, BundleFetchError> {
        let started = Instant::now();
        let response = self.service.send(self.request(etag, limit)?).await?;
        let target = response.target().to_owned();
        let media = response.header("content-type").unwrap_or_default();
        let media = media.split(';').next().unwrap_or_default().trim().to_owned();
        let learn = |news| {
            let polling = self.long_polling.as_ref();
            polling.is_some_and(|polling| polling.learn(&media, news, started.elapsed()))
        };
        let told = response.header("etag").unwrap_or_default().to_owned();
        match response.status() {
            304 if etag.is_empty() => Err(BundleFetchError::NothingYet { target }),
            304 => {
                let etag = if told.is_empty() { etag.to_owned() } else { told };
                Ok(FetchedBundle { bytes: None, etag, waits: learn(false) })
            }
            200 => {
                let waits = learn(true);
                let bytes = response.into_body();
                // What is an archive is one, whatever a server without the type of it says.
                if !bytes.starts_with(&GZIP) && is_html(&media.to_ascii_lowercase(), &bytes) {
                    let problem = "a page for people came in place of a bundle".to_owned();
                    return Err(BundleFetchError::NoBundle { target, problem });
                }
                if bytes.is_empty() {
                    let problem = "nothing came in place of a bundle".to_owned();
                    return Err(BundleFetchError::NoBundle { target, problem });
                }
                let bytes = Some(BundleBytes::Archive(bytes));
                Ok(FetchedBundle { bytes, etag: told, waits })
            }
            status => {
                let retry_after = response.header("retry-after").and_then(retry_after);
                Err(BundleFetchError::Status { target, status, retry_after })
            }
        }
    }

    fn place(&self) -> String {
        let path = self.resource.split('?').next().unwrap_or_default();
        format!("service {:?}, {path}", self.service.name())
    }
}
