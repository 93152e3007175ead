//! JSON Web Keys (RFC 7517): parsed in the order and refused in the words of the library that OPA
//! uses (lestrrat-go/jwx v3), because its errors show in policies.

mod export;
mod fields;
mod parse;

pub(crate) use export::RawKey;
pub(crate) use parse::parse;

/// What a key says of itself beside its material.
#[derive(Clone, Debug, Default)]
pub(crate) struct Common {
    pub(crate) algorithm: Option<String>,
    pub(crate) id: Option<String>,
}

/// The material of a key, by type.
#[derive(Clone)]
pub(crate) enum Material {
    RsaPublic { n: Vec<u8>, e: Vec<u8> },
    RsaPrivate(Box<RsaMaterial>),
    EcPublic { curve: String, x: Vec<u8>, y: Vec<u8> },
    EcPrivate { curve: String, x: Vec<u8>, y: Vec<u8>, d: Vec<u8> },
    OkpPublic { curve: String, x: Vec<u8> },
    OkpPrivate { curve: String, x: Vec<u8>, d: Vec<u8> },
    Symmetric(Vec<u8>),
}

/// A private key of RSA as it is written.
#[derive(Clone, Default)]
pub(crate) struct RsaMaterial {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
    pub(crate) d: Vec<u8>,
    pub(crate) p: Option<Vec<u8>>,
    pub(crate) q: Option<Vec<u8>>,
    pub(crate) dp: Option<Vec<u8>>,
    pub(crate) dq: Option<Vec<u8>>,
    pub(crate) qi: Option<Vec<u8>>,
}

/// A key.
#[derive(Clone)]
pub(crate) struct Jwk {
    pub(crate) common: Common,
    pub(crate) material: Material,
}

impl Jwk {
    /// What Go calls its type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.material {
            Material::RsaPublic { .. } => "*jwk.rsaPublicKey",
            Material::RsaPrivate(_) => "*jwk.rsaPrivateKey",
            Material::EcPublic { .. } => "*jwk.ecdsaPublicKey",
            Material::EcPrivate { .. } => "*jwk.ecdsaPrivateKey",
            Material::OkpPublic { .. } => "*jwk.okpPublicKey",
            Material::OkpPrivate { .. } => "*jwk.okpPrivateKey",
            Material::Symmetric(_) => "*jwk.symmetricKey",
        }
    }
}
