//! Every algorithm holds, and every way of not being a good token has its own error.

use super::maker::{MESSAGE, Plan, SHA1, SHA256, SHA512, Tsa, With, algorithm, oid, sequence, tlv};
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::signature::Hash;
use referee_verify::primitive::x509::algorithm::AlgorithmError;
use referee_verify::primitive::x509::path::UsageProblem;
use referee_verify::primitive::x509::{Certificate, PathError};
use referee_verify::protocol::timestamp::{Authority, TimestampError, verify};

const MALFORMED: fn(&'static str) -> TimestampError =
    |structure| TimestampError::Malformed { structure };

fn v1(value: &[u8]) -> (&'static str, Vec<u8>) {
    let one = sequence(&[&tlv(4, &[value])]);
    ("1.2.840.113549.1.9.16.2.12", sequence(&[&sequence(&[&one])]))
}

fn v2(parts: &[&[u8]]) -> (&'static str, Vec<u8>) {
    ("1.2.840.113549.1.9.16.2.47", sequence(&[&sequence(&[&sequence(parts)])]))
}

fn attribute(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &tlv(0x31, &[value])])
}

#[test]
fn every_algorithm_holds_with_the_signer_pinned_and_with_the_signer_embedded() {
    let all = [With::P256, With::P384, With::P521, With::RsaPkcs1, With::RsaPss, With::Ed25519];
    for with in all {
        let tsa = Tsa::new(with);
        let mut plan = tsa.plan();
        for status in [Some(0), Some(1), None] {
            plan.status = status;
            for authority in [tsa.pinned(), tsa.anchored()] {
                let name = authority.name.clone();
                let token = tsa.make(&plan);
                let stamp = verify(&token, MESSAGE, &[authority], &Memory::default()).unwrap();
                assert_eq!(stamp.time.to_string(), "2030-01-01T00:00:00.25Z");
                assert_eq!((stamp.authority, stamp.signer), (name, tsa.leaf.clone()));
                assert_eq!((stamp.serial.as_str(), stamp.hash), ("2a", Hash::Sha256));
            }
        }
    }
}

#[test]
fn each_way_of_naming_the_signer_holds() {
    let tsa = Tsa::new(With::P256);
    tsa.changed(|plan| {
        plan.signer_version = 3;
        plan.signer = tlv(0x80, &[&[1, 2, 3, 4]]);
    })
    .unwrap();
    let sha1 =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, tsa.leaf.der());
    let sha512 = Hash::Sha512.of(tsa.leaf.der());
    let name = sequence(&[&tlv(0xa4, &[tsa.leaf.issuer_der()])]);
    let issued = sequence(&[&name, &[2, 5, 0, 0xde, 0xad, 0xbe, 0xef]]);
    let ways = [v1(sha1.as_ref()), v2(&[&algorithm(SHA512), &tlv(4, &[&sha512]), &issued])];
    for way in ways {
        tsa.changed(|plan| plan.signing = Some(way)).unwrap();
    }
}

