//! Tokens of Sigstore's, GitHub's, GlobalSign's and openssl's authorities.

use super::support::{Case, aloud, authorities, certificates, vectors};
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::signature::Hash;
use referee_verify::primitive::x509::PathError;
use referee_verify::protocol::timestamp::{Authority, TimestampError, verify};
use sigstore_trust_root::{SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT};
use std::fs;
use std::time::Duration;

/// The cases of Sigstore's conformance suite that are about timestamps, with the time that the
/// token establishes. Some of them fail for a reason beyond the token.
const GOOD: [(&str, &str); 8] = [
    ("rekor2-happy-path", "2025-06-12T12:02:20Z"),
    ("rekor2-timestamp-without-embedded-cert", "2025-08-06T19:03:51Z"),
    ("rekor2-timestamp-with-expired-cert-chain", "2025-08-07T15:32:26Z"),
    ("rekor2-timestamp-with-incorrect-time_fail", "2025-07-15T10:33:31Z"),
    ("trust-root-tsa-validity-end-inclusive", "2025-06-12T12:02:20Z"),
    ("intoto-with-custom-trust-root", "2023-02-01T00:00:00Z"),
    ("intoto-tsa-timestamp-outside-cert-validity_fail", "2023-02-02T00:00:00Z"),
    ("managed-key-happy-path", "2025-12-18T17:04:39Z"),
];

type Expected = fn(&TimestampError) -> bool;

/// What is wrong with the token itself.
const BAD: [(&str, Expected); 4] = [
    ("rekor2-timestamp-payload-mismatch_fail", |e| *e == TimestampError::ImprintMismatch),
    ("rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail", |e| {
        *e == TimestampError::SignerMismatch
    }),
    ("rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", |e| {
        *e == TimestampError::SignerMismatch
    }),
    ("rekor2-timestamp-outside-tsa-cert-validity_fail", |e| {
        matches!(e, TimestampError::Path(PathError::Expired { .. }))
    }),
];

fn conformance(name: &str) -> Option<Case> {
    let folder = vectors()?.join("sigstore-bundle-verify").join(name);
    let root = fs::read_to_string(folder.join("trusted_root.json"));
    let root = root.unwrap_or_else(|_| SIGSTORE_PRODUCTION_TRUSTED_ROOT.to_owned());
    Case::of_bundle(&folder.join("bundle.sigstore.json"), &root)
}

#[test]
fn tokens_of_the_conformance_suite_establish_their_time() {
    if vectors().is_none() {
        return;
    }
    for (name, time) in GOOD {
        let stamp = conformance(name).unwrap().verify().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(stamp.time.to_string(), time, "{name}");
        assert_eq!(stamp.policy.to_string(), "1.3.6.1.4.1.57264.2", "{name}");
        assert_eq!((stamp.hash, stamp.accuracy), (Hash::Sha256, Some(Duration::from_secs(1))));
    }
}

#[test]
fn tokens_of_the_conformance_suite_are_refused_for_their_own_reason() {
    if vectors().is_none() {
        return;
    }
    for (name, is_expected) in BAD {
        let error = conformance(name).unwrap().verify().unwrap_err();
        assert!(is_expected(&error), "{name}: {error:?}");
    }
}

#[test]
fn every_other_token_of_the_conformance_suite_holds() {
    let Some(folder) = vectors() else { return };
    let mut count = 0;
    for entry in fs::read_dir(folder.join("sigstore-bundle-verify")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if BAD.iter().any(|(bad, _)| *bad == name) {
            continue;
        }
        if let Some(case) = conformance(&name) {
            // The signatures of these two were replaced after they were timestamped.
            match case.verify() {
                Err(TimestampError::ImprintMismatch) if name.ends_with("-sig_fail") => {}
                result => assert!(result.is_ok(), "{name}: {:?}", result.err()),
            }
            count += 1;
        }
    }
    aloud(&format!("FIGURE timestamps of the conformance suite that hold: {count}"));
    assert!(count >= 20, "{count}");
}

#[test]
fn a_mocked_authority_states_fractions_of_a_second() {
    let Some(folder) = vectors() else { return };
    let folder = folder.join("sigstore-mock");
    let root = fs::read_to_string(folder.join("trusted_root.json")).unwrap();
    let bundle = folder.join("attest-tsa-only.sigstore.json");
    let stamp = Case::of_bundle(&bundle, &root).unwrap().verify().unwrap();
    assert_eq!(stamp.time.to_string(), "2026-11-21T02:24:55.009Z");
}

#[test]
fn the_period_of_an_authority_includes_both_ends_and_nothing_else() {
    let Some(mut case) = conformance("rekor2-happy-path") else { return };
    let time = case.verify().unwrap().time;
    let next = time.saturating_add(Duration::from_nanos(1));
    let mut under = |from, until| {
        let authority = case.authorities.pop().unwrap().during(from, until);
        case.authorities.push(authority);
        case.verify().map(|stamp| stamp.time)
    };
    assert_eq!(under(Some(time), Some(time)), Ok(time));
    let outside = Err(TimestampError::OutsideAuthorityValidity { time });
    assert_eq!(under(Some(next), None), outside);
    let before = referee_core::Timestamp::from_unix_nanoseconds(time.unix_nanoseconds() - 1);
    assert_eq!(under(None, before), outside);
}

