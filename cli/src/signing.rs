//! What the commands about bundles have in common: keys and claims, as `opa` takes them.

use crate::files;
use clap::Args;
use referee_bundles::{
    BundleError, BundleKey, SignatureError, SignaturePolicy, SigningError, Verification,
};
use referee_core::{Coded, Limits};
use referee_rego::{Value, ValueError};
use referee_verify::primitive::jws::{JwsAlgorithm, JwsAlgorithmUnknown, JwsKeyError, JwsSigner};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// With what a bundle is signed.
#[derive(Args, Debug)]
#[command(next_help_heading = "Signing")]
pub(crate) struct SigningArgs {
    /// The private key to sign with: a PEM file, or of HS256 and the like the secret or its file
    #[arg(long, value_name = "KEY", hide_env_values = true)]
    signing_key: Option<String>,
    /// The algorithm of the keys: RS, PS, ES or HS with 256, 384 or 512, or EdDSA
    #[arg(long, value_name = "NAME", default_value = "RS256")]
    signing_alg: String,
    /// A JSON file with claims to sign besides, for example {"scope": "write"}
    #[arg(long, value_name = "FILE")]
    claims_file: Option<PathBuf>,
}

/// With what the signature of a bundle is verified.
#[derive(Args, Debug)]
#[command(next_help_heading = "Verifying")]
pub(crate) struct VerifyingArgs {
    /// The public key that must have signed what is read: a PEM file, or of HS256 and the like the
    /// secret or its file
    #[arg(long, value_name = "KEY")]
    verification_key: Option<String>,
    /// What the key is called in signatures that are written
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub(crate) verification_key_id: String,
    /// The scope that the signature must have
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Files to leave out of the verification
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    exclude_files_verify: Vec<String>,
}

