//! `referee eval`: evaluate a Rego query over saved facts, or over any other input.
//!
//! The flags, the JSON and the exit codes are those of `opa eval`, as far as they go.

use crate::args::parse_duration;
use crate::config::{Config, PolicyChoice};
use crate::console::Console;
use crate::error::CliError;
use crate::escape::{Safe, escape};
use crate::exit::Exit;
use crate::files;
use crate::interrupt::until_interrupted;
use crate::output::json;
use crate::setup::Modules;
use clap::{Args, ValueEnum};
use referee_core::{Limits, Timestamp};
use referee_rego::{EvalBudget, Program, QueryResults, QueryRow, RegoError, Value};
use referee_store::{Clock as _, SystemClock};
use serde_json::{Map, json};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The arguments of `referee eval`.
#[derive(Args, Debug)]
pub(crate) struct EvalArgs {
    /// The query: data.trust.deny, or any other Rego
    #[arg(value_name = "QUERY")]
    query: String,
    /// The policy: a pack by name, or the path of a folder or a .rego file
    #[arg(short, long, value_name = "PACK|PATH")]
    policy: Option<String>,
    /// Further modules and data: folders, .rego, .json and .yaml files
    #[arg(short, long, value_name = "PATH")]
    data: Vec<PathBuf>,
    /// The input, JSON or YAML: a file, or - for standard input
    #[arg(short, long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// The form of the answer: json, pretty or raw
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "json",
        hide_possible_values = true
    )]
    output: Form,
    /// Exit with 1 where the query is undefined
    #[arg(long, conflicts_with = "fail_defined")]
    fail: bool,
    /// Exit with 1 where the query is defined
    #[arg(long)]
    fail_defined: bool,
    /// End where a builtin fails, instead of taking the call for undefined
    #[arg(long)]
    strict_builtin_errors: bool,
    /// How long the evaluation may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    timeout: Duration,
    /// Take this as the time, RFC 3339 [default: the clock's]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// OPA's result document.
    Json,
    /// Values and bindings, for a reader.
    Pretty,
    /// Values alone, strings without quotes.
    Raw,
}

/// Runs the command.
///
/// # Errors
/// Where the modules do not compile, or the query does not hold together or fails.
pub(crate) async fn run(
    args: EvalArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let policy = args.policy.as_deref().map(PolicyChoice::parse);
    let modules = Modules::read(policy.as_ref(), &args.data, &config.limits)?;
    let strict = args.strict_builtin_errors;
    let program = match modules.compile(config.policy.rego_v0, strict) {
        Err(CliError::Compile(errors)) if args.output == Form::Json => {
            return refuse(console.out(), errors.iter());
        }
        other => other?,
    };
    let input = args.input.as_ref().map(|path| read_input(path, &config.limits)).transpose()?;
    let budget = EvalBudget::new(args.timeout, args.now.unwrap_or_else(|| SystemClock.now()));
    let query = args.query.clone();
    let results = until_interrupted(evaluate(program, query, input, budget)).await;
    let results = match results {
        Err(CliError::Eval(error)) if args.output == Form::Json => {
            return refuse(console.out(), std::iter::once(&error));
        }
        other => other?,
    };
    for line in &results.prints {
        writeln!(console.err(), "{}", Safe(line))?;
    }
    match args.output {
        Form::Json => json::document(console.out(), &document(&results))?,
        Form::Pretty => pretty(console.out(), &results)?,
        Form::Raw => raw(console.out(), &results)?,
    }
    let defined = !results.rows.is_empty();
    let failed = (args.fail && !defined) || (args.fail_defined && defined);
    Ok(if failed { Exit::Denied } else { Exit::Success })
}

async fn evaluate(
    program: Program,
    query: String,
    input: Option<Value>,
    budget: EvalBudget,
) -> Result<QueryResults, CliError> {
    let work = move || program.query_with(&query, input.as_ref(), &budget);
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| CliError::Runtime(io::Error::other(error)))?.map_err(CliError::Eval)
}

