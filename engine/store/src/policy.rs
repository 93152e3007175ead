//! Reading policies: Rego modules and their data, from folders and files.
//!
//! In a folder every `*.rego` is a module and every `data.json`, `data.yaml` and `data.yml` is
//! data that stands at the path of its folder, as OPA does it for bundles (OPA documentation,
//! "Bundle File Format"): `team/data.json` holds `data.team`. A data file named by itself stands
//! at the root. Names that start with a dot are passed over, so that the `..data` folders of a
//! mounted ConfigMap are not read twice.
//!
//! Refused: text that is not UTF-8, a link that leads back to a folder it is in, two data files
//! that say something about the same path, more or larger files than the limits.

mod error;

pub use error::PolicyLoadError;

use crate::error::StoreError;
use crate::files;
use referee_core::{Limits, document};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The deepest folder that is read, counted from the one named. OPA's own tree of thousands of
/// cases is 6 deep.
pub(crate) const MAX_DEPTH: usize = 64;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PolicyFiles {
    /// The modules, name and text, in the order of their names. A name is the path relative to
    /// the folder named, parted by `/`; where several paths were named it starts with the name of
    /// its folder.
    pub modules: Vec<(String, String)>,
    /// The data, an object.
    pub data: Value,
}

/// Reads policies from `paths` (folders, modules, data files), and further data files from
/// `data`.
///
/// Blocks on the file system: an async caller wraps it in `spawn_blocking`.
///
/// # Errors
/// [`PolicyLoadError`] for the first file that cannot be read or used.
pub fn load_policies<P: AsRef<Path>, D: AsRef<Path>>(
    paths: &[P],
    data: &[D],
    limits: &Limits,
) -> Result<PolicyFiles, PolicyLoadError> {
    let mut reader = Reader {
        limits,
        modules: BTreeMap::new(),
        data: Map::new(),
        origins: Vec::new(),
        files: 0,
    };
    for path in paths {
        let path = path.as_ref();
        if path.is_dir() {
            let prefix = match path.file_name().and_then(|name| name.to_str()) {
                Some(name) if paths.len() > 1 => format!("{name}/"),
                _ => String::new(),
            };
            reader.folder(path, &prefix, &mut Vec::new(), &mut BTreeSet::new())?;
        } else {
            reader.named(path)?;
        }
    }
    for path in data {
        reader.data(path.as_ref(), &[])?;
    }
    let modules = reader.modules.into_iter().map(|(name, (_, text))| (name, text)).collect();
    Ok(PolicyFiles { modules, data: Value::Object(reader.data) })
}

struct Reader<'a> {
    limits: &'a Limits,
    /// Name to path and text.
    modules: BTreeMap<String, (PathBuf, String)>,
    data: Map<String, Value>,
    /// The data files read, with the folders they stand in.
    origins: Vec<(PathBuf, Vec<String>)>,
    files: u32,
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or("")
}

