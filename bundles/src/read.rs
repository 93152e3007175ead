//! Makes a bundle of its files (`v1/bundle`, `Reader.Read` in OPA).
//!
//! First the signature is looked at, then the manifest, then everything else. What is named
//! `data.json`, `data.yaml` or `data.yml` is data of the place that its folders say, what ends in
//! `.rego` is a module, and the one file that ends in `.manifest` is the manifest. Files of other
//! names are passed over, as OPA passes them over; in a signed bundle they are signed like all.

use crate::bundle::{Bundle, BundleModule, RawFile, RawKind, Snapshot};
use crate::data::BundleData;
use crate::delta::{Delta, read_patch};
use crate::error::BundleError;
use crate::files::{BundleFile, Files};
use crate::limits::BundleLimits;
use crate::manifest::{FileVersions, Manifest};
use crate::manifest_error::ManifestError;
use crate::roots::Roots;
use crate::signature::{self, Checked, SIGNATURES_FILE, SignaturePolicy};
use referee_rego::{CompileOptions, Module, RegoErrors, SyntaxTree, Value, ValueKind};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// The name of the file with the changes of a delta.
const PATCH: &str = "patch.json";

/// How a bundle is read.
#[derive(Clone)]
pub struct ReadOptions<'a> {
    /// What it may ask for.
    pub limits: BundleLimits,
    /// Who must have signed it.
    pub signatures: &'a SignaturePolicy,
    /// Modules are Rego v0 unless the manifest says otherwise.
    pub rego_v0: bool,
    /// What the server that it came from calls this version of it.
    pub etag: Option<String>,
    /// What the names in a signature may begin with: the path of a folder, as it was given.
    pub folder: Option<&'a str>,
    /// How the modules are to be compiled: they are parsed for that, and their trees kept. Without
    /// it they are parsed only to see whether they parse.
    pub compile: Option<CompileOptions>,
    /// A service sent it. OPA's server passes over files of data without content then, and over
    /// what stands in `data.yml` outside of the roots; of files of its own it does not.
    pub delivered: bool,
    /// Modules that do not parse are kept; whoever compiles them is told why.
    pub keep_unparsed: bool,
    /// Data is not read, and the bundle has none: for those who only look at it.
    pub without_data: bool,
    /// The time since some moment. Without it nothing is told of how long reading took.
    pub clock: Option<&'a dyn Fn() -> Duration>,
}

impl<'a> ReadOptions<'a> {
    /// Reads a bundle within the default limits that is signed as a policy says, in Rego v1.
    #[must_use]
    pub fn new(signatures: &'a SignaturePolicy) -> Self {
        Self {
            limits: BundleLimits::DEFAULT,
            signatures,
            rego_v0: false,
            compile: None,
            etag: None,
            folder: None,
            delivered: false,
            keep_unparsed: false,
            without_data: false,
            clock: None,
        }
    }
}

/// How long parts of reading took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadTimes {
    /// Data from their text: OPA's `timer_rego_data_parse_ns`.
    pub data: Option<Duration>,
    /// Modules from their text: OPA's `timer_rego_module_parse_ns`.
    pub modules: Option<Duration>,
}

impl Bundle {
    /// Reads a bundle from an archive in memory.
    ///
    /// # Errors
    /// [`BundleError`]: the first thing that is wrong with it.
    pub fn read(packed: &[u8], options: &ReadOptions<'_>) -> Result<Self, BundleError> {
        Self::from_files(Files::unpack(packed, &options.limits)?, options)
    }

    /// Reads a bundle from its files.
    ///
    /// # Errors
    /// As of [`Self::read`].
    pub fn from_files(files: Files, options: &ReadOptions<'_>) -> Result<Self, BundleError> {
        let checked = signature::check(&files, options.signatures, options.folder)?;
        let manifest = manifest(&files, &checked)?;
        let Some(patch) = files.iter().find(|file| file.base() == PATCH) else {
            let reading = Reading::new(manifest, checked, options);
            return reading.snapshot(files).map(Self::Snapshot);
        };
        if patch.path != PATCH {
            return Err(BundleError::PatchMisplaced { path: patch.path.clone() });
        }
        delta(&files, patch, manifest, checked, options).map(Self::Delta)
    }
}

