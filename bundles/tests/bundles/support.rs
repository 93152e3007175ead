//! Archives made by hand, and how bundles are read in tests.

use flate2::Compression;
use flate2::write::GzEncoder;
use referee_bundles::{
    Bundle, BundleError, BundleLimits, Files, ReadOptions, SignaturePolicy, Snapshot,
};
use std::io::Write as _;

/// Compressed with gzip.
pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One entry of a tar archive, whatever its name and type.
pub(crate) fn entry(name: &[u8], kind: tar::EntryType, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_size(u64::try_from(bytes.len()).unwrap());
    header.set_cksum();
    let mut whole = header.as_bytes().to_vec();
    whole.extend(bytes);
    whole.resize(whole.len().next_multiple_of(512), 0);
    whole
}

/// A tar archive of files.
pub(crate) fn tarred(files: &[(&str, &str)]) -> Vec<u8> {
    let mut whole: Vec<u8> = files
        .iter()
        .flat_map(|(name, text)| entry(name.as_bytes(), tar::EntryType::Regular, text.as_bytes()))
        .collect();
    whole.extend([0; 1024]);
    whole
}

/// A bundle of files.
pub(crate) fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    gzipped(&tarred(files))
}

/// Files of a bundle.
pub(crate) fn files(files: &[(&str, &str)]) -> Files {
    let mut found = Files::default();
    for (name, text) in files {
        found.add(name, text.as_bytes().to_vec(), &BundleLimits::DEFAULT).unwrap();
    }
    found
}

/// Reads a bundle that nobody has to have signed.
pub(crate) fn read(packed: &[u8]) -> Result<Bundle, BundleError> {
    Bundle::read(packed, &ReadOptions::new(&SignaturePolicy::Unconfigured))
}

/// Reads the files of a snapshot.
pub(crate) fn snapshot(of: &[(&str, &str)]) -> Result<Snapshot, BundleError> {
    read(&packed(of))?.into_snapshot()
}