/// Why a bundle could not be made, or looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BundleCommandError {
    /// A bundle cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// It could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// What was asked of signatures makes no sense.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// An algorithm is none.
    #[error("--signing-alg: {0}")]
    Algorithm(#[from] JwsAlgorithmUnknown),
    /// A key is none.
    #[error("--{flag} cannot be used: {source}")]
    Key {
        /// The flag.
        flag: &'static str,
        /// What is wrong with it.
        source: JwsKeyError,
    },
    /// The file of a key cannot be read.
    #[error("--{flag} could not be read: {source}")]
    KeyFile {
        /// The flag.
        flag: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The claims cannot be used.
    #[error("{} holds no claims: {source}", path.display())]
    Claims {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ValueError,
    },
    /// There is no key to sign with.
    #[error("there is no --signing-key")]
    NoKey,
    /// Folders are not read as bundles, and something can be done with bundles only.
    #[error("--{flag} needs --bundle")]
    NotABundle {
        /// The flag.
        flag: &'static str,
    },
    /// An entrypoint leads nowhere.
    #[error("the entrypoint {entrypoint:?} names no rule and no package of the modules")]
    Entrypoint {
        /// What was given.
        entrypoint: String,
    },
    /// A file could not be written.
    #[error("{} could not be written: {source}", path.display())]
    Written {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The archive could not be made.
    #[error("the bundle could not be packed: {0}")]
    Packed(#[source] io::Error),
    /// The metadata are no object.
    #[error("--metadata must be a JSON object: {}", why.as_ref().map_or_else(|| "it is none".to_owned(), ValueError::to_string))]
    Metadata {
        /// Why it is no JSON; `None` where it is.
        why: Option<ValueError>,
    },
}

impl Coded for BundleCommandError {
    fn code(&self) -> &'static str {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Signing(error) => error.code(),
            Self::Signature(error) => error.code(),
            Self::Algorithm(error) => error.code(),
            Self::Key { source, .. } => source.code(),
            Self::KeyFile { .. } => "file_unreadable",
            Self::Claims { .. } => "bundle_claims",
            Self::NoKey => "key_not_given",
            Self::NotABundle { .. } => "flag_conflict",
            Self::Entrypoint { .. } => "entrypoint_unknown",
            Self::Written { .. } => "file_unwritable",
            Self::Packed(_) => "internal_error",
            Self::Metadata { .. } => "bundle_metadata",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Bundle(error) => error.hint(),
            Self::Signing(error) => error.hint(),
            Self::Signature(error) => error.hint(),
            Self::Algorithm(error) => error.hint(),
            Self::Key { source, .. } => source.hint(),
            Self::KeyFile { source, .. } => files::hint(source),
            Self::NoKey => Some(
                "give the secret of HMAC, or the path of a PEM file with the private key"
                    .to_owned(),
            ),
            Self::Entrypoint { .. } => {
                Some("an entrypoint is a path with slashes: package/rule".to_owned())
            }
            _ => None,
        }
    }
}

/// What a signature is made with.
pub(crate) struct Signing {
    pub(crate) signer: JwsSigner,
    pub(crate) claims: Option<Value>,
}

impl SigningArgs {
    pub(crate) fn algorithm(&self) -> Result<JwsAlgorithm, BundleCommandError> {
        Ok(self.signing_alg.parse()?)
    }

    /// What to sign with; `None` where no key is given.
    ///
    /// # Errors
    /// Where the key or the claims cannot be used.
    pub(crate) fn signing(&self, limits: &Limits) -> Result<Option<Signing>, BundleCommandError> {
        let Some(given) = &self.signing_key else {
            return if self.claims_file.is_some() {
                Err(BundleCommandError::NoKey)
            } else {
                Ok(None)
            };
        };
        let flag = "signing-key";
        let text = key_text(given, flag, limits)?;
        let signer = JwsSigner::new(self.algorithm()?, &text)
            .map_err(|source| BundleCommandError::Key { flag, source })?;
        let claims = self.claims_file.as_ref().map(|path| {
            let text = files::read_text(path, limits.max_trust_bytes)
                .map_err(|source| BundleCommandError::KeyFile { flag: "claims-file", source })?;
            let unusable = |source| BundleCommandError::Claims { path: path.clone(), source };
            Value::from_json_str(&text).map_err(unusable)
        });
        Ok(Some(Signing { signer, claims: claims.transpose()? }))
    }
}

impl VerifyingArgs {
    /// Whether a signature is demanded.
    pub(crate) fn is_given(&self) -> bool {
        self.verification_key.is_some()
    }

    /// What is demanded of signatures.
    ///
    /// # Errors
    /// Where the key cannot be used.
    pub(crate) fn policy(
        &self,
        algorithm: JwsAlgorithm,
        limits: &Limits,
    ) -> Result<SignaturePolicy, BundleCommandError> {
        let Some(given) = &self.verification_key else { return Ok(SignaturePolicy::Unconfigured) };
        let flag = "verification-key";
        let text = key_text(given, flag, limits)?;
        let key = BundleKey::new(algorithm, &text)
            .map_err(|source| BundleCommandError::Key { flag, source })?;
        let name = self.verification_key_id.clone();
        let keys = Arc::new(BTreeMap::from([(name.clone(), key)]));
        let verification = Verification::new(keys)
            .with_key_ids(vec![name])?
            .with_scope(self.scope.clone())
            .with_excluded(self.exclude_files_verify.clone());
        Ok(SignaturePolicy::Checked(verification))
    }
}

/// The text of a key, as `opa` takes it: PEM itself, or the content of a file, or where there is no
/// such file the text as it is.
fn key_text(
    given: &str,
    flag: &'static str,
    limits: &Limits,
) -> Result<String, BundleCommandError> {
    if given.starts_with("-----BEGIN") {
        return Ok(given.to_owned());
    }
    match files::read_text(Path::new(given), limits.max_trust_bytes) {
        Ok(text) => Ok(text),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::InvalidFilename
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::InvalidInput
            ) =>
        {
            Ok(given.to_owned())
        }
        Err(source) => Err(BundleCommandError::KeyFile { flag, source }),
    }
}

/// Writes a file so that at no moment there is half of one: another is written beside it first.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), BundleCommandError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // A name that nobody can have laid a link at.
    name.push(format!(".{}.partial", uuid::Uuid::new_v4().simple()));
    let beside = path.with_file_name(name);
    let write = || {
        // What stands there would be replaced, be it a device.
        if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let mut file = File::create_new(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|source| {
        // What is left is of no use; why it failed is told.
        let _left_behind = std::fs::remove_file(&beside);
        BundleCommandError::Written { path: path.to_owned(), source }
    })
}
