//! The engines behind the front.
//!
//! Each compiles modules into a back end of its own and evaluates paths and queries; the front
//! knows nothing else of it. [`native`] is Referee's own, [`regorus`] an interpreter made by
//! others, [`both`] asks the two and compares.

mod both;
mod native;
pub(crate) mod regorus;

pub(crate) use native::Source;
pub(crate) use native::all as native_errors;
pub(crate) use native::parse as native_parse;

use crate::ask::{Answer, Question};
use crate::budget::EvalBudget;
use crate::error::{RegoError, RegoErrors};
use crate::options::{CompileOptions, EngineChoice};
use crate::path::{self, Segment};
use crate::program::{Module, Producers, QueryResults};
use crate::reads::Reads;
use crate::report::{Coverage, CoverageKind, CoverageReport};
use crate::residual::{PartialAnswer, PartialQuestion};
use crate::rules::RuleInfo;
use crate::test_runner::Test;
use crate::value::Value;
use crate::world::World;
use both::Both;
use referee_rego_eval::PreparedPath;
use std::sync::OnceLock;
use std::time::Duration;

/// A program of one engine, or of two.
pub(crate) enum Back {
    Native(Box<native::Backend>),
    Regorus(Box<regorus::Backend>),
    Both(Box<Both>),
}

/// What several paths lead to.
pub(crate) struct Values {
    /// The value at each path; `None` where it is undefined.
    pub(crate) values: Vec<Option<Value>>,
    pub(crate) prints: Vec<String>,
    /// Whether a base document was looked up; `false` where that is not known.
    pub(crate) read_base: bool,
}

/// A path of the data document.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) segments: Vec<Segment>,
    /// In the one form of [`path::write`].
    pub(crate) text: String,
    /// Whether it is the path of a rule that has a value.
    pub(crate) is_rule: bool,
    /// What the native engine makes of it, once it has.
    pub(crate) prepared: OnceLock<PreparedPath>,
}