#[test]
fn each_fault_has_its_own_error() {
    let tsa = Tsa::new(With::P256);
    let missing = |attribute| TimestampError::AttributeMissing { attribute };
    let mismatch = |attribute| TimestampError::AttributeMismatch { attribute };
    let repeated = |attribute| TimestampError::AttributeRepeated { attribute };
    let sha1 = || SHA1.parse().unwrap();
    type Change<'a> = Box<dyn Fn(&mut Plan) + 'a>;
    let wrong = v2(&[&tlv(4, &[&[0; 32]])]);
    let by_sha1 = v2(&[&algorithm(SHA1), &tlv(4, &[&[0; 20]])]);
    let faults: Vec<(Change<'_>, TimestampError)> = vec![
        (Box::new(|p| p.status = Some(2)), TimestampError::Status { code: 2 }),
        (
            Box::new(|p| p.version = 1),
            TimestampError::Version { structure: "SignedData", found: 1, expected: 3 },
        ),
        (
            Box::new(|p| p.content_type = oid("1.2.840.113549.1.7.1")),
            TimestampError::ContentType {
                place: "eContentType",
                found: "1.2.840.113549.1.7.1".parse().unwrap(),
            },
        ),
        (Box::new(|p| p.signers = 0), TimestampError::SignerCount { count: 0 }),
        (Box::new(|p| p.signers = 2), TimestampError::SignerCount { count: 2 }),
        (
            Box::new(|p| p.signer_version = 3),
            TimestampError::Version { structure: "SignerInfo", found: 3, expected: 1 },
        ),
        (Box::new(|p| p.digest = algorithm(SHA1)), TimestampError::DigestAlgorithm { oid: sha1() }),
        (Box::new(|p| p.digests = algorithm(SHA512)), TimestampError::DigestNotListed),
        (Box::new(|p| p.left_out = Some(0)), missing("contentType")),
        (Box::new(|p| p.left_out = Some(1)), missing("messageDigest")),
        (Box::new(|p| p.left_out = Some(2)), missing("signingCertificateV2")),
        (
            Box::new(|p| {
                p.left_out = Some(0);
                p.more = vec![attribute("1.2.840.113549.1.9.3", &oid("1.2.840.113549.1.7.1"))];
            }),
            mismatch("contentType"),
        ),
        (
            Box::new(|p| {
                p.left_out = Some(1);
                p.more = vec![attribute("1.2.840.113549.1.9.4", &tlv(4, &[&[0; 32]]))];
            }),
            mismatch("messageDigest"),
        ),
        (
            Box::new(|p| p.more = vec![attribute("1.2.840.113549.1.9.4", &tlv(4, &[&[0; 32]]))]),
            repeated("messageDigest"),
        ),
        (
            Box::new(|p| {
                p.left_out = Some(0);
                let two = oid("1.2.840.113549.1.9.16.1.4").repeat(2);
                p.more = vec![attribute("1.2.840.113549.1.9.3", &two)];
            }),
            repeated("contentType"),
        ),
        (
            Box::new(|p| {
                p.left_out = Some(0);
                let more = [&oid("1.2.840.113549.1.9.16.1.4")[..], &[0x1f]].concat();
                p.more = vec![attribute("1.2.840.113549.1.9.3", &more)];
            }),
            repeated("contentType"),
        ),
        (Box::new(|p| p.algorithm = vec![5, 0]), MALFORMED("signatureAlgorithm")),
        (Box::new(|p| p.is_sorted = false), MALFORMED("signedAttrs")),
        (
            Box::new(|p| p.more = (0..32).map(|n| attribute("1.2.3.4", &[2, 1, n])).collect()),
            TimestampError::TooMany { items: "signed attributes", limit: 32 },
        ),
        (Box::new(|p| p.signing = Some(wrong.clone())), mismatch("signingCertificateV2")),
        (Box::new(|p| p.signing = Some(v1(&[0; 20]))), mismatch("signingCertificate")),
        (
            Box::new(|p| p.signing = Some(by_sha1.clone())),
            TimestampError::AttributeAlgorithm { attribute: "signingCertificateV2", oid: sha1() },
        ),
        (
            Box::new(|p| p.algorithm = algorithm("1.2.840.10045.4.1")),
            TimestampError::SignatureAlgorithm(AlgorithmError::Sha1 {
                oid: "1.2.840.10045.4.1".parse().unwrap(),
            }),
        ),
        (
            Box::new(|p| p.algorithm = algorithm("1.2.840.113549.1.1.1")),
            TimestampError::SignatureAlgorithm(AlgorithmError::Unsupported {
                oid: "1.2.840.113549.1.1.1".parse().unwrap(),
            }),
        ),
        (
            Box::new(|p| p.algorithm = algorithm("1.2.840.10045.4.3.3")),
            TimestampError::SignatureHash { oid: "1.2.840.10045.4.3.3".parse().unwrap() },
        ),
        (Box::new(|p| p.certificates.clear()), TimestampError::CertificateMissing),
        (
            Box::new(|p| p.certificates = vec![sequence(&[])]),
            TimestampError::Certificate(Certificate::from_der(&[0x30, 0]).unwrap_err()),
        ),
        (
            Box::new(|p| p.certificates = vec![sequence(&[]); 17]),
            TimestampError::TooMany { items: "certificates", limit: 16 },
        ),
    ];
    for (number, (change, error)) in faults.into_iter().enumerate() {
        assert_eq!(tsa.changed(change).unwrap_err(), error, "fault {number}");
    }
}

#[test]
fn a_first_hash_that_is_right_does_not_excuse_another_that_is_wrong() {
    let tsa = Tsa::new(With::P256);
    let wrong = v1(&[0; 20]);
    let error = tsa.changed(|plan| plan.more = vec![attribute(wrong.0, &wrong.1)]).unwrap_err();
    assert_eq!(error, TimestampError::AttributeMismatch { attribute: "signingCertificate" });
    let name = sequence(&[&tlv(0xa4, &[tsa.leaf.issuer_der()])]);
    let hash = tlv(4, &[&Hash::Sha256.of(tsa.leaf.der())]);
    let other = v2(&[&hash, &sequence(&[&name, &[2, 1, 1]])]);
    let error = tsa.changed(|plan| plan.signing = Some(other)).unwrap_err();
    assert_eq!(error, TimestampError::AttributeMismatch { attribute: "signingCertificateV2" });
}

