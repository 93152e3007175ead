//! Whether evaluating something would leave something over: it reads what is unknown, calls what
//! is not to be called now, or needs a rule that does (OPA's `saveRequired`).

use crate::machine::Machine;
use crate::rules::RuleInfo;
use crate::scopes::Scope;
use crate::term::{Body, Expr, Kind, Term, constant_prefix, has_prefix};
use referee_rego_compile::{Key, Node, RuleId};
use referee_rego_value::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// Documents that are not put in place of references to them.
#[derive(Debug)]
pub(crate) struct NoInlining {
    /// Whether this is for the length of an expression with `with`, not the caller's wish.
    pub(crate) internal: bool,
    /// The documents.
    pub(crate) refs: Vec<Arc<[Term]>>,
}

/// Looks through what would be evaluated.
struct Search<'s, 'a, 'c> {
    machine: &'s Machine<'a, 'c>,
    at: Scope,
    /// Rules that have been looked through.
    seen: HashSet<RuleId>,
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Whether a reference must not be replaced by what it leads to.
    pub(crate) fn not_inlined(&self, parts: &[Term], ignore_internal: bool) -> bool {
        if self.whole {
            return false;
        }
        let frames = self.no_inlining.iter();
        let mut frames = frames.filter(|frame| !(frame.internal && ignore_internal));
        frames.any(|frame| {
            frame.refs.iter().any(|other| has_prefix(other, parts) || has_prefix(parts, other))
        })
    }

    fn search(&self, at: Scope) -> Search<'_, 'a, 'c> {
        Search { machine: self, at, seen: HashSet::new() }
    }

    /// Whether an expression would leave something over.
    pub(crate) fn unknown_expr(&self, expr: &Expr, at: Scope) -> bool {
        !self.whole && self.search(at).expr(expr, false)
    }

    /// Whether a body would.
    pub(crate) fn unknown_body(&self, body: &Body, at: Scope) -> bool {
        !self.whole && self.search(at).body(body, false)
    }

    /// Whether a term would.
    pub(crate) fn unknown_term(&self, term: &Term, at: Scope) -> bool {
        !self.whole && self.search(at).term(term, false)
    }

    /// Whether a reference would.
    pub(crate) fn unknown_ref(&self, parts: &[Term], at: Scope) -> bool {
        !self.whole && self.search(at).reference(parts, false)
    }

    /// Whether a builtin gives something else each time, so that it is called only later.
    pub(crate) fn is_called_later(&self, operator: &Term) -> bool {
        let name = operator.reference().and_then(|parts| crate::calls::dotted(parts));
        let declared = name.and_then(|name| self.rules.compiled.capabilities.get(&name));
        declared.is_some_and(|builtin| builtin.nondeterministic)
    }
}

