//! Chains with several things wrong at once, judged by webpki too: what is accepted here, webpki
//! accepts.
//!
//! There is one difference: webpki can be told that purposes are required in every certificate or
//! in none. Here they are required in the leaf, and restrict an authority that has some (RFC 5280
//! section 4.2.1.12), as Go has it.

use super::support::{Authority, extension, find, now, uri};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use referee_verify::primitive::x509::Certificate;
use rustls_pki_types::{CertificateDer, UnixTime};
use std::time::Duration;

/// id-kp-codeSigning.
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];

fn webpki_accepts(
    usage: webpki::KeyUsage,
    leaf: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
) -> bool {
    let der = |certificate: &Certificate| CertificateDer::from(certificate.der().to_vec());
    let leaf = der(leaf);
    let Ok(leaf) = webpki::EndEntityCert::try_from(&leaf) else { return false };
    let anchors: Vec<_> = anchors.iter().map(der).collect();
    let anchors: Vec<_> =
        anchors.iter().filter_map(|der| webpki::anchor_from_trusted_cert(der).ok()).collect();
    let intermediates: Vec<_> = intermediates.iter().map(der).collect();
    let seconds = u64::try_from(now().unix_seconds()).unwrap();
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &intermediates,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        usage,
        None,
        None,
    )
    .is_ok()
}

/// So many ways there are to change a certificate, the first being none.
const CHANGES: u32 = 12;

fn change(params: &mut CertificateParams, number: u32) {
    match number {
        1 => params.not_after = date_time_ymd(2025, 1, 1),
        2 => params.not_before = date_time_ymd(2027, 1, 1),
        3 => params.is_ca = IsCa::NoCa,
        4 => params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
        5 => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
        6 => params.use_authority_key_identifier_extension = false,
        7 => params.key_usages = vec![KeyUsagePurpose::DigitalSignature],
        8 => params.custom_extensions = vec![extension(&[1, 2, 3, 4], true, &[5, 0])],
        9 => {
            let permitted_subtrees = vec![GeneralSubtree::DnsName("example.com".to_owned())];
            let excluded_subtrees = vec![];
            params.name_constraints =
                Some(NameConstraints { permitted_subtrees, excluded_subtrees });
        }
        10 => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any],
        11 => params.extended_key_usages = vec![],
        _ => {}
    }
}

#[test]
fn whatever_is_accepted_here_webpki_accepts_too() {
    let (mut accepted, mut both_refused, mut stricter) = (0, 0, 0);
    for in_leaf in 0..CHANGES {
        for in_lower in 0..CHANGES {
            for in_upper in 0..CHANGES {
                let root = Authority::root("root", |_| {});
                let upper = root.below("upper", |params| {
                    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
                    change(params, in_upper);
                });
                let lower = upper.below("lower", |params| {
                    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
                    change(params, in_lower);
                });
                let leaf = lower.leaf(|params| change(params, in_leaf));
                let intermediates = [lower.certificate, upper.certificate];
                let anchors = [root.certificate];
                let ours = find(&leaf, &intermediates, &anchors).is_ok();
                let everywhere = intermediates.iter().all(|issuer| issuer.purposes().is_some());
                let usage = if everywhere {
                    webpki::KeyUsage::required(CODE_SIGNING)
                } else {
                    webpki::KeyUsage::required_if_present(CODE_SIGNING)
                };
                let theirs = webpki_accepts(usage, &leaf, &intermediates, &anchors);
                let case = (in_leaf, in_lower, in_upper);
                assert!(theirs || !ours, "{case:?} is accepted here and not by webpki");
                match (ours, theirs) {
                    (true, _) => accepted += 1,
                    (false, false) => both_refused += 1,
                    (false, true) => stricter += 1,
                }
            }
        }
    }
    // Stricter here: the key usage of authorities, name constraints, leaves without purposes.
    assert_eq!((accepted, both_refused, stricter), (48, 1_568, 112));
}

#[test]
fn nor_is_anything_read_here_that_webpki_does_not_read_if_a_bit_is_changed_before_signing() {
    let root = Authority::root("root", |_| {});
    let above = root.below("intermediate", |_| {});
    let leaf = above.leaf(|leaf| leaf.subject_alt_names = vec![uri("https://example.com/c")]);
    let anchors = [root.certificate.clone()];
    let (mut accepted, mut refused) = (0, 0);
    let mut judge = |leaf: &Certificate, above: &Certificate, at: usize, bit: u32| {
        let above = [above.clone()];
        if find(leaf, &above, &anchors).is_err() {
            refused += 1;
            return;
        }
        accepted += 1;
        let usage = webpki::KeyUsage::required_if_present(CODE_SIGNING);
        let theirs = webpki_accepts(usage, leaf, &above, &anchors);
        assert!(theirs, "bit {bit} of byte {at}: {leaf:?}, {above:?}");
    };
    for bit in 0..8 {
        let changed = |issuer: &Authority, tbs: &[u8], at: usize| {
            let mut tbs = tbs.to_vec();
            tbs[at] ^= 1 << bit;
            Certificate::from_der(&issuer.signed(&tbs)).ok()
        };
        for at in 0..leaf.tbs_der().len() {
            if let Some(leaf) = changed(&above, leaf.tbs_der(), at) {
                judge(&leaf, &above.certificate, at, bit);
            }
        }
        for at in 0..above.certificate.tbs_der().len() {
            if let Some(above) = changed(&root, above.certificate.tbs_der(), at) {
                judge(&leaf, &above, at, bit);
            }
        }
    }
    assert!(accepted > 1_000 && refused > 1_000, "{accepted}, {refused}");
}
