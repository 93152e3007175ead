//! Which clauses of a group can apply.

use super::Evaluation;
use super::slot::Slot;
use crate::error::Eval;
use crate::plan::GroupPlan;
use crate::plan::index::{Condition, Entry, Index, Lead, Subject, Test, split};
use crate::probe::Probe;
use referee_rego_value::Value;
use smallvec::SmallVec;

/// What can apply.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Definitions, each with the clauses of its chain that can apply.
    pub(super) clauses: SmallVec<[(u32, u32); 8]>,
    /// Whether all of them give one and the same constant.
    pub(super) uniform: bool,
}

impl Candidates {
    /// How many definitions they are of.
    pub(super) fn matched(&self) -> usize {
        let mut definitions: SmallVec<[u32; 8]> =
            self.clauses.iter().map(|(definition, _)| *definition).collect();
        definitions.sort_unstable();
        definitions.dedup();
        definitions.len()
    }
}

/// Where the arguments of a call are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Args {
    /// The slot of the first.
    pub(super) base: usize,
    /// How many there are.
    pub(super) count: usize,
    /// Whether it is a call. A function without arguments is also a part of its package.
    pub(super) called: bool,
}

/// Whether a test holds of a value.
fn passes(test: &Test, value: &Value) -> bool {
    match test {
        Test::Defined => true,
        Test::Scalar(wanted) => match value {
            Value::Array(items) => items.iter().any(|item| item == wanted),
            Value::Set(items) => items.contains(wanted),
            Value::Object(items) => items.iter().any(|(_, item)| item == wanted),
            scalar => scalar == wanted,
        },
        Test::Array(wanted) => match value {
            Value::Array(items) => fits(wanted, items.as_slice()),
            _ => false,
        },
        Test::Split(at, wanted) => match value {
            Value::String(text) => {
                let parts = split(text, at);
                parts.len() == wanted.len()
                    && wanted.iter().zip(parts).all(|(wanted, part)| {
                        wanted.as_ref().is_none_or(|wanted| wanted.as_str() == Some(part))
                    })
            }
            Value::Array(items) => fits(wanted, items.as_slice()),
            _ => false,
        },
    }
}

/// How many members a test may have to look at.
fn length(value: &Value) -> u32 {
    let length = match value {
        Value::Array(items) => items.len(),
        Value::Object(items) => items.len(),
        _ => 0,
    };
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn fits(wanted: &[Option<Value>], items: &[Value]) -> bool {
    wanted.len() == items.len()
        && wanted
            .iter()
            .zip(items)
            .all(|(wanted, item)| wanted.as_ref().is_none_or(|wanted| wanted == item))
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The clauses of a group that can apply to the arguments in these slots.
    pub(super) fn candidates(&mut self, group: &'a GroupPlan, args: Args) -> Eval<Candidates> {
        let mut found = Candidates::default();
        let Some(index) = &group.index else { return Ok(found) };
        let mut constant = None;
        found.uniform = true;
        match &index.lead {
            _ if !self.options.indexing => {
                index.entries.iter().for_each(|entry| admit(entry, &mut found, &mut constant));
            }
            Some(lead) => self.led(index, lead, args, &mut found, &mut constant)?,
            None => {
                for entry in &index.entries {
                    self.consider(index, entry, args, &mut found, &mut constant)?;
                }
            }
        }
        found.uniform &= self.options.early_exit && constant.is_some();
        if !index.plain {
            // The clauses of a chain come together, in its order, where its first was found.
            let mut first: SmallVec<[u32; 8]> = SmallVec::new();
            for (definition, _) in &found.clauses {
                if !first.contains(definition) {
                    first.push(*definition);
                }
            }
            let rank = |it: u32| first.iter().position(|known| *known == it);
            found.clauses.sort_by_key(|(definition, clause)| (rank(*definition), *clause));
        }
        Ok(found)
    }

    /// Looks up those that can apply by the subject that tells them apart best.
    fn led(
        &mut self,
        index: &'a Index,
        lead: &'a Lead,
        args: Args,
        found: &mut Candidates,
        constant: &mut Option<u32>,
    ) -> Eval<()> {
        let Some(subject) = index.subjects.get(lead.subject) else { return Ok(()) };
        let mut lists: SmallVec<[&'a [u32]; 4]> = SmallVec::new();
        let value = self.subject(subject, args)?;
        let value = value.as_ref().map(Slot::value);
        let meter = &mut self.context.meter;
        let mut list = |value: &Value| {
            lists.extend(lead.by_value.get(value).map(Vec::as_slice));
            meter.work(1)
        };
        match value {
            Some(Value::Array(items)) => items.iter().try_for_each(list)?,
            Some(Value::Set(items)) => items.iter().try_for_each(list)?,
            Some(Value::Object(items)) => items.values().try_for_each(list)?,
            Some(scalar) => list(scalar)?,
            None => {}
        }
        if !lead.others.is_empty() {
            lists.push(&lead.others);
        }
        let merged: Vec<u32>;
        let order: &[u32] = match lists.as_slice() {
            [] => &[],
            [one] => one,
            several => {
                let mut all = several.concat();
                all.sort_unstable();
                all.dedup();
                merged = all;
                &merged
            }
        };
        for at in order {
            let entry = usize::try_from(*at).ok().and_then(|at| index.entries.get(at));
            if let Some(entry) = entry {
                self.consider(index, entry, args, found, constant)?;
            }
        }
        Ok(())
    }

    fn consider(
        &mut self,
        index: &'a Index,
        entry: &'a Entry,
        args: Args,
        found: &mut Candidates,
        constant: &mut Option<u32>,
    ) -> Eval<()> {
        self.context.meter.work(1)?;
        for path in &entry.paths {
            if self.all_hold(index, path, args)? {
                admit(entry, found, constant);
                return Ok(());
            }
        }
        Ok(())
    }

    fn all_hold(
        &mut self,
        index: &'a Index,
        conditions: &'a [Condition],
        args: Args,
    ) -> Eval<bool> {
        for condition in conditions {
            let value = match index.subjects.get(condition.subject) {
                Some(subject) => self.subject(subject, args)?,
                None => None,
            };
            if let Some(value) = &value {
                self.context.meter.work(length(value.value()) / 16)?;
            }
            let holds =
                value.is_some_and(|it| condition.tests.iter().any(|test| passes(test, it.value())));
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn subject(&mut self, subject: &'a Subject, args: Args) -> Eval<Option<Slot<'a>>> {
        match subject {
            Subject::Input(path) => Ok(self.input_at(path).map(Slot::Ref)),
            Subject::Base(path) => Ok(self.base_at(path)?.map(Slot::Ref)),
            Subject::Argument(at) => {
                Ok((*at < args.count).then(|| self.slots.get(args.base + at).cloned()).flatten())
            }
        }
    }
}

fn admit(entry: &Entry, found: &mut Candidates, constant: &mut Option<u32>) {
    match (entry.constant, *constant) {
        (Some(one), None) if found.clauses.is_empty() => *constant = Some(one),
        (Some(one), Some(known)) if one == known => {}
        _ => found.uniform = false,
    }
    found.clauses.push((entry.definition, entry.clause));
}
