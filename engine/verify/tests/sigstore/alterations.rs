//! Every field of every good bundle, altered and left out: refused, but for what is listed here
//! with its reason; and never accepted where the family refuses it.

use crate::oracle::Oracle;
use crate::vectors::cases;
use data_encoding::BASE64;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Altered,
    Removed,
}
use Deed::{Altered, Removed};

/// Fields that may be altered or missing, and why. Strict both ways: each occurs.
const HARMLESS: &[(&str, Deed, &str)] = &[
    ("messageSignature.messageDigest", Removed, "the signature is over the bytes themselves"),
    ("messageSignature.messageDigest.algorithm", Altered, "a hash of another kind says nothing"),
    ("messageSignature.messageDigest.algorithm", Removed, "as above"),
    ("verificationMaterial.publicKey.hint", Altered, "a hint is not authenticated"),
    ("verificationMaterial.publicKey.hint", Removed, "as above"),
    ("dsseEnvelope.signatures[].keyid", Removed, "a hint is not authenticated"),
    ("verificationMaterial.tlogEntries[].inclusionPromise", Removed, "a key needs no time"),
    ("verificationMaterial.tlogEntries[].inclusionProof", Removed, "version 0.1 has the promise"),
    (
        "verificationMaterial.tlogEntries[].inclusionProof.logIndex",
        Removed,
        "Rekor v2 repeats what stands in entry and checkpoint",
    ),
    ("verificationMaterial.tlogEntries[].inclusionProof.rootHash", Removed, "as above"),
    ("verificationMaterial.tlogEntries[].inclusionProof.treeSize", Removed, "as above"),
    (
        "verificationMaterial.tlogEntries[].inclusionProof.hashes",
        Removed,
        "a tree of one entry has none",
    ),
    ("verificationMaterial.timestampVerificationData", Removed, "the log states the time"),
    ("verificationMaterial.timestampVerificationData.rfc3161Timestamps", Removed, "as above"),
    ("verificationMaterial.timestampVerificationData.rfc3161Timestamps[]", Removed, "as above"),
];

#[test]
fn a_bundle_with_any_field_altered_is_refused() {
    let mut tolerated: BTreeMap<(String, Deed), BTreeSet<String>> = BTreeMap::new();
    let (mut total, mut skipped, mut wrong) = (0, true, Vec::new());
    for case in cases() {
        skipped = false;
        if case.must_fail() {
            continue;
        }
        let (verifier, oracle) = (case.verifier().unwrap(), Oracle::new(&case).unwrap());
        let good: Value = serde_json::from_slice(&case.bundle).unwrap();
        for (path, place, deed, altered) in alterations(&good) {
            total += 1;
            let altered = serde_json::to_vec(&altered).unwrap();
            if !case.trusts(&verifier, &altered) {
                continue;
            }
            let known = HARMLESS.iter().any(|(name, of, _)| *name == path && *of == deed);
            if !known {
                wrong.push(format!("{}: {place} {deed:?} is accepted", case.name));
            }
            if !stricter(&path, deed) && !oracle.accepts(&case, &altered) {
                wrong.push(format!("{}: {place} {deed:?}: only we accept it", case.name));
            }
            tolerated.entry((path, deed)).or_default().insert(case.name.clone());
        }
    }
    if skipped {
        return;
    }
    for (name, deed, _) in HARMLESS {
        let met = tolerated.contains_key(&((*name).to_owned(), *deed));
        if !met {
            wrong.push(format!("{name} {deed:?} is listed as harmless and never was"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "FIGURE sigstore alterations: {total} altered bundles, {} kinds harmless",
        tolerated.len()
    );
}

/// What the family refuses beyond what is signed: fields that ProtoJSON has as a default, that
/// stand elsewhere as well, or that nothing depends on.
fn stricter(path: &str, deed: Deed) -> bool {
    deed == Removed
        && (path.starts_with("verificationMaterial.tlogEntries[].inclusionProof")
            || path.starts_with("verificationMaterial.tlogEntries[].inclusionPromise")
            || path.starts_with("verificationMaterial.timestampVerificationData")
            || path.starts_with("messageSignature.messageDigest")
            || path.starts_with("dsseEnvelope.signatures[].keyid")
            || path == "verificationMaterial.publicKey.hint")
        || path.ends_with("messageDigest.algorithm")
}

type Alteration = (String, String, Deed, Value);

/// Every field of a bundle altered in turn, and left out in turn.
fn alterations(good: &Value) -> Vec<Alteration> {
    let mut places = Vec::new();
    walk(good, "", "", &mut places);
    let mut all = Vec::new();
    for (path, pointer) in places {
        let mut removed = good.clone();
        let (parent, last) = pointer.rsplit_once('/').unwrap();
        match removed.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.remove(last)),
            Value::Array(items) => drop(items.remove(last.parse().unwrap())),
            _ => unreachable!("only these have parts"),
        }
        all.push((path.clone(), pointer.clone(), Removed, removed));
        let own = good.pointer(&pointer).unwrap();
        for value in others(own, &path).into_iter().filter(|value| value != own) {
            let mut altered = good.clone();
            *altered.pointer_mut(&pointer).unwrap() = value;
            all.push((path.clone(), pointer.clone(), Altered, altered));
        }
    }
    all
}

fn walk(value: &Value, path: &str, pointer: &str, places: &mut Vec<(String, String)>) {
    let mut visit = |path: String, pointer: String, part: &Value| {
        places.push((path.clone(), pointer.clone()));
        walk(part, &path, &pointer, places);
    };
    match value {
        Value::Object(members) => {
            for (name, part) in members {
                let dot = if path.is_empty() { "" } else { "." };
                visit(format!("{path}{dot}{name}"), format!("{pointer}/{name}"), part);
            }
        }
        Value::Array(items) => {
            for (position, part) in items.iter().enumerate() {
                visit(format!("{path}[]"), format!("{pointer}/{position}"), part);
            }
        }
        _ => {}
    }
}

/// Other values for a field: a bit of its bytes, a digit, a character.
fn others(value: &Value, path: &str) -> Vec<Value> {
    match value {
        Value::String(text) => {
            if let Ok(number) = text.parse::<u64>() {
                return vec![(number + 1).to_string().into()];
            }
            if let Some(bytes) = BASE64.decode(text.as_bytes()).ok().filter(|b| b.len() > 8) {
                let flipped = |at: usize| {
                    let mut bytes = bytes.clone();
                    bytes[at] ^= 1;
                    Value::from(BASE64.encode(&bytes))
                };
                // The middle of a token may be a certificate that nobody needs; its end is signature.
                let token = path.ends_with("signedTimestamp");
                let at = if token { bytes.len() - 1 } else { bytes.len() / 2 };
                return vec![flipped(at)];
            }
            let mut characters: Vec<char> = text.chars().collect();
            if let Some(last) = characters.last_mut() {
                *last = if *last == 'x' { 'y' } else { 'x' };
            }
            vec![characters.into_iter().collect::<String>().into()]
        }
        Value::Number(number) => vec![(number.as_u64().unwrap_or_default() + 1).into()],
        _ => Vec::new(),
    }
}
