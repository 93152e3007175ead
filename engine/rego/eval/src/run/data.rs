//! Documents of `data` that rules and base documents make together (OPA's `evalTree`,
//! `v1/topdown/eval.go`).

use super::Evaluation;
use super::members::Members;
use super::memo::Known;
use super::scope::{find, find_base};
use crate::error::Eval;
use crate::plan::{Kind, Node};
use crate::probe::Probe;
use crate::steps::Step;
use referee_rego_value::{Object, ObjectBuilder, Value};

/// Where a path of `data` leads.
enum Place<'a> {
    /// To a value.
    Value(&'a Value),
    /// To nothing.
    Nothing,
    /// To a node of the tree of rules.
    Node(&'a Node),
    /// To a base document without rules.
    Base,
}

/// The members of both; where both have a key, objects are merged and otherwise the first stays.
fn merged(first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            Value::Object(a.union_with(b, |_, ours, theirs| merged(ours, theirs)))
        }
        _ => first.clone(),
    }
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// What stands at a path without rules: what replaces it, the base document, or both.
    pub(super) fn resolve(&mut self, path: &[Value]) -> Eval<Known<'a>> {
        let instead = self.scope().and_then(|scope| scope.data).and_then(|data| find(data, path));
        if self.is_replaced(path) {
            return Ok(instead);
        }
        self.read_base = true;
        let mut real = find_base(self.data, path);
        if path.is_empty()
            && let Some(Value::Object(object)) = real
            && object.get_str("system").is_some()
        {
            let without = Value::Object(object.remove(&Value::from("system")));
            real = Some(self.keep(without)?);
        }
        match (instead, real) {
            (Some(instead), Some(real)) => Ok(Some(self.keep(merged(instead, real))?)),
            (instead, real) => Ok(instead.or(real)),
        }
    }

    fn place(&mut self, path: &[Value]) -> Eval<Place<'a>> {
        let rules = self.rules;
        let mut node = &rules.scheme.root;
        for (at, key) in path.iter().enumerate() {
            let upto = path.get(..=at).unwrap_or_default();
            if self.is_replaced(upto) {
                return Ok(Place::Base);
            }
            let Some(child) = node.child(key) else { return Ok(Place::Base) };
            if let Some(group) = child.group {
                let rest = path.get(at + 1..).unwrap_or_default();
                return Ok(match self.group_document(group, rest)? {
                    Some(value) => Place::Value(value),
                    None => Place::Nothing,
                });
            }
            node = child;
        }
        if self.is_replaced(path) { Ok(Place::Base) } else { Ok(Place::Node(node)) }
    }

    /// The document of a group, or what stands below it.
    fn group_document(&mut self, group: u32, rest: &[Value]) -> Eval<Known<'a>> {
        let Some(info) = self.rules.scheme.info(group) else { return Ok(None) };
        if info.arity.is_some_and(|arity| arity > 0) {
            return Ok(None);
        }
        if info.kind == Kind::Complete {
            return Ok(self.complete(group)?.and_then(|value| find(value, rest)));
        }
        let (keys, rest) = rest.split_at_checked(info.keys).unwrap_or((rest, &[]));
        let value = self.partial_at(group, keys)?;
        Ok(value.and_then(|value| find(value, rest)))
    }

    /// The document at a path.
    pub(super) fn document(&mut self, path: &[Value]) -> Eval<Known<'a>> {
        self.deeper()?;
        self.context.meter.work(4)?;
        let found = match self.place(path)? {
            Place::Value(value) => Some(value),
            Place::Nothing => None,
            Place::Base => self.resolve(path)?,
            Place::Node(node) => self.extent(node, path)?,
        };
        self.depth -= 1;
        Ok(found)
    }

    /// The whole document at a node of the tree.
    fn extent(&mut self, node: &'a Node, path: &[Value]) -> Eval<Known<'a>> {
        let base = self.resolve(path)?;
        let rules = self.leaves(node, &mut path.to_vec())?;
        match base {
            Some(base) => Ok(Some(self.keep(merged(base, &Value::Object(rules)))?)),
            None => Ok(Some(self.keep(Value::Object(rules))?)),
        }
    }

    /// Tells that a function was come across as a part of its package.
    #[cold]
    fn tell_leaf(&mut self, group: u32) {
        let Some(plan) = self.group(group) else { return };
        if plan.info.arity.is_some_and(|arity| arity > 0) {
            // Its definitions are looked up, and not used.
            let mut constants = plan.definitions.iter().flatten().map(|it| it.constant.as_ref());
            let first = constants.next().flatten();
            let uniform = first.is_some() && constants.all(|constant| constant == first);
            let early = uniform && self.options.early_exit;
            self.tell_index(plan, plan.definitions.len(), early);
            self.told(0, Step::Done);
        }
    }

    /// What the rules below a node make.
    fn leaves(&mut self, node: &'a Node, path: &mut Vec<Value>) -> Eval<Object> {
        self.deeper()?;
        let mut made = ObjectBuilder::default();
        for child in node.children.iter().filter(|child| !child.hidden) {
            self.context.meter.work(1)?;
            path.push(child.key.clone());
            let value = if let Some(group) = child.group {
                let choices = self.choices.len();
                let value = self.document(path)?.cloned();
                self.give_up(choices, None)?;
                if P::STEPS {
                    self.tell_leaf(group);
                }
                value
            } else {
                Some(Value::Object(self.leaves(child, path)?))
            };
            path.pop();
            if let Some(value) = value {
                self.context.meter.reserve(2 * size_of::<Value>())?;
                made.insert(child.key.clone(), value);
            }
        }
        self.depth -= 1;
        Ok(made.build())
    }

    /// The keys of the document at a path: first those of the base document, of which there are so
    /// many.
    pub(super) fn document_keys(&mut self, path: &[Value]) -> Eval<(Vec<Value>, usize)> {
        let (base, node) = match self.place(path)? {
            Place::Value(value) => (Some(value), None),
            Place::Nothing => (None, None),
            Place::Base => (self.resolve(path)?, None),
            Place::Node(node) => (self.resolve(path)?, Some(node)),
        };
        let mut keys = Vec::new();
        if let Some(mut members) = base.and_then(Members::of) {
            while let Some((key, _)) = members.next() {
                self.context.meter.work(1)?;
                keys.push(key.value().clone());
            }
        }
        let first = keys.len();
        if let Some(node) = node {
            let known = |key: &Value| base.is_some_and(|base| base.get(key).is_some());
            let more = node.children.iter().map(|child| &child.key).filter(|key| !known(key));
            keys.extend(more.cloned());
        }
        self.context.meter.reserve(keys.len().saturating_mul(size_of::<Value>()))?;
        Ok((keys, first))
    }
}
