//! Reads modules and data as `opa` does it (`v1/loader`): files, folders, and folders that are
//! bundles.
//!
//! - A `.rego` file is a module, named by its path as it was given.
//! - A `.json`, `.yaml` or `.yml` file is data. Named by itself it stands at the root; in a folder
//!   that was named, at the path of the folders between. Its own name makes no difference.
//! - `a.b:PATH` puts the data of a path under `data.a.b`.
//! - A file named `.tar.gz` is a bundle; so is what is named as one, a folder or an archive.
//! - In a bundle only `data.json`, `data.yaml` and `data.yml` are data, and `.manifest` says which
//!   Rego its modules are.
//!
//! What is refused: files over the limits of the configuration, more files than they allow, two
//! values for one place, folders that hold themselves.

mod bundle;
mod error;

pub(crate) use bundle::{Wanted, bundle_files};
pub(crate) use error::{LoadError, LoadErrors};

use crate::files;
use referee_bundles::{Roots, check_roots};
use referee_core::Limits;
use referee_rego::{DataTree, Module, SyntaxTree, Value};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How deep folders may be inside one another: no policy is, and a link to a folder above ends
/// here.
const MAX_DEPTH: usize = 64;

/// How to read.
#[derive(Clone, Debug)]
pub(crate) struct Loader<'a> {
    /// Names of files and folders to leave out: `*` and `?` stand for characters, `[…]` for a
    /// choice.
    pub(crate) ignore: &'a [String],
    /// Folders are bundles.
    pub(crate) bundle: bool,
    /// Nothing but modules is read.
    pub(crate) only_rego: bool,
    /// How much is read.
    pub(crate) limits: &'a Limits,
    /// The modules are Rego v0 unless a bundle says otherwise.
    pub(crate) rego_v0: bool,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    /// The modules, in the order they were found.
    pub(crate) modules: Vec<Module>,
    /// The data.
    pub(crate) data: Option<Value>,
    /// How long it took to read data from their text, where there were any.
    pub(crate) parse_time: Option<Duration>,
}

impl Loader<'_> {
    /// Reads all paths.
    ///
    /// # Errors
    /// Everything that cannot be read or put together.
    pub(crate) fn load(&self, paths: &[String]) -> Result<Loaded, LoadErrors> {
        let mut work = Work {
            loader: self,
            tree: DataTree::default(),
            found: Loaded::default(),
            seen: BTreeMap::new(),
            errors: Vec::new(),
            files: 0,
            roots: Vec::new(),
        };
        for given in paths {
            if self.bundle {
                let path = without_scheme(given);
                // A bundle that is named twice is read once.
                if !work.roots.iter().any(|(read, _)| read == path) {
                    work.bundle(Path::new(path), &[]);
                }
            } else {
                let (prefix, path) = split_prefix(given);
                work.path(Path::new(without_scheme(path)), &mut prefix.clone(), 0);
            }
        }
        // Bundles own what is under their roots; what a prefix puts elsewhere was named as data.
        if self.bundle {
            let named = work.roots.iter().map(|(name, roots)| (name.as_str(), roots));
            if let Err(source) = check_roots(named) {
                work.errors.push(LoadError::Roots { source });
            }
        }
        if work.errors.is_empty() {
            work.found.data = work.tree.into_value();
            Ok(work.found)
        } else {
            Err(LoadErrors(work.errors))
        }
    }
}

/// Reading that is under way.
struct Work<'w, 'l> {
    loader: &'w Loader<'l>,
    tree: DataTree,
    found: Loaded,
    /// The modules by their names: a file that is named twice is read once.
    seen: BTreeMap<String, ()>,
    errors: Vec<LoadError>,
    files: u32,
    /// The bundles that were read, with their roots.
    roots: Vec<(String, Roots)>,
}

