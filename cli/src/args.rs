//! Arguments that several commands share.

use crate::config::{Config, EngineName, LogFormat, LogLevel, Overlay, ViewName};
use crate::console::ColorChoice;
use crate::error::CliError;
use clap::{ArgAction, Args, Parser};
use referee_core::reference::ReferenceError;
use referee_core::{Digest, Mode, Source, Timestamp};
use referee_engine::{FileRequest, Request};
use referee_store::EvidenceContext;
use referee_verify::protocol::tlog::Digests;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Decides whether an OCI artifact may be used.
///
/// Finds everything that refers to an artifact (signatures, attestations), has it verified, and
/// lets a policy rule over what was established.
#[derive(Debug, Parser)]
#[command(name = "referee", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: crate::command::Command,
}

/// What every command takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The configuration file [default: ./referee.yaml, else ~/.config/referee/config.yaml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Say more: every signature and timing, and the log from `info` on (-vv: from `debug` on)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// The log's level [default: warn; info for serve]
    #[arg(long, global = true, value_name = "LEVEL", hide_possible_values = true)]
    pub(crate) log_level: Option<LogLevel>,
    /// The log's form: text or json
    #[arg(long, global = true, value_name = "FORM", hide_possible_values = true)]
    pub(crate) log_format: Option<LogFormat>,
    /// Colours: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub(crate) color: ColorChoice,
}

impl GlobalArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        let level = self.log_level.or(match self.verbose {
            0 => None,
            1 => Some(LogLevel::Info),
            _ => Some(LogLevel::Debug),
        });
        overlay.set_some("log", "level", level.and_then(|level| serde_json::to_value(level).ok()));
        let format = self.log_format.and_then(|format| serde_json::to_value(format).ok());
        overlay.set_some("log", "format", format);
    }
}

/// Whom to trust.
#[derive(Args, Debug)]
pub(crate) struct TrustArgs {
    /// A trust document: which keys may sign for which repositories. Several are merged
    #[arg(short, long, value_name = "FILE")]
    trust: Vec<PathBuf>,
}

impl TrustArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        overlay.set_list("", "trust", &shown(&self.trust));
    }

    /// The documents that are named as arguments, and not in the configuration alone.
    pub(crate) fn given(&self) -> &[PathBuf] {
        &self.trust
    }
}

/// Which policy rules.
#[derive(Args, Debug)]
#[command(next_help_heading = "Policy")]
pub(crate) struct PolicyArgs {
    /// The policy: a pack by name, or the path of a folder or a .rego file [default: signed]
    #[arg(short, long, value_name = "PACK|PATH")]
    policy: Option<String>,
    /// A data file for the policy, JSON or YAML
    #[arg(short, long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// A parameter of the policy, data.parameters; the value is JSON or else text
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_set)]
    set: Vec<(String, Value)>,
    /// The package to ask, where the policy has several
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
    /// What a deny leads to: enforce, warn or audit [default: enforce]
    #[arg(long, value_name = "MODE", value_parser = parse_mode)]
    mode: Option<Mode>,
    /// What evaluates the policy: native, regorus or both [default: native]
    #[arg(long, value_name = "ENGINE", hide_possible_values = true)]
    engine: Option<EngineName>,
    /// What the policy is given: facts, or ratify for a policy of Ratify's, which is Rego v0 and
    /// rules by data.ratify.policy.valid [default: facts]
    #[arg(long, value_name = "VIEW", hide_possible_values = true)]
    input_view: Option<ViewName>,
}

