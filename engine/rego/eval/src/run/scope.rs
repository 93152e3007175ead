//! Scopes: what is replaced at the moment, and what was computed under these replacements.
//!
//! Each `with` begins a scope whose memos are its own, as OPA pushes a frame of its caches. After
//! the expression the scope before it holds again; going back into the expression finds its scope
//! as it was.

use super::Evaluation;
use super::closure::Grouped;
use super::memo::{ByNumber, ByValues, Known};
use super::slot::Slot;
use crate::error::Eval;
use crate::plan::Counts;
use crate::plan::ops::{Callee, Path, Replacement, Substitute, Target};
use crate::probe::Probe;
use hashbrown::HashMap;
use referee_rego_value::{Object, Str, Value};
use std::sync::Arc;

/// What stands in for a function.
#[derive(Clone, Debug)]
pub(super) enum Mock<'a> {
    /// A value.
    Value(Slot<'a>),
    /// Another function.
    Function(&'a Callee),
    /// What stands at a path of `data` when it is asked for.
    Document(&'a Arc<[Value]>),
}

/// Replacements that hold together.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    /// The scope before.
    parent: usize,
    /// `input`.
    pub(super) input: Option<&'a Value>,
    /// What stands in for documents below `data`.
    pub(super) data: Option<&'a Value>,
    /// The paths of these documents, those of the scopes before included.
    pub(super) targets: Vec<&'a [Value]>,
    /// What stands in for functions.
    mocks: Vec<(&'a Str, Mock<'a>)>,
    /// What stands at paths of `input`.
    inputs: ByNumber<'a>,
    /// What stands at paths of the base document.
    bases: ByNumber<'a>,
    /// The documents of groups of rules.
    pub(super) groups: ByNumber<'a>,
    /// What stands under keys of partial documents.
    pub(super) members: ByValues<'a>,
    /// Partial documents that are only made by key: their keys do not agree.
    pub(super) split: Vec<u32>,
    /// The results of functions.
    pub(super) calls: ByValues<'a>,
    /// The values of comprehensions that depend on nothing.
    pub(super) comprehensions: ByNumber<'a>,
    /// The values of comprehensions that depend on slots, with what was in these.
    pub(super) last: HashMap<u32, (Box<[Slot<'a>]>, &'a Value), foldhash::fast::FixedState>,
    /// Comprehensions that are grouped by variables that they share with what is around them.
    pub(super) grouped: HashMap<u32, Grouped<'a>, foldhash::fast::FixedState>,
}

impl<'a> Scope<'a> {
    /// The scope without replacements.
    pub(super) fn new(input: Option<&'a Value>, counts: Counts, groups: usize) -> Self {
        let room = |count: u32| ByNumber::with_room(usize::try_from(count).unwrap_or(0));
        Self {
            parent: 0,
            input,
            data: None,
            targets: Vec::new(),
            mocks: Vec::new(),
            inputs: room(counts.inputs),
            bases: room(counts.bases),
            groups: ByNumber::with_room(groups),
            members: ByValues::default(),
            split: Vec::new(),
            calls: ByValues::default(),
            comprehensions: ByNumber::default(),
            last: HashMap::default(),
            grouped: HashMap::default(),
        }
    }

    /// Forgets what only one query knows: its numbers are given again.
    pub(super) fn forget(&mut self, counts: Counts) {
        self.inputs.forget(counts.inputs);
        self.bases.forget(counts.bases);
        self.comprehensions.forget(counts.comprehensions);
        self.last.retain(|id, _| *id < counts.comprehensions);
        self.grouped.retain(|id, _| *id < counts.comprehensions);
    }
}

/// What stands at a path, looked up key by key.
pub(super) fn find<'v>(value: &'v Value, path: &[Value]) -> Option<&'v Value> {
    path.iter().try_fold(value, Value::get)
}

/// What stands under a key of a base document whose text is that of another key: OPA's store
/// knows keys by their text only, so `data.a[1]` also finds what stands under `"1"`.
#[cold]
pub(super) fn by_text<'v>(value: &'v Value, key: &Value) -> Option<&'v Value> {
    match (value, key) {
        (Value::Object(object), Value::Number(number)) => object.get_str(&number.to_string()),
        (Value::Array(array), Value::String(text)) => array.get(text.parse().ok()?),
        _ => None,
    }
}

/// What stands at a path of the base document.
pub(super) fn find_base<'v>(value: &'v Value, path: &[Value]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key).or_else(|| by_text(value, key)))
}

/// An object that has a value at a path.
fn at_path(path: &[Value], value: Value) -> Value {
    path.iter()
        .rev()
        .fold(value, |value, key| Value::Object(Object::from_sorted(vec![(key.clone(), value)])))
}

