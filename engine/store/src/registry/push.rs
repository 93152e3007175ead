//! Pushing into a repository (distribution-spec, "Push" and "Pushing Manifests with Subject").
//!
//! Blobs go up in one PUT whose body is streamed ("Pushing a blob monolithically", POST then PUT),
//! or are mounted from another repository of the registry. A manifest with a subject that the
//! registry did not take note of is listed by its client, under the referrers tag; what is listed
//! there already stays as it is, unknown members included.
//!
//! Refused: an upload that is to go on at an address that no redirect could lead to, a registry
//! that gives a manifest another digest.

use super::answer;
use super::auth::Access;
use super::client::{Length, Question};
use super::{ACCEPT_MANIFEST, DIGEST_HEADER, RegistryStore};
use crate::config::RegistryConfig;
use crate::copy::{Item, LinkError, Origin, Put, Sink, fallback};
use crate::env::Environment;
use crate::error::StoreError;
use crate::files::length;
use crate::http::{Deadline, Fault, Incoming, Load, Upload, same_origin};
use crate::pieces::{Pieces, checked};
use crate::source::{Listing, Place, Store as _};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt as _;
use referee_core::oci::media_type;
use referee_core::{Descriptor, Digest, FoundBy, Limits, Repository, Selector};
use reqwest::Method;
use reqwest::header::{HeaderMap, LOCATION};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Says which subject a registry has taken note of (distribution-spec, "Pushing Manifests with
/// Subject").
const SUBJECT_HEADER: &str = "oci-subject";

/// How often a listing is looked at before it is given up: a referrers tag that somebody else
/// wrote at the same time is written anew.
const LINK_ATTEMPTS: u32 = 3;

/// How long a listing is given to show what the registry took note of, the first time; doubled
/// each time.
const LISTING_DELAY: Duration = Duration::from_millis(200);

/// A repository that is pushed to.
#[derive(Debug)]
pub(crate) struct RegistrySink {
    store: RegistryStore,
    repository: Repository,
    /// The repository of the same registry that blobs are mounted from.
    from: Option<Repository>,
    /// The manifests whose subject the registry took note of.
    noted: Mutex<BTreeSet<Digest>>,
}

/// A request, as far as it does not differ between tries.
struct Request<'a> {
    method: Method,
    url: &'a Url,
    target: &'a str,
    accept: &'static str,
    content_type: &'a str,
    body: Bytes,
}

impl RegistryStore {
    /// The pieces of a blob, checked.
    pub(crate) async fn pieces(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
    ) -> Result<Pieces, Fault> {
        let repository = super::repository(place)?;
        let client = &self.inner.client;
        let target = format!("{repository} blob {digest}");
        let url = client.address(repository, &format!("blobs/{digest}"))?;
        let question = Question {
            repository,
            url: &url,
            target: &target,
            accept: "*/*",
            length: Length::Exactly(size),
        };
        let incoming = client.stream(question, client.deadline_for(size)).await?;
        Ok(checked(incoming.pieces(target.clone()), digest.clone(), size, target))
    }
}

impl RegistrySink {
    /// A client that pushes to one repository.
    ///
    /// # Errors
    /// As [`RegistryStore::new`].
    pub(crate) fn new(
        config: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
        repository: Repository,
        source: Option<Repository>,
    ) -> Result<Self, StoreError> {
        let from =
            source.filter(|from| from.registry() == repository.registry() && *from != repository);
        let access = Access::Push { from: from.clone() };
        let store = RegistryStore::with_access(config, limits, environment, access)?;
        Ok(Self { store, repository, from, noted: Mutex::default() })
    }

    fn place(&self) -> Place {
        Place::Registry(self.repository.clone())
    }

    fn address(&self, rest: &str) -> Result<Url, StoreError> {
        self.store.inner.client.address(&self.repository, rest)
    }

    async fn send(&self, request: &Request<'_>, deadline: Deadline) -> Result<Incoming, Fault> {
        let Request { target, accept, content_type, .. } = *request;
        let client = &self.store.inner.client;
        client
            .authorized(&self.repository, request.url, target, deadline, |authorization| {
                let (method, url) = (request.method.clone(), request.url.clone());
                let load = if request.body.is_empty() {
                    Load::Empty
                } else {
                    Load::Bytes(request.body.clone())
                };
                let upload =
                    Upload { method, url, target, accept, content_type, authorization, load };
                client.http().upload(upload, deadline).boxed()
            })
            .await
    }

    /// Whether something is there. An answer that is neither yes nor a refusal is a no: it only
    /// leads to a push.
    async fn has(&self, rest: &str, accept: &'static str) -> Result<bool, Arc<StoreError>> {
        let url = self.address(rest)?;
        let target = format!("{} {}", self.repository, rest.replace('/', " "));
        let request = Request {
            method: Method::HEAD,
            url: &url,
            target: &target,
            accept,
            content_type: "",
            body: Bytes::new(),
        };
        let client = &self.store.inner.client;
        let deadline = client.deadline();
        client
            .retries()
            .run(deadline, || async {
                let incoming = self.send(&request, deadline).await?;
                match incoming.status().as_u16() {
                    // Redirected to where it is stored.
                    200 | 301 | 302 | 303 | 307 | 308 => Ok(true),
                    401 | 403 | 408 | 429 | 500..=599 => Err(judge(incoming, &target).await),
                    _ => Ok(false),
                }
            })
            .await
    }

