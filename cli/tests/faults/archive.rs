//! Bundles, sound ones and others.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};

/// An archive of files, compressed.
pub(crate) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(packed());
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        // As it stands: `set_path` would refuse what leads out.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A bundle with a revision that owns `root`, a rule there and the data `n`: the rule says both,
/// so that it shows where they are not of one revision.
pub(crate) fn bundle(root: &str, n: u32) -> Vec<u8> {
    filled(root, n, "")
}

/// The same with more data.
pub(crate) fn filled(root: &str, n: u32, filling: &str) -> Vec<u8> {
    archive(&[
        ("/.manifest", &format!(r#"{{"revision": "r{n}", "roots": ["{root}"]}}"#)),
        (
            &format!("/{root}/p.rego"),
            &format!(
                "package {root}\n\nall := [{n}, data.{root}.n, data.{root}.m]\n\n\
                 revision := data.system.bundles.{root}.manifest.revision\n"
            ),
        ),
        (
            &format!("/{root}/data.json"),
            &format!(r#"{{"n": {n}, "m": {n}, "filling": "{filling}"}}"#),
        ),
    ])
}

/// An archive with a file of so many bytes, all of them spaces.
pub(crate) fn bomb(path: &str, size: u64) -> Vec<u8> {
    let mut tar = tar::Builder::new(packed());
    let mut header = tar::Header::new_ustar();
    header.set_size(size);
    header.set_path(path).unwrap();
    header.set_cksum();
    tar.append(&header, io::Read::take(io::repeat(b' '), size)).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

/// An archive with so many empty files.
pub(crate) fn crowd(entries: u32) -> Vec<u8> {
    let mut out = packed();
    let mut header = tar::Header::new_ustar();
    header.set_size(0);
    for number in 0..entries {
        let name = format!("{number:08}.json");
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        out.write_all(header.as_bytes()).unwrap();
    }
    out.write_all(&[0; 1_024]).unwrap();
    out.finish().unwrap()
}

fn packed() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::fast())
}
