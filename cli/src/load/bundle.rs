//! Folders and archives that are bundles (`v1/bundle`): their data files, and what their manifest says.
//!
//! Signatures, patches and WebAssembly are not looked at.

use super::{
    LoadError, Work, archive, entries, file_name, joined, json, json_or_yaml, leads_back, matches,
};
use crate::files;
use referee_rego::{SyntaxTree, Value};
use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The name of a manifest, and how the name of any ends.
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

/// A file of a bundle.
#[derive(Debug)]
struct Member {
    /// As it is told.
    path: PathBuf,
    /// The folders that it stands in, inside the bundle.
    at: Vec<String>,
    name: String,
    /// What is in it, where it is not a file of its own.
    bytes: Option<Vec<u8>>,
}

impl Member {
    /// Its path inside the bundle.
    fn inside(&self) -> String {
        let parts: Vec<&str> = self.at.iter().chain([&self.name]).map(String::as_str).collect();
        parts.join("/")
    }
}

impl Work<'_, '_> {
    /// Reads a bundle, a folder or an archive, and puts its data at a path.
    pub(super) fn bundle(&mut self, root: &Path, base: &[String]) {
        if let Err(error) = self.read_bundle(root, base) {
            self.fail(error);
        }
    }

    fn read_bundle(&mut self, root: &Path, base: &[String]) -> Result<(), LoadError> {
        let unreadable = |source| LoadError::Read { path: root.to_owned(), source };
        let mut members = Vec::new();
        if fs::metadata(root).map_err(unreadable)?.is_dir() {
            self.folder(root, &mut Vec::new(), &mut members)?;
        } else {
            self.archive(root, &mut members).map_err(unreadable)?;
        }
        // As in OPA the one manifest there may be stands in any folder, and its name need only end
        // like that of a manifest.
        let manifests: Vec<_> =
            members.iter().filter(|member| member.name.ends_with(MANIFEST)).collect();
        let manifest = match manifests.as_slice() {
            [] => Manifest::default(),
            [only] => self.manifest(only)?,
            [first, second, ..] => {
                let (first, second) = (first.inside(), second.inside());
                let what = format!(
                    "bundle contains multiple manifest files: \"/{first}\" and \"/{second}\""
                );
                return Err(LoadError::Manifest { path: root.to_owned(), what });
            }
        };
        for member in &members {
            if let Err(error) = self.member(member, base, &manifest) {
                self.fail(error);
            }
        }
        Ok(())
    }

    /// Finds the files below a folder.
    fn folder(
        &self,
        folder: &Path,
        at: &mut Vec<String>,
        members: &mut Vec<Member>,
    ) -> Result<(), LoadError> {
        if at.len() >= super::MAX_DEPTH {
            return Err(LoadError::TooDeep { path: folder.to_owned() });
        }
        if !at.is_empty() && leads_back(folder) {
            return Err(LoadError::Loop { path: folder.to_owned() });
        }
        let entries = entries(folder)
            .map_err(|source| LoadError::Read { path: folder.to_owned(), source })?;
        for entry in entries {
            let path = joined(folder, &entry);
            let name = file_name(&path);
            if self.ignores(&name) {
                continue;
            }
            if fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
                at.push(name);
                self.folder(&path, at, members)?;
                at.pop();
            } else {
                members.push(Member { path, at: at.clone(), name, bytes: None });
            }
        }
        Ok(())
    }

    /// Finds the files in an archive.
    fn archive(&self, path: &Path, members: &mut Vec<Member>) -> io::Result<()> {
        for archive::Entry { path: mut at, bytes } in archive::unpack(path, self.loader.limits)? {
            if at.iter().any(|name| self.ignores(name)) {
                continue;
            }
            let path = path.join(at.join("/"));
            let Some(name) = at.pop() else { continue };
            members.push(Member { path, at, name, bytes: Some(bytes) });
        }
        Ok(())
    }

    fn member(
        &mut self,
        member: &Member,
        base: &[String],
        manifest: &Manifest,
    ) -> Result<(), LoadError> {
        let Member { path, at, name, .. } = member;
        let value = match name.as_str() {
            "data.json" => {
                let text = self.member_text(member, self.loader.limits.max_policy_data_bytes)?;
                self.parsed(json, path, &text)?
            }
            "data.yaml" | "data.yml" => {
                let text = self.member_text(member, self.loader.limits.max_policy_data_bytes)?;
                self.parsed(json_or_yaml, path, &text)?
            }
            _ if name.ends_with(".rego") => {
                let version = manifest.version_of(&member.inside());
                let text = self.member_text(member, self.loader.limits.max_policy_file_bytes)?;
                self.add_module(path.display().to_string(), text, version)?;
                return self.rooted(path, manifest);
            }
            _ => return Ok(()),
        };
        manifest.permits_data(path, at, &value)?;
        let place: Vec<String> = base.iter().chain(at).cloned().collect();
        self.data(path, &place, value)
    }

    fn member_text(&mut self, member: &Member, limit: u64) -> Result<String, LoadError> {
        let Some(bytes) = &member.bytes else { return self.text(&member.path, limit) };
        self.count_file()?;
        files::read_stream(bytes.as_slice(), limit)
            .map_err(|source| LoadError::Read { path: member.path.clone(), source })
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

    fn manifest(&mut self, member: &Member) -> Result<Manifest, LoadError> {
        let path = &member.path;
        let text = self.member_text(member, self.loader.limits.max_policy_data_bytes)?;
        let document = json(path, &text)?.to_json();
        let fail = |what: &str| LoadError::Manifest { path: path.clone(), what: what.to_owned() };
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
                at.iter().cloned().chain(name.as_str().map(Cow::into_owned)).collect();
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
