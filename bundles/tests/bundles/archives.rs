//! Archives that mean harm, each with the error that names what is wrong with it.

use crate::support::{entry, gzipped, packed, read, tarred};
use referee_bundles::{BundleLimits, Files};
use referee_core::Coded as _;
use tar::EntryType;

/// The code and the text of the error.
fn told(packed: &[u8]) -> (&'static str, String) {
    let error = read(packed).unwrap_err();
    (error.code(), error.to_string())
}

fn told_within(packed: &[u8], limits: &BundleLimits) -> String {
    Files::unpack(packed, limits).unwrap_err().to_string()
}

#[test]
fn what_is_no_archive_is_refused_as_what_it_is() {
    let whole = packed(&[("a.rego", "package a\n\nx := \"0123456789\"\n")]);
    let mut flipped = whole.clone();
    flipped[40] ^= 0x55;
    let mut checksum = whole.clone();
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    let mut damaged = tarred(&[("a.rego", "package a\n")]);
    damaged.truncate(1024);
    damaged.extend_from_slice(b"and no more");
    let mut header = tarred(&[("a.rego", "package a\n"), ("b.rego", "package b\n")]);
    header[1024] ^= 1;
    let no_tar = "it is compressed with gzip, but what it holds is no tar archive";
    for (name, bytes, code, text) in [
        ("empty", Vec::new(), "bundle_not_gzip", "it is not compressed with gzip"),
        ("text", b"package a\n".to_vec(), "bundle_not_gzip", "it is not compressed with gzip"),
        ("one byte", whole[..1].to_vec(), "bundle_truncated", "it is cut off"),
        ("header", whole[..9].to_vec(), "bundle_truncated", "it is cut off"),
        ("half", whole[..whole.len() / 2].to_vec(), "bundle_truncated", "it is cut off"),
        ("no checksum", whole[..whole.len() - 9].to_vec(), "bundle_truncated", "it is cut off"),
        ("no end", whole[..whole.len() - 1].to_vec(), "bundle_truncated", "it is cut off"),
        (
            "checksum",
            checksum,
            "bundle_damaged",
            "it is damaged: its compressed data or their checksum do not hold",
        ),
        ("nothing inside", gzipped(b""), "bundle_not_tar", no_tar),
        ("zeros inside", gzipped(&[0; 1024]), "bundle_not_tar", no_tar),
        ("text inside", gzipped(b"package a\n"), "bundle_not_tar", no_tar),
        ("long text inside", gzipped(&[b'x'; 2000]), "bundle_not_tar", no_tar),
        (
            "garbage after an entry",
            gzipped(&damaged),
            "bundle_not_tar",
            "what follows its first 1 entry is no tar archive",
        ),
        (
            "a header that is none",
            gzipped(&header),
            "bundle_not_tar",
            "what follows its first 1 entry is no tar archive",
        ),
    ] {
        assert_eq!(told(&bytes), (code, text.to_owned()), "{name}");
    }
    assert!(matches!(told(&flipped).0, "bundle_damaged" | "bundle_not_tar"));
}

#[test]
fn what_comes_after_the_end_is_refused() {
    let whole = packed(&[("a.rego", "package a\n")]);
    let with = |tail: &[u8]| [whole.as_slice(), tail].concat();
    let error = ("bundle_trailing_bytes", "there are bytes after its end".to_owned());
    assert_eq!(told(&with(b"x")), error);
    assert_eq!(told(&with(&[0; 100])), error);
    let mut inside = tarred(&[("a.rego", "package a\n")]);
    inside.extend(b"hidden");
    assert_eq!(told(&gzipped(&inside)), error);
    // Padding to a block of tape and a second member are part of the formats.
    let mut padded = tarred(&[("a.rego", "package a\n")]);
    padded.resize(10_240, 0);
    assert!(read(&gzipped(&padded)).is_ok());
    let (start, end) = padded.split_at(700);
    assert!(read(&[gzipped(start), gzipped(end)].concat()).is_ok());
    let torn = [gzipped(start), gzipped(end)[..12].to_vec()].concat();
    assert_eq!(told(&torn).0, "bundle_truncated");
}

#[test]
fn names_that_are_none_or_lead_out_are_refused() {
    let file = |name: &[u8]| {
        let mut whole = entry(name, EntryType::Regular, b"{}");
        whole.extend([0; 1024]);
        told(&gzipped(&whole))
    };
    for (name, text) in [
        (&b"../data.json"[..], "a name in it leads out of its folder: ../data.json"),
        (b"a/../../data.json", "a name in it leads out of its folder: a/../../data.json"),
        (b"/../etc/data.json", "a name in it leads out of its folder: /../etc/data.json"),
        (b"a/..", "a name in it leads out of its folder: a/.."),
        (b"a\xff.json", "a name in it is not UTF-8: a\u{fffd}.json"),
        (b"a\x1b[31m", "a name in it is empty or has control characters: a\\u{1b}[31m"),
        (b"a\nb", "a name in it is empty or has control characters: a\\nb"),
        (b"/", "a name in it is empty or has control characters: "),
    ] {
        assert_eq!(file(name), ("bundle_name", text.to_owned()));
    }
    for (limits, name, text) in [
        (
            BundleLimits::DEFAULT.with_path(8, 64),
            "abcdefghi",
            "a name in it has more than 8 bytes: abcdefghi",
        ),
        (
            BundleLimits::DEFAULT.with_path(99, 1),
            "a/b/c",
            "a name in it has more than 1 folders: a/b/c",
        ),
    ] {
        assert_eq!(told_within(&packed(&[(name, "{}")]), &limits), text);
    }
}

