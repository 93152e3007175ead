//! The types of Rego: their shapes, and how they are made (OPA's `v1/types/types.go`).
//!
//! A type is cheap to clone: what is composite is shared. Types are never nested deeper than
//! [`MAX_DEPTH`] and never list more than [`MAX_MEMBERS`] alternatives; beyond that they are
//! `any`, which says less but is never wrong.

use crate::Function;
use referee_rego_value::Value;
use std::sync::{Arc, OnceLock, Weak};

/// How deep types are nested at most.
pub(crate) const MAX_DEPTH: u16 = 256;

/// How many alternatives a union has at most.
pub(crate) const MAX_MEMBERS: usize = 16_384;

/// What is known of a value.
///
/// Two types are equal, and one sorts before another, as OPA's `types.Compare` has it: a
/// [`Type::Recursive`] is what it stands for, and the names of arguments do not matter.
#[derive(Clone, Debug, Default)]
pub enum Type {
    /// Nothing is known, not even that it is anything: the type of a variable that no expression
    /// has said anything about. Written `???`.
    #[default]
    Unknown,
    /// `null`.
    Null,
    /// A boolean.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array(Arc<ArrayType>),
    /// An object.
    Object(Arc<ObjectType>),
    /// A set.
    Set(Arc<SetType>),
    /// One of several types; with none of them anything.
    Any(Arc<AnyType>),
    /// A function.
    Function(Arc<Function>),
    /// A schema that contains itself.
    Recursive(RecursiveType),
}

/// What is derived from the parts of a type.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    depth: u16,
    unknown: bool,
}

impl Facts {
    fn of(ty: &Type) -> Self {
        match ty {
            Type::Unknown => Self { depth: 0, unknown: true },
            Type::Array(array) => array.facts,
            Type::Object(object) => object.facts,
            Type::Set(set) => set.facts,
            // OPA does not look for what is unknown inside a union.
            Type::Any(any) => Self { unknown: false, ..any.facts },
            Type::Function(function) => Self { depth: 1, unknown: function.is_unknown() },
            _ => Self::default(),
        }
    }

    /// Those of a type with these parts.
    fn around<'a>(parts: impl IntoIterator<Item = &'a Type>) -> Self {
        let inner = parts.into_iter().map(Self::of).fold(Self::default(), |a, b| Self {
            depth: a.depth.max(b.depth),
            unknown: a.unknown || b.unknown,
        });
        Self { depth: inner.depth.saturating_add(1), ..inner }
    }

    fn too_deep(self) -> bool {
        self.depth > MAX_DEPTH
    }
}

/// The type of an array.
#[derive(Clone, Debug)]
pub struct ArrayType {
    items: Vec<Type>,
    rest: Option<Type>,
    facts: Facts,
    values: OnceLock<Type>,
}

impl ArrayType {
    /// The types of its first elements.
    #[must_use]
    pub fn items(&self) -> &[Type] {
        &self.items
    }

    /// The type of all further elements; `None` where there are none.
    #[must_use]
    pub fn rest(&self) -> Option<&Type> {
        self.rest.as_ref()
    }

    /// The type of all its elements, worked out once.
    pub(crate) fn values(&self) -> &Type {
        self.values.get_or_init(|| Type::union(self.items.iter().chain(&self.rest).cloned()))
    }

    /// The type of the element at an index.
    #[must_use]
    pub fn select(&self, index: usize) -> Option<&Type> {
        self.items.get(index).or(self.rest.as_ref())
    }
}

/// The type of an object.
#[derive(Clone, Debug)]
pub struct ObjectType {
    members: Vec<(Value, Type)>,
    rest: Option<(Type, Type)>,
    facts: Facts,
    keys: OnceLock<Type>,
    values: OnceLock<Type>,
}

impl ObjectType {
    /// The types of members by key, in the order of their keys.
    #[must_use]
    pub fn members(&self) -> &[(Value, Type)] {
        &self.members
    }

    /// The types of all other keys and values; `None` where there are no others.
    #[must_use]
    pub fn rest(&self) -> Option<&(Type, Type)> {
        self.rest.as_ref()
    }

    /// The type of all its keys, worked out once.
    pub(crate) fn keys(&self) -> &Type {
        self.keys.get_or_init(|| {
            let listed = self.members.iter().map(|(key, _)| Type::from_value(key));
            Type::union(listed.chain(self.rest.iter().map(|(key, _)| key.clone())))
        })
    }

    /// The type of all its values, worked out once.
    pub(crate) fn values(&self) -> &Type {
        self.values.get_or_init(|| {
            let listed = self.members.iter().map(|(_, value)| value.clone());
            Type::union(listed.chain(self.rest.iter().map(|(_, value)| value.clone())))
        })
    }

