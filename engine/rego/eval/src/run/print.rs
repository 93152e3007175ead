//! `print`, `trace` and template strings.

use super::Evaluation;
use super::builtin::location;
use super::machine::Run;
use crate::error::{Eval, EvalCode, EvalError};
use crate::plan::ops::{SlotId, Src};
use crate::probe::Probe;
use crate::steps::Step;
use referee_rego_builtin::BuiltinError;
use referee_rego_value::Value;
use referee_rego_value::bytes::{joined, shown};

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// Prints the values of each operand, in each combination.
    pub(super) fn print(&mut self, from: &'a Src, run: &Run<'a>, pc: usize) -> Eval<bool> {
        if self.options.print.is_none() {
            return Ok(true);
        }
        let lines = self.combinations(from, " ", run, pc)?;
        if let Some(print) = &mut self.options.print {
            for line in lines {
                print(location(run, pc), &shown(&joined(line)));
            }
        }
        Ok(true)
    }

    /// Makes a template string of its parts.
    pub(super) fn template(
        &mut self,
        from: &'a Src,
        dst: SlotId,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<bool> {
        let mut texts = self.combinations(from, "", run, pc)?;
        let text = joined(texts.pop().unwrap_or_default());
        if !texts.is_empty() {
            let message = "template-strings must not produce multiple outputs";
            return Err(Box::new(EvalError::new(EvalCode::Conflict, message, location(run, pc))));
        }
        self.store(run.base, dst, Value::from(text))?;
        Ok(true)
    }

    fn text(&mut self, value: &Value) -> Eval<String> {
        match value {
            Value::String(text) => Ok(text.to_string()),
            other => Ok(self.context.text(other)?),
        }
    }

    /// The texts of a list of operands: of a set each of its elements, in each combination.
    fn combinations(
        &mut self,
        from: &'a Src,
        between: &str,
        run: &Run<'a>,
        pc: usize,
    ) -> Eval<Vec<String>> {
        let mut lines: Vec<String> = vec![String::new()];
        let Value::Array(operands) = self.read(run.base, from).clone() else { return Ok(lines) };
        for (at, operand) in operands.iter().enumerate() {
            let texts: Vec<String> = match operand {
                Value::Set(values) if values.is_empty() => vec!["<undefined>".to_owned()],
                Value::Set(values) => {
                    values.iter().map(|value| self.text(value)).collect::<Eval<_>>()?
                }
                Value::Array(_) | Value::Object(_) => {
                    let message = format!("illegal argument type: {}", operand.type_name());
                    let location = location(run, pc);
                    return Err(Box::new(EvalError::new(EvalCode::Internal, message, location)));
                }
                scalar => vec![self.text(scalar)?],
            };
            let between = if at == 0 { "" } else { between };
            let before: usize = lines.iter().map(String::len).sum();
            let added: usize = texts.iter().map(String::len).sum();
            let grown = before
                .saturating_mul(texts.len())
                .saturating_add(added.saturating_mul(lines.len()));
            self.context.meter.reserve(grown)?;
            self.context.meter.work(u32::try_from(grown / 64).unwrap_or(u32::MAX))?;
            lines = lines
                .iter()
                .flat_map(|line| texts.iter().map(move |text| format!("{line}{between}{text}")))
                .collect();
        }
        Ok(lines)
    }

    /// Notes a text.
    pub(super) fn note(&mut self, from: &'a Src, run: &Run<'a>, pc: usize) -> Eval<bool> {
        match self.read(run.base, from).clone() {
            Value::String(text) => {
                let text = shown(&text);
                if P::STEPS {
                    self.told(run.base, Step::Note(location(run, pc), &text));
                }
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
