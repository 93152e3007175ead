//! Any bytes as an archive, and as what is in one: unpacked within the limits, or refused. What was
//! unpacked has paths that lead nowhere else, and is packed and unpacked as it was.

use flate2::Compression;
use flate2::write::GzEncoder;
use referee_bundles::{BundleLimits, Files, pack};
use std::io::Write as _;

pub(crate) fn any(bytes: &[u8]) {
    unpacked(bytes);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    unpacked(&encoder.finish().unwrap());
}

fn unpacked(packed: &[u8]) {
    let limits = BundleLimits::DEFAULT.with_sizes(1 << 16, 1 << 14).with_entries(20, 1 << 20);
    let limits = limits.with_path(200, 8);
    let Ok(files) = Files::unpack(packed, &limits) else { return };
    let mut paths = std::collections::BTreeSet::new();
    let mut total = 0;
    for file in files.iter() {
        assert!(file.path.len() <= 200 && file.path.split('/').count() <= 9, "{}", file.path);
        assert!(file.path.split('/').all(|part| !matches!(part, "" | "." | "..")));
        assert!(!file.path.chars().any(char::is_control));
        assert!(paths.insert(file.path.clone()), "{}", file.path);
        assert!(file.bytes.len() <= 1 << 14);
        total += file.bytes.len();
    }
    assert!(total <= 1 << 16 && paths.len() <= 20);
    if files.is_empty() {
        return;
    }
    let again = pack(&files).unwrap();
    let read = Files::unpack(again.as_slice(), &limits.with_path(300, 8)).unwrap();
    assert_eq!(read.len(), files.len());
    assert_eq!(pack(&read).unwrap(), again);
}
