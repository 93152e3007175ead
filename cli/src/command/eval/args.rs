//! The arguments of `referee eval`.

use crate::args::parse_duration;
use crate::config::ViewName;
use crate::error::CliError;
use crate::output::eval::Form;
use crate::rego::{AbsentFromEval, CoverageRuns, LanguageArgs, LoadArgs, NetworkArgs};
use clap::{Args, ValueEnum};
use referee_core::Timestamp;
use referee_rego::{Explain, ProfileOrder, Reports};
use std::path::PathBuf;
use std::time::Duration;

/// The arguments of `referee eval`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct EvalArgs {
    /// The query: data.trust.deny, or any other Rego
    #[arg(value_name = "QUERY", required_unless_present = "stdin", conflicts_with = "stdin")]
    pub(super) query: Option<String>,
    /// Read the query from standard input
    #[arg(long, conflicts_with = "stdin_input")]
    pub(super) stdin: bool,
    /// The policy: a pack by name, or the path of a folder or a .rego file
    #[arg(short, long, value_name = "PACK|PATH")]
    pub(super) policy: Option<String>,
    /// Further modules and data: folders, .rego, .json and .yaml files; a.b:PATH puts data there
    #[arg(short, long, value_name = "PATH")]
    pub(super) data: Vec<String>,
    /// A bundle, a folder or an archive
    #[arg(short, long, value_name = "PATH")]
    pub(super) bundle: Vec<String>,
    #[command(flatten)]
    pub(super) load: LoadArgs,
    /// The input, JSON or YAML: a file, or - for standard input
    #[arg(short, long, value_name = "FILE")]
    pub(super) input: Option<PathBuf>,
    /// Read the input from standard input
    #[arg(short = 'I', long, conflicts_with = "input")]
    pub(super) stdin_input: bool,
    /// What the input is given as: as it is; or ratify, of facts, as Ratify would give them to a
    /// policy, which is then Rego v0
    #[arg(long, value_name = "VIEW", default_value = "facts", hide_possible_values = true)]
    pub(super) input_view: ViewName,
    /// The package in which the query stands
    #[arg(long, value_name = "NAME")]
    pub(super) package: Option<String>,
    /// What the query imports: data.a.b, or data.a.b as c
    #[arg(long, value_name = "PATH")]
    pub(super) import: Vec<String>,
    /// The form of the answer: json, values, bindings, pretty, raw or discard; of what is left of a
    /// query json, pretty or source
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "json",
        hide_possible_values = true
    )]
    pub(super) output: Form,
    /// Exit with 1 where the query is undefined
    #[arg(long, conflicts_with = "fail_defined")]
    pub(super) fail: bool,
    /// Exit with 1 where the query is defined
    #[arg(long)]
    pub(super) fail_defined: bool,
    /// End where a builtin fails, instead of taking the call for undefined
    #[arg(long)]
    pub(super) strict_builtin_errors: bool,
    /// Tell each failure of a builtin, and go on
    #[arg(long, conflicts_with = "strict_builtin_errors")]
    pub(super) show_builtin_errors: bool,
    /// Take unused variables and imports, shadowing and deprecated builtins for errors
    #[arg(short = 'S', long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) language: LanguageArgs,
    /// How long the evaluation may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = parse_duration)]
    pub(super) timeout: Duration,
    /// Take this as the time, RFC 3339 [default: the clock's]
    #[arg(long, value_name = "TIME")]
    pub(super) now: Option<Timestamp>,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
    #[command(flatten)]
    pub(super) partial: PartialArgs,
    #[command(flatten)]
    pub(super) absent: AbsentFromEval,
}

