//! Queries with everything that can be told about them.

use super::errors::{all, failed, read};
use super::options::of_module;
use super::{Backend, Said, row};
use crate::ask::{Answer, Question, Told};
use crate::back::monotonic;
use crate::error::{RegoCode, RegoError, RegoErrors};
use crate::path;
use crate::program::QueryResults;
use crate::report::{Coverage, CoverageKind, CoverageReport, Names, Recorder};
use referee_rego_compile::{CompiledQuery, QueryOptions};
use referee_rego_eval::{Arena, Capture, NoProbe, Program};
use referee_rego_syntax::ast::{Import, Module, Ref, Term, TermKind};
use referee_rego_syntax::{Location, ParseOptions, parse_module, parse_query};
use referee_rego_value::{Str, bytes};
use std::sync::Arc;
use std::time::Duration;

impl Backend {
    /// Answers a query.
    pub(in crate::back) fn ask(&self, question: &Question<'_>) -> Answer {
        let mut told = Told::default();
        let results = self.answer(question, &mut told);
        Answer { results, told }
    }

    fn answer(&self, question: &Question<'_>, told: &mut Told) -> Result<QueryResults, RegoErrors> {
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let compiled = self.compile_query(question, QueryOptions::default(), told, &clock);
        let compiled = match compiled {
            // OPA's server gives values to variables of its own, which are unbound with others.
            Err(errors) if question.tries_rules => {
                let options = QueryOptions { capture_values: true, ..QueryOptions::default() };
                let again = self.compile_query(question, options, &mut Told::default(), &clock);
                return Err(again.err().unwrap_or(errors));
            }
            compiled => compiled?,
        };
        let started = clock();
        let reports = question.reports;
        let watched = reports.coverage || reports.profile || reports.trace || reports.cases;
        let program = if watched { self.watched()? } else { self.program.clone() };
        let prepared = program.prepare_query(&compiled, Capture::Values);
        let arena = Arena::new();
        let within = (&question.budget, &question.world);
        let mut said = Said {
            without_indexing: !question.indexing,
            without_early_exit: !question.early_exit,
            ..Said::default()
        };
        let rows = if watched {
            let modules = &self.made.compiled()?.rewritten;
            let names = Names { modules, query: &compiled.rewritten };
            let mut recorder = Recorder::new(reports, names, &clock);
            let over = (&program, &arena, question.input);
            let rows = self.run_saying(over, within, &mut recorder, &mut said, |evaluation| {
                evaluation.rows(&prepared)
            });
            let recorded = recorder.finish(rows.is_err());
            told.coverage = recorded.coverage;
            told.profile = recorded.profile;
            told.trace = recorded.trace.within(question.budget.output);
            told.cases = recorded.cases;
            rows
        } else {
            let over = (&program, &arena, question.input);
            self.run_saying(over, within, NoProbe, &mut said, |evaluation| {
                evaluation.rows(&prepared)
            })
        };
        told.times.eval = clock().saturating_sub(started);
        told.prints = said.prints;
        told.read_base = said.read_base;
        if reports.builtin_errors {
            told.builtin_errors = said.builtin_errors;
        }
        let rows = rows?.into_iter().map(row).collect();
        if reports.explanation || reports.measures {
            self.explain(question, told.times.eval, told)?;
        }
        Ok(QueryResults { rows, prints: told.prints.clone() })
    }

    /// The program with plans that tell each step; made where it is first asked for.
    fn watched(&self) -> Result<Program, RegoErrors> {
        let compiled = self.made.compiled()?;
        let made = self.made.watched.get_or_init(|| {
            let nothing = referee_rego_value::Value::object::<referee_rego_value::Value>([]);
            Program::watched(compiled, nothing, &self.made.tables).map_err(failed)
        });
        let made = made.as_ref().map_err(|error| RegoErrors::from(error.clone()))?;
        Ok(made.with_data(self.program.data().clone()))
    }

