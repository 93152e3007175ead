//! Tokens of our making: good ones, and such as no authority makes.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA384, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::signature::Hash;
use referee_verify::primitive::x509::Certificate;
use referee_verify::protocol::timestamp::{Authority, Stamp, TimestampError, verify};

pub(crate) use referee_testkit::sigstore::der::{algorithm, oid, sequence, tlv};

pub(crate) const MESSAGE: &[u8] = b"a signature";
/// `id-kp-timeStamping`, alone.
const TIME_STAMPING: &[u8] = &[0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8];

pub(crate) const SHA1: &str = "1.3.14.3.2.26";
pub(crate) const SHA256: &str = "2.16.840.1.101.3.4.2.1";
pub(crate) const SHA384: &str = "2.16.840.1.101.3.4.2.2";
pub(crate) const SHA512: &str = "2.16.840.1.101.3.4.2.3";
pub(crate) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// How the authority's key is used.
#[derive(Clone, Copy)]
pub(crate) enum With {
    P256,
    P384,
    P521,
    RsaPkcs1,
    RsaPss,
    Ed25519,
}

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// An authority with a root of its own.
pub(crate) struct Tsa {
    pub(crate) root: Certificate,
    pub(crate) leaf: Certificate,
    sign: Sign,
    digest: Vec<u8>,
    hash: Hash,
    algorithm: Vec<u8>,
}

impl Tsa {
    pub(crate) fn new(with: With) -> Self {
        Self::for_purposes(with, TIME_STAMPING, true)
    }

    pub(crate) fn for_purposes(with: With, purposes: &[u8], critical: bool) -> Self {
        let root_key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let root_der = root.self_signed(&root_key).unwrap().der().to_vec();

        let (key, sign, digest, hash, algorithm) = key(with);
        let mut leaf = CertificateParams::default();
        leaf.distinguished_name.push(DnType::CommonName, "signer");
        leaf.serial_number = Some(SerialNumber::from(0xdead_beef_u64));
        leaf.key_identifier_method = KeyIdMethod::PreSpecified(vec![1, 2, 3, 4]);
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.use_authority_key_identifier_extension = true;
        let mut eku = CustomExtension::from_oid_content(&[2, 5, 29, 37], purposes.to_vec());
        eku.set_criticality(critical);
        leaf.custom_extensions.push(eku);
        let issuer = Issuer::from_params(&root, &root_key);
        let leaf_der = leaf.signed_by(&key, &issuer).unwrap().der().to_vec();
        Self {
            root: Certificate::from_der(&root_der).unwrap(),
            leaf: Certificate::from_der(&leaf_der).unwrap(),
            sign,
            digest,
            hash,
            algorithm,
        }
    }

    pub(crate) fn pinned(&self) -> Authority {
        Authority::pinned("pinned".into(), &[self.leaf.clone(), self.root.clone()]).unwrap()
    }

    pub(crate) fn anchored(&self) -> Authority {
        Authority::anchored("anchored".into(), vec![self.root.clone()])
    }

    /// The parts of a good token.
    pub(crate) fn plan(&self) -> Plan {
        let imprint = sequence(&[&algorithm(SHA256), &tlv(4, &[&Hash::Sha256.of(MESSAGE)])]);
        let serial = tlv(2, &[&[0, 0xde, 0xad, 0xbe, 0xef]]);
        Plan {
            status: Some(0),
            version: 3,
            content_type: oid("1.2.840.113549.1.9.16.1.4"),
            info: sequence(&[
                &[2, 1, 1],
                &oid("1.2.3.4"),
                &imprint,
                &[2, 1, 42],
                &tlv(0x18, &[b"20300101000000.25Z"]),
            ]),
            certificates: vec![self.leaf.der().to_vec()],
            signers: 1,
            signer_version: 1,
            signer: sequence(&[self.leaf.issuer_der(), &serial]),
            digests: self.digest.clone(),
            digest: self.digest.clone(),
            more: Vec::new(),
            left_out: None,
            signing: Some((
                "1.2.840.113549.1.9.16.2.47",
                sequence(&[&sequence(&[&sequence(&[&tlv(
                    4,
                    &[&Hash::Sha256.of(self.leaf.der())],
                )])])]),
            )),
            algorithm: self.algorithm.clone(),
            is_sorted: true,
        }
    }

