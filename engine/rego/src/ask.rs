//! Queries with everything that can be told about their evaluation.
//!
//! What is not asked for costs nothing: the evaluator tells a probe only where there is one.

use crate::budget::EvalBudget;
use crate::error::{RegoError, RegoErrors};
use crate::program::QueryResults;
use crate::report::{Coverage, Measures, Profile, Trace};
use crate::value::Value;
use crate::world::World;
use std::time::Duration;

/// A query, and what is to be told about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question<'a> {
    /// The query: Rego text.
    pub query: &'a str,
    /// The package in which it stands, without `data.`.
    pub package: Option<&'a str>,
    /// What it imports: `data.a.b`, `data.a.b as c`.
    pub imports: &'a [String],
    /// The input; without one `input` is undefined.
    pub input: Option<&'a Value>,
    /// How long it may take and what time it is.
    pub budget: EvalBudget,
    /// What it may reach.
    pub world: World<'a>,
    /// What is to be told.
    pub reports: Reports,
    /// Whether rules that cannot apply are left out beforehand.
    pub indexing: bool,
    /// Whether rules are left as soon as their value is certain.
    pub early_exit: bool,
    /// Whether text that is no query is told about as if it could have been a rule, as by OPA's
    /// server.
    pub tries_rules: bool,
    /// Builtins that the query itself may not call; modules may.
    pub unsafe_builtins: &'a [&'a str],
}

impl<'a> Question<'a> {
    /// A query on its own.
    #[must_use]
    pub fn new(query: &'a str, budget: EvalBudget) -> Self {
        Self {
            query,
            package: None,
            imports: &[],
            input: None,
            budget,
            world: World::NONE,
            reports: Reports::default(),
            indexing: true,
            early_exit: true,
            tries_rules: false,
            unsafe_builtins: &[],
        }
    }

    /// The same over an input.
    #[must_use]
    pub fn over(self, input: Option<&'a Value>) -> Self {
        Self { input, ..self }
    }

    /// Whether it asks for more than rows, which only the native engine can give.
    pub(crate) fn wants_more(&self) -> bool {
        let plain = self.package.is_none() && self.imports.is_empty();
        let plain = plain && !self.tries_rules && self.unsafe_builtins.is_empty();
        !plain || !self.indexing || !self.early_exit || self.reports != Reports::default()
    }

    /// The same, with errors as OPA's server tells them, which first tries to read a rule.
    #[must_use]
    pub fn trying_rules(self) -> Self {
        Self { tries_rules: true, ..self }
    }

    /// The same in a world that is handed in.
    #[must_use]
    pub fn in_world(self, world: World<'a>) -> Self {
        Self { world, ..self }
    }

    /// The same in a package, named without `data.`.
    #[must_use]
    pub fn in_package(self, package: Option<&'a str>) -> Self {
        Self { package, ..self }
    }

    /// The same, where the query itself may not call these builtins.
    #[must_use]
    pub fn without_builtins(self, unsafe_builtins: &'a [&'a str]) -> Self {
        Self { unsafe_builtins, ..self }
    }

    /// The same with reports.
    #[must_use]
    pub fn telling(self, reports: Reports) -> Self {
        Self { reports, ..self }
    }
}

/// What is told about an evaluation. The native engine only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct Reports {
    /// Which expressions were evaluated.
    pub coverage: bool,
    /// How often, and how long it took.
    pub profile: bool,
    /// Each step.
    pub trace: bool,
    /// With each step the values of the variables.
    pub variables: bool,
    /// Which builtins failed, though the evaluation went on.
    pub builtin_errors: bool,
    /// The cases that a test goes through.
    pub cases: bool,
    /// The steps as OPA takes them. For them the query is evaluated once more, another way; what is
    /// answered does not come of that. [`Reports::variables`] goes for these, too.
    pub explanation: bool,
    /// Each time that two terms are made equal, too.
    pub unifications: bool,
    /// How often that way did what it is made of, and how long it took.
    pub measures: bool,
}

/// What came of a query.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// Its rows, or everything that is wrong with it.
    pub results: Result<QueryResults, RegoErrors>,
    /// What is told about it.
    pub told: Told,
}

/// What is told about an evaluation.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Told {
    /// What `print` printed, `file:row: text`; where the evaluation failed as well.
    pub prints: Vec<String>,
    /// Which builtins failed.
    pub builtin_errors: Vec<RegoError>,
    /// Which expressions were evaluated.
    pub coverage: Coverage,
    /// How often, and how long it took.
    pub profile: Profile,
    /// Each step.
    pub trace: Trace,
    /// The cases that a test went through (`test_x[case]`), in order.
    pub cases: Vec<Vec<Value>>,
    /// Whether a base document was looked up, there or not.
    pub read_base: bool,
    /// What the evaluation gave that explains: the same as what is answered. `None` where nothing
    /// was to be explained, or the query could not be answered.
    pub explained: Option<Result<QueryResults, RegoErrors>>,
    /// The steps as OPA takes them.
    pub explanation: Trace,
    /// What OPA's way took.
    pub measures: Measures,
    /// How long parsing, compiling and evaluating took.
    pub times: Times,
}

/// How long the parts of an answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Parsing the query.
    pub parse: Duration,
    /// Compiling it.
    pub compile: Duration,
    /// Evaluating it.
    pub eval: Duration,
}
