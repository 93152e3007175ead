//! How builtins and functions are called (OPA's `ast.Builtin`, `types.Function`).

use crate::Type;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Ref, Term, TermKind};
use referee_rego_value::Str;
use std::sync::Arc;

/// The type of a function.
#[derive(Clone, Debug, Default)]
pub struct Function {
    /// The types of its arguments, each with its name where it has one.
    pub args: Vec<(Option<&'static str>, Type)>,
    /// The type of all further arguments, where there may be more.
    pub variadic: Option<Type>,
    /// What it gives; `None` where it gives nothing (`print`).
    pub result: Option<Type>,
    /// What its result is called, where it has a name.
    pub result_name: Option<&'static str>,
}

impl Function {
    /// How many arguments it has, further ones aside.
    #[must_use]
    pub fn arity(&self) -> usize {
        self.args.len()
    }

    /// Whether the type of an argument or of the result is unknown.
    pub(crate) fn is_unknown(&self) -> bool {
        self.result.as_ref().is_none_or(Type::is_unknown)
            || self.args.iter().any(|(_, ty)| ty.is_unknown())
    }

    /// What it takes, as messages say it: names and types of its arguments and of its result.
    pub(crate) fn signature(&self) -> String {
        let named = |name: Option<&str>, ty: &Type| {
            name.map_or_else(|| ty.to_string(), |name| format!("{name}: {ty}"))
        };
        let args = self.args.iter().map(|(name, ty)| named(*name, ty));
        let result = self.result.iter().map(|ty| named(self.result_name, ty));
        let variadic = self.variadic.iter().map(|ty| format!("{ty}..."));
        format!("({})", args.chain(result).chain(variadic).collect::<Vec<_>>().join(", "))
    }

    /// The same without its result: what a replacement for it is compared with.
    pub(crate) fn without_result(&self) -> Self {
        Self { result: None, ..self.clone() }
    }
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
    /// Whether it needs nothing of the query it is called in: no clock, cache, or cancellation.
    pub can_skip_bctx: bool,
    /// The families it belongs to, where its name does not say.
    pub categories: Vec<Arc<str>>,
    /// What it does. Only those that were read from a document have one.
    pub description: Option<Arc<str>>,
}

impl Declaration {
    /// The operator of a call, as the compiler writes it: a variable, then strings.
    #[must_use]
    pub fn reference(&self) -> Ref {
        let mut parts = self.name.split('.');
        let head = parts.next().map(|part| TermKind::Var(Str::new(part)));
        let tail = parts.map(|part| TermKind::String(Str::new(part)));
        head.into_iter().chain(tail).map(|kind| Term { kind, location: Location::NONE }).collect()
    }
}