#[test]
fn names_are_paths_from_the_root() {
    let found = Files::unpack(
        packed(&[("/a/b.rego", "x"), ("./c", ""), ("d//e/./f", "y")]).as_slice(),
        &BundleLimits::DEFAULT,
    );
    let found = found.unwrap();
    let paths: Vec<_> = found.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["a/b.rego", "c", "d/e/f"]);
}

#[test]
fn links_devices_and_doubles_are_refused_and_folders_passed_over() {
    for (kind, shown) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::Continuous, "of an unknown type"),
    ] {
        let mut whole = tarred(&[("b.rego", "package b\n")]);
        whole.splice(0..0, entry(b"a/data.json", kind, b""));
        let text = format!("a/data.json is {shown}, and a bundle holds files only");
        assert_eq!(told(&gzipped(&whole)), ("bundle_not_a_file", text));
    }
    let twice = packed(&[("a/data.json", "{}"), ("./a//data.json", "{}")]);
    assert_eq!(told(&twice), ("bundle_duplicate_file", "a/data.json is in it twice".to_owned()));
    let mut whole = tarred(&[("a/data.json", "{}")]);
    whole.splice(0..0, entry(b"./a/", EntryType::Directory, b""));
    whole.splice(0..0, entry(b"pax_global_header", EntryType::XGlobalHeader, b""));
    assert!(read(&gzipped(&whole)).is_ok());
}

#[test]
fn what_is_over_a_limit_is_refused_before_it_is_held() {
    let bomb = packed(&[("data.json", &" ".repeat(1 << 20))]);
    assert!(bomb.len() < 1 << 14, "{}", bomb.len());
    let limits = BundleLimits::DEFAULT.with_sizes(1 << 16, 1 << 16);
    assert_eq!(
        told_within(&bomb, &limits),
        "data.json has 1048576 bytes, and a file may have 65536"
    );
    let limits = BundleLimits::DEFAULT.with_sizes(1 << 16, 1 << 21);
    assert_eq!(told_within(&bomb, &limits), "it unpacks to more than 65536 bytes");
    let several = packed(&[("a", &" ".repeat(40_000)), ("b", &" ".repeat(40_000))]);
    assert_eq!(told_within(&several, &limits), "it unpacks to more than 65536 bytes");
    let limits = BundleLimits::DEFAULT.with_entries(1, 1 << 20);
    assert_eq!(
        told_within(&packed(&[("a", ""), ("b", "")]), &limits),
        "it holds more than 1 files"
    );
    let limits = BundleLimits::DEFAULT.with_entries(9, 50);
    assert_eq!(
        told_within(&packed(&[("a", "")]), &limits),
        "it has more than 50 bytes, compressed"
    );
    // Folders and what describes files are no files, but they are counted and bounded, too.
    let mut folders: Vec<u8> = (0..20)
        .flat_map(|n| entry(format!("d{n}/").as_bytes(), EntryType::Directory, b""))
        .collect();
    folders.extend([0; 1024]);
    let limits = BundleLimits::DEFAULT.with_entries(10, 1 << 20);
    assert_eq!(told_within(&gzipped(&folders), &limits), "it holds more than 10 files");
    let mut zeros = tarred(&[("a", "")]);
    zeros.resize(4 << 20, 0);
    let limits = BundleLimits::DEFAULT.with_sizes(1000, 1000).with_entries(10, 1 << 20);
    assert_eq!(told_within(&gzipped(&zeros), &limits), "it unpacks to more than 1000 bytes");
    let long = entry(b"././@LongLink", EntryType::GNULongName, &[b'x'; 3 << 20]);
    let long = [long, tarred(&[("a", "")])].concat();
    assert_eq!(told_within(&gzipped(&long), &limits), "it unpacks to more than 1000 bytes");
}

#[test]
fn a_file_that_says_it_is_larger_than_the_archive_is_cut_off() {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..1].copy_from_slice(b"a");
    header.set_size(1 << 20);
    header.set_cksum();
    let bytes = [header.as_bytes().as_slice(), b"short"].concat();
    assert_eq!(told(&gzipped(&bytes)), ("bundle_truncated", "it is cut off".to_owned()));
}

#[test]
fn a_source_that_fails_is_told_as_such() {
    struct Failing(usize, Vec<u8>);
    impl std::io::Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0 >= self.1.len() {
                return Err(std::io::Error::other("the line is dead"));
            }
            let taken = buffer.len().min(self.1.len() - self.0);
            buffer[..taken].copy_from_slice(&self.1[self.0..self.0 + taken]);
            self.0 += taken;
            Ok(taken)
        }
    }
    let whole = packed(&[("a.rego", "package a\n")]);
    for length in [0, 1, 9, whole.len() / 2, whole.len() - 1, whole.len()] {
        let source = Failing(0, whole[..length].to_vec());
        let error = Files::unpack(source, &BundleLimits::DEFAULT).unwrap_err();
        assert_eq!(error.code(), "bundle_unreadable", "{length}");
        assert_eq!(
            referee_core::error::chain(&error),
            "the archive could not be read: the line is dead"
        );
    }
}
