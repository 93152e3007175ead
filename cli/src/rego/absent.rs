//! Flags of OPA's that there are not here. Who uses them is told so, and not that they are
//! misspelled.

use crate::error::CliError;
use clap::Args;

/// The flags of `opa eval` that there are not here.
#[derive(Args, Debug)]
pub(crate) struct AbsentFromEval {
    #[arg(short, long, hide = true, value_name = "PATH")]
    entrypoint: Option<String>,
    #[arg(short = 'O', long, hide = true, value_name = "LEVEL")]
    optimize: Option<String>,
    #[arg(long, hide = true)]
    optimize_store_for_read_speed: bool,
    #[arg(long, hide = true)]
    instrument: bool,
    #[arg(short, long, hide = true, value_name = "NAME")]
    target: Option<String>,
    // It shortens nothing in OPA, and nothing here.
    #[arg(long, hide = true, value_name = "N")]
    pretty_limit: Option<u32>,
}

/// The flags of `opa test` that there are not here.
#[derive(Args, Debug)]
pub(crate) struct AbsentFromTest {
    #[arg(long, hide = true)]
    bench: bool,
    #[arg(long, hide = true)]
    benchmem: bool,
    #[arg(short, long, hide = true)]
    watch: bool,
    #[arg(short, long, hide = true, value_name = "NAME")]
    target: Option<String>,
}

/// The flags of `opa build` that there are not here.
#[derive(Args, Debug)]
pub(crate) struct AbsentFromBuild {
    #[arg(short = 'O', long, hide = true, value_name = "LEVEL")]
    optimize: Option<String>,
    #[arg(short, long, hide = true, value_name = "NAME")]
    target: Option<String>,
    // Of bundles for the target rego it leaves nothing out in OPA either.
    #[arg(long, hide = true)]
    prune_unused: bool,
    #[arg(long, hide = true, value_name = "NAME")]
    partial_namespace: Option<String>,
    #[arg(long, hide = true, value_name = "NAME")]
    signing_plugin: Option<String>,
    #[arg(long, hide = true)]
    debug: bool,
}

const OPTIMIZER: &str = "there is no optimizer: every program is compiled in one way";
const BENCH: &str = "tests are not measured";
const TARGET: &str = "there is no target but rego";

impl AbsentFromEval {
    /// Refuses the flags that were given.
    ///
    /// # Errors
    /// [`CliError::Absent`] with the first of them.
    pub(crate) fn refuse(&self) -> Result<(), CliError> {
        refuse(&[
            ("entrypoint", self.entrypoint.is_some(), OPTIMIZER),
            ("optimize", self.optimize.as_ref().is_some_and(|level| level != "0"), OPTIMIZER),
            ("optimize-store-for-read-speed", self.optimize_store_for_read_speed, OPTIMIZER),
            ("instrument", self.instrument, "the engine has no instruments; --profile tells more"),
            ("target", other_target(self.target.as_deref()), TARGET),
        ])
    }
}

impl AbsentFromBuild {
    /// Refuses the flags that were given.
    ///
    /// # Errors
    /// [`CliError::Absent`] with the first of them.
    pub(crate) fn refuse(&self) -> Result<(), CliError> {
        const UNOPTIMIZED: &str = "bundles hold modules as they are, which is -O 0";
        refuse(&[
            ("optimize", self.optimize.as_ref().is_some_and(|level| level != "0"), UNOPTIMIZED),
            ("target", other_target(self.target.as_deref()), TARGET),
            ("partial-namespace", self.partial_namespace.is_some(), UNOPTIMIZED),
            ("signing-plugin", self.signing_plugin.is_some(), "keys are read from files"),
            ("debug", self.debug, "nothing is optimized, so there is nothing to tell"),
        ])
    }
}

impl AbsentFromTest {
    /// Refuses the flags that were given.
    ///
    /// # Errors
    /// [`CliError::Absent`] with the first of them.
    pub(crate) fn refuse(&self) -> Result<(), CliError> {
        refuse(&[
            ("bench", self.bench, BENCH),
            ("benchmem", self.benchmem, BENCH),
            ("watch", self.watch, "files are not watched; run the command again"),
            ("target", other_target(self.target.as_deref()), TARGET),
        ])
    }
}

fn other_target(target: Option<&str>) -> bool {
    target.is_some_and(|target| target != "rego")
}

fn refuse(flags: &[(&'static str, bool, &'static str)]) -> Result<(), CliError> {
    match flags.iter().find(|(_, given, _)| *given) {
        Some((flag, _, why)) => Err(CliError::Absent { flag, why }),
        None => Ok(()),
    }
}
