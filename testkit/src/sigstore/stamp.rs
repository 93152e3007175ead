//! The timestamp authority (RFC 3161).

use super::authority::{authority, p384};
use super::der::{algorithm, oid, sequence, tlv};
use rcgen::{
    CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SerialNumber, SigningKey as _, date_time_ymd,
};
use sha2::{Digest as _, Sha256, Sha384};
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
/// `id-kp-timeStamping`, alone.
const TIME_STAMPING: [u8; 12] = [0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];
/// [`super::SIGNED_AT`] as a `GeneralizedTime`.
const TIME: &[u8] = b"20260601100200Z";

pub(super) struct TimestampAuthority {
    pub(super) root: CertifiedIssuer<'static, KeyPair>,
    pub(super) certificate: Vec<u8>,
    key: KeyPair,
}

impl TimestampAuthority {
    pub(super) fn new() -> Self {
        let root = CertifiedIssuer::self_signed(authority("timestamps"), p384()).expect("a root");
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name.push(DnType::CommonName, "timestamp signer");
        leaf.serial_number = Some(SerialNumber::from(0x2a_u64));
        leaf.not_before = date_time_ymd(2026, 1, 1);
        leaf.not_after = date_time_ymd(2036, 1, 1);
        leaf.is_ca = IsCa::NoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let mut purpose =
            CustomExtension::from_oid_content(&[2, 5, 29, 37], TIME_STAMPING.to_vec());
        purpose.set_criticality(true);
        leaf.custom_extensions.push(purpose);
        let key = p384();
        let certificate = leaf.signed_by(&key, &root).expect("a certificate").der().to_vec();
        Self { root, certificate, key }
    }

    /// A timestamp response over some bytes, without the signer's certificate.
    pub(super) fn stamp(&self, bytes: &[u8]) -> Vec<u8> {
        let imprint = sequence(&[&algorithm(SHA256), &tlv(4, &[Sha256::digest(bytes).as_slice()])]);
        let info =
            sequence(&[&[2, 1, 1], &oid("1.2.3.4"), &imprint, &[2, 1, 7], &tlv(0x18, &[TIME])]);
        let attribute = |kind: &str, value: &[u8]| sequence(&[&oid(kind), &tlv(0x31, &[value])]);
        let own = tlv(4, &[Sha256::digest(&self.certificate).as_slice()]);
        let mut attributes = [
            attribute("1.2.840.113549.1.9.3", &oid("1.2.840.113549.1.9.16.1.4")),
            attribute("1.2.840.113549.1.9.4", &tlv(4, &[Sha384::digest(&info).as_slice()])),
            attribute("1.2.840.113549.1.9.16.2.47", &sequence(&[&sequence(&[&sequence(&[&own])])])),
        ];
        attributes.sort();
        let attributes = attributes.concat();
        let signature = self.key.sign(&tlv(0x31, &[&attributes])).expect("a signature");
        let issuer = Certificate::from_der(&self.certificate).expect("a certificate");
        let issuer = issuer.tbs_certificate.issuer.to_der().expect("DER");
        let signer = sequence(&[
            &[2, 1, 1],
            &sequence(&[&issuer, &[2, 1, 0x2a]]),
            &algorithm(SHA384),
            &tlv(0xa0, &[&attributes]),
            &algorithm("1.2.840.10045.4.3.3"),
            &tlv(4, &[&signature]),
        ]);
        let content = tlv(0xa0, &[&tlv(4, &[&info])]);
        let signed = sequence(&[
            &[2, 1, 3],
            &tlv(0x31, &[&algorithm(SHA384)]),
            &sequence(&[&oid("1.2.840.113549.1.9.16.1.4"), &content]),
            &tlv(0x31, &[&signer]),
        ]);
        let token = sequence(&[&oid("1.2.840.113549.1.7.2"), &tlv(0xa0, &[&signed])]);
        sequence(&[&sequence(&[&[2, 1, 0]]), &token])
    }
}
