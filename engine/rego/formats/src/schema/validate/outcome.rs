//! What validation finds.

use super::Walk;
use crate::schema::model::Kind;
use referee_rego_builtin::Result;
use referee_rego_value::{Str, Value};

/// One fault of a document.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::schema) struct Finding {
    /// Its type.
    pub(in crate::schema) kind: &'static str,
    /// Where it is: `a.0`, or `(Root)`.
    pub(in crate::schema) field: String,
    /// What it is.
    pub(in crate::schema) description: String,
}

impl Finding {
    /// As policies see it.
    pub(in crate::schema) fn into_value(self) -> Value {
        let Self { kind, field, description } = self;
        let text = |text: String| Value::String(Str::from(text));
        Value::object([
            ("error", text(format!("{field}: {description}"))),
            ("type", Value::from(kind)),
            ("field", text(field)),
            ("desc", text(description)),
        ])
    }
}

/// The faults of a value by one schema, and how near it came: of several schemas that all fail, the
/// faults of the one with the highest score are told.
#[derive(Debug, Default)]
pub(in crate::schema) struct Outcome {
    pub(in crate::schema) findings: Vec<Finding>,
    pub(super) score: i64,
}

impl Outcome {
    pub(super) fn is_valid(&self) -> bool {
        self.findings.is_empty()
    }

    /// Takes over what another one found.
    pub(super) fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.score += other.score;
    }
}

/// Keeps the better one of two failures: the earlier where they are alike.
pub(super) fn keep_best(best: &mut Option<Outcome>, other: Outcome) {
    if best.as_ref().is_none_or(|best| other.score > best.score) {
        *best = Some(other);
    }
}

/// A step from a value to a part of it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Element(usize),
    Member(&'a str),
}

impl Walk<'_, '_, '_> {
    /// Where the walk is, as errors show it.
    pub(super) fn field(&self) -> String {
        let mut field = String::new();
        for (at, step) in self.path.iter().enumerate() {
            if at > 0 {
                field.push('.');
            }
            match step {
                Step::Element(index) => field.push_str(&index.to_string()),
                Step::Member(name) => field.push_str(name),
            }
        }
        if self.path.is_empty() { "(Root)".to_owned() } else { field }
    }

    /// Adds a fault here.
    pub(super) fn fault(&mut self, kind: &'static str, description: String) -> Result<()> {
        self.fault_with(kind, |_| description)
    }

    /// Adds a fault whose words name the field.
    pub(super) fn fault_with(
        &mut self,
        kind: &'static str,
        description: impl FnOnce(&str) -> String,
    ) -> Result<()> {
        let field = self.field();
        let description = description(&field);
        let bytes = 2 * (field.len() + description.len()) + 256;
        self.ctx.reserve(bytes)?;
        self.ctx.work(u32::try_from(bytes / 8).unwrap_or(u32::MAX))?;
        if let Some(outcome) = self.outcomes.last_mut() {
            outcome.findings.push(Finding { kind, field, description });
            outcome.score -= 2;
        }
        Ok(())
    }

    /// Adds to the score.
    pub(super) fn score(&mut self) {
        if let Some(outcome) = self.outcomes.last_mut() {
            outcome.score += 1;
        }
    }

    /// Ends what was begun apart.
    pub(super) fn close(&mut self) -> Outcome {
        self.outcomes.pop().unwrap_or_default()
    }

    pub(super) fn merge(&mut self, other: Outcome) -> Result<()> {
        self.ctx.work(u32::try_from(other.findings.len()).unwrap_or(u32::MAX))?;
        if let Some(outcome) = self.outcomes.last_mut() {
            outcome.merge(other);
        }
        Ok(())
    }

    /// How many faults there are here so far.
    pub(super) fn count(&self) -> usize {
        self.outcomes.last().map_or(0, |outcome| outcome.findings.len())
    }

    pub(super) fn wrong_type(&mut self, expected: &str, given: Kind) -> Result<()> {
        let given = given.name();
        self.fault("invalid_type", format!("Invalid type. Expected: {expected}, given: {given}"))
    }
}
