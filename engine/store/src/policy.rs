//! Reading policies: Rego modules and their data, from folders and files.
//!
//! In a folder every `*.rego` is a module and every `data.json`, `data.yaml` and `data.yml` is
//! data that stands at the path of its folder, as OPA does it for bundles (OPA documentation,
//! "Bundle File Format"): `team/data.json` holds `data.team`. A data file named by itself stands
//! at the root. YAML is read as OPA reads it in bundles: version 1.1, and JSON as JSON. Names that
//! start with a dot are passed over, so that the `..data` folders of a mounted ConfigMap are not
//! read twice.
//!
//! Refused: text that is not UTF-8, a link that leads back to a folder it is in, two data files
//! that say something about the same path, more or larger files than the limits.

mod error;

pub use error::PolicyLoadError;

use crate::error::StoreError;
use crate::files;
use referee_core::Limits;
use referee_rego::{DataTree, Value, ValueKind};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The deepest folder that is read, counted from the one named. OPA's own tree of thousands of
/// cases is 6 deep.
pub(crate) const MAX_DEPTH: usize = 64;

/// What was read.
#[derive(Clone, Debug, PartialEq)]
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
        data: DataTree::default(),
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
    let data = reader.data.into_value().unwrap_or_else(|| Value::object([]));
    Ok(PolicyFiles { modules, data })
}

struct Reader<'a> {
    limits: &'a Limits,
    /// Name to path and text.
    modules: BTreeMap<String, (PathBuf, String)>,
    data: DataTree,
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
        let document = self.document(path)?;
        if let Err(at) = self.data.insert(keys, document) {
            let first = self.giver(&at).map(show).unwrap_or_default();
            return Err(PolicyLoadError::Conflict { key: at.join("."), first, second: show(path) });
        }
        self.origins.push((path.to_owned(), keys.to_vec()));
        Ok(())
    }

    /// What a data file says, an object.
    fn document(&self, path: &Path) -> Result<Value, PolicyLoadError> {
        let text = files::read_text(path, self.limits.max_policy_data_bytes)?;
        let value = if extension(path) == "json" {
            Value::from_json_str(&text)
        } else {
            Value::from_json_or_yaml_str(&text)
        };
        let value = value.map_err(|source| PolicyLoadError::Data { path: show(path), source })?;
        if value.kind() == ValueKind::Object {
            Ok(value)
        } else {
            Err(PolicyLoadError::NotAnObject { path: show(path) })
        }
    }

    /// Which of the files read so far gives a value at a path. They are read again: only an error
    /// asks, and to note it beforehand would take more room than the data.
    fn giver(&self, at: &[String]) -> Option<&Path> {
        self.origins
            .iter()
            .find(|(path, keys)| match at.strip_prefix(keys.as_slice()) {
                Some(below) => self.document(path).is_ok_and(|document| {
                    below.iter().try_fold(document, |value, key| value.get(key)).is_some()
                }),
                // It gives an object there if it gives anything below.
                None => keys.starts_with(at),
            })
            .map(|(path, _)| path.as_path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded;
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
        assert_eq!(files.data.to_json(), json!({"team": {"app": {"n": 1}, "k": 3, "m": 2}}));
    }

    #[test]
    fn yaml_is_read_as_opa_reads_it_in_bundles() {
        for (text, expected) in [
            ("1: a\ntrue: b\n1.5: c\n", r#"{"1":"a","1.5":"c","true":"b"}"#),
            ("on: yes\nmode: 0644\nhex: 0x1F\n", r#"{"hex":31,"mode":420,"true":true}"#),
            ("a: &x {k: 1}\nb: {<<: *x, l: 2}\n", r#"{"a":{"k":1},"b":{"k":1,"l":2}}"#),
            ("a: 1\na: 2\n", r#"{"a":2}"#),
            ("a: !own b\nc: !!binary aGk=\n", r#"{"a":"b","c":"hi"}"#),
            ("a: 1\n---\na: 2\n", r#"{"a":1}"#),
            ("n: 12345678901234567890123\n", r#"{"false":1.2345678901234568e+22}"#),
            ("{\"n\": 12345678901234567890123}", r#"{"n":12345678901234567890123}"#),
            ("\u{feff}d: 2001-01-01\nz: ~\n", r#"{"d":"2001-01-01","z":null}"#),
        ] {
            let files = load(&folder(&[("data.yaml", text)])).unwrap();
            assert_eq!(files.data.to_json_string(), expected, "{text}");
        }
    }

    #[test]
    fn files_named_by_themselves_are_modules_and_data_at_the_root() {
        let folder = folder(&[("a.rego", "package a"), ("x.yaml", "a: 1"), ("y.json", "{}")]);
        let at = |name: &str| folder.path().join(name);
        let files = load_policies(&[at("a.rego")], &[at("x.yaml"), at("y.json")], &Limits::DEFAULT)
            .unwrap();
        assert_eq!((files.modules.len(), files.data.to_json()), (1, json!({"a": 1})));
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
        for (name, text, expected) in [
            (
                "data.json",
                "{",
                "not JSON that a policy can read: unexpected end of JSON input (line 1, column 2)",
            ),
            ("data.yaml", "a: [", "yaml: line 1: did not find expected node content"),
            ("data.yaml", "a: .inf", "json: unsupported value: +Inf"),
        ] {
            let error = load(&folder(&[(name, text)])).unwrap_err();
            let PolicyLoadError::Data { path, source } = &error else { panic!("{error}") };
            assert!(path.ends_with(name), "{error}");
            assert_eq!(source.to_string(), expected, "{text}");
            assert_eq!(error.code(), "policy_data_syntax");
        }
        for (name, text) in [("data.json", "[]"), ("data.yaml", "# nothing"), ("data.yml", "a")] {
            let error = load(&folder(&[(name, text)])).unwrap_err();
            assert!(matches!(error, PolicyLoadError::NotAnObject { .. }), "{text}: {error}");
        }
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
        assert!(large.hint().unwrap().contains("limits.max_policy_data_bytes for data"));
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