impl Work<'_, '_> {
    fn path(&mut self, path: &Path, at: &mut Vec<String>, depth: usize) {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(source) => return self.fail(LoadError::Read { path: path.to_owned(), source }),
        };
        if self.leaves_out(path, metadata.is_dir(), depth) {
            return;
        }
        if !metadata.is_dir() {
            if let Err(error) = self.file(path, at, depth) {
                self.fail(error);
            }
            return;
        }
        if depth >= MAX_DEPTH {
            return self.fail(LoadError::TooDeep { path: path.to_owned() });
        }
        if depth > 0 && leads_back(path) {
            return self.fail(LoadError::Loop { path: path.to_owned() });
        }
        let entries = match entries(path) {
            Ok(entries) => entries,
            Err(source) => return self.fail(LoadError::Read { path: path.to_owned(), source }),
        };
        if depth > 0 {
            at.push(file_name(path));
        }
        for entry in entries {
            self.path(&joined(path, &entry), at, depth + 1);
            if self.files > self.loader.limits.max_policy_files {
                break;
            }
        }
        if depth > 0 {
            at.pop();
        }
    }

    fn leaves_out(&self, path: &Path, folder: bool, depth: usize) -> bool {
        let extension = path.extension().and_then(OsStr::to_str);
        if self.loader.only_rego && !folder && depth > 0 && extension != Some("rego") {
            return true;
        }
        depth > 0 && self.ignores(&file_name(path))
    }

    /// Whether files and folders of a name were asked to be left out.
    fn ignores(&self, name: &str) -> bool {
        self.loader.ignore.iter().any(|pattern| matches(pattern, name))
    }

    fn file(&mut self, path: &Path, at: &[String], depth: usize) -> Result<(), LoadError> {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        match extension {
            "rego" => self.module(path, None),
            "json" => {
                let text = self.data_text(path)?;
                let value = self.parsed(json, path, &text)?;
                self.data(path, at, value)
            }
            "yaml" | "yml" => {
                let text = self.data_text(path)?;
                let value = self.parsed(yaml, path, &text)?;
                self.data(path, at, value)
            }
            _ if file_name(path).ends_with(".tar.gz") => {
                self.bundle(path, at);
                Ok(())
            }
            _ if depth > 0 => Ok(()),
            _ => self.any(path, at),
        }
    }

    /// A file that was named and whose name does not say what it is.
    fn any(&mut self, path: &Path, at: &[String]) -> Result<(), LoadError> {
        let text = self.data_text(path)?;
        let name = path.display().to_string();
        if SyntaxTree::parse(&name, &text, self.loader.rego_v0).is_ok() {
            self.add_module(name, text, None);
            return Ok(());
        }
        let value =
            self.parsed(|path, text| json(path, text).or_else(|_| yaml(path, text)), path, &text);
        match value {
            Ok(value) => self.data(path, at, value),
            Err(_) => Err(LoadError::Unrecognized { path: path.to_owned() }),
        }
    }

    fn module(&mut self, path: &Path, rego_v0: Option<bool>) -> Result<(), LoadError> {
        let text = self.text(path, self.loader.limits.max_policy_file_bytes)?;
        self.add_module(path.display().to_string(), text, rego_v0);
        Ok(())
    }

    fn add_module(&mut self, name: String, text: impl Into<Arc<str>>, rego_v0: Option<bool>) {
        if self.seen.insert(name.clone(), ()).is_none() {
            self.found.modules.push(Module::new(name, text).with_rego_v0(rego_v0));
        }
    }

    fn data(&mut self, path: &Path, at: &[String], value: Value) -> Result<(), LoadError> {
        if self.loader.only_rego {
            return Ok(());
        }
        if at.is_empty() && value.entries().is_none() {
            return Err(LoadError::NoObject { path: path.to_owned() });
        }
        let merged = self.tree.insert(at, value);
        merged.map_err(|at| {
            let at = std::iter::once("data".to_owned()).chain(at).collect::<Vec<_>>().join(".");
            LoadError::Merge { path: path.to_owned(), at }
        })
    }

    /// Reads data from their text, and takes the time it takes.
    fn parsed(
        &mut self,
        read: impl FnOnce(&Path, &str) -> Result<Value, LoadError>,
        path: &Path,
        text: &str,
    ) -> Result<Value, LoadError> {
        let started = Instant::now();
        let value = read(path, text);
        let before = self.found.parse_time.unwrap_or_default();
        self.found.parse_time = Some(before.saturating_add(started.elapsed()));
        value
    }

    fn data_text(&mut self, path: &Path) -> Result<String, LoadError> {
        self.text(path, self.loader.limits.max_policy_data_bytes)
    }

    fn text(&mut self, path: &Path, limit: u64) -> Result<String, LoadError> {
        self.count_file()?;
        files::read_text(path, limit)
            .map_err(|source| LoadError::Read { path: path.to_owned(), source })
    }

    fn count_file(&mut self) -> Result<(), LoadError> {
        self.files = self.files.saturating_add(1);
        if self.files > self.loader.limits.max_policy_files {
            return Err(LoadError::TooMany { limit: self.loader.limits.max_policy_files });
        }
        Ok(())
    }

    fn fail(&mut self, error: LoadError) {
        self.errors.push(error);
    }
}

