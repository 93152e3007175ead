//! Writes archives: the same bytes for the same files, on whatever machine.
//!
//! Files are sorted by their paths, belong to nobody, have no time and the mode 0600; gzip's header
//! has neither a time nor an operating system. Names begin with a slash, as OPA writes them: the
//! patterns and the modules that its manifests name do so too.

use crate::files::{BundleFile, Files};
use flate2::{Compression, GzBuilder};
use std::io::{self, Write};

/// The bytes of an operating system that is not told (RFC 1952, section 2.3.1).
const UNKNOWN_SYSTEM: u8 = 255;
/// The name of the entry before one whose name is too long for its header (GNU tar).
const LONG_NAME: &str = "././@LongLink";

/// Packs files into an archive.
///
/// # Errors
/// Where a file has more bytes than an archive can say; writing to memory does not fail.
pub fn pack(files: &Files) -> io::Result<Vec<u8>> {
    let mut sorted: Vec<&BundleFile> = files.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let gzip = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let mut archive = tar::Builder::new(gzip.write(Vec::new(), Compression::best()));
    for file in sorted {
        append(&mut archive, file)?;
    }
    archive.into_inner()?.finish()
}

fn append(archive: &mut tar::Builder<impl Write>, file: &BundleFile) -> io::Result<()> {
    let name = format!("/{}", file.path);
    let mut header = header(&file.bytes, tar::EntryType::Regular)?;
    if !named(&mut header, name.as_bytes()) {
        let mut text = name.into_bytes();
        text.push(0);
        let mut long = self::header(&text, tar::EntryType::GNULongName)?;
        named(&mut long, LONG_NAME.as_bytes());
        long.set_cksum();
        archive.append(&long, text.as_slice())?;
        // What a reader shows that knows no long names.
        let cut: Vec<u8> = text.iter().copied().take(100).collect();
        named(&mut header, &cut);
    }
    header.set_cksum();
    archive.append(&header, file.bytes.as_slice())
}

fn header(bytes: &[u8], kind: tar::EntryType) -> io::Result<tar::Header> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(u64::try_from(bytes.len()).map_err(io::Error::other)?);
    Ok(header)
}

/// Sets the name, where it is short enough. The library's own way takes no absolute names.
fn named(header: &mut tar::Header, name: &[u8]) -> bool {
    let Some(gnu) = header.as_gnu_mut() else { return false };
    let Some(room) = gnu.name.get_mut(..name.len()) else { return false };
    room.copy_from_slice(name);
    true
}
