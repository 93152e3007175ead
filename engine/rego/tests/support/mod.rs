//! What the hostile tests share: a program asked once, and what came of it in one line.

#![allow(dead_code, reason = "no test file uses all of it")]

use referee_core::Timestamp;
use referee_rego::{CompileOptions, EvalBudget, Module, Program, RegoEngine, RegoErrors, Value};
use std::time::Duration;

/// Longer than anything here takes on the busiest machine: it is there so that a fault ends.
pub(crate) const LONG: Duration = Duration::from_secs(300);

/// Enough for all that is not meant to have an end, and some seconds of work.
pub(crate) const STEPS: u64 = 20_000_000;

/// As much as any of it may take.
pub(crate) const MEMORY: u64 = 256 << 20;

/// A budget that ends by steps and memory, so that a slow machine gives the same answers.
pub(crate) fn budget() -> EvalBudget {
    EvalBudget::new(LONG, Timestamp::UNIX_EPOCH).with_limits(STEPS, MEMORY)
}

pub(crate) fn compile(text: &str) -> Result<Program, RegoErrors> {
    let options = CompileOptions::DEFAULT.with_strict_builtin_errors(true);
    RegoEngine::compile(&[Module::new("p.rego", text)], Value::object([]), options)
}

/// What `data.p.x` is, in one line: its JSON, `undefined`, or the error.
pub(crate) fn told(text: &str, input: &Value) -> String {
    told_within(text, input, &budget())
}

pub(crate) fn told_within(text: &str, input: &Value, budget: &EvalBudget) -> String {
    let program = match compile(text) {
        Ok(program) => program,
        Err(errors) => return format!("{}: {}", errors.first().code, errors.first().message),
    };
    match program.eval("data.p.x", input, budget) {
        Ok(Some(value)) => value.to_json_string(),
        Ok(None) => "undefined".to_owned(),
        Err(error) => format!("{}: {}", error.code, error.message),
    }
}

/// The most memory that this process has held, in bytes; `None` where the system does not say.
pub(crate) fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes << 10)
}
