//! Every way in which there is no path, and those in which there is one.

use super::support::{Authority, distinguished, extension, find, now, plain, time};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyIdMethod, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::path::{MAX_DEPTH, MAX_SIGNATURES, UsageProblem};
use referee_verify::primitive::x509::{Certificate, PathError, Usage, path};
use std::slice::from_ref;

/// A root, an authority below it that was changed, and a leaf below that which was changed.
fn chain(
    authority: impl FnOnce(&mut CertificateParams),
    leaf: impl FnOnce(&mut CertificateParams),
) -> (Certificate, [Certificate; 1], [Certificate; 1]) {
    let root = Authority::root("root", plain);
    let intermediate = root.below("intermediate", authority);
    (intermediate.leaf(leaf), [intermediate.certificate], [root.certificate])
}

/// Why there is no path over an authority that was changed, to a leaf that was changed.
fn refused(
    authority: impl FnOnce(&mut CertificateParams),
    leaf: impl FnOnce(&mut CertificateParams),
) -> PathError {
    let (leaf, intermediates, anchors) = chain(authority, leaf);
    find(&leaf, &intermediates, &anchors).unwrap_err()
}

fn usage(subject: &str, problem: UsageProblem) -> PathError {
    PathError::Usage { subject: subject.to_owned(), problem }
}

const PURPOSE: UsageProblem = UsageProblem::Purpose(Usage::CodeSigning);

#[test]
fn a_path_names_the_issuers_and_the_time_in_which_all_are_valid() {
    let (leaf, intermediates, anchors) = chain(
        |authority| authority.not_after = date_time_ymd(2028, 1, 1),
        |leaf| leaf.not_before = date_time_ymd(2025, 1, 1),
    );
    let found = find(&leaf, &intermediates, &anchors).unwrap();
    let issuers: Vec<&str> = found.issuers().map(Certificate::subject).collect();
    assert_eq!(issuers, ["CN=intermediate", "CN=root"]);
    assert_eq!(found.issuer(), &intermediates[0]);
    assert_eq!(found.anchor(), &anchors[0]);
    assert_eq!(found.not_before(), time("2025-01-01T00:00:00Z"));
    assert_eq!(found.not_after(), time("2028-01-01T00:00:00Z"));
}

#[test]
fn an_intermediate_may_be_an_anchor_and_then_needs_no_root() {
    let (leaf, intermediates, _) = chain(plain, plain);
    let found = find(&leaf, &[], &intermediates).unwrap();
    assert_eq!((found.issuer(), found.anchor()), (&intermediates[0], &intermediates[0]));
}

#[test]
fn both_ends_of_a_validity_belong_to_it_and_nothing_beyond() {
    let (leaf, intermediates, anchors) = chain(plain, plain);
    let at = |text| {
        let memory = Memory::default();
        path(&leaf, &intermediates, &anchors, Usage::CodeSigning, time(text), &memory)
    };
    assert!(at("2020-01-01T00:00:00Z").is_ok());
    assert!(at("2030-01-01T00:00:00Z").is_ok());
    let error = at("2019-12-31T23:59:59.999Z").unwrap_err();
    assert!(matches!(error, PathError::NotYetValid { .. }), "{error}");
    let error = at("2030-01-01T00:00:00.001Z").unwrap_err();
    assert!(matches!(error, PathError::Expired { .. }), "{error}");
}

#[test]
fn an_issuer_that_is_nowhere_is_named() {
    let (leaf, intermediates, anchors) = chain(plain, plain);
    let missing = |issuer: &str| PathError::NoIssuer { issuer: issuer.to_owned() };
    assert_eq!(find(&leaf, &[], &anchors).unwrap_err(), missing("CN=intermediate"));
    assert_eq!(find(&leaf, &intermediates, &[]).unwrap_err(), missing("CN=root"));
}

#[test]
fn a_stranger_with_the_name_of_the_issuer_made_no_signature() {
    let (leaf, _, _) = chain(
        |authority| authority.key_identifier_method = KeyIdMethod::PreSpecified(vec![1]),
        plain,
    );
    let stranger = Authority::root("intermediate", |authority| {
        authority.key_identifier_method = KeyIdMethod::PreSpecified(vec![1]);
    });
    let error = find(&leaf, &[], &[stranger.certificate]).unwrap_err();
    let (subject, issuer) = ("CN=leaf".to_owned(), "CN=intermediate".to_owned());
    assert_eq!(error, PathError::SignatureInvalid { subject, issuer });
}

