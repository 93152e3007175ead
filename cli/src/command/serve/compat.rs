//! Flags and variables of `opa run` that set what settings of the server set here, and those that
//! there are not, each with what to do instead.

use crate::args::parse_duration;
use crate::config::Overlay;
use crate::error::CliError;
use clap::Args;
use std::ffi::OsString;
use std::time::Duration;

/// The flags of `opa run` that are settings of the server here.
#[derive(Args, Debug)]
pub(crate) struct CompatArgs {
    /// How long requests under way may take when the server is told to end, in seconds
    #[arg(long, value_name = "SECONDS")]
    shutdown_grace_period: Option<u32>,
    /// How long the server goes on serving when it is told to end, in seconds
    #[arg(long, value_name = "SECONDS")]
    shutdown_wait_period: Option<u32>,
    /// Who may do what with a Unix socket, as an octal number
    #[arg(long, value_name = "MODE")]
    unix_socket_perm: Option<String>,
    /// The oldest version of TLS that is spoken: 1.2 or 1.3
    #[arg(long, value_name = "VERSION")]
    min_tls_version: Option<String>,
    /// The cipher suites of TLS 1.2 by their IANA names, with commas between them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    tls_cipher_suites: Vec<String>,
    /// How often the files of certificates are looked at: 30s, 5m, 1h; 0s for never
    #[arg(long, value_name = "DURATION", value_parser = parse_period)]
    tls_cert_refresh_period: Option<Duration>,
    // There is nothing to turn off: no version is looked for, and nobody is told that this runs.
    #[arg(long, hide = true)]
    disable_telemetry: bool,
    #[arg(long, hide = true)]
    skip_version_check: bool,
    // Documents are kept as OPA keeps them with it.
    #[arg(long, hide = true)]
    optimize_store_for_read_speed: bool,
    #[arg(short, long, hide = true)]
    server: bool,
    #[arg(short, long, hide = true)]
    watch: bool,
    #[arg(long, hide = true)]
    pprof: bool,
    #[arg(short, long, hide = true, value_name = "N")]
    max_errors: Option<String>,
    #[arg(long, hide = true, value_name = "LAYOUT")]
    log_timestamp_format: Option<String>,
}

/// The flags of `opa run` that the server has under the same names. OPA reads each from a variable,
/// too: `OPA_RUN_` and its name in capitals.
const FLAGS: &[&str] = &[
    "addr",
    "authentication",
    "authorization",
    "bundle",
    "config-file",
    "diagnostic-addr",
    "disable-telemetry",
    "exclude-files-verify",
    "h2c",
    "ignore",
    "log-format",
    "log-level",
    "min-tls-version",
    "optimize-store-for-read-speed",
    "ready-timeout",
    "scope",
    "shutdown-grace-period",
    "shutdown-wait-period",
    "signing-alg",
    "skip-known-schema-check",
    "skip-verify",
    "skip-version-check",
    "tls-ca-cert-file",
    "tls-cert-file",
    "tls-cert-refresh-period",
    "tls-cipher-suites",
    "tls-private-key-file",
    "unix-socket-perm",
    "v0-compatible",
    "verification-key",
    "verification-key-id",
];

/// The others, with what is there instead.
const OTHERS: &[(&str, &str)] = &[
    ("set", "--opa-set"),
    ("set-file", "--opa-set-file"),
    ("watch", WATCH),
    ("pprof", PPROF),
    ("max-errors", ERRORS),
    ("log-timestamp-format", TIMES),
];

const WATCH: &str = "files are watched as bundles: \
                     --no-policy --opa-set bundles.NAME.resource=file:///FOLDER --ready-timeout 10";
const PPROF: &str = "profiles are not served; /metrics tells how long requests take";
const ERRORS: &str = "the first ten errors are told; referee check tells more";
const TIMES: &str = "times in the log are those of RFC 3339";

/// Reads a duration; zero is never.
fn parse_period(text: &str) -> Result<Duration, String> {
    if matches!(text, "0" | "0s") { Ok(Duration::ZERO) } else { parse_duration(text) }
}

