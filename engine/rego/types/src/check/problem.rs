//! The errors of the type checker, with the lines that OPA prints under them.

use super::terms::write_ref;
use crate::text::{fit, write_types};
use crate::{Function, Type};
use referee_rego_syntax::ast::{Ref, TermKind};
use referee_rego_syntax::json::{JsonOptions, term_to_json};
use referee_rego_syntax::{Code, Error, Location};
use referee_rego_value::{Str, Value};

/// An error.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    /// What is said.
    pub(super) error: Error,
    /// Whether it comes of something unknown: then another error may say more.
    pub(super) of_unknown: bool,
}

impl Problem {
    /// A type error without further lines.
    pub(super) fn new(message: impl Into<String>, location: &Location) -> Self {
        Self { error: Error::new(Code::Type, message, location), of_unknown: false }
    }

    /// With further lines, and with the same as a document where the types in it are written in
    /// full.
    fn with_details<'a>(
        self,
        details: Vec<String>,
        types: impl IntoIterator<Item = &'a Type>,
        document: impl FnOnce() -> Value,
    ) -> Self {
        let error = self.error.with_details(details);
        let error = if fit(types) { error.with_document(document()) } else { error };
        Self { error, ..self }
    }

    /// A call with arguments that do not fit.
    pub(super) fn arguments(
        message: &str,
        operator: &Ref,
        have: &[Type],
        want: &Function,
        location: &Location,
    ) -> Self {
        let details =
            vec![format!("have: {}", write_types(have)), format!("want: {}", want.signature())];
        let wanted = want.args.iter().map(|(_, ty)| ty).chain(&want.result).chain(&want.variadic);
        Self {
            of_unknown: have.iter().any(Type::is_unknown),
            ..Self::new(format!("{}: {message}", write_ref(operator)), location)
        }
        .with_details(details, have.iter().chain(wanted), || {
            let had = ("have", Value::array(have.iter().map(or_null)));
            Value::object([had, ("want", want.arguments_to_json())])
        })
    }

    /// An equality that cannot hold.
    pub(super) fn mismatch(left: &Type, right: &Type, location: &Location) -> Self {
        Self {
            of_unknown: left.is_unknown() || right.is_unknown(),
            ..Self::new("match error", location)
        }
        .with_details(
            vec![format!("left  : {left}"), format!("right : {right}")],
            [left, right],
            || Value::object([("a", or_null(left)), ("b", or_null(right))]),
        )
    }

    /// A reference into what has nothing inside.
    pub(super) fn unsupported(
        reference: &Ref,
        at: usize,
        have: &Type,
        location: &Location,
    ) -> Self {
        let message = if matches!(have, Type::Function(_)) {
            let called = match reference.split_last() {
                Some((last, function)) if is_generated(&last.kind) => write_ref(function),
                _ => write_ref(reference),
            };
            format!("function {called} used as reference, not called")
        } else {
            format!("undefined ref: {}", write_ref(reference))
        };
        let read = reference.get(..=at).map_or_else(String::new, write_ref);
        let details =
            vec![write_ref(reference), "^".repeat(read.len()), format!("have: {}", or_nil(have))];
        Self::new(message, location).with_details(details, [have], || {
            Value::object([
                ("have", or_null(have)),
                ("pos", position(at)),
                ("ref", ref_to_json(reference)),
            ])
        })
    }

    /// A reference by a key that cannot be there.
    pub(super) fn undefined(
        reference: &Ref,
        at: usize,
        have: &Type,
        want: &Wanted,
        location: &Location,
    ) -> Self {
        let read = reference.get(..at).map_or_else(String::new, write_ref);
        let pad = " ".repeat(read.len().saturating_add(1));
        let had = if matches!(have, Type::Unknown) {
            format!(
                "{pad}have: {}",
                reference.get(at).map_or_else(String::new, ToString::to_string)
            )
        } else {
            format!("{pad}have (type): {have}")
        };
        let wanted = if want.one_of.is_empty() {
            format!("{pad}want (type): {}", or_nil(&want.keys))
        } else {
            let written: Vec<String> = want.one_of.iter().map(ToString::to_string).collect();
            format!("{pad}want (one of): [{}]", written.join(" "))
        };
        let written = write_ref(reference);
        let details = vec![written.clone(), format!("{pad}^"), had, wanted];
        Self::new(format!("undefined ref: {written}"), location).with_details(
            details,
            [have, &want.keys],
            || undefined_to_json(reference, at, have, want),
        )
    }
}

/// What a reference could have had instead.
#[derive(Default)]
pub(super) struct Wanted {
    /// The type of keys.
    pub(super) keys: Type,
    /// The keys there are.
    pub(super) one_of: Vec<OneOf>,
}

/// A key that there is.
#[derive(Clone, Debug)]
pub(super) enum OneOf {
    /// A value.
    Value(Value),
    /// The name of a variable or builtin.
    Name(Str),
}

impl OneOf {
    fn to_json(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Name(name) => Value::String(name.clone()),
        }
    }
}

impl std::fmt::Display for OneOf {
    /// As messages write it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Name(name) => write!(f, "{name}"),
        }
    }
}

/// OPA's JSON of a reference by a key that cannot be there.
fn undefined_to_json(reference: &Ref, at: usize, have: &Type, want: &Wanted) -> Value {
    let one_of = if want.one_of.is_empty() {
        Value::Null
    } else {
        Value::array(want.one_of.iter().map(OneOf::to_json))
    };
    let had = (!matches!(have, Type::Unknown)).then(|| ("have", have.to_json()));
    let fields = [
        ("oneOf", one_of),
        ("pos", position(at)),
        ("ref", ref_to_json(reference)),
        ("want", or_null(&want.keys)),
    ];
    Value::object(fields.into_iter().chain(had))
}

/// OPA's JSON of a type; `null` where it is unknown.
fn or_null(ty: &Type) -> Value {
    if matches!(ty, Type::Unknown) { Value::Null } else { ty.to_json() }
}

fn position(at: usize) -> Value {
    Value::from(i64::try_from(at).unwrap_or(i64::MAX))
}

/// OPA's JSON of the parts of a reference.
fn ref_to_json(reference: &Ref) -> Value {
    let options = JsonOptions::parse_module();
    Value::array(reference.iter().map(|part| term_to_json(part, &options)))
}

/// Messages of OPA write some unknown types in Go's way.
fn or_nil(ty: &Type) -> String {
    if matches!(ty, Type::Unknown) { "<nil>".to_owned() } else { ty.to_string() }
}

/// Whether a part of a reference has the name of a generated variable in it.
fn is_generated(kind: &TermKind) -> bool {
    let text = match kind {
        TermKind::Var(name) | TermKind::String(name) => name.as_str(),
        _ => return false,
    };
    text.match_indices("__local").any(|(at, local)| {
        let rest = text.get(at.saturating_add(local.len())..).unwrap_or_default();
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        digits.len() < rest.len() && digits.starts_with("__")
    })
}
