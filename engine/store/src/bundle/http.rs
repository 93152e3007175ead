//! Bundles of a service over HTTP (OPA documentation, "Bundle Service API").
//!
//! `GET <url>/<resource>` with the tag of the version in use (`If-None-Match`), and with what is
//! understood (`Prefer: modes=snapshot,delta`). A server that can wait for news says so with its
//! `Content-Type`; it is then asked to (`wait=`), and may be asked again at once.
//!
//! An archive that was packed once more for its way (`Content-Encoding: gzip`) is unpacked that
//! once, as OPA's client does unasked.
//!
//! Refused: any status but 200 and 304, a 304 where no version was named, pages for people.

use super::{BundleBytes, BundleFetchError, BundleSource, FetchedBundle};
use crate::error::StoreError;
use crate::files::{self, blocking};
use crate::http::{is_html, retry_after};
use crate::service::{Service, ServiceRequest};
use async_trait::async_trait;
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use std::io::Read as _;
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

/// What was packed once more, at most `limit` bytes of it. A server that calls the archive itself
/// its encoding means no more than the archive.
fn unpacked(bytes: Bytes, limit: u64, target: &str) -> Result<Bytes, StoreError> {
    let mut inside = MultiGzDecoder::new(bytes.as_ref());
    let mut all = vec![0; GZIP.len()];
    if inside.read_exact(&mut all).is_err() || all != GZIP {
        return Ok(bytes);
    }
    let left = limit.saturating_sub(files::length(&all)).saturating_add(1);
    if inside.take(left).read_to_end(&mut all).is_err() {
        return Ok(bytes);
    }
    if files::length(&all) > limit {
        return Err(StoreError::TooLarge { target: target.to_owned(), limit, unit: "bytes" });
    }
    Ok(Bytes::from(all))
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
                let packed = response.header("content-encoding");
                let packed = packed.is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
                let mut bytes = response.into_body();
                if packed {
                    let shown = target.clone();
                    let unpack = move || unpacked(bytes, limit, &shown);
                    bytes = blocking(target.clone(), unpack).await?;
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn packed(bytes: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        Bytes::from(encoder.finish().unwrap())
    }

    #[test]
    fn what_was_packed_once_more_is_unpacked_within_the_limit_and_nothing_else_is() {
        let archive = packed(&[7; 1_000]);
        let length = files::length(&archive);
        let again = packed(&archive);
        assert_eq!(unpacked(again.clone(), length, "t").unwrap(), archive);
        assert_eq!(unpacked(archive.clone(), length, "t").unwrap(), archive);
        let bomb = packed(&[&GZIP[..], &[0; 1_000_000]].concat());
        for (bytes, limit) in [(again, length - 1), (bomb, length)] {
            let error = unpacked(bytes, limit, "t").unwrap_err();
            assert!(matches!(error, StoreError::TooLarge { .. }), "{error}");
        }
        for other in [&b""[..], b"x", &[0x1f, 0x8b]] {
            assert_eq!(unpacked(Bytes::copy_from_slice(other), 9, "t").unwrap(), other);
        }
    }
}
