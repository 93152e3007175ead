//! Which of the rules of a path can apply, by what they demand of documents (OPA's
//! `v1/ast/index.go`). Rules that cannot are not looked at; the others come in OPA's order, which
//! is that of its trie: those that demand less come first.

use crate::convert;
use crate::instruments::Timed;
use crate::machine::{Eval, Machine, Resolved};
use crate::scopes::Scope;
use crate::term::{Term, is_root};
use referee_rego_compile::{Compiled, Node, RuleId};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{self, Expr, ExprKind, TermKind};
use referee_rego_syntax::inspect::{ground_prefix, is_ground_ref};
use referee_rego_value::{Str, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What a document must be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Demand {
    /// Anything.
    Any,
    /// This, or a collection with this in it.
    Scalar(Value),
    /// An array with these elements, where they are known.
    Array(Vec<Option<Value>>),
}

/// A demand of a rule: the document by its place in the list of the group.
#[derive(Clone, Debug)]
struct Wanted {
    reference: Arc<[Term]>,
    demand: Demand,
    /// The variable that the document was put into, where it was.
    var: Option<Str>,
}

/// A rule and what it demands.
#[derive(Debug)]
struct Entry {
    id: RuleId,
    /// Documents by their place in the list of the group, each with what it may be.
    demands: Vec<(usize, Vec<Demand>)>,
    /// Where it comes.
    order: Vec<(u8, usize)>,
    /// The value, where it is one constant and all that the rules make.
    value: Option<Term>,
}

/// The rules that stand at a path.
#[derive(Debug)]
pub(crate) struct Group {
    documents: Vec<Arc<[Term]>>,
    /// Each rule with its `else`, in the order of modules.
    chains: Vec<Vec<Entry>>,
    default: Option<RuleId>,
    multi: bool,
    ground: bool,
}

/// The rules that can apply.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Each with its `else` that can apply.
    pub(crate) rules: Vec<(RuleId, Vec<RuleId>)>,
    /// The default.
    pub(crate) default: Option<RuleId>,
    /// Whether they make a set.
    pub(crate) multi: bool,
    /// Whether no reference of a head has variables.
    pub(crate) ground: bool,
    /// Whether the first value is enough: all of them give the same.
    pub(crate) early: bool,
}

/// A document that rules demand something of, while they are looked up.
#[derive(Clone, Debug)]
enum Demanded {
    /// It may be anything.
    Unknown,
    /// It is this, or not there.
    Known(Option<Value>),
    /// It is a term that is no value.
    Open,
}

impl Found {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.default.is_none()
    }

    /// Whether one of them has an `else` that can apply.
    pub(crate) fn has_else(&self) -> bool {
        self.rules.iter().any(|(_, others)| !others.is_empty())
    }
}

impl Group {
    /// The rules of a node, and of those below where heads have variables.
    pub(crate) fn new(compiled: &Compiled, node: &Node) -> Self {
        let open = |id: &RuleId| {
            compiled.rule(*id).is_some_and(|(_, rule)| !is_ground_ref(&rule.head.reference))
        };
        let mut ids = node.rules.clone();
        if ids.iter().any(open) {
            let mut below: Vec<u32> = node.children.values().rev().copied().collect();
            while let Some(child) = below.pop() {
                let child = compiled.tree.node(child);
                ids.extend(&child.rules);
                below.extend(child.children.values().rev());
            }
        }
        let mut builder = Builder { compiled, frequency: Vec::new() };
        let mut group = Self {
            documents: Vec::new(),
            chains: Vec::new(),
            default: None,
            multi: false,
            ground: true,
        };
        let mut found = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            let mut chain = Vec::new();
            for id in compiled.tree.chain(*id) {
                let Some((_, rule)) = compiled.rule(id) else { continue };
                if at == 0 && chain.is_empty() {
                    group.multi = rule.head.value.is_none();
                }
                if rule.default {
                    group.default = Some(id);
                    continue;
                }
                group.ground &= is_ground_ref(&rule.head.reference);
                chain.push((id, constant_value(rule), builder.rule(rule)));
            }
            found.push(chain);
        }
        builder.frequency.sort_by(|a, b| {
            let place = |it: &Location| (it.file().to_owned(), it.row, it.col);
            b.times.cmp(&a.times).then_with(|| place(&a.location).cmp(&place(&b.location)))
        });
        group.documents = builder.frequency.into_iter().map(|one| one.reference).collect();
        let mut seen: Vec<Vec<Demand>> = vec![Vec::new(); group.documents.len()];
        for chain in found.into_iter().filter(|chain| !chain.is_empty()) {
            let entry = |(id, value, wanted)| Entry {
                value,
                ..Entry::new(id, wanted, &group.documents, &mut seen)
            };
            group.chains.push(chain.into_iter().map(entry).collect());
        }
        group
    }

    /// How many arguments the functions take.
    pub(crate) fn first(&self) -> Option<RuleId> {
        let first = self.chains.first().and_then(|chain| chain.first());
        first.map(|entry| entry.id).or(self.default)
    }
}

