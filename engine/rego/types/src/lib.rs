//! The types of Rego, and the declarations of OPA's builtins.
//!
//! A [`Type`] is what the compiler knows of a value (OPA's `v1/types`); a [`Declaration`] says how
//! a builtin is called and what it gives; [`Capabilities`] is a set of declarations with OPA's
//! JSON form.

use referee_rego_value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array: the types of its first elements, then of all others; `None`: there are none.
    Array(Vec<Type>, Option<Arc<Type>>),
    /// An object: the types of members by key, then of all other keys and values; `None`: there
    /// are none.
    Object(Vec<(Value, Type)>, Option<Arc<(Type, Type)>>),
    /// A set.
    Set(Arc<Type>),
    /// One of these; with none of them anything.
    Any(Vec<Type>),
    /// A function.
    Function(Arc<Function>),
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// The types of its arguments, each with its name where it has one.
    pub args: Vec<(Option<&'static str>, Type)>,
    /// The type of all further arguments, where there may be more.
    pub variadic: Option<Type>,
    /// What it gives; `None` where it gives nothing (`print`).
    pub result: Option<Type>,
}

/// How a builtin is called and what it gives.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Its name: `io.jwt.decode`.
    pub name: Arc<str>,
    /// The sign it is written with, where it is an operator: `+`.
    pub infix: Option<Arc<str>>,
    /// Its type.
    pub function: Arc<Function>,
    /// Whether it gives several values (`walk`).
    pub relation: bool,
    /// Whether OPA says not to use it any more.
    pub deprecated: bool,
    /// Whether its value may differ from one evaluation to the next.
    pub nondeterministic: bool,
    /// Whether `with` may replace it.
    pub can_skip_bctx: bool,
}

/// The builtins and features that there are.
#[derive(Clone, Debug, Default)]
pub struct Capabilities {
    /// The builtins by name.
    pub builtins: BTreeMap<Arc<str>, Arc<Declaration>>,
    /// Keywords that can be imported from `future.keywords`.
    pub future_keywords: Vec<Arc<str>>,
    /// Features, such as `rego_v1` and `keywords_in_refs`.
    pub features: Vec<Arc<str>>,
}
