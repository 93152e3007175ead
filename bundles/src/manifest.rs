//! What a bundle says of itself: `.manifest`, as OPA has it (`v1/bundle`, `Manifest`).
//!
//! Members that OPA does not know are passed over, as OPA does; `null` is as if nothing were there.
//! Refused: members of the wrong type, Rego versions other than 0 and 1, and members that are
//! named like known ones but for their case, which OPA would take for those.

use crate::glob::VersionPattern;
use crate::manifest_error::ManifestError;
use crate::roots::Roots;
use referee_rego::{Value, ValueKind};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The members that mean something.
const MEMBERS: [&str; 6] =
    ["revision", "roots", "wasm", "rego_version", "file_rego_versions", "metadata"];

/// The manifest of a bundle.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// Its revision, whatever its publisher takes for one; empty where nothing is said.
    pub revision: String,
    /// Which part of the documents it may fill; `None` where nothing is said, which means all.
    pub roots: Option<Roots>,
    /// Whether its modules are Rego v0; `None` where nothing is said.
    pub rego_v0: Option<bool>,
    /// Which files are Rego v0 and which are not, by patterns over their paths. The first that
    /// means a file counts, in the order of the patterns' texts.
    pub file_rego_v0: Vec<(String, bool)>,
    /// What WebAssembly answers in place of modules.
    pub wasm: Vec<WasmResolver>,
    /// Whatever its publisher wants to say besides; an object that is not empty.
    pub metadata: Option<Value>,
}

