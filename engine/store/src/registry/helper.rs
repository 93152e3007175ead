//! Credential helpers: programs named `docker-credential-<name>`.
//!
//! The protocol is docker/docker-credential-helpers': the program is run with `get`, is given
//! the registry on standard input and answers `{"ServerURL", "Username", "Secret"}`. The user
//! name `<token>` marks an identity token.
//!
//! A helper is run with a time limit, after which it is killed, and its answer is read through a
//! cap. What it prints is never shown: it may be the secret.

use super::secret::{Credential, Secret};
use crate::error::StoreError;
use crate::files::length;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// The longest answer, in bytes. Tokens of cloud registries reach 4 KiB.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// What helpers print where they have nothing for a registry
/// (docker-credential-helpers, `credentials/error.go`).
const NOT_FOUND: &str = "credentials not found in native keychain";

/// How helpers are run.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) path: Option<OsString>,
    pub(super) timeout: Duration,
}

/// A helper to ask, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Helper {
    program: String,
    address: String,
    /// The file that names it.
    named_by: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

impl Helper {
    pub(super) fn new(name: &str, address: &str, named_by: &Path) -> Self {
        let program = format!("docker-credential-{name}");
        Self { program, address: address.into(), named_by: named_by.to_owned() }
    }

    fn fault(
        &self,
        problem: impl Into<String>,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> StoreError {
        let setting = format!("{}: {}", self.named_by.display(), self.program);
        StoreError::Configuration { setting, problem: problem.into(), source }
    }

    fn find(&self, path: Option<&OsString>) -> Result<PathBuf, StoreError> {
        // A name is a name: with a slash it would be any program at all.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !self.program.chars().all(plain) {
            return Err(self.fault("the name of a helper holds letters, digits and -_. only", None));
        }
        path.iter()
            .flat_map(|path| std::env::split_paths(path).collect::<Vec<_>>())
            // A relative entry would make the folder one stands in part of the search.
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&self.program))
            .find(|candidate| candidate.is_file())
            .ok_or_else(|| self.fault("there is no such credential helper in PATH", None))
    }
}

/// Asks a helper. `None` where it has nothing for the registry.
///
/// # Errors
/// [`StoreError::Configuration`] where it is not there, fails, takes too long or answers
/// something else.
pub(super) async fn run(
    helper: &Helper,
    settings: &Settings,
) -> Result<Option<Credential>, StoreError> {
    let program = helper.find(settings.path.as_ref())?;
    let (success, output) = tokio::time::timeout(settings.timeout, converse(helper, &program))
        .await
        .map_err(|_elapsed| {
            let limit = settings.timeout.as_millis();
            helper.fault(format!("the credential helper took longer than {limit} ms"), None)
        })??;
    if length(&output) > MAX_ANSWER_BYTES {
        let problem = format!("the credential helper answers more than {MAX_ANSWER_BYTES} bytes");
        return Err(helper.fault(problem, None));
    }
    if !success {
        let said = String::from_utf8_lossy(&output);
        if said.trim() == NOT_FOUND {
            return Ok(None);
        }
        return Err(helper.fault("the credential helper failed; run it by hand to see why", None));
    }
    // The parser's message may quote the secret.
    let answer: Answer = serde_json::from_slice(&output).map_err(|_quoting| {
        helper.fault("the credential helper's answer is not what its protocol demands", None)
    })?;
    let secret = Secret::new(answer.secret);
    Ok(Some(match answer.username.as_str() {
        "<token>" => Credential::Identity(secret),
        _ => Credential::Basic { user: answer.username, password: secret },
    }))
}

async fn converse(helper: &Helper, program: &Path) -> Result<(bool, Vec<u8>), StoreError> {
    let fault =
        |error| helper.fault("the credential helper cannot be run", Some(Box::new(error) as _));
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(fault)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper may answer without having read the question.
        let _unread = stdin.write_all(helper.address.as_bytes()).await;
    }
    let mut output = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_ANSWER_BYTES + 1).read_to_end(&mut output).await.map_err(fault)?;
    }
    if length(&output) > MAX_ANSWER_BYTES {
        // Dropping it kills it.
        return Ok((false, output));
    }
    let status = child.wait().await.map_err(fault)?;
    Ok((status.success(), output))
}
