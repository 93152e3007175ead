//! Rules about fragments (specification section 5.5).

use super::{Parent, Validator};
use crate::graphql::ast::{Definition, Fragment, InlineFragment, Selection, Spread};
use referee_rego_builtin::Result;
use std::collections::HashMap;
use std::rc::Rc;

/// Where a search for cycles is.
#[derive(Default)]
struct Path<'a> {
    spreads: Vec<&'a Rc<Spread>>,
    /// Where in the path a fragment was entered.
    entered: HashMap<&'a str, usize>,
}

impl<'a> Validator<'a, '_, '_> {
    pub(super) fn inline_on_composite_type(&mut self, inline: &InlineFragment) -> Result<()> {
        let condition = &inline.condition;
        if self.kind(condition).is_none_or(|kind| kind.is_composite()) {
            return Ok(());
        }
        let message = format!("Fragment cannot condition on non composite type \"{condition}\".");
        self.report(inline.at, message)
    }

    pub(super) fn fragment_on_composite_type(
        &mut self,
        fragment: &Fragment,
        definition: &Parent,
    ) -> Result<()> {
        let condition = &fragment.condition;
        let fine = definition.as_ref().is_none_or(|kind| kind.is_composite());
        if fine || condition.is_empty() {
            return Ok(());
        }
        let message = format!(
            "Fragment \"{}\" cannot condition on non composite type \"{condition}\".",
            fragment.name
        );
        self.report(fragment.at, message)
    }

    pub(super) fn known_inline_type(&mut self, inline: &InlineFragment) -> Result<()> {
        let condition = &inline.condition;
        if condition.is_empty() || self.kind(condition).is_some() {
            return Ok(());
        }
        self.report(inline.at, format!("Unknown type \"{condition}\"."))
    }

    pub(super) fn known_fragment_type(
        &mut self,
        fragment: &Fragment,
        definition: &Parent,
    ) -> Result<()> {
        if definition.is_some() {
            return Ok(());
        }
        let message = self.unknown_type(&fragment.condition);
        self.report(fragment.at, message)
    }

    pub(super) fn known_fragment_name(&mut self, spread: &Spread) -> Result<()> {
        if spread.definition.borrow().is_some() {
            return Ok(());
        }
        self.report(spread.at, format!("Unknown fragment \"{}\".", spread.name))
    }

    pub(super) fn no_fragment_cycles(&mut self, fragment: &'a Fragment) -> Result<()> {
        self.follow(fragment, &mut Path::default())
    }

    fn follow(&mut self, fragment: &'a Fragment, path: &mut Path<'a>) -> Result<()> {
        if !self.cycles_seen.insert(fragment.name.clone()) {
            return Ok(());
        }
        let spreads = self.spreads(&fragment.selections)?;
        if spreads.is_empty() {
            return Ok(());
        }
        path.entered.insert(&fragment.name, path.spreads.len());
        for spread in spreads {
            let entered = path.entered.get(spread.name.as_str()).copied();
            path.spreads.push(spread);
            match entered {
                None => {
                    if let Some(next) = self.fragment(&spread.name) {
                        self.deeper(|walker| walker.follow(next, path))?;
                    }
                }
                Some(from) => {
                    let count = path.spreads.len() - 1 - from;
                    let via = path.spreads.iter().skip(from).take(count);
                    let via: Vec<String> = via.map(|one| format!("\"{}\"", one.name)).collect();
                    let via = if via.is_empty() {
                        String::new()
                    } else {
                        format!(" via {}", via.join(", "))
                    };
                    let name = &spread.name;
                    let message = format!("Cannot spread fragment \"{name}\" within itself{via}.");
                    self.report(spread.at, message)?;
                }
            }
            path.spreads.pop();
        }
        path.entered.remove(fragment.name.as_str());
        Ok(())
    }

    /// All uses of fragments, those deeper down later and the last selections first.
    fn spreads(&mut self, selections: &'a [Selection]) -> Result<Vec<&'a Rc<Spread>>> {
        let mut found = Vec::new();
        let mut left = vec![selections];
        while let Some(selections) = left.pop() {
            for selection in selections {
                self.context.work(1)?;
                match selection {
                    Selection::Spread(spread) => found.push(spread),
                    Selection::Field(field) => left.push(&field.selections),
                    Selection::Inline(inline) => left.push(&inline.selections),
                }
            }
        }
        Ok(found)
    }

    pub(super) fn no_unused_fragment(&mut self, fragment: &Fragment) -> Result<()> {
        self.in_fragments = true;
        if self.used.contains(&fragment.name) {
            return Ok(());
        }
        self.report(fragment.at, format!("Fragment \"{}\" is never used.", fragment.name))
    }

    pub(super) fn unique_fragment_name(&mut self, fragment: &Fragment) -> Result<()> {
        if self.fragment_names.insert(fragment.name.clone()) {
            return Ok(());
        }
        let message = format!("There can be only one fragment named \"{}\".", fragment.name);
        self.report(fragment.at, message)
    }

    pub(super) fn possible_inline(&mut self, inline: &InlineFragment) -> Result<()> {
        let parent = inline.parent.borrow().clone();
        let Some(parent) = self.impossible(parent, &inline.condition)? else { return Ok(()) };
        let message = format!(
            "Fragment cannot be spread here as objects of type \"{}\" can never be of type \"{}\".",
            parent.name, inline.condition
        );
        self.report(inline.at, message)
    }

    pub(super) fn possible_spread(&mut self, spread: &Spread) -> Result<()> {
        let Some(fragment) = spread.definition.borrow().clone() else { return Ok(()) };
        let parent = spread.parent.borrow().clone();
        let Some(parent) = self.impossible(parent, &fragment.condition)? else { return Ok(()) };
        let message = format!(
            "Fragment \"{}\" cannot be spread here as objects of type \"{}\" can never be of type \
             \"{}\".",
            spread.name, parent.name, fragment.condition
        );
        self.report(spread.at, message)
    }

    /// The type where a fragment stands, if nothing can be of it and of the fragment's type.
    fn impossible(&mut self, parent: Parent, condition: &str) -> Result<Parent> {
        let Some(parent) = parent.filter(|parent| parent.is_composite()) else { return Ok(None) };
        let Some(kind) = self.kind(condition).filter(|kind| kind.is_composite()) else {
            return Ok(None);
        };
        let fragments = self.schema.possible(&kind.name);
        let parents: Vec<&Rc<Definition>> = if parent.is_abstract() {
            self.schema.possible(&parent.name).iter().collect()
        } else {
            vec![&parent]
        };
        self.context.work(u32::try_from(parents.len() + fragments.len()).unwrap_or(u32::MAX))?;
        let names: std::collections::HashSet<&str> =
            parents.iter().map(|parent| parent.name.as_str()).collect();
        let meets = fragments.iter().any(|fragment| names.contains(fragment.name.as_str()));
        drop(names);
        drop(parents);
        Ok((!meets).then_some(parent))
    }
}
