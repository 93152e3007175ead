//! Folders that are bundles (`v1/bundle`): their data files, and what their manifest says.
//!
//! Signatures, patches and WebAssembly are not looked at.

use super::{LoadError, Work, entries, file_name, joined, json, matches, yaml};
use referee_rego::{SyntaxTree, Value};
use std::fs;
use std::path::Path;

/// The name of a manifest.
const MANIFEST: &str = ".manifest";

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The paths that the bundle may fill, without a slash at either end.
    roots: Option<Vec<String>>,
    /// Which Rego its modules are.
    version: Option<bool>,
    /// Which Rego files are whose path a pattern means.
    versions: Vec<(String, bool)>,
}

impl Work<'_, '_> {
    /// Reads a bundle.
    pub(super) fn bundle(&mut self, root: &Path) {
        let metadata = match fs::metadata(root) {
            Ok(metadata) => metadata,
            Err(source) => return self.fail(LoadError::Read { path: root.to_owned(), source }),
        };
        if !metadata.is_dir() {
            return self.fail(LoadError::NoFolder { path: root.to_owned() });
        }
        let manifest = match self.manifest(&root.join(MANIFEST)) {
            Ok(manifest) => manifest,
            Err(error) => return self.fail(error),
        };
        self.folder(root, &mut Vec::new(), &manifest);
    }

    fn folder(&mut self, folder: &Path, at: &mut Vec<String>, manifest: &Manifest) {
        if at.len() >= super::MAX_DEPTH {
            return self.fail(LoadError::TooDeep { path: folder.to_owned() });
        }
        let entries = match entries(folder) {
            Ok(entries) => entries,
            Err(source) => return self.fail(LoadError::Read { path: folder.to_owned(), source }),
        };
        for entry in entries {
            let path = joined(folder, &entry);
            let is_dir = fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir());
            if self.leaves_out(&path, is_dir, 1) {
                continue;
            }
            let name = file_name(&path);
            if is_dir {
                at.push(name);
                self.folder(&path, at, manifest);
                at.pop();
            } else if let Err(error) = self.member(&path, &name, at, manifest) {
                self.fail(error);
            }
        }
    }

    fn member(
        &mut self,
        path: &Path,
        name: &str,
        at: &[String],
        manifest: &Manifest,
    ) -> Result<(), LoadError> {
        let value = match name {
            "data.json" => {
                let text = self.data_text(path)?;
                self.parsed(json, path, &text)?
            }
            "data.yaml" | "data.yml" => {
                let text = self.data_text(path)?;
                self.parsed(yaml, path, &text)?
            }
            _ if name.ends_with(".rego") => {
                let inside: Vec<&str> = at.iter().map(String::as_str).chain([name]).collect();
                let version = manifest.version_of(&inside.join("/"));
                self.module(path, version)?;
                return self.rooted(path, manifest);
            }
            _ => return Ok(()),
        };
        manifest.permits_data(path, at, &value)?;
        self.data(path, at, value)
    }

    /// Whether the module that was read last stands under the roots of its bundle.
    fn rooted(&self, path: &Path, manifest: &Manifest) -> Result<(), LoadError> {
        let Some(module) = self.found.modules.last() else { return Ok(()) };
        let rego_v0 = module.rego_v0.unwrap_or(self.loader.rego_v0);
        // What does not parse is told when it is compiled.
        let Ok(tree) = SyntaxTree::parse(&module.name, &module.text, rego_v0) else {
            return Ok(());
        };
        let package = tree.package_parts();
        if manifest.permits(&package) {
            return Ok(());
        }
        let what = format!(
            "manifest roots {} do not permit package {}",
            manifest.shown_roots(),
            package.join(".")
        );
        Err(LoadError::Manifest { path: path.to_owned(), what })
    }

    fn manifest(&mut self, path: &Path) -> Result<Manifest, LoadError> {
        if !path.exists() {
            return Ok(Manifest::default());
        }
        let text = self.data_text(path)?;
        let document = json(path, &text)?.to_json();
        let fail =
            |what: &str| LoadError::Manifest { path: path.to_owned(), what: what.to_owned() };
        let version = |value: &serde_json::Value| match value.as_u64() {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(fail("a rego version is 0 or 1")),
        };
        let mut manifest = Manifest::default();
        if let Some(roots) = document.get("roots").filter(|roots| !roots.is_null()) {
            let roots = roots.as_array().ok_or_else(|| fail("roots must be a list"))?;
            let text = |root: &serde_json::Value| -> Result<String, LoadError> {
                let text = root.as_str().ok_or_else(|| fail("roots must be texts"))?;
                Ok(text.trim_matches('/').to_owned())
            };
            manifest.roots = Some(roots.iter().map(text).collect::<Result<_, _>>()?);
        }
        if let Some(found) = document.get("rego_version").filter(|found| !found.is_null()) {
            manifest.version = Some(version(found)?);
        }
        if let Some(files) = document.get("file_rego_versions").filter(|files| !files.is_null()) {
            let files = files.as_object().ok_or_else(|| fail("file_rego_versions is no object"))?;
            for (pattern, found) in files {
                manifest.versions.push((pattern.clone(), version(found)?));
            }
        }
        Ok(manifest)
    }
}