#[test]
fn another_authoritys_signature_under_the_name_of_this_one_does_not_hold() {
    let (tsa, other) = (Tsa::new(With::P256), Tsa::new(With::P256));
    let token = other.make(&tsa.plan());
    for authority in [tsa.pinned(), tsa.anchored()] {
        let error = verify(&token, MESSAGE, &[authority], &Memory::default()).unwrap_err();
        assert_eq!(error, TimestampError::SignatureInvalid);
    }
}

#[test]
fn certificates_that_are_not_for_timestamps_alone_are_refused() {
    let stamping: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    let code: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 3];
    type Expected = fn(UsageProblem) -> bool;
    let cases: [(Vec<u8>, bool, Expected); 3] = [
        (sequence(&[code]), true, |p| matches!(p, UsageProblem::Purpose(_))),
        (sequence(&[stamping]), false, |p| p == UsageProblem::PurposeNotCritical),
        (sequence(&[stamping, code]), true, |p| p == UsageProblem::PurposeNotSole),
    ];
    for (purposes, critical, is_expected) in cases {
        let tsa = Tsa::for_purposes(With::P256, &purposes, critical);
        let token = tsa.make(&tsa.plan());
        for authority in [tsa.pinned(), tsa.anchored()] {
            let error = verify(&token, MESSAGE, &[authority], &Memory::default()).unwrap_err();
            let TimestampError::Path(PathError::Usage { problem, .. }) = error else {
                panic!("{error:?}")
            };
            assert!(is_expected(problem), "{problem:?}");
        }
    }
}

#[test]
fn a_response_without_a_token_and_a_token_beyond_the_limit_are_refused() {
    let authorities = [Tsa::new(With::P256).pinned()];
    let verify =
        |token: &[u8]| verify(token, MESSAGE, &authorities, &Memory::default()).unwrap_err();
    assert_eq!(verify(&sequence(&[&sequence(&[&[2, 1, 0]])])), TimestampError::NoToken);
    assert_eq!(verify(&[]), MALFORMED("TimeStampResp"));
    assert_eq!(verify(&[0; 65_537]), TimestampError::TooLarge { bytes: 65_537 });
    let other = sequence(&[&oid("1.2.840.113549.1.7.1"), &tlv(0xa0, &[&[4, 0]])]);
    let found = "1.2.840.113549.1.7.1".parse().unwrap();
    assert_eq!(verify(&other), TimestampError::ContentType { place: "ContentInfo", found });
}

#[test]
fn a_chain_needs_a_signer_and_an_anchor() {
    let tsa = Tsa::new(With::P256);
    assert!(Authority::pinned("one".into(), std::slice::from_ref(&tsa.leaf)).is_none());
    assert!(Authority::pinned("none".into(), &[]).is_none());
}

#[test]
fn an_authority_without_its_root_establishes_no_time_and_hides_no_other() {
    let tsa = Tsa::new(With::P256);
    let token = tsa.make(&tsa.plan());
    let short = Authority::unanchored("short".into(), tsa.leaf.clone());
    // A signer that issued its own certificate is no anchor by that.
    let own = Authority::unanchored("own".into(), tsa.root.clone());
    let none = [short.clone(), own.clone()];
    let error = verify(&token, MESSAGE, &none, &Memory::default()).unwrap_err();
    assert!(matches!(error, TimestampError::Path(PathError::NoIssuer { .. })), "{error:?}");
    let with = [short, own, tsa.pinned()];
    assert_eq!(verify(&token, MESSAGE, &with, &Memory::default()).unwrap().authority, "pinned");
}

#[test]
fn an_imprint_by_sha_1_is_refused() {
    let tsa = Tsa::new(With::P256);
    let (sha1, sha256) = (algorithm(SHA1), algorithm(SHA256));
    let error = tsa.changed(|plan| {
        let imprint = sequence(&[&sha256, &tlv(4, &[&Hash::Sha256.of(MESSAGE)])]);
        let by_sha1 = sequence(&[&sha1, &tlv(4, &[&[0; 20]])]);
        let at = plan.info.windows(imprint.len()).position(|w| w == imprint).unwrap();
        let (before, after) = (&plan.info[2..at], &plan.info[at + imprint.len()..]);
        plan.info = sequence(&[before, &by_sha1, after]);
    });
    let oid = SHA1.parse().unwrap();
    assert_eq!(error.unwrap_err(), TimestampError::ImprintAlgorithm { oid });
}