impl Entry {
    fn new(
        id: RuleId,
        wanted: Vec<Wanted>,
        documents: &[Arc<[Term]>],
        seen: &mut [Vec<Demand>],
    ) -> Self {
        let (mut demands, mut order) = (Vec::new(), Vec::new());
        let bare = wanted.is_empty();
        for (at, document) in documents.iter().enumerate() {
            let of = wanted.iter().filter(|one| one.reference == *document);
            let of: Vec<Demand> = of.map(|one| one.demand.clone()).collect();
            let (Some(first), Some(seen)) = (of.first(), seen.get_mut(at)) else {
                if !bare {
                    order.push((0, 0));
                }
                continue;
            };
            let place = |seen: &mut Vec<Demand>| {
                seen.iter().position(|one| one == first).unwrap_or_else(|| {
                    seen.push(first.clone());
                    seen.len().saturating_sub(1)
                })
            };
            order.push(match first {
                _ if of.contains(&Demand::Any) => (1, 0),
                Demand::Any => (1, 0),
                Demand::Array(_) => (2, place(seen)),
                Demand::Scalar(_) => (3, place(seen)),
            });
            let several = of.len() > 1 && !of.contains(&Demand::Any);
            demands.push((at, of));
            if several {
                // As in OPA, what the rule demands further is not looked at.
                break;
            }
        }
        Self { id, demands, order, value: None }
    }
}

impl Machine<'_, '_> {
    /// The rules of a group that can apply; of functions, to these arguments where they are known.
    pub(crate) fn candidates(
        &mut self,
        group: &Group,
        args: Option<(&[Term], Scope)>,
    ) -> Eval<Found> {
        let started = self.begun();
        let mut known: Vec<Option<Demanded>> = vec![None; group.documents.len()];
        let mut rules = Vec::new();
        let mut values: Vec<Option<&Term>> = Vec::new();
        for chain in &group.chains {
            let mut passing: Vec<&Entry> = Vec::with_capacity(chain.len());
            for entry in chain {
                if self.applies(group, entry, &mut known, args)? {
                    passing.push(entry);
                }
            }
            values.extend(passing.iter().map(|entry| entry.value.as_ref()));
            if let Some((first, others)) = passing.split_first() {
                let order = passing.iter().map(|entry| &entry.order).min();
                let others: Vec<RuleId> = others.iter().map(|entry| entry.id).collect();
                rules.push((order, (first.id, others)));
            }
        }
        rules.sort_by(|a, b| a.0.cmp(&b.0));
        self.timed(Timed::RuleIndex, started);
        let first = values.first().copied().flatten();
        Ok(Found {
            rules: rules.into_iter().map(|(_, rule)| rule).collect(),
            default: group.default,
            multi: group.multi,
            ground: group.ground,
            early: values.iter().all(|value| value.is_some() && *value == first),
        })
    }

