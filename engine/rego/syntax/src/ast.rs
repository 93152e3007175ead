//! The syntax tree.
//!
//! The parser makes it, the compiler rewrites it. What the compiler makes of it is described at
//! the compiler; both use these types.

use crate::Location;
use referee_rego_value::{Number, Str, Value};
use std::sync::Arc;

/// Which Rego a module is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RegoVersion {
    /// As before OPA 1.0: `if` and `contains` are names unless imported.
    V0,
    /// A v0 module with `import rego.v1`: both its rules hold.
    V0CompatV1,
    /// As since OPA 1.0.
    #[default]
    V1,
}

/// A module: one file.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its package.
    pub package: Package,
    /// Its imports, in order.
    pub imports: Vec<Import>,
    /// Its rules, in order. A body followed by further bodies is one rule each.
    pub rules: Vec<Rule>,
    /// The metadata blocks, in order.
    pub annotations: Vec<Arc<Annotations>>,
    /// Its comments, in order.
    pub comments: Vec<Comment>,
    /// Which Rego it is written in.
    pub version: RegoVersion,
}

/// `package a.b`.
#[derive(Clone, Debug)]
pub struct Package {
    /// `data.a.b`.
    pub path: Ref,
    /// Where it stands.
    pub location: Location,
}

/// `import data.a as b`.
#[derive(Clone, Debug)]
pub struct Import {
    /// What is imported: a reference (or a plain variable).
    pub path: Term,
    /// Its name in this module, where one is given.
    pub alias: Option<Str>,
    /// Where it stands.
    pub location: Location,
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Its text without the `#`.
    pub text: Str,
    /// Where it stands.
    pub location: Location,
}

/// A rule: one definition.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Whether it is the `default`.
    pub default: bool,
    /// Its head.
    pub head: Head,
    /// Its body; `true` where none is written.
    pub body: Body,
    /// What applies where the body does not.
    pub else_rule: Option<Box<Rule>>,
    /// The metadata that stands over it.
    pub annotations: Vec<Arc<Annotations>>,
    /// Whether the body was not written but made (`true`).
    pub generated_body: bool,
    /// Where it stands.
    pub location: Location,
}

/// The head of a rule.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// `a` of a head `a`, and of `a[x]` in v0; empty for other references.
    pub name: Str,
    /// The whole reference, without arguments.
    pub reference: Ref,
    /// The arguments of a function; `None` where it is none (`f()` is not the same as `f`).
    pub args: Option<Vec<Term>>,
    /// What a partial set contains.
    pub key: Option<Term>,
    /// The value; `true` where none is written.
    pub value: Option<Term>,
    /// Whether the value is given with `:=`.
    pub assign: bool,
    /// Whether the value was not written but made (`true`).
    pub generated_value: bool,
    /// Whether `if` and `contains` stand in it: the parser's checks and the formatter ask.
    pub keywords: HeadKeywords,
    /// Where it stands.
    pub location: Location,
}

/// Which keywords stand in a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadKeywords {
    /// `if`.
    pub has_if: bool,
    /// `contains`.
    pub has_contains: bool,
}

/// Expressions that must all hold.
pub type Body = Vec<Expr>;

/// An expression of a body.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it says.
    pub kind: ExprKind,
    /// Its `with` modifiers.
    pub with: Vec<With>,
    /// Whether `not` stands before it.
    pub negated: bool,
    /// Whether the compiler made it.
    pub generated: bool,
    /// Whether it is an equality that was written `:=`.
    pub from_assignment: bool,
    /// Its index in its body, from 0.
    pub index: u32,
    /// Where it stands.
    pub location: Location,
}

impl Expr {
    /// An expression without modifiers, the first of its body.
    #[must_use]
    pub fn new(kind: ExprKind, location: Location) -> Self {
        Self {
            kind,
            with: Vec::new(),
            negated: false,
            generated: false,
            from_assignment: false,
            index: 0,
            location,
        }
    }
}

/// What an expression says.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A term on its own.
    Term(Term),
    /// A call: the operator (a [`TermKind::Ref`]), then its operands. `x = y` is a call of `eq`,
    /// `x := y` of `assign`, `x == y` of `equal`, `x + y` of `plus`.
    Call(Vec<Term>),
    /// `some x, y` or `some k, v in xs`.
    Some(SomeDecl),
    /// `every k, v in xs { … }`.
    Every(Box<Every>),
    /// `x and y`: an experimental keyword of OPA 1.20.
    And(Box<Logical>),
    /// `x or y`: an experimental keyword of OPA 1.20.
    Or(Box<Logical>),
    /// `not { … }`: an experimental keyword of OPA 1.20.
    Not(Box<NotBody>),
}

/// `some x, y`: its symbols are variables; of `some k, v in xs` there is one, a call of
/// `internal.member_2` or `internal.member_3`.
#[derive(Clone, Debug)]
pub struct SomeDecl {
    /// What is declared.
    pub symbols: Vec<Term>,
    /// Where it stands.
    pub location: Location,
}

/// `every k, v in xs { … }`.
#[derive(Clone, Debug)]
pub struct Every {
    /// The variable for keys, where there is one.
    pub key: Option<Term>,
    /// The variable for values.
    pub value: Term,
    /// What is gone through.
    pub domain: Term,
    /// What must hold each time.
    pub body: Body,
    /// Where it stands.
    pub location: Location,
}

