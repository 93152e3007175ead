//! Evaluation of a query of which nothing is unknown, to tell its steps and what they took as OPA
//! does.
//!
//! The evaluator of `referee-rego-eval` has other steps: it looks up, scans and compares what OPA
//! unifies. So what is explained is evaluated here once more, by an evaluator that goes OPA's way
//! (`v1/topdown/eval.go`): definitions in the order of OPA's index, rules left early where OPA
//! leaves them, what is kept kept where OPA keeps it. Nothing but explanations comes of it.

use crate::Settings;
use crate::convert;
use crate::instruments::{Instruments, Measured};
use crate::machine::{Eval, Machine};
use crate::residual::Telling;
use crate::rules::Rules;
use crate::scopes::CALLER;
use crate::stop::Stop;
use crate::term::Term;
use crate::trail::{Steps, Trail};
use referee_rego_builtin::Context;
use referee_rego_compile::CompiledQuery;
use referee_rego_eval::EvalError;
use referee_rego_value::{Str, Value};
use std::collections::BTreeMap;

/// What came of an evaluation that is explained.
#[derive(Debug)]
pub struct Explained {
    /// The variables of each way in which the query holds, by the names that the compiler gave
    /// them; or why it could not be evaluated.
    pub rows: Result<Vec<BTreeMap<Str, Value>>, Box<EvalError>>,
    /// Its steps, where they were asked for.
    pub steps: Steps,
    /// What was measured, where that was asked for.
    pub measured: Measured,
    /// Which builtins failed, though the evaluation went on; the first of many.
    pub builtin_errors: Vec<EvalError>,
}

/// Evaluates a query and tells how.
///
/// It goes deep: a thread with a stack of [`crate::STACK`] bytes is to be used for it.
pub fn explain(
    rules: &Rules,
    data: &Value,
    query: &CompiledQuery,
    (input, telling): (Option<&Value>, Telling<'_>),
    context: &mut Context<'_>,
) -> Explained {
    let settings = Settings {
        input,
        unknowns: &[],
        disable_inlining: &[],
        shallow_inlining: false,
        nondeterministic_builtins: true,
        namespace: "",
        skip_namespace: false,
    };
    let mut machine = Machine::new(rules, data, context, settings);
    machine.whole = true;
    machine.trail = telling.steps.map(Trail::new);
    machine.instruments = telling.clock.map(Instruments::new);
    let rows = machine.rows(query);
    let steps = machine.trail.take().map(|trail| trail.steps).unwrap_or_default();
    let measured = machine.instruments.take().map(Instruments::finish).unwrap_or_default();
    let builtin_errors = std::mem::take(&mut machine.errors);
    let rows = rows.or_else(|stop| match stop {
        Stop::Failed(error) => Err(error),
        // Nobody outside the query waits for its first row.
        Stop::Found(_) => Ok(Vec::new()),
    });
    Explained { rows, steps, measured, builtin_errors }
}

impl Machine<'_, '_> {
    fn rows(&mut self, query: &CompiledQuery) -> Eval<Vec<BTreeMap<Str, Value>>> {
        let root = Self::root(convert::body(&query.body));
        let mut rows = Vec::new();
        self.query(&root, &mut |machine| {
            let names = machine.scopes.first().map(|list| list.names()).unwrap_or_default();
            let mut row = BTreeMap::new();
            for name in names {
                machine.context.reserve(size_of::<(Str, Value)>())?;
                if let Term::Value(value) = machine.plug(&Term::Var(name.clone()), CALLER)? {
                    row.insert(name, value);
                }
            }
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }
}
