//! What bundles bring, and what they own.
//!
//! A bundle owns its roots: paths of the data document, with slashes, `""` for all of it. No two
//! bundles own the same or one what is below the other's.

use super::error::{ScopeError, WriteError};
use super::policies::PolicyFile;
use referee_bundles::{Manifest, Snapshot};
use referee_rego::{SyntaxTree, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a bundle is to put in force.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BundleContent {
    /// Its name in the configuration.
    pub name: String,
    /// Its revision, as its manifest says.
    pub revision: String,
    /// What it owns: paths with slashes and without one at the ends; `""` is everything.
    pub roots: Vec<String>,
    /// Its manifest, as policies read it at `data.system.bundles[name].manifest`.
    pub manifest: Value,
    /// The tag under which it was delivered; policies read it beside the manifest. Empty: none.
    pub etag: String,
    /// Its policies.
    pub modules: Vec<BundleModule>,
    /// Its data: an object. What is outside the roots is passed over.
    pub data: Value,
}

/// A policy of a bundle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BundleModule {
    /// Its path in the bundle, with or without a slash at the start.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// Whether it is Rego v0; `None` for what the server takes policies to be.
    pub rego_v0: Option<bool>,
    /// Its tree, where it has been parsed with the options of the program in force. The places in
    /// it, which errors tell, are those of the file it was parsed as.
    pub tree: Option<SyntaxTree>,
}

impl BundleModule {
    /// A policy by its path and text.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), text: text.into(), rego_v0: None, tree: None }
    }
}

impl BundleContent {
    /// A bundle of that name with these roots, and nothing in it.
    #[must_use]
    pub fn new(name: impl Into<String>, roots: Vec<String>) -> Self {
        Self {
            name: name.into(),
            revision: String::new(),
            roots,
            manifest: Value::object([]),
            etag: String::new(),
            modules: Vec::new(),
            data: Value::object([]),
        }
    }

    /// A bundle of that name with what its manifest says, and without modules and data.
    pub(crate) fn of_manifest(name: &str, manifest: &Manifest, etag: &str) -> Self {
        let roots = manifest.effective_roots().iter().map(ToOwned::to_owned).collect();
        let mut content = Self::new(name, roots);
        content.revision.clone_from(&manifest.revision);
        content.manifest = manifest.to_value();
        content.etag = etag.to_owned();
        content
    }

    /// A bundle of that name with all that was read of it. The tag is that under which it was
    /// delivered, or empty.
    #[must_use]
    pub fn of_snapshot(name: &str, snapshot: Snapshot, etag: &str) -> Self {
        let mut content = Self::of_manifest(name, &snapshot.manifest, etag);
        content.data = snapshot.data;
        let module = |module: referee_bundles::BundleModule| BundleModule {
            path: module.path,
            text: module.text,
            rego_v0: module.rego_v0,
            tree: module.tree,
        };
        content.modules = snapshot.modules.into_iter().map(module).collect();
        content
    }

    /// The id of one of its policies: `BUNDLE/PATH`, without dots and slashes that say nothing.
    #[must_use]
    pub fn policy_id(&self, path: &str) -> String {
        referee_bundles::module_id(&self.name, path)
    }
}

/// A bundle that is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveBundle {
    revision: String,
    roots: Vec<String>,
    etag: String,
}

impl ActiveBundle {
    pub(super) fn of(content: &BundleContent) -> Self {
        let trimmed = |root: &String| root.trim_matches('/').to_owned();
        Self {
            revision: content.revision.clone(),
            roots: content.roots.iter().map(trimmed).collect(),
            etag: content.etag.clone(),
        }
    }

    /// Its revision.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// What it owns.
    #[must_use]
    pub fn roots(&self) -> &[String] {
        &self.roots
    }

    /// The tag under which it was delivered.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }
}

/// The parts of a root.
pub(super) fn parts(root: &str) -> Vec<String> {
    root.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect()
}

/// Where the manifest of a bundle stands in the data.
pub(super) fn manifest_path(name: &str) -> [String; 3] {
    ["system".to_owned(), "bundles".to_owned(), name.to_owned()]
}

/// Whether one is the other or stands above it.
fn meet(a: &[String], b: &[String]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

pub(super) fn check_scope(
    bundles: &BTreeMap<String, ActiveBundle>,
    path: &[String],
) -> Result<(), ScopeError> {
    if path.is_empty() && !bundles.is_empty() {
        return Err(ScopeError::Root);
    }
    for (bundle, active) in bundles {
        for root in active.roots() {
            let bundle = bundle.clone();
            if root.is_empty() {
                return Err(ScopeError::All { bundle });
            }
            if meet(path, &parts(root)) {
                return Err(ScopeError::Path { path: path.join("/"), bundle });
            }
        }
    }
    Ok(())
}

/// Checks that roots are nobody's yet.
pub(super) fn check_overlap(
    active: &BTreeMap<String, ActiveBundle>,
    bundle: &str,
    roots: &[String],
) -> Result<(), WriteError> {
    for root in roots {
        let own = parts(root);
        for (other, theirs) in active {
            if let Some(met) = theirs.roots().iter().find(|met| meet(&own, &parts(met))) {
                return Err(WriteError::Overlap {
                    bundle: bundle.to_owned(),
                    root: root.clone(),
                    other: other.clone(),
                    other_root: met.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Checks that a policy stands under a root of its bundle.
pub(super) fn check_under_roots(
    content: &BundleContent,
    policy: &PolicyFile,
) -> Result<(), WriteError> {
    if content.roots.iter().any(|root| policy.package().starts_with(&parts(root))) {
        return Ok(());
    }
    Err(WriteError::OutsideRoots {
        bundle: content.name.clone(),
        id: policy.id().to_owned(),
        package: policy.package().join("."),
    })
}

/// The data without what stands under a root. What bundles say of themselves stays.
pub(super) fn erased(data: &Value, root: &[String]) -> Value {
    let kept = ["system".to_owned(), "bundles".to_owned()];
    let said = data.at_path(&kept).ok().filter(|_| meet(root, &kept));
    let erased = data.without(root);
    match said {
        None => erased,
        Some(said) => put(&erased, &kept, said).unwrap_or(erased),
    }
}

/// The data with what a bundle brings, and with what it says of itself.
pub(super) fn laid(data: &Value, content: &BundleContent) -> Result<Value, WriteError> {
    let mut laid = data.clone();
    for root in &content.roots {
        let path = parts(root);
        let Ok(brought) = content.data.at_path(&path) else { continue };
        let there = laid.at_path(&path);
        laid = match there {
            // Under a root there is nothing but what bundles say of themselves.
            Ok(there) => put(&laid, &path, there.merged_with(&brought))?,
            Err(_) => put(&laid, &path, brought)?,
        };
    }
    told(&laid, content)
}

/// The data with what a bundle says of itself.
pub(super) fn told(data: &Value, content: &BundleContent) -> Result<Value, WriteError> {
    let manifest = ("manifest", content.manifest.clone());
    // Empty where the bundle came without one, as in OPA.
    let etag = ("etag", Value::from(content.etag.as_str()));
    put(data, &manifest_path(&content.name), Value::object([manifest, etag]))
}

/// The data with a document at a path, and objects above it.
pub(super) fn put(data: &Value, path: &[String], value: Value) -> Result<Value, WriteError> {
    let above = path.split_last().map_or(&[][..], |(_, above)| above);
    let data = data.with_objects_at(above)?;
    Ok(data.edited(path, &referee_rego::Edit::Add(value))?)
}