impl CompatArgs {
    /// Adds what is given to the configuration.
    pub(super) fn overlay(&self, overlay: &mut Overlay) {
        let ms = |seconds: u32| u64::from(seconds).saturating_mul(1_000);
        overlay.set_some("server", "shutdown_grace_ms", self.shutdown_grace_period.map(ms));
        overlay.set_some("server", "shutdown_wait_ms", self.shutdown_wait_period.map(ms));
        overlay.set_some("server", "unix_socket_permissions", self.unix_socket_perm.clone());
    }

    /// What is said of TLS.
    pub(super) fn tls(&self) -> impl Iterator<Item = (String, serde_json::Value)> {
        let version = self.min_tls_version.as_deref().map(Into::into);
        let suites = Some(&self.tls_cipher_suites).filter(|suites| !suites.is_empty());
        let refresh = self
            .tls_cert_refresh_period
            .map(|period| u64::try_from(period.as_millis()).unwrap_or(u64::MAX).into());
        [
            ("min_version", version),
            ("cipher_suites", suites.map(|suites| suites.clone().into())),
            ("refresh_ms", refresh),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }

    /// Refuses the flags that there are not.
    ///
    /// # Errors
    /// [`CliError::Absent`] with the first of them.
    pub(super) fn refuse(&self) -> Result<(), CliError> {
        [
            ("watch", self.watch, WATCH),
            ("pprof", self.pprof, PPROF),
            ("max-errors", self.max_errors.is_some(), ERRORS),
            ("log-timestamp-format", self.log_timestamp_format.is_some(), TIMES),
        ]
        .into_iter()
        .find(|(_, given, _)| *given)
        .map_or(Ok(()), |(flag, _, why)| Err(CliError::Absent { flag, why }))
    }
}

/// Refuses the variables that `opa run` takes flags from: one that was passed over would leave out
/// authorization, or TLS.
///
/// # Errors
/// [`CliError::OpaVariable`] with the first of them.
pub(super) fn refuse_variables(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<(), CliError> {
    let same = FLAGS.iter().map(|flag| (*flag, None));
    let others = OTHERS.iter().map(|(flag, instead)| (*flag, Some(*instead)));
    let known: Vec<_> = same
        .chain(others)
        .map(|(flag, instead)| {
            let variable = format!("OPA_RUN_{}", flag.to_ascii_uppercase().replace('-', "_"));
            (OsString::from(variable), flag, instead)
        })
        .collect();
    let given = variables.filter(|(_, value)| !value.is_empty());
    let found = given.filter_map(|(given, _)| known.iter().find(|(name, ..)| *name == given)).min();
    match found {
        None => Ok(()),
        Some((name, flag, instead)) => Err(CliError::OpaVariable {
            name: name.to_string_lossy().into_owned(),
            instead: instead.map_or_else(|| format!("give --{flag}"), ToOwned::to_owned),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Given {
        #[command(flatten)]
        compat: CompatArgs,
    }

    #[test]
    fn flags_of_opa_run_are_settings_of_the_server() {
        let given = Given::parse_from([
            "serve",
            "--shutdown-grace-period=7",
            "--shutdown-wait-period=2",
            "--unix-socket-perm=700",
            "--min-tls-version=1.3",
            "--tls-cipher-suites=A,B",
            "--tls-cert-refresh-period=1m30s",
            "--disable-telemetry",
        ]);
        let mut overlay = Overlay::default();
        given.compat.overlay(&mut overlay);
        let server = serde_json::json!({
            "server": {
                "shutdown_grace_ms": 7_000, "shutdown_wait_ms": 2_000,
                "unix_socket_permissions": "700",
            },
        });
        assert_eq!(overlay.into_value(), server);
        let tls: serde_json::Map<_, _> = given.compat.tls().collect();
        let expected = serde_json::json!({
            "min_version": "1.3", "cipher_suites": ["A", "B"], "refresh_ms": 90_000,
        });
        assert_eq!(serde_json::Value::Object(tls), expected);
        for never in ["0", "0s"] {
            let given = Given::parse_from(["serve", "--tls-cert-refresh-period", never]);
            assert_eq!(given.compat.tls().next(), Some(("refresh_ms".to_owned(), 0.into())));
        }
    }
}
