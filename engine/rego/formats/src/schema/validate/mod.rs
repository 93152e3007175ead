//! Validates a document by a compiled schema, as OPA's validator does: the same faults in the same
//! order, members in the order of their names.
//!
//! The walk keeps what is left to do in a list of its own, so that neither a deep document nor a
//! schema that refers to itself takes stack. A schema that comes back to itself without going into
//! the document ends the evaluation, where OPA dies.

mod combine;
mod leaf;
mod outcome;
mod parts;

pub(super) use outcome::Finding;

use super::model::{Kind, Node, Place, Schema};
use super::number;
use outcome::{Outcome, Step};
use referee_rego_builtin::{BuiltinError, Context, Result};
use referee_rego_value::bytes::shown;
use referee_rego_value::{Object, Value};

/// A value, the schema it is validated by, and through how many schemas the walk came to the value.
#[derive(Clone, Copy)]
struct Here<'a> {
    node: &'a Node,
    value: &'a Value,
    level: usize,
}

/// What is left to do.
enum Task<'a> {
    /// Validate a value.
    Enter(Place, &'a Value, usize),
    /// Go on with a value: the next phase.
    Go(Here<'a>, u8),
    /// Leave a part of the document.
    Leave,
    /// The next schema, the best failure so far.
    AnyOf(Here<'a>, usize, Option<Outcome>),
    /// The next schema, how many matched, the best failure so far.
    OneOf(Here<'a>, usize, usize, Option<Outcome>),
    /// The next schema, how many matched, how many faults there were before.
    AllOf(Here<'a>, usize, usize, usize),
    Not,
    If(Here<'a>),
    /// A branch of a condition: the type and the words of its failure.
    Branch(&'static str, &'static str),
    /// The next dependency.
    Dependencies(Here<'a>, &'a Object, usize),
    /// The next element.
    Items(Here<'a>, &'a [Value], usize),
    /// The next element, the best failure so far.
    Contains(Here<'a>, &'a [Value], usize, Option<Outcome>),
    /// The next member, the next pattern for it, whether one was found.
    Members(Here<'a>, &'a Object, usize, usize, bool),
    /// The next name.
    Names(Place, &'a Object, usize),
    /// The next property.
    Properties(Here<'a>, &'a Object, usize),
}

/// The last phase of a value.
const END: u8 = 10;

/// A walk through a document.
struct Walk<'a, 'c, 'x> {
    ctx: &'x mut Context<'c>,
    schema: &'a Schema,
    path: Vec<Step<'a>>,
    /// What was found: the last is the one that is added to.
    outcomes: Vec<Outcome>,
    tasks: Vec<Task<'a>>,
}

/// Validates a document; gives what was found.
///
/// # Errors
/// Where the evaluation must end.
pub(super) fn validate(
    ctx: &mut Context<'_>,
    schema: &Schema,
    document: &Value,
) -> Result<Vec<Finding>> {
    let outcomes = vec![Outcome::default()];
    let mut walk = Walk { ctx, schema, path: Vec::new(), outcomes, tasks: Vec::new() };
    walk.tasks.push(Task::Enter(Schema::ROOT, document, 0));
    while let Some(task) = walk.tasks.pop() {
        walk.ctx.work(1)?;
        walk.run(task)?;
    }
    Ok(walk.close().findings)
}

/// What OPA dies of.
fn fatal<T>(message: impl Into<String>) -> Result<T> {
    Err(BuiltinError::halt(message))
}

impl<'a> Walk<'a, '_, '_> {
    fn run(&mut self, task: Task<'a>) -> Result<()> {
        match task {
            Task::Enter(place, value, level) => self.enter(place, value, level),
            Task::Go(here, phase) => self.go(here, phase),
            Task::Leave => {
                self.path.pop();
                Ok(())
            }
            Task::AnyOf(here, next, best) => self.any_of(here, next, best),
            Task::OneOf(here, next, count, best) => self.one_of(here, next, count, best),
            Task::AllOf(here, next, count, before) => self.all_of(here, next, count, before),
            Task::Not => self.not(),
            Task::If(here) => self.decided(here),
            Task::Branch(kind, words) => self.branch(kind, words),
            Task::Dependencies(here, members, next) => self.dependencies(here, members, next),
            Task::Items(here, elements, next) => self.items(here, elements, next),
            Task::Contains(here, elements, next, best) => self.contains(here, elements, next, best),
            Task::Members(here, members, next, pattern, found) => {
                self.members(here, members, next, (pattern, found))
            }
            Task::Names(place, members, next) => self.names(place, members, next),
            Task::Properties(here, members, next) => {
                self.properties(here, members, next);
                Ok(())
            }
        }
    }

    /// Validates a part of the document, and comes back.
    fn descend(&mut self, step: Step<'a>, place: Place, value: &'a Value) {
        self.path.push(step);
        self.tasks.push(Task::Leave);
        self.tasks.push(Task::Enter(place, value, 0));
    }

    /// Validates the same value by another schema.
    fn also(&mut self, here: Here<'a>, place: Place) {
        self.tasks.push(Task::Enter(place, here.value, here.level));
    }

    /// Validates the same value by another schema, apart from what was found.
    fn apart(&mut self, here: Here<'a>, place: Place) {
        self.outcomes.push(Outcome::default());
        self.also(here, place);
    }

    fn enter(&mut self, mut place: Place, value: &'a Value, mut level: usize) -> Result<()> {
        let node = loop {
            self.ctx.work(1)?;
            level += 1;
            if level > self.schema.len() {
                return fatal("schema refers to itself without end");
            }
            let Some(node) = self.schema.get(place) else {
                return Ok(());
            };
            match node.target {
                Some(target) => place = target,
                None => break node,
            }
        };
        if let Some(truth) = node.truth {
            return if truth {
                Ok(())
            } else {
                self.fault("false", "False always fails validation".to_owned())
            };
        }
        if !node.kinds.is_empty() {
            let kind = kind_of(value);
            // Whole numbers are numbers, too.
            let number = kind == Kind::Integer && node.allows(Kind::Number);
            if !node.allows(kind) && !number {
                return self.wrong_type(&node.kinds_shown(), kind);
            }
        }
        self.go(Here { node, value, level }, 0)
    }

    /// The phases of a value, until one of them has parts to validate first.
    fn go(&mut self, here: Here<'a>, phase: u8) -> Result<()> {
        let depth = self.tasks.len();
        for phase in phase..=END {
            self.phase(here, phase)?;
            if self.tasks.len() > depth {
                if phase < END {
                    // Below what the phase left to do.
                    self.tasks.insert(depth, Task::Go(here, phase + 1));
                }
                return Ok(());
            }
        }
        Ok(())
    }

    fn phase(&mut self, here: Here<'a>, phase: u8) -> Result<()> {
        let Here { node, value, .. } = here;
        match (phase, value) {
            (0, _) if !node.any_of.is_empty() => return self.any_of(here, 0, None),
            (1, _) if !node.one_of.is_empty() => return self.one_of(here, 0, 0, None),
            (2, _) if !node.all_of.is_empty() => return self.all_of(here, 0, 0, self.count()),
            (3, _) => {
                if let Some(not) = node.not {
                    self.tasks.push(Task::Not);
                    self.apart(here, not);
                }
            }
            (4, Value::Object(members)) if !node.dependencies.is_empty() => {
                return self.dependencies(here, members, 0);
            }
            (5, _) => {
                if let Some(condition) = node.condition {
                    self.tasks.push(Task::If(here));
                    self.apart(here, condition);
                }
            }
            (6, _) => {
                // That of what came before.
                self.score();
                match value {
                    Value::Number(number) => self.number(node, number)?,
                    Value::Array(elements) => self.items(here, elements.as_slice(), 0)?,
                    Value::Object(members) => {
                        self.bounds_of_members(node, members)?;
                        self.members(here, members, 0, (0, false))?;
                    }
                    _ => {}
                }
            }
            (7, Value::Array(elements)) => {
                self.bounds_of_elements(node, elements.as_slice())?;
                self.contains(here, elements.as_slice(), 0, None)?;
            }
            (7, Value::Object(members)) => {
                if let Some(names) = node.property_names {
                    self.names(names, members, 0)?;
                }
            }
            (8, _) => {
                if matches!(value, Value::Array(_) | Value::Object(_)) {
                    self.score();
                }
                self.common(node, value)?;
                if let Value::String(text) = value {
                    self.text(node, &shown(text))?;
                }
            }
            (9, Value::Object(members)) => self.properties(here, members, 0),
            (END, _) => self.score(),
            _ => {}
        }
        Ok(())
    }
}

/// The type of a value; that of a whole number is `integer`.
fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number::is_whole(number) => Kind::Integer,
        Value::Number(_) => Kind::Number,
        Value::String(_) => Kind::String,
        Value::Array(_) | Value::Set(_) => Kind::Array,
        Value::Object(_) => Kind::Object,
    }
}
