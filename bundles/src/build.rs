//! Puts bundles together, and takes them apart into files again (`opa build`).
//!
//! Several bundles become one where their roots do not overlap. It has their data in one
//! `data.json`, their modules by the paths that they had, and a manifest that says which Rego they
//! are. Of one bundle the manifest is kept; of several its roots are, and what it names of
//! WebAssembly. Modules are not laid out anew.

use crate::bundle::{BundleModule, RawFile, Snapshot};
use crate::error::BundleError;
use crate::files::Files;
use crate::limits::BundleLimits;
use crate::manifest::Manifest;
use crate::path::{base, cleaned};
use crate::roots::{Roots, check_roots};
use referee_rego::{DataTree, Module, Value};
use std::collections::BTreeSet;

impl Snapshot {
    /// A bundle of modules and data that come from no bundle. It owns everything. A module's path
    /// inside is its name, without what leads out of the folder it was read from.
    #[must_use]
    pub fn of_parts(modules: &[Module], data: Option<Value>) -> Self {
        let module = |module: &Module| BundleModule {
            path: cleaned(&module.name),
            text: module.text.clone(),
            rego_v0: module.rego_v0,
            package: None,
            tree: None,
        };
        Self {
            manifest: Manifest { roots: Some(Roots::everything()), ..Manifest::default() },
            modules: modules.iter().map(module).collect(),
            data: data.unwrap_or_else(|| Value::object([])),
            data_files: Vec::new(),
            raw: Vec::new(),
            signed_by: None,
            etag: None,
            packed_bytes: 0,
            unpacked_bytes: 0,
            times: crate::ReadTimes::default(),
        }
    }

    /// One bundle of several, each with its name. `rego_v0` is what their modules are where nothing
    /// is said.
    ///
    /// # Errors
    /// Where roots overlap, or data do.
    pub fn merged(bundles: Vec<(String, Self)>, rego_v0: bool) -> Result<Self, BundleError> {
        let several = bundles.len() > 1;
        let named: Vec<(String, Roots)> = bundles
            .iter()
            .map(|(name, bundle)| (name.clone(), bundle.manifest.effective_roots().into_owned()))
            .collect();
        check_roots(named.iter().map(|(name, roots)| (name.as_str(), roots)))?;
        let mut tree = DataTree::default();
        let mut whole = Self::of_parts(&[], None);
        let mut paths = BTreeSet::new();
        for (name, bundle) in bundles {
            let said = bundle.manifest.rego_v0.unwrap_or(rego_v0);
            let Self { manifest, modules, data, raw, .. } = bundle;
            for module in modules {
                let rego_v0 = Some(module.rego_v0.unwrap_or(said));
                let path = free(module.path, &name, &mut paths);
                whole.modules.push(BundleModule { path, rego_v0, tree: None, ..module });
            }
            for file in raw {
                let path = free(file.path, &name, &mut paths);
                whole.raw.push(RawFile { path, ..file });
            }
            tree.insert(&[], data).map_err(|at| BundleError::DataConflict {
                path: name,
                at: std::iter::once("data".to_owned()).chain(at).collect::<Vec<_>>().join("."),
            })?;
            if several {
                whole.manifest.wasm.extend(manifest.wasm);
            } else {
                whole.manifest = manifest;
            }
        }
        if several {
            let roots = named.iter().flat_map(|(_, roots)| roots.iter());
            whole.manifest.roots = Some(Roots::new(roots)?);
        }
        whole.data = tree.into_value().unwrap_or_else(|| Value::object([]));
        whole.tell_versions(rego_v0);
        Ok(whole)
    }

    /// Has the manifest say which Rego the modules are: as a whole, and of those that are another.
    fn tell_versions(&mut self, rego_v0: bool) {
        let whole = self.manifest.rego_v0.unwrap_or(rego_v0);
        let version = |module: &BundleModule| module.rego_v0.unwrap_or(whole);
        let others = self.modules.iter().filter(|module| version(module) != whole);
        let mut named: Vec<(String, bool)> =
            others.map(|module| (escaped(&module.path), !whole)).collect();
        named.sort();
        self.manifest.rego_v0 = Some(whole);
        self.manifest.file_rego_v0 = named;
    }

    /// The files of which it consists: `data.json`, its modules, its manifest, and what is kept as
    /// it is. There is no signature among them.
    ///
    /// # Errors
    /// Where two have one path, or a name is none.
    pub fn to_files(&self, limits: &BundleLimits) -> Result<Files, BundleError> {
        let mut files = Files::default();
        files.add("data.json", line(self.data.to_json_string()), limits)?;
        for module in &self.modules {
            files.add(&module.path, module.text.as_bytes().to_vec(), limits)?;
        }
        for file in &self.raw {
            files.add(&file.path, file.bytes.clone(), limits)?;
        }
        // Texts and values can be written.
        let manifest = serde_json::to_string(&self.manifest).unwrap_or_default();
        files.add(".manifest", line(manifest), limits)?;
        Ok(files)
    }
}

fn line(mut text: String) -> Vec<u8> {
    text.push('\n');
    text.into_bytes()
}

/// The path, or where another file has it one below the name of its bundle, without the folders
/// that the bundle lies in: they are another on each machine.
fn free(path: String, bundle: &str, taken: &mut BTreeSet<String>) -> String {
    let name = base(bundle.trim_end_matches('/')).trim_end_matches(".tar.gz");
    let name = if matches!(name, "" | "." | "..") { "bundle" } else { name };
    let mut free = path.clone();
    let mut number = 1_u32;
    while taken.contains(&free) {
        let folder = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        free = cleaned(&format!("{folder}/{path}"));
        number = number.saturating_add(1);
    }
    taken.insert(free.clone());
    free
}

/// A path as a pattern that means it alone.
fn escaped(path: &str) -> String {
    let mut pattern = String::from("/");
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | ',' | '!') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
