//! Whether fields of the same name can be merged (specification section 5.3.2). Fields within a
//! set are compared with one another, then with those of the fragments used in it, and these
//! among themselves. Each comparison is counted as work: their number grows with the square of
//! the fields.

use super::Validator;
use crate::graphql::ast::{Argument, At, Field, Selection, Spread, Type};
use referee_rego_builtin::Result;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What was compared already.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Pairs of fragments, and whether they were taken to exclude each other.
    pairs: HashMap<(String, String), bool>,
    /// The fragments that the current set of fields was compared with.
    fragments: HashSet<String>,
}

/// Two fields that cannot be merged, or whose parts cannot.
struct Conflict {
    name: String,
    reason: String,
    within: Vec<Conflict>,
    at: At,
}

impl Conflict {
    fn new(name: String, at: At, reason: String) -> Self {
        Self { name, reason, within: Vec::new(), at }
    }

    fn write(&self, out: &mut String) {
        if self.within.is_empty() {
            out.push_str(&self.reason);
            return;
        }
        for (index, conflict) in self.within.iter().enumerate() {
            if index > 0 {
                out.push_str(" and ");
            }
            out.push_str(&format!("subfields \"{}\" conflict because ", conflict.name));
            conflict.write(out);
        }
    }
}

/// The fields of a set by the names of their answers, in order, and the fragments used in it.
#[derive(Default)]
struct Collected {
    order: Vec<String>,
    fields: HashMap<String, Vec<Rc<Field>>>,
    spreads: Vec<Rc<Spread>>,
}

impl Collected {
    fn entries(&self) -> impl Iterator<Item = (&String, &Vec<Rc<Field>>)> {
        self.order.iter().filter_map(|name| Some((name, self.fields.get(name)?)))
    }

    /// Whether both hold the very same fields.
    fn is_same(&self, other: &Self) -> bool {
        let same = |a: &Vec<Rc<Field>>, b: &Vec<Rc<Field>>| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| Rc::ptr_eq(a, b))
        };
        self.order == other.order
            && self.entries().zip(other.entries()).all(|((_, a), (_, b))| same(a, b))
    }
}

fn response_name(field: &Field) -> String {
    if field.alias.is_empty() { field.name.clone() } else { field.alias.clone() }
}