/// A document that WebAssembly of the bundle answers for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WasmResolver {
    /// The path of the document, with slashes.
    pub entrypoint: String,
    /// The file.
    pub module: String,
    /// What is said about the document; kept as it is.
    pub annotations: Option<Value>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`], and where roots overlap the one of [`Roots::new`] by way of
    /// [`crate::BundleError`].
    pub(crate) fn read(value: &Value) -> Result<Self, crate::BundleError> {
        let mut manifest = Self::default();
        if value.kind() == ValueKind::Null {
            return Ok(manifest);
        }
        for (name, value) in members(value, "the whole")? {
            let name = name.as_str().unwrap_or_default().into_owned();
            if let Some(wanted) = MEMBERS.iter().find(|known| name.eq_ignore_ascii_case(known))
                && name != *wanted
            {
                return Err(ManifestError::Case { found: name, wanted }.into());
            }
            if value.kind() == ValueKind::Null {
                continue;
            }
            match name.as_str() {
                "revision" => manifest.revision = text(&value, "revision")?,
                "roots" => {
                    let texts = elements(&value, "roots")?;
                    let texts = texts.iter().enumerate();
                    let texts = texts.map(|(at, root)| text(root, format!("roots[{at}]")));
                    manifest.roots = Some(Roots::new(texts.collect::<Result<Vec<_>, _>>()?)?);
                }
                "rego_version" => manifest.rego_v0 = Some(rego_v0(&value, "rego_version")?),
                "file_rego_versions" => {
                    for (pattern, version) in members(&value, "file_rego_versions")? {
                        let pattern = pattern.as_str().unwrap_or_default().into_owned();
                        let member = format!("file_rego_versions[{pattern:?}]");
                        let version = rego_v0(&version, member)?;
                        VersionPattern::new(&pattern).map_err(|problem| {
                            let pattern = pattern.clone();
                            ManifestError::Pattern { pattern, problem }
                        })?;
                        manifest.file_rego_v0.push((pattern, version));
                    }
                }
                "wasm" => {
                    for (at, resolver) in elements(&value, "wasm")?.iter().enumerate() {
                        manifest.wasm.push(WasmResolver::read(resolver, at)?);
                    }
                }
                "metadata" => {
                    let said = !members(&value, "metadata")?.is_empty();
                    manifest.metadata = said.then_some(value);
                }
                _ => {}
            }
        }
        Ok(manifest)
    }

    /// Which part of the documents the bundle may fill.
    #[must_use]
    pub fn effective_roots(&self) -> Cow<'_, Roots> {
        self.roots.as_ref().map_or_else(|| Cow::Owned(Roots::everything()), Cow::Borrowed)
    }

    /// Which files are Rego v0, where the manifest says so.
    pub(crate) fn file_versions(&self) -> FileVersions {
        let compiled = self.file_rego_v0.iter().filter_map(|(pattern, version)| {
            // None is wrong: they were looked at when the manifest was read.
            VersionPattern::new(pattern).ok().map(|pattern| (pattern, *version))
        });
        FileVersions { patterns: compiled.collect(), otherwise: self.rego_v0 }
    }

    /// Whether it says nothing that a bundle without a manifest does not say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let everything = self.roots.as_ref().is_none_or(|roots| roots.same_as(&Roots::default()));
        let without_roots = Self { roots: None, ..self.clone() };
        everything && without_roots == Self::default()
    }

    /// Whether a delta with this manifest may change what `other` brought: roots and WebAssembly
    /// are the same.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        self.wasm == other.wasm && self.effective_roots().same_as(&other.effective_roots())
    }

    /// As policies see it at `data.system.bundles[name].manifest`: what OPA puts there.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let told = Self { roots: Some(self.effective_roots().into_owned()), ..self.clone() };
        // It was read from JSON of no greater depth.
        Value::from_serialize(&told).unwrap_or_else(|_| Value::object([]))
    }
}

/// Which files of a bundle are Rego v0.
#[derive(Debug, Default)]
pub(crate) struct FileVersions {
    patterns: Vec<(VersionPattern, bool)>,
    otherwise: Option<bool>,
}

impl FileVersions {
    /// Whether a file is, by its name as it stands in the archive, where anything is said of it.
    pub(crate) fn rego_v0_of(&self, name: &str) -> Option<bool> {
        let named = self.patterns.iter().find(|(pattern, _)| pattern.matches(name));
        named.map(|(_, version)| *version).or(self.otherwise)
    }
}

/// In OPA's order of members.
impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("revision", &self.revision)?;
        if let Some(roots) = &self.roots {
            map.serialize_entry("roots", &Listed(roots))?;
        }
        if !self.wasm.is_empty() {
            map.serialize_entry("wasm", &self.wasm)?;
        }
        if let Some(rego_v0) = self.rego_v0 {
            map.serialize_entry("rego_version", &number(rego_v0))?;
        }
        if !self.file_rego_v0.is_empty() {
            map.serialize_entry("file_rego_versions", &Versions(&self.file_rego_v0))?;
        }
        if let Some(metadata) = &self.metadata {
            map.serialize_entry("metadata", metadata)?;
        }
        map.end()
    }
}

struct Listed<'a>(&'a Roots);

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for root in self.0.iter() {
            list.serialize_element(root)?;
        }
        list.end()
    }
}

struct Versions<'a>(&'a [(String, bool)]);

impl Serialize for Versions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(pattern, v0)| (pattern, number(*v0))))
    }
}

impl Serialize for WasmResolver {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in [("entrypoint", &self.entrypoint), ("module", &self.module)] {
            if !text.is_empty() {
                map.serialize_entry(name, text)?;
            }
        }
        if let Some(annotations) = &self.annotations {
            map.serialize_entry("annotations", annotations)?;
        }
        map.end()
    }
}

fn number(rego_v0: bool) -> u8 {
    u8::from(!rego_v0)
}

impl WasmResolver {
    fn read(value: &Value, at: usize) -> Result<Self, ManifestError> {
        let mut resolver =
            Self { entrypoint: String::new(), module: String::new(), annotations: None };
        for (name, value) in members(value, format!("wasm[{at}]"))? {
            if value.kind() == ValueKind::Null {
                continue;
            }
            match name.as_str().as_deref() {
                Some("entrypoint") => {
                    resolver.entrypoint = text(&value, format!("wasm[{at}].entrypoint"))?;
                }
                Some("module") => resolver.module = text(&value, format!("wasm[{at}].module"))?,
                Some("annotations") => {
                    elements(&value, format!("wasm[{at}].annotations"))?;
                    resolver.annotations = Some(value);
                }
                _ => {}
            }
        }
        Ok(resolver)
    }
}

fn wrong(value: &Value, member: impl Into<String>, wanted: &'static str) -> ManifestError {
    let found = match value.kind() {
        ValueKind::Null => "null",
        ValueKind::Boolean => "a boolean",
        ValueKind::Number => "a number",
        ValueKind::String => "a text",
        ValueKind::Array => "a list",
        ValueKind::Object => "an object",
        _ => "something else",
    };
    ManifestError::Type { member: member.into(), wanted, found }
}

fn members(value: &Value, name: impl Into<String>) -> Result<Vec<(Value, Value)>, ManifestError> {
    value.entries().ok_or_else(|| wrong(value, name, "an object"))
}

fn elements(value: &Value, name: impl Into<String>) -> Result<Vec<Value>, ManifestError> {
    value.elements().ok_or_else(|| wrong(value, name, "a list"))
}

fn text(value: &Value, name: impl Into<String>) -> Result<String, ManifestError> {
    value.as_str().map(Cow::into_owned).ok_or_else(|| wrong(value, name, "a text"))
}

fn rego_v0(value: &Value, name: impl Into<String>) -> Result<bool, ManifestError> {
    let Some(found) = value.number_text() else {
        return Err(wrong(value, name, "a number"));
    };
    match found.as_str() {
        "0" => Ok(true),
        "1" => Ok(false),
        _ => Err(ManifestError::RegoVersion { member: name.into(), found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifest, String> {
        Manifest::read(&Value::from_json_str(text).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_it_says_is_read_and_written_in_opas_order() {
        let text = r#"{"metadata":{"n":1.0},"roots":["/a/","b"],"rego_version":1,"revision":"r",
            "file_rego_versions":{"/x/*":0},"unknown":[],
            "wasm":[{"module":"/policy.wasm","entrypoint":"a/b"}]}"#;
        let manifest = read(text).unwrap();
        assert_eq!(
            serde_json::to_string(&manifest).unwrap(),
            r#"{"revision":"r","roots":["a","b"],"wasm":[{"entrypoint":"a/b","module":"/policy.wasm"}],"rego_version":1,"file_rego_versions":{"/x/*":0},"metadata":{"n":1.0}}"#
        );
        assert_eq!(read(&serde_json::to_string(&manifest).unwrap()).unwrap(), manifest);
    }

    #[test]
    fn nothing_and_null_are_the_same() {
        assert_eq!(read("null").unwrap(), Manifest::default());
        let nulls = read(r#"{"roots":null,"rego_version":null,"wasm":null,"metadata":null}"#);
        assert!(nulls.unwrap().is_empty());
        assert_eq!(
            Manifest::default().to_value().to_json_string(),
            r#"{"revision":"","roots":[""]}"#
        );
        assert!(read(r#"{"roots":[""]}"#).unwrap().is_empty());
        assert!(!read(r#"{"roots":[]}"#).unwrap().is_empty());
    }

    #[test]
    fn what_has_the_wrong_type_is_named() {
        for (text, error) in [
            ("[]", "the whole of the manifest must be an object, and is a list"),
            (r#"{"roots":"a"}"#, "roots of the manifest must be a list, and is a text"),
            (r#"{"roots":["a",1]}"#, "roots[1] of the manifest must be a text, and is a number"),
            (r#"{"revision":1}"#, "revision of the manifest must be a text, and is a number"),
            (r#"{"metadata":[]}"#, "metadata of the manifest must be an object, and is a list"),
            (r#"{"wasm":[[]]}"#, "wasm[0] of the manifest must be an object, and is a list"),
            (
                r#"{"wasm":[{"module":true}]}"#,
                "wasm[0].module of the manifest must be a text, and is a boolean",
            ),
            (
                r#"{"rego_version":"1"}"#,
                "rego_version of the manifest must be a number, and is a text",
            ),
            (
                r#"{"rego_version":2}"#,
                "rego_version of the manifest is 2, and a Rego version is 0 or 1",
            ),
            (
                r#"{"file_rego_versions":{"x":7}}"#,
                "file_rego_versions[\"x\"] of the manifest is 7, and a Rego version is 0 or 1",
            ),
            (
                r#"{"file_rego_versions":{"[a":0}}"#,
                "failed to compile glob pattern [a: unexpected end of input",
            ),
            (r#"{"Roots":[]}"#, r#"the manifest has the member "Roots": it is written "roots""#),
            (r#"{"roots":["a","a/b"]}"#, "manifest has overlapped roots: 'a' and 'a/b'"),
        ] {
            assert_eq!(read(text).unwrap_err(), error);
        }
    }

    #[test]
    fn the_version_of_a_file_goes_before_that_of_the_bundle() {
        let manifest = read(r#"{"rego_version":1,"file_rego_versions":{"*/old/*":0,"a.rego":0}}"#);
        let versions = manifest.unwrap().file_versions();
        assert_eq!(versions.rego_v0_of("x/old/y.rego"), Some(true));
        assert_eq!(versions.rego_v0_of("a.rego"), Some(true));
        assert_eq!(versions.rego_v0_of("/a.rego"), Some(false));
        assert_eq!(versions.rego_v0_of("b.rego"), Some(false));
    }
}
