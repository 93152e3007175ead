//! The value of a document: aliases and merged mappings are expanded (go-yaml v2: `decode.go`).
//!
//! How much of a document may come from aliases is limited as there, and the nesting besides.

use super::resolve;
use super::tree::{Node, Tree};
use super::{Datum, Failure, MAX_DEPTH};
use referee_rego_builtin::Context;
use std::collections::HashSet;

/// The size of a value, roughly.
const VALUE: usize = 48;

/// Up to so many values nearly all may come from aliases; from ten times as many on, a tenth.
const MANY: f64 = 400_000.0;

enum Task {
    Node(usize),
    /// The node of an alias is done.
    EndAlias(usize),
    /// The last values are those of a sequence.
    EndSequence(usize),
    /// The members of a mapping's node from a place on.
    Members(usize, usize),
    EndMapping,
    /// The last value is a key.
    Key,
    /// The last values are a key and its value.
    Member,
    /// A node whose members are merged into the mapping.
    Merge(usize),
    /// The same, of a node known as a mapping or an alias of one.
    MergeMapping(usize),
}

pub(super) struct Composer<'a, 'c, 'h> {
    context: &'c mut Context<'h>,
    tree: &'a Tree,
    tasks: Vec<Task>,
    values: Vec<Datum>,
    mappings: Vec<Vec<(Datum, Datum)>>,
    aliases: HashSet<usize>,
    depth: usize,
    decoded: u32,
    from_aliases: u32,
}

pub(super) fn compose(context: &mut Context<'_>, tree: &Tree) -> Result<Datum, Failure> {
    let mut composer = Composer {
        context,
        tree,
        tasks: vec![Task::Node(0)],
        values: Vec::new(),
        mappings: Vec::new(),
        aliases: HashSet::new(),
        depth: 0,
        // The document itself is counted, too.
        decoded: 1,
        from_aliases: 0,
    };
    while let Some(task) = composer.tasks.pop() {
        composer.step(task)?;
    }
    Ok(composer.values.pop().unwrap_or(Datum::Null))
}

fn failure<T>(message: &str) -> Result<T, Failure> {
    Err(Failure::Yaml(message.to_owned()))
}

/// A key of a mapping by which another is merged into it.
fn is_merge(node: Option<&Node>) -> bool {
    match node {
        Some(Node::Scalar { tag, value, implicit }) => {
            value == "<<" && (*implicit || tag == "tag:yaml.org,2002:merge")
        }
        _ => false,
    }
}

