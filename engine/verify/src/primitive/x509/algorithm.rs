//! Which signature scheme an `AlgorithmIdentifier` means under a key.
//!
//! | algorithm | parameters | defined in |
//! |---|---|---|
//! | ECDSA with SHA-256, SHA-384, SHA-512, on P-256, P-384 or P-521 | absent | RFC 5758 section 3.2 |
//! | RSASSA-PKCS1-v1_5 with SHA-256, SHA-384, SHA-512 | `NULL`, or absent | RFC 4055 section 5 |
//! | RSASSA-PSS with the same, MGF1 with the same hash, a salt as long as the hash | | RFC 4055 section 3.1 |
//! | Ed25519 | absent | RFC 8410 section 3 |
//!
//! A PSS signature with the longest possible salt holds, too, although the parameters say another
//! length: only who has the key can make it. Refused: everything else, SHA-1 with an error of its own, because it is what old authorities
//! have.

use crate::primitive::key::PublicKey;
use crate::primitive::signature::{Hash, Scheme};
use der::Decode as _;
use der::asn1::{AnyRef, ObjectIdentifier};
use pkcs1::RsaPssParams;
use spki::AlgorithmIdentifierRef;

const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const RSA_SHA1_OIW: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.29");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Why an `AlgorithmIdentifier` means no scheme that is verified here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// It is not well formed.
    #[error("the signature algorithm is not a well-formed AlgorithmIdentifier")]
    Malformed,
    /// It uses SHA-1, for which collisions can be made.
    #[error("it is signed with SHA-1 ({oid}), which anybody can make collisions for")]
    Sha1 {
        /// The algorithm.
        oid: ObjectIdentifier,
    },
    /// It is not supported.
    #[error("the signature algorithm {oid} is not supported")]
    Unsupported {
        /// The algorithm.
        oid: ObjectIdentifier,
    },
    /// It is supported, but not with these parameters.
    #[error("the signature algorithm {oid} has parameters that are not accepted")]
    Parameters {
        /// The algorithm.
        oid: ObjectIdentifier,
    },
    /// The key is not one for this algorithm.
    #[error("the signature algorithm is {oid}, which the signer's key is not for")]
    Key {
        /// The algorithm.
        oid: ObjectIdentifier,
    },
}

/// The scheme that an `AlgorithmIdentifier`, DER, means under a key.
///
/// # Errors
/// [`AlgorithmError`] where it is none that is verified here.
pub fn scheme(algorithm: &[u8], key: &PublicKey) -> Result<Scheme, AlgorithmError> {
    let algorithm =
        AlgorithmIdentifierRef::from_der(algorithm).map_err(|_| AlgorithmError::Malformed)?;
    let (oid, parameters) = (algorithm.oid, algorithm.parameters);
    let accepted = match oid {
        ECDSA_SHA256 | ECDSA_SHA384 | ECDSA_SHA512 | ED25519 => parameters.is_none(),
        RSA_SHA256 | RSA_SHA384 | RSA_SHA512 => is_null_or_absent(parameters),
        _ => true,
    };
    if !accepted {
        return Err(AlgorithmError::Parameters { oid });
    }
    let schemes: &[Scheme] = match oid {
        ECDSA_SHA256 => {
            &[Scheme::EcdsaP256Sha256, Scheme::EcdsaP384Sha256, Scheme::EcdsaP521Sha256]
        }
        ECDSA_SHA384 => {
            &[Scheme::EcdsaP256Sha384, Scheme::EcdsaP384Sha384, Scheme::EcdsaP521Sha384]
        }
        ECDSA_SHA512 => {
            &[Scheme::EcdsaP256Sha512, Scheme::EcdsaP384Sha512, Scheme::EcdsaP521Sha512]
        }
        RSA_SHA256 => &[Scheme::RsaPkcs1(Hash::Sha256)],
        RSA_SHA384 => &[Scheme::RsaPkcs1(Hash::Sha384)],
        RSA_SHA512 => &[Scheme::RsaPkcs1(Hash::Sha512)],
        RSA_PSS => &[pss(parameters)?],
        ED25519 => &[Scheme::Ed25519],
        ECDSA_SHA1 | RSA_SHA1 | RSA_SHA1_OIW => return Err(AlgorithmError::Sha1 { oid }),
        _ => return Err(AlgorithmError::Unsupported { oid }),
    };
    schemes.iter().copied().find(|s| key.supports(*s)).ok_or(AlgorithmError::Key { oid })
}

fn is_null_or_absent(parameters: Option<AnyRef<'_>>) -> bool {
    parameters.is_none_or(|parameters| parameters == AnyRef::NULL)
}

/// What is left out of the parameters is SHA-1 and its length, so they cannot be left out.
fn pss(parameters: Option<AnyRef<'_>>) -> Result<Scheme, AlgorithmError> {
    let refused = AlgorithmError::Parameters { oid: RSA_PSS };
    let parameters: RsaPssParams<'_> =
        parameters.ok_or(refused)?.decode_as().map_err(|_| refused)?;
    let (hash, length) = match parameters.hash.oid {
        SHA256 => (Hash::Sha256, 32),
        SHA384 => (Hash::Sha384, 48),
        SHA512 => (Hash::Sha512, 64),
        SHA1 => return Err(AlgorithmError::Sha1 { oid: RSA_PSS }),
        _ => return Err(refused),
    };
    let mask = parameters.mask_gen.parameters.ok_or(refused)?;
    let accepted = parameters.mask_gen.oid == MGF1
        && mask.oid == parameters.hash.oid
        && is_null_or_absent(mask.parameters)
        && is_null_or_absent(parameters.hash.parameters)
        && parameters.salt_len == length;
    if accepted { Ok(Scheme::RsaPss(hash)) } else { Err(refused) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::Encode as _;
    use spki::AlgorithmIdentifier;

    /// RFC 8410 section 10.1.
    const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    fn read(
        oid: ObjectIdentifier,
        parameters: Option<AnyRef<'_>>,
    ) -> Result<Scheme, AlgorithmError> {
        let der = AlgorithmIdentifier { oid, parameters }.to_der().unwrap();
        scheme(&der, &PublicKey::from_pem(KEY).unwrap())
    }

    #[test]
    fn an_algorithm_that_is_not_the_keys_says_so() {
        assert_eq!(read(ED25519, None), Ok(Scheme::Ed25519));
        for oid in [ECDSA_SHA256, RSA_SHA512] {
            assert_eq!(read(oid, None), Err(AlgorithmError::Key { oid }));
        }
    }

    #[test]
    fn parameters_are_what_the_algorithm_wants() {
        for oid in [ED25519, ECDSA_SHA384, RSA_PSS] {
            assert_eq!(read(oid, Some(AnyRef::NULL)), Err(AlgorithmError::Parameters { oid }));
        }
        let oid = RSA_SHA256;
        assert_eq!(read(oid, Some(AnyRef::NULL)), Err(AlgorithmError::Key { oid }));
        let refused = Err(AlgorithmError::Parameters { oid });
        assert_eq!(read(oid, Some(AnyRef::from(&oid))), refused);
    }

    #[test]
    fn what_is_no_algorithm_is_malformed() {
        let key = PublicKey::from_pem(KEY).unwrap();
        for der in [&[][..], &[5, 0], &[0x30, 0], &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 0]] {
            assert_eq!(scheme(der, &key), Err(AlgorithmError::Malformed));
        }
    }
}
