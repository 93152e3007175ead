//! How modules are compiled, and by which engine.

use crate::value::Value;
use referee_rego_builtin::Table;
use referee_rego_types::Capabilities;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How to compile.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CompileOptions {
    /// Which engine evaluates.
    pub engine: EngineChoice,
    /// Whether a builtin that fails ends the evaluation. As in OPA it does not by default: the
    /// call is undefined.
    pub strict_builtin_errors: bool,
    /// Whether modules are Rego as it was before OPA 1.0 (no `if`, no `contains`), unless they
    /// import `rego.v1`.
    pub rego_v0: bool,
    /// Whether modules must be Rego both as it was before OPA 1.0 and as it is since, as under
    /// OPA's `--v0-v1`; `rego_v0` then says nothing. The native engine only.
    pub rego_v0_v1: bool,
    /// Whether unused variables and imports, shadowing and deprecated builtins are errors, as
    /// under OPA's `--strict`. The native engine only.
    pub strict: bool,
    /// The builtins there are; `None` for those of OPA that [`Capabilities::current`] lists. One
    /// that is listed here and not known compiles, and fails when it is called. The native engine
    /// only.
    pub capabilities: Option<Arc<Capabilities>>,
    /// Builtins of the caller's, beside OPA's. Each needs a declaration in `capabilities`. The
    /// native engine only.
    pub builtins: Vec<Table>,
    /// Whether a rule that stands where the data document has something is an error, as under
    /// `opa eval`; where not, the rule hides it. The native engine only.
    pub check_data_conflicts: bool,
    /// JSON Schemas: of the whole input, and by the names that annotations use. The native engine
    /// only.
    pub schemas: Schemas,
    /// Whether types are checked against the schemas that annotations name or have in them. In OPA
    /// they are where modules are checked, tested and evaluated by a command; a server that is given
    /// them, and what is built of them, passes them over. The native engine only.
    pub annotated_schemas: bool,
    /// Whether the experimental keywords of OPA (`and`, `or`, `not { … }`) can be imported. The
    /// native engine only.
    pub experimental_keywords: bool,
    /// How many errors of one stage are told before it is given up; 0 for all. The native engine
    /// only.
    pub max_errors: usize,
    /// Whether rules that begin with `test_` are prepared for being run as tests.
    pub tests: TestRules,
}

/// What is done with the rules that are tests. The native engine only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TestRules {
    /// Nothing.
    #[default]
    Plain,
    /// Each has a name of its own, and says which of its cases it goes through.
    Cases,
    /// And what they compare gets names, so that its values can be told.
    Values,
}

/// A JSON Schema that types are checked against.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The schema.
    pub document: Value,
    /// Whether `null` is a type in it. In OPA it is none: what may be a string or null is checked
    /// as a string, and what may be an object or null is not checked at all.
    pub nulls: bool,
}

impl From<Value> for Schema {
    /// A schema as OPA reads it.
    fn from(document: Value) -> Self {
        Self { document, nulls: false }
    }
}

/// JSON Schemas that types are checked against.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// The schema of the whole input.
    pub input: Option<Schema>,
    /// Others, by the path under `schema` with which annotations name them: `["kubernetes",
    /// "pod"]` is `schema.kubernetes.pod`.
    pub named: Vec<(Vec<String>, Schema)>,
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl CompileOptions {
    /// As OPA does it: builtins that fail are undefined, modules are Rego v1.
    pub const DEFAULT: Self = Self {
        engine: EngineChoice::Native,
        strict_builtin_errors: false,
        rego_v0: false,
        rego_v0_v1: false,
        strict: false,
        capabilities: None,
        builtins: Vec::new(),
        check_data_conflicts: true,
        schemas: Schemas { input: None, named: Vec::new() },
        annotated_schemas: true,
        experimental_keywords: false,
        max_errors: 10,
        tests: TestRules::Plain,
    };

    /// The same for another engine.
    #[must_use]
    pub fn with_engine(self, engine: EngineChoice) -> Self {
        Self { engine, ..self }
    }

    /// The same, with builtins that end the evaluation where they fail, or not.
    #[must_use]
    pub fn with_strict_builtin_errors(self, strict_builtin_errors: bool) -> Self {
        Self { strict_builtin_errors, ..self }
    }

    /// The same, with modules read as Rego v0, or not.
    #[must_use]
    pub fn with_rego_v0(self, rego_v0: bool) -> Self {
        Self { rego_v0, ..self }
    }

    /// The same, with modules that must be Rego v0 and Rego v1, or not.
    #[must_use]
    pub fn with_rego_v0_v1(self, rego_v0_v1: bool) -> Self {
        Self { rego_v0_v1, ..self }
    }

    /// The same, with OPA's strict checks, or not.
    #[must_use]
    pub fn with_strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// The same with another limit on errors.
    #[must_use]
    pub fn with_max_errors(self, max_errors: usize) -> Self {
        Self { max_errors, ..self }
    }

    /// The same with rules that are tests prepared for being run.
    #[must_use]
    pub fn with_tests(self, tests: TestRules) -> Self {
        Self { tests, ..self }
    }

    /// The same with other builtins.
    #[must_use]
    pub fn with_capabilities(self, capabilities: Arc<Capabilities>) -> Self {
        Self { capabilities: Some(capabilities), ..self }
    }

    /// The same with builtins of the caller's, declared in its capabilities.
    #[must_use]
    pub fn with_builtins(self, builtins: Vec<Table>) -> Self {
        Self { builtins, ..self }
    }

    /// The same, with rules over data an error, or not.
    #[must_use]
    pub fn with_data_conflicts_checked(self, check_data_conflicts: bool) -> Self {
        Self { check_data_conflicts, ..self }
    }

    /// The same with schemas.
    #[must_use]
    pub fn with_schemas(self, schemas: Schemas) -> Self {
        Self { schemas, ..self }
    }

    /// The same, with the schemas of annotations heeded, or not.
    #[must_use]
    pub fn with_annotated_schemas(self, annotated_schemas: bool) -> Self {
        Self { annotated_schemas, ..self }
    }

    /// The same, with OPA's experimental keywords, or not.
    #[must_use]
    pub fn with_experimental_keywords(self, experimental_keywords: bool) -> Self {
        Self { experimental_keywords, ..self }
    }
}

/// Which engine evaluates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EngineChoice {
    /// Referee's own: the whole language, OPA's errors.
    #[default]
    Native,
    /// The interpreter of the crate `regorus`: a second opinion, on most of the language.
    Regorus,
    /// Both: an evaluation whose two results differ is an error
    /// ([`crate::RegoCode::Disagreement`]). A program that either refuses is refused.
    Both,
}

impl EngineChoice {
    /// Its name: `native`, `regorus` or `both`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Regorus => "regorus",
            Self::Both => "both",
        }
    }
}

impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no engine's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no engine: native, regorus and both are")]
pub struct UnknownEngine(String);

impl FromStr for EngineChoice {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        let all = [Self::Native, Self::Regorus, Self::Both];
        let found = all.into_iter().find(|engine| engine.as_str() == name);
        found.ok_or_else(|| UnknownEngine(name.chars().take(40).collect()))
    }
}
