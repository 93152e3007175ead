//! The real cosign signs in real registries; Referee and the real cosign are asked about the same
//! artifacts and must agree, but for the differences listed here with their reasons.
//!
//! Needs `cosign2`, `cosign3`, `crane` and `ferro-oci-server` in `$REFEREE_PEERS` or on the PATH,
//! and Debian's `docker-registry`. `.ci/peers.sh` installs them. What is missing is skipped, and
//! said so on standard error, past the test harness's capture.

#[cfg(test)]
mod peers;

use peers::{Bench, Cosign, Kind};
use serde_json::Value;

/// Every registry with every way in which the two cosigns sign with a key.
#[test]
fn what_cosign_signs_referee_trusts_and_both_refuse_another_key() {
    let mut compared = 0;
    for kind in [Kind::Distribution, Kind::Oci11] {
        let Some(bench) = Bench::start(kind) else { continue };
        for cosign in Cosign::ALL {
            let Some(cosign) = bench.cosign(cosign) else { continue };
            for bundle in [false, true] {
                let name =
                    format!("{}-{}", cosign.name(), if bundle { "bundle" } else { "legacy" });
                let image = bench.push_image(&format!("team/{name}"), &name);
                cosign.sign(&bench, &image, "release", bundle, &[]);
                for (key, expected) in [("release", true), ("other", false)] {
                    let theirs = cosign.verify(&bench, &image, key, bundle);
                    let ours = bench.referee(&image, &[key], "signed");
                    assert_eq!(theirs, expected, "{name}: cosign with key {key} at {kind:?}");
                    assert_eq!(ours.allowed(), expected, "{name}: {} at {kind:?}", ours.text());
                    compared += 1;
                }
            }
        }
    }
    eprintln!("FIGURE interop: {compared} rulings compared with cosign's");
}

#[test]
fn signatures_by_several_keys_all_count_and_none_hides_another() {
    for kind in [Kind::Distribution, Kind::Oci11] {
        let Some(bench) = Bench::start(kind) else { continue };
        for cosign in Cosign::ALL {
            let Some(cosign) = bench.cosign(cosign) else { continue };
            let image = bench.push_image(&format!("team/several-{}", cosign.name()), "several");
            cosign.sign(&bench, &image, "release", false, &[]);
            cosign.sign(&bench, &image, "build", true, &[]);
            let ours = bench.referee(&image, &["release", "build"], "distinct-keys");
            assert!(ours.allowed(), "{}", ours.text());
            let only = bench.referee(&image, &["release"], "all-signatures-valid");
            assert_eq!(only.verdict(), "deny", "{}", only.text());
            // cosign itself sees the bundle only: a known difference (cosign looks at bundles and
            // then no longer at the tag), which is why it is not asked here.
        }
    }
}

#[test]
fn a_signature_copied_from_another_image_is_invalid_to_both() {
    for kind in [Kind::Distribution, Kind::Oci11] {
        let Some(bench) = Bench::start(kind) else { continue };
        let Some(cosign) = bench.cosign(Cosign::Two) else { continue };
        let signed = bench.push_image("team/copy", "one");
        let other = bench.push_image("team/copy", "two");
        cosign.sign(&bench, &signed, "release", false, &[]);
        bench.copy_signature(&signed, &other);
        assert!(!cosign.verify(&bench, &other, "release", false), "cosign refuses the copy");
        let ours = bench.referee(&other, &["release"], "signed");
        assert_eq!(ours.verdict(), "deny", "{}", ours.text());
        let facts = bench.facts(&other, &["release"]);
        let signature = &facts["signatures"][0];
        assert_eq!(signature["status"], "invalid", "{signature}");
        assert_eq!(signature["errors"][0]["code"], "subject_mismatch", "{signature}");
    }
}

#[test]
fn an_unsigned_image_is_denied_because_there_is_nothing_not_because_something_failed() {
    for kind in [Kind::Distribution, Kind::Oci11] {
        let Some(bench) = Bench::start(kind) else { continue };
        let image = bench.push_image("team/unsigned", "unsigned");
        let ours = bench.referee(&image, &["release"], "signed");
        assert_eq!(ours.verdict(), "deny", "{}", ours.text());
        let facts = bench.facts(&image, &["release"]);
        assert_eq!(facts["complete"], Value::Bool(true), "{facts:#}");
        assert_eq!(facts["unavailable"], serde_json::json!([]), "{facts:#}");
    }
}

#[test]
fn a_hundred_signatures_are_a_hundred_facts() {
    let Some(bench) = Bench::start(Kind::Distribution) else { return };
    let Some(cosign) = bench.cosign(Cosign::Two) else { return };
    let image = bench.push_image("team/many", "many");
    for n in 0..100 {
        cosign.sign(&bench, &image, "release", false, &[&format!("n={n}")]);
    }
    let facts = bench.facts(&image, &["release"]);
    let signatures = facts["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 100);
    for (n, signature) in signatures.iter().enumerate() {
        assert_eq!(signature["status"], "trusted");
        assert_eq!(signature["annotations"]["n"], n.to_string(), "in the order of signing");
    }
}

#[test]
fn an_attestation_is_not_a_signature_of_the_image() {
    let Some(bench) = Bench::start(Kind::Oci11) else { return };
    let Some(cosign) = bench.cosign(Cosign::Three) else { return };
    let image = bench.push_image("team/attested", "attested");
    cosign.attest(&bench, &image, "release");
    let ours = bench.referee(&image, &["release"], "signed");
    assert_eq!(ours.verdict(), "deny", "{}", ours.text());
    let facts = bench.facts(&image, &["release"]);
    assert_eq!(facts["signatures"][0]["purpose"], "attestation", "{facts:#}");
    assert_eq!(facts["attestations"][0]["verified"], true, "{facts:#}");
}
