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
use std::path::PathBuf;
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
    /// The artifact: a file, or `sha256:` and its digest in hex.
    file_or_digest: String,
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
    Ok(match arguments.file_or_digest.strip_prefix("sha256:") {
        Some(hex) => client.judge(&bundle, Artifact::Sha256(sha256(hex)?), now),
        None => {
            let artifact = std::fs::read(&arguments.file_or_digest)?;
            client.judge(&bundle, Artifact::Bytes(&artifact), now)
        }
    })
}

fn sha256(hex: &str) -> Result<[u8; 32], Box<dyn Error>> {
    let digest: Digest = format!("sha256:{hex}").parse()?;
    Ok(digest.value().as_slice().try_into()?)
}
