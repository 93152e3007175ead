//! `referee parse`: the syntax tree of a module, as `opa parse` writes it.

use crate::config::Config;
use crate::console::Console;
use crate::error::CliError;
use crate::escape::{escape_whole, json_escaped};
use crate::exit::Exit;
use crate::files;
use crate::output::rego as told;
use clap::{Args, ValueEnum};
use referee_rego::{RegoErrors, SyntaxTree};
use std::io;
use std::path::PathBuf;

/// The arguments of `referee parse`.
#[derive(Args, Debug)]
pub(crate) struct ParseArgs {
    /// The module; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The form of the answer: pretty (a sketch of the tree) or json
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "pretty",
        hide_possible_values = true
    )]
    output: Form,
    /// With the tree: locations, comments; -comments leaves comments out
    #[arg(long, value_name = "WHAT", value_delimiter = ',', allow_hyphen_values = true)]
    json_include: Vec<String>,
    /// Read the module as Rego v0, as OPA did before 1.0
    #[arg(long)]
    v0_compatible: bool,
    /// Read the module as Rego v1, which is the default
    #[arg(long, hide = true, conflicts_with = "v0_compatible")]
    v1_compatible: bool,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line for each node.
    Pretty,
    /// OPA's document.
    Json,
}

/// What is written with the tree.
struct Included {
    locations: bool,
    comments: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the file cannot be read or is no Rego.
pub(crate) fn run(
    args: &ParseArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let included = included(&args.json_include)?;
    let limit = config.limits.max_policy_file_bytes;
    let name = args.file.display().to_string();
    let text = if name == "-" {
        files::read_stream(io::stdin().lock(), limit)
    } else {
        files::read_text(&args.file, limit)
    };
    let text = text.map_err(|source| CliError::File { path: args.file.clone(), source })?;
    let rego_v0 = args.v0_compatible || (config.policy.rego_v0 && !args.v1_compatible);
    let tree = match SyntaxTree::parse(&name, &text, rego_v0) {
        Ok(tree) => tree,
        Err(errors) => return refuse(errors, args.output, console),
    };
    let written = match args.output {
        Form::Pretty => tree.sketch(included.comments),
        Form::Json => tree.to_json(included.locations, included.comments) + "\n",
    };
    let safe = match args.output {
        Form::Pretty => written.lines().map(|line| escape_whole(line) + "\n").collect(),
        Form::Json => json_escaped(&written),
    };
    console.out().write_all(safe.as_bytes())?;
    Ok(Exit::Success)
}

fn refuse(errors: RegoErrors, form: Form, console: &mut Console) -> Result<Exit, CliError> {
    if form == Form::Pretty {
        return Err(CliError::Compile(errors));
    }
    told::errors(errors.iter().map(told::error).collect()).write(console.out())?;
    Ok(Exit::Error)
}

fn included(words: &[String]) -> Result<Included, CliError> {
    let mut included = Included { locations: false, comments: true };
    for word in words {
        let (wanted, name) = match word.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, word.as_str()),
        };
        match name {
            "locations" => included.locations = wanted,
            "comments" => included.comments = wanted,
            _ => {
                let known = "locations, comments, -locations, -comments";
                let word = word.clone();
                return Err(CliError::UnknownWord { flag: "json-include", word, known });
            }
        }
    }
    Ok(included)
}
