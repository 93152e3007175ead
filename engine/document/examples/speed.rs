//! Uncommitted.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, missing_docs, unused_results)]
fn hwm() -> u64 {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().find(|l| l.starts_with("VmHWM")).unwrap().split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let mb = bytes.len() as f64 / 1e6;
        let t = std::time::Instant::now();
        let before = hwm();
        let sbom = referee_document::spdx::read(&bytes, &referee_document::Limits { max_bytes: 1 << 30, ..referee_document::Limits::DEFAULT }).unwrap();
        let first = t.elapsed();
        let after = hwm();
        let mut best = f64::MAX;
        for _ in 0..9 {
            let t = std::time::Instant::now();
            drop(referee_document::spdx::read(&bytes, &referee_document::Limits { max_bytes: 1 << 30, ..referee_document::Limits::DEFAULT }).unwrap());
            best = best.min(t.elapsed().as_secs_f64());
        }
        println!("{path}: {mb:.1} MB, {} packages {} rels {} licences, first {:.0} MB/s, best {:.0} MB/s (with drop), peak +{:.2}x; problems {:?}", sbom.packages.len(), sbom.relationships.len(), sbom.licenses.len(), mb / first.as_secs_f64(), mb / best, (after - before) as f64 / bytes.len() as f64, sbom.problems.first());
    }
}