    /// Compiles a query, with some options of the caller's.
    pub(super) fn compile_query(
        &self,
        question: &Question<'_>,
        options: QueryOptions,
        told: &mut Told,
        clock: &dyn Fn() -> Duration,
    ) -> Result<CompiledQuery, RegoErrors> {
        let started = clock();
        let (imports, mut parse) = self.imports(question)?;
        parse.skip_rules &= !question.tries_rules;
        let parsed = parse_query(question.query, &parse).map_err(all)?;
        told.times.parse = clock().saturating_sub(started);
        if parsed.is_empty() {
            return Err(RegoError::new(RegoCode::Parse, "cannot evaluate empty query").into());
        }
        let started = clock();
        let package = question.package.map(package_ref).transpose()?;
        let options = QueryOptions {
            package,
            imports,
            keep_prints: true,
            strict: self.made.options.strict,
            unsafe_builtins: (!question.unsafe_builtins.is_empty())
                .then(|| question.unsafe_builtins.iter().map(Str::new).collect()),
            ..options
        };
        let modules = self.made.compiled()?;
        let compiled = referee_rego_compile::compile_query(modules, parsed, &options);
        told.times.compile = clock().saturating_sub(started);
        compiled.map_err(all)
    }

    /// The imports of a query, parsed as those of a module are, and how the query is parsed then.
    fn imports(&self, question: &Question<'_>) -> Result<(Vec<Import>, ParseOptions), RegoErrors> {
        if question.imports.is_empty() {
            return Ok((Vec::new(), self.made.parse.clone()));
        }
        let mut text = String::from("package query\n");
        for import in question.imports {
            if import.contains(['\n', '\r']) {
                let message = format!("{import:?} is no import");
                return Err(RegoError::new(RegoCode::Parse, message).into());
            }
            text.push_str(&format!("import {import}\n"));
        }
        let options = ParseOptions { skip_rules: false, ..self.made.parse.clone() };
        let module = parse_module("", &text, &options).map_err(all)?;
        let mut parse = self.made.parse.clone();
        for import in &module.imports {
            future_keyword(&import.path, &mut parse);
        }
        Ok((module.imports, parse))
    }

    /// The report of what evaluations covered, over the modules of the program.
    pub(in crate::back) fn coverage(
        &self,
        modules: &[crate::program::Module],
        covered: &Coverage,
        others: &[(CoverageKind, &Coverage)],
    ) -> CoverageReport {
        let options = ParseOptions { skip_rules: false, ..self.made.parse.clone() };
        let parse = |module: &crate::program::Module| -> Option<(Arc<str>, Module)> {
            let own = of_module(&options, module);
            let own = own.as_ref().unwrap_or(&options);
            let parsed = parse_module(&module.name, &module.text, own).ok()?;
            Some((Arc::clone(&module.name), parsed))
        };
        let parsed: Vec<_> = modules.iter().filter_map(parse).collect();
        covered.report(&parsed, others)
    }
}

/// `import future.keywords.x` of a query makes the keyword known in it.
fn future_keyword(path: &Term, parse: &mut ParseOptions) {
    let TermKind::Ref(parts) = &path.kind else { return };
    let text = |term: &Term| match &term.kind {
        TermKind::Var(name) | TermKind::String(name) => Some(name.to_string()),
        _ => None,
    };
    let parts: Vec<String> = parts.iter().filter_map(text).collect();
    match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["future", "keywords"] => parse.all_future_keywords = true,
        ["future", "keywords", keyword] => parse.future_keywords.push((*keyword).to_owned()),
        _ => {}
    }
}

/// `data.a.b` of the package `a.b`.
fn package_ref(package: &str) -> Result<Ref, RegoErrors> {
    let whole =
        if package.starts_with("data.") { package.to_owned() } else { format!("data.{package}") };
    let segments =
        path::parse(&whole).map_err(|error| RegoError::new(RegoCode::Parse, error.to_string()))?;
    let term = |kind| Term { kind, location: Location::NONE };
    let mut reference = vec![term(TermKind::Var("data".into()))];
    for segment in segments {
        match segment {
            path::Segment::Name(name) => {
                reference.push(term(TermKind::String(bytes::taken(&name).into())))
            }
            path::Segment::Number(_) => {
                let message = format!("{package:?} is no package");
                let code = referee_rego_syntax::Code::Parse;
                let error = referee_rego_syntax::Error::new(code, message, &Location::NONE);
                return Err(RegoErrors::from(read(error, true)));
            }
        }
    }
    Ok(reference)
}
