//! Signatures: made and checked by AWS-LC; what it does not take (small moduli, other salt
//! lengths, P-224) is checked by arithmetic on public values.

mod sign;
mod verify;

pub(crate) use sign::{ecdsa as sign_ecdsa, ed25519 as sign_ed25519, rsa as sign_rsa};
pub(crate) use verify::{Salt, ecdsa, ecdsa_der, ed25519, rsa_pkcs1, rsa_pss};
