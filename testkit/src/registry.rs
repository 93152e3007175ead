//! The registry: manifests, blobs and referrers out of layout folders.

use crate::fault::{Fault, Faults, apply};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use referee_core::oci::media_type;
use referee_core::{Digest, Index};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// How the registry behaves.
pub struct Options {
    /// Whether it has the referrers API of OCI 1.1; without it the tag schema is all there is.
    pub referrers_api: bool,
    /// What befalls requests.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self { referrers_api: true, faults: Box::new(|_, _| None) }
    }
}

/// One request as it was seen. The numbers count starts and ends together, so that of two
/// requests one came after the other exactly if it started after the other's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The path asked for.
    pub path: String,
    /// The status answered.
    pub status: u16,
    /// When it started.
    pub started: u64,
    /// When its answer was handed over.
    pub ended: u64,
}

#[derive(Default)]
struct Repository {
    tags: BTreeMap<String, Digest>,
    manifests: BTreeMap<Digest, (String, Bytes)>,
    blobs: BTreeMap<Digest, Bytes>,
}

struct Inner {
    options: Options,
    repositories: Mutex<BTreeMap<String, Repository>>,
    requests: Mutex<Vec<Recorded>>,
    ticks: AtomicU64,
    count: AtomicU64,
}

/// A registry that serves until it is dropped.
pub struct Registry {
    address: SocketAddr,
    inner: Arc<Inner>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Registry {
    /// Starts a registry on a free port of loopback.
    pub async fn start(options: Options) -> Self {
        let inner = Arc::new(Inner {
            options,
            repositories: Mutex::default(),
            requests: Mutex::default(),
            ticks: AtomicU64::new(0),
            count: AtomicU64::new(0),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(answer).with_state(inner.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the registry serves");
        });
        Self { address, inner, task }
    }

    /// `host:port`.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Serves a layout as a repository.
    pub fn mount(&self, name: &str, layout: &Path) {
        let mut repository = Repository::default();
        let read = |path: &Path| std::fs::read(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        for entry in std::fs::read_dir(layout.join("blobs/sha256")).expect("blobs") {
            let bytes = Bytes::from(read(&entry.expect("an entry").path()));
            repository.blobs.insert(Digest::sha256(&bytes), bytes);
        }
        let index: Index =
            serde_json::from_slice(&read(&layout.join("index.json"))).expect("an index");
        let mut queue = index.manifests;
        while let Some(descriptor) = queue.pop() {
            let bytes = repository.blobs[&descriptor.digest].clone();
            if let Some(tag) = descriptor.annotations.get("org.opencontainers.image.ref.name") {
                let tag = tag.rsplit(':').next().expect("a name").to_owned();
                repository.tags.insert(tag, descriptor.digest.clone());
            }
            if referee_core::subject::is_index(&descriptor.media_type) {
                let nested: Index = serde_json::from_slice(&bytes).expect("an index");
                queue.extend(
                    nested
                        .manifests
                        .into_iter()
                        .filter(|d| repository.blobs.contains_key(&d.digest)),
                );
            }
            repository.manifests.insert(descriptor.digest, (descriptor.media_type, bytes));
        }
        self.inner.repositories.lock().expect("no poison").insert(name.to_owned(), repository);
    }

    /// The requests seen so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.inner.requests.lock().expect("no poison").clone()
    }

    /// The longest chain of requests each of which started after the one before it had ended.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        let mut requests = self.requests();
        requests.sort_by_key(|r| r.started);
        let mut depths: Vec<(u64, usize)> = Vec::new();
        for request in &requests {
            let before = depths.iter().filter(|(ended, _)| *ended < request.started);
            let depth = before.map(|(_, depth)| *depth).max().unwrap_or(0) + 1;
            depths.push((request.ended, depth));
        }
        depths.into_iter().map(|(_, depth)| depth).max().unwrap_or(0)
    }
}

async fn answer(State(inner): State<Arc<Inner>>, request: Request<Body>) -> Response<Body> {
    let started = inner.ticks.fetch_add(1, Ordering::SeqCst);
    let path = request.uri().path().to_owned();
    let number = inner.count.fetch_add(1, Ordering::SeqCst);
    let proper = find(&inner, request.method(), &path);
    let fault = (inner.options.faults)(&path, number);
    let response = match (fault, proper) {
        (Some(fault), Ok((content_type, bytes))) => apply(fault, &content_type, bytes).await,
        (Some(Fault::Late(pause)), Err(response)) => {
            tokio::time::sleep(pause).await;
            *response
        }
        (Some(fault), Err(_)) => apply(fault, "application/json", Bytes::from_static(b"{}")).await,
        (None, Ok((content_type, bytes))) => {
            let digest = Digest::sha256(&bytes);
            let mut response = Response::new(Body::from(bytes));
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_str(&content_type).expect("a type"),
            );
            if path.contains("/manifests/") {
                let value = HeaderValue::from_str(digest.as_str()).expect("a digest");
                headers.insert("Docker-Content-Digest", value);
            }
            response
        }
        (None, Err(response)) => *response,
    };
    let ended = inner.ticks.fetch_add(1, Ordering::SeqCst);
    let status = response.status().as_u16();
    inner.requests.lock().expect("no poison").push(Recorded { path, status, started, ended });
    response
}