impl Reader<'_> {
    fn folder(
        &mut self,
        path: &Path,
        prefix: &str,
        keys: &mut Vec<String>,
        within: &mut BTreeSet<PathBuf>,
    ) -> Result<(), PolicyLoadError> {
        let fault = |source| StoreError::File { target: show(path), source };
        let real = path.canonicalize().map_err(fault)?;
        if keys.len() >= MAX_DEPTH || !within.insert(real.clone()) {
            return Err(PolicyLoadError::Loop { path: show(path) });
        }
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path).map_err(fault)? {
            entries.push(entry.map_err(fault)?.path());
        }
        entries.sort();
        for entry in entries {
            let Some(name) = entry.file_name().and_then(|name| name.to_str()) else {
                return Err(PolicyLoadError::Name { path: show(&entry) });
            };
            if name.starts_with('.') {
                continue;
            }
            if entry.is_dir() {
                keys.push(name.to_owned());
                self.folder(&entry, &format!("{prefix}{name}/"), keys, within)?;
                keys.pop();
            } else if extension(&entry) == "rego" {
                self.module(&entry, format!("{prefix}{name}"))?;
            } else if matches!(name, "data.json" | "data.yaml" | "data.yml") {
                self.data(&entry, keys)?;
            }
        }
        within.remove(&real);
        Ok(())
    }

    /// A file that was named by itself.
    fn named(&mut self, path: &Path) -> Result<(), PolicyLoadError> {
        match extension(path) {
            "rego" => {
                let name = path.file_name().and_then(|name| name.to_str());
                let name = name.ok_or_else(|| PolicyLoadError::Name { path: show(path) })?;
                self.module(path, name.to_owned())
            }
            "json" | "yaml" | "yml" => self.data(path, &[]),
            _ => {
                // What is not there is told as such.
                std::fs::metadata(path)
                    .map_err(|source| StoreError::File { target: show(path), source })?;
                Err(PolicyLoadError::UnknownKind { path: show(path) })
            }
        }
    }

    fn count(&mut self, path: &Path) -> Result<(), StoreError> {
        self.files = self.files.saturating_add(1);
        if self.files > self.limits.max_policy_files {
            return Err(StoreError::TooLarge {
                target: show(path),
                limit: u64::from(self.limits.max_policy_files),
                unit: "policy files",
            });
        }
        Ok(())
    }

    fn module(&mut self, path: &Path, name: String) -> Result<(), PolicyLoadError> {
        self.count(path)?;
        let text = files::read_text(path, self.limits.max_policy_file_bytes)?;
        if let Some((first, _)) = self.modules.get(&name) {
            let (first, second) = (show(first), show(path));
            return Err(PolicyLoadError::DuplicateModule { name, first, second });
        }
        self.modules.insert(name, (path.to_owned(), text));
        Ok(())
    }

    fn data(&mut self, path: &Path, keys: &[String]) -> Result<(), PolicyLoadError> {
        self.count(path)?;
        let members = self.members(path, keys)?;
        if let Err(at) = merge(&mut self.data, members, &mut Vec::new()) {
            let first = self.giver(&at).map(show).unwrap_or_default();
            return Err(PolicyLoadError::Conflict { key: at.join("."), first, second: show(path) });
        }
        self.origins.push((path.to_owned(), keys.to_vec()));
        Ok(())
    }

    /// The members of a data file, wrapped in the folders it stands in.
    fn members(&self, path: &Path, keys: &[String]) -> Result<Map<String, Value>, PolicyLoadError> {
        let text = files::read_text(path, self.limits.max_policy_data_bytes)?;
        let value: Value = if extension(path) == "json" {
            serde_json::from_str(&text)
                .map_err(|source| PolicyLoadError::Json { path: show(path), source })?
        } else {
            document::read(&show(path), &text)?
        };
        let Value::Object(mut members) = value else {
            return Err(PolicyLoadError::NotAnObject { path: show(path) });
        };
        for key in keys.iter().rev() {
            let inner = std::mem::take(&mut members);
            members.insert(key.clone(), Value::Object(inner));
        }
        Ok(members)
    }

    /// Which of the files read so far gives a value at a path. They are read again: only an error
    /// asks, and to note it beforehand would take more room than the data.
    fn giver(&self, at: &[String]) -> Option<&Path> {
        self.origins
            .iter()
            .find(|(path, keys)| {
                self.members(path, keys).is_ok_and(|members| {
                    let (first, rest) = match at.split_first() {
                        Some((first, rest)) => (members.get(first), rest),
                        None => return false,
                    };
                    rest.iter().fold(first, |value, key| value?.get(key)).is_some()
                })
            })
            .map(|(path, _)| path.as_path())
    }
}

