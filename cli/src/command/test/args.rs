//! The arguments of `referee test`.

use crate::args::parse_duration;
use crate::rego::{AbsentFromTest, CoverageRuns, LanguageArgs, LoadArgs, NetworkArgs};
use clap::{Args, ValueEnum};
use referee_core::Timestamp;
use referee_rego::Explain;
use std::time::Duration;

/// The arguments of `referee test`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct TestArgs {
    /// Policies with their tests and data: folders, .rego, .json and .yaml files
    #[arg(value_name = "PATH", required_unless_present_any = ["pack", "all_packs"])]
    pub(super) paths: Vec<String>,
    /// The paths are bundles, folders or archives
    #[arg(short, long)]
    pub(super) bundle: bool,
    #[command(flatten)]
    pub(super) load: LoadArgs,
    /// Run the tests of a pack
    #[arg(long, value_name = "NAME")]
    pub(super) pack: Vec<String>,
    /// Run the tests of all packs
    #[arg(long, conflicts_with = "pack")]
    pub(super) all_packs: bool,
    /// Only tests whose name (data.package.test_name) this regular expression matches
    #[arg(short, long, value_name = "REGEX")]
    pub(super) run: Option<String>,
    /// The form of the answer: human, json or junit
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "human",
        hide_possible_values = true
    )]
    pub(super) output: Form,
    /// How long each test may take
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    pub(super) timeout: Duration,
    /// Take this as the time, RFC 3339 [default: the clock's]
    #[arg(long, value_name = "TIME")]
    pub(super) now: Option<Timestamp>,
    /// How many tests run at once [default: as many as there are processors]
    #[arg(short, long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) parallel: usize,
    /// Run all tests so many times; the first run in which one does not pass is the last
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) count: u32,
    /// Tests that are skipped do not count
    #[arg(short = 'z', long)]
    pub(super) exit_zero_on_skipped: bool,
    /// End with an error where there are no tests, which is so in any case
    #[arg(long)]
    pub(super) fail_on_empty: bool,
    /// Report what the tests cover, as JSON
    #[arg(short, long)]
    pub(super) coverage: bool,
    /// Exit with 1 where less is covered, in percent of the lines
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub(super) threshold: Option<f64>,
    #[command(flatten)]
    pub(super) coverage_runs: CoverageRuns,
    /// Tell the steps of tests that fail: fails, full or notes
    #[arg(long, value_name = "STEPS", hide_possible_values = true)]
    pub(super) explain: Option<Steps>,
    /// With what fails the values of variables
    #[arg(long)]
    pub(super) var_values: bool,
    /// How many errors of modules to tell; 0 for all
    #[arg(short, long, value_name = "N", default_value_t = 10)]
    pub(super) max_errors: usize,
    /// The order of the results: none (of the modules) or duration (the longest first)
    #[arg(long, value_name = "ORDER", default_value = "none", hide_possible_values = true)]
    pub(super) sort: Sort,
    #[command(flatten)]
    pub(super) language: LanguageArgs,
    #[command(flatten)]
    pub(super) network: NetworkArgs,
    #[command(flatten)]
    pub(super) absent: AbsentFromTest,
}

/// The order of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    /// That of the modules.
    None,
    /// The longest first.
    Duration,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Lines.
    #[value(alias = "pretty")]
    Human,
    /// A document.
    Json,
    /// JUnit XML.
    Junit,
}

/// Which steps are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Steps {
    /// Failures, and the way to them.
    Fails,
    /// All.
    Full,
    /// Notes, and the way to them.
    Notes,
}

impl Steps {
    pub(super) fn explain(self) -> Explain {
        match self {
            Self::Fails => Explain::Fails,
            Self::Full => Explain::Full,
            Self::Notes => Explain::Notes,
        }
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| "Code coverage threshold must be between 0 and 100".to_owned())
}
