//! Schemas of the parts of a value: elements and members.

use super::combine::name_of;
use super::outcome::{Outcome, Step, keep_best};
use super::{Here, Task, Walk};
use crate::schema::model::{Additional, Items, Place};
use referee_rego_builtin::Result;
use referee_rego_value::{Object, Value};

impl<'a> Walk<'a, '_, '_> {
    pub(super) fn items(
        &mut self,
        here: Here<'a>,
        elements: &'a [Value],
        next: usize,
    ) -> Result<()> {
        let Some(element) = elements.get(next) else {
            return Ok(());
        };
        let place = match &here.node.items {
            Items::Any => return Ok(()),
            Items::All(place) => *place,
            Items::Each(places) => match (places.get(next), here.node.additional_items) {
                (Some(place), _) => *place,
                (None, Additional::Schema(place)) => place,
                (None, Additional::Any) => return Ok(()),
                (None, Additional::None) => {
                    let words = "No additional items allowed on array";
                    return self.fault("array_no_additional_items", words.to_owned());
                }
            },
        };
        self.tasks.push(Task::Items(here, elements, next + 1));
        self.descend(Step::Element(next), place, element);
        Ok(())
    }

    /// `next` is the element that comes; that before it has been tried.
    pub(super) fn contains(
        &mut self,
        here: Here<'a>,
        elements: &'a [Value],
        next: usize,
        mut best: Option<Outcome>,
    ) -> Result<()> {
        let Some(place) = here.node.contains else {
            return Ok(());
        };
        if next > 0 {
            let tried = self.close();
            if tried.is_valid() {
                return Ok(());
            }
            keep_best(&mut best, tried);
        }
        if let Some(element) = elements.get(next) {
            self.tasks.push(Task::Contains(here, elements, next + 1, best));
            self.outcomes.push(Outcome::default());
            self.descend(Step::Element(next), place, element);
            return Ok(());
        }
        self.fault("contains", "At least one of the items must match".to_owned())?;
        self.merge(best.unwrap_or_default())
    }

    /// Members by the patterns that their names match, and those that nothing names by what stands
    /// for additional ones. `at` is the pattern that comes for the next member, and whether one
    /// before it matched.
    pub(super) fn members(
        &mut self,
        here: Here<'a>,
        members: &'a Object,
        mut next: usize,
        mut at: (usize, bool),
    ) -> Result<()> {
        let node = here.node;
        if node.pattern_properties.is_empty() && node.additional_properties == Additional::Any {
            return Ok(());
        }
        while let Some((key, value)) = members.as_slice().get(next) {
            let name = name_of(key);
            self.ctx.work(1)?;
            let (mut pattern, mut found) = at;
            while let Some((regex, place)) = node.pattern_properties.get(pattern) {
                pattern += 1;
                if regex.is_in(self.ctx, name)? {
                    self.tasks.push(Task::Members(here, members, next, pattern, true));
                    self.descend(Step::Member(name), *place, value);
                    return Ok(());
                }
            }
            if found {
                self.score();
            }
            found |=
                node.properties.binary_search_by(|(known, _)| known.as_str().cmp(name)).is_ok();
            next += 1;
            at = (0, false);
            match node.additional_properties {
                _ if found => {}
                Additional::Any => {}
                Additional::None => {
                    let words = format!("Additional property {name} is not allowed");
                    self.fault("additional_property_not_allowed", words)?;
                }
                Additional::Schema(place) => {
                    self.tasks.push(Task::Members(here, members, next, 0, false));
                    self.descend(Step::Member(name), place, value);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Names by the schema of names; that before `next` has been tried.
    pub(super) fn names(&mut self, place: Place, members: &'a Object, next: usize) -> Result<()> {
        let members_of = members.as_slice();
        if let Some((key, _)) = next.checked_sub(1).and_then(|tried| members_of.get(tried)) {
            let tried = self.close();
            if !tried.is_valid() {
                let words = format!("Property name of \"{}\" does not match", name_of(key));
                self.fault("invalid_property_name", words)?;
                self.merge(tried)?;
            }
        }
        if let Some((key, _)) = members_of.get(next) {
            self.tasks.push(Task::Names(place, members, next + 1));
            self.outcomes.push(Outcome::default());
            self.tasks.push(Task::Enter(place, key, 0));
        }
        Ok(())
    }
}
