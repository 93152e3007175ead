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

/// Without the referrers API, with it, on disk, and back: everywhere both say the same.
#[test]
fn what_cosign_signed_is_verified_wherever_it_was_copied() {
    let (Some(old), Some(new)) = (Bench::start(Kind::Distribution), Bench::start(Kind::Oci11))
    else {
        return;
    };
    let hosts = [old.host(), new.host()];
    let mut compared = 0;
    for cosign in Cosign::ALL {
        let Some(cosign) = old.cosign(cosign) else { continue };
        for bundle in [false, true] {
            let name = format!("move-{}-{bundle}", cosign.name());
            let image = old.push_image(&format!("team/{name}"), &name);
            let (_, digest) = image.split_once('@').unwrap();
            cosign.sign(&old, &image, "release", bundle, &[]);
            // Beside a bundle of any kind cosign does not look at its own older tags.
            if bundle && cosign.name() == "cosign3" {
                cosign.attest(&old, &image, "release");
            }
            let layout = old.layout(&name);
            let there = format!("{}/team/{name}", new.host());
            let back = format!("{}/back/{name}", old.host());
            let first = old.copy(&image, &format!("{there}:1.4"), &hosts);
            assert_eq!(first["digest"], digest, "{first}");
            assert_eq!(first["referrers_tags"], serde_json::json!([]), "{first}");
            old.copy(&format!("{there}:1.4"), &layout, &hosts);
            let last = old.copy(&format!("{layout}:1.4"), &back, &hosts);
            assert_eq!(first["referrers"], last["referrers"], "{first} {last}");
            assert_eq!(first["cosign_tags"], last["cosign_tags"], "{first} {last}");
            let tags = last["referrers_tags"].as_array().unwrap().len();
            assert_eq!(tags > 0, last["referrers"] != 0, "without the API the tag lists: {last}");
            let again = old.copy(&format!("{layout}:1.4"), &back, &hosts);
            assert_eq!(again["bytes"]["pushed"], 0, "nothing is pushed twice: {again}");
            for place in [&image, &format!("{there}@{digest}"), &format!("{back}@{digest}")] {
                for (key, expected) in [("release", true), ("other", false)] {
                    let theirs = cosign.verify(&old, place, key, bundle);
                    let ours = old.rule_anywhere(place, key, &hosts);
                    assert_eq!(theirs, expected, "cosign with key {key} at {place}");
                    assert_eq!(ours.allowed(), expected, "{}", ours.text());
                    compared += 1;
                }
            }
            let on_disk = old.rule_anywhere(&layout, "release", &hosts);
            assert!(on_disk.allowed(), "{}", on_disk.text());
        }
    }
    eprintln!("FIGURE copies: {compared} rulings over copies compared with cosign's");
}

#[test]
fn evidence_gives_the_same_facts_without_the_registry() {
    for kind in [Kind::Distribution, Kind::Oci11] {
        let Some(bench) = Bench::start(kind) else { continue };
        for cosign in Cosign::ALL {
            let Some(cosign) = bench.cosign(cosign) else { continue };
            let name = format!("evidence-{}", cosign.name());
            let image = bench.push_image(&format!("team/{name}"), &name);
            cosign.sign(&bench, &image, "release", false, &[]);
            cosign.sign(&bench, &image, "build", true, &[]);
            let evidence = bench.save_evidence(&image, &["release", "build"], &name);
            let before = bench.referee(&image, &["release", "build"], "distinct-keys");
            assert!(before.allowed(), "{}", before.text());
            let after = bench.rule_offline(&evidence, "distinct-keys");
            assert!(after.allowed(), "{}", after.text());
            assert_eq!(after.facts_digest(), before.facts_digest(), "{kind:?} {name}");
        }
    }
}