impl PolicyArgs {
    /// Adds what is given to the configuration.
    ///
    /// # Errors
    /// [`CliError::SetTwice`] where one parameter has two values.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) -> Result<(), CliError> {
        overlay.set_some("policy", "source", self.policy.clone());
        overlay.set_list("policy", "data", &shown(&self.data));
        overlay.set_some("policy", "package", self.package.clone());
        overlay.set_some("policy", "mode", self.mode.and_then(|m| serde_json::to_value(m).ok()));
        let engine = self.engine.and_then(|engine| serde_json::to_value(engine).ok());
        overlay.set_some("policy", "engine", engine);
        let view = self.input_view.and_then(|view| serde_json::to_value(view).ok());
        overlay.set_some("policy", "input_view", view);
        let set = parameters("set", &self.set)?;
        if !set.is_empty() {
            overlay.set("policy", "set", set);
        }
        Ok(())
    }
}

/// Parameters as an object.
fn parameters(
    flag: &'static str,
    given: &[(String, Value)],
) -> Result<Map<String, Value>, CliError> {
    let mut members = Map::new();
    for (name, value) in given {
        if members.insert(name.clone(), value.clone()).is_some() {
            return Err(CliError::SetTwice { flag, name: name.clone() });
        }
    }
    Ok(members)
}

/// How registries are spoken to.
#[derive(Args, Debug)]
#[command(next_help_heading = "Registry")]
pub(crate) struct RegistryArgs {
    /// A registry to speak to without TLS, host or host:port: whoever sits on the way to it can
    /// read credentials and hide referrers
    #[arg(long, value_name = "HOST")]
    plain_http: Vec<String>,
    /// A PEM file with a certificate authority to trust for TLS besides the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Vec<PathBuf>,
    /// Send no credentials
    #[arg(long)]
    anonymous: bool,
}

impl RegistryArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        overlay.set_list("registry", "plain_http", &self.plain_http);
        overlay.set_list("registry", "ca_files", &shown(&self.ca_file));
        if self.anonymous {
            overlay.set("registry", "anonymous", true);
        }
    }
}

/// How a reference is asked about.
#[derive(Args, Debug)]
#[command(next_help_heading = "Question")]
pub(crate) struct QuestionArgs {
    /// Judge the artifact as this reference: for one in a layout that is meant for a registry
    #[arg(long = "as", value_name = "REF")]
    judged_as: Option<String>,
    /// How long the answer may take, for each reference [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Take this as the time, RFC 3339 [default: the clock's]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// The Kubernetes namespace, for the policy
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// Something else for the policy to know, input.request.parameters; JSON or else text
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_set)]
    param: Vec<(String, Value)>,
}

impl QuestionArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        let milliseconds = self.timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX));
        overlay.set_some("engine", "deadline_ms", milliseconds);
    }

    /// Whether the question differs in what shapes the facts.
    pub(crate) fn reshapes(&self) -> bool {
        self.judged_as.is_some() || self.now.is_some()
    }

    /// The question that evidence answers, as it was asked then but for what is given now.
    ///
    /// # Errors
    /// Where the evidence names no reference.
    pub(crate) fn replayed(
        &self,
        context: &EvidenceContext,
        config: &Config,
    ) -> Result<Request, CliError> {
        let mut request = self.request(&context.reference, config)?;
        if request.judged_as.is_none() {
            request.judged_as = context.judged_as.as_deref().map(parse).transpose()?;
        }
        request.now = request.now.or(Some(context.time));
        request.namespace = request.namespace.or_else(|| context.namespace.clone());
        as_then(&mut request.parameters, context);
        Ok(request)
    }

    /// The same of a file, whose digests and bundles are still to be filled in.
    ///
    /// # Errors
    /// Where what it is to be judged as is no reference.
    pub(crate) fn replayed_file(
        &self,
        context: &EvidenceContext,
        config: &Config,
    ) -> Result<FileRequest, CliError> {
        let mut request = self.about_file(context.reference.clone(), config)?;
        if request.judged_as.is_none() {
            request.judged_as = context.judged_as.as_deref().map(parse).transpose()?;
        }
        request.now = request.now.or(Some(context.time));
        request.namespace = request.namespace.or_else(|| context.namespace.clone());
        as_then(&mut request.parameters, context);
        Ok(request)
    }

    /// The questions that are asked.
    ///
    /// # Errors
    /// Where a reference is none, or several are to be judged as one.
    pub(crate) fn requests(
        &self,
        references: &[String],
        config: &Config,
    ) -> Result<Vec<Request>, CliError> {
        if self.judged_as.is_some() && references.len() > 1 {
            return Err(CliError::AsForSeveral { count: references.len() });
        }
        references.iter().map(|reference| self.request(reference, config)).collect()
    }

    /// The question about one reference.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn request(&self, text: &str, config: &Config) -> Result<Request, CliError> {
        let source: Source = parse(text)?;
        let mut request = Request::new(source);
        request.judged_as = self.judged_as.as_deref().map(parse).transpose()?;
        request.deadline = Some(config.deadline);
        request.now = self.now;
        request.namespace = self.namespace.clone();
        request.parameters = parameters("param", &self.param)?;
        Ok(request)
    }
}

