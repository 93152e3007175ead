//! Schemas of the same value: `anyOf`, `oneOf`, `allOf`, `not`, `dependencies`, `if`.

use super::outcome::{Outcome, keep_best};
use super::{Here, Task, Walk};
use crate::schema::model::Dependency;
use referee_rego_builtin::Result;
use referee_rego_value::{Object, Value};

impl<'a> Walk<'a, '_, '_> {
    /// `next` is the schema that comes; that before it has been tried.
    pub(super) fn any_of(
        &mut self,
        here: Here<'a>,
        next: usize,
        mut best: Option<Outcome>,
    ) -> Result<()> {
        if next > 0 {
            let tried = self.close();
            if tried.is_valid() {
                return Ok(());
            }
            keep_best(&mut best, tried);
        }
        if let Some(place) = here.node.any_of.get(next) {
            self.tasks.push(Task::AnyOf(here, next + 1, best));
            self.apart(here, *place);
            return Ok(());
        }
        let words = "Must validate at least one schema (anyOf)";
        self.fault("number_any_of", words.to_owned())?;
        self.merge(best.unwrap_or_default())
    }

    pub(super) fn one_of(
        &mut self,
        here: Here<'a>,
        next: usize,
        mut count: usize,
        mut best: Option<Outcome>,
    ) -> Result<()> {
        if next > 0 {
            let tried = self.close();
            if tried.is_valid() {
                count += 1;
            } else if count == 0 {
                keep_best(&mut best, tried);
            }
        }
        if let Some(place) = here.node.one_of.get(next) {
            self.tasks.push(Task::OneOf(here, next + 1, count, best));
            self.apart(here, *place);
            return Ok(());
        }
        if count != 1 {
            let words = "Must validate one and only one schema (oneOf)";
            self.fault("number_one_of", words.to_owned())?;
        }
        if count == 0 {
            self.merge(best.unwrap_or_default())?;
        }
        Ok(())
    }

    /// What these find is added at once; `before` is how much there was before the last of them.
    pub(super) fn all_of(
        &mut self,
        here: Here<'a>,
        next: usize,
        mut count: usize,
        before: usize,
    ) -> Result<()> {
        let now = self.count();
        if next > 0 && now == before {
            count += 1;
        }
        if let Some(place) = here.node.all_of.get(next) {
            self.tasks.push(Task::AllOf(here, next + 1, count, now));
            self.also(here, *place);
            return Ok(());
        }
        if count != here.node.all_of.len() {
            let words = "Must validate all the schemas (allOf)";
            self.fault("number_all_of", words.to_owned())?;
        }
        Ok(())
    }

    pub(super) fn not(&mut self) -> Result<()> {
        if self.close().is_valid() {
            self.fault("number_not", "Must not validate the schema (not)".to_owned())?;
        }
        Ok(())
    }

    pub(super) fn dependencies(
        &mut self,
        here: Here<'a>,
        members: &'a Object,
        mut next: usize,
    ) -> Result<()> {
        while let Some((name, dependency)) = here.node.dependencies.get(next) {
            next += 1;
            self.ctx.work(1)?;
            if members.get_str(name).is_none() {
                continue;
            }
            match dependency {
                Dependency::Members(names) => {
                    for name in names {
                        self.ctx.work(1)?;
                        if members.get_str(name).is_none() {
                            let words = format!("Has a dependency on {name}");
                            self.fault("missing_dependency", words)?;
                        }
                    }
                }
                Dependency::Schema(place) => {
                    self.tasks.push(Task::Dependencies(here, members, next));
                    self.also(here, *place);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Takes the branch that a condition decided for.
    pub(super) fn decided(&mut self, here: Here<'a>) -> Result<()> {
        let (branch, kind, words) = if self.close().is_valid() {
            let words = "Must validate \"then\" as \"if\" was valid";
            (here.node.consequence, "condition_then", words)
        } else {
            let words = "Must validate \"else\" as \"if\" was not valid";
            (here.node.alternative, "condition_else", words)
        };
        if let Some(branch) = branch {
            self.tasks.push(Task::Branch(kind, words));
            self.apart(here, branch);
        }
        Ok(())
    }

    pub(super) fn branch(&mut self, kind: &'static str, words: &'static str) -> Result<()> {
        let tried = self.close();
        if !tried.is_valid() {
            self.fault(kind, words.to_owned())?;
            self.merge(tried)?;
        }
        Ok(())
    }

    /// The members that a schema names, each by its schema.
    pub(super) fn properties(&mut self, here: Here<'a>, members: &'a Object, mut next: usize) {
        while let Some((name, place)) = here.node.properties.get(next) {
            next += 1;
            if let Some(value) = members.get_str(name) {
                self.tasks.push(Task::Properties(here, members, next));
                self.descend(super::Step::Member(name), *place, value);
                return;
            }
        }
    }
}

/// The name of a member.
pub(super) fn name_of(key: &Value) -> &str {
    key.as_str().unwrap_or_default()
}
