//! What can be wrong with a signature.

use referee_core::Coded;
use referee_rego::ValueError;
use referee_verify::primitive::jws::JwsKeyError;

/// Why a bundle is not taken for signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no signature, and one is demanded.
    #[error("bundle missing .signatures.json file: a signature is demanded")]
    Missing,
    /// There is a signature, and no key is configured.
    #[error("the bundle is signed, and no key is configured to verify it with")]
    NotConfigured,
    /// There are several files of signatures.
    #[error("there are several files of signatures: {first} and {second}")]
    SeveralFiles {
        /// One.
        first: String,
        /// Another.
        second: String,
    },
    /// The file is not UTF-8 or not JSON.
    #[error(".signatures.json cannot be read")]
    NotJson(#[source] Option<ValueError>),
    /// The file or the token has not the form that it must have.
    #[error("{place} must be {wanted}")]
    Malformed {
        /// Where.
        place: &'static str,
        /// What it must be, with its article.
        wanted: &'static str,
    },
    /// There is no token.
    #[error(".signatures.json: missing JWT (expected exactly one)")]
    NoToken,
    /// There are several tokens.
    #[error(".signatures.json: multiple JWTs not supported (expected exactly one)")]
    SeveralTokens,
    /// It is to be checked by a plugin of OPA's.
    #[error(".signatures.json names the plugin {name:?}, which there is not")]
    Plugin {
        /// Its name, cut off after 80 characters.
        name: String,
    },
    /// The header of the token demands what is not done.
    #[error("the header of the signature has \"crit\", which demands what is not known here")]
    Critical,
    /// No name of a key is configured, and the token has none.
    #[error(
        "verification key ID is empty: neither the configuration nor the signature names a key"
    )]
    KeyNotNamed,
    /// There is no key of that name.
    #[error("verification key corresponding to ID {id:?} not found")]
    KeyUnknown {
        /// The name, cut off after 80 characters where it comes from a bundle.
        id: String,
    },
    /// A list of accepted keys has none.
    #[error("the list of keys that bundles must be signed with is empty")]
    NoKeysAccepted,
    /// No key that counts made the signature.
    #[error("the signature is not one of {}", named(keys))]
    Invalid {
        /// The names of the keys that were tried.
        keys: Vec<String>,
    },
    /// The scope is another one.
    #[error("scope mismatch: the signature is for {found:?}, and {wanted:?} is demanded")]
    Scope {
        /// The demanded one.
        wanted: String,
        /// That of the signature, cut off after 80 characters.
        found: String,
    },
    /// A file is listed twice.
    #[error("{path} is listed twice in the signature")]
    ListedTwice {
        /// The file.
        path: String,
    },
    /// The list of the signature has too many files or names that cannot be.
    #[error("the signature lists a file with a name that cannot be: {name:?}")]
    Name {
        /// The name, cut off after 80 characters.
        name: String,
    },
    /// A file is not listed.
    #[error("file {path} not included in bundle signature")]
    NotListed {
        /// The file.
        path: String,
    },
    /// Files are listed that are not there.
    #[error(
        "file(s) [{}]{} specified in bundle signatures but not found in the target bundle",
        paths.join(" "),
        if *others == 0 { String::new() } else { format!(" and {others} more") }
    )]
    NotFound {
        /// The first of them.
        paths: Vec<String>,
        /// How many there are besides.
        others: usize,
    },
    /// The hash of a file is made by an algorithm that proves nothing.
    #[error("the hash of {path} is {algorithm}, for which other files can be made")]
    WeakHash {
        /// The file.
        path: String,
        /// The algorithm.
        algorithm: &'static str,
    },
    /// The hash of a file is made by an unknown algorithm.
    #[error("unsupported hashing algorithm for file {path}: {algorithm:?}")]
    UnknownHash {
        /// The file.
        path: String,
        /// The algorithm, cut off after 80 characters.
        algorithm: String,
    },
    /// A hash is not hexadecimal.
    #[error("the hash of {path} in the signature is not hexadecimal")]
    HashText {
        /// The file.
        path: String,
    },
    /// A file is not the one that was signed.
    #[error("{path}: digest mismatch (want: {wanted}, got: {found})")]
    Digest {
        /// The file.
        path: String,
        /// The hash that was signed, in hexadecimal.
        wanted: String,
        /// The hash of the file.
        found: String,
    },
    /// A file that is hashed by its content has none that can be read.
    #[error("{path} cannot be read, so its hash cannot be checked")]
    Content {
        /// The file.
        path: String,
        /// Why; without one it is not UTF-8.
        #[source]
        source: Option<ValueError>,
    },
}

fn named(keys: &[String]) -> String {
    match keys {
        [one] => format!("the key {one:?}"),
        _ => {
            let keys: Vec<String> = keys.iter().map(|key| format!("{key:?}")).collect();
            format!("any of the keys {}", keys.join(", "))
        }
    }
}

impl Coded for SignatureError {
    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "bundle_unsigned",
            Self::NotConfigured | Self::NoKeysAccepted => "bundle_keys_not_configured",
            Self::SeveralFiles { .. }
            | Self::NotJson(_)
            | Self::Malformed { .. }
            | Self::NoToken
            | Self::SeveralTokens
            | Self::Plugin { .. }
            | Self::Critical
            | Self::ListedTwice { .. }
            | Self::Name { .. }
            | Self::UnknownHash { .. }
            | Self::HashText { .. } => "bundle_signature_malformed",
            Self::KeyNotNamed | Self::KeyUnknown { .. } => "bundle_key_unknown",
            Self::Invalid { .. } => "bundle_signature_invalid",
            Self::Scope { .. } => "bundle_scope",
            Self::NotListed { .. } => "bundle_file_not_signed",
            Self::NotFound { .. } => "bundle_file_missing",
            Self::WeakHash { .. } => "bundle_weak_hash",
            Self::Digest { .. } => "bundle_digest",
            Self::Content { .. } => "data_unusable",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing => {
                "sign it with `referee build --signing-key` or `opa build --signing-key`; deltas \
                 are signed like snapshots"
            }
            Self::NotConfigured => {
                "name the key that signs it (`keys`, and `signing` of the bundle)"
            }
            Self::Invalid { .. } => {
                "check that the public key belongs to the key that signed, and that the algorithm \
                 of the key is the one that was signed with"
            }
            Self::NotListed { .. } | Self::NotFound { .. } | Self::Digest { .. } => {
                "the files were altered after they were signed: build and sign it again"
            }
            Self::WeakHash { .. } => "sign it again: `opa sign` and `referee sign` use SHA-256",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// Why a bundle could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The key does not sign.
    #[error(transparent)]
    Key(#[from] JwsKeyError),
    /// A file that is hashed by its content has none that can be read.
    #[error("{path} cannot be read, so it cannot be hashed")]
    Content {
        /// The file.
        path: String,
        /// Why; without one it is not UTF-8.
        #[source]
        source: Option<ValueError>,
    },
    /// The claims are no object.
    #[error("the claims must be an object")]
    Claims,
    /// The token could not be written.
    #[error("the signature could not be written")]
    Write(#[source] serde_json::Error),
}

impl Coded for SigningError {
    fn code(&self) -> &'static str {
        match self {
            Self::Key(error) => error.code(),
            Self::Content { .. } => "data_unusable",
            Self::Claims => "bundle_claims",
            Self::Write(_) => "internal_error",
        }
    }

    fn hint(&self) -> Option<String> {
        if let Self::Key(error) = self { error.hint() } else { None }
    }
}
