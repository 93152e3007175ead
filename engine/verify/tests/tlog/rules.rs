//! Which proofs each carrier must have.

use crate::made::{Log, hashed_rekord};
use crate::vectors::now;
use referee_verify::protocol::tlog::{Carrier, Entry, LogError};

const ALL: [Carrier; 4] =
    [Carrier::BundleV01, Carrier::BundleV02, Carrier::BundleV03, Carrier::Annotation];

fn without(entry: &Entry, promise: bool, proof: bool) -> Entry {
    Entry {
        promise: entry.promise.clone().filter(|_| !promise),
        proof: entry.proof.clone().filter(|_| !proof),
        ..entry.clone()
    }
}

#[test]
fn each_carrier_needs_its_own_proof_of_rekor_v1() {
    let log = Log::v1();
    let entry = log.entry_v1(now());
    for carrier in ALL {
        let needs_promise = matches!(carrier, Carrier::BundleV01 | Carrier::Annotation);
        let judge = |promise, proof| log.outcome(&without(&entry, promise, proof)).judge(carrier);
        assert_eq!(judge(false, false), Ok(()), "{carrier:?}");
        let (no_promise, no_proof) = match needs_promise {
            true => (Err(LogError::PromiseMissing), Ok(())),
            false => (Ok(()), Err(LogError::ProofMissing)),
        };
        assert_eq!(judge(true, false), no_promise, "{carrier:?}");
        assert_eq!(judge(false, true), no_proof, "{carrier:?}");
        assert!(judge(true, true).is_err(), "{carrier:?}");
    }
}

#[test]
fn rekor_v2_needs_the_inclusion_proof_and_has_no_promise() {
    let log = Log::v2();
    let entry = log.entry_v2();
    let outcome = log.outcome(&entry);
    assert_eq!(outcome.integrated_at, None);
    for carrier in [Carrier::BundleV02, Carrier::BundleV03] {
        assert_eq!(outcome.judge(carrier), Ok(()), "{carrier:?}");
        assert!(outcome.verified(carrier));
        let outcome = log.outcome(&without(&entry, false, true));
        assert_eq!(outcome.judge(carrier), Err(LogError::ProofMissing), "{carrier:?}");
    }
    // These demand a promise.
    for carrier in [Carrier::BundleV01, Carrier::Annotation] {
        assert_eq!(outcome.judge(carrier), Err(LogError::PromiseMissing), "{carrier:?}");
    }
    let mut promised = entry.clone();
    promised.integrated_time = Some(now());
    log.promise(&mut promised);
    let outcome = log.outcome(&promised);
    assert_eq!(outcome.integrated_at, None);
    for carrier in ALL {
        assert_eq!(outcome.judge(carrier), Err(LogError::PromiseUnexpected), "{carrier:?}");
    }
}

#[test]
fn what_is_there_must_hold_even_where_it_is_not_needed() {
    let log = Log::v1();
    let mut entry = log.entry_v1(now());
    entry.promise.as_mut().unwrap()[9] ^= 1;
    let error = LogError::PromiseInvalid { log: log.key.name.clone() };
    assert_eq!(log.outcome(&entry).judge(Carrier::BundleV03), Err(error));
    let mut entry = log.entry_v1(now());
    entry.proof.as_mut().unwrap().root_hash[0] ^= 1;
    let found = log.outcome(&entry).judge(Carrier::BundleV01);
    assert_eq!(found, Err(LogError::CheckpointRoot));
}

#[test]
fn the_kinds_of_old_layers_stand_in_no_bundle() {
    let log = Log::v1();
    let mut body = hashed_rekord();
    body["kind"] = "rekord".into();
    body["spec"]["signature"]["format"] = "x509".into();
    let mut entry = log.entry("rekord", "0.0.1", &body);
    entry.proof = None;
    entry.integrated_time = Some(now());
    log.promise(&mut entry);
    let outcome = log.outcome(&entry);
    assert_eq!(outcome.judge(Carrier::Annotation), Ok(()));
    for carrier in [Carrier::BundleV01, Carrier::BundleV02, Carrier::BundleV03] {
        let (kind, version) = ("rekord".to_owned(), "0.0.1".to_owned());
        let error = LogError::BodyKindUnsupported { kind, version };
        assert_eq!(outcome.judge(carrier), Err(error), "{carrier:?}");
    }
}
