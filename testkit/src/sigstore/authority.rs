//! The authority and the certificate log that it tells of what it issues.

use super::der::tlv;
use super::log::{Key, opaque};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, SanType, SigningKey as _, date_time_ymd,
};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::{Decode as _, Encode as _};

/// `1.3.6.1.4.1.57264.1`, below which the authority writes its claims.
const FULCIO: [u64; 8] = [1, 3, 6, 1, 4, 1, 57_264, 1];
/// The extension with the list of certificate timestamps (RFC 6962 section 3.3).
const SCT_LIST: [u64; 10] = [1, 3, 6, 1, 4, 1, 11_129, 2, 4, 2];

/// A workflow that signs.
#[derive(Clone, Debug)]
pub struct Workflow {
    /// What the certificate names: the workflow's file at its ref.
    pub subject: String,
    /// Who vouches for it.
    pub issuer: String,
}

impl Default for Workflow {
    fn default() -> Self {
        Self {
            subject: "https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main"
                .to_owned(),
            issuer: "https://token.actions.githubusercontent.com".to_owned(),
        }
    }
}

impl Workflow {
    /// What a certificate for a GitHub workflow claims, by the number of each claim.
    fn claims(&self) -> [(u64, String); 19] {
        let (repository, commit) = ("https://github.com/acme/app", "5".repeat(40));
        [
            (2, "push".to_owned()),
            (3, commit.clone()),
            (4, "release".to_owned()),
            (5, "acme/app".to_owned()),
            (6, "refs/heads/main".to_owned()),
            (8, self.issuer.clone()),
            (9, self.subject.clone()),
            (10, commit.clone()),
            (11, "github-hosted".to_owned()),
            (12, repository.to_owned()),
            (13, commit.clone()),
            (14, "refs/heads/main".to_owned()),
            (15, "632596897".to_owned()),
            (16, "https://github.com/acme".to_owned()),
            (17, "131804563".to_owned()),
            (18, self.subject.clone()),
            (19, commit),
            (20, "push".to_owned()),
            (21, format!("{repository}/actions/runs/8344000491/attempts/1")),
        ]
    }
}

/// A key of one run, and the certificate for it.
pub struct Signer {
    pub(super) key: KeyPair,
    pub(super) certificate: Vec<u8>,
    /// The authority that issued it.
    pub(super) intermediate: Vec<u8>,
}

impl Signer {
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message).expect("a signature")
    }
}

pub(super) struct Authority {
    pub(super) root: CertifiedIssuer<'static, KeyPair>,
    pub(super) intermediate: CertifiedIssuer<'static, KeyPair>,
    pub(super) log: Key,
}

impl Authority {
    pub(super) fn new() -> Self {
        let root = CertifiedIssuer::self_signed(authority("root"), p384()).expect("a root");
        let mut params = authority("intermediate");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        let intermediate =
            CertifiedIssuer::signed_by(params, p384(), &root).expect("an intermediate");
        Self { root, intermediate, log: Key::new(&PKCS_ECDSA_P256_SHA256) }
    }

    pub(super) fn issue(&self, workflow: &Workflow) -> Signer {
        let key = p256();
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        let serial = Sha256::digest(key.public_key_raw());
        leaf.serial_number = Some(rcgen::SerialNumber::from_slice(&serial[..16]));
        leaf.not_before = date_time_ymd(2026, 6, 1) + Duration::from_secs(10 * 3600);
        leaf.not_after = leaf.not_before + Duration::from_secs(600);
        leaf.is_ca = IsCa::NoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        leaf.use_authority_key_identifier_extension = true;
        let uri = workflow.subject.as_str().try_into().expect("an IA5String");
        leaf.subject_alt_names = vec![SanType::URI(uri)];
        let issuer = workflow.issuer.clone().into_bytes();
        leaf.custom_extensions = vec![claim(1, issuer)];
        leaf.custom_extensions.extend(workflow.claims().into_iter().map(|(number, value)| {
            // The first ones are text as it is, the others a UTF8String.
            let plain = number <= 6;
            claim(number, if plain { value.into() } else { tlv(0x0c, &[value.as_bytes()]) })
        }));
        let precertificate = self.sign(&leaf, &key);
        let stamp = self.timestamp(&precertificate);
        let list = tlv(4, &[&opaque(&stamp)]);
        leaf.custom_extensions.push(CustomExtension::from_oid_content(&SCT_LIST, list));
        Signer {
            certificate: self.sign(&leaf, &key),
            intermediate: self.intermediate.der().to_vec(),
            key,
        }
    }

    fn sign(&self, leaf: &CertificateParams, key: &KeyPair) -> Vec<u8> {
        leaf.signed_by(key, &self.intermediate).expect("a certificate").der().to_vec()
    }

    /// A certificate timestamp with its length in front (RFC 6962 section 3.2): this one is over
    /// what the certificate without timestamps has signed.
    fn timestamp(&self, precertificate: &[u8]) -> Vec<u8> {
        let read = |der: &[u8]| Certificate::from_der(der).expect("a certificate").tbs_certificate;
        let signed = read(precertificate).to_der().expect("DER");
        let issuer = read(self.intermediate.der()).subject_public_key_info.to_der().expect("DER");
        let milliseconds = (super::SIGNED_AT * 1_000).to_be_bytes();
        let length = u32::try_from(signed.len()).expect("short enough").to_be_bytes();
        let message = [
            &[0, 0],
            &milliseconds[..],
            &[0, 1],
            Sha256::digest(issuer).as_slice(),
            &length[1..],
            &signed,
            &[0, 0],
        ]
        .concat();
        let signature = opaque(&self.log.sign(&message));
        let id = Sha256::digest(&self.log.spki);
        opaque(&[&[0], id.as_slice(), &milliseconds, &[0, 0], &[4, 3], &signature].concat())
    }
}

fn claim(number: u64, value: Vec<u8>) -> CustomExtension {
    CustomExtension::from_oid_content(&[&FULCIO[..], &[number]].concat(), value)
}

pub(super) fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "acme.example");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2036, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    params
}

pub(super) fn p384() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).expect("a key")
}

pub(super) fn p256() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}