#[test]
fn of_several_authorities_the_one_that_signed_counts() {
    let Some(mut case) = conformance("rekor2-happy-path") else { return };
    let right = case.authorities.pop().unwrap();
    let others = [SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT];
    case.authorities = others.into_iter().flat_map(authorities).collect();
    assert_eq!(case.verify().unwrap_err(), TimestampError::SignerMismatch);
    let time = right.leaf.as_ref().unwrap().not_after();
    case.authorities.insert(1, right.clone().during(Some(time), None));
    let outside = case.verify().unwrap_err();
    assert!(matches!(outside, TimestampError::OutsideAuthorityValidity { .. }), "{outside}");
    case.authorities.push(right.clone());
    assert_eq!(case.verify().unwrap().authority, right.name);
    case.authorities.clear();
    assert_eq!(case.verify().unwrap_err(), TimestampError::NoAuthority);
}

#[test]
fn tokens_of_globalsign_hold_under_its_root_and_not_under_anothers() {
    let Some(folder) = vectors() else { return };
    let notation = folder.join("notation");
    let root = notation.join("truststore/tsa/test-timestamp/globalsignRoot.cer");
    let other = notation.join("truststore/tsa/test-mismatch/DigiCertTSARootSHA384.cer");
    let cases = [
        ("jwsWithTimestamp.sig", "2024-06-18T06:29:37Z"),
        ("jwsExpiredWithTimestamp.sig", "2024-06-18T07:21:42Z"),
    ];
    for (name, time) in cases {
        let envelope = notation.join("timestamp/sigEnv").join(name);
        let stamp = Case::of_notary(&envelope, &root).verify().unwrap();
        assert_eq!(stamp.time.to_string(), time);
        assert!(stamp.signer.subject().contains("Globalsign TSA for Advanced"));
        let error = Case::of_notary(&envelope, &other).verify().unwrap_err();
        let no_issuer = matches!(error, TimestampError::Path(PathError::NoIssuer { .. }));
        assert!(no_issuer, "{error:?}");
    }
}

#[test]
fn bare_tokens_of_notary_project_hold_or_are_refused_for_their_own_reason() {
    let Some(folder) = vectors() else { return };
    let notation = folder.join("notation");
    let root = notation.join("truststore/tsa/test-timestamp/globalsignRoot.cer");
    let authorities = [Authority::anchored("globalsign".into(), certificates(&root))];
    let verify = |name: &str, authorities: &[Authority]| {
        let token = fs::read(notation.join("timestamp/countersignature").join(name)).unwrap();
        verify(&token, b"notation", authorities, &Memory::default())
    };
    let stamp = verify("TimeStampToken.p7s", &authorities).unwrap();
    assert_eq!(stamp.time.to_string(), "2021-09-17T14:09:10Z");
    assert_eq!(stamp.serial, "59060eee873c26672a9400f24da094747988980e");

    let without = "TimeStampTokenWithoutCertificate.p7s";
    assert_eq!(verify(without, &authorities), Err(TimestampError::CertificateMissing));
    // Who knows the signer does not need the token's certificates, save those above it.
    let pinned = Authority { leaf: Some(stamp.signer.clone()), ..authorities[0].clone() };
    let error = verify(without, &[pinned]).unwrap_err();
    assert!(matches!(error, TimestampError::Path(PathError::NoIssuer { .. })), "{error:?}");

    assert_eq!(
        verify("TimeStampTokenWithInvalideContentType.p7s", &authorities),
        Err(TimestampError::ContentType {
            place: "eContentType",
            found: "1.2.840.113549.1.7.1".parse().unwrap()
        })
    );
    assert_eq!(
        verify("TimeStampTokenWithInvalidTSTInfo.p7s", &authorities),
        Err(TimestampError::AttributeMismatch { attribute: "messageDigest" })
    );
}

#[test]
fn a_stored_response_of_openssl_holds_under_its_root_and_with_its_signer_pinned() {
    let Some(folder) = vectors() else { return };
    let pki = folder.join("pki");
    let [root, signer] = ["ca.pem", "tsa.pem"].map(|name| certificates(&pki.join(name)).remove(0));
    let mut case = Case {
        token: fs::read(pki.join("r.tsr")).unwrap(),
        message: fs::read(pki.join("d.txt")).unwrap(),
        authorities: vec![Authority::anchored("roots".into(), vec![root.clone()])],
    };
    let stamp = case.verify().unwrap();
    assert_eq!((stamp.authority.as_str(), stamp.serial.as_str()), ("roots", "02"));
    assert_eq!(stamp.accuracy, None);
    case.authorities = vec![Authority::pinned("pinned".into(), &[signer, root]).unwrap()];
    assert_eq!(case.verify().unwrap().authority, "pinned");
    case.message.push(b'\n');
    assert_eq!(case.verify(), Err(TimestampError::ImprintMismatch));
}

#[test]
fn a_public_authority_that_is_trusted_by_its_root_alone_holds() {
    // RSA-4096, SHA-512, `rsaEncryption` for the signature, and the first version of ESSCertID.
    let name = "rekor2-timestamp-untrusted-tsa-with-embedded-cert_fail";
    let Some(mut case) = conformance(name) else { return };
    // The second of the two certificates in the token is its root.
    let at = case.token.windows(4).rposition(|w| w == [0x30, 0x82, 0x07, 0xff]).unwrap();
    let root =
        referee_verify::primitive::x509::Certificate::from_der(&case.token[at..at + 0x07ff + 4]);
    case.authorities = vec![Authority::anchored("freetsa".into(), vec![root.unwrap()])];
    let stamp = case.verify().unwrap();
    assert_eq!(stamp.time.to_string(), "2025-08-06T19:38:49Z");
}
