//! What `push` and `pull` have in common: a bundle is read as whoever uses it will read it, before
//! it goes anywhere, and what was found in it is told.

use crate::config::Config;
use crate::error::CliError;
use crate::escape::Safe;
use crate::load::{LoadError, LoadErrors};
use crate::signing::{BundleCommandError, VerifyingArgs};
use clap::{Args, ValueEnum};
use referee_bundles::{
    Bundle, BundleLimits, Files, ReadOptions, SIGNATURES_FILE, SignaturePolicy, SignedBy,
};
use referee_core::{Coded, Digest};
use referee_store::bundle::BundleFetchError;
use referee_store::{CopyError, StoreError};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// What is demanded of a bundle.
#[derive(Args, Debug)]
pub(crate) struct DemandArgs {
    /// Read modules as Rego v0, as OPA did before 1.0
    #[arg(long)]
    v0_compatible: bool,
    /// Read modules as Rego v1, which is the default
    #[arg(long, hide = true, conflicts_with = "v0_compatible")]
    v1_compatible: bool,
    #[command(flatten)]
    verifying: VerifyingArgs,
    /// The algorithm of that key: RS, PS, ES or HS with 256, 384 or 512, or EdDSA
    #[arg(long, value_name = "NAME", default_value = "RS256", help_heading = "Verifying")]
    signing_alg: String,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For a reader.
    Human,
    /// A document.
    Json,
}

/// Why a bundle did not get to where it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ShippingError {
    /// What is to be pushed is a folder.
    #[error("{} is a folder, and what is pushed is the archive of a bundle", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// It was not pushed.
    #[error("{} was not pushed to {destination}: {source}", bundle.display())]
    NotPushed {
        /// The archive.
        bundle: PathBuf,
        /// Where to.
        destination: String,
        /// Why not.
        source: CopyError,
    },
    /// It was not pulled.
    #[error("no bundle was pulled: {source}")]
    NotPulled {
        /// Why not.
        source: BundleFetchError,
    },
}

impl Coded for ShippingError {
    fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "bundle_is_folder",
            Self::NotPushed { source, .. } => source.code(),
            Self::NotPulled { source } => source.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Folder { path } => {
                Some(format!("make one of it: referee build -b {}", path.display()))
            }
            Self::NotPushed { source: CopyError::TagTaken { .. }, .. } => {
                Some("nothing was pushed; --force points the tag at this bundle".to_owned())
            }
            Self::NotPushed { source, .. } => source.hint(),
            // Its own speaks of the configuration of a server.
            Self::NotPulled { source: BundleFetchError::Store(error) } => store_hint(error),
            Self::NotPulled { .. } => None,
        }
    }
}

fn store_hint(error: &StoreError) -> Option<String> {
    match error {
        StoreError::TooLarge { .. } => Some("limits.max_policy_data_bytes is a setting".to_owned()),
        error => error.hint(),
    }
}

impl From<ShippingError> for CliError {
    fn from(error: ShippingError) -> Self {
        Self::Shipping(Box::new(error))
    }
}

/// What a bundle was found to be.
#[derive(Debug)]
pub(crate) struct Found {
    kind: &'static str,
    revision: String,
    roots: Vec<String>,
    /// Whether there is a signature.
    signed: bool,
    /// Whose signature holds; `None` where none was demanded.
    verified: Option<SignedBy>,
}

/// How bundles are read: made ready before anything is waited for.
#[derive(Debug)]
pub(crate) struct Demand {
    policy: SignaturePolicy,
    pub(crate) limits: BundleLimits,
    rego_v0: bool,
}

impl DemandArgs {
    /// What is demanded.
    ///
    /// # Errors
    /// Where the key cannot be used.
    pub(crate) fn demand(&self, config: &Config) -> Result<Demand, BundleCommandError> {
        let policy = if self.verifying.is_given() {
            self.verifying.policy(self.signing_alg.parse()?, &config.limits)?
        } else {
            // Whoever uses the bundle verifies it: this only carries it.
            SignaturePolicy::Ignored
        };
        let limits = BundleLimits::of_policies(&config.limits);
        let rego_v0 = self.v0_compatible || (config.policy.rego_v0 && !self.v1_compatible);
        Ok(Demand { policy, limits, rego_v0 })
    }
}

impl Demand {
    /// Reads a bundle as it is used: signature, manifest, modules, data, changes. `place` is what
    /// errors call it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(crate) fn read(&self, files: Files, place: &str) -> Result<Found, LoadErrors> {
        let signed = files.iter().any(|file| file.base() == SIGNATURES_FILE);
        let options = ReadOptions {
            limits: self.limits.clone(),
            rego_v0: self.rego_v0,
            ..ReadOptions::new(&self.policy)
        };
        let refused = |source| LoadError::Bundle { path: PathBuf::from(place), source };
        let bundle = Bundle::from_files(files, &options).map_err(refused)?;
        let manifest = bundle.manifest();
        let roots = manifest.effective_roots().iter().map(ToOwned::to_owned).collect();
        let revision = manifest.revision.clone();
        let (kind, verified) = match bundle {
            Bundle::Snapshot(snapshot) => ("snapshot", snapshot.signed_by),
            Bundle::Delta(delta) => ("delta", delta.signed_by),
        };
        Ok(Found { kind, revision, roots, signed, verified })
    }

    /// The files of an archive.
    ///
    /// # Errors
    /// Where it is none, or is over the limits.
    pub(crate) fn unpack(&self, archive: &[u8], place: &str) -> Result<Files, LoadErrors> {
        Files::unpack(archive, &self.limits).map_err(|error| {
            LoadError::Bundle { path: PathBuf::from(place), source: error.into() }.into()
        })
    }
}

impl Found {
    /// As members of a document.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let verified = self.verified.as_ref().map(
            |by| json!({"key": by.key_id, "algorithm": by.algorithm.as_str(), "scope": by.scope}),
        );
        let members = [
            ("type", self.kind.into()),
            ("revision", self.revision.as_str().into()),
            ("roots", self.roots.as_slice().into()),
            ("signed", self.signed.into()),
            ("verified_by", verified.into()),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// As lines for a reader.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(crate) fn lines(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |label, text: &str| writeln!(out, "  {label:<10} {}", Safe(text));
        line("type", self.kind)?;
        line("revision", if self.revision.is_empty() { "none" } else { &self.revision })?;
        match (&self.verified, self.signed) {
            (Some(by), _) => {
                let scope = by.scope.as_ref().map(|scope| format!(", scope {scope:?}"));
                let scope = scope.unwrap_or_default();
                line(
                    "signature",
                    &format!("verified: key {:?}, {}{scope}", by.key_id, by.algorithm),
                )
            }
            (None, true) => line("signature", "there is one, not verified (--verification-key)"),
            (None, false) => line("signature", "none"),
        }
    }
}

/// Does work that takes its time on a thread of its own.
///
/// # Errors
/// What the work answers.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CliError> + Send + 'static,
) -> Result<T, CliError> {
    let work = tokio::task::spawn_blocking(work);
    work.await.map_err(|error| CliError::Runtime(io::Error::other(error)))?
}

/// A reference by digest, which nobody can point elsewhere.
pub(crate) fn pinned(place: &referee_store::Place, digest: &Digest) -> String {
    format!("{place}@{digest}")
}