    /// The type of the member that is listed under a key.
    #[must_use]
    pub fn member(&self, key: &Value) -> Option<&Type> {
        let at = self.members.binary_search_by(|(found, _)| found.cmp(key)).ok()?;
        self.members.get(at).map(|(_, ty)| ty)
    }
}

/// The type of a set.
#[derive(Clone, Debug)]
pub struct SetType {
    of: Type,
    facts: Facts,
}

impl SetType {
    /// The type of its elements.
    #[must_use]
    pub fn of(&self) -> &Type {
        &self.of
    }
}

/// A union of types.
#[derive(Clone, Debug)]
pub struct AnyType {
    of: Vec<Type>,
    facts: Facts,
}

impl AnyType {
    /// The types it may be, in order; none where it may be anything.
    #[must_use]
    pub fn of(&self) -> &[Type] {
        &self.of
    }
}

/// A schema that contains itself, by its name. What it stands for is kept by the
/// [`SchemaType`](crate::SchemaType) that it is part of: without it, it is `any`.
#[derive(Clone, Debug)]
pub struct RecursiveType {
    name: Arc<str>,
    target: Weak<OnceLock<Type>>,
}

impl RecursiveType {
    pub(crate) fn new(name: Arc<str>, target: &Arc<OnceLock<Type>>) -> Self {
        Self { name, target: Arc::downgrade(target) }
    }

    /// Its name: the `$ref` of the schema.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it stands for, never a recursive type; unknown as long as the schema is being read.
    #[must_use]
    pub fn unwrap_type(&self) -> Type {
        let mut current = self.clone();
        for _ in 0..MAX_DEPTH {
            let Some(target) = current.target.upgrade() else {
                return Type::any();
            };
            match target.get() {
                None => return Type::Unknown,
                Some(Type::Recursive(next)) => current = next.clone(),
                Some(ty) => return ty.clone(),
            }
        }
        Type::any()
    }

    /// What tells it from others.
    pub(crate) fn identity(&self) -> usize {
        self.target.as_ptr().addr()
    }
}

impl Type {
    /// An array: the types of its first elements, then of all others.
    #[must_use]
    pub fn array(items: Vec<Self>, rest: Option<Self>) -> Self {
        let rest = rest.filter(|rest| !matches!(rest, Self::Unknown));
        let facts = Facts::around(items.iter().chain(&rest));
        if facts.too_deep() {
            return Self::any();
        }
        let values = OnceLock::new();
        Self::Array(Arc::new(ArrayType { items, rest, facts, values }))
    }

    /// An object: the types of members by key, then of all other keys and values. Of two members
    /// under one key the later stays.
    #[must_use]
    pub fn object(mut members: Vec<(Value, Self)>, rest: Option<(Self, Self)>) -> Self {
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        members.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        let parts = members.iter().map(|(_, ty)| ty);
        let facts = Facts::around(parts.chain(rest.iter().flat_map(|(key, value)| [key, value])));
        if facts.too_deep() {
            return Self::any();
        }
        let (keys, values) = (OnceLock::new(), OnceLock::new());
        Self::Object(Arc::new(ObjectType { members, rest, facts, keys, values }))
    }

    /// A set.
    #[must_use]
    pub fn set(of: Self) -> Self {
        let facts = Facts::around([&of]);
        if facts.too_deep() {
            return Self::any();
        }
        Self::Set(Arc::new(SetType { of, facts }))
    }

    /// Anything.
    #[must_use]
    pub fn any() -> Self {
        Self::any_of(Vec::new())
    }

    /// One of these types; with none of them anything.
    #[must_use]
    pub fn any_of(mut of: Vec<Self>) -> Self {
        of.sort();
        Self::any_of_sorted(of)
    }

    /// The same of types that are in order.
    pub(crate) fn any_of_sorted(of: Vec<Self>) -> Self {
        if of.len() > MAX_MEMBERS {
            return Self::any();
        }
        let facts = Facts::around(&of);
        if facts.too_deep() {
            return Self::any();
        }
        Self::Any(Arc::new(AnyType { of, facts }))
    }

    /// Whether it may be anything.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self, Self::Any(any) if any.of.is_empty())
    }

    /// Whether it, or a part of it, is unknown (OPA's `types.Nil`).
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        Facts::of(self).unknown
    }

    /// What a recursive type stands for; any other type itself.
    #[must_use]
    pub fn resolved(&self) -> Self {
        match self {
            Self::Recursive(recursive) => recursive.unwrap_type(),
            _ => self.clone(),
        }
    }

    /// Which type it is, as OPA's JSON has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "???",
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
            Self::Any(_) => "any",
            Self::Function(_) => "function",
            Self::Recursive(_) => "recursive",
        }
    }
}