    fn applies(
        &mut self,
        group: &Group,
        entry: &Entry,
        known: &mut [Option<Demanded>],
        args: Option<(&[Term], Scope)>,
    ) -> Eval<bool> {
        for (at, demands) in &entry.demands {
            let (Some(slot), Some(document)) = (known.get_mut(*at), group.documents.get(*at))
            else {
                continue;
            };
            if slot.is_none() {
                *slot = Some(self.demanded(document, args)?);
            }
            let meets = match slot {
                None | Some(Demanded::Unknown) => true,
                Some(Demanded::Known(None)) => false,
                Some(Demanded::Known(Some(value))) => {
                    demands.iter().any(|demand| demand.meets(value))
                }
                Some(Demanded::Open) => demands.contains(&Demand::Any),
            };
            if !meets {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn demanded(&mut self, document: &[Term], args: Option<(&[Term], Scope)>) -> Eval<Demanded> {
        if !crate::term::begins_with(document, "args") {
            return Ok(match self.resolved(document) {
                Resolved::Unknown => Demanded::Unknown,
                Resolved::Known(found) => Demanded::Known(found),
            });
        }
        let at = document.get(1).and_then(Term::value).and_then(Value::as_i64);
        let arg = at.and_then(|at| usize::try_from(at).ok());
        let Some((arg, of)) = arg.zip(args).and_then(|(at, (args, of))| Some((args.get(at)?, of)))
        else {
            return Ok(Demanded::Unknown);
        };
        Ok(match self.plug_out(arg, of)? {
            Term::Value(value) => Demanded::Known(Some(value)),
            _ => Demanded::Open,
        })
    }
}

/// The value of a rule, where it is constant and the rule makes no set or object.
fn constant_value(rule: &ast::Rule) -> Option<Term> {
    let head = &rule.head;
    let value = convert::term(head.value.as_ref()?);
    let whole = head.key.is_none() && is_ground_ref(&head.reference);
    Some(value).filter(|value| whole && value.is_ground())
}

impl Demand {
    fn meets(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::Scalar(scalar), Value::Array(items)) => items.iter().any(|item| item == scalar),
            (Self::Scalar(scalar), Value::Set(items)) => items.contains(scalar),
            (Self::Scalar(scalar), Value::Object(object)) => object.values().any(|it| it == scalar),
            (Self::Scalar(scalar), value) => scalar == value,
            (Self::Array(pattern), Value::Array(items)) => {
                pattern.len() == items.len()
                    && pattern
                        .iter()
                        .zip(items.iter())
                        .all(|(want, item)| want.as_ref().is_none_or(|want| want == item))
            }
            (Self::Array(_), _) => false,
        }
    }
}

/// A document that rules demand something of.
struct Frequency {
    reference: Arc<[Term]>,
    times: usize,
    location: Location,
}

/// Collects what rules demand.
struct Builder<'b> {
    compiled: &'b Compiled,
    frequency: Vec<Frequency>,
}

/// What is known in a rule while its demands are collected.
struct Known<'r> {
    wanted: Vec<Wanted>,
    constants: HashMap<Str, &'r ast::Term>,
    args: &'r [ast::Term],
}

impl Known<'_> {
    /// The document that a variable was put into.
    fn document(&self, name: &str) -> Option<Arc<[Term]>> {
        let held = self.wanted.iter().find(|one| one.var.as_deref() == Some(name));
        let of_args = || {
            let at = self.args.iter().position(|arg| is_var(arg, name))?;
            let at = i64::try_from(at).ok()?;
            Some([Term::Var(Str::new_static("args")), Term::Value(Value::from(at))].into())
        };
        held.map(|one| Arc::clone(&one.reference)).or_else(of_args)
    }
}

fn is_var(term: &ast::Term, name: &str) -> bool {
    matches!(&term.kind, TermKind::Var(found) if found == name)
}

