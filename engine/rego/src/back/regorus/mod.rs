//! The interpreter of the crate `regorus`, made safe to face untrusted input.
//!
//! Its traps are listed in `reference/rego-baseline.md`; what is done about each stands in the
//! modules here: [`analysis`] finds at load what it finds at evaluation or not at all, [`builtins`]
//! replaces those of its builtins that panic, read the clock or take all memory, [`diagnostics`]
//! reads its errors, which are text.

mod analysis;
mod builtins;
mod convert;
mod diagnostics;
mod graph;
mod query;
mod syntax;
mod world;

use crate::back::{Path, Values, as_query, monotonic};
use crate::budget::EvalBudget;
use crate::error::{RegoCode, RegoError, RegoErrors};
use crate::options::CompileOptions;
use crate::program::{Module, QueryExpression, QueryResults, QueryRow};
use crate::reads::Reads;
use crate::rules::RuleInfo;
use crate::value::{self, Value};
use analysis::Analysis;
use builtins::Called;
use diagnostics::Phase;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, PolicyLengthConfig};
use std::num::{NonZeroU32, NonZeroUsize};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many units of work (an expression, a call) pass between two looks at the clock. A unit
/// takes some hundred nanoseconds, a look about thirty.
const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::MIN.saturating_add(15);

/// Longer lines and files than the crate's default of 1,024 columns and 1 MiB: generated policies
/// have them. 4 MiB is `Limits::max_policy_file_bytes`.
const LENGTHS: PolicyLengthConfig = PolicyLengthConfig {
    max_col: NonZeroU32::MIN.saturating_add(1 << 20),
    max_file_bytes: NonZeroUsize::MIN.saturating_add(4 << 20),
    max_lines: NonZeroUsize::MIN.saturating_add(1_000_000),
};

/// A compiled program.
pub(crate) struct Backend {
    /// For paths that are rules. Prepared and never evaluated: each evaluation has a clone of it,
    /// which costs less than a microsecond.
    rules: Prepared,
    /// For queries.
    queries: Prepared,
    packages: Vec<String>,
    reads: Reads,
}

/// An engine with the builtins that it may call.
struct Prepared {
    engine: Engine,
    called: Called,
}

impl Prepared {
    fn new(engine: &Engine, called: Called, strict: bool) -> Result<Self, RegoError> {
        let mut engine = engine.clone();
        builtins::install(&mut engine, &called, strict)
            .map_err(|error| diagnostics::read(&error, Phase::Prepare))?;
        Ok(Self { engine, called })
    }

    /// Runs one evaluation on a clone of the engine, inside its budget and guarded.
    fn run<T>(
        &self,
        input: Option<&Value>,
        budget: &EvalBudget,
        evaluate: impl FnOnce(&mut Engine) -> anyhow::Result<T>,
    ) -> Result<(T, Vec<String>), RegoError> {
        let started = monotonic();
        let input = input.map(|input| convert::to_regorus(&input.0)).transpose()?;
        let result = guarded(|| {
            let mut engine = self.engine.clone();
            builtins::install_for(&mut engine, &self.called, budget)?;
            engine.set_execution_timer_config(ExecutionTimerConfig {
                limit: budget.time,
                check_interval: CHECK_INTERVAL,
            });
            if let Some(input) = input {
                engine.set_input(input);
            }
            let value = evaluate(&mut engine)?;
            Ok((value, engine.take_prints()?))
        })?;
        // Where a function has several definitions, the interpreter forgets that one of them ran
        // out of time as long as another gave a value; so time is looked at once more here.
        let late = monotonic()
            .zip(started)
            .is_some_and(|(now, started)| now.saturating_sub(started) > budget.time);
        match result {
            Ok(_) if late => Err(diagnostics::cancelled()),
            Ok(done) => Ok(done),
            Err(error) => Err(diagnostics::read(&error, Phase::Evaluate)),
        }
    }
}

impl Backend {
    pub(crate) fn compile(
        modules: &[Module],
        data: &Value,
        options: &CompileOptions,
    ) -> Result<(Self, Vec<RuleInfo>), RegoErrors> {
        let mut engine = Engine::new();
        engine.set_policy_length_config(LENGTHS);
        engine.set_rego_v0(options.rego_v0);
        engine.set_strict_builtin_errors(options.strict_builtin_errors);
        // Prints go to the caller, not to the standard error of the process.
        engine.set_gather_prints(true);

        let mut errors = Vec::new();
        for module in modules {
            let added =
                guarded(|| engine.add_policy(module.name.to_string(), module.text.to_string()))?;
            if let Err(error) = added {
                errors.push(diagnostics::read(&error, Phase::Parse));
            }
        }
        RegoErrors::from_list(errors)?;

        let analysis = guarded(|| analysis::analyse(engine.get_modules()))?;
        RegoErrors::from_list(analysis.errors)?;

        let converted = convert::to_regorus(&data.0)?;
        // Rules are analysed before the first evaluation, whatever it evaluates; this one makes
        // it happen now, so that what is unsafe is an error at load.
        guarded(|| {
            engine.add_data(converted)?;
            engine.eval_query("true".to_owned(), false)
        })?
        .map_err(|error| diagnostics::read(&error, Phase::Prepare))?;
        let strict = options.strict_builtin_errors;
        let rules = Prepared::new(&engine, Called::Roots(analysis.roots), strict)?;
        let queries = Prepared::new(&engine, Called::Any, strict)?;
        let Analysis { packages, reads, .. } = analysis;
        Ok((Self { rules, queries, packages, reads }, analysis.rules))
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.reads
    }