    /// Begins an upload; `None` where a mount made it needless.
    async fn begin(&self, digest: &Digest, target: &str) -> Result<Option<Url>, Fault> {
        let mut url = self.address("blobs/uploads/")?;
        if let Some(from) = &self.from {
            url.query_pairs_mut()
                .append_pair("mount", digest.as_str())
                .append_pair("from", from.path());
        }
        let request = Request {
            method: Method::POST,
            url: &url,
            target,
            accept: "*/*",
            content_type: "",
            body: Bytes::new(),
        };
        let incoming = self.send(&request, self.store.inner.client.deadline()).await?;
        match incoming.status().as_u16() {
            201 if self.from.is_some() => Ok(None),
            202 => {
                let location =
                    incoming.headers().get(LOCATION).and_then(|value| value.to_str().ok());
                let base = self.address("")?;
                let http = self.store.inner.client.http();
                let location = location.unwrap_or_default();
                Ok(Some(http.continuation(&base, &incoming.url, location, target)?))
            }
            _ => Err(judge(incoming, target).await),
        }
    }

    async fn upload(
        &self,
        mut url: Url,
        digest: &Digest,
        size: u64,
        pieces: Pieces,
        target: &str,
    ) -> Result<(), Fault> {
        url.query_pairs_mut().append_pair("digest", digest.as_str());
        let client = &self.store.inner.client;
        let deadline = client.deadline_for(size);
        // Storage that the registry sends us to gets nothing of what the registry gets.
        let own = same_origin(&self.address("")?, &url);
        let mut pieces = Some(pieces);
        let incoming = client
            .authorized(&self.repository, &url, target, deadline, |authorization| {
                let again = || {
                    // The token ran out meanwhile. There is a new one now, for the next try.
                    Fault::passing(StoreError::Denied {
                        target: target.to_owned(),
                        status: Some(401),
                        detail: None,
                    })
                };
                let Some(pieces) = pieces.take() else {
                    return std::future::ready(Err(again())).boxed();
                };
                let upload = Upload {
                    method: Method::PUT,
                    url: url.clone(),
                    target,
                    accept: "*/*",
                    content_type: "application/octet-stream",
                    authorization: authorization.filter(|_| own),
                    load: if size == 0 { Load::Empty } else { Load::Blob(pieces, size) },
                };
                client.http().upload(upload, deadline).boxed()
            })
            .await?;
        match incoming.status().as_u16() {
            200..=204 => Ok(()),
            // The upload was forgotten, so it is begun anew.
            404 | 416 => {
                let fault = judge(incoming, target).await;
                Err(Fault { retry: crate::http::Retry::Backoff, ..fault })
            }
            _ => Err(judge(incoming, target).await),
        }
    }

    /// Puts a manifest; whether the registry took note of its subject.
    async fn put(
        &self,
        bytes: &Bytes,
        media_type: &str,
        digest: &Digest,
        selector: &Selector,
    ) -> Result<bool, Arc<StoreError>> {
        let target = match selector {
            Selector::Tag(tag) => format!("{}:{tag}", self.repository),
            Selector::Digest(digest) => format!("{}@{digest}", self.repository),
        };
        let url = self.address(&format!("manifests/{selector}"))?;
        let request = Request {
            method: Method::PUT,
            url: &url,
            target: &target,
            accept: "*/*",
            content_type: media_type,
            body: bytes.clone(),
        };
        let client = &self.store.inner.client;
        let deadline = client.deadline();
        let headers: HeaderMap = client
            .retries()
            .run(deadline, || async {
                let incoming = self.send(&request, deadline).await?;
                match incoming.status().as_u16() {
                    200..=204 => Ok(incoming.headers().clone()),
                    _ => Err(judge(incoming, &target).await),
                }
            })
            .await?;
        let named = headers.get(DIGEST_HEADER).and_then(|value| value.to_str().ok());
        if let Some(found) = named.and_then(|named| named.parse::<Digest>().ok())
            && found.algorithm() == digest.algorithm()
            && found != *digest
        {
            return Err(Arc::new(StoreError::DigestMismatch { target, found }));
        }
        Ok(headers.contains_key(SUBJECT_HEADER))
    }

