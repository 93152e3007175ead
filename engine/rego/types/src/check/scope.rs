//! What the types of variables, documents and functions are where an expression stands (OPA's
//! `TypeEnv`).
//!
//! Scopes are nested: the variables of a body, the replacements of `with`, the schemas of a rule,
//! the rules, the builtins. Each has its own answer or leaves the question to the next.

use super::terms::{constant, is_root};
use super::tree::{Key, Node};
use crate::Type;
use referee_rego_syntax::ast::Term;
use referee_rego_value::Str;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// What a scope adds.
enum Layer<'a> {
    /// The variables of a body, as far as their types are known.
    Variables(RefCell<HashMap<Str, Type>>),
    /// Rules, builtins, schemas.
    Tree(&'a Node),
    /// The replacements of `with`; the last first.
    Replaced(Vec<Rc<Node>>),
}

/// A scope.
pub(super) struct Scope<'a> {
    layer: Layer<'a>,
    next: Option<&'a Scope<'a>>,
    /// Tells apart scopes with different replacements.
    pub(super) replacement: u64,
}

/// What a name stands for in one scope.
enum Found<'n> {
    Node(&'n Node),
    Variable(Type),
}

/// One of the trees that a scope consists of.
#[derive(Clone, Copy)]
pub(super) enum Tree<'s> {
    /// The variables of a body.
    Variables(&'s RefCell<HashMap<Str, Type>>),
    /// Types by path.
    Node(&'s Node),
}

impl<'a> Scope<'a> {
    /// The scope of a tree.
    pub(super) fn tree(node: &'a Node, next: Option<&'a Self>) -> Self {
        Self { layer: Layer::Tree(node), next, replacement: 0 }
    }

    /// The scope of a body.
    pub(super) fn body(next: &'a Self) -> Self {
        let layer = Layer::Variables(RefCell::default());
        Self { layer, next: Some(next), replacement: next.replacement }
    }

    /// The scope of an expression with `with` modifiers.
    pub(super) fn replaced(trees: Vec<Rc<Node>>, next: &'a Self, replacement: u64) -> Self {
        Self { layer: Layer::Replaced(trees), next: Some(next), replacement }
    }

    /// All trees, from the inside to the outside.
    pub(super) fn trees(&self) -> impl Iterator<Item = Tree<'_>> {
        std::iter::successors(Some(self), |scope| scope.next).flat_map(|scope| {
            let (one, several): (Option<Tree<'_>>, &[Rc<Node>]) = match &scope.layer {
                Layer::Variables(variables) => (Some(Tree::Variables(variables)), &[]),
                Layer::Tree(node) => (Some(Tree::Node(node)), &[]),
                Layer::Replaced(trees) => (None, trees),
            };
            one.into_iter().chain(several.iter().rev().map(|node| Tree::Node(node)))
        })
    }

    /// Sets the type of a variable. It is kept with the body that the expression stands in.
    pub(super) fn put(&self, name: &Str, ty: Type) {
        let mut scope = Some(self);
        while let Some(inner) = scope {
            if let Layer::Variables(variables) = &inner.layer {
                variables.borrow_mut().insert(name.clone(), ty);
                return;
            }
            scope = inner.next;
        }
    }

    /// The type of a variable.
    pub(super) fn variable(&self, name: &Str) -> Type {
        let key = Key::Var(name.clone());
        let found = self.trees().find_map(|tree| tree.find(&key));
        found.map_or(Type::Unknown, |found| match found {
            Found::Node(node) => node.value().cloned().unwrap_or(Type::Unknown),
            Found::Variable(ty) => ty,
        })
    }

    /// The type of what a reference leads to.
    pub(super) fn reference(&self, reference: &[Term]) -> Type {
        let Some((head, tail)) = reference.split_first() else {
            return Type::Unknown;
        };
        if let Some(key) = Key::of(head) {
            for tree in self.trees() {
                let found = tree.find(&key).and_then(|found| match found {
                    Found::Node(node) => descend(node, tail),
                    Found::Variable(Type::Unknown) => descend(&Node::default(), tail),
                    Found::Variable(ty) => Some(select(&ty, tail)),
                });
                if let Some(ty) = found {
                    return ty;
                }
            }
        }
        if is_root(head) { Type::any() } else { Type::Unknown }
    }
}

impl<'s> Tree<'s> {
    fn find(self, key: &Key) -> Option<Found<'s>> {
        match (self, key) {
            (Self::Node(node), key) => node.child(key).map(Found::Node),
            (Self::Variables(variables), Key::Var(name)) => {
                variables.borrow().get(name).cloned().map(Found::Variable)
            }
            (Self::Variables(_), Key::Value(_)) => None,
        }
    }

    /// The type of a variable of this body, or the node of a name.
    pub(super) fn enter(self, key: &Key) -> Option<Result<&'s Node, Type>> {
        self.find(key).map(|found| match found {
            Found::Node(node) => node.value().map_or(Ok(node), |value| Err(value.clone())),
            Found::Variable(ty) => Err(ty),
        })
    }
}

/// The type below a node; `None` where the next scope is to be asked.
fn descend(mut node: &Node, mut tail: &[Term]) -> Option<Type> {
    while let Some((part, rest)) = tail.split_first() {
        let key = Key::of(part);
        let child = key.as_ref().and_then(|key| node.child(key));
        match (node.value(), child) {
            (Some(value), None) => return Some(select(value, tail)),
            (None, _) if !matches!(key, Some(Key::Value(_))) => {
                return Some(select(&node.extent(), tail));
            }
            (None, None) => return None,
            (_, Some(child)) => node = child,
        }
        tail = rest;
    }
    Some(node.extent())
}

/// The type of what keys lead to: with a key that is not constant, of all that it may lead to.
fn select(ty: &Type, keys: &[Term]) -> Type {
    let mut ty = ty.clone();
    for key in keys {
        if matches!(ty, Type::Unknown) {
            return ty;
        }
        ty = step(&ty, key);
    }
    ty
}

fn step(ty: &Type, key: &Term) -> Type {
    use referee_rego_syntax::ast::TermKind;
    match key.kind {
        TermKind::Var(_)
        | TermKind::Ref(_)
        | TermKind::Array(_)
        | TermKind::Object(_)
        | TermKind::Set(_) => ty.values(),
        _ => select_constant(ty, key),
    }
}

/// The type under a constant key; unknown where there is nothing, or the key is not constant.
pub(super) fn select_constant(ty: &Type, key: &Term) -> Type {
    constant(key).map_or(Type::Unknown, |key| ty.select(&crate::algebra::native(&key)))
}
