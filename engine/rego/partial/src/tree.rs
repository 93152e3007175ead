//! References into `data`: base documents and rules together (OPA's `evalTree`).

use crate::document::merged;
use crate::machine::{Eval, Frame, Machine, Next, Resolved};
use crate::scopes::Scope;
use crate::stop::Waiting;
use crate::term::{Term, has_prefix};
use crate::unify::Side;
use crate::unknown::key_of;
use referee_rego_compile::Node;
use referee_rego_value::{Number, Str, Value};
use std::sync::Arc;

/// A reference on its way through the documents.
#[derive(Clone)]
pub(crate) struct Walk<'w, 'a> {
    pub(crate) f: &'w Frame,
    /// The reference.
    pub(crate) parts: Arc<[Term]>,
    /// The same with what is known of its parts so far.
    pub(crate) plugged: Vec<Term>,
    /// Which part is next.
    pub(crate) pos: usize,
    /// The list of its variables.
    pub(crate) at: Scope,
    /// What it is made equal to.
    pub(crate) other: Side<'w>,
    /// The rules at and below what has been come to.
    node: Option<&'a Node>,
}

impl Walk<'_, '_> {
    /// The parts before the next, with what is known of them.
    pub(crate) fn passed(&self) -> &[Term] {
        self.plugged.get(..self.pos).unwrap_or(&self.plugged)
    }

    /// The reference with what is known of its parts.
    pub(crate) fn plugged_ref(&self) -> Term {
        Term::Ref(self.plugged.as_slice().into())
    }

