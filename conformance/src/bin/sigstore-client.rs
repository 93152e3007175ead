//! Referee as a client under Sigstore's conformance suite (sigstore/sigstore-conformance,
//! `docs/cli_protocol.md`): `verify-bundle` alone, since Referee signs nothing. It exits with 0
//! where the bundle holds, with 1 where it does not, and with 2 where it cannot be looked at.

use clap::{Parser, Subcommand};
use referee_conformance::sigstore::{Artifact, Client, Ruling, Signer};
use referee_core::trust::WellKnown;
use referee_core::{Coded as _, Digest};
use referee_store::{Clock as _, SystemClock};
use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify a bundle.
    VerifyBundle(VerifyBundle),
}

#[derive(Parser)]
struct VerifyBundle {
    /// Use Sigstore's staging instance.
    #[arg(long)]
    staging: bool,
    /// The bundle.
    #[arg(long)]
    bundle: PathBuf,
    /// Who is to have signed.
    #[arg(long, requires = "certificate_oidc_issuer", required_unless_present = "key")]
    certificate_identity: Option<String>,
    /// Who is to have vouched for the signer.
    #[arg(long)]
    certificate_oidc_issuer: Option<String>,
    /// The public key that is to have signed, PEM.
    #[arg(long, conflicts_with = "certificate_identity")]
    key: Option<PathBuf>,
    /// The trusted root.
    #[arg(long)]
    trusted_root: Option<PathBuf>,
    /// The artifact: a file, or `sha256:` and its digest in hex where no file has that name.
    file_or_digest: PathBuf,
}

fn main() -> ExitCode {
    let Command::VerifyBundle(arguments) = Arguments::parse().command;
    match verify(&arguments) {
        Ok(Ruling::Trusted) => ExitCode::SUCCESS,
        Ok(Ruling::Refused(problems)) => {
            for (code, message) in problems {
                tell(format_args!("{code}: {message}"));
            }
            ExitCode::from(1)
        }
        Err(error) => {
            tell(format_args!("{error}"));
            ExitCode::from(2)
        }
    }
}

/// Says why; nobody need be listening.
fn tell(reason: fmt::Arguments<'_>) {
    drop(writeln!(io::stderr(), "{reason}"));
}

fn verify(arguments: &VerifyBundle) -> Result<Ruling, Box<dyn Error>> {
    let signer = match (&arguments.key, &arguments.certificate_identity) {
        (Some(key), _) => Signer::Key { pem: std::fs::read_to_string(key)? },
        (None, Some(subject)) => Signer::Identity {
            subject: subject.clone(),
            issuer: arguments.certificate_oidc_issuer.clone().unwrap_or_default(),
        },
        (None, None) => return Err("a key or an identity is needed".into()),
    };
    let root = arguments.trusted_root.as_ref().map(std::fs::read_to_string).transpose()?;
    let bundle = std::fs::read(&arguments.bundle)?;
    let instance = if arguments.staging { WellKnown::Staging } else { WellKnown::PublicGood };
    let client = Client::new(&signer, root.as_deref(), instance)
        .map_err(|error| format!("{}: {error}", error.code()))?;
    let now = SystemClock.now();
    Ok(match sha256(&arguments.file_or_digest) {
        Some(digest) => client.judge(&bundle, Artifact::Sha256(digest), now),
        None => {
            let artifact = std::fs::read(&arguments.file_or_digest)?;
            client.judge(&bundle, Artifact::Bytes(&artifact), now)
        }
    })
}

/// The digest that an argument is: one of the right form that is no path (`docs/cli_protocol.md`,
/// `FILE_OR_DIGEST`).
fn sha256(argument: &Path) -> Option<[u8; 32]> {
    let text = argument.to_str().filter(|text| text.starts_with("sha256:"))?;
    let digest: Digest = text.parse().ok().filter(|_| !argument.exists())?;
    digest.value().as_slice().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_a_digest_only_where_it_looks_like_one_in_full() {
        let hex = "00".repeat(32);
        assert_eq!(sha256(Path::new(&format!("sha256:{hex}"))), Some([0; 32]));
        for path in [format!("sha256:{hex}00"), format!("sha512:{hex}"), hex, "sha256:a".into()] {
            assert_eq!(sha256(Path::new(&path)), None, "{path}");
        }
    }
}