/// What is unknown.
#[derive(Args, Debug)]
#[command(next_help_heading = "Partial evaluation")]
pub(super) struct PartialArgs {
    /// Evaluate as far as that can be done without what is unknown, and print what is left
    #[arg(long, conflicts_with_all = ["explain", "metrics", "profile", "profile_limit", "profile_sort", "coverage", "count", "disable_indexing", "disable_early_exit"])]
    pub(super) partial: bool,
    /// What is unknown: input.user, data.items [default: input]
    #[arg(short, long, value_name = "PATH", requires = "partial")]
    pub(super) unknowns: Vec<String>,
    /// A document that is not put in place of references to it
    #[arg(long, value_name = "PATH", requires = "partial")]
    pub(super) disable_inlining: Vec<String>,
    /// Keep rules whole that leave something over
    #[arg(long, requires = "partial")]
    pub(super) shallow_inlining: bool,
    // OPA's spelling is the other one.
    /// Call builtins that give something else each time now
    #[arg(long, alias = "nondeterminstic-builtins", requires = "partial")]
    pub(super) nondeterministic_builtins: bool,
}

/// What is told about the evaluation.
#[derive(Args, Debug)]
#[command(next_help_heading = "Reports")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct ReportArgs {
    /// Tell the steps: off, full, notes or fails
    #[arg(long, value_name = "STEPS", default_value = "off", hide_possible_values = true)]
    pub(super) explain: Steps,
    /// With the steps the values of variables
    #[arg(long)]
    pub(super) var_values: bool,
    /// Tell how long the parts of the answer took
    #[arg(long)]
    pub(super) metrics: bool,
    /// Tell how often expressions were evaluated and how long that took, and the metrics
    #[arg(long)]
    pub(super) profile: bool,
    /// How many lines of the profile [default: 10; 0 for all]
    #[arg(long, value_name = "N")]
    pub(super) profile_limit: Option<usize>,
    /// What the profile is sorted by: total_time_ns, num_eval, num_redo, num_gen_expr, file, line
    #[arg(long, value_name = "BY", value_delimiter = ',')]
    pub(super) profile_sort: Vec<String>,
    /// Tell which expressions were evaluated
    #[arg(long)]
    pub(super) coverage: bool,
    #[command(flatten)]
    pub(super) coverage_runs: CoverageRuns,
    /// Evaluate so many times, and tell statistics of metrics and profile
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) count: u32,
    /// Try rules that cannot apply as well
    #[arg(long)]
    pub(super) disable_indexing: bool,
    /// Evaluate rules to their end even where their value is certain
    #[arg(long)]
    pub(super) disable_early_exit: bool,
}

/// Which steps are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Steps {
    /// None.
    Off,
    /// All.
    Full,
    /// Notes, and the way to them.
    Notes,
    /// Failures, and the way to them.
    Fails,
}

impl Steps {
    pub(super) fn explain(self) -> Option<Explain> {
        match self {
            Self::Off => None,
            Self::Full => Some(Explain::Full),
            Self::Notes => Some(Explain::Notes),
            Self::Fails => Some(Explain::Fails),
        }
    }
}

impl ReportArgs {
    pub(super) fn wants_profile(&self) -> bool {
        self.profile || self.profile_limit.is_some() || !self.profile_sort.is_empty()
    }

    pub(super) fn orders(&self) -> Result<Vec<ProfileOrder>, CliError> {
        let order = |word: &String| {
            ProfileOrder::find(word).ok_or_else(|| CliError::UnknownWord {
                flag: "profile-sort",
                word: word.clone(),
                known: "total_time_ns, num_eval, num_redo, num_gen_expr, file, line",
            })
        };
        let mut orders: Vec<_> = self.profile_sort.iter().map(order).collect::<Result<_, _>>()?;
        orders.extend(ProfileOrder::DEFAULT);
        Ok(orders)
    }

    pub(super) fn reports(&self, builtin_errors: bool) -> Reports {
        Reports {
            coverage: self.coverage,
            profile: self.wants_profile(),
            trace: self.explain != Steps::Off,
            variables: self.var_values,
            builtin_errors,
            ..Reports::default()
        }
    }
}
