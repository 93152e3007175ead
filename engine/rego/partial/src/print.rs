//! `print` and template strings whose parts are known.

use crate::machine::{Eval, Frame, Machine};
use referee_rego_eval::EvalCode;
use referee_rego_value::Value;
use referee_rego_value::bytes::joined;

impl Machine<'_, '_> {
    /// Prints the values of each operand, in each combination.
    pub(crate) fn print(&mut self, f: &Frame, values: &[Value]) -> Eval<()> {
        let Some(parts) = values.first() else { return Ok(()) };
        for line in self.combined(f, parts, " ")? {
            self.prints.push((f.location().clone(), joined(line)));
        }
        Ok(())
    }

    /// Makes a template string of its parts.
    pub(crate) fn template(&mut self, f: &Frame, parts: &Value) -> Eval<Option<Value>> {
        let mut texts = self.combined(f, parts, "")?;
        let text = texts.pop();
        if !texts.is_empty() {
            let message = "template-strings must not produce multiple outputs";
            return Err(Self::error(EvalCode::Conflict, message, f.location()));
        }
        Ok(text.map(|text| Value::from(joined(text))))
    }

    /// The texts of a list of operands: of a set each of its elements, in each combination.
    fn combined(&mut self, f: &Frame, parts: &Value, between: &str) -> Eval<Vec<String>> {
        let mut lines = vec![String::new()];
        let Value::Array(operands) = parts else { return Ok(lines) };
        for (at, operand) in operands.iter().enumerate() {
            let texts: Vec<String> = match operand {
                Value::Set(values) if values.is_empty() => vec!["<undefined>".to_owned()],
                Value::Set(values) => {
                    values.iter().map(|value| self.text(value)).collect::<Eval<_>>()?
                }
                Value::Array(_) | Value::Object(_) => {
                    let message = format!("illegal argument type: {}", operand.type_name());
                    return Err(Self::error(EvalCode::Internal, message, f.location()));
                }
                scalar => vec![self.text(scalar)?],
            };
            let mut longer = Vec::with_capacity(lines.len());
            for line in &lines {
                for text in &texts {
                    let length = line.len().saturating_add(text.len());
                    self.context.reserve(length.saturating_add(between.len()))?;
                    let between = if at == 0 { "" } else { between };
                    longer.push(format!("{line}{between}{text}"));
                }
            }
            lines = longer;
        }
        Ok(lines)
    }

    fn text(&mut self, value: &Value) -> Eval<String> {
        match value {
            Value::String(text) => Ok(text.to_string()),
            other => Ok(self.context.text(other)?),
        }
    }
}
