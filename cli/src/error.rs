//! What can end a command without an answer, and how that is told.

use crate::command::serve::OpaError;
use crate::config::ConfigError;
use crate::console::{Paint, Role};
use crate::escape::Safe;
use crate::exit::Exit;
use crate::load::LoadErrors;
use crate::shipping::ShippingError;
use crate::signing::BundleCommandError;
use referee_core::digest::DigestError;
use referee_core::document::DocumentError;
use referee_core::reference::ReferenceError;
use referee_core::{Coded, Digest};
use referee_engine::{GatherError, RatifyViewError, SchemaError};
use referee_rego::{
    DocumentError as CapabilitiesError, Location, PolicyError, RegoError, RegoErrors, ValueError,
};
use referee_store::{
    CopyError, EvidenceError, PolicyLoadError, StoreError, TrustLoadError, TufError,
};
use referee_verify::UnusableTrust;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CliError {
    /// The answer could not be written.
    #[error("the output could not be written")]
    Output(#[from] io::Error),
    /// Ctrl-C was pressed.
    #[error("interrupted")]
    Interrupted,
    /// The asynchronous machinery could not be started.
    #[error("the process could not be set up")]
    Runtime(#[source] io::Error),
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A reference is none.
    #[error("{text:?} is no reference: {source}")]
    Reference {
        /// What was given.
        text: String,
        /// What is wrong with it.
        source: ReferenceError,
    },
    /// Several artifacts cannot all be judged as one.
    #[error("--as names one artifact, and {count} references are given")]
    AsForSeveral {
        /// How many.
        count: usize,
    },
    /// A parameter was given twice.
    #[error("--{flag} {name} is given twice")]
    SetTwice {
        /// `set` or `param`.
        flag: &'static str,
        /// The parameter.
        name: String,
    },
    /// A pack that does not exist.
    #[error("there is no policy pack {name:?}{}", suggestion(closest.as_deref()))]
    UnknownPack {
        /// What was asked for.
        name: String,
        /// The pack whose name is nearest.
        closest: Option<String>,
        /// The packs there are.
        known: Vec<String>,
        /// There is a file or folder of that name here.
        is_path: bool,
    },
    /// The defaults of a pack are no JSON.
    #[error("the defaults of the policy pack {name:?} cannot be read")]
    PackData {
        /// The pack.
        name: &'static str,
        /// What the parser found.
        source: ValueError,
    },
    /// The trust documents cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustLoadError),
    /// A key of the trust documents cannot be used.
    #[error(transparent)]
    Trusted(#[from] UnusableTrust),
    /// A JSON Schema of the configuration cannot be read.
    #[error("the schema {} for {media_type} cannot be read", path.display())]
    SchemaFile {
        /// What it is for.
        media_type: String,
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A JSON Schema of the configuration cannot be used.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A trusted root could not be had.
    #[error(transparent)]
    Roots(#[from] TufError),
    /// The store cannot be set up.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The policy's files cannot be read.
    #[error(transparent)]
    PolicyFiles(#[from] PolicyLoadError),
    /// No file of the policy is a module.
    #[error("{} holds no Rego module", path.display())]
    NoModules {
        /// What was read.
        path: PathBuf,
    },
    /// Files cannot be read, or not be put together.
    #[error(transparent)]
    Load(#[from] LoadErrors),
    /// A bundle cannot be made, or looked at.
    #[error(transparent)]
    Bundle(#[from] BundleCommandError),
    /// A bundle did not get to where it should.
    #[error(transparent)]
    Shipping(Box<ShippingError>),
    /// A document of capabilities cannot be used.
    #[error("the capabilities {} cannot be used: {source}", path.display())]
    Capabilities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CapabilitiesError,
    },
    /// A flag that another engine than the native one does not know.
    #[error("--{flag} needs the native engine")]
    NativeOnly {
        /// The flag.
        flag: &'static str,
    },
    /// A flag of OPA's that there is not here.
    #[error("--{flag} is a flag of opa that referee does not have: {why}")]
    Absent {
        /// The flag.
        flag: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// A command of OPA's that there is not here.
    #[error("{command} is a command of opa that referee does not have: {instead}")]
    AbsentCommand {
        /// The command.
        command: &'static str,
        /// What there is instead.
        instead: &'static str,
    },
    /// A variable that `opa run` reads and the server does not.
    #[error("{name} is a variable of opa run, which referee does not read: {instead}, or unset it")]
    OpaVariable {
        /// The variable.
        name: String,
        /// What there is instead.
        instead: String,
    },
    /// Standard input is wanted twice.
    #[error("the query and the input cannot both be read from standard input")]
    StdinTwice,
    /// A word of a flag that is none of those it knows.
    #[error("--{flag}: {word:?} is none of {known}")]
    UnknownWord {
        /// The flag.
        flag: &'static str,
        /// What was given.
        word: String,
        /// What could have been.
        known: &'static str,
    },
    /// Less is covered than was asked for.
    #[error("Code coverage threshold not met: got {coverage:.2} instead of {threshold:.2}")]
    Uncovered {
        /// How much is covered, in percent.
        coverage: f64,
        /// How much was asked for.
        threshold: f64,
    },
    /// The policy cannot rule.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Modules do not compile.
    #[error(transparent)]
    Compile(#[from] RegoErrors),
    /// The input is no document that a policy can read.
    #[error("{name} cannot be used as a document")]
    Input {
        /// What it is called.
        name: String,
        /// Why.
        source: ValueError,
    },
    /// The input is no facts document.
    #[error("the input is no document of facts")]
    NoFacts {
        /// Why.
        source: serde_json::Error,
    },
    /// The facts have no form in the view that is asked for.
    #[error("there is no such view of the facts")]
    View(#[source] RatifyViewError),
    /// The input is no YAML.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A pattern is no regular expression.
    #[error("--run: {pattern:?} is no regular expression: {why}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        why: String,
    },
    /// There is nothing to test.
    #[error("no tests were found")]
    NoTests,
    /// The cases of a suite cannot be read.
    #[error(transparent)]
    Cases(#[from] referee_conformance::rego::LoadError),
    /// The cases of Sigstore cannot be read.
    #[error(transparent)]
    SigstoreCases(#[from] referee_conformance::sigstore::LoadError),
    /// The list of codes cannot be used.
    #[error(transparent)]
    SigstoreCodes(#[from] referee_conformance::sigstore::CodesError),
    /// The suite of OPA's REST API cannot be run.
    #[error(transparent)]
    OpaApi(#[from] referee_conformance::opa_api::Unusable),
    /// What is given instead of a file is no digest.
    #[error("{text:?} is no digest")]
    BlobDigest {
        /// What was given.
        text: String,
        /// What is wrong with it.
        source: DigestError,
    },
    /// The list of cases that are expected to fail cannot be used.
    #[error(transparent)]
    Expectations(#[from] referee_conformance::rego::ExpectationError),
    /// A document could not be written.
    #[error("the document could not be written")]
    Write(#[source] Box<dyn Error + Send + Sync>),
    /// The reference could not be resolved, or its facts not be handed over.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The copy was not made.
    #[error("{reference} was not copied to {destination}: {source}")]
    Copy {
        /// What was to be copied.
        reference: String,
        /// Where to.
        destination: String,
        /// Why not.
        source: Box<CopyError>,
    },
    /// A trusted root cannot be saved.
    #[error("{} could not be written", path.display())]
    RootNotSaved {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Evidence cannot be used.
    #[error("the evidence {} cannot be used: {source}", path.display())]
    Evidence {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: Box<EvidenceError>,
    },
    /// Evidence is about something else than the command is.
    #[error("the evidence {} is about {about}: that is for `{command}`", path.display())]
    EvidenceAboutOther {
        /// Where it is.
        path: PathBuf,
        /// What it is about.
        about: &'static str,
        /// What rules over it.
        command: &'static str,
    },
    /// Evidence is about another file than the one that is given.
    #[error(
        "{file} has the digest {found}, and the evidence {} is about {expected}",
        path.display()
    )]
    EvidenceOfOtherFile {
        /// Where the evidence is.
        path: PathBuf,
        /// The file.
        file: String,
        /// The digest of the file that it is about.
        expected: Digest,
        /// The digest of the file.
        found: Digest,
    },
    /// Evidence cannot be saved.
    #[error("the evidence was not saved: {0}")]
    EvidenceNotSaved(#[source] Box<EvidenceError>),
    /// A registry would have to be asked.
    #[error("{reference} is in a registry, and --offline forbids to ask one")]
    Offline {
        /// The reference.
        reference: String,
    },
    /// The server cannot be set up that way.
    #[error(transparent)]
    ServerConfig(#[from] referee_server::ConfigError),
    /// The server could not be started.
    #[error(transparent)]
    Serve(#[from] referee_server::ServeError),
    /// What OPA's configuration asks for cannot be done.
    #[error(transparent)]
    Opa(Box<OpaError>),
}

fn suggestion(closest: Option<&str>) -> String {
    closest.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default()
}

impl Coded for CliError {
    fn code(&self) -> &'static str {
        match self {
            Self::Output(_) => "output",
            Self::Interrupted => "interrupted",
            Self::Runtime(_) => "internal_error",
            Self::Config(error) => error.code(),
            Self::Reference { source, .. } => source.code(),
            Self::AsForSeveral { .. } => "as_for_several",
            Self::SetTwice { .. } => "set_twice",
            Self::UnknownPack { .. } => "unknown_pack",
            Self::PackData { .. } => "internal_error",
            Self::Trust(error) => error.code(),
            Self::Trusted(error) => error.code(),
            Self::SchemaFile { .. } => "schema_unreadable",
            Self::Schema(error) => error.code(),
            Self::Roots(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::PolicyFiles(error) => error.code(),
            Self::NoModules { .. } => "policy_empty",
            Self::Load(errors) => errors.code(),
            Self::Capabilities { .. } => "capabilities_unusable",
            Self::NativeOnly { .. } => "native_only",
            Self::Absent { .. } => "flag_absent",
            Self::AbsentCommand { .. } => "command_absent",
            Self::OpaVariable { .. } => "variable_absent",
            Self::StdinTwice => "stdin_twice",
            Self::UnknownWord { .. } => "unknown_word",
            Self::Uncovered { .. } => "coverage_below_threshold",
            Self::Policy(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Shipping(error) => error.code(),
            Self::Compile(errors) => errors.code(),
            Self::Input { .. } | Self::NoFacts { .. } => "input_unusable",
            Self::View(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::File { .. } => "file_unreadable",
            Self::Pattern { .. } => "run_pattern",
            Self::NoTests => "no_tests",
            Self::Cases(_) | Self::SigstoreCases(_) => "cases_unusable",
            Self::Expectations(_) | Self::SigstoreCodes(_) => "expectations_unusable",
            Self::OpaApi(error) => error.code(),
            Self::BlobDigest { source, .. } => source.code(),
            Self::Write(_) => "internal_error",
            Self::Gather(error) => error.code(),
            Self::Copy { source, .. } => source.code(),
            Self::Evidence { source, .. } | Self::EvidenceNotSaved(source) => source.code(),
            Self::RootNotSaved { .. } => "file_unwritable",
            Self::EvidenceAboutOther { .. } => "evidence_about_other",
            Self::EvidenceOfOtherFile { .. } => "evidence_of_other_file",
            Self::Offline { .. } => "offline",
            Self::ServerConfig(error) => error.code(),
            Self::Serve(error) => error.code(),
            Self::Opa(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Reference { source, .. } => source.hint(),
            Self::AsForSeveral { .. } => Some("verify them one by one".into()),
            Self::UnknownPack { name, known, is_path, .. } => Some(if *is_path {
                format!("a path has a separator in it: write ./{name}")
            } else {
                format!("the packs are: {}", known.join(", "))
            }),
            Self::Trust(error) => error.hint(),
            Self::Trusted(error) => error.hint(),
            Self::SchemaFile { source, .. } => crate::files::hint(source),
            Self::Schema(error) => error.hint(),
            Self::Roots(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::PolicyFiles(error) => error.hint(),
            Self::Load(errors) => errors.hint(),
            Self::NativeOnly { .. } => Some("leave --engine and policy.engine away".into()),
            Self::Policy(error) => error.hint(),
            Self::Bundle(error) => error.hint(),
            Self::Shipping(error) => error.hint(),
            Self::Compile(errors) => errors.hint(),
            Self::Document(error) => error.hint(),
            Self::File { source, .. } => crate::files::hint(source),
            Self::NoTests => Some("tests are the rules whose names begin with test_".into()),
            Self::Gather(error) => error.hint(),
            Self::Copy { source, .. } => source.hint(),
            Self::Evidence { source, .. } | Self::EvidenceNotSaved(source) => source.hint(),
            Self::Offline { .. } => Some(
                "an oci-layout: is read without a network, and so is what `referee facts \
                 --save-evidence` saved, with --evidence"
                    .into(),
            ),
            Self::ServerConfig(error) => error.hint(),
            Self::Serve(error) => error.hint(),
            Self::Opa(error) => error.hint(),
            Self::Output(_)
            | Self::Interrupted
            | Self::Runtime(_)
            | Self::SetTwice { .. }
            | Self::Capabilities { .. }
            | Self::Absent { .. }
            | Self::AbsentCommand { .. }
            | Self::OpaVariable { .. }
            | Self::StdinTwice
            | Self::UnknownWord { .. }
            | Self::Uncovered { .. }
            | Self::PackData { .. }
            | Self::NoModules { .. }
            | Self::Input { .. }
            | Self::NoFacts { .. }
            | Self::View(_)
            | Self::Pattern { .. }
            | Self::Cases(_)
            | Self::Expectations(_)
            | Self::SigstoreCases(_)
            | Self::SigstoreCodes(_)
            | Self::OpaApi(_)
            | Self::BlobDigest { .. }
            | Self::EvidenceAboutOther { .. }
            | Self::EvidenceOfOtherFile { .. }
            | Self::RootNotSaved { .. }
            | Self::Write(_) => None,
        }
    }
}

impl CliError {
    /// What a script should make of it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            // The tests passed; what was asked of them did not.
            Self::Uncovered { .. } => Exit::Denied,
            _ => Exit::Error,
        }
    }

    /// The errors in Rego text that it consists of.
    fn rego(&self) -> Vec<&RegoError> {
        match self {
            Self::Policy(PolicyError::Compile(errors)) | Self::Compile(errors) => {
                errors.iter().collect()
            }
            Self::Policy(PolicyError::Eval(error)) => vec![error],
            _ => Vec::new(),
        }
    }
}

/// How many errors in Rego text are told at once; OPA's number.
const SHOWN: usize = 10;

/// Tells an error to a reader.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn report(out: &mut dyn Write, paint: Paint, error: &CliError) -> io::Result<()> {
    let label = paint.show(Role::Bad, "error");
    let rego = error.rego();
    match rego.as_slice() {
        [] => {
            let code = paint.show(Role::Faint, format!("[{}]", error.code()));
            writeln!(out, "{label}: {} {code}", Safe(&error.to_string()))?;
            causes(out, error)?;
        }
        [only] => {
            write!(out, "{label}: ")?;
            rego_error(out, paint, only)?;
        }
        several => {
            writeln!(out, "{label}: {} errors occurred:", several.len())?;
            for error in several.iter().take(SHOWN) {
                rego_error(out, paint, error)?;
            }
            if let more @ 1.. = several.len().saturating_sub(SHOWN) {
                writeln!(out, "and {more} more")?;
            }
        }
    }
    if let Some(hint) = error.hint() {
        writeln!(out, "  {}: {}", paint.show(Role::Head, "hint"), Safe(&hint))?;
    }
    Ok(())
}

fn causes(out: &mut dyn Write, error: &dyn Error) -> io::Result<()> {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Many an error quotes its cause already.
        if !told.contains(&text) {
            writeln!(out, "  caused by: {}", Safe(&text))?;
            told = text;
        }
        cause = error.source();
    }
    Ok(())
}

/// An error in Rego text as OPA prints it, the line with a mark under the place, and what was had
/// and what was wanted.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn rego_error(out: &mut dyn Write, paint: Paint, error: &RegoError) -> io::Result<()> {
    let place = error.location.as_ref().map(|place| match (place.file.as_str(), place.row) {
        // A file in which there is nothing has no line.
        (file, 0) => format!("{file}: "),
        ("", row) => format!("query:{row}:{}: ", place.col),
        (file, row) => format!("{file}:{row}:{}: ", place.col),
    });
    let place = place.unwrap_or_default();
    writeln!(out, "{}{}: {}", Safe(&place), error.code, Safe(&error.message))?;
    if let (Some(place), Some(snippet)) = (&error.location, &error.snippet) {
        marked(out, paint, place, snippet)?;
    }
    for line in had_and_wanted(&error.details) {
        writeln!(out, "    {} {}", paint.show(Role::Faint, "="), Safe(line))?;
    }
    Ok(())
}

/// What OPA says under a message, without a line of its own that has a mark: that is shown already.
fn had_and_wanted(details: &[String]) -> impl Iterator<Item = &str> {
    let mark = details.iter().position(|line| line.trim() == "^");
    details.iter().skip(mark.map_or(0, |at| at.saturating_add(1))).map(|line| line.trim())
}

/// The line of a place with a mark under it.
fn marked(out: &mut dyn Write, paint: Paint, place: &Location, snippet: &str) -> io::Result<()> {
    let number = place.row.to_string();
    let gutter = " ".repeat(number.len());
    writeln!(out, "  {}", paint.show(Role::Faint, format!("{gutter} |")))?;
    let text = snippet.lines().next().unwrap_or_default();
    writeln!(out, "  {} {}", paint.show(Role::Faint, format!("{number} |")), Safe(&shown(text)))?;
    let before = usize::try_from(place.col.saturating_sub(1)).unwrap_or(0);
    let before: String = text.chars().take(before).collect();
    let indent = " ".repeat(crate::layout::columns(&shown(&before)));
    let mark = paint.show(Role::Bad, "^");
    writeln!(out, "  {} {indent}{mark}", paint.show(Role::Faint, format!("{gutter} |")))
}

/// Text of a module as it is shown: a tab takes four columns.
fn shown(text: &str) -> String {
    text.replace('\t', "    ")
}
