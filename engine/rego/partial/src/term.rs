//! Terms under partial evaluation: what is constant is a value, everything else keeps its shape.
//!
//! Terms share their parts, so that what is put in place of a variable is not copied. A collection
//! is a [`Term::Value`] as soon as nothing in it is open: two terms that mean the same are the same.

use crate::convert;
use referee_rego_syntax::Location;
use referee_rego_syntax::compare::compare_terms;
use referee_rego_value::{Str, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// A term.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    /// What is constant.
    Value(Value),
    /// A variable.
    Var(Str),
    /// A reference; its head is `data`, `input`, or a local variable.
    Ref(Arc<[Term]>),
    /// An array with something open in it.
    Array(Arc<[Term]>),
    /// An object with something open in it, in the order of its keys.
    Object(Arc<[(Term, Term)]>),
    /// A set with something open in it, in order.
    Set(Arc<[Term]>),
    /// A comprehension.
    Comprehension(Arc<Comprehension>),
}

/// Which comprehension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Makes {
    /// `[term | body]`.
    Array,
    /// `{key: term | body}`.
    Object,
    /// `{term | body}`.
    Set,
}

/// A comprehension.
#[derive(Clone, Debug)]
pub(crate) struct Comprehension {
    /// What it makes.
    pub(crate) makes: Makes,
    /// The key of each member, for an object.
    pub(crate) key: Option<Term>,
    /// What is collected.
    pub(crate) term: Term,
    /// For each way in which this holds.
    pub(crate) body: Body,
}

/// Expressions that must all hold.
pub(crate) type Body = Arc<[Arc<Expr>]>;

/// An expression.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    /// What it says.
    pub(crate) kind: Kind,
    /// Its `with`.
    pub(crate) with: Vec<With>,
    /// Whether `not` stands before it.
    pub(crate) negated: bool,
    /// Whether the compiler made it.
    pub(crate) generated: bool,
    /// Where it stands.
    pub(crate) location: Location,
}

impl Expr {
    /// An expression on its own, standing nowhere.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, with: Vec::new(), negated: false, generated: false, location: Location::NONE }
    }

    /// `a = b`.
    pub(crate) fn equality(a: Term, b: Term) -> Self {
        Self::new(Kind::Call([operator("eq"), a, b].into()))
    }
}

/// What an expression says.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A term.
    Term(Term),
    /// A call: the operator, then its operands.
    Call(Arc<[Term]>),
    /// `every`.
    Every(Arc<Every>),
    /// `not { … }`.
    Not(Body, bool),
    /// `and` or `or`.
    Logical(Arc<Logical>),
}

/// `every key, value in domain { body }`.
#[derive(Clone, Debug)]
pub(crate) struct Every {
    /// The variable for keys.
    pub(crate) key: Option<Term>,
    /// The variable for values.
    pub(crate) value: Term,
    /// What is gone through.
    pub(crate) domain: Term,
    /// What must hold each time.
    pub(crate) body: Body,
    /// Where what is gone through stands.
    pub(crate) location: Location,
}

/// The two sides of `and` and `or`.
#[derive(Clone, Debug)]
pub(crate) struct Logical {
    /// Whether it is `and`.
    pub(crate) and: bool,
    /// The left side, and whether it was written in braces.
    pub(crate) lhs: (Body, bool),
    /// The right side, and whether it was written in braces.
    pub(crate) rhs: (Body, bool),
}

/// `with target as value`.
#[derive(Clone, Debug)]
pub(crate) struct With {
    /// What is replaced.
    pub(crate) target: Term,
    /// What stands in for it.
    pub(crate) value: Term,
}

/// The operator of a builtin with a name of one part.
pub(crate) fn operator(name: &'static str) -> Term {
    Term::Ref([Term::Var(Str::new_static(name))].into())
}

/// Whether a name is that of a document.
pub(crate) fn is_root(name: &str) -> bool {
    name == "data" || name == "input"
}

/// Whether a reference is to a builtin of a name of one part.
pub(crate) fn is_named(reference: &Term, name: &str) -> bool {
    match reference {
        Term::Ref(parts) => matches!(&**parts, [Term::Var(found)] if found == name),
        _ => false,
    }
}

/// Whether a reference begins with a document.
pub(crate) fn begins_with(parts: &[Term], root: &str) -> bool {
    matches!(parts.first(), Some(Term::Var(name)) if name == root)
}

/// Whether all parts of one reference begin another.
pub(crate) fn has_prefix(parts: &[Term], prefix: &[Term]) -> bool {
    parts.len() >= prefix.len() && parts.iter().zip(prefix).all(|(a, b)| a == b)
}

/// The parts before the first that has a variable in it; the head counts as having none.
pub(crate) fn ground_prefix(parts: &[Term]) -> &[Term] {
    let open = parts.iter().skip(1).position(|part| !part.is_ground());
    parts.get(..open.map_or(parts.len(), |at| at.saturating_add(1))).unwrap_or(parts)
}

/// The parts before the first that is not constant; the head counts as constant.
pub(crate) fn constant_prefix(parts: &[Term]) -> &[Term] {
    let open = parts.iter().skip(1).position(|part| !matches!(part, Term::Value(_)));
    parts.get(..open.map_or(parts.len(), |at| at.saturating_add(1))).unwrap_or(parts)
}