impl QuestionArgs {
    /// The question about a file, which is still to be read.
    ///
    /// # Errors
    /// Where what it is to be judged as is no reference.
    pub(crate) fn about_file(
        &self,
        name: String,
        config: &Config,
    ) -> Result<FileRequest, CliError> {
        Ok(FileRequest {
            name,
            judged_as: self.judged_as.as_deref().map(parse).transpose()?,
            digest: Digest::sha256(b""),
            digests: Digests::default(),
            size: None,
            bytes: None,
            bundles: Vec::new(),
            deadline: Some(config.deadline),
            now: self.now,
            namespace: self.namespace.clone(),
            parameters: parameters("param", &self.param)?,
        })
    }
}

/// Adds the parameters of then to those that are given now.
fn as_then(parameters: &mut Map<String, Value>, context: &EvidenceContext) {
    for (name, value) in &context.parameters {
        parameters.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

/// Reads a reference.
///
/// # Errors
/// Where it is none.
pub(crate) fn parse<T: FromStr<Err = ReferenceError>>(text: &str) -> Result<T, CliError> {
    text.parse().map_err(|source| CliError::Reference { text: text.to_owned(), source })
}

fn shown(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

/// Reads a duration: `30s`, `500ms`, `1m30s`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a duration such as 30s, 500ms or 1m30s".to_owned();
    let duration: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    Duration::try_from(duration).ok().filter(|d| *d > Duration::ZERO).ok_or_else(expected)
}

/// Reads a parameter: `name=value`, the value JSON or else text.
fn parse_set(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    if name.is_empty() {
        return Err("expected KEY=VALUE".to_owned());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}

/// Reads `name=value`.
pub(crate) fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    match text {
        "enforce" => Ok(Mode::Enforce),
        "warn" => Ok(Mode::Warn),
        "audit" => Ok(Mode::Audit),
        _ => Err("expected enforce, warn or audit".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use serde_json::json;

    #[test]
    fn the_arguments_of_all_commands_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations_are_read_with_their_unit_and_never_without() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1m30s"), Ok(Duration::from_secs(90)));
        for text in ["30", "0s", "-1s", "soon", ""] {
            let error = parse_duration(text).unwrap_err();
            assert_eq!(error, "expected a duration such as 30s, 500ms or 1m30s", "{text}");
        }
    }

    #[test]
    fn a_parameter_is_json_where_it_is_json_and_text_otherwise() {
        assert_eq!(parse_set("n=2"), Ok(("n".into(), json!(2))));
        assert_eq!(parse_set("keys=[\"a\"]"), Ok(("keys".into(), json!(["a"]))));
        assert_eq!(parse_set("name=a=b"), Ok(("name".into(), json!("a=b"))));
        assert_eq!(parse_set("n").unwrap_err(), "expected KEY=VALUE");
        assert_eq!(parse_set("=n").unwrap_err(), "expected KEY=VALUE");
    }
}
