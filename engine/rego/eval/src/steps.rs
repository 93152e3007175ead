//! The steps of an evaluation, told to a probe that follows them one by one.
//!
//! Only programs made by [`crate::Program::watched`] have [`Node`]s to tell of. The steps come in
//! OPA's order: a complete rule or function that gives a value hands it on ([`Step::HandOn`]), and
//! is gone back to ([`Step::TakeUp`]) when the body that asked for it is done with the value.

use crate::plan::ops::Src;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Rule};
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// What a step is about.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The path of a rule, or the text of a body or an expression as it was compiled.
    pub text: String,
    /// That as it was compiled.
    pub tree: Arc<Tree>,
    /// Where it stands.
    pub location: Location,
    /// The variables in it that have a value at some time.
    pub variables: Vec<Variable>,
    /// Of the body of an `every` what goes through its domain: `domain[key] = value`.
    pub domain: Option<Arc<Node>>,
}

/// The tree of a node.
#[derive(Debug)]
pub enum Tree {
    /// Of a definition.
    Rule(Box<Rule>),
    /// Of a body, or of an expression as a body of its own.
    Body(Body),
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A definition of a rule.
    Rule,
    /// A body.
    Body,
    /// An expression.
    Expr,
}

/// A variable of an expression.
#[derive(Debug)]
pub struct Variable {
    /// The name that the compiler gave it.
    pub name: Str,
    /// What it stands for, as it is written.
    pub written: Str,
    /// Whether it has its value before the expression is evaluated.
    pub before: bool,
    pub(crate) src: Src,
}

/// A step.
#[derive(Debug)]
pub enum Step<'s> {
    /// A body begins.
    Enter(&'s Arc<Node>),
    /// An expression of the innermost body begins; its number in the body.
    Eval(usize, &'s Arc<Node>),
    /// The innermost body held.
    Held,
    /// It is gone back to the innermost body, for what else it may give.
    Again,
    /// It is gone back to an expression of the innermost body.
    Back(usize),
    /// The innermost body is going to be left; what else it could give is not looked for.
    Cut,
    /// The innermost definition, which held, hands its value on: the body that asked for it goes
    /// on and is the innermost one from now on.
    HandOn,
    /// It is gone back to the definition that handed a value on last.
    TakeUp,
    /// The value that a definition handed on last is `false`, where the value is not looked at
    /// further: it does not count as given.
    Refused,
    /// The `every` that was begun last begins to go through its domain.
    Domain(&'s Arc<Node>),
    /// It cannot: its domain is no collection.
    NoDomain,
    /// It has come to a member.
    Member,
    /// It is done with a member; whether the body was asked.
    Passed(bool),
    /// It is done; whether it holds.
    DomainOver(bool),
    /// The innermost body has given all it gives, or is left.
    Leave,
    /// The definitions of a rule are looked up: how many may apply, whether the first value is
    /// enough.
    Index {
        /// The path of the rule.
        path: &'s str,
        /// How many definitions may apply.
        matched: usize,
        /// Whether the first value is enough.
        early: bool,
        /// Whether it is a function.
        function: bool,
        /// Whether they give one value, on which they agree.
        single: bool,
    },
    /// The definitions are done with.
    Done,
    /// What `trace` says.
    Note(&'s Location, &'s str),
    /// A test goes through a case.
    Case(&'s Value),
}

/// Reads the value of a variable, now.
pub type Reader<'r> = &'r dyn Fn(&Variable) -> Value;
