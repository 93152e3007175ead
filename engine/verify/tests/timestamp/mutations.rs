//! A good token with one byte changed is refused, or says the very same: what is not signed is
//! not believed.
//!
//! Unsigned, and so free to change without any effect, are: the status between granted and
//! granted with modifications, its texts, further `digestAlgorithms`, certificates that are not
//! used, revocation lists and unsigned attributes.

use super::maker::{MESSAGE, Tsa, With};
use super::support::{Case, aloud, vectors};
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use referee_verify::primitive::memory::Memory;
use referee_verify::protocol::timestamp::{Stamp, verify};
use sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
use std::fs;
use std::ops::Range;

/// Where a token may be changed without effect.
type Unsigned = [Range<usize>; 2];

fn cases() -> Option<[(&'static str, Case, Unsigned); 4]> {
    let folder = vectors()?;
    let sigstore = |name: &str| {
        let folder = folder.join("sigstore-bundle-verify").join(name);
        let root = fs::read_to_string(folder.join("trusted_root.json"));
        let root = root.unwrap_or_else(|_| SIGSTORE_PRODUCTION_TRUSTED_ROOT.to_owned());
        Case::of_bundle(&folder.join("bundle.sigstore.json"), &root).unwrap()
    };
    let notation = folder.join("notation");
    let root = notation.join("truststore/tsa/test-timestamp/globalsignRoot.cer");
    let notary = Case::of_notary(&notation.join("timestamp/sigEnv/jwsWithTimestamp.sig"), &root);
    // The status, and the certificates, of which the signer's is not used where it is pinned (an
    // empty list becomes an empty list of something else).
    let embedded = [8..9, 247..782];
    let bare = [8..9, 236..237];
    let mocked = [8..9, 170..171];
    // The embedded root is not used: the trusted one is.
    let anchored = [0..0, 3575..4990];
    Some([
        ("a pinned signer, embedded", sigstore("rekor2-happy-path"), embedded),
        ("a pinned signer", sigstore("managed-key-happy-path"), bare),
        ("a mocked authority", sigstore("intoto-with-custom-trust-root"), mocked),
        ("a trusted root", notary, anchored),
    ])
}

fn read(case: &Case, token: &[u8], memory: &Memory) -> Option<Stamp> {
    verify(token, &case.message, &case.authorities, memory).ok()
}

#[test]
fn a_changed_byte_is_refused_or_changes_nothing() {
    let Some(cases) = cases() else { return };
    for (name, case, unsigned) in cases {
        let memory = Memory::default();
        let good = read(&case, &case.token, &memory).unwrap();
        let mut token = case.token.clone();
        let mut free = 0;
        for at in 0..token.len() {
            let before = token[at];
            for change in [0x01, 0x80] {
                token[at] = before ^ change;
                if let Some(stamp) = read(&case, &token, &memory) {
                    assert_eq!(stamp, good, "{name}: byte {at}");
                    let is_unsigned = unsigned.iter().any(|range| range.contains(&at));
                    assert!(is_unsigned, "{name}: byte {at} is changed without effect");
                    free += 1;
                }
            }
            token[at] = before;
        }
        let all = token.len() * 2;
        aloud(&format!("FIGURE changes to the token of {name}: {free} of {all} without effect"));
    }
}

#[test]
fn no_part_of_a_token_and_no_more_than_it_is_read() {
    let Some(cases) = cases() else { return };
    for (name, case, _) in cases {
        let memory = Memory::default();
        for length in 0..case.token.len() {
            let part = &case.token[..length];
            assert_eq!(read(&case, part, &memory), None, "{name}: {length} bytes");
        }
        for extra in [&[0][..], &[0x30, 0], &case.token] {
            let longer = [case.token.as_slice(), extra].concat();
            assert_eq!(read(&case, &longer, &memory), None, "{name}: {} more", extra.len());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_in_place_of_a_part_are_refused_or_change_nothing(
        (at, length) in (0usize..900, 0usize..40),
        bytes in vec(any::<u8>(), 0..40),
    ) {
        thread_local! {
            static GOOD: (Tsa, Vec<u8>, Stamp) = {
                let tsa = Tsa::new(With::P256);
                let token = tsa.make(&tsa.plan());
                let stamp = verify(&token, MESSAGE, &[tsa.anchored()], &Memory::default());
                (tsa, token, stamp.unwrap())
            };
        }
        GOOD.with(|(tsa, token, stamp)| {
            let at = at.min(token.len());
            let end = (at + length).min(token.len());
            let changed = [&token[..at], &bytes, &token[end..]].concat();
            let result = verify(&changed, MESSAGE, &[tsa.anchored()], &Memory::default());
            assert!(result.is_err() || result.as_ref() == Ok(stamp), "{at} {end} {bytes:?}");
        });
    }
}