    pub(crate) fn make(&self, plan: &Plan) -> Vec<u8> {
        let attribute = |kind: &str, value: &[u8]| sequence(&[&oid(kind), &tlv(0x31, &[value])]);
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &oid("1.2.840.113549.1.9.16.1.4")),
            attribute("1.2.840.113549.1.9.4", &tlv(4, &[&self.hash.of(&plan.info)])),
        ];
        if let Some((kind, value)) = &plan.signing {
            attributes.push(attribute(kind, value));
        }
        if let Some(left_out) = plan.left_out {
            attributes.remove(left_out);
        }
        attributes.extend(plan.more.iter().cloned());
        attributes.sort();
        if !plan.is_sorted {
            attributes.reverse();
        }
        let attributes = attributes.concat();
        let signature = (self.sign)(&tlv(0x31, &[&attributes]));
        let signer = sequence(&[
            &[2, 1, plan.signer_version],
            &plan.signer,
            &plan.digest,
            &tlv(0xa0, &[&attributes]),
            &plan.algorithm,
            &tlv(4, &[&signature]),
        ]);
        let content = tlv(0xa0, &[&tlv(4, &[&plan.info])]);
        let signed = sequence(&[
            &[2, 1, plan.version],
            &tlv(0x31, &[&plan.digests]),
            &sequence(&[&plan.content_type, &content]),
            &tlv(0xa0, &[&plan.certificates.concat()]),
            &tlv(0x31, &[&signer.repeat(plan.signers)]),
        ]);
        let token = sequence(&[&oid("1.2.840.113549.1.7.2"), &tlv(0xa0, &[&signed])]);
        match plan.status {
            None => token,
            Some(status) => sequence(&[&sequence(&[&[2, 1, status]]), &token]),
        }
    }

    /// The good token, changed by its maker, under the authority with its signer embedded.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Plan)) -> Result<Stamp, TimestampError> {
        let mut plan = self.plan();
        change(&mut plan);
        verify(&self.make(&plan), MESSAGE, &[self.anchored()], &Memory::default())
    }
}

/// What a token is made of.
pub(crate) struct Plan {
    pub(crate) status: Option<u8>,
    pub(crate) version: u8,
    pub(crate) content_type: Vec<u8>,
    pub(crate) info: Vec<u8>,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) signers: usize,
    pub(crate) signer_version: u8,
    pub(crate) signer: Vec<u8>,
    pub(crate) digests: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    /// Attributes beyond the usual.
    pub(crate) more: Vec<Vec<u8>>,
    /// Which of the usual attributes is not there.
    pub(crate) left_out: Option<usize>,
    /// The attribute that binds the signer's certificate.
    pub(crate) signing: Option<(&'static str, Vec<u8>)>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) is_sorted: bool,
}

/// A key as rcgen knows it, how it signs, and what the token says about that.
fn key(with: With) -> (KeyPair, Sign, Vec<u8>, Hash, Vec<u8>) {
    use aws_lc_rs::encoding::AsDer as _;
    let ecdsa = |kind| {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref()).unwrap();
        let sign: Sign = Box::new(move |message| {
            pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        });
        (KeyPair::try_from(pkcs8.as_ref()).unwrap(), sign)
    };
    let rsa = |encoding: &'static dyn RsaEncoding| {
        let pair = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        let pkcs8 = pair.as_der().unwrap();
        let sign: Sign = Box::new(move |message| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        });
        (KeyPair::try_from(pkcs8.as_ref()).unwrap(), sign)
    };
    let plain = |(pair, sign), digest: &str, hash, signature: &str| {
        (pair, sign, algorithm(digest), hash, algorithm(signature))
    };
    match with {
        With::P256 => {
            let made = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING);
            plain(made, SHA256, Hash::Sha256, ECDSA_SHA256)
        }
        With::P384 => {
            let made = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING);
            plain(made, SHA384, Hash::Sha384, "1.2.840.10045.4.3.3")
        }
        With::P521 => {
            let made = ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING);
            plain(made, SHA512, Hash::Sha512, "1.2.840.10045.4.3.4")
        }
        With::RsaPkcs1 => {
            plain(rsa(&RSA_PKCS1_SHA384), SHA384, Hash::Sha384, "1.2.840.113549.1.1.12")
        }
        With::RsaPss => {
            let (pair, sign) = rsa(&RSA_PSS_SHA256);
            let mask = sequence(&[&oid("1.2.840.113549.1.1.8"), &algorithm(SHA256)]);
            let parameters = sequence(&[
                &tlv(0xa0, &[&algorithm(SHA256)]),
                &tlv(0xa1, &[&mask]),
                &tlv(0xa2, &[&[2, 1, 32]]),
            ]);
            let signature = sequence(&[&oid("1.2.840.113549.1.1.10"), &parameters]);
            (pair, sign, algorithm(SHA256), Hash::Sha256, signature)
        }
        With::Ed25519 => {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
            let sign: Sign = Box::new(move |message| pair.sign(message).as_ref().to_vec());
            let key = KeyPair::try_from(pkcs8.as_ref()).unwrap();
            plain((key, sign), SHA512, Hash::Sha512, "1.3.101.112")
        }
    }
}