#[test]
fn a_stranger_with_another_key_identifier_is_not_even_tried() {
    let (leaf, _, _) = chain(plain, plain);
    let stranger = Authority::root("intermediate", plain);
    let error = find(&leaf, &[], &[stranger.certificate]).unwrap_err();
    assert_eq!(error, PathError::NoIssuer { issuer: "CN=intermediate".to_owned() });
}

#[test]
fn every_certificate_of_the_path_has_to_be_valid_at_the_time() {
    let past = |params: &mut CertificateParams| params.not_after = date_time_ymd(2025, 1, 1);
    let future = |params: &mut CertificateParams| params.not_before = date_time_ymd(2027, 1, 1);
    let expired = |subject: &str| PathError::Expired {
        subject: subject.to_owned(),
        not_after: time("2025-01-01T00:00:00Z"),
        at: now(),
    };
    let early = |subject: &str| PathError::NotYetValid {
        subject: subject.to_owned(),
        not_before: time("2027-01-01T00:00:00Z"),
        at: now(),
    };
    assert_eq!(refused(plain, past), expired("CN=leaf"));
    assert_eq!(refused(plain, future), early("CN=leaf"));
    assert_eq!(refused(past, plain), expired("CN=intermediate"));
    assert_eq!(refused(future, plain), early("CN=intermediate"));
    let root = Authority::root("root", past);
    let error = find(&root.leaf(plain), &[], &[root.certificate]).unwrap_err();
    assert_eq!(error, expired("CN=root"));
}

#[test]
fn who_is_no_authority_issues_nothing() {
    let not_ca = PathError::NotCa { subject: "CN=intermediate".to_owned() };
    assert_eq!(refused(|authority| authority.is_ca = IsCa::NoCa, plain), not_ca);
    assert_eq!(refused(|authority| authority.is_ca = IsCa::ExplicitNoCa, plain), not_ca);
}

#[test]
fn an_authority_signs_no_artifacts() {
    let ca = |leaf: &mut CertificateParams| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(refused(plain, ca), PathError::LeafIsCa { subject: "CN=leaf".to_owned() });
}

#[test]
fn a_path_length_is_kept_to() {
    let limited = |root: &mut CertificateParams| {
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    };
    let root = Authority::root("root", limited);
    assert!(find(&root.leaf(plain), &[], from_ref(&root.certificate)).is_ok());
    let below = root.below("below", plain);
    let error = find(&below.leaf(plain), &[below.certificate], &[root.certificate]).unwrap_err();
    let subject = "CN=root".to_owned();
    assert_eq!(error, PathError::PathLength { subject, allowed: 0, found: 1 });
}

#[test]
fn an_authority_must_be_for_signing_certificates() {
    let error = refused(|a| a.key_usages = vec![KeyUsagePurpose::DigitalSignature], plain);
    assert_eq!(error, usage("CN=intermediate", UsageProblem::CertificateSigning));
}

#[test]
fn an_authority_with_purposes_must_have_the_purpose() {
    let purposes = |purposes: &[ExtendedKeyUsagePurpose]| {
        let purposes = purposes.to_vec();
        chain(move |authority| authority.extended_key_usages = purposes, plain)
    };
    let (leaf, intermediates, anchors) =
        purposes(&[ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::CodeSigning]);
    assert!(find(&leaf, &intermediates, &anchors).is_ok());
    for other in [ExtendedKeyUsagePurpose::TimeStamping, ExtendedKeyUsagePurpose::Any] {
        let (leaf, intermediates, anchors) = purposes(&[other]);
        let error = find(&leaf, &intermediates, &anchors).unwrap_err();
        assert_eq!(error, usage("CN=intermediate", PURPOSE));
    }
}

#[test]
fn a_leaf_must_have_the_purpose() {
    for purposes in [
        vec![],
        vec![ExtendedKeyUsagePurpose::Any],
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::TimeStamping],
    ] {
        let error = refused(plain, |leaf| leaf.extended_key_usages = purposes);
        assert_eq!(error, usage("CN=leaf", PURPOSE));
    }
}

