//! What Sigstore's certificate authority writes into its certificates: the claims of the token
//! that the signer identified with, and the signer's identity.
//!
//! Follows Fulcio's `docs/oid-info.md`: extensions below `1.3.6.1.4.1.57264.1`, of which 1 to 6 are
//! text as it is and 8 and above a DER UTF8String; names as sigstore-go's certificate summary has
//! them. Refused: a claim of a known name that is not text, or longer than [`MAX_CLAIM`].

use super::certificate::Certificate;
use super::name::{AlternativeName, utf8};
use der::asn1::ObjectIdentifier;
use serde_json::{Map, Value};

/// The longest claim, in bytes. A shortened one would be another claim.
pub const MAX_CLAIM: usize = 4_096;

/// Below which the claims stand.
const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");
/// A user name as an `otherName`.
const OTHER_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
const ISSUER_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");

/// Who signed, according to a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The e-mail address, the URI or the user name.
    pub subject: String,
    /// Which of these it is.
    pub kind: IdentityKind,
    /// Who vouched for it: the URL of an OpenID Connect provider. `None` where an authority names
    /// signers of its own, as GitHub's does that of releases.
    pub issuer: Option<String>,
}

/// The kind of a signer's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentityKind {
    /// An e-mail address.
    Email,
    /// A URI: a workflow, a SPIFFE id.
    Uri,
    /// A user name, `name!domain`.
    Username,
}

/// Why a certificate does not say who signed, or says what cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FulcioError {
    /// A claim is not text of the form that its place requires.
    #[error("the certificate's claim {oid} is not text")]
    Claim {
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// A claim or name is too long.
    #[error("the certificate has a claim or name of {bytes} bytes, and {limit} are accepted")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// There is no alternative name.
    #[error("the certificate has no subject alternative name, so it names no signer")]
    NoName,
    /// There are several alternative names.
    #[error("the certificate has {count} subject alternative names, and a signer has one")]
    SeveralNames {
        /// How many.
        count: usize,
    },
    /// The alternative name is neither an e-mail address, nor a URI, nor a user name.
    #[error("the certificate's subject alternative name is no e-mail address, URI or user name")]
    NameKind,
    /// The alternative name is empty, or has control characters in it.
    #[error("the certificate's subject alternative name is empty or has control characters")]
    NameMalformed,
    /// The two places for the issuer differ.
    #[error("the certificate names two issuers of the signer's identity: {old:?} and {new:?}")]
    IssuersDiffer {
        /// That of 1.3.6.1.4.1.57264.1.1.
        old: String,
        /// That of 1.3.6.1.4.1.57264.1.8.
        new: String,
    },
}

/// The claims under their documented names; those without one under their object identifier, where
/// they are text. Empty ones are left out, as other tools do.
///
/// # Errors
/// [`FulcioError`] where a claim of a known name cannot be read.
pub fn claims(certificate: &Certificate) -> Result<Map<String, Value>, FulcioError> {
    let mut claims = Map::new();
    for (oid, extension) in certificate.extensions() {
        let Some(number) = number(oid) else { continue };
        let Some((name, form)) = known(number) else {
            // Not ours to refuse: what it is may be decided yet.
            if let Some(text) = utf8(extension.value).filter(|text| text.len() <= MAX_CLAIM) {
                claims.insert(oid.to_string(), Value::String(text));
            }
            continue;
        };
        let text = read(oid, extension.value, form)?;
        // The old place of the issuer yields to the new one, which may stand before it.
        if text.is_empty() || (oid == ISSUER && claims.contains_key(name)) {
            continue;
        }
        claims.insert(name.to_owned(), Value::String(text));
    }
    Ok(claims)
}

