//! Bundles among what is read: folders and archives (`v1/bundle`). What they are is the matter of
//! `referee-bundles`; here their files are found.
//!
//! Signatures are not looked at, as in OPA's own commands that evaluate.

use super::{LoadError, Work, entries, file_name, joined, leads_back, matches};
use crate::files;
use referee_bundles::{
    ArchiveError, Bundle, BundleError, BundleLimits, Files, ReadOptions, SIGNATURES_FILE,
    SignaturePolicy, is_part,
};
use referee_core::Limits;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Instant;

/// Which files of a bundle are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Names of files and folders to leave out.
    pub(crate) ignore: &'a [String],
    /// What a bundle says of itself, its manifest and its signature, is read all the same.
    pub(crate) own: bool,
    /// Those too that mean nothing in a bundle: they are signed like all others.
    pub(crate) all: bool,
    /// What links lead to is read; else links are left out.
    pub(crate) links: bool,
}

impl Wanted<'_> {
    fn leaves_out(&self, name: &str) -> bool {
        let own = self.own && (name == SIGNATURES_FILE || name == MANIFEST_FILE);
        !own && self.ignore.iter().any(|pattern| matches(pattern, name))
    }
}

/// What a bundle says of itself.
const MANIFEST_FILE: &str = ".manifest";

/// The files of a bundle, a folder or an archive.
///
/// # Errors
/// Where they cannot be read, or are over the limits.
pub(crate) fn bundle_files(
    root: &Path,
    wanted: Wanted<'_>,
    limits: &Limits,
) -> Result<Files, LoadError> {
    let unreadable = |source| LoadError::Read { path: root.to_owned(), source };
    let within = BundleLimits::of_policies(limits);
    let metadata = fs::metadata(root).map_err(unreadable)?;
    if metadata.is_dir() {
        let mut files = Files::default();
        folder(root, &mut Vec::new(), wanted, &within, &mut files)?;
        return Ok(files);
    }
    // A folder opens, a FIFO would wait.
    if !metadata.is_file() {
        let message = "it is no regular file";
        return Err(unreadable(io::Error::new(io::ErrorKind::InvalidInput, message)));
    }
    let packed = File::open(root).map_err(unreadable)?;
    let mut files = Files::unpack(packed, &within).map_err(|error| refused(root, error))?;
    files.retain(|path| !path.split('/').any(|name| wanted.leaves_out(name)));
    Ok(files)
}

fn refused(root: &Path, error: ArchiveError) -> LoadError {
    LoadError::Bundle { path: root.to_owned(), source: error.into() }
}

/// Reads the files below a folder.
fn folder(
    folder: &Path,
    at: &mut Vec<String>,
    wanted: Wanted<'_>,
    limits: &BundleLimits,
    files: &mut Files,
) -> Result<(), LoadError> {
    if at.len() >= super::MAX_DEPTH {
        return Err(LoadError::TooDeep { path: folder.to_owned() });
    }
    if !at.is_empty() && leads_back(folder) {
        return Err(LoadError::Loop { path: folder.to_owned() });
    }
    let found =
        entries(folder).map_err(|source| LoadError::Read { path: folder.to_owned(), source })?;
    for entry in found {
        let path = joined(folder, &entry);
        let name = file_name(&path);
        let link = || fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink());
        if wanted.leaves_out(&name) || (!wanted.links && link()) {
            continue;
        }
        if fs::metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            at.push(name);
            self::folder(&path, at, wanted, limits, files)?;
            at.pop();
        } else if wanted.all || is_part(&name) {
            let bytes = files::read_bytes(&path, limits.max_file_bytes)
                .map_err(|source| LoadError::Read { path: path.clone(), source })?;
            let inside = at.iter().map(String::as_str).chain([name.as_str()]).collect::<Vec<_>>();
            files.add(&inside.join("/"), bytes, limits).map_err(|error| refused(&path, error))?;
        }
    }
    Ok(())
}

impl Work<'_, '_> {
    /// Reads a bundle, a folder or an archive, and puts its data at a path.
    pub(super) fn bundle(&mut self, root: &Path, base: &[String]) {
        if let Err(error) = self.read_bundle(root, base) {
            self.fail(error);
        }
    }

    fn read_bundle(&mut self, root: &Path, base: &[String]) -> Result<(), LoadError> {
        let wanted = Wanted { ignore: self.loader.ignore, own: false, all: false, links: true };
        let files = bundle_files(root, wanted, self.loader.limits)?;
        for _ in 0..files.len() {
            self.count_file()?;
        }
        let started = Instant::now();
        let clock = || started.elapsed();
        let options = ReadOptions {
            limits: BundleLimits::of_policies(self.loader.limits),
            rego_v0: self.loader.rego_v0,
            // What does not parse is told when all is compiled.
            keep_unparsed: true,
            clock: Some(&clock),
            ..ReadOptions::new(&SignaturePolicy::Ignored)
        };
        let refused = |source: BundleError| LoadError::Bundle { path: root.to_owned(), source };
        let bundle = Bundle::from_files(files, &options).and_then(Bundle::into_snapshot);
        let bundle = bundle.map_err(refused)?;
        bundle.check_usable().map_err(refused)?;
        if let Some(spent) = bundle.times.data {
            let before = self.found.parse_time.unwrap_or_default();
            self.found.parse_time = Some(before.saturating_add(spent));
        }
        self.roots
            .push((root.display().to_string(), bundle.manifest.effective_roots().into_owned()));
        for module in bundle.modules {
            let name = root.join(&module.path).display().to_string();
            self.add_module(name, module.text, module.rego_v0);
        }
        if bundle.data_files.is_empty() { Ok(()) } else { self.data(root, base, bundle.data) }
    }
}