impl Validator<'_, '_, '_> {
    pub(super) fn no_overlap(&mut self, selections: &[Selection]) -> Result<()> {
        if selections.is_empty() {
            return Ok(());
        }
        let set = self.collect(selections)?;
        let mut conflicts = Vec::new();
        for (_, fields) in set.entries() {
            for (index, a) in fields.iter().enumerate() {
                for b in fields.iter().skip(index + 1) {
                    conflicts.extend(self.conflict(false, a, b)?);
                }
            }
        }
        self.compared.fragments.clear();
        for (index, a) in set.spreads.iter().enumerate() {
            self.with_fragment(&mut conflicts, false, &set, a)?;
            for b in set.spreads.iter().skip(index + 1) {
                self.between_fragments(&mut conflicts, false, a, b)?;
            }
        }
        for conflict in conflicts {
            let mut reason = String::new();
            conflict.write(&mut reason);
            let message = format!(
                "Fields \"{}\" conflict because {reason}. Use different aliases on the fields to \
                 fetch both if this was intentional.",
                conflict.name
            );
            self.report(conflict.at, message)?;
        }
        Ok(())
    }

    fn collect(&mut self, selections: &[Selection]) -> Result<Collected> {
        let mut set = Collected::default();
        self.collect_into(selections, &mut set)?;
        Ok(set)
    }

    fn collect_into(&mut self, selections: &[Selection], set: &mut Collected) -> Result<()> {
        self.deeper(|walker| {
            for selection in selections {
                walker.context.work(1)?;
                match selection {
                    Selection::Field(field) => {
                        let name = response_name(field);
                        let fields = set.fields.entry(name.clone()).or_default();
                        if fields.is_empty() {
                            set.order.push(name);
                        }
                        fields.push(field.clone());
                    }
                    Selection::Inline(inline) => walker.collect_into(&inline.selections, set)?,
                    Selection::Spread(spread) => set.spreads.push(spread.clone()),
                }
            }
            Ok(())
        })
    }

    /// Compares a set of fields with a fragment, and with those used in it.
    fn with_fragment(
        &mut self,
        conflicts: &mut Vec<Conflict>,
        exclusive: bool,
        set: &Collected,
        spread: &Spread,
    ) -> Result<()> {
        if !self.compared.fragments.insert(spread.name.clone()) {
            return Ok(());
        }
        let Some(fragment) = spread.definition.borrow().clone() else { return Ok(()) };
        let other = self.collect(&fragment.selections)?;
        if set.is_same(&other) {
            return Ok(());
        }
        self.between(conflicts, exclusive, set, &other)?;
        self.deeper(|walker| {
            for inner in other.spreads.iter().filter(|inner| inner.name != spread.name) {
                walker.with_fragment(conflicts, exclusive, set, inner)?;
            }
            Ok(())
        })
    }

    /// Compares two fragments, and those used in them.
    fn between_fragments(
        &mut self,
        conflicts: &mut Vec<Conflict>,
        exclusive: bool,
        a: &Spread,
        b: &Spread,
    ) -> Result<()> {
        self.context.work(1)?;
        if a.name == b.name || !self.note_pair(a, b, exclusive) {
            return Ok(());
        }
        let (Some(first), Some(second)) =
            (a.definition.borrow().clone(), b.definition.borrow().clone())
        else {
            return Ok(());
        };
        let first = self.collect(&first.selections)?;
        let second = self.collect(&second.selections)?;
        self.between(conflicts, exclusive, &first, &second)?;
        self.deeper(|walker| {
            for inner in &second.spreads {
                walker.between_fragments(conflicts, exclusive, a, inner)?;
            }
            for inner in &first.spreads {
                walker.between_fragments(conflicts, exclusive, inner, b)?;
            }
            Ok(())
        })
    }

    /// Notes that two fragments are compared; whether that is still to be done.
    fn note_pair(&mut self, a: &Spread, b: &Spread, exclusive: bool) -> bool {
        let pair = (a.name.clone(), b.name.clone());
        let known = self.compared.pairs.get(&pair).copied();
        if known.is_some_and(|known| exclusive || !known) {
            return false;
        }
        self.compared.pairs.insert((pair.1.clone(), pair.0.clone()), exclusive);
        self.compared.pairs.insert(pair, exclusive);
        true
    }

    fn between(
        &mut self,
        conflicts: &mut Vec<Conflict>,
        exclusive: bool,
        set: &Collected,
        other: &Collected,
    ) -> Result<()> {
        for (name, fields) in set.entries() {
            let Some(others) = other.fields.get(name) else { continue };
            for a in fields {
                for b in others {
                    conflicts.extend(self.conflict(exclusive, a, b)?);
                }
            }
        }
        Ok(())
    }

    fn conflict(
        &mut self,
        parents_exclusive: bool,
        a: &Field,
        b: &Field,
    ) -> Result<Option<Conflict>> {
        self.context.work(1)?;
        let (Some(parent_a), Some(parent_b)) =
            (a.parent.borrow().clone(), b.parent.borrow().clone())
        else {
            return Ok(None);
        };
        let definitions = a.definition.borrow().clone().zip(b.definition.borrow().clone());
        let exclusive = parents_exclusive
            || (parent_a.name != parent_b.name
                && parent_a.kind == "OBJECT"
                && parent_b.kind == "OBJECT"
                && definitions.is_some());
        let found = |reason: String| Ok(Some(Conflict::new(response_name(a), b.at, reason)));
        if !exclusive {
            if a.name != b.name {
                return found(format!("\"{}\" and \"{}\" are different fields", a.name, b.name));
            }
            if !same_arguments(&a.arguments, &b.arguments) {
                return found("they have differing arguments".to_owned());
            }
        }
        if let Some((one, other)) = definitions
            && self.types_conflict(&one.kind, &other.kind)
        {
            return found(format!(
                "they return conflicting types \"{}\" and \"{}\"",
                one.kind.text(),
                other.kind.text()
            ));
        }
        let within = self.deeper(|walker| walker.parts(exclusive, a, b))?;
        if within.is_empty() {
            return Ok(None);
        }
        let (name, reason) = (response_name(a), String::new());
        Ok(Some(Conflict { name, reason, within, at: b.at }))
    }

    /// The conflicts between what is selected of two fields.
    fn parts(&mut self, exclusive: bool, a: &Field, b: &Field) -> Result<Vec<Conflict>> {
        let mut conflicts = Vec::new();
        let first = self.collect(&a.selections)?;
        let second = self.collect(&b.selections)?;
        self.between(&mut conflicts, exclusive, &first, &second)?;
        for (set, spreads) in [(&first, &second.spreads), (&second, &first.spreads)] {
            for spread in spreads {
                self.compared.fragments.clear();
                self.with_fragment(&mut conflicts, exclusive, set, spread)?;
            }
        }
        for one in &first.spreads {
            for other in &second.spreads {
                self.between_fragments(&mut conflicts, exclusive, one, other)?;
            }
        }
        Ok(conflicts)
    }

    fn types_conflict(&self, a: &Type, b: &Type) -> bool {
        let (mut a, mut b) = (a, b);
        loop {
            match (&a.element, &b.element) {
                (Some(inner_a), Some(inner_b)) => (a, b) = (inner_a, inner_b),
                (None, None) => break,
                _ => return true,
            }
        }
        if a.non_null != b.non_null {
            return true;
        }
        match (self.schema.kind(&a.name), self.schema.kind(&b.name)) {
            (Some(a), Some(b)) => a.is_leaf() && b.is_leaf() && a.name != b.name,
            _ => false,
        }
    }
}

/// Values are compared by what they are and how they are written, not by what is in them.
fn same_arguments(a: &[Argument], b: &[Argument]) -> bool {
    let same = |a: &Argument, b: &Argument| {
        a.name == b.name && a.value.kind == b.value.kind && a.value.raw == b.value.raw
    };
    a.len() == b.len() && a.iter().all(|one| b.iter().any(|other| same(one, other)))
}
