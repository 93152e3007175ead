//! Runs cases through an implementation and holds the verdicts against the expectations.

use super::cases::Case;
use super::expectations::Expectations;
use super::judge::judge;
use super::program::{Implementation, Outcome, Program};
use crate::report::{Report, Standing, Verdict};
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The stack on which cases are run. Cases nest terms deeper than a default stack takes in a
/// debug build.
const STACK: usize = 256 << 20;

/// Runs cases.
///
/// A panic of the implementation fails the case it happens in. They run one after another on a
/// thread with a large stack.
#[must_use]
pub fn run(
    suite: &str,
    cases: &[Case],
    implementation: &(dyn Implementation + Sync),
    expectations: &Expectations,
) -> Report {
    let programs: Vec<_> = cases.iter().map(|case| case.program.clone()).collect();
    let outcomes = on_a_large_stack(|| guarded_all(implementation, &programs));
    let verdicts = cases.iter().zip(outcomes).map(|(case, outcome)| {
        let name = case.name();
        let failure = judge(case, &outcome);
        let reason = expectations.reason(&name).map(str::to_owned);
        let standing = match (&failure, reason) {
            (None, None) => Standing::Passed,
            (Some(_), None) => Standing::Failed,
            (Some(_), Some(reason)) => Standing::ExpectedFailure(reason),
            (None, Some(reason)) => Standing::UnexpectedPass(reason),
        };
        Verdict { folder: case.folder.clone(), name, failure, standing }
    });
    let verdicts: Vec<_> = verdicts.collect();
    let known: BTreeSet<_> = verdicts.iter().map(|verdict| verdict.name.as_str()).collect();
    let stale = expectations.names().filter(|name| !known.contains(name));
    Report {
        suite: suite.to_owned(),
        implementation: implementation.name().to_owned(),
        stale: stale.map(str::to_owned).collect(),
        verdicts,
    }
}

/// Runs a program; a panic is a broken outcome.
#[must_use]
pub fn guarded(implementation: &dyn Implementation, program: &Program) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| implementation.run(program)))
        .unwrap_or_else(|cause| Outcome::Broken(format!("panic: {}", words(cause.as_ref()))))
}

/// Runs many; where that panics, one by one, so that the panic is told of the right one.
fn guarded_all(implementation: &dyn Implementation, programs: &[Program]) -> Vec<Outcome> {
    catch_unwind(AssertUnwindSafe(|| implementation.run_all(programs))).unwrap_or_else(|_| {
        programs.iter().map(|program| guarded(implementation, program)).collect()
    })
}

fn words(cause: &(dyn Any + Send)) -> String {
    cause
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}

fn on_a_large_stack(run: impl FnOnce() -> Vec<Outcome> + Send) -> Vec<Outcome> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_default()
    })
}