/// Puts objects together member by member. Two values at one path that are not both objects are
/// a conflict, equal or not; the error is the path.
fn merge(
    into: &mut Map<String, Value>,
    from: Map<String, Value>,
    at: &mut Vec<String>,
) -> Result<(), Vec<String>> {
    for (key, value) in from {
        at.push(key.clone());
        match (into.get_mut(&key), value) {
            (Some(Value::Object(present)), Value::Object(members)) => merge(present, members, at)?,
            (Some(_), _) => return Err(at.clone()),
            (None, value) => {
                into.insert(key, value);
            }
        }
        at.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    const NONE: &[&str] = &[];

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn load(folder: &tempfile::TempDir) -> Result<PolicyFiles, PolicyLoadError> {
        load_policies(&[folder.path()], NONE, &Limits::DEFAULT)
    }

    #[test]
    fn modules_keep_their_relative_names_and_data_stands_at_its_folder() {
        let folder = folder(&[
            ("b.rego", "package b"),
            ("team/a.rego", "package a"),
            ("team/app/data.json", r#"{"n": 1}"#),
            ("team/data.yaml", "m: 2"),
            ("data.json", r#"{"team": {"k": 3}}"#),
            ("notes.json", "not read"),
            (".git/c.rego", "not read"),
        ]);
        let files = load(&folder).unwrap();
        let names: Vec<_> = files.modules.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b.rego", "team/a.rego"]);
        assert_eq!(files.data, json!({"team": {"app": {"n": 1}, "k": 3, "m": 2}}));
    }

    #[test]
    fn files_named_by_themselves_are_modules_and_data_at_the_root() {
        let folder = folder(&[("a.rego", "package a"), ("x.yaml", "a: 1"), ("y.json", "{}")]);
        let at = |name: &str| folder.path().join(name);
        let files = load_policies(&[at("a.rego")], &[at("x.yaml"), at("y.json")], &Limits::DEFAULT)
            .unwrap();
        assert_eq!((files.modules.len(), files.data), (1, json!({"a": 1})));
        let unknown = load_policies(&[at("z.txt")], NONE, &Limits::DEFAULT).unwrap_err();
        assert!(matches!(unknown, PolicyLoadError::File(StoreError::File { .. })));
        fs::write(at("z.txt"), "").unwrap();
        let unknown = load_policies(&[at("z.txt")], NONE, &Limits::DEFAULT).unwrap_err();
        assert!(matches!(unknown, PolicyLoadError::UnknownKind { .. }));
    }

    #[test]
    fn two_data_files_about_one_path_are_a_conflict_that_names_both() {
        let folder = folder(&[("data.json", r#"{"a": {"b": 1}}"#), ("a/data.json", r#"{"b": 2}"#)]);
        let error = load(&folder).unwrap_err();
        let PolicyLoadError::Conflict { key, first, second } = &error else { panic!("{error}") };
        assert_eq!(key, "a.b");
        assert!(first.ends_with("a/data.json") && second.ends_with("data.json"), "{error}");
    }

    #[test]
    fn modules_of_several_folders_are_told_apart_by_folder() {
        let (first, second) =
            (folder(&[("m.rego", "package a")]), folder(&[("m.rego", "package b")]));
        let files = load_policies(&[first.path(), second.path()], NONE, &Limits::DEFAULT).unwrap();
        assert_eq!(files.modules.len(), 2);
        let twice = load_policies(&[first.path(), first.path()], NONE, &Limits::DEFAULT);
        assert!(matches!(twice.unwrap_err(), PolicyLoadError::DuplicateModule { .. }));
    }

    #[test]
    fn each_unusable_file_has_its_own_error() {
        let json = load(&folder(&[("data.json", "{")])).unwrap_err();
        assert!(matches!(json, PolicyLoadError::Json { .. }), "{json}");
        let yaml = load(&folder(&[("data.yaml", "a: [")])).unwrap_err();
        assert!(matches!(yaml, PolicyLoadError::Yaml(_)), "{yaml}");
        let list = load(&folder(&[("data.json", "[]")])).unwrap_err();
        assert!(matches!(list, PolicyLoadError::NotAnObject { .. }), "{list}");
        let binary = folder(&[]);
        fs::write(binary.path().join("a.rego"), [0xff]).unwrap();
        let binary = load(&binary).unwrap_err();
        assert!(matches!(binary, PolicyLoadError::File(StoreError::Malformed { .. })));
    }

    #[test]
    fn limits_on_size_and_number_are_kept() {
        let folder = folder(&[("a.rego", "package a"), ("b.rego", "package b")]);
        let mut limits = Limits::default();
        limits.max_policy_files = 1;
        let many = load_policies(&[folder.path()], NONE, &limits).unwrap_err();
        assert!(matches!(
            many,
            PolicyLoadError::File(StoreError::TooLarge { limit: 1, unit: "policy files", .. })
        ));
        let mut limits = Limits::default();
        limits.max_policy_file_bytes = 3;
        let large = load_policies(&[folder.path()], NONE, &limits).unwrap_err();
        assert!(matches!(
            large,
            PolicyLoadError::File(StoreError::TooLarge { limit: 3, unit: "bytes", .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_back_to_its_own_folder_is_refused() {
        let folder = folder(&[("a/a.rego", "package a")]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/again")).unwrap();
        let error = load(&folder).unwrap_err();
        assert!(matches!(error, PolicyLoadError::Loop { .. }), "{error}");
    }
}
