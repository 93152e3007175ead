//! Bundles in one file (`v1/bundle`): a tar archive, compressed with gzip, as `opa build` writes
//! it.
//!
//! It is unpacked in memory. Only files are looked at: links and devices are passed over, and no
//! name leads out of the archive. Refused: what unpacks to more than the limits allow, and what is
//! cut off.

use flate2::read::MultiGzDecoder;
use referee_core::Limits;
use std::fs::File;
use std::io::{self, BufRead as _, Read};
use std::path::{Component, Path};

/// How every gzip file begins (RFC 1952, section 2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file of an archive.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path inside.
    pub(super) path: Vec<String>,
    pub(super) bytes: Vec<u8>,
}

/// Unpacks an archive. All that is in it may be as long as one document of data.
///
/// # Errors
/// Where it cannot be read, is no such archive, or is over the limits.
pub(super) fn unpack(path: &Path, limits: &Limits) -> io::Result<Vec<Entry>> {
    let file = File::open(path)?;
    // A folder opens, a FIFO would wait.
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    entries(file, limits)
}

fn entries(packed: impl Read, limits: &Limits) -> io::Result<Vec<Entry>> {
    let most = limits.max_policy_data_bytes;
    let mut packed = io::BufReader::new(packed);
    if !packed.fill_buf()?.starts_with(&MAGIC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not compressed with gzip"));
    }
    let unpacked = MultiGzDecoder::new(packed).take(most.saturating_add(1));
    let mut archive = tar::Archive::new(unpacked);
    let mut found = Vec::new();
    let read = collect(&mut archive, limits, &mut found);
    let mut rest = archive.into_inner();
    // Only at its end gzip has its checksum.
    let read = read.and_then(|()| io::copy(&mut rest, &mut io::sink()));
    // What is cut off by the limit looks like an archive that is cut off.
    if rest.limit() == 0 {
        return Err(too_large(format!("it unpacks to more than {most} bytes")));
    }
    read?;
    Ok(found)
}

fn collect(
    archive: &mut tar::Archive<impl Read>,
    limits: &Limits,
    found: &mut Vec<Entry>,
) -> io::Result<()> {
    let mut seen = 0_u32;
    for entry in archive.entries()? {
        let mut entry = entry?;
        seen = seen.saturating_add(1);
        if seen > limits.max_policy_files {
            return Err(too_large(format!("it holds more than {} files", limits.max_policy_files)));
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = inside(&entry.path()?)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).ok() != Some(entry.size()) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off"));
        }
        found.push(Entry { path, bytes });
    }
    Ok(())
}

/// A name as a path from the root of the archive.
fn inside(name: &Path) -> io::Result<Vec<String>> {
    let mut path: Vec<String> = Vec::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => path.push(part.to_str().ok_or_else(no_text)?.to_owned()),
            Component::ParentDir => drop(path.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Ok(path)
}

fn no_text() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a name in it is not UTF-8")
}

fn too_large(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write as _;

    fn packed(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(u64::try_from(text.len()).unwrap());
            header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            archive.append(&header, text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    fn told(packed: &[u8], limits: &Limits) -> String {
        entries(packed, limits).unwrap_err().to_string()
    }

    #[test]
    fn names_are_paths_from_the_root_and_none_leads_out_of_it() {
        let packed = packed(&[("/a/b.rego", "x"), ("./c", ""), ("../../etc/d", "y")]);
        let found = entries(packed.as_slice(), &Limits::DEFAULT).unwrap();
        let found: Vec<_> = found.iter().map(|entry| entry.path.join("/")).collect();
        assert_eq!(found, ["a/b.rego", "c", "etc/d"]);
    }

    #[test]
    fn what_unpacks_to_more_than_the_limits_is_refused() {
        let mut limits = Limits::default();
        limits.max_policy_data_bytes = 1 << 16;
        let bomb = packed(&[("data.json", &" ".repeat(1 << 20))]);
        assert!(bomb.len() < 1 << 14, "{}", bomb.len());
        assert_eq!(told(&bomb, &limits), "it unpacks to more than 65536 bytes");
        limits.max_policy_files = 1;
        let many = packed(&[("a", ""), ("b", "")]);
        assert_eq!(told(&many, &limits), "it holds more than 1 files");
    }

    #[test]
    fn what_is_no_archive_or_is_cut_off_is_refused() {
        let whole = packed(&[("a.rego", "package a\n\nx := \"0123456789\"\n")]);
        for (length, error) in [
            (0, "it is not compressed with gzip"),
            (1, "it is not compressed with gzip"),
            (9, "unexpected end of file"),
            (20, "incomplete deflate stream"),
            (whole.len() / 2, "incomplete deflate stream"),
            (whole.len() - 9, "incomplete deflate stream"),
        ] {
            assert_eq!(told(&whole[..length], &Limits::DEFAULT), error, "{length}");
        }
        let mut flipped = whole.clone();
        flipped[30] ^= 0x55;
        assert_eq!(told(&flipped, &Limits::DEFAULT), "corrupt deflate stream");
        let mut plain = GzEncoder::new(Vec::new(), Compression::fast());
        plain.write_all(b"this is compressed and no archive").unwrap();
        assert_eq!(told(&plain.finish().unwrap(), &Limits::DEFAULT), "failed to read entire block");
        let text = b"package a\n".as_slice();
        assert_eq!(told(text, &Limits::DEFAULT), "it is not compressed with gzip");
    }
}