impl Term {
    /// An array of these.
    pub(crate) fn array(items: Vec<Self>) -> Self {
        match constants(&items) {
            Some(values) => Self::Value(Value::array(values)),
            None => Self::Array(items.into()),
        }
    }

    /// A set of these.
    pub(crate) fn set(mut items: Vec<Self>) -> Self {
        if let Some(values) = constants(&items) {
            return Self::Value(Value::set(values));
        }
        items.sort();
        items.dedup();
        Self::Set(items.into())
    }

    /// An object of these; of two under one key the later stays.
    pub(crate) fn object(mut members: Vec<(Self, Self)>) -> Self {
        let constant =
            |(key, value): &(Self, Self)| Some((key.value()?.clone(), value.value()?.clone()));
        if let Some(members) = members.iter().map(constant).collect::<Option<Vec<_>>>() {
            return Self::Value(Value::object(members));
        }
        members.reverse();
        members.sort_by(|a, b| a.0.cmp(&b.0));
        members.dedup_by(|a, b| a.0 == b.0);
        Self::Object(members.into())
    }

    /// The value, where it is constant.
    pub(crate) fn value(&self) -> Option<&Value> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }

    /// The parts, where it is a reference.
    pub(crate) fn reference(&self) -> Option<&Arc<[Self]>> {
        if let Self::Ref(parts) = self { Some(parts) } else { None }
    }

    /// Whether it is `false`.
    pub(crate) fn is_false(&self) -> bool {
        matches!(self, Self::Value(Value::Bool(false)))
    }

    /// Whether it is a null, boolean, number or string.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Self::Value(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))
        )
    }

    /// Whether no variable stands in it; the head of a reference is none here.
    pub(crate) fn is_ground(&self) -> bool {
        match self {
            Self::Value(_) => true,
            Self::Var(_) => false,
            Self::Ref(parts) => parts.iter().skip(1).all(Self::is_ground),
            Self::Array(items) | Self::Set(items) => items.iter().all(Self::is_ground),
            Self::Object(members) => {
                members.iter().all(|(key, value)| key.is_ground() && value.is_ground())
            }
            // There are always variables in the body, once it is compiled.
            Self::Comprehension(_) => false,
        }
    }

    /// The elements, where it is an array.
    pub(crate) fn as_array(&self) -> Option<Vec<Self>> {
        match self {
            Self::Value(Value::Array(items)) => {
                Some(items.iter().cloned().map(Self::Value).collect())
            }
            Self::Array(items) => Some(items.to_vec()),
            _ => None,
        }
    }

    /// The elements in order, where it is a set.
    pub(crate) fn as_set(&self) -> Option<Vec<Self>> {
        match self {
            Self::Value(Value::Set(items)) => {
                Some(items.iter().cloned().map(Self::Value).collect())
            }
            Self::Set(items) => Some(items.to_vec()),
            _ => None,
        }
    }

    /// The members in the order of their keys, where it is an object.
    pub(crate) fn as_object(&self) -> Option<Vec<(Self, Self)>> {
        match self {
            Self::Value(Value::Object(object)) => {
                let member = |(key, value): &(Value, Value)| {
                    (Self::Value(key.clone()), Self::Value(value.clone()))
                };
                Some(object.iter().map(member).collect())
            }
            Self::Object(members) => Some(members.to_vec()),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Value(Value::Null) => 0,
            Self::Value(Value::Bool(_)) => 1,
            Self::Value(Value::Number(_)) => 2,
            Self::Value(Value::String(_)) => 3,
            Self::Var(_) => 5,
            Self::Ref(_) => 6,
            Self::Value(Value::Array(_)) | Self::Array(_) => 7,
            Self::Value(Value::Object(_)) | Self::Object(_) => 8,
            Self::Value(Value::Set(_)) | Self::Set(_) => 9,
            Self::Comprehension(inner) => match inner.makes {
                Makes::Array => 10,
                Makes::Object => 11,
                Makes::Set => 12,
            },
        }
    }
}

fn constants(items: &[Term]) -> Option<Vec<Value>> {
    items.iter().map(|item| item.value().cloned()).collect()
}

impl Ord for Term {
    /// OPA's order of terms.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => a.cmp(b),
            (Self::Var(a), Self::Var(b)) => a.as_str().cmp(b.as_str()),
            (Self::Ref(a), Self::Ref(b)) => a.iter().cmp(b.iter()),
            (Self::Comprehension(_), Self::Comprehension(_)) => {
                compare_terms(&convert::written(self), &convert::written(other))
            }
            _ => {
                let order = self.rank().cmp(&other.rank());
                if order.is_ne() {
                    return order;
                }
                if let (Some(a), Some(b)) = (self.as_array(), other.as_array()) {
                    return a.cmp(&b);
                }
                if let (Some(a), Some(b)) = (self.as_object(), other.as_object()) {
                    return a.cmp(&b);
                }
                self.as_set().cmp(&other.as_set())
            }
        }
    }
}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Term {}
