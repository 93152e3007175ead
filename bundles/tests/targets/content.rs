//! Any bytes as each file of a bundle: read, or refused. What was read stands under the roots, and
//! is read again as it was when it is put into files.

use referee_bundles::{Bundle, BundleLimits, Files, ReadOptions, SignaturePolicy};

const NAMES: [&str; 6] =
    [".manifest", "data.json", "a/data.yaml", "a/b.rego", "patch.json", "policy.wasm"];

pub(crate) fn any(bytes: &[u8]) {
    for name in NAMES {
        // Alone, and with a manifest that bounds it or with data that it bounds.
        read(&[(name, bytes)]);
        read(&[(name, bytes), ("x/.manifest", br#"{"roots":["a"]}"#)]);
        read(&[(name, bytes), ("a/c/data.json", br#"{"d":{"e":1}}"#)]);
    }
}

fn read(content: &[(&str, &[u8])]) {
    let limits = BundleLimits::DEFAULT;
    let mut files = Files::default();
    for (name, bytes) in content {
        files.add(name, bytes.to_vec(), &limits).unwrap();
    }
    let options = ReadOptions::new(&SignaturePolicy::Unconfigured);
    match Bundle::from_files(files, &options) {
        Ok(Bundle::Snapshot(snapshot)) => {
            let roots = snapshot.manifest.effective_roots();
            for module in &snapshot.modules {
                assert!(roots.contain(module.package.as_deref().unwrap_or_default()));
            }
            for (name, member) in snapshot.data.entries().unwrap() {
                let path = [name.as_str().unwrap().into_owned()];
                assert!(
                    roots.contain(&path) || (roots.lead_from(&path) && member.entries().is_some())
                );
            }
            let again = snapshot.to_files(&limits).unwrap();
            let again = Bundle::from_files(again, &options).unwrap().into_snapshot().unwrap();
            assert_eq!(again.manifest, snapshot.manifest);
            assert_eq!(again.data.to_json_string(), snapshot.data.to_json_string());
        }
        Ok(Bundle::Delta(delta)) => {
            let roots = delta.manifest.effective_roots();
            assert!(delta.operations.iter().all(|change| roots.contain(&change.path)));
            let data = referee_rego::Value::object([]);
            if let Ok(changed) = delta.apply(&delta.manifest, &data) {
                assert!(changed.entries().is_some());
            }
        }
        Err(error) => {
            // No error is as long as what it is about.
            let bound = 4_000 + content.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() * 8;
            assert!(error.to_string().len() < bound);
        }
    }
}