impl Manifest {
    /// Whether a file is Rego v0, where that is said.
    fn version_of(&self, path: &str) -> Option<bool> {
        // A `*` of a manifest is any characters, slashes too; a path may begin with a slash or not.
        let rooted = format!("/{path}");
        let means = |pattern: &str| matches(pattern, path) || matches(pattern, &rooted);
        let named = self.versions.iter().find(|(pattern, _)| means(pattern));
        named.map(|(_, version)| *version).or(self.version)
    }

    /// Whether a path stands under a root.
    fn permits(&self, path: &[String]) -> bool {
        let Some(roots) = &self.roots else { return true };
        roots.iter().any(|root| {
            let mut parts = root.split('/').filter(|part| !part.is_empty());
            let mut path = path.iter();
            parts.all(|part| path.next().is_some_and(|found| found == part))
        })
    }

    /// Whether a path leads to a root.
    fn leads(&self, path: &[String]) -> bool {
        let roots = self.roots.iter().flatten();
        roots.into_iter().any(|root| {
            let mut parts = root.split('/').filter(|part| !part.is_empty());
            path.iter().all(|found| parts.next().is_some_and(|part| part == found))
        })
    }

    /// Refuses data that stands under no root.
    fn permits_data(&self, path: &Path, at: &[String], value: &Value) -> Result<(), LoadError> {
        if self.permits(at) {
            return Ok(());
        }
        if !self.leads(at) {
            return Err(self.refusal(path, at));
        }
        for (name, member) in value.entries().unwrap_or_default() {
            let below: Vec<String> =
                at.iter().cloned().chain(name.as_str().map(str::to_owned)).collect();
            let inside = member.entries().is_some();
            if inside {
                self.permits_data(path, &below, &member)?;
            } else if !self.permits(&below) {
                return Err(self.refusal(path, &below));
            }
        }
        Ok(())
    }

    fn refusal(&self, path: &Path, at: &[String]) -> LoadError {
        let what = format!(
            "manifest roots {} do not permit data at path '/{}'",
            self.shown_roots(),
            at.join("/")
        );
        LoadError::Manifest { path: path.to_owned(), what }
    }

    fn shown_roots(&self) -> String {
        format!("[{}]", self.roots.iter().flatten().cloned().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_file_goes_before_that_of_the_bundle() {
        let versions = vec![("*/old/*".to_owned(), true), ("a.rego".to_owned(), true)];
        let manifest = Manifest { version: Some(false), versions, ..Manifest::default() };
        assert_eq!(manifest.version_of("x/old/y.rego"), Some(true));
        assert_eq!(manifest.version_of("a.rego"), Some(true));
        assert_eq!(manifest.version_of("b.rego"), Some(false));
    }

    #[test]
    fn roots_permit_what_is_under_them_and_lead_to_it() {
        let roots = vec!["a/b".to_owned(), "c".to_owned()];
        let manifest = Manifest { roots: Some(roots), ..Manifest::default() };
        let path = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert!(manifest.permits(&path("a/b/x")) && manifest.permits(&path("c")));
        assert!(!manifest.permits(&path("a")) && manifest.leads(&path("a")));
        assert!(!manifest.leads(&path("x")));
    }
}