/// The one manifest there may be. As in OPA it stands in any folder, and its name need only end
/// like that of a manifest.
fn manifest(files: &Files, checked: &Checked) -> Result<Manifest, BundleError> {
    let is_manifest = |path: &str| path.ends_with(".manifest");
    if files.iter().any(|file| file.path.ends_with(".manifest.pb")) {
        return Err(ManifestError::Protobuf.into());
    }
    let mut found = files.iter().filter(|file| is_manifest(&file.path));
    match (found.next(), found.next()) {
        (None, _) => Ok(Manifest::default()),
        (Some(first), Some(second)) => {
            let (first, second) = (first.path.clone(), second.path.clone());
            Err(ManifestError::Several { first, second }.into())
        }
        (Some(file), None) => {
            if let Some(value) = checked.parsed.get(&file.path) {
                return Manifest::read(value);
            }
            let text = std::str::from_utf8(&file.bytes).map_err(|_| ManifestError::NotText)?;
            Manifest::read(&Value::from_json_str(text).map_err(ManifestError::NotJson)?)
        }
    }
}

fn delta(
    files: &Files,
    patch: &BundleFile,
    manifest: Manifest,
    checked: Checked,
    options: &ReadOptions<'_>,
) -> Result<Delta, BundleError> {
    let part = |file: &&BundleFile| {
        let base = file.base();
        base.ends_with(".rego") || is_data(base) || raw_kind(base).is_some()
    };
    if let Some(file) = files.iter().find(part) {
        return Err(BundleError::DeltaWithFile { path: file.path.clone() });
    }
    let operations = read_patch(&patch.bytes, &manifest.effective_roots())?;
    Ok(Delta {
        manifest,
        operations,
        signed_by: checked.signed_by,
        etag: options.etag.clone(),
        packed_bytes: files.packed_bytes(),
    })
}

/// Whether a file of that path means something in a bundle. Those of other names are there only to
/// be signed, or by mistake.
#[must_use]
pub fn is_part(path: &str) -> bool {
    let base = crate::path::base(path);
    base.ends_with(".rego")
        || base.ends_with(".manifest")
        || base.ends_with(".manifest.pb")
        || is_data(base)
        || base == PATCH
        || base == SIGNATURES_FILE
        || raw_kind(base).is_some()
}

fn is_data(base: &str) -> bool {
    matches!(base, "data.json" | "data.yaml" | "data.yml")
}

fn raw_kind(base: &str) -> Option<RawKind> {
    match base {
        "policy.wasm" => Some(RawKind::Wasm),
        "plan.json" | "plan.pb" => Some(RawKind::Plan),
        _ => None,
    }
}

/// A snapshot that is being read.
struct Reading<'a> {
    options: &'a ReadOptions<'a>,
    manifest: Manifest,
    roots: Roots,
    versions: FileVersions,
    /// Whether there is no archive: OPA calls the files of a folder `/a/b.rego`.
    unpacked: bool,
    checked: Checked,
    data: BundleData,
    data_files: Vec<String>,
    modules: Vec<BundleModule>,
    errors: Vec<RegoErrors>,
    raw: Vec<RawFile>,
    times: ReadTimes,
}

impl<'a> Reading<'a> {
    fn new(manifest: Manifest, checked: Checked, options: &'a ReadOptions<'a>) -> Self {
        Self {
            options,
            roots: manifest.effective_roots().into_owned(),
            versions: manifest.file_versions(),
            unpacked: false,
            manifest,
            checked,
            data: BundleData::default(),
            data_files: Vec::new(),
            modules: Vec::new(),
            errors: Vec::new(),
            raw: Vec::new(),
            times: ReadTimes::default(),
        }
    }

    fn snapshot(mut self, files: Files) -> Result<Snapshot, BundleError> {
        let (packed_bytes, unpacked_bytes) = (files.packed_bytes(), files.unpacked_bytes());
        self.unpacked = packed_bytes == 0;
        // Each file is let go of as soon as something is made of it.
        for file in files.into_files() {
            let base = file.base();
            if file.path.ends_with(".manifest") || base == SIGNATURES_FILE {
                continue;
            }
            if base.ends_with(".rego") {
                self.module(file)?;
            } else if is_data(base) {
                self.data(file)?;
            } else if let Some(kind) = raw_kind(base) {
                let BundleFile { path, bytes, .. } = file;
                self.raw.push(RawFile { path, kind, bytes });
            }
        }
        if let Some(source) = RegoErrors::joined(self.errors) {
            return Err(BundleError::Modules { source });
        }
        wasm(&self.manifest, &self.roots, &self.raw)?;
        Ok(Snapshot {
            manifest: self.manifest,
            modules: self.modules,
            data: self.data.into_value(),
            data_files: self.data_files,
            raw: self.raw,
            signed_by: self.checked.signed_by,
            etag: self.options.etag.clone(),
            packed_bytes,
            unpacked_bytes,
            times: self.times,
        })
    }