fn find(
    inner: &Inner,
    method: &Method,
    path: &str,
) -> Result<(String, Bytes), Box<Response<Body>>> {
    if method != Method::GET {
        return Err(error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"));
    }
    let rest =
        path.strip_prefix("/v2/").ok_or_else(|| error(StatusCode::NOT_FOUND, "NAME_UNKNOWN"))?;
    let repositories = inner.repositories.lock().expect("no poison");
    for (kind, code) in [
        ("/manifests/", "MANIFEST_UNKNOWN"),
        ("/blobs/", "BLOB_UNKNOWN"),
        ("/referrers/", "NAME_UNKNOWN"),
    ] {
        let Some((name, what)) = rest.rsplit_once(kind) else { continue };
        // A name below a mounted one shows the same: so one layout can be many repositories.
        let parent = || name.rsplit_once('/').and_then(|(parent, _)| repositories.get(parent));
        let Some(repository) = repositories.get(name).or_else(parent) else {
            return Err(error(StatusCode::NOT_FOUND, "NAME_UNKNOWN"));
        };
        let found = match kind {
            "/manifests/" => manifest(repository, what),
            "/blobs/" => what
                .parse()
                .ok()
                .and_then(|digest: Digest| repository.blobs.get(&digest))
                .map(|bytes| ("application/octet-stream".to_owned(), bytes.clone())),
            _ if inner.options.referrers_api => Some(referrers(repository, what)),
            _ => return Err(plain_not_found()),
        };
        return found.ok_or_else(|| error(StatusCode::NOT_FOUND, code));
    }
    Err(plain_not_found())
}

fn manifest(repository: &Repository, what: &str) -> Option<(String, Bytes)> {
    let digest = what.parse().ok().or_else(|| repository.tags.get(what).cloned())?;
    repository.manifests.get(&digest).cloned()
}

fn referrers(repository: &Repository, subject: &str) -> (String, Bytes) {
    let descriptors: Vec<Value> = repository
        .manifests
        .iter()
        .filter_map(|(digest, (kind, bytes))| {
            let document: Value = serde_json::from_slice(bytes).ok()?;
            (document["subject"]["digest"] == subject).then(|| {
                json!({
                    "mediaType": kind,
                    "digest": digest,
                    "size": bytes.len(),
                    "artifactType": document.get("artifactType").unwrap_or(&document["config"]["mediaType"]),
                    "annotations": document.get("annotations").cloned().unwrap_or(json!({})),
                })
            })
        })
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::IMAGE_INDEX, "manifests": descriptors });
    (media_type::IMAGE_INDEX.to_owned(), Bytes::from(index.to_string()))
}

fn error(status: StatusCode, code: &str) -> Box<Response<Body>> {
    let body = json!({ "errors": [{ "code": code, "message": "not here" }] }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Box::new(response)
}

/// What distribution 2.8 answers on a route that it does not have.
fn plain_not_found() -> Box<Response<Body>> {
    let mut response = Response::new(Body::from("404 page not found\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    Box::new(response)
}
