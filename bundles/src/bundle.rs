//! What is in a bundle.

use crate::delta::Delta;
use crate::error::BundleError;
use crate::manifest::Manifest;
use crate::path;
use crate::signature::SignedBy;
use referee_rego::{Module, SyntaxTree, Value};
use std::sync::Arc;

/// A bundle.
#[derive(Clone, Debug)]
pub enum Bundle {
    /// Modules and data, which take the place of what the bundle brought before.
    Snapshot(Snapshot),
    /// Changes to the data of a snapshot.
    Delta(Delta),
}

impl Bundle {
    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        match self {
            Self::Snapshot(snapshot) => &snapshot.manifest,
            Self::Delta(delta) => &delta.manifest,
        }
    }

    /// The snapshot.
    ///
    /// # Errors
    /// [`BundleError::DeltaAlone`] where it is a delta.
    pub fn into_snapshot(self) -> Result<Snapshot, BundleError> {
        match self {
            Self::Snapshot(snapshot) => Ok(snapshot),
            Self::Delta(_) => Err(BundleError::DeltaAlone),
        }
    }
}

/// A module of a bundle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BundleModule {
    /// Its path inside, without a slash at the beginning.
    pub path: String,
    /// Its text.
    pub text: Arc<str>,
    /// Whether it is Rego v0, where the manifest says so.
    pub rego_v0: Option<bool>,
    /// Its package, part by part, without `data`; `None` where it does not parse, which only
    /// [`crate::ReadOptions::keep_unparsed`] leaves in a bundle.
    pub package: Option<Vec<String>>,
    /// Its tree, where [`crate::ReadOptions::compile`] says for whom it is parsed. Places in it are
    /// in the file of its name as it stands in the archive, as OPA has them.
    pub tree: Option<SyntaxTree>,
}

/// What a file is that is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RawKind {
    /// WebAssembly (`policy.wasm`). It is never run.
    Wasm,
    /// A plan (`plan.json`). It is never run.
    Plan,
}

/// A file that is kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawFile {
    /// Its path inside, without a slash at the beginning.
    pub path: String,
    /// What it is.
    pub kind: RawKind,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A whole bundle.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Snapshot {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its modules, in the order of the archive. All are under its roots.
    pub modules: Vec<BundleModule>,
    /// Its data, an object. All are under its roots.
    pub data: Value,
    /// The data files that it came with, by their paths inside.
    pub data_files: Vec<String>,
    /// Files that are kept as they are.
    pub raw: Vec<RawFile>,
    /// Whose signature was found to hold; `None` where none was demanded.
    pub signed_by: Option<SignedBy>,
    /// What the server that it came from calls this version of it.
    pub etag: Option<String>,
    /// How many bytes the archive had, compressed; 0 where there was none.
    pub packed_bytes: u64,
    /// How many bytes its files have.
    pub unpacked_bytes: u64,
    /// How long it took to read, where there was a clock.
    pub times: crate::ReadTimes,
}

impl Snapshot {
    /// Its modules as the compiler takes them, named below the name of the bundle: OPA's names.
    pub fn modules_named<'a>(&'a self, bundle: &'a str) -> impl Iterator<Item = Module> + 'a {
        self.modules.iter().map(move |module| {
            let name = module_id(bundle, &module.path);
            Module::new(name, module.text.clone()).with_rego_v0(module.rego_v0)
        })
    }

    /// Refuses what could be read and cannot be used: documents that WebAssembly answers for. Their
    /// rules are not in the modules, so decisions would be missing.
    ///
    /// # Errors
    /// [`BundleError::Wasm`].
    pub fn check_usable(&self) -> Result<(), BundleError> {
        match self.manifest.wasm.first() {
            None => Ok(()),
            Some(resolver) => Err(BundleError::Wasm {
                entrypoint: resolver.entrypoint.clone(),
                module: resolver.module.clone(),
            }),
        }
    }
}

/// The name of a module of a bundle (`modulePathWithPrefix` in OPA): the name of the bundle, of an
/// URL the host and the path, and then the path inside.
#[must_use]
pub fn module_id(bundle: &str, path: &str) -> String {
    let place = match bundle.split_once("://") {
        Some((_, rest)) => rest.split(['?', '#']).next().unwrap_or(rest),
        None => bundle,
    };
    let id = path::go_cleaned(&format!("{place}/{path}"));
    if place.starts_with('/') { format!("/{id}") } else { id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_named_as_opa_names_them() {
        for (bundle, id) in [
            ("authz", "authz/a/b.rego"),
            ("file:///tmp/x.tar.gz", "/tmp/x.tar.gz/a/b.rego"),
            ("https://host/x?y=1", "host/x/a/b.rego"),
            ("./x/../y", "y/a/b.rego"),
            ("../x", "../x/a/b.rego"),
        ] {
            assert_eq!(module_id(bundle, "a/b.rego"), id, "{bundle}");
        }
    }
}