/// Who signed. Says nothing about who issued the certificate.
///
/// # Errors
/// [`FulcioError`] where the certificate does not name one signer, or names two who vouched for it.
pub fn identity(certificate: &Certificate) -> Result<Identity, FulcioError> {
    let (subject, kind) = match certificate.alternative_names() {
        [] => return Err(FulcioError::NoName),
        [AlternativeName::Email(email)] => (email.clone(), IdentityKind::Email),
        [AlternativeName::Uri(uri)] => (uri.clone(), IdentityKind::Uri),
        [AlternativeName::Other { oid: OTHER_NAME, value }] => {
            let name = utf8(value).ok_or(FulcioError::Claim { oid: OTHER_NAME })?;
            (name, IdentityKind::Username)
        }
        [_] => return Err(FulcioError::NameKind),
        several => return Err(FulcioError::SeveralNames { count: several.len() }),
    };
    if subject.is_empty() || subject.chars().any(char::is_control) {
        return Err(FulcioError::NameMalformed);
    }
    bounded(subject.len())?;
    let issuer = |oid, form| {
        let extension = certificate.extension(oid);
        extension.map(|extension| read(oid, extension.value, form)).transpose()
    };
    let old = issuer(ISSUER, Form::Plain)?;
    let new = issuer(ISSUER_V2, Form::Utf8)?;
    let issuer = match (old, new) {
        (Some(old), Some(new)) if old != new => {
            return Err(FulcioError::IssuersDiffer { old, new });
        }
        (old, new) => new.or(old).filter(|issuer| !issuer.is_empty()),
    };
    Ok(Identity { subject, kind, issuer })
}

/// How a claim is written.
#[derive(Clone, Copy)]
enum Form {
    /// As it is.
    Plain,
    /// As a DER UTF8String.
    Utf8,
}

fn read(oid: ObjectIdentifier, value: &[u8], form: Form) -> Result<String, FulcioError> {
    bounded(value.len())?;
    let text = match form {
        Form::Plain => std::str::from_utf8(value).ok().map(str::to_owned),
        Form::Utf8 => utf8(value),
    };
    text.ok_or(FulcioError::Claim { oid })
}

fn bounded(bytes: usize) -> Result<(), FulcioError> {
    if bytes > MAX_CLAIM {
        return Err(FulcioError::TooLong { bytes, limit: MAX_CLAIM });
    }
    Ok(())
}

/// The number of a claim, if an extension is one.
fn number(oid: ObjectIdentifier) -> Option<u32> {
    let below = oid.as_bytes().strip_prefix(FULCIO.as_bytes())?;
    // X.690 section 8.19.2: seven bits a byte, the last byte without the highest bit.
    let (last, first) = below.split_last()?;
    let more = first.iter().all(|byte| byte & 0x80 != 0);
    if !more || last & 0x80 != 0 {
        return None;
    }
    below.iter().try_fold(0_u32, |number, byte| {
        number.checked_mul(128)?.checked_add(u32::from(byte & 0x7f))
    })
}

/// The name and form of a claim, by its number. The last two are newer than sigstore-go's summary
/// and named in its way.
fn known(number: u32) -> Option<(&'static str, Form)> {
    let name = match number {
        1 | 8 => "issuer",
        2 => "githubWorkflowTrigger",
        3 => "githubWorkflowSHA",
        4 => "githubWorkflowName",
        5 => "githubWorkflowRepository",
        6 => "githubWorkflowRef",
        9 => "buildSignerURI",
        10 => "buildSignerDigest",
        11 => "runnerEnvironment",
        12 => "sourceRepositoryURI",
        13 => "sourceRepositoryDigest",
        14 => "sourceRepositoryRef",
        15 => "sourceRepositoryIdentifier",
        16 => "sourceRepositoryOwnerURI",
        17 => "sourceRepositoryOwnerIdentifier",
        18 => "buildConfigURI",
        19 => "buildConfigDigest",
        20 => "buildTrigger",
        21 => "runInvocationURI",
        22 => "sourceRepositoryVisibilityAtSigning",
        23 => "deploymentEnvironment",
        24 => "tokenSubject",
        _ => return None,
    };
    Some((name, if number <= 6 { Form::Plain } else { Form::Utf8 }))
}