    /// What of `wanted` is not listed at the destination.
    async fn unlisted<'w>(
        &self,
        target: &Digest,
        wanted: &'w [Descriptor],
    ) -> Result<(Vec<&'w Descriptor>, FoundBy), LinkError> {
        let Listing { descriptors, found_by, incomplete } =
            self.store.referrers(&self.place(), target).await?;
        if let Some(error) = incomplete {
            return Err(LinkError::Store(error));
        }
        let listed: BTreeSet<&Digest> = descriptors.iter().map(|d| &d.digest).collect();
        let missing = wanted.iter().filter(|d| !listed.contains(&d.digest)).collect();
        Ok((missing, found_by))
    }

    /// Adds entries to the referrers tag of a digest, beside what stands there.
    async fn add_to_tag(
        &self,
        target: &Digest,
        entries: &[&Descriptor],
    ) -> Result<(), Arc<StoreError>> {
        let tag = Selector::Tag(target.tag_schema().into());
        let place = format!("{}:{tag}", self.repository);
        let before = match self.store.manifest(&self.place(), Some(&tag)).await {
            Ok(fetched) => Some(fetched.bytes),
            Err(error) if matches!(*error, StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let index = Bytes::from(fallback::merged(before.as_deref(), entries, &place)?);
        let limit = self.store.inner.limits.max_manifest_bytes;
        if length(&index) > limit {
            return Err(Arc::new(StoreError::TooLarge { target: place, limit, unit: "bytes" }));
        }
        let digest = Digest::sha256(&index);
        self.put(&index, media_type::IMAGE_INDEX, &digest, &tag).await?;
        Ok(())
    }
}

#[async_trait]
impl Sink for RegistrySink {
    async fn tagged(&self, tag: &str) -> Result<Option<Digest>, Arc<StoreError>> {
        let selector = Selector::Tag(tag.into());
        match self.store.manifest(&self.place(), Some(&selector)).await {
            Ok(fetched) => Ok(Some(fetched.digest)),
            Err(error) if matches!(*error, StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn put_blob(
        &self,
        digest: &Digest,
        size: u64,
        origin: &Origin<'_>,
    ) -> Result<Put, Arc<StoreError>> {
        if self.has(&format!("blobs/{digest}"), "*/*").await? {
            return Ok(Put::Present);
        }
        let target = format!("{} blob {digest}", self.repository);
        let client = &self.store.inner.client;
        client
            .retries()
            .run(client.deadline_for(size), || async {
                let Some(url) = self.begin(digest, &target).await? else {
                    return Ok(Put::Mounted);
                };
                let pieces = origin.pieces(digest, size).await?;
                self.upload(url, digest, size, pieces, &target).await?;
                Ok(Put::Pushed)
            })
            .await
    }

    async fn put_manifest(&self, item: &Item) -> Result<Put, Arc<StoreError>> {
        // One with a subject is pushed in any case: only then does the registry say whether it
        // took note of that.
        let rest = format!("manifests/{}", item.digest);
        if item.subject.is_none() && self.has(&rest, ACCEPT_MANIFEST).await? {
            return Ok(Put::Present);
        }
        let selector = Selector::Digest(item.digest.clone());
        let noted = self.put(&item.bytes, &item.media_type, &item.digest, &selector).await?;
        if noted {
            let mut all = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            all.insert(item.digest.clone());
        }
        Ok(Put::Pushed)
    }

    /// Not every registry that says nothing of the subject has no API: what its listing shows
    /// decides. What is in no listing afterwards would not be found by anybody.
    async fn link(&self, target: &Digest, wanted: &[Descriptor]) -> Result<bool, LinkError> {
        let mut tagged = false;
        for attempt in 0..LINK_ATTEMPTS {
            let (missing, found_by) = self.unlisted(target, wanted).await?;
            if missing.is_empty() {
                return Ok(tagged);
            }
            let noted = |d: &&Descriptor| {
                self.noted.lock().unwrap_or_else(PoisonError::into_inner).contains(&d.digest)
            };
            if found_by == FoundBy::ReferrersApi && (tagged || missing.iter().all(noted)) {
                // It took note, and its listing may be a moment behind.
                tokio::time::sleep(LISTING_DELAY.saturating_mul(1 << attempt)).await;
                continue;
            }
            self.add_to_tag(target, &missing).await?;
            tagged = true;
        }
        let (missing, _) = self.unlisted(target, wanted).await?;
        if missing.is_empty() {
            return Ok(tagged);
        }
        let missing = missing.into_iter().map(|descriptor| descriptor.digest.clone()).collect();
        Err(LinkError::NotListed { missing })
    }

    async fn tag(&self, tag: &str, item: &Item) -> Result<(), Arc<StoreError>> {
        let selector = Selector::Tag(tag.into());
        self.put(&item.bytes, &item.media_type, &item.digest, &selector).await?;
        Ok(())
    }

    async fn finish(&self, _root: &Item) -> Result<(), Arc<StoreError>> {
        Ok(())
    }
}

/// What an answer means that is not the one hoped for.
async fn judge(incoming: Incoming, target: &str) -> Fault {
    let status = incoming.status().as_u16();
    let asked = incoming.retry_after();
    let name = target.to_owned();
    match status {
        429 => Fault::after(StoreError::Throttled { target: name, retry_after: asked }, asked),
        501 | 505 | 507 => Fault::lasting(StoreError::Server { target: name, status }),
        408 | 500..=599 => Fault::after(StoreError::Server { target: name, status }, asked),
        _ => {
            let body = incoming.read_error(target).await.unwrap_or_default();
            let detail = answer::detail(&body);
            Fault::lasting(match status {
                401 | 403 => StoreError::Denied { target: name, status: Some(status), detail },
                _ => StoreError::Rejected { target: name, status, detail },
            })
        }
    }
}