impl Search<'_, '_, '_> {
    fn body(&mut self, body: &Body, inside: bool) -> bool {
        body.iter().any(|expr| self.expr(expr, inside))
    }

    fn expr(&mut self, expr: &Expr, inside: bool) -> bool {
        if !expr.with.is_empty() {
            return true;
        }
        match &expr.kind {
            Kind::Term(term) => self.term(term, inside),
            Kind::Call(terms) => {
                let nondeterministic = self.machine.settings.nondeterministic_builtins;
                let operator = terms.first();
                if !nondeterministic
                    && operator.is_some_and(|operator| self.machine.is_called_later(operator))
                {
                    return true;
                }
                terms.iter().any(|term| self.term(term, inside))
            }
            Kind::Every(every) => {
                every.key.as_ref().is_some_and(|key| self.term(key, inside))
                    || self.term(&every.value, inside)
                    || self.term(&every.domain, inside)
                    || self.body(&every.body, inside)
            }
            Kind::Not(body, _) => self.body(body, inside),
            Kind::Logical(sides) => {
                self.body(&sides.lhs.0, inside) || self.body(&sides.rhs.0, inside)
            }
        }
    }

    fn term(&mut self, term: &Term, inside: bool) -> bool {
        match term {
            Term::Value(_) => false,
            // Of a rule that is looked through the variables are not those of the list.
            Term::Var(_) => !inside && self.machine.is_saved_within(term, self.at),
            Term::Ref(parts) => self.reference(parts, inside),
            Term::Array(items) | Term::Set(items) => {
                items.iter().any(|item| self.term(item, inside))
            }
            Term::Object(members) => members
                .iter()
                .any(|(key, value)| self.term(key, inside) || self.term(value, inside)),
            Term::Comprehension(inner) => {
                inner.key.as_ref().is_some_and(|key| self.term(key, inside))
                    || self.term(&inner.term, inside)
                    || self.body(&inner.body, inside)
            }
        }
    }

    fn reference(&mut self, parts: &[Term], inside: bool) -> bool {
        if self.machine.is_saved_ref(parts, self.at)
            || self.machine.not_inlined(constant_prefix(parts), true)
        {
            return true;
        }
        let narrowed;
        let mut lookup = parts;
        if !inside {
            narrowed = self.narrowed(parts);
            lookup = &narrowed;
        }
        let tree = &self.machine.rules.compiled.tree;
        (crate::term::begins_with(parts, "data")
            && self.below(tree.root(), lookup.get(1..).unwrap_or_default(), true))
            || parts.iter().any(|part| self.term(part, inside))
    }

    /// A reference with the scalars that its variables stand for.
    fn narrowed(&self, parts: &[Term]) -> Vec<Term> {
        let part = |(at, part): (usize, &Term)| {
            if at == 0 || !matches!(part, Term::Var(_)) {
                return part.clone();
            }
            let (found, _) = self.machine.apply(part, self.at);
            if found.is_scalar() { found } else { part.clone() }
        };
        parts.iter().enumerate().map(part).collect()
    }

    /// Whether one of the rules that a path may lead to would leave something over.
    fn below(&mut self, node: &Node, path: &[Term], start: bool) -> bool {
        let tree = &self.machine.rules.compiled.tree;
        let Some((part, rest)) = path.split_first() else {
            return self.descendants(node, start);
        };
        match part {
            Term::Value(value) => {
                let child = key_of(value).and_then(|key| tree.below(node, &key));
                child.is_some_and(|child| self.any(&child.rules) || self.below(child, rest, false))
            }
            _ => node.children.values().any(|child| {
                let child = tree.node(*child);
                !child.hidden && (self.any(&child.rules) || self.below(child, rest, false))
            }),
        }
    }

    fn descendants(&mut self, node: &Node, itself: bool) -> bool {
        if itself && self.any(&node.rules) {
            return true;
        }
        let tree = &self.machine.rules.compiled.tree;
        !node.hidden
            && node.children.values().any(|child| self.descendants(tree.node(*child), true))
    }

    fn any(&mut self, rules: &[RuleId]) -> bool {
        rules.iter().any(|id| self.rule(*id))
    }

    /// A rule and its `else`.
    fn rule(&mut self, id: RuleId) -> bool {
        if !self.seen.insert(id) {
            return false;
        }
        let chain = self.machine.rules.compiled.tree.chain(id);
        let infos: Vec<&RuleInfo> = chain.filter_map(|id| self.machine.rules.info(id)).collect();
        infos.into_iter().any(|info| {
            let heads = info.args.iter().chain(&info.key).chain(&info.value);
            let heads: Vec<&Term> = heads.collect();
            heads.into_iter().any(|term| self.term(term, true)) || self.body(&info.body, true)
        })
    }
}

/// The key of the tree of rules that a value is.
pub(crate) fn key_of(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Null => Key::Null,
        Value::Bool(value) => Key::Bool(*value),
        Value::Number(number) => Key::Number(number.to_string().into()),
        Value::String(text) => Key::String(text.clone()),
        _ => return None,
    })
}