/// The two sides of `and` and `or`.
#[derive(Clone, Debug)]
pub struct Logical {
    /// The left side.
    pub lhs: Body,
    /// The right side.
    pub rhs: Body,
    /// Whether the left side was written in braces.
    pub explicit_lhs: bool,
    /// Whether the right side was written in braces.
    pub explicit_rhs: bool,
    /// Where it stands.
    pub location: Location,
}

/// `not { … }`.
#[derive(Clone, Debug)]
pub struct NotBody {
    /// What must not hold.
    pub body: Body,
    /// Whether it was written in braces.
    pub explicit: bool,
    /// Where it stands.
    pub location: Location,
}

/// `with input.user as "eve"`.
#[derive(Clone, Debug)]
pub struct With {
    /// What is replaced.
    pub target: Term,
    /// What stands in for it.
    pub value: Term,
    /// Where it stands.
    pub location: Location,
}

/// A reference: its head (a variable, or any term that can be looked into), then its keys. A key
/// written after a dot is a string.
pub type Ref = Vec<Term>;

/// A term: something with a value. The default is `null` without a place.
#[derive(Clone, Debug, Default)]
pub struct Term {
    /// What it is.
    pub kind: TermKind,
    /// Where it stands.
    pub location: Location,
}

/// What a term is.
#[derive(Clone, Debug, Default)]
pub enum TermKind {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(Str),
    /// A variable. The wildcard `_` is a variable of its own each time: `$0`, `$1` in OPA's way.
    Var(Str),
    /// A reference of at least two parts, or the operator of a call.
    Ref(Ref),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{a: b}`, in the order written.
    Object(Vec<(Term, Term)>),
    /// `{a, b}`, in the order written, each element once.
    Set(Vec<Term>),
    /// `[head | body]`.
    ArrayComprehension(Box<Comprehension>),
    /// `{head | body}`.
    SetComprehension(Box<Comprehension>),
    /// `{key: value | body}`.
    ObjectComprehension(Box<ObjectComprehension>),
    /// A call inside a term: the operator, then its operands.
    Call(Vec<Term>),
    /// `$"… {x} …"`.
    TemplateString(Box<TemplateString>),
}

impl TermKind {
    /// How messages and JSON name it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Var(_) => "var",
            Self::Ref(_) => "ref",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
            Self::ArrayComprehension(_) => "arraycomprehension",
            Self::SetComprehension(_) => "setcomprehension",
            Self::ObjectComprehension(_) => "objectcomprehension",
            Self::Call(_) => "call",
            Self::TemplateString(_) => "templatestring",
        }
    }
}

/// An array or set comprehension.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// What is collected.
    pub term: Term,
    /// For each way in which this holds.
    pub body: Body,
}

/// An object comprehension.
#[derive(Clone, Debug)]
pub struct ObjectComprehension {
    /// The key of each member.
    pub key: Term,
    /// Its value.
    pub value: Term,
    /// For each way in which this holds.
    pub body: Body,
}

/// A template string.
#[derive(Clone, Debug)]
pub struct TemplateString {
    /// Its parts, in order.
    pub parts: Vec<TemplatePart>,
    /// Whether it was written in backquotes.
    pub multi_line: bool,
}

/// A part of a template string.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text between the braces, or a constant from within them.
    Term(Term),
    /// An expression from within braces.
    Expr(Expr),
}

/// A metadata block.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// `package`, `subpackages`, `document` or `rule`.
    pub scope: Str,
    /// A title.
    pub title: Option<Str>,
    /// Whether it is meant to be asked for from outside.
    pub entrypoint: bool,
    /// A description.
    pub description: Option<Str>,
    /// Organizations behind it.
    pub organizations: Vec<Str>,
    /// What else to read.
    pub related_resources: Vec<RelatedResource>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// Schemas of what it reads.
    pub schemas: Vec<SchemaAnnotation>,
    /// What partial evaluation takes for unknown.
    pub compile: Option<CompileAnnotation>,
    /// Anything else, by name.
    pub custom: Vec<(Str, Value)>,
    /// Labels, by name.
    pub labels: Vec<(Str, Value)>,
    /// Where the block stands.
    pub location: Location,
    /// The row of the last line of the block.
    pub end_row: u32,
}

/// What else to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelatedResource {
    /// Its URL.
    pub reference: Str,
    /// A description.
    pub description: Option<Str>,
}

/// An author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name; may be empty where there is an address.
    pub name: Str,
    /// The address.
    pub email: Option<Str>,
}

/// The schema of something that is read.
#[derive(Clone, Debug)]
pub struct SchemaAnnotation {
    /// What it is the schema of: `input`, `input.a`, `data.b`.
    pub path: Ref,
    /// The schema by its name: `schema.a`.
    pub schema: Option<Ref>,
    /// The schema itself.
    pub definition: Option<Value>,
}

/// What partial evaluation takes for unknown.
#[derive(Clone, Debug)]
pub struct CompileAnnotation {
    /// The references that are unknown.
    pub unknowns: Vec<Ref>,
    /// The rule that masks columns.
    pub mask_rule: Option<Ref>,
}

impl Expr {
    /// The name of a call's operator where that is a single name: `eq` of `x = y`.
    #[must_use]
    pub fn global_operator(&self) -> Option<&str> {
        let ExprKind::Call(terms) = &self.kind else { return None };
        match &terms.first()?.kind {
            TermKind::Ref(parts) => match parts.as_slice() {
                [Term { kind: TermKind::Var(name), .. }] => Some(name),
                _ => None,
            },
            _ => None,
        }
    }
}
