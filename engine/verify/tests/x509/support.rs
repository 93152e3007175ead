//! Chains made at run time, with one thing wrong in each.

use der::asn1::{AnyRef, BitString};
use der::{Encode as _, Tag};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType, SigningKey as _,
    date_time_ymd,
};
use referee_core::Timestamp;
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::{Certificate, Path, PathError, Usage, path};

/// An authority that can issue.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    pub(crate) certificate: Certificate,
}

impl Authority {
    fn of(issuer: CertifiedIssuer<'static, KeyPair>) -> Self {
        let certificate = Certificate::from_der(issuer.der()).unwrap();
        Self { issuer, certificate }
    }

    /// A root of this name.
    pub(crate) fn root(name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let params = authority(name, change);
        Self::of(CertifiedIssuer::self_signed(params, key()).unwrap())
    }

    /// An authority below this one.
    pub(crate) fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let params = authority(name, change);
        Self::of(CertifiedIssuer::signed_by(params, key(), &self.issuer).unwrap())
    }

    /// The DER of a certificate with this `TBSCertificate`, whatever that is, signed properly.
    pub(crate) fn signed(&self, tbs: &[u8]) -> Vec<u8> {
        const ECDSA_SHA256: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        let signature = self.issuer.key().sign(tbs).unwrap();
        let signature = BitString::from_bytes(&signature).unwrap().to_der().unwrap();
        let content = [tbs, &ECDSA_SHA256, &signature].concat();
        AnyRef::new(Tag::Sequence, &content).unwrap().to_der().unwrap()
    }

    /// A leaf for code signing.
    pub(crate) fn leaf(&self, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        self.leaf_of(&key(), change)
    }

    /// A leaf for code signing with this key.
    pub(crate) fn leaf_of(
        &self,
        key: &KeyPair,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Certificate {
        let mut params = named("leaf");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        change(&mut params);
        let leaf = params.signed_by(key, &self.issuer).unwrap();
        Certificate::from_der(leaf.der()).unwrap()
    }
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished(name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2030, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

fn authority(name: &str, change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    change(&mut params);
    params
}

pub(crate) fn distinguished(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Leaves everything as it is.
pub(crate) fn plain(_: &mut CertificateParams) {}

/// An extension with these bytes.
pub(crate) fn extension(oid: &[u64], critical: bool, content: &[u8]) -> CustomExtension {
    let mut extension = CustomExtension::from_oid_content(oid, content.to_vec());
    extension.set_criticality(critical);
    extension
}

/// `name` as a UTF8String.
pub(crate) fn utf8(text: &str) -> Vec<u8> {
    assert!(text.len() < 128);
    let mut der = vec![0x0c, u8::try_from(text.len()).unwrap()];
    der.extend_from_slice(text.as_bytes());
    der
}

pub(crate) fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().unwrap())
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The time at which everything made here is valid unless it is said otherwise.
pub(crate) fn now() -> Timestamp {
    time("2026-01-01T00:00:00Z")
}

/// A path for code signing at the usual time.
pub(crate) fn find(
    leaf: &Certificate,
    intermediates: &[Certificate],
    anchors: &[Certificate],
) -> Result<Path, PathError> {
    path(leaf, intermediates, anchors, Usage::CodeSigning, now(), &Memory::default())
}

/// The folder of other people's test data.
pub(crate) fn vectors() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("REFEREE_VECTORS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        std::path::PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: no vectors in {}", folder.display());
    None
}
