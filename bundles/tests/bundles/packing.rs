//! Archives that are written: the same bytes for the same files, and read as what they were.

use crate::support::files;
use proptest::prelude::*;
use referee_bundles::{BundleLimits, Files, pack};
use std::collections::BTreeMap;

#[test]
fn the_same_files_give_the_same_bytes_in_whatever_order_they_come() {
    let content = [("p/x.rego", "package p\n"), (".manifest", "{}"), ("data.json", "{\"a\":1}\n")];
    let mut turned = content;
    turned.reverse();
    let (one, other) = (pack(&files(&content)).unwrap(), pack(&files(&turned)).unwrap());
    assert_eq!(one, other);
    // No time, no operating system, no name of a file (RFC 1952, section 2.3).
    assert_eq!(one[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    // And on every machine: what a compressor of another version makes of it would be seen here.
    let hash = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(&one));
    assert_eq!(hash, "d597c316eb5e349bb28f768eddadc48f0a97d2f890cd7072371906d67e78969e");
}

#[test]
fn names_longer_than_a_header_holds_are_kept() {
    let long = format!("{}/data.json", ["folder"; 40].join("/"));
    let found = files(&[(&long, "{}"), ("a", "")]);
    let read = Files::unpack(pack(&found).unwrap().as_slice(), &BundleLimits::DEFAULT).unwrap();
    let paths: Vec<_> = read.iter().map(|file| file.path.clone()).collect();
    assert_eq!(paths, ["a".to_owned(), long]);
}

proptest! {
    #[test]
    fn what_is_packed_is_read_as_it_was(
        content in proptest::collection::btree_map(
            "[a-zé0-9_. -]{1,12}(/[a-z0-9]{1,60}){0,3}",
            proptest::collection::vec(any::<u8>(), 0..2000),
            1..12,
        )
    ) {
        let mut found = Files::default();
        let mut expected = BTreeMap::new();
        for (name, bytes) in content {
            if found.add(&name, bytes.clone(), &BundleLimits::DEFAULT).is_ok() {
                expected.insert(found.iter().last().unwrap().path.clone(), bytes);
            }
        }
        prop_assume!(!expected.is_empty());
        let packed = pack(&found).unwrap();
        let read = Files::unpack(packed.as_slice(), &BundleLimits::DEFAULT).unwrap();
        let read: BTreeMap<_, _> =
            read.iter().map(|file| (file.path.clone(), file.bytes.clone())).collect();
        prop_assert_eq!(&read, &expected);
    }
}