/// Reads the input: JSON where it is, else YAML.
fn read_input(path: &Path, limits: &Limits) -> Result<Value, CliError> {
    let limit = limits.max_policy_data_bytes;
    let (name, text) = if path.as_os_str() == "-" {
        ("-".to_owned(), files::read_stream(io::stdin().lock(), limit))
    } else {
        (path.display().to_string(), files::read_text(path, limit))
    };
    let text = text.map_err(|source| CliError::File { path: path.to_owned(), source })?;
    match Value::from_json_str(&text) {
        Ok(value) => Ok(value),
        // The error about JSON is the one to tell unless it is YAML by name.
        Err(source) if path.extension().is_none_or(|e| e != "yaml" && e != "yml") => {
            Err(CliError::Input { name, source })
        }
        Err(_) => {
            let value: serde_json::Value = referee_core::document::read(&name, &text)?;
            Value::from_json(value).map_err(|source| CliError::Input { name, source })
        }
    }
}

/// Tells errors as OPA does it in a JSON answer.
fn refuse<'a>(
    out: &mut dyn Write,
    errors: impl Iterator<Item = &'a RegoError>,
) -> Result<Exit, CliError> {
    let errors: Vec<_> = errors
        .map(|error| {
            let mut entry = json!({ "message": error.message, "code": error.code.as_str() });
            if let (Some(place), Some(members)) = (&error.location, entry.as_object_mut()) {
                let place = json!({ "file": place.file, "row": place.row, "col": place.col });
                members.insert("location".to_owned(), place);
            }
            entry
        })
        .collect();
    json::document(out, &json!({ "errors": errors }))?;
    Ok(Exit::Error)
}

/// OPA's result document: `{}` where the query is undefined.
fn document(results: &QueryResults) -> serde_json::Value {
    if results.rows.is_empty() {
        return json!({});
    }
    json!({ "result": results.rows.iter().map(row).collect::<Vec<_>>() })
}

fn row(row: &QueryRow) -> serde_json::Value {
    let expressions: Vec<_> = row
        .expressions
        .iter()
        .map(|expression| {
            json!({
                "value": expression.value,
                "text": expression.text,
                "location": { "row": expression.row, "col": expression.col },
            })
        })
        .collect();
    let mut row_document = json!({ "expressions": expressions });
    if let (false, Some(members)) = (row.bindings.is_empty(), row_document.as_object_mut()) {
        let bindings: Map<String, serde_json::Value> =
            row.bindings.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
        members.insert("bindings".to_owned(), bindings.into());
    }
    row_document
}

/// The value of a query of one expression, else the bindings and values of each row.
fn pretty(out: &mut dyn Write, results: &QueryResults) -> io::Result<()> {
    match results.rows.as_slice() {
        [] => writeln!(out, "undefined"),
        [QueryRow { expressions, bindings }] if bindings.is_empty() && expressions.len() == 1 => {
            expressions.iter().try_for_each(|only| json::document(out, &only.value))
        }
        rows => rows.iter().enumerate().try_for_each(|(position, row)| {
            if position > 0 {
                writeln!(out)?;
            }
            for (name, value) in &row.bindings {
                writeln!(out, "{} = {}", Safe(name), escape_json(value))?;
            }
            if row.bindings.is_empty() {
                for expression in &row.expressions {
                    writeln!(
                        out,
                        "{}: {}",
                        Safe(&expression.text),
                        escape_json(&expression.value)
                    )?;
                }
            }
            Ok(())
        }),
    }
}

fn escape_json(value: &Value) -> String {
    escape(&value.to_json_string())
}

/// The values alone, a line for each row: for scripts.
fn raw(out: &mut dyn Write, results: &QueryResults) -> io::Result<()> {
    for row in &results.rows {
        let values = row.expressions.iter().map(|expression| {
            let text = expression.value.as_str().map(str::to_owned);
            text.unwrap_or_else(|| expression.value.to_json_string())
        });
        writeln!(out, "{}", values.collect::<Vec<_>>().join(" "))?;
    }
    Ok(())
}