impl Composer<'_, '_, '_> {
    /// Counts a value.
    fn count(&mut self) -> Result<(), Failure> {
        self.context.work(1)?;
        self.context.reserve(VALUE)?;
        self.decoded = self.decoded.saturating_add(1);
        if !self.aliases.is_empty() {
            self.from_aliases = self.from_aliases.saturating_add(1);
        }
        let (decoded, aliased) = (f64::from(self.decoded), f64::from(self.from_aliases));
        let beyond = ((decoded - MANY) / (9.0 * MANY)).clamp(0.0, 1.0);
        let allowed = 0.89f64.mul_add(-beyond, 0.99);
        if aliased > 100.0 && decoded > 1000.0 && aliased / decoded > allowed {
            return failure("document contains excessive aliasing");
        }
        Ok(())
    }

    fn step(&mut self, task: Task) -> Result<(), Failure> {
        match task {
            Task::Node(node) => self.node(node)?,
            Task::EndAlias(alias) => {
                self.aliases.remove(&alias);
            }
            Task::EndSequence(count) => {
                let elements = self.values.split_off(self.values.len().saturating_sub(count));
                self.values.push(Datum::Sequence(elements));
                self.depth -= 1;
            }
            Task::EndMapping => {
                let members = self.mappings.pop().unwrap_or_default();
                self.values.push(Datum::Mapping(members));
                self.depth -= 1;
            }
            Task::Members(mapping, from) => self.members(mapping, from),
            Task::Key => {
                if let Some(key @ (Datum::Sequence(_) | Datum::Mapping(_))) = self.values.last() {
                    return failure(&format!("invalid map key: {}", key.go()));
                }
            }
            Task::Member => {
                let value = self.values.pop().unwrap_or(Datum::Null);
                let key = self.values.pop().unwrap_or(Datum::Null);
                if let Some(mapping) = self.mappings.last_mut() {
                    mapping.push((key, value));
                }
            }
            Task::Merge(node) => self.merge(node)?,
            Task::MergeMapping(node) => self.merge_mapping(node)?,
        }
        Ok(())
    }

    fn node(&mut self, place: usize) -> Result<(), Failure> {
        self.count()?;
        match self.tree.node(place) {
            None => self.values.push(Datum::Null),
            Some(Node::Alias(name, target)) => {
                self.begin_alias(place, name)?;
                self.tasks.push(Task::Node(*target));
            }
            Some(Node::Scalar { tag, value, implicit }) => {
                self.context.reserve(value.len())?;
                let value = if tag.is_empty() && !implicit {
                    Ok(Datum::Text(value.clone()))
                } else {
                    resolve::resolve(tag, value)
                };
                self.values.push(value.map_err(Failure::Yaml)?);
            }
            Some(Node::Sequence(children)) => {
                self.nest()?;
                self.tasks.push(Task::EndSequence(children.len()));
                self.tasks.extend(children.iter().rev().map(|child| Task::Node(*child)));
            }
            Some(Node::Mapping(_)) => {
                self.nest()?;
                self.mappings.push(Vec::new());
                self.tasks.push(Task::EndMapping);
                self.tasks.push(Task::Members(place, 0));
            }
        }
        Ok(())
    }

    const fn nest(&mut self) -> Result<(), Failure> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Failure::TooDeep) } else { Ok(()) }
    }

    fn begin_alias(&mut self, place: usize, name: &str) -> Result<(), Failure> {
        if !self.aliases.insert(place) {
            return failure(&format!("anchor '{name}' value contains itself"));
        }
        self.tasks.push(Task::EndAlias(place));
        Ok(())
    }

    fn members(&mut self, mapping: usize, from: usize) {
        let Some(Node::Mapping(children)) = self.tree.node(mapping) else { return };
        let (Some(key), Some(value)) = (children.get(from), children.get(from + 1)) else { return };
        self.tasks.push(Task::Members(mapping, from + 2));
        if is_merge(self.tree.node(*key)) {
            self.tasks.push(Task::Merge(*value));
        } else {
            let tasks = [Task::Member, Task::Node(*value), Task::Key, Task::Node(*key)];
            self.tasks.extend(tasks);
        }
    }

    /// A mapping, or an alias of one.
    fn is_mapping(&self, place: usize) -> bool {
        let node = match self.tree.node(place) {
            Some(Node::Alias(_, target)) => self.tree.node(*target),
            node => node,
        };
        matches!(node, Some(Node::Mapping(_)))
    }

    /// Merges a mapping, or those of a sequence: of these, the first counts.
    fn merge(&mut self, place: usize) -> Result<(), Failure> {
        match self.tree.node(place) {
            Some(Node::Sequence(children)) => {
                // The check of each comes with its turn.
                self.tasks.extend(children.iter().map(|child| Task::MergeMapping(*child)));
                Ok(())
            }
            _ => self.merge_mapping(place),
        }
    }

    fn merge_mapping(&mut self, place: usize) -> Result<(), Failure> {
        if !self.is_mapping(place) {
            return failure("map merge requires map or sequence of maps as the value");
        }
        self.count()?;
        match self.tree.node(place) {
            Some(Node::Alias(name, target)) => {
                self.begin_alias(place, name)?;
                self.tasks.push(Task::MergeMapping(*target));
            }
            _ => self.tasks.push(Task::Members(place, 0)),
        }
        Ok(())
    }
}
