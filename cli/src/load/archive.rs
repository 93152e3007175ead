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
    let unpacked = Unpacked { source: MultiGzDecoder::new(packed), failed: false };
    let mut archive = tar::Archive::new(unpacked.take(most.saturating_add(1)));
    let mut found = Vec::new();
    let read = collect(&mut archive, limits, &mut found);
    let mut rest = archive.into_inner();
    // Only at its end gzip has its checksum.
    let read = read.and_then(|()| Ok(io::copy(&mut rest, &mut io::sink())?));
    // What is cut off by the limit looks like an archive that is cut off.
    if rest.limit() == 0 {
        return Err(too_large(format!("it unpacks to more than {most} bytes")));
    }
    match read {
        Ok(_) => Ok(found),
        // Where the bytes cannot be had, that is what is wrong, and not what they would have been.
        Err(Failure::Form { before: 0, .. }) if !rest.get_ref().failed => Err(no_archive()),
        Err(Failure::Form { before, error }) if !rest.get_ref().failed => {
            Err(damaged(before, &error))
        }
        Err(Failure::Form { error, .. } | Failure::Other(error)) => Err(error),
    }
}

/// What gzip unpacks, and whether it failed in doing so.
struct Unpacked<R> {
    source: R,
    failed: bool,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer);
        self.failed |= read.is_err();
        read
    }
}

/// Why an archive was not taken.
enum Failure {
    /// What follows so many members has not the form of tar.
    Form { before: u32, error: io::Error },
    /// Anything else.
    Other(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Other(error)
    }
}

fn collect(
    archive: &mut tar::Archive<impl Read>,
    limits: &Limits,
    found: &mut Vec<Entry>,
) -> Result<(), Failure> {
    let mut seen = 0_u32;
    for entry in archive.entries()? {
        let mut entry = entry.map_err(|error| Failure::Form { before: seen, error })?;
        seen = seen.saturating_add(1);
        if seen > limits.max_policy_files {
            let most = limits.max_policy_files;
            return Err(too_large(format!("it holds more than {most} files")).into());
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = inside(&entry.path()?)?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).ok() != Some(entry.size()) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut off").into());
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

fn no_archive() -> io::Error {
    let message = "it is compressed with gzip, but what it holds is no tar archive";
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn damaged(before: u32, error: &io::Error) -> io::Error {
    let members = if before == 1 { "file" } else { "files" };
    let message = format!("what follows its first {before} {members} is no tar archive: {error}");
    io::Error::new(io::ErrorKind::InvalidData, message)
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
        let text = b"package a\n".as_slice();
        assert_eq!(told(text, &Limits::DEFAULT), "it is not compressed with gzip");
    }

    #[test]
    fn what_is_compressed_and_no_tar_archive_is_refused_as_that() {
        let compressed = |bytes: &[u8]| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let no_archive = "it is compressed with gzip, but what it holds is no tar archive";
        for text in ["package a\n".to_owned(), "x".repeat(600), "{}".repeat(2_000)] {
            assert_eq!(told(&compressed(text.as_bytes()), &Limits::DEFAULT), no_archive);
        }
        let mut archive = Vec::new();
        let whole = packed(&[("a.rego", "package a\n")]);
        MultiGzDecoder::new(whole.as_slice()).read_to_end(&mut archive).unwrap();
        archive.truncate(1024);
        archive.extend_from_slice(b"and no more");
        assert_eq!(
            told(&compressed(&archive), &Limits::DEFAULT),
            "what follows its first 1 file is no tar archive: failed to read entire block"
        );
    }
}