/// A document with another value at a path: what is no object on the way gives way (OPA's
/// `mergeTermWithValues`, `v1/topdown/input.go`).
fn replaced(document: Option<&Value>, path: &[Value], value: Value) -> Value {
    match (document, path.split_first()) {
        (_, None) => value,
        (Some(Value::Object(object)), Some((key, rest))) => {
            let below = replaced(object.get(key), rest, value);
            Value::Object(object.insert(key.clone(), below))
        }
        (_, Some(_)) => at_path(path, value),
    }
}

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The scope that holds.
    #[inline]
    pub(super) fn scope(&self) -> Option<&Scope<'a>> {
        self.scopes.get(self.scope)
    }

    /// The scope that holds, to keep something in it.
    #[inline]
    pub(super) fn scope_mut(&mut self) -> Option<&mut Scope<'a>> {
        self.scopes.get_mut(self.scope)
    }

    /// What stands at a path of `input`.
    #[inline]
    pub(super) fn input_at(&mut self, path: &'a Path) -> Known<'a> {
        if let Some(known) = self.scope().and_then(|scope| scope.inputs.get(path.id)) {
            return known;
        }
        self.find_input(path)
    }

    #[inline(never)]
    fn find_input(&mut self, path: &'a Path) -> Known<'a> {
        let found = match (&path.parent, &path.key) {
            (Some(parent), Some(key)) => self.input_at(parent).and_then(|value| value.get(key)),
            _ => self.scope().and_then(|scope| scope.input),
        };
        if let Some(scope) = self.scope_mut() {
            scope.inputs.set(path.id, found);
        }
        found
    }

    /// What stands at a path of the base document.
    #[inline]
    pub(super) fn base_at(&mut self, path: &'a Path) -> Eval<Known<'a>> {
        if let Some(known) = self.scope().and_then(|scope| scope.bases.get(path.id)) {
            return Ok(known);
        }
        let keys: Vec<Value> = path.keys().into_iter().cloned().collect();
        let found = self.resolve(&keys)?;
        if let Some(scope) = self.scope_mut() {
            scope.bases.set(path.id, found);
        }
        Ok(found)
    }

    /// Begins a scope of replacements.
    pub(super) fn enter(&mut self, with: &'a [Replacement], base: usize) -> Eval<()> {
        self.context.meter.work(16)?;
        self.context.meter.reserve(size_of::<Scope<'_>>())?;
        let Some(before) = self.scope() else { return Ok(()) };
        let (mut input, mut data) = (before.input, before.data);
        let mut targets = before.targets.clone();
        let mut mocks = Vec::new();
        for replacement in with {
            let value = match &replacement.by {
                Substitute::Value(src) => Mock::Value(self.taken(base, src)),
                Substitute::Function(callee) => Mock::Function(callee),
                Substitute::Document(path) => Mock::Document(path),
            };
            match (&replacement.target, value) {
                (Target::Function(name), mock) => mocks.push((name, mock)),
                (Target::Input(path), Mock::Value(value)) => {
                    let value = replaced(input, path, value.value().clone());
                    input = Some(self.keep(value)?);
                }
                (Target::Data(path), Mock::Value(value)) => {
                    let value = replaced(data, path, value.value().clone());
                    data = Some(self.keep(value)?);
                    targets.push(path);
                }
                _ => {}
            }
        }
        let parent = self.scope;
        let mut scope = Scope::new(input, Counts::default(), 0);
        (scope.parent, scope.data, scope.targets, scope.mocks) = (parent, data, targets, mocks);
        self.scope = self.scopes.len();
        self.scopes.push(scope);
        Ok(())
    }

    /// Ends the scope that holds.
    pub(super) fn leave(&mut self) {
        self.scope = self.scope().map_or(0, |scope| scope.parent);
    }

    /// What stands in for a function at the moment.
    pub(super) fn mocked(&self, name: &str) -> Option<Mock<'a>> {
        let mut at = self.scope;
        while at != 0 && at >= self.unmocked {
            let scope = self.scopes.get(at)?;
            if let Some((_, mock)) = scope.mocks.iter().rev().find(|(target, _)| *target == name) {
                return Some(mock.clone());
            }
            at = scope.parent;
        }
        None
    }

    /// Whether documents below `data` are replaced.
    #[inline]
    pub(super) fn replaces_data(&self) -> bool {
        self.scope != 0 && self.scope().is_some_and(|scope| !scope.targets.is_empty())
    }

    /// Whether a path of `data` is within a replaced document.
    pub(super) fn is_replaced(&self, path: &[Value]) -> bool {
        self.replaces_data()
            && self
                .scope()
                .is_some_and(|scope| scope.targets.iter().any(|target| path.starts_with(target)))
    }
}
