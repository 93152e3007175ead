//! What an implementation of Rego is given, and what it answers.

use crate::json::Json;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Something that runs Rego.
pub trait Implementation {
    /// Its name, as reports give it.
    fn name(&self) -> &str;

    /// Compiles the modules of a program and asks its queries.
    fn run(&self, program: &Program) -> Outcome;

    /// Runs many programs: an implementation behind a pipe is asked about all of them before the
    /// first answer is read.
    fn run_all(&self, programs: &[Program]) -> Vec<Outcome> {
        programs.iter().map(|program| self.run(program)).collect()
    }

    /// Forgets what earlier programs left behind, where there can be such a thing: the real OPA
    /// keeps caches for as long as its process lives, and answers from them.
    fn renew(&self) {}
}

/// Modules, data, input and queries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The modules.
    pub modules: Vec<Module>,
    /// Base data, an object; empty where there is none.
    pub data: Option<Json>,
    /// The input.
    pub input: Input,
    /// Queries, asked one after another of the same compiled modules.
    pub queries: Vec<String>,
    /// How it is compiled and evaluated.
    pub settings: Settings,
}

/// One module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The name of its file.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What `input` is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// Undefined.
    #[default]
    None,
    /// A document.
    Json(Json),
    /// A ground term of Rego.
    Term(String),
}

/// Which Rego modules are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Rego v1.
    #[default]
    V1,
    /// Rego v0, except in modules that import `rego.v1`.
    V0,
    /// Rego that is both v0 and v1: OPA's `v0-compat-v1`.
    V0CompatV1,
}

impl Dialect {
    /// As OPA's cases spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V0 => "v0",
            Self::V0CompatV1 => "v0-compat-v1",
        }
    }
}

/// How a program is compiled and evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which Rego the modules are written in.
    pub dialect: Dialect,
    /// The compiler's strict mode.
    pub strict: bool,
    /// Whether a builtin that fails ends the evaluation.
    pub strict_builtin_errors: bool,
    /// Whether keywords are on that OPA does not have by default.
    pub experimental_keywords: bool,
    /// Whether calls of `print` are compiled rather than left out.
    pub prints: bool,
    /// Whether modules are checked against data for paths that both define.
    pub data_conflicts: bool,
    /// What `time.now_ns` answers; the wall clock where it is none.
    pub now_ns: Option<i64>,
    /// How long a query may take.
    pub timeout: Duration,
    /// What the environment holds.
    pub env: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dialect: Dialect::V1,
            strict: false,
            strict_builtin_errors: false,
            experimental_keywords: false,
            prints: false,
            data_conflicts: true,
            now_ns: Some(1_800_000_000_000_000_000),
            timeout: Duration::from_secs(10),
            env: BTreeMap::new(),
        }
    }
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The modules do not compile.
    Rejected(Vec<Fault>),
    /// One answer for each query.
    Answered(Vec<Answer>),
    /// The implementation broke: it panicked, died, or cannot do what was asked.
    Broken(String),
}

/// What a query gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A row for each way in which it holds.
    Rows(Vec<Row>),
    /// It does not compile (codes that begin with `rego_`), or its evaluation failed.
    Errors(Vec<Fault>),
}

/// The variables of a query and their values.
pub type Row = BTreeMap<String, Json>;

/// One error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// OPA's code.
    pub code: String,
    /// The message, without code and place.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
}

/// A place in a module or a query.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The name of the module; empty for a query.
    pub file: String,
    /// The line, from 1.
    pub row: u32,
    /// The column, from 1.
    pub col: u32,
}

impl Fault {
    /// An error at no place.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), place: None }
    }
}

/// As OPA writes it (`v1/ast/location`): the place is `file:row`, or `row:col` in a query.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(Place { file, row, col }) if file.is_empty() => write!(f, "{row}:{col}: ")?,
            Some(Place { file, row, .. }) => write!(f, "{file}:{row}: ")?,
            None => {}
        }
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(rows) => {
                let rows: Json = rows.iter().cloned().map(Json::Object).collect();
                write!(f, "{rows}")
            }
            Self::Errors(errors) => write_faults(f, errors),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(errors) => {
                f.write_str("refused: ")?;
                write_faults(f, errors)
            }
            Self::Answered(answers) => {
                for (position, answer) in answers.iter().enumerate() {
                    if position > 0 {
                        f.write_str(" | ")?;
                    }
                    answer.fmt(f)?;
                }
                Ok(())
            }
            Self::Broken(what) => write!(f, "broken: {what}"),
        }
    }
}

fn write_faults(f: &mut fmt::Formatter<'_>, errors: &[Fault]) -> fmt::Result {
    for (position, error) in errors.iter().enumerate() {
        if position > 0 {
            f.write_str("; ")?;
        }
        write!(f, "{error}")?;
    }
    Ok(())
}
