//! What is read of a certificate, and what is refused.

use super::support::{Authority, distinguished, extension, plain, time, uri};
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, Tag};
use rcgen::{SanType, SerialNumber, date_time_ymd};
use referee_core::Digest;
use referee_verify::primitive::x509::certificate::{MAX_CERTIFICATE_BYTES, MAX_PEM_CERTIFICATES};
use referee_verify::primitive::x509::{AlternativeName, Certificate, CertificateError};
use serde_json::{Map, json};

fn pem(certificate: &Certificate) -> String {
    let text = data_encoding::BASE64.encode(certificate.der());
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// The bytes with the first occurrence of some of them replaced by as many others.
fn replaced(der: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = der.windows(from.len()).position(|window| window == from).unwrap();
    let mut der = der.to_vec();
    der[at..at + to.len()].copy_from_slice(to);
    der
}

fn der(tag: Tag, content: &[u8]) -> Vec<u8> {
    AnyRef::new(tag, content).unwrap().to_der().unwrap()
}

/// A certificate with what is inside of its `TBSCertificate` changed; no signature holds then.
fn rebuilt(certificate: &Certificate, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let tbs = certificate.tbs_der();
    let mut content = AnyRef::from_der(tbs).unwrap().value().to_vec();
    change(&mut content);
    let outer = AnyRef::from_der(certificate.der()).unwrap().value();
    der(Tag::Sequence, &[&der(Tag::Sequence, &content), &outer[tbs.len()..]].concat())
}

fn malformed(structure: &'static str) -> CertificateError {
    CertificateError::Malformed { structure }
}

#[test]
fn a_certificate_says_what_was_written_into_it() {
    let root = Authority::root("root", |root| root.distinguished_name = distinguished("a, b"));
    let leaf = root.leaf(|leaf| {
        leaf.serial_number = Some(SerialNumber::from_slice(&[0xab, 0, 1]));
        leaf.subject_alt_names = vec![
            SanType::Rfc822Name("me@example.com".try_into().unwrap()),
            uri("https://example.com/x"),
            SanType::DnsName("example.com".try_into().unwrap()),
            SanType::IpAddress("192.0.2.1".parse().unwrap()),
            SanType::IpAddress("2001:db8::1".parse().unwrap()),
            SanType::OtherName((vec![1, 2, 3, 4], "name".into())),
        ];
    });
    assert_eq!((leaf.subject(), leaf.issuer()), ("CN=leaf", "CN=a\\, b"));
    assert_eq!(leaf.serial(), "ab0001");
    assert_eq!(leaf.fingerprint(), Digest::sha256(leaf.der()));
    assert!(!leaf.is_authority() && !leaf.is_self_issued());
    assert!(leaf.key_usage().unwrap().digital_signature());
    assert!(!leaf.key_usage().unwrap().key_cert_sign());
    let root = &root.certificate;
    assert!(root.is_authority() && root.is_self_issued() && root.path_length().is_none());
    assert!(root.key_usage().unwrap().key_cert_sign());
    assert_eq!(leaf.authority_key_identifier(), root.subject_key_identifier());
    assert_eq!(leaf.issuer_der(), root.subject_der());
    assert!(root.public_key().is_ok());
    assert_eq!(leaf.alternative_names()[1], AlternativeName::Uri("https://example.com/x".into()));
    let fact = leaf.fact(Map::new());
    assert_eq!(
        json!(fact.sans),
        json!([
            "me@example.com",
            "https://example.com/x",
            "example.com",
            "192.0.2.1",
            "2001:db8::1",
            "name"
        ])
    );
    assert_eq!(fact.not_before, time("2020-01-01T00:00:00Z"));
    assert_eq!(fact.not_after, time("2030-01-01T00:00:00Z"));
}

#[test]
fn the_year_9999_is_the_end_of_time() {
    let root = Authority::root("root", |root| root.not_after = date_time_ymd(9999, 12, 31));
    assert!(root.certificate.not_after() > time("9999-12-30T00:00:00Z"));
}

#[test]
fn bytes_that_are_no_certificate_are_refused() {
    let certificate = Authority::root("root", plain).certificate;
    let der = certificate.der();
    let read = |der: &[u8]| Certificate::from_der(der).unwrap_err();
    assert_eq!(read(&[]), malformed("Certificate"));
    assert_eq!(read(&[der, &[0]].concat()), malformed("Certificate"));
    let (bytes, limit) = (MAX_CERTIFICATE_BYTES + 1, MAX_CERTIFICATE_BYTES);
    assert_eq!(read(&vec![0x30; bytes]), CertificateError::TooLong { bytes, limit });
    // [0] INTEGER 2, which is version 3.
    let version = replaced(der, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1]);
    assert_eq!(read(&version), CertificateError::Version { version: 2 });
    // ecdsa-with-SHA256, first inside.
    let sha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let sha384 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    assert_eq!(read(&replaced(der, &sha256, &sha384)), CertificateError::AlgorithmsDiffer);
    // The end of its validity, a UTCTime.
    let month = replaced(der, b"300101000000Z", b"301301000000Z");
    assert_eq!(read(&month), malformed("validity"));
}