    fn data(&mut self, file: BundleFile) -> Result<(), BundleError> {
        let BundleFile { path, bytes, .. } = file;
        self.data_files.push(path.clone());
        if self.options.without_data {
            return Ok(());
        }
        let started = self.now();
        let value = match self.checked.parsed.remove(&path) {
            Some(value) => value,
            None if self.options.delivered && bytes.iter().all(u8::is_ascii_whitespace) => {
                return Ok(());
            }
            None => parsed(&path, bytes)?,
        };
        self.times.data = spent(self.times.data, started, self.now());
        if self.options.delivered && value.kind() == ValueKind::Null {
            return Ok(());
        }
        self.data.insert(&path, value, &self.roots, self.options.delivered)
    }

    fn module(&mut self, file: BundleFile) -> Result<(), BundleError> {
        let BundleFile { path, name, bytes } = file;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > self.options.limits.max_module_bytes {
            let limit = self.options.limits.max_module_bytes;
            return Err(BundleError::ModuleTooLarge { path, size, limit });
        }
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(BundleError::NotText { path });
        };
        let rego_v0 = match self.unpacked {
            true => self.versions.rego_v0_of(&format!("/{path}")),
            false => self.versions.rego_v0_of(&name),
        };
        let started = self.now();
        let text: Arc<str> = text.into();
        let tree = match &self.options.compile {
            None => SyntaxTree::parse(&name, &text, rego_v0.unwrap_or(self.options.rego_v0)),
            Some(options) => {
                let module = Module::new(name, Arc::clone(&text)).with_rego_v0(rego_v0);
                SyntaxTree::of_module(&module, options)
            }
        };
        self.times.modules = spent(self.times.modules, started, self.now());
        let (package, tree) = match tree {
            Ok(tree) => {
                let package = tree.package_parts();
                (Some(package), self.options.compile.as_ref().map(|_| tree))
            }
            Err(_) if self.options.keep_unparsed => (None, None),
            Err(errors) => {
                self.errors.push(errors);
                return Ok(());
            }
        };
        if let Some(package) = package.as_ref().filter(|package| !self.roots.contain(package)) {
            let (roots, package) = (self.roots.to_string(), package.join("."));
            return Err(BundleError::ModuleOutside { path, roots, package });
        }
        self.modules.push(BundleModule { path, text, rego_v0, package, tree });
        Ok(())
    }

    fn now(&self) -> Option<Duration> {
        self.options.clock.map(|clock| clock())
    }
}

fn spent(
    before: Option<Duration>,
    started: Option<Duration>,
    ended: Option<Duration>,
) -> Option<Duration> {
    let spent = ended?.saturating_sub(started?);
    Some(before.unwrap_or_default().saturating_add(spent))
}

fn parsed(path: &str, bytes: Vec<u8>) -> Result<Value, BundleError> {
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(BundleError::NotText { path: path.to_owned() });
    };
    let value = if path.ends_with(".json") {
        // A mark before it is passed over, as OPA's server does; YAML's reader does so by itself.
        Value::from_json_str(text.strip_prefix('\u{feff}').unwrap_or(text))
    } else {
        Value::from_json_or_yaml_str(text)
    };
    value.map_err(|source| BundleError::Data { path: path.to_owned(), source })
}

/// Refuses a manifest that names WebAssembly which is not there, outside of the roots, or twice.
fn wasm(manifest: &Manifest, roots: &Roots, raw: &[RawFile]) -> Result<(), BundleError> {
    let mut entrypoints = BTreeSet::new();
    for resolver in &manifest.wasm {
        let (entrypoint, module) = (resolver.entrypoint.clone(), resolver.module.clone());
        let path = module.trim_start_matches('/');
        if !raw.iter().any(|file| file.kind == RawKind::Wasm && file.path == path) {
            return Err(BundleError::WasmMissing { module });
        }
        let parts: Vec<&str> = entrypoint.split('/').collect();
        if !roots.contain(&parts) {
            return Err(BundleError::WasmOutside { roots: roots.to_string(), entrypoint, module });
        }
        if !entrypoints.insert(entrypoint.clone()) {
            return Err(BundleError::WasmTwice { entrypoint });
        }
    }
    Ok(())
}