#[test]
fn a_leaf_must_be_for_digital_signatures() {
    let error = refused(plain, |leaf| leaf.key_usages = vec![KeyUsagePurpose::KeyAgreement]);
    assert_eq!(error, usage("CN=leaf", UsageProblem::DigitalSignature));
    let (leaf, intermediates, anchors) = chain(plain, |leaf| leaf.key_usages = vec![]);
    assert!(find(&leaf, &intermediates, &anchors).is_ok());
}

/// The purposes of a leaf: those given, as DER inside the sequence.
fn purposes(critical: bool, oids: &[u8]) -> impl FnOnce(&mut CertificateParams) {
    let mut der = vec![0x30, u8::try_from(oids.len()).unwrap()];
    der.extend_from_slice(oids);
    move |leaf| {
        leaf.extended_key_usages = vec![];
        leaf.custom_extensions = vec![extension(&[2, 5, 29, 37], critical, &der)];
    }
}

#[test]
fn a_timestamp_authority_has_one_purpose_and_it_is_critical() {
    const TIME_STAMPING: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
    const CODE_SIGNING: &[u8] = &[6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 3];
    let find = |leaf: (Certificate, [Certificate; 1], [Certificate; 1])| {
        let memory = Memory::default();
        path(&leaf.0, &leaf.1, &leaf.2, Usage::TimeStamping, now(), &memory).map(|_| ())
    };
    let both = [TIME_STAMPING, CODE_SIGNING].concat();
    let purpose = UsageProblem::Purpose(Usage::TimeStamping);
    let cases = [
        (true, TIME_STAMPING, None),
        (false, TIME_STAMPING, Some(UsageProblem::PurposeNotCritical)),
        (true, &both, Some(UsageProblem::PurposeNotSole)),
        (true, CODE_SIGNING, Some(purpose)),
    ];
    for (critical, oids, problem) in cases {
        let result = find(chain(plain, purposes(critical, oids)));
        assert_eq!(result.err(), problem.map(|problem| usage("CN=leaf", problem)));
    }
    let repudiable = |leaf: &mut CertificateParams| {
        purposes(true, TIME_STAMPING)(leaf);
        leaf.key_usages = vec![KeyUsagePurpose::ContentCommitment];
    };
    assert_eq!(find(chain(plain, repudiable)), Ok(()));
}

#[test]
fn a_critical_extension_that_is_not_known_is_refused_wherever_it_stands() {
    let unknown = |critical| {
        move |params: &mut CertificateParams| {
            params.custom_extensions = vec![extension(&[1, 2, 3, 4], critical, &[5, 0])];
        }
    };
    let refused_in = |subject: &str| PathError::CriticalExtension {
        subject: subject.to_owned(),
        oid: "1.2.3.4".parse().unwrap(),
    };
    assert_eq!(refused(plain, unknown(true)), refused_in("CN=leaf"));
    assert_eq!(refused(unknown(true), plain), refused_in("CN=intermediate"));
    let (leaf, intermediates, anchors) = chain(unknown(false), unknown(false));
    assert!(find(&leaf, &intermediates, &anchors).is_ok());
    let root = Authority::root("root", unknown(true));
    let error = find(&root.leaf(plain), &[], &[root.certificate]).unwrap_err();
    assert_eq!(error, refused_in("CN=root"));
}

#[test]
fn name_constraints_are_refused() {
    let constrained = |authority: &mut CertificateParams| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("example.com".to_owned())];
        let excluded_subtrees = vec![];
        authority.name_constraints =
            Some(NameConstraints { permitted_subtrees, excluded_subtrees });
    };
    let subject = "CN=intermediate".to_owned();
    assert_eq!(refused(constrained, plain), PathError::NameConstraints { subject });
}

#[test]
fn authorities_of_one_name_are_all_tried() {
    let root = Authority::root("root", plain);
    let same_key_id = |authority: &mut CertificateParams| {
        authority.key_identifier_method = KeyIdMethod::PreSpecified(vec![1]);
    };
    let strangers: Vec<Certificate> =
        (0..5).map(|_| root.below("same", same_key_id).certificate).collect();
    let right = root.below("same", same_key_id);
    let leaf = right.leaf(plain);
    let mut intermediates = strangers.clone();
    intermediates.push(right.certificate.clone());
    let found = find(&leaf, &intermediates, from_ref(&root.certificate)).unwrap();
    assert_eq!(found.issuer(), &right.certificate);
    let mut anchors = strangers;
    anchors.extend([root.certificate, right.certificate.clone()]);
    let found = find(&leaf, &[], &anchors).unwrap();
    assert_eq!(found.anchor(), &right.certificate);
}

