//! Queries of which something is unknown.
//!
//! The evaluator goes as deep as the query does, so it runs on a thread of its own with a stack
//! that is large enough for its bound.

use super::errors::{all, failed};
use super::{Backend, Said};
use crate::ask::{Question, Told};
use crate::back::monotonic;
use crate::budget::EvalBudget;
use crate::error::{RegoCode, RegoError, RegoErrors};
use crate::report::{Measures, Names, explained};
use crate::residual::{PartialAnswer, PartialQuestion, Residual};
use crate::world::World;
use referee_rego_builtin::Context;
use referee_rego_compile::{CompiledQuery, QueryOptions};
use referee_rego_partial::{Nodes, Outcome, Rules, STACK, Settings, Telling, Wanted, evaluate};
use referee_rego_syntax::ast::{Ref, Term, TermKind};
use referee_rego_syntax::{Location, ParseOptions, parse_ref, parse_term};
use std::time::Duration;

/// The package of the rules that stay beside the queries: OPA's default.
const NAMESPACE: &str = "partial";

impl Backend {
    /// Evaluates a query as far as that can be done.
    pub(in crate::back) fn partial(&self, question: &PartialQuestion<'_>) -> PartialAnswer {
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let mut told = Told::default();
        let prepared = self.prepare_partial(question, &mut told, &clock);
        let (query, unknowns, disabled) = match prepared {
            Ok(prepared) => prepared,
            Err(errors) => return PartialAnswer::new(Err(errors)),
        };
        let started = clock();
        let rules = match self.partial_rules() {
            Ok(rules) => rules,
            Err(errors) => return PartialAnswer::new(Err(errors)),
        };
        let settings = Settings {
            input: question.input.map(|input| &input.0),
            unknowns: &unknowns,
            disable_inlining: &disabled,
            shallow_inlining: question.shallow_inlining,
            nondeterministic_builtins: question.nondeterministic_builtins,
            namespace: NAMESPACE,
            skip_namespace: question.skip_namespace,
        };
        let answer = self.on_large_stack(question, rules, &query, settings);
        answer.took(told.times.parse, told.times.compile, clock().saturating_sub(started))
    }

    /// Does something inside a budget on a thread with a large stack.
    pub(super) fn deep<T: Send>(
        &self,
        within: (&EvalBudget, &World<'_>),
        work: impl FnOnce(&mut Context<'_>) -> T + Send,
    ) -> Result<T, RegoError> {
        let outcome = std::thread::scope(|scope| {
            let work = || self.within(within, work);
            let thread = std::thread::Builder::new().name("rego-partial".into());
            let thread = thread.stack_size(STACK).spawn_scoped(scope, work);
            thread.map_err(|_| "no thread for partial evaluation could be started").and_then(
                |thread| thread.join().map_err(|_| "partial evaluation ended without an answer"),
            )
        });
        outcome.map_err(RegoError::internal)
    }

    fn on_large_stack(
        &self,
        question: &PartialQuestion<'_>,
        rules: &Rules,
        query: &CompiledQuery,
        settings: Settings<'_>,
    ) -> PartialAnswer {
        let within = (&question.budget, &question.world);
        let reports = question.reports;
        let outcome = self.deep(within, |context| {
            let clock = || monotonic().unwrap_or(Duration::ZERO);
            let wanted = Wanted { locals: reports.variables, unify: reports.unifications };
            let telling = Telling {
                steps: reports.explanation.then_some(wanted),
                clock: reports.measures.then_some(&clock),
            };
            evaluate(rules, self.program.data(), query, (settings, telling), context)
        });
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => return PartialAnswer::new(Err(error.into())),
        };
        let Outcome { residual, prints, builtin_errors, read_base, steps, measured } = outcome;
        let modules = match self.made.compiled() {
            Ok(compiled) => &compiled.rewritten,
            Err(errors) => return PartialAnswer::new(Err(errors)),
        };
        let names = Names { modules, query: &query.rewritten };
        let trace = explained::trace(&steps, &mut Nodes::new(rules), names);
        let mut said = Said::default();
        said.prints.extend(prints.iter().map(|(location, text)| {
            format!("{location}: {}", referee_rego_value::bytes::shown(text))
        }));
        said.builtin_errors.extend(builtin_errors.into_iter().map(|it| failed(Box::new(it))));
        let strict = said.builtin_errors.first().filter(|_| self.strict).cloned();
        let residual = residual
            .map(|left| Residual::new(left.queries, left.support))
            .map_err(|error| RegoErrors::from(failed(error)));
        let residual = match strict {
            Some(error) => residual.and(Err(RegoErrors::from(error))),
            None => residual,
        };
        PartialAnswer {
            explanation: trace.within(question.budget.output),
            measures: Measures::of(&measured),
            read_base,
            prints: said.prints,
            builtin_errors: said.builtin_errors,
            ..PartialAnswer::new(residual)
        }
    }

    fn prepare_partial(
        &self,
        question: &PartialQuestion<'_>,
        told: &mut Told,
        clock: &dyn Fn() -> Duration,
    ) -> Result<(CompiledQuery, Vec<Term>, Vec<Ref>), RegoErrors> {
        let asked = Question {
            package: question.package,
            imports: question.imports,
            unsafe_builtins: question.unsafe_builtins,
            ..Question::new(question.query, question.budget)
        };
        let options = QueryOptions { rewrite_equals: true, ..QueryOptions::default() };
        let query = self.compile_query(&asked, options, told, clock)?;
        let default = ["input".to_owned()];
        let unknowns = question.unknowns.unwrap_or(&default);
        let unknowns = unknowns.iter().map(|text| unknown(text, &self.made.parse));
        let unknowns = unknowns.collect::<Result<Vec<_>, _>>()?;
        let reference = |text: &String| match parse_term(text, &self.made.parse).map_err(all)? {
            Term { kind: TermKind::Var(name), location } if name == "data" || name == "input" => {
                Ok(vec![Term { kind: TermKind::Var(name), location }])
            }
            _ => parse_ref(text, &self.made.parse).map_err(all),
        };
        let disabled = question.disable_inlining.iter().map(reference);
        let disabled = disabled.collect::<Result<Vec<_>, RegoErrors>>()?;
        Ok((query, unknowns, disabled))
    }
}

/// A reference or variable that is unknown.
fn unknown(text: &str, parse: &ParseOptions) -> Result<Term, RegoErrors> {
    let term = parse_term(text, parse).map_err(all)?;
    match &term.kind {
        TermKind::Ref(parts) => {
            let known = matches!(
                parts.first().map(|head| &head.kind),
                Some(TermKind::Var(name)) if name == "input" || name == "data"
            );
            if known {
                return Ok(term);
            }
        }
        TermKind::Var(_) => return Ok(Term { location: Location::NONE, ..term }),
        _ => {}
    }
    let message = format!("{text:?} cannot be unknown: it is no reference into input or data");
    Err(RegoError::new(RegoCode::Parse, message).into())
}
