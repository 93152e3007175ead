//! A query from its beginning to what is left of it (OPA's `PartialRun`).

use crate::convert;
use crate::instruments::{Instruments, Measured, Timed};
use crate::machine::{Eval, Machine};
use crate::propagate::Propagation;
use crate::rules::Rules;
use crate::save::Unknown;
use crate::scopes::CALLER;
use crate::stop::Stop;
use crate::term::{Expr, Term};
use crate::trail::{Steps, Trail, Wanted};
use crate::unknown::NoInlining;
use crate::{Settings, propagate};
use referee_rego_builtin::Context;
use referee_rego_compile::CompiledQuery;
use referee_rego_eval::EvalError;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{self, Body, Module, RegoVersion, TermKind};
use referee_rego_syntax::compare::compare_exprs;
use referee_rego_value::{Str, Value};
use std::collections::BTreeSet;
use std::time::Duration;

/// What is left of a query.
#[derive(Clone, Debug, Default)]
pub struct Residual {
    /// The queries of which one must hold. None: it can never hold. One that is empty: it always
    /// holds.
    pub queries: Vec<Body>,
    /// The rules that they ask for, by package.
    pub support: Vec<Module>,
}

/// What a partial evaluation gave.
#[derive(Debug)]
pub struct Outcome {
    /// What is left.
    pub residual: Result<Residual, Box<EvalError>>,
    /// What `print` printed, and where.
    pub prints: Vec<(Location, String)>,
    /// Which builtins failed, though the evaluation went on; the first of many.
    pub builtin_errors: Vec<EvalError>,
    /// Whether a base document was looked up, there or not.
    pub read_base: bool,
    /// Its steps, where they were asked for.
    pub steps: Steps,
    /// What was measured, where that was asked for.
    pub measured: Measured,
}

/// What is to be told of an evaluation besides its result.
#[derive(Clone, Copy, Default)]
pub struct Telling<'a> {
    /// Its steps.
    pub steps: Option<Wanted>,
    /// How often it did what it is made of and how long that took, by this monotonic clock.
    pub clock: Option<&'a dyn Fn() -> Duration>,
}

impl std::fmt::Debug for Telling<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telling").field("steps", &self.steps).finish_non_exhaustive()
    }
}

/// Evaluates a query as far as that can be done without what is unknown.
///
/// It goes deep: a thread with a stack of [`crate::STACK`] bytes is to be used for it.
pub fn evaluate(
    rules: &Rules,
    data: &Value,
    query: &CompiledQuery,
    (settings, telling): (Settings<'_>, Telling<'_>),
    context: &mut Context<'_>,
) -> Outcome {
    let version = RegoVersion::V1;
    let mut machine = Machine::new(rules, data, context, settings);
    machine.trail = telling.steps.map(Trail::new);
    machine.instruments = telling.clock.map(Instruments::new);
    let queries = machine.queries(query);
    let prints = std::mem::take(&mut machine.prints);
    let builtin_errors = std::mem::take(&mut machine.errors);
    let support = std::mem::take(&mut machine.support);
    let read_base = machine.read_base.get();
    let steps = machine.trail.take().map(|trail| trail.steps).unwrap_or_default();
    let measured = machine.instruments.take().map(Instruments::finish).unwrap_or_default();
    let residual = match queries {
        Ok(queries) => Ok(Residual { queries, support: support.into_modules(version) }),
        Err(Stop::Failed(error)) => Err(error),
        // Of what is evaluated partially all ways are gone.
        Err(Stop::Found(_)) => Ok(Residual::default()),
    };
    Outcome { residual, prints, builtin_errors, read_base, steps, measured }
}

/// The variables that a query must still bind: those it names, and those that are unknown.
fn live_vars(query: &Body, unknowns: &[ast::Term]) -> BTreeSet<Str> {
    let mut live: BTreeSet<Str> = propagate::all_vars(query);
    live.retain(|name| !name.starts_with("__local"));
    for unknown in unknowns {
        match &unknown.kind {
            TermKind::Var(name) => {
                live.insert(name.clone());
            }
            TermKind::Ref(parts) => {
                if let Some(TermKind::Var(name)) = parts.first().map(|head| &head.kind) {
                    live.insert(name.clone());
                }
            }
            _ => {}
        }
    }
    live
}

impl<'a, 'c> Machine<'a, 'c> {
    fn queries(&mut self, query: &CompiledQuery) -> Eval<Vec<Body>> {
        let mut unknown = Unknown { refs: Vec::new(), vars: Vec::new(), at: CALLER };
        for term in self.settings.unknowns {
            match convert::term(term) {
                Term::Ref(parts) => unknown.refs.push(parts),
                Term::Var(name) => unknown.vars.push(name),
                _ => {}
            }
        }
        self.unknowns.push(unknown);
        if !self.settings.disable_inlining.is_empty() {
            let refs = self.settings.disable_inlining;
            let refs = refs.iter().map(|parts| convert::reference(parts)).collect();
            self.no_inlining.push(NoInlining { internal: false, refs });
        }
        let live = live_vars(&query.body, self.settings.unknowns);
        let rules = self.rules;
        let propagation = Propagation::new(&rules.compiled, live, false);
        let root = Self::root(convert::body(&query.body));
        let mut queries = Vec::new();
        self.query(&root, &mut |machine| {
            let body = machine.remaining()?;
            if !rules.compiled.passes_type_check(&body) {
                return Ok(());
            }
            let shallow = machine.settings.shallow_inlining;
            let started = machine.begun().filter(|_| !shallow);
            queries.push(if shallow { body } else { propagation.apply(body) });
            machine.timed(Timed::CopyPropagation, started);
            Ok(())
        })?;
        Ok(queries)
    }

    /// What has been put aside, and what the variables of the query stand for.
    fn remaining(&mut self) -> Eval<Body> {
        let saved = self.saved.last().cloned().unwrap_or_default();
        let mut body = self.written_saved(&saved)?;
        let names = self.scopes.first().map(|list| list.names()).unwrap_or_default();
        let mut bound = Vec::with_capacity(names.len());
        for name in names {
            let var = Term::Var(name);
            let value = self.plug_out(&var, CALLER)?;
            self.measure(&value)?;
            bound.push(convert::written_expr(&Expr::equality(var, value)));
        }
        bound.sort_by(compare_exprs);
        body.extend(bound);
        Ok(convert::indexed(body))
    }
}