    pub(crate) fn packages(&self) -> Vec<&str> {
        self.packages.iter().map(String::as_str).collect()
    }

    pub(crate) fn eval(
        &self,
        paths: &[Path],
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<Values, RegoError> {
        let [path] = paths else {
            let QueryResults { rows, prints } = self.query(&as_query(paths), input, budget)?;
            let values = rows.first().and_then(|row| row.expressions.first());
            let values = values.and_then(|only| only.value.elements()).unwrap_or_default();
            if values.len() != paths.len() {
                return Err(RegoError::internal("a query over several paths lost some of them"));
            }
            let first = |value: Value| value.elements().and_then(|found| found.into_iter().next());
            return Ok(Values {
                values: values.into_iter().map(first).collect(),
                prints,
                read_base: false,
            });
        };
        // The interpreter has a faster way for a path that is exactly a rule, and none of its
        // other ways for one that is not. Without an input only a query has none.
        if !path.is_rule || input.is_none() {
            let QueryResults { rows, prints } = self.query(&path.text, input, budget)?;
            let expression =
                rows.into_iter().next().and_then(|row| row.expressions.into_iter().next());
            return Ok(Values {
                values: vec![expression.map(|only| only.value)],
                prints,
                read_base: false,
            });
        }
        let (value, prints) =
            self.rules.run(input, budget, |engine| engine.eval_rule(path.text.clone()))?;
        Ok(Values { values: vec![checked(&value)?], prints, read_base: false })
    }

    pub(crate) fn query(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<QueryResults, RegoError> {
        if let Some(names) = guarded(|| query::declared(query))? {
            return self.query_as_comprehension(query, &names, input, budget);
        }
        let (results, prints) = self
            .queries
            .run(input, budget, |engine| engine.eval_query(query.to_owned(), false))
            .map_err(
                |error| if query::parses(query) { error } else { error.with_code(RegoCode::Parse) },
            )?;
        let rows: Result<Vec<_>, _> = results.result.into_iter().filter_map(row).collect();
        Ok(QueryResults { rows: rows?, prints })
    }

    /// Evaluates a query that declares variables with `some`.
    ///
    /// The interpreter loses rows of such a query, and does not of a comprehension (0.14.1:
    /// `some y in {1, 2}; y >= 2` is undefined). Its expressions have no values of their own then.
    fn query_as_comprehension(
        &self,
        query: &str,
        names: &[String],
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<QueryResults, RegoError> {
        let text = query::comprehension(query, names);
        let (results, prints) =
            self.queries.run(input, budget, |engine| engine.eval_query(text, false))?;
        let value =
            results.result.into_iter().next().and_then(|row| row.expressions.into_iter().next());
        let mut rows = Vec::new();
        let value = value.map(|found| checked(&found.value)).transpose()?.flatten();
        for bindings in value.and_then(|found| found.elements()).unwrap_or_default() {
            let expression =
                QueryExpression { text: query.to_owned(), value: true.into(), row: 1, col: 1 };
            rows.push(QueryRow { expressions: vec![expression], bindings: named(bindings) });
        }
        Ok(QueryResults { rows, prints })
    }
}

/// Runs what may panic. The interpreter is written to panic nowhere, and does in some places
/// (`strings.count` with an empty needle in 0.14.1); whatever it had under way is thrown away.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, RegoError> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        RegoError::internal(format!("the interpreter panicked: {text}"))
    })
}

/// A result; `None` where it is undefined.
fn checked(value: &regorus::Value) -> Result<Option<Value>, RegoError> {
    if convert::depth_exceeds(value, value::MAX_DEPTH) {
        return Err(RegoError::new(RegoCode::EvalType, "the result is nested too deep"));
    }
    Ok(convert::from_regorus(value).map(Value))
}

/// One row of results; `None` where an expression of it is undefined, and so is the query.
fn row(result: regorus::QueryResult) -> Option<Result<QueryRow, RegoError>> {
    read_row(result).transpose()
}

fn read_row(result: regorus::QueryResult) -> Result<Option<QueryRow>, RegoError> {
    let mut expressions = Vec::with_capacity(result.expressions.len());
    for expression in result.expressions {
        let Some(value) = checked(&expression.value)? else { return Ok(None) };
        expressions.push(QueryExpression {
            text: expression.text.to_string(),
            value,
            row: expression.location.row,
            col: expression.location.col,
        });
    }
    let bindings = checked(&result.bindings)?.map(named).unwrap_or_default();
    Ok(Some(QueryRow { expressions, bindings }))
}

fn named(bindings: Value) -> Vec<(String, Value)> {
    let bindings = bindings.entries().unwrap_or_default().into_iter();
    bindings.filter_map(|(name, value)| Some((name.as_str()?.into_owned(), value))).collect()
}