/// Reads JSON.
fn json(path: &Path, text: &str) -> Result<Value, LoadError> {
    Value::from_json_str(text).map_err(|source| LoadError::Data { path: path.to_owned(), source })
}

/// Reads YAML.
fn yaml(path: &Path, text: &str) -> Result<Value, LoadError> {
    Value::from_yaml_str(text).map_err(|source| LoadError::Yaml { path: path.to_owned(), source })
}

/// Whether a path is a link to a folder that it stands in.
/// Where that cannot be found out it is read, and reading tells why it cannot be.
fn leads_back(path: &Path) -> bool {
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    let around = || path.parent()?.canonicalize().ok();
    is_link && path.canonicalize().ok().zip(around()).is_some_and(|(to, at)| at.starts_with(to))
}

/// The entries of a folder, sorted by name.
fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name().into()));
    let mut entries: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

/// A path inside a folder as Go's `filepath.Join` makes it: without dots, but for those that lead out
/// of where it begins.
pub(crate) fn joined(folder: &Path, entry: &Path) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in folder.components().chain(entry.components()) {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match joined.components().next_back() {
                Some(Component::Normal(_)) => drop(joined.pop()),
                Some(Component::RootDir) => {}
                _ => joined.push(part),
            },
            _ => joined.push(part),
        }
    }
    joined
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A path without `file://`.
pub(crate) fn without_scheme(path: &str) -> &str {
    path.strip_prefix("file://").unwrap_or(path)
}

/// Where the data of a path is put, and the path.
fn split_prefix(given: &str) -> (Vec<String>, &str) {
    match given.split_once(':') {
        // `file://…` and the like.
        Some((_, rest)) if rest.starts_with("//") => (Vec::new(), given),
        Some((prefix, path)) if !prefix.is_empty() && !prefix.contains('/') => {
            (prefix.split('.').map(str::to_owned).collect(), path)
        }
        _ => (Vec::new(), given),
    }
}

/// Whether a pattern means a name: `*`, `?`, `[a-z]`, `[^a]`, and `\` before a character that
/// stands for itself (Go's `filepath.Match`). A pattern that is none means nothing.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    matches_from(&pattern, &name)
}

fn matches_from(pattern: &[char], name: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return name.is_empty() };
    match first {
        '*' => (0..=name.len())
            .any(|skipped| name.get(skipped..).is_some_and(|left| matches_from(rest, left))),
        '?' => name.split_first().is_some_and(|(_, left)| matches_from(rest, left)),
        '[' => class(rest, name),
        '\\' => match (rest.split_first(), name.split_first()) {
            (Some((wanted, rest)), Some((found, left))) => {
                wanted == found && matches_from(rest, left)
            }
            _ => false,
        },
        wanted => name
            .split_first()
            .is_some_and(|(found, left)| found == wanted && matches_from(rest, left)),
    }
}

/// A choice of characters, after its bracket.
fn class(pattern: &[char], name: &[char]) -> bool {
    let Some((found, left)) = name.split_first() else { return false };
    let (negated, mut rest) = match pattern.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, pattern),
    };
    let mut held = false;
    loop {
        match rest {
            [']', after @ ..] => return held != negated && matches_from(after, left),
            [low, '-', high, after @ ..] if *high != ']' => {
                held |= low <= found && found <= high;
                rest = after;
            }
            [one, after @ ..] => {
                held |= one == found;
                rest = after;
            }
            [] => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_names_as_opa_reads_them() {
        for (pattern, name, expected) in [
            (".*", ".git", true),
            (".*", "a", false),
            ("*_test.rego", "a_test.rego", true),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[a", "a", false),
            ("\\*", "*", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_of_a_folder_are_named_as_go_joins_paths() {
        for (folder, name) in [
            (".", "x"),
            ("./a", "a/x"),
            ("a/", "a/x"),
            ("a/../b", "b/x"),
            ("../a", "../a/x"),
            ("../../a/..", "../../x"),
            ("a/../..", "../x"),
            ("/a/../../b", "/b/x"),
        ] {
            assert_eq!(joined(Path::new(folder), Path::new("x")), Path::new(name), "{folder}");
        }
    }

    #[test]
    fn a_prefix_says_where_data_is_put() {
        assert_eq!(split_prefix("a.b:x.json"), (vec!["a".into(), "b".into()], "x.json"));
        assert_eq!(split_prefix("file:///x.json"), (Vec::new(), "file:///x.json"));
        assert_eq!(split_prefix("x.json"), (Vec::new(), "x.json"));
    }
}
