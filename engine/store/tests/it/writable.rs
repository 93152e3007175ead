//! A registry that takes pushes, as far as a test lets it, and layouts to copy from.

use crate::server::{INDEX, JSON, Request, Script, Server, error, reply};
use referee_core::{Digest, Source};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

#[derive(Default)]
pub(crate) struct Content {
    pub(crate) blobs: BTreeMap<String, String>,
    /// Media type and text.
    pub(crate) manifests: BTreeMap<String, (String, String)>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Referrers {
    /// It has the API, and says so when a manifest is pushed.
    Api,
    /// It has none.
    None,
    /// It says that it takes note of a subject and lists nothing.
    Forgetful,
    /// It has the API and does not say that it took note.
    Silent,
}

type Hook = dyn Fn(&Request) -> Option<Script> + Send + Sync;

pub(crate) struct Writable {
    pub(crate) server: Server,
    pub(crate) content: Arc<Mutex<Content>>,
}

impl Writable {
    pub(crate) async fn start(referrers: Referrers) -> Self {
        Self::with(referrers, |_| None).await
    }

    /// `hook` answers what it wants to answer otherwise.
    pub(crate) async fn with(
        referrers: Referrers,
        hook: impl Fn(&Request) -> Option<Script> + Send + Sync + 'static,
    ) -> Self {
        let content = Arc::new(Mutex::new(Content::default()));
        let (own, hook): (_, Box<Hook>) = (Arc::clone(&content), Box::new(hook));
        let server = Server::start(move |request: &Request| {
            hook(request).unwrap_or_else(|| answer(&mut own.lock().unwrap(), referrers, request))
        })
        .await;
        Self { server, content }
    }

    /// The requests that changed something: method and path.
    pub(crate) fn pushes(&self) -> Vec<String> {
        let log = self.server.log().into_iter();
        log.filter(|request| !matches!(request.method.as_str(), "GET" | "HEAD"))
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }

    pub(crate) fn tag(&self, tag: &str) -> Option<String> {
        self.content.lock().unwrap().tags.get(tag).cloned()
    }

    pub(crate) fn manifest(&self, digest: &str) -> Value {
        serde_json::from_str(&self.content.lock().unwrap().manifests[digest].1).unwrap()
    }
}

fn answer(content: &mut Content, referrers: Referrers, request: &Request) -> Script {
    let path = request.path.as_str();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let named = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)).map(|v| v.replace("%3A", ":"))
    };
    let Some((_, rest)) = path.split_once("/team/app/") else {
        return error(404, "NAME_UNKNOWN");
    };
    match (request.method.as_str(), rest.split_once('/')) {
        ("POST", Some(("blobs", "uploads/"))) => {
            reply(202, &["Location: /v2/team/app/blobs/uploads/1?state=x"], b"")
        }
        ("PUT", Some(("blobs", _))) => {
            let digest = named("digest=").unwrap();
            if Digest::sha256(request.body.as_bytes()).as_str() != digest {
                return error(400, "DIGEST_INVALID");
            }
            content.blobs.insert(digest, request.body.clone());
            reply(201, &[], b"")
        }
        ("PUT", Some(("manifests", reference))) => {
            let digest = Digest::sha256(request.body.as_bytes()).to_string();
            if !reference.contains(':') {
                content.tags.insert(reference.to_owned(), digest.clone());
            }
            let kind = request.header("content-type").to_owned();
            content.manifests.insert(digest, (kind, request.body.clone()));
            let document: Value = serde_json::from_str(&request.body).unwrap();
            match document["subject"]["digest"].as_str() {
                Some(subject) if matches!(referrers, Referrers::Api | Referrers::Forgetful) => {
                    reply(201, &[&format!("OCI-Subject: {subject}")], b"")
                }
                _ => reply(201, &[], b""),
            }
        }
        (_, Some(("blobs", digest))) => match content.blobs.get(digest) {
            Some(blob) => reply(200, &[], sent(request, blob)),
            None => error(404, "BLOB_UNKNOWN"),
        },
        (_, Some(("manifests", reference))) => {
            let digest = content.tags.get(reference).map_or(reference, String::as_str);
            match content.manifests.get(digest) {
                Some((kind, text)) => {
                    reply(200, &[&format!("Content-Type: {kind}")], sent(request, text))
                }
                None => error(404, "MANIFEST_UNKNOWN"),
            }
        }
        (_, Some(("referrers", _))) if referrers == Referrers::None => {
            reply(404, &[crate::server::TEXT], b"404 page not found\n")
        }
        (_, Some(("referrers", subject))) => {
            let all = content.manifests.iter().filter(|_| referrers != Referrers::Forgetful);
            let listed = all.filter_map(|(digest, (kind, text))| {
                let document: Value = serde_json::from_str(text).ok()?;
                (document["subject"]["digest"] == *subject)
                    .then(|| json!({ "mediaType": kind, "digest": digest, "size": text.len() }))
            });
            let index = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE,
                "manifests": listed.collect::<Vec<_>>() });
            reply(200, &[INDEX], index.to_string().as_bytes())
        }
        _ => reply(405, &[JSON], b"{}"),
    }
}

/// A HEAD has no body, whatever its headers say.
fn sent<'a>(request: &Request, text: &'a str) -> &'a [u8] {
    if request.method == "HEAD" { b"" } else { text.as_bytes() }
}

/// A layout being written.
pub(crate) struct Written {
    folder: TempDir,
    entries: Vec<Value>,
}

impl Written {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
        let marker = r#"{"imageLayoutVersion":"1.0.0"}"#;
        std::fs::write(folder.path().join("oci-layout"), marker).unwrap();
        Self { folder, entries: Vec::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn source(&self, tag: &str) -> Source {
        format!("oci-layout:{}:{tag}", self.path().display()).parse().unwrap()
    }

    pub(crate) fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.path().join("blobs/sha256").join(digest.hex())
    }

    /// A descriptor of a blob that is written.
    pub(crate) fn blob(&self, media_type: &str, text: &str) -> Value {
        let digest = Digest::sha256(text.as_bytes());
        std::fs::write(self.blob_path(&digest), text).unwrap();
        json!({ "mediaType": media_type, "digest": digest, "size": text.len() })
    }

    /// Writes a manifest and lists it, under a tag where one is given.
    pub(crate) fn add(&mut self, document: &Value, tag: Option<&str>) -> Digest {
        let kind = document["mediaType"].as_str().unwrap();
        let mut entry = self.blob(kind, &document.to_string());
        let digest = entry["digest"].as_str().unwrap().parse().unwrap();
        if let Some(tag) = tag {
            entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        }
        self.entries.push(entry);
        let index =
            json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": self.entries });
        std::fs::write(self.path().join("index.json"), index.to_string()).unwrap();
        digest
    }

    /// An image with one layer.
    pub(crate) fn image(&mut self, tag: &str) -> Digest {
        let config = self.blob("application/vnd.oci.image.config.v1+json", "{}");
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", &format!("layer of {tag}"));
        let document = json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config,
            "layers": [layer] });
        self.add(&document, Some(tag))
    }

    /// Something that refers to a digest.
    pub(crate) fn referrer(&mut self, name: &str, subject: &Digest) -> Digest {
        let config = self.blob("application/vnd.oci.empty.v1+json", "{}");
        let layer = self.blob("application/x", &format!("content of {name}"));
        let document = json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "artifactType": format!("application/vnd.test.{name}"), "config": config,
            "layers": [layer], "annotations": { "name": name },
            "subject": { "mediaType": MANIFEST_TYPE, "digest": subject, "size": 1 } });
        self.add(&document, None)
    }
}