#[test]
fn what_stands_before_the_names_is_read_strictly() {
    let root = Authority::root("root", |root| {
        root.serial_number = Some(SerialNumber::from_slice(&[0x11; 20]));
    });
    let certificate = root.certificate;
    let read = |change: fn(&mut Vec<u8>)| Certificate::from_der(&rebuilt(&certificate, change));
    assert_eq!(read(|_| ()).unwrap(), certificate);
    // The version is five bytes, and left out where it is 1; the serial number follows.
    let version = read(|tbs| drop(tbs.drain(..5))).unwrap_err();
    assert_eq!(version, CertificateError::Version { version: 1 });
    let version = read(|tbs| tbs[0] = 0xa1).unwrap_err();
    assert_eq!(version, malformed("version"));
    let with_serial = |serial: &[u8]| {
        let serial = [&[2, u8::try_from(serial.len()).unwrap()], serial].concat();
        let der = rebuilt(&certificate, |tbs| drop(tbs.splice(5..27, serial)));
        Certificate::from_der(&der).map(|read| read.serial().to_owned())
    };
    assert_eq!(with_serial(&[0]).unwrap(), "00");
    assert_eq!(with_serial(&[0, 0x80]).unwrap(), "80");
    assert_eq!(with_serial(&[0xff; 1]).unwrap(), "ff");
    for serial in [&[][..], &[0, 1], &[0xff, 0xff], &[0x11; 22]] {
        assert_eq!(with_serial(serial), Err(CertificateError::Serial), "{serial:?}");
    }
    // A unique identifier after the key, where the extensions should be.
    let identifier = read(|tbs| tbs.extend([0x82, 2, 0, 1])).unwrap_err();
    assert_eq!(identifier, malformed("TBSCertificate"));
}

#[test]
fn a_name_has_a_limit() {
    let long = "x".repeat(5_000);
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = distinguished(&long);
    let der = params.self_signed(&super::support::key()).unwrap().der().to_vec();
    let error = Certificate::from_der(&der).unwrap_err();
    assert_eq!(error, CertificateError::NameTooLong { bytes: 5_003, limit: 4_096 });
}

#[test]
fn every_prefix_and_every_changed_byte_is_refused_or_read_without_panic() {
    let der = Authority::root("root", plain).certificate.der().to_vec();
    for end in 0..der.len() {
        assert!(Certificate::from_der(&der[..end]).is_err(), "{end}");
    }
    for at in 0..der.len() {
        for bits in [1, 0x20, 0x80, 0xff] {
            let mut changed = der.clone();
            changed[at] ^= bits;
            if let Ok(certificate) = Certificate::from_der(&changed) {
                assert_eq!(certificate.der(), changed);
                let _ = certificate.public_key();
            }
        }
    }
}

