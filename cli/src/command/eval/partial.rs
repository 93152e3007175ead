//! `referee eval --partial`: what is left of a query where something is unknown.

use super::args::PartialArgs;
use super::{Asked, EvalArgs};
use crate::console::Console;
use crate::error::{CliError, rego_error};
use crate::escape::{Safe, escape_whole, json_escaped};
use crate::exit::Exit;
use crate::output::eval::{Form, Output};
use crate::output::rego as told;
use crate::output::table::Table;
use crate::rego;
use referee_rego::{PartialAnswer, PartialQuestion, Residual};
use std::io::{self, Write};

/// Refuses forms that what is left of a query cannot have.
///
/// # Errors
/// [`CliError::UnknownWord`].
pub(super) fn check_form(args: &EvalArgs) -> Result<(), CliError> {
    let known = match (args.partial.partial, args.output) {
        (true, Form::Json | Form::Pretty | Form::Source) => return Ok(()),
        (false, form) if form != Form::Source => return Ok(()),
        (true, _) => "json, pretty, source",
        (false, _) => "json, values, bindings, pretty, raw, discard",
    };
    let word = format!("{:?}", args.output).to_lowercase();
    Err(CliError::UnknownWord { flag: "output", word, known })
}

/// Evaluates as far as that can be done.
pub(super) fn evaluate(asked: &Asked, unknown: &Unknown) -> PartialAnswer {
    let mut question = PartialQuestion::new(&asked.query, asked.budget).over(asked.input.as_ref());
    question.package = asked.package.as_deref();
    question.imports = &asked.imports;
    question.world = rego::world(asked.network.as_ref());
    question.unknowns = (!unknown.unknowns.is_empty()).then_some(&unknown.unknowns);
    question.disable_inlining = &unknown.disable_inlining;
    question.shallow_inlining = unknown.shallow_inlining;
    question.nondeterministic_builtins = unknown.nondeterministic_builtins;
    asked.program.partial(&question)
}

/// What is unknown, and how it is dealt with.
pub(super) struct Unknown {
    unknowns: Vec<String>,
    disable_inlining: Vec<String>,
    shallow_inlining: bool,
    nondeterministic_builtins: bool,
}

impl From<&PartialArgs> for Unknown {
    fn from(args: &PartialArgs) -> Self {
        Self {
            unknowns: args.unknowns.clone(),
            disable_inlining: args.disable_inlining.clone(),
            shallow_inlining: args.shallow_inlining,
            nondeterministic_builtins: args.nondeterministic_builtins,
        }
    }
}

/// Tells what is left.
///
/// # Errors
/// What is wrong with the query, or that it cannot be written.
pub(super) fn tell(
    args: &EvalArgs,
    answer: PartialAnswer,
    console: &mut Console,
) -> Result<Exit, CliError> {
    for line in &answer.prints {
        writeln!(console.err(), "{}", Safe(line))?;
    }
    let failed = if args.show_builtin_errors { answer.builtin_errors.as_slice() } else { &[] };
    let residual = match answer.residual {
        Ok(residual) => residual,
        Err(errors) if args.output == Form::Json => {
            let errors = errors.iter().map(told::error).collect();
            Output { errors, ..Output::default() }.write(Form::Json, console.out())?;
            return Ok(Exit::Error);
        }
        Err(errors) => return Err(CliError::Compile(errors)),
    };
    let paint = console.err_paint;
    for error in failed {
        rego_error(console.err(), paint, error)?;
    }
    match args.output {
        Form::Pretty => pretty(&residual, console.out())?,
        Form::Source => source(&residual, console.out())?,
        _ => {
            let document = residual.to_json_lines().replace('\n', "\n  ");
            let document = format!("{{\n  \"partial\": {document}\n}}\n");
            console.out().write_all(json_escaped(&document).as_bytes())?;
        }
    }
    let defined = !residual.never_holds();
    let wrong = (args.fail && !defined) || (args.fail_defined && defined);
    Ok(if wrong { Exit::Denied } else { Exit::Success })
}

/// A table of queries and modules.
fn pretty(residual: &Residual, out: &mut dyn Write) -> io::Result<()> {
    if residual.never_holds() {
        return writeln!(out, "undefined");
    }
    let mut blocks = Vec::new();
    for (query, number) in residual.queries_lines().into_iter().zip(1..) {
        blocks.push((format!("Query {number}"), query));
    }
    for (module, number) in residual.support_text().into_iter().zip(1..) {
        blocks.push((format!("Support {number}"), module.lines().map(str::to_owned).collect()));
    }
    Table::write_blocks(&blocks, out)
}

/// Queries and modules one after the other.
fn source(residual: &Residual, out: &mut dyn Write) -> io::Result<()> {
    for (query, number) in residual.queries_lines().into_iter().zip(1..) {
        writeln!(out, "# Query {number}")?;
        query.iter().try_for_each(|line| writeln!(out, "{}", escape_whole(line)))?;
        writeln!(out)?;
    }
    for (module, number) in residual.support_text().into_iter().zip(1..) {
        writeln!(out, "# Module {number}")?;
        module.lines().try_for_each(|line| writeln!(out, "{}", escape_whole(line)))?;
    }
    Ok(())
}
