//! References into `data`: rules, base documents, and documents that both make together.

use crate::plan::body::Body;
use crate::plan::ops::{Op, Src};
use crate::plan::refs::leading_constants;
use crate::plan::term::constant;
use crate::plan::{Kind, Planned};
use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_value::Value;

impl Body<'_, '_> {
    /// Evaluates a reference into `data`.
    pub(crate) fn data(&mut self, keys: &[Term]) -> Planned<Src> {
        let scheme = self.planner.scheme;
        let mut node = &scheme.root;
        let mut known: Vec<Value> = Vec::new();
        let mut rest = keys;
        while let Some((key, after)) = rest.split_first() {
            let Some(value) = constant(key) else {
                return self.shared(known, rest, node.height);
            };
            match node.child(&value) {
                None => {
                    // No rules from here on.
                    let (more, rest) = leading_constants(rest);
                    known.extend(more);
                    let from = self.base(&known);
                    return self.base_members(from, rest);
                }
                Some(child) => {
                    if let Some(group) = child.group {
                        return self.group(group, after);
                    }
                    known.push(value);
                    node = child;
                    rest = after;
                }
            }
        }
        let path = known.into_iter().map(Src::Const).collect();
        let dst = self.slot();
        self.push(Op::Document { path, dst });
        Ok(Src::Slot(dst))
    }

    /// Whether a term is a reference into `data` that goes into no rule, as far as its constant
    /// keys show.
    pub(crate) fn ends_in_documents(&self, term: &Term) -> bool {
        let TermKind::Ref(parts) = &term.kind else { return false };
        let Some((head, keys)) = parts.split_first() else { return false };
        if !matches!(&head.kind, TermKind::Var(name) if name == "data") {
            return false;
        }
        let mut node = &self.planner.scheme.root;
        for key in keys {
            let Some(value) = constant(key) else { return false };
            match node.child(&value) {
                None => return true,
                Some(child) if child.group.is_some() => return false,
                Some(child) => node = child,
            }
        }
        true
    }

    /// A document whose key is not known when the plan is made, among rules: its keys are gone
    /// through as deep as there may be rules, and the document is asked for with all of them.
    fn shared(&mut self, known: Vec<Value>, keys: &[Term], height: usize) -> Planned<Src> {
        let mut path: Vec<Src> = known.into_iter().map(Src::Const).collect();
        let mut rest = keys;
        let mut level = 0;
        while let Some((key, after)) = rest.split_first() {
            let ready = self.ready(key);
            if level >= height && !ready {
                break;
            }
            if ready {
                let key = self.evaluate(key)?;
                path.push(key);
            } else {
                let dst = self.slot();
                self.push(Op::Keys { path: path.clone().into(), dst });
                self.bind_key(key, dst)?;
                path.push(Src::Slot(dst));
            }
            level += 1;
            rest = after;
        }
        let dst = self.slot();
        self.push(Op::Document { path: path.into(), dst });
        self.members(Src::Slot(dst), rest)
    }

    /// What a group of rules makes, and what stands below it.
    fn group(&mut self, group: u32, keys: &[Term]) -> Planned<Src> {
        let Some(info) = self.planner.scheme.info(group).cloned() else {
            self.push(Op::Fail);
            return Ok(Src::Const(Value::Null));
        };
        if info.arity.is_some_and(|arity| arity > 0) {
            self.push(Op::Fail);
            return Ok(Src::Const(Value::Null));
        }
        if info.kind == Kind::Complete {
            let dst = self.slot();
            self.push(Op::Complete { group, dst });
            return self.members(Src::Slot(dst), keys);
        }
        let ready = keys.iter().take(info.keys).take_while(|key| self.ready(key)).count();
        let (given, rest) = keys.split_at_checked(ready).unwrap_or((&[], keys));
        let given = self.evaluate_all(given)?;
        let dst = self.slot();
        self.push(Op::Partial { group, keys: given, dst });
        self.members(Src::Slot(dst), rest)
    }
}
