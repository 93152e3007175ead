//! `print` and `trace`.

use super::Evaluation;
use super::builtin::location;
use super::machine::Run;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::ops::Src;
use crate::probe::Probe;
use referee_rego_builtin::BuiltinError;
use referee_rego_value::Value;

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => other.to_string(),
    }
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Prints the values of each operand, in each combination.
    pub(super) fn print(&mut self, from: &'a Src, run: &Run<'a>, pc: usize) -> Eval<bool> {
        if self.options.print.is_none() {
            return Ok(true);
        }
        let mut lines: Vec<String> = vec![String::new()];
        if let Value::Array(operands) = self.read(run.base, from).clone() {
            for (at, operand) in operands.iter().enumerate() {
                let texts: Vec<String> = match operand {
                    Value::Set(values) if values.is_empty() => vec!["<undefined>".to_owned()],
                    Value::Set(values) => values.iter().map(text).collect(),
                    Value::Array(_) | Value::Object(_) => {
                        let message = format!("illegal argument type: {}", operand.type_name());
                        let location = location(run, pc);
                        return Err(Box::new(EvalError::new(
                            EvalCode::Internal,
                            message,
                            location,
                        )));
                    }
                    scalar => vec![text(scalar)],
                };
                let space = if at == 0 { "" } else { " " };
                let bytes: usize = lines.iter().map(String::len).sum::<usize>();
                let all: usize = texts.iter().map(String::len).sum::<usize>();
                let grown = bytes
                    .saturating_mul(texts.len())
                    .saturating_add(all.saturating_mul(lines.len()));
                self.context.meter.reserve(grown)?;
                self.context.meter.work(u32::try_from(grown / 64).unwrap_or(u32::MAX))?;
                lines = lines
                    .iter()
                    .flat_map(|line| texts.iter().map(move |text| format!("{line}{space}{text}")))
                    .collect();
            }
        }
        if let Some(print) = &mut self.options.print {
            lines.iter().for_each(|line| print(location(run, pc), line));
        }
        Ok(true)
    }

    /// Notes a text.
    pub(super) fn note(&mut self, from: &'a Src, run: &Run<'a>, pc: usize) -> Eval<bool> {
        match self.read(run.base, from).clone() {
            Value::String(text) => {
                if let Some(note) = &mut self.options.note {
                    note(location(run, pc), &text);
                }
                Ok(true)
            }
            other => {
                let error = BuiltinError::operand(1, "string", other.type_name());
                self.failed("trace", &error, run, pc)
            }
        }
    }
}