#[test]
fn extensions_are_read_or_the_certificate_refused() {
    let root = Authority::root("root", plain);
    let with = |oid: &[u64], content: &[u8]| {
        let mut params = rcgen::CertificateParams::default();
        params.custom_extensions = vec![extension(oid, false, content)];
        let key = super::support::key();
        Certificate::from_der(params.self_signed(&key).unwrap().der())
    };
    let cases: [(&[u64], &[u8], &'static str); 10] = [
        (&[2, 5, 29, 14], &[5, 0], "subjectKeyIdentifier"),
        (&[2, 5, 29, 15], &[5, 0], "keyUsage"),
        (&[2, 5, 29, 17], &[0x30, 2, 0x81, 1], "subjectAltName"),
        (&[2, 5, 29, 17], &[0x30, 3, 0x81, 1, 0xff], "IA5String"),
        (&[2, 5, 29, 17], &[0x30, 3, 0x87, 1, 1], "GeneralName"),
        (&[2, 5, 29, 17], &[0x30, 2, 5, 0], "GeneralName"),
        (&[2, 5, 29, 19], &[0x30, 3, 1, 1, 1], "basicConstraints"),
        (&[2, 5, 29, 35], &[0x30, 1], "authorityKeyIdentifier"),
        (&[2, 5, 29, 37], &[0x30, 0], "extendedKeyUsage"),
        (&[2, 5, 29, 37], &[0x30, 2, 5, 0], "extendedKeyUsage"),
    ];
    for (oid, content, structure) in cases {
        assert_eq!(with(oid, content).unwrap_err(), malformed(structure), "{oid:?}");
    }
    assert!(with(&[1, 2, 3, 4], &[0xff]).is_ok());
    let twice = root.leaf_of(&super::support::key(), |leaf| {
        leaf.custom_extensions = vec![extension(&[1, 2, 3, 4], false, &[5, 0])];
    });
    assert_eq!(twice.extension("1.2.3.4".parse().unwrap()).unwrap().value, [5, 0]);
}

#[test]
fn an_extension_that_occurs_twice_is_refused() {
    let mut params = rcgen::CertificateParams::default();
    params.custom_extensions =
        vec![extension(&[1, 2, 3, 4], false, &[5, 0]), extension(&[1, 2, 3, 5], false, &[5, 0])];
    let der = params.self_signed(&super::support::key()).unwrap().der().to_vec();
    let twice = replaced(&der, &[6, 3, 0x2a, 3, 5], &[6, 3, 0x2a, 3, 4]);
    let oid = "1.2.3.4".parse().unwrap();
    assert_eq!(
        Certificate::from_der(&twice).unwrap_err(),
        CertificateError::DuplicateExtension { oid }
    );
}

#[test]
fn there_is_a_limit_to_extensions_and_to_names() {
    let mut params = rcgen::CertificateParams::default();
    params.custom_extensions =
        (0..65).map(|number| extension(&[1, 2, 3, 4, number], false, &[5, 0])).collect();
    let der = params.self_signed(&super::support::key()).unwrap().der().to_vec();
    assert_eq!(
        Certificate::from_der(&der).unwrap_err(),
        CertificateError::TooManyExtensions { limit: 64 }
    );
    let mut params = rcgen::CertificateParams::default();
    params.subject_alt_names = (0..257).map(|_| uri("a:b")).collect();
    let der = params.self_signed(&super::support::key()).unwrap().der().to_vec();
    assert_eq!(
        Certificate::from_der(&der).unwrap_err(),
        CertificateError::TooManyNames { limit: 256 }
    );
}

#[test]
fn an_extension_is_cut_out_and_every_other_byte_kept() {
    let key = super::support::key();
    let root = Authority::root("root", plain);
    let one = extension(&[1, 2, 3, 4], true, &[5, 0]);
    let other = extension(&[1, 2, 3, 5], false, &[0x55; 300]);
    let serial = SerialNumber::from_slice(&[1]);
    let leaf = |extensions: &[&rcgen::CustomExtension]| {
        root.leaf_of(&key, |leaf| {
            leaf.serial_number = Some(serial.clone());
            leaf.custom_extensions = extensions.iter().copied().cloned().collect();
        })
    };
    let oid = "1.2.3.5".parse().unwrap();
    let cut = leaf(&[&other, &one]).tbs_der_without(oid);
    assert_eq!(cut.as_deref(), Some(leaf(&[&one]).tbs_der()));
    assert_eq!(leaf(&[&one]).tbs_der_without(oid), None);
}

#[test]
fn a_pem_text_may_have_several_certificates_and_text_between_them() {
    let root = Authority::root("root", plain);
    let leaf = root.leaf(plain);
    let text = format!(
        "subject=leaf\n{}\r\nissuer:\n{}",
        pem(&leaf),
        pem(&root.certificate).replace('\n', "\r\n  ")
    );
    assert_eq!(Certificate::from_pem(&text).unwrap(), [leaf, root.certificate]);
}

#[test]
fn a_pem_text_of_anything_else_is_refused() {
    let block = pem(&Authority::root("root", plain).certificate);
    let read = |text: &str| Certificate::from_pem(text).unwrap_err();
    assert_eq!(read(""), CertificateError::NoPem);
    let key = block.replace("CERTIFICATE", "PRIVATE KEY");
    assert_eq!(read(&format!("{block}{key}")), CertificateError::PemLabel);
    for text in [
        block.replace("-----END CERTIFICATE-----", ""),
        block.replace("-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\n*"),
    ] {
        let error = read(&text);
        assert!(matches!(error, CertificateError::Pem { .. }), "{error}");
    }
    let limit = MAX_PEM_CERTIFICATES;
    assert!(Certificate::from_pem(&block.repeat(limit)).is_ok());
    assert_eq!(read(&block.repeat(limit + 1)), CertificateError::TooManyPem { limit });
}