impl Builder<'_> {
    fn rule(&mut self, rule: &ast::Rule) -> Vec<Wanted> {
        let args = rule.head.args.as_deref().unwrap_or_default();
        let mut known = Known { wanted: Vec::new(), constants: HashMap::new(), args };
        let skips = |expr: &Expr| {
            let ExprKind::Call(terms) = &expr.kind else { return false };
            let name = terms.first().and_then(|operator| match &operator.kind {
                TermKind::Ref(parts) => crate::calls::dotted(&convert::reference(parts)),
                _ => None,
            });
            name.is_some_and(|name| name == "internal.print" || name == "internal.test_case")
        };
        if !rule.body.iter().any(skips) {
            rule.body.iter().for_each(|expr| self.expr(expr, &mut known));
        }
        known.wanted
    }

    fn expr<'r>(&mut self, expr: &'r Expr, known: &mut Known<'r>) {
        if !expr.with.is_empty() || expr.negated {
            return;
        }
        let terms = match &expr.kind {
            ExprKind::Term(ast::Term { kind: TermKind::Ref(parts), location }) => {
                if self.is_document(parts) {
                    self.insert(known, convert::reference(parts), Demand::Any, None, location);
                }
                return;
            }
            ExprKind::Call(terms) => terms,
            _ => return,
        };
        match (expr.global_operator(), terms.as_slice()) {
            (Some("eq" | "equal"), [_, a, b]) => {
                let _ = self.member_of(a, b, known)
                    || self.member_of(b, a, known)
                    || self.equality(a, b, known)
                    || self.equality(b, a, known);
            }
            (None, [operator, a, b]) => {
                let TermKind::Ref(parts) = &operator.kind else { return };
                let name = crate::calls::dotted(&convert::reference(parts));
                if name.as_deref() == Some("internal.member_2") {
                    self.member(a, b, known);
                }
            }
            _ => {}
        }
    }

    fn is_document(&self, parts: &[ast::Term]) -> bool {
        let root =
            matches!(parts.first().map(|it| &it.kind), Some(TermKind::Var(name)) if is_root(name));
        let nested = parts.iter().any(|part| matches!(part.kind, TermKind::Ref(_)));
        root && !nested && is_ground_ref(parts) && !self.is_virtual(parts)
    }

    fn is_virtual(&self, parts: &[ast::Term]) -> bool {
        if !matches!(parts.first().map(|it| &it.kind), Some(TermKind::Var(name)) if name == "data")
        {
            return false;
        }
        let tree = &self.compiled.tree;
        let mut node = tree.root();
        for part in parts.iter().skip(1) {
            let child = referee_rego_compile::Key::of(part).and_then(|key| tree.below(node, &key));
            match child {
                None => return false,
                Some(child) if !child.rules.is_empty() => return true,
                Some(child) => node = child,
            }
        }
        true
    }

    fn insert(
        &mut self,
        known: &mut Known<'_>,
        reference: Arc<[Term]>,
        demand: Demand,
        var: Option<Str>,
        location: &Location,
    ) {
        match self.frequency.iter_mut().find(|one| one.reference == reference) {
            Some(one) => one.times = one.times.saturating_add(1),
            None => self.frequency.push(Frequency {
                reference: Arc::clone(&reference),
                times: 1,
                location: location.clone(),
            }),
        }
        for one in known.wanted.iter_mut().filter(|one| one.reference == reference) {
            if one.demand == demand && one.var == var {
                return;
            }
            if demand != Demand::Any && one.demand == Demand::Any {
                (one.demand, one.var) = (demand, var);
                return;
            }
        }
        known.wanted.push(Wanted { reference, demand, var });
    }

    /// `data.xs[_] = "a"`: the collection has it.
    fn member_of<'r>(&mut self, a: &'r ast::Term, b: &'r ast::Term, known: &mut Known<'r>) -> bool {
        let TermKind::Ref(parts) = &a.kind else { return false };
        let prefix = ground_prefix(parts);
        if Some(prefix.len()) != parts.len().checked_sub(1) || !self.is_document(prefix) {
            return false;
        }
        let value = match &b.kind {
            TermKind::Var(name) => known.constants.get(name).copied(),
            _ => Some(b),
        };
        let Some(Demand::Scalar(value)) = value.and_then(demand) else { return false };
        let location = parts.first().map_or(Location::NONE, |head| head.location.clone());
        self.insert(known, convert::reference(prefix), Demand::Scalar(value), None, &location);
        true
    }

    fn equality<'r>(&mut self, a: &'r ast::Term, b: &'r ast::Term, known: &mut Known<'r>) -> bool {
        match &a.kind {
            TermKind::Var(name) => {
                if matches!(convert::term(b), Term::Value(_)) {
                    known.constants.insert(name.clone(), b);
                }
                let Some(document) = known.document(name) else { return false };
                let (wanted, var) = match &b.kind {
                    TermKind::Var(name) => (Some(Demand::Any), Some(name.clone())),
                    _ => (demand(b), None),
                };
                let Some(wanted) = wanted else { return false };
                self.insert(known, document, wanted, var, &Location::NONE);
                true
            }
            TermKind::Ref(parts) if self.is_document(parts) => {
                let (wanted, var) = match &b.kind {
                    TermKind::Var(name) => match known.constants.get(name) {
                        // A constant that is no scalar narrows nothing.
                        Some(constant) => (demand(constant).unwrap_or(Demand::Any), None),
                        None => (Demand::Any, Some(name.clone())),
                    },
                    _ => match demand(b) {
                        Some(wanted) => (wanted, None),
                        None => return false,
                    },
                };
                let location = parts.first().map_or(Location::NONE, |head| head.location.clone());
                self.insert(known, convert::reference(parts), wanted, var, &location);
                true
            }
            _ => false,
        }
    }

    /// `x in xs`.
    fn member<'r>(&mut self, a: &'r ast::Term, b: &'r ast::Term, known: &mut Known<'r>) {
        if let TermKind::Var(name) = &a.kind
            && let Some(document) = known.document(name)
        {
            let collection = match &b.kind {
                TermKind::Var(name) => known.constants.get(name).copied().unwrap_or(b),
                _ => b,
            };
            let collection = convert::term(collection);
            let items: Vec<Term> =
                match (collection.as_array(), collection.as_set(), collection.as_object()) {
                    (Some(items), ..) | (_, Some(items), _) => items,
                    (_, _, Some(members)) => members.into_iter().map(|(_, value)| value).collect(),
                    _ => return,
                };
            for item in items {
                let wanted = match item {
                    Term::Value(value) if is_scalar(&value) => Demand::Scalar(value),
                    _ => Demand::Any,
                };
                self.insert(known, Arc::clone(&document), wanted, None, &Location::NONE);
            }
            return;
        }
        let value = match &a.kind {
            TermKind::Var(name) => known.constants.get(name).copied(),
            _ => Some(a),
        };
        let document = match &b.kind {
            TermKind::Ref(parts) => {
                Some(convert::reference(parts)).filter(|_| self.is_document(parts))
            }
            TermKind::Var(name) => {
                known.document(name).filter(|it| !crate::term::begins_with(it, "args"))
            }
            _ => None,
        };
        let Some(document) = document else { return };
        let wanted = match (&a.kind, value.and_then(demand)) {
            (_, Some(wanted @ Demand::Scalar(_))) => wanted,
            (TermKind::Var(_), _) => Demand::Any,
            _ => return,
        };
        self.insert(known, document, wanted, None, &Location::NONE);
    }
}

fn is_scalar(value: &Value) -> bool {
    !matches!(value, Value::Array(_) | Value::Object(_) | Value::Set(_))
}

/// What a term demands of a document that is equal to it, where that can be told.
fn demand(term: &ast::Term) -> Option<Demand> {
    match (&term.kind, convert::term(term)) {
        (_, Term::Value(value)) if is_scalar(&value) => Some(Demand::Scalar(value)),
        (TermKind::Array(items), _) => {
            let element = |item: &ast::Term| match convert::term(item) {
                Term::Value(value) if is_scalar(&value) => Some(Some(value)),
                Term::Var(_) => Some(None),
                _ => None,
            };
            items.iter().map(element).collect::<Option<Vec<_>>>().map(Demand::Array)
        }
        _ => None,
    }
}