impl Back {
    /// Compiles modules; and the rules, where the engine does not keep them itself.
    pub(crate) fn compile(
        modules: &[native::Source<'_>],
        data: &Value,
        options: &CompileOptions,
    ) -> Result<(Self, Option<Vec<RuleInfo>>), RegoErrors> {
        match options.engine {
            EngineChoice::Native => {
                let back = native::Backend::compile(modules, data, options)?;
                Ok((Self::Native(Box::new(back)), None))
            }
            EngineChoice::Regorus => {
                let modules: Vec<_> = modules.iter().map(|(module, _)| (*module).clone()).collect();
                let (back, rules) = regorus::Backend::compile(&modules, data, options)?;
                Ok((Self::Regorus(Box::new(back)), Some(rules)))
            }
            EngineChoice::Both => {
                let back = Both::compile(modules, data, options)?;
                Ok((Self::Both(Box::new(back)), None))
            }
        }
    }

    /// The program of other modules, where that takes less than compiling them all; `None` where it
    /// does not, or the engine cannot.
    pub(crate) fn again(
        &self,
        modules: &[native::Source<'_>],
        data: &Value,
        options: &CompileOptions,
    ) -> Option<Self> {
        let Self::Native(back) = self else { return None };
        Some(Self::Native(Box::new(back.again(modules, data, options)?)))
    }

    /// The native engine, where it is there alone or before another.
    pub(crate) fn native(&self) -> Option<&native::Backend> {
        match self {
            Self::Native(back) => Some(back),
            Self::Both(back) => Some(back.native()),
            Self::Regorus(_) => None,
        }
    }

    /// The same over another base document; `None` where the modules must be compiled again.
    pub(crate) fn with_data(
        &self,
        data: &Value,
        checked: bool,
    ) -> Option<Result<Self, RegoErrors>> {
        let Self::Native(back) = self else { return None };
        Some(back.with_data(data, checked).map(|back| Self::Native(Box::new(back))))
    }

    /// The same, where a builtin that fails ends the evaluation, or not; `None` where the modules
    /// must be compiled again.
    pub(crate) fn with_strict_builtin_errors(&self, strict: bool) -> Option<Self> {
        let Self::Native(back) = self else { return None };
        Some(Self::Native(Box::new(back.with_strict_builtin_errors(strict))))
    }

    pub(crate) fn reads(&self) -> &Reads {
        match self {
            Self::Native(back) => back.reads(),
            Self::Regorus(back) => back.reads(),
            Self::Both(back) => back.reads(),
        }
    }

    pub(crate) fn required(&self) -> Option<Value> {
        match self {
            Self::Native(back) => back.required(),
            Self::Regorus(_) => None,
            Self::Both(back) => back.required(),
        }
    }

    pub(crate) fn check_input(&self, path: &[&str], schema: &Value) -> Result<(), RegoErrors> {
        match self {
            Self::Native(back) => back.check_input(path, schema),
            Self::Regorus(_) => Ok(()),
            Self::Both(back) => back.check_input(path, schema),
        }
    }

    pub(crate) fn packages(&self) -> Vec<&str> {
        match self {
            Self::Native(back) => back.packages(),
            Self::Regorus(back) => back.packages(),
            Self::Both(back) => back.packages(),
        }
    }

    /// The values of paths, in one evaluation that shares what they share.
    pub(crate) fn eval(
        &self,
        paths: &[Path],
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<Values, RegoError> {
        match self {
            Self::Native(back) => back.eval(paths, input, budget, world),
            Self::Regorus(back) => back.eval(paths, input, budget),
            Self::Both(back) => back.eval(paths, input, budget, world),
        }
    }

    /// Where the elements of partial rules come from; `None` where the engine cannot tell.
    pub(crate) fn producers(
        &self,
        paths: &[Path],
        input: &Value,
        budget: &EvalBudget,
    ) -> Option<Producers> {
        match self {
            Self::Native(back) => back.producers(paths, input, budget),
            Self::Both(back) => back.producers(paths, input, budget),
            Self::Regorus(_) => None,
        }
    }

    /// The answer to a query with what is to be told about it; `None` where the engine cannot
    /// tell.
    pub(crate) fn ask(&self, question: &Question<'_>) -> Option<Answer> {
        match self {
            Self::Native(back) => Some(back.ask(question)),
            Self::Both(back) if question.wants_more() => Some(back.ask(question)),
            Self::Both(_) | Self::Regorus(_) => None,
        }
    }

    /// What is left of a query; `None` where the engine cannot tell.
    pub(crate) fn partial(&self, question: &PartialQuestion<'_>) -> Option<PartialAnswer> {
        match self {
            Self::Native(back) => Some(back.partial(question)),
            Self::Both(back) => Some(back.partial(question)),
            Self::Regorus(_) => None,
        }
    }

    /// How long parsing and compiling the modules took, where that is known.
    pub(crate) fn times(&self) -> Option<(Duration, Duration)> {
        match self {
            Self::Native(back) => Some(back.times()),
            Self::Both(back) => Some(back.times()),
            Self::Regorus(_) => None,
        }
    }

    /// The report of what was covered.
    pub(crate) fn coverage(
        &self,
        modules: &[Module],
        covered: &Coverage,
        others: &[(CoverageKind, &Coverage)],
    ) -> CoverageReport {
        match self {
            Self::Native(back) => back.coverage(modules, covered, others),
            Self::Both(back) => back.coverage(modules, covered, others),
            Self::Regorus(_) => CoverageReport::default(),
        }
    }

    /// The tests, where the engine knows them itself.
    pub(crate) fn tests(&self) -> Option<Vec<Test>> {
        match self {
            Self::Native(back) => Some(back.tests()),
            Self::Both(_) | Self::Regorus(_) => None,
        }
    }

    pub(crate) fn query(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<QueryResults, RegoError> {
        match self {
            Self::Native(back) => back.query(query, input, budget, world),
            Self::Regorus(back) => back.query(query, input, budget),
            Self::Both(back) => back.query(query, input, budget, world),
        }
    }
}

/// The time since some moment, as the engines measure their budgets: a budget that is spent in
/// parts is measured by one clock. It tells durations, never what time it is.
pub(crate) fn monotonic() -> Option<std::time::Duration> {
    ::regorus::utils::limits::monotonic_now()
}

/// Writes a path so that an engine reads it as a query.
fn as_query(paths: &[Path]) -> String {
    // A comprehension is empty, not undefined, where its body is undefined.
    let values: Vec<_> = paths.iter().map(|path| format!("[v | v := {}]", path.text)).collect();
    format!("[{}]", values.join(", "))
}

/// A path from its segments.
pub(crate) fn path_of(segments: Vec<Segment>, is_rule: bool) -> Path {
    let text = path::write(&segments);
    Path { segments, text, is_rule, prepared: OnceLock::new() }
}
