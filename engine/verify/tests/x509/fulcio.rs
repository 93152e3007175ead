//! Claims and identities, well written and not.

use super::support::{Authority, extension, plain, uri, utf8};
use rcgen::{CertificateParams, CustomExtension, SanType};
use referee_verify::primitive::x509::Certificate;
use referee_verify::primitive::x509::fulcio::{
    FulcioError, IdentityKind, MAX_CLAIM, claims, identity,
};
use serde_json::json;

const WORKFLOW: &str = "https://github.com/o/r/.github/workflows/w.yml@refs/heads/main";
const ISSUER: &str = "https://token.example.com";

fn claim(number: u64, content: &[u8]) -> CustomExtension {
    extension(&[1, 3, 6, 1, 4, 1, 57_264, 1, number], false, content)
}

fn leaf(change: impl FnOnce(&mut CertificateParams)) -> Certificate {
    Authority::root("root", plain).leaf(change)
}

/// A leaf with these names and claims.
fn with(names: Vec<SanType>, claims: Vec<CustomExtension>) -> Certificate {
    leaf(|leaf| {
        leaf.subject_alt_names = names;
        leaf.custom_extensions = claims;
    })
}

fn oid(number: u64) -> der::asn1::ObjectIdentifier {
    format!("1.3.6.1.4.1.57264.1.{number}").parse().unwrap()
}

#[test]
fn claims_have_their_documented_names() {
    let text = |number: u64| format!("value {number}");
    let all = (1..=26).filter(|number| *number != 7).map(|number| {
        let text = text(number);
        claim(number, &if number <= 6 { text.into_bytes() } else { utf8(&text) })
    });
    let certificate = with(vec![], all.collect());
    assert_eq!(
        json!(claims(&certificate).unwrap()),
        json!({
            "issuer": "value 8",
            "githubWorkflowTrigger": "value 2",
            "githubWorkflowSHA": "value 3",
            "githubWorkflowName": "value 4",
            "githubWorkflowRepository": "value 5",
            "githubWorkflowRef": "value 6",
            "buildSignerURI": "value 9",
            "buildSignerDigest": "value 10",
            "runnerEnvironment": "value 11",
            "sourceRepositoryURI": "value 12",
            "sourceRepositoryDigest": "value 13",
            "sourceRepositoryRef": "value 14",
            "sourceRepositoryIdentifier": "value 15",
            "sourceRepositoryOwnerURI": "value 16",
            "sourceRepositoryOwnerIdentifier": "value 17",
            "buildConfigURI": "value 18",
            "buildConfigDigest": "value 19",
            "buildTrigger": "value 20",
            "runInvocationURI": "value 21",
            "sourceRepositoryVisibilityAtSigning": "value 22",
            "deploymentEnvironment": "value 23",
            "tokenSubject": "value 24",
            "1.3.6.1.4.1.57264.1.25": "value 25",
            "1.3.6.1.4.1.57264.1.26": "value 26"
        })
    );
}

#[test]
fn the_new_place_of_the_issuer_wins_wherever_it_stands() {
    for claims_in_order in [
        vec![claim(1, b"old"), claim(8, &utf8("new"))],
        vec![claim(8, &utf8("new")), claim(1, b"old")],
    ] {
        let read = claims(&with(vec![], claims_in_order)).unwrap();
        assert_eq!(json!(read), json!({"issuer": "new"}));
    }
}

#[test]
fn a_claim_that_is_not_text_is_an_error_unless_nobody_knows_it() {
    let bad = |number, content: &[u8]| claims(&with(vec![], vec![claim(number, content)]));
    assert_eq!(bad(2, &[0xff]).unwrap_err(), FulcioError::Claim { oid: oid(2) });
    assert_eq!(bad(9, b"raw").unwrap_err(), FulcioError::Claim { oid: oid(9) });
    let trailing = [utf8("text"), vec![0]].concat();
    assert_eq!(bad(9, &trailing).unwrap_err(), FulcioError::Claim { oid: oid(9) });
    let bytes = MAX_CLAIM + 1;
    let limit = MAX_CLAIM;
    assert_eq!(bad(2, &vec![b'x'; bytes]).unwrap_err(), FulcioError::TooLong { bytes, limit });
    assert!(bad(99, b"raw").unwrap().is_empty());
    assert!(bad(9, &utf8("")).unwrap().is_empty());
}

#[test]
fn a_signer_is_one_name_of_one_of_three_kinds() {
    let issuer = || vec![claim(8, &utf8(ISSUER))];
    let email = || SanType::Rfc822Name("me@example.com".try_into().unwrap());
    let username =
        || SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 57_264, 1, 7], "me!example.com".into()));
    let cases = [
        (uri(WORKFLOW), WORKFLOW, IdentityKind::Uri),
        (email(), "me@example.com", IdentityKind::Email),
        (username(), "me!example.com", IdentityKind::Username),
    ];
    for (name, subject, kind) in cases {
        let found = identity(&with(vec![name], issuer())).unwrap();
        assert_eq!((found.subject.as_str(), found.kind), (subject, kind));
        assert_eq!(found.issuer.as_deref(), Some(ISSUER));
    }
    let error = |names| identity(&with(names, issuer())).unwrap_err();
    assert_eq!(error(vec![]), FulcioError::NoName);
    assert_eq!(error(vec![email(), uri(WORKFLOW)]), FulcioError::SeveralNames { count: 2 });
    let dns = SanType::DnsName("example.com".try_into().unwrap());
    assert_eq!(error(vec![dns]), FulcioError::NameKind);
    let other = SanType::OtherName((vec![1, 2, 3, 4], "me".into()));
    assert_eq!(error(vec![other]), FulcioError::NameKind);
    assert_eq!(error(vec![uri("https://a\u{0}b")]), FulcioError::NameMalformed);
    assert_eq!(error(vec![uri("")]), FulcioError::NameMalformed);
    let long = format!("a:{}", "x".repeat(MAX_CLAIM));
    let (bytes, limit) = (long.len(), MAX_CLAIM);
    assert_eq!(error(vec![uri(&long)]), FulcioError::TooLong { bytes, limit });
}

#[test]
fn the_issuer_of_an_identity_stands_in_either_place_and_the_same_in_both() {
    let issuer = |claims| identity(&with(vec![uri(WORKFLOW)], claims)).map(|found| found.issuer);
    let old = || claim(1, ISSUER.as_bytes());
    let new = || claim(8, &utf8(ISSUER));
    for claims in [vec![old()], vec![new()], vec![old(), new()]] {
        assert_eq!(issuer(claims), Ok(Some(ISSUER.to_owned())));
    }
    assert_eq!(issuer(vec![]), Ok(None));
    assert_eq!(issuer(vec![claim(1, b"")]), Ok(None));
    assert_eq!(
        issuer(vec![claim(1, b"other"), new()]),
        Err(FulcioError::IssuersDiffer { old: "other".to_owned(), new: ISSUER.to_owned() })
    );
    assert_eq!(issuer(vec![claim(8, b"raw")]), Err(FulcioError::Claim { oid: oid(8) }));
}