    /// What is looked at in a term that the next part, or an earlier one, leads to.
    pub(crate) fn looking(&self, pos: usize) -> crate::look::Look<'_> {
        crate::look::Look { f: self.f, parts: &self.parts, pos, at: self.at, other: self.other }
    }
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a reference into `data` and makes what it leads to equal to a term.
    pub(crate) fn document(
        &mut self,
        f: &Frame,
        (parts, at): (&Arc<[Term]>, Scope),
        other: Side<'_>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let (parts, plugged) = (Arc::clone(parts), parts.to_vec());
        let node = Some(self.rules.compiled.tree.root());
        let walk = Walk { f, parts, plugged, pos: 1, at, other, node };
        self.walk(walk, then)
    }

    fn walk(&mut self, walk: Walk<'_, 'a>, then: Next<'_, 'a, 'c>) -> Eval<()> {
        let Some(part) = walk.parts.get(walk.pos) else {
            return self.arrived(&walk, then);
        };
        let key = self.plug(part, walk.at)?;
        if key.is_ground() {
            return self.descend(walk, key, then);
        }
        self.enumerate(&walk, then)
    }

    /// Goes on to what stands under a key.
    fn descend(&mut self, walk: Walk<'_, 'a>, key: Term, then: Next<'_, 'a, 'c>) -> Eval<()> {
        let mut walk = walk;
        if let Some(part) = walk.plugged.get_mut(walk.pos) {
            *part = key.clone();
        }
        walk.pos = walk.pos.saturating_add(1);
        let passed = walk.passed();
        let replaced =
            |targets: &Vec<Arc<[Term]>>| targets.iter().any(|target| has_prefix(passed, target));
        let mut node = None;
        if !self.targets.iter().any(replaced) {
            let key = key.value().and_then(key_of);
            let rules = self.rules;
            node = walk.node.zip(key).and_then(|(node, key)| rules.compiled.tree.below(node, &key));
            if let Some(node) = node
                && !node.rules.is_empty()
            {
                return self.deeper(|machine| machine.rules_at(&walk, node, then));
            }
        }
        walk.node = node;
        self.deeper(|machine| machine.walk(walk, then))
    }

    /// The whole reference has been gone along: the document is what stands here.
    fn arrived(&mut self, walk: &Walk<'_, 'a>, then: Next<'_, 'a, 'c>) -> Eval<()> {
        if self.unknown_ref(&walk.plugged, walk.at) {
            let reference = walk.plugged_ref();
            return self.save_unify(walk.f, (&reference, walk.at), walk.other, then);
        }
        match self.extent(walk)? {
            Some(value) => self.unify(walk.f, walk.other, (&Term::Value(value), walk.at), then),
            None => Ok(()),
        }
    }

    /// Goes through all keys of what has been come to.
    fn enumerate(&mut self, walk: &Walk<'_, 'a>, then: Next<'_, 'a, 'c>) -> Eval<()> {
        let resolved = match self.not_inlined(walk.passed(), true) {
            true => Resolved::Unknown,
            false => self.resolved(walk.passed()),
        };
        let document = match resolved {
            Resolved::Known(document) => document,
            Resolved::Unknown => {
                let reference = walk.plugged_ref();
                return self.save_unify(walk.f, (&reference, walk.at), walk.other, then);
            }
        };
        let mut keys: Vec<Value> = match &document {
            Some(Value::Array(items)) => {
                (0_i64..).zip(items.iter()).map(|(at, _)| Value::from(at)).collect()
            }
            Some(Value::Object(object)) => object.keys().cloned().collect(),
            Some(Value::Set(set)) => set.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let in_document = keys.len();
        if let Some(node) = walk.node {
            for key in node.children.keys() {
                let key = value_of(key);
                if document.as_ref().is_none_or(|document| document.get(&key).is_none()) {
                    keys.push(key);
                }
            }
        }
        let Some(part) = walk.parts.get(walk.pos) else { return Ok(()) };
        let mut waiting = Waiting::default();
        for (count, key) in keys.into_iter().enumerate() {
            let key = Term::Value(key);
            if count == in_document && waiting.is_some() {
                break;
            }
            let done = self.unify(walk.f, (&key, walk.at), (part, walk.at), &mut |machine| {
                machine.descend(walk.clone(), key.clone(), then)
            });
            // As in OPA, only the first way that waits does so, and none through rules.
            if count < in_document && !waiting.is_some() {
                waiting.take(done)?;
            } else {
                done?;
            }
        }
        waiting.end()
    }

    /// The whole document that has been come to.
    fn extent(&mut self, walk: &Walk<'_, 'a>) -> Eval<Option<Value>> {
        let base = match self.resolved(&walk.plugged) {
            Resolved::Known(base) => base,
            Resolved::Unknown => None,
        };
        let leaves = match walk.node {
            Some(node) => Some(self.leaves(walk, walk.plugged.clone(), node)?),
            None => None,
        };
        Ok(match (base, leaves) {
            (Some(base), Some(leaves)) => Some(merged(&base, &leaves)),
            (base, leaves) => leaves.or(base),
        })
    }

    /// What all rules below a node give.
    fn leaves(&mut self, walk: &Walk<'_, 'a>, path: Vec<Term>, node: &'a Node) -> Eval<Value> {
        let rules = self.rules;
        let mut members = Vec::new();
        for (key, child) in &node.children {
            let child = rules.compiled.tree.node(*child);
            if child.hidden {
                continue;
            }
            let key = value_of(key);
            let mut below = path.clone();
            below.push(Term::Value(key.clone()));
            let found = if child.rules.is_empty() {
                Some(self.leaves(walk, below, child)?)
            } else {
                let leaf = Term::Var(Str::new_static("$_leaf"));
                let (reference, at) = (Term::Ref(below.into()), walk.f.scope);
                let mut found = None;
                self.unify(walk.f, (&reference, at), (&leaf, at), &mut |machine| {
                    found = machine.plug(&leaf, at)?.value().cloned();
                    Ok(())
                })?;
                found
            };
            members.extend(found.map(|found| (key, found)));
        }
        Ok(Value::object(members))
    }
}

/// The value that a key of the tree of rules is.
fn value_of(key: &referee_rego_compile::Key) -> Value {
    use referee_rego_compile::Key;
    match key {
        Key::Null => Value::Null,
        Key::Bool(value) => Value::Bool(*value),
        Key::Number(text) => Number::parse(text).map_or(Value::Null, Value::Number),
        Key::String(text) => Value::String(text.clone()),
    }
}