#[test]
fn of_several_failures_the_one_that_came_furthest_is_told() {
    let same_key_id = |authority: &mut CertificateParams| {
        authority.key_identifier_method = KeyIdMethod::PreSpecified(vec![1]);
    };
    let root = Authority::root("root", plain);
    let right = root.below("same", |authority| {
        same_key_id(authority);
        authority.not_after = date_time_ymd(2025, 1, 1);
    });
    let leaf = right.leaf(plain);
    let wrong = root.below("same", same_key_id);
    for intermediates in [
        [wrong.certificate.clone(), right.certificate.clone()],
        [right.certificate.clone(), wrong.certificate.clone()],
    ] {
        let error = find(&leaf, &intermediates, from_ref(&root.certificate)).unwrap_err();
        assert!(matches!(error, PathError::Expired { .. }), "{error}");
    }
}

#[test]
fn the_search_ends() {
    // Authorities that all have one name and one key identifier, each signed by its forerunner.
    let same = |authority: &mut CertificateParams| {
        authority.key_identifier_method = KeyIdMethod::PreSpecified(vec![1]);
    };
    let root = Authority::root("same", same);
    let mut authorities = vec![root];
    for _ in 0..31 {
        let next = authorities.last().unwrap().below("same", same);
        authorities.push(next);
    }
    let leaf = authorities.last().unwrap().leaf(plain);
    let certificates: Vec<Certificate> =
        authorities.iter().map(|authority| authority.certificate.clone()).collect();
    let error = find(&leaf, &certificates, &[]).unwrap_err();
    assert_eq!(error, PathError::TooManySignatures { limit: MAX_SIGNATURES });
    let error = find(&leaf, &[&certificates[..], &certificates[..1]].concat(), &[]).unwrap_err();
    assert_eq!(error, PathError::TooManyCertificates { found: 33, limit: 32 });
}

#[test]
fn a_path_is_no_longer_than_any_real_one() {
    let root = Authority::root("0", plain);
    let mut authorities = vec![root];
    for number in 1..=MAX_DEPTH {
        let next = authorities.last().unwrap().below(&number.to_string(), plain);
        authorities.push(next);
    }
    let leaf = |number: usize| authorities[number].leaf(plain);
    let certificates: Vec<Certificate> =
        authorities.iter().map(|authority| authority.certificate.clone()).collect();
    let (anchors, intermediates) = certificates.split_at(1);
    let found = find(&leaf(MAX_DEPTH - 1), intermediates, anchors).unwrap();
    assert_eq!(found.issuers().count(), MAX_DEPTH);
    let error = find(&leaf(MAX_DEPTH), intermediates, anchors).unwrap_err();
    assert_eq!(error, PathError::TooDeep { limit: MAX_DEPTH });
}

#[test]
fn a_leaf_that_is_its_own_anchor_is_no_authority() {
    let root = Authority::root("root", |root| {
        root.is_ca = IsCa::ExplicitNoCa;
        root.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        root.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    });
    let error = find(&root.certificate, &[], from_ref(&root.certificate)).unwrap_err();
    assert_eq!(error, PathError::NotCa { subject: "CN=root".to_owned() });
}

#[test]
fn what_is_found_once_is_found_again_and_judged_anew() {
    let (leaf, intermediates, anchors) = chain(plain, plain);
    let memory = Memory::default();
    let at = |text| {
        path(&leaf, &intermediates, &anchors, Usage::CodeSigning, time(text), &memory).is_ok()
    };
    assert!(at("2026-01-01T00:00:00Z"));
    assert!(at("2026-01-01T00:00:00Z"));
    assert!(!at("2031-01-01T00:00:00Z"));
}

#[test]
fn a_name_in_an_error_is_short_and_quoted() {
    let name = format!("\u{1b}[2J{}", "x".repeat(1_000));
    let root = Authority::root("root", |root| root.distinguished_name = distinguished(&name));
    let message = find(&root.leaf(plain), &[], &[]).unwrap_err().to_string();
    assert!(message.len() < 400 && !message.chars().any(char::is_control), "{message}");
}
