//! Why a text is not a public key that this product verifies with.

use der::asn1::ObjectIdentifier;
use referee_core::Coded;

/// Why a text is not a public key that this product verifies with. No variant carries content of
/// what was read beyond labels, object identifiers and sizes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no PEM block.
    #[error("there is no PEM block in it")]
    NoPem,
    /// There are several PEM blocks.
    #[error("there are {count} PEM blocks in it, and a key is one")]
    SeveralBlocks {
        /// How many.
        count: usize,
    },
    /// The PEM block is not well formed.
    #[error("the PEM block is malformed: {problem}")]
    Pem {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A private key.
    #[error("this is a private key ({label}), which must not be here")]
    PrivateKey {
        /// The PEM label.
        label: String,
    },
    /// A certificate.
    #[error("this is a certificate, not a public key")]
    Certificate,
    /// A PEM block of another kind.
    #[error("the PEM block is a {label:?}, not a public key")]
    Label {
        /// The PEM label.
        label: String,
    },
    /// The content is not the DER that its label promises.
    #[error("the key is not a well-formed {structure}")]
    Malformed {
        /// `SubjectPublicKeyInfo`, `RSAPublicKey`, …
        structure: &'static str,
    },
    /// The algorithm is not one that this product verifies.
    #[error("keys for {} are not supported", named(name, oid))]
    Algorithm {
        /// Its object identifier.
        oid: ObjectIdentifier,
        /// Its name, where this product knows it.
        name: Option<&'static str>,
    },
    /// The curve is not one that this product verifies on.
    #[error("keys on the curve {curve} are not supported")]
    Curve {
        /// Its name, or its object identifier.
        curve: String,
    },
    /// The RSA modulus is too short or too long.
    #[error(
        "the RSA key has {bits} bits; {} to {} are accepted",
        super::key::MIN_RSA_BITS,
        super::key::MAX_RSA_BITS
    )]
    RsaSize {
        /// Its length.
        bits: usize,
    },
    /// The RSA exponent is even, too small or too large.
    #[error("the RSA key has an exponent that is even, below 65537 or over 33 bits long")]
    RsaExponent,
    /// An RSASSA-PSS key is restricted to parameters that this product does not verify.
    #[error("the RSASSA-PSS key is restricted to {restriction}")]
    PssParameters {
        /// What it is restricted to.
        restriction: &'static str,
    },
    /// The numbers are not a key: a point that is not on its curve, an even modulus.
    #[error("the numbers in it are not a key of its algorithm")]
    Rejected,
    /// An Ed25519 point of small order, under which anybody can sign (RFC 8032 section 8.9).
    #[error("the Ed25519 key is a point of small order, under which anybody can sign")]
    Weak,
}

fn named(name: &Option<&'static str>, oid: &ObjectIdentifier) -> String {
    name.map_or_else(|| format!("the algorithm {oid}"), str::to_owned)
}

impl KeyError {
    /// Every code of this type; `docs/signature-errors.md` has them all.
    pub const CODES: &'static [&'static str] = &[
        "key_no_pem",
        "key_several_pem",
        "key_malformed_pem",
        "key_private",
        "key_certificate",
        "key_label",
        "key_malformed",
        "key_algorithm",
        "key_curve",
        "key_rsa_size",
        "key_rsa_exponent",
        "key_pss_parameters",
        "key_rejected",
        "key_weak",
    ];
}

impl Coded for KeyError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoPem => "key_no_pem",
            Self::SeveralBlocks { .. } => "key_several_pem",
            Self::Pem { .. } => "key_malformed_pem",
            Self::PrivateKey { .. } => "key_private",
            Self::Certificate => "key_certificate",
            Self::Label { .. } => "key_label",
            Self::Malformed { .. } => "key_malformed",
            Self::Algorithm { .. } => "key_algorithm",
            Self::Curve { .. } => "key_curve",
            Self::RsaSize { .. } => "key_rsa_size",
            Self::RsaExponent => "key_rsa_exponent",
            Self::PssParameters { .. } => "key_pss_parameters",
            Self::Rejected => "key_rejected",
            Self::Weak => "key_weak",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoPem => "a key starts with the line `-----BEGIN PUBLIC KEY-----`",
            Self::SeveralBlocks { .. } => "give each key an entry of its own",
            Self::Pem { .. } => "copy the whole block again, from its BEGIN line to its END line",
            Self::PrivateKey { .. } => {
                "replace it by the public key (`cosign public-key --key FILE`, or \
                 `openssl pkey -in FILE -pubout`), and consider whether the private key has to \
                 be replaced"
            }
            Self::Certificate => {
                "take the key out of it: `openssl x509 -in FILE -noout -pubkey`; its issuer and \
                 its dates are then not checked"
            }
            Self::Label { .. } | Self::Malformed { .. } | Self::Rejected => {
                "write it with `openssl pkey -pubin -in FILE -pubout`"
            }
            Self::Algorithm { .. } | Self::Curve { .. } => {
                "use ECDSA on P-256, P-384 or P-521, RSA, or Ed25519"
            }
            Self::RsaSize { .. } | Self::RsaExponent | Self::Weak => "make a new key",
            Self::PssParameters { .. } => {
                "use SHA-256, SHA-384 or SHA-512 for both hash and mask, with a salt as long as \
                 the hash"
            }
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_listed_code_and_a_hint() {
        let oid = ObjectIdentifier::new_unwrap("1.2.3");
        let errors = [
            KeyError::NoPem,
            KeyError::SeveralBlocks { count: 2 },
            KeyError::Pem { problem: "" },
            KeyError::PrivateKey { label: String::new() },
            KeyError::Certificate,
            KeyError::Label { label: String::new() },
            KeyError::Malformed { structure: "" },
            KeyError::Algorithm { oid, name: None },
            KeyError::Curve { curve: String::new() },
            KeyError::RsaSize { bits: 1 },
            KeyError::RsaExponent,
            KeyError::PssParameters { restriction: "" },
            KeyError::Rejected,
            KeyError::Weak,
        ];
        let codes: Vec<_> = errors.iter().map(Coded::code).collect();
        assert_eq!(codes, KeyError::CODES);
        assert!(errors.iter().all(|error| error.hint().is_some()));
    }
}
