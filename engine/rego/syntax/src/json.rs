//! The tree as JSON: what `opa parse --format json` prints and `rego.parse_module` gives
//! (`v1/ast/policy_json.go`, `term_json.go`).

mod annotations;
mod doc;

pub(crate) use annotations::annotations_text;

use crate::Location;
use crate::ast::{
    Body, Comment, Comprehension, Expr, ExprKind, Head, Import, Logical, Module, Package, Rule,
    TemplatePart, TemplateString, Term, TermKind, With,
};
use crate::compare::{sorted_members, sorted_terms};
use data_encoding::BASE64;
use doc::Doc;
use referee_rego_value::Value;
use referee_rego_value::bytes::shown;
use std::cell::RefCell;

/// What is written beside the tree itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct JsonOptions {
    /// Whose places are written.
    pub locations: Locations,
    /// Whether a place has its text, in base64.
    pub location_text: bool,
    /// Whether the name of the source is left out of places.
    pub without_file: bool,
    /// Whether comments are left out.
    pub without_comments: bool,
}

impl JsonOptions {
    /// As `rego.parse_module` has it: no places.
    #[must_use]
    pub fn parse_module() -> Self {
        Self::default()
    }

    /// As `opa parse --format json` has it, with `--json-include` for places and comments.
    #[must_use]
    pub fn opa_parse(locations: bool, comments: bool) -> Self {
        let most = Locations { not: false, and: false, or: false, ..Locations::ALL };
        Self {
            locations: if locations { most } else { Locations::default() },
            location_text: locations,
            without_file: false,
            without_comments: !comments,
        }
    }
}

/// The kinds of nodes whose places are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each field is named for the kind of node it switches")]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as in OPA")]
pub struct Locations {
    pub term: bool,
    pub package: bool,
    pub import: bool,
    pub rule: bool,
    pub head: bool,
    pub expr: bool,
    pub some: bool,
    pub every: bool,
    pub with: bool,
    pub annotations: bool,
    pub not: bool,
    pub and: bool,
    pub or: bool,
}

impl Locations {
    /// Every kind.
    pub const ALL: Self = Self {
        term: true,
        package: true,
        import: true,
        rule: true,
        head: true,
        expr: true,
        some: true,
        every: true,
        with: true,
        annotations: true,
        not: true,
        and: true,
        or: true,
    };
}

/// A module as a value.
#[must_use]
pub fn module_to_json(module: &Module, options: &JsonOptions) -> Value {
    Writer::new(options, Some(module)).module(module).into_value()
}

/// As [`module_to_json`]: `go_on` is asked at each term. Once it says no, it is to say so from then
/// on; what it gives means nothing.
#[must_use]
pub fn module_to_json_asking(
    module: &Module,
    options: &JsonOptions,
    go_on: &mut dyn FnMut() -> bool,
) -> Value {
    let go_on = RefCell::new(go_on);
    let stopped = || !(go_on.borrow_mut())();
    let writer = Writer { stopped: &stopped, ..Writer::new(options, Some(module)) };
    writer.module(module).into_value_asking(&stopped)
}

/// A module as text in OPA's order of members, indented by two blanks where asked.
#[must_use]
pub fn module_to_text(module: &Module, options: &JsonOptions, indent: bool) -> String {
    Writer::new(options, Some(module)).module(module).to_json(indent)
}

/// A body as a value.
#[must_use]
pub fn body_to_json(body: &Body, options: &JsonOptions) -> Value {
    Writer::new(options, None).body(body).into_value()
}

/// A body as text in OPA's order of members.
#[must_use]
pub fn body_to_text(body: &Body, options: &JsonOptions, indent: bool) -> String {
    Writer::new(options, None).body(body).to_json(indent)
}

/// A rule as a value.
#[must_use]
pub fn rule_to_json(rule: &Rule, options: &JsonOptions) -> Value {
    Writer::new(options, None).rule(rule).into_value()
}

/// A rule as text in OPA's order of members.
#[must_use]
pub fn rule_to_text(rule: &Rule, options: &JsonOptions, indent: bool) -> String {
    Writer::new(options, None).rule(rule).to_json(indent)
}

/// A term as text.
#[must_use]
pub fn term_to_text(term: &Term, options: &JsonOptions, indent: bool) -> String {
    Writer::new(options, None).term(term).to_json(indent)
}

/// A term as a value.
#[must_use]
pub fn term_to_json(term: &Term, options: &JsonOptions) -> Value {
    Writer::new(options, None).term(term).into_value()
}

type Members = Vec<(&'static str, Doc)>;

struct Writer<'a> {
    options: &'a JsonOptions,
    module: Option<&'a Module>,
    /// Whether what is written means nothing any more.
    stopped: &'a dyn Fn() -> bool,
}

impl<'a> Writer<'a> {
    fn new(options: &'a JsonOptions, module: Option<&'a Module>) -> Self {
        Self { options, module, stopped: &|| false }
    }

    /// Adds a place where it is asked for and known.
    fn place(&self, members: &mut Members, wanted: bool, location: &Location) {
        if wanted && location.row > 0 {
            members.push(("location", self.location(location)));
        }
    }

    fn location(&self, location: &Location) -> Doc {
        self.location_with(location, source_bytes(location))
    }

    fn location_with(&self, location: &Location, text: &[u8]) -> Doc {
        let mut members = Members::new();
        if !self.options.without_file {
            members.push(("file", Doc::text(location.file())));
        }
        members.push(("row", Doc::Index(location.row)));
        members.push(("col", Doc::Index(location.col)));
        if self.options.location_text && !text.is_empty() {
            members.push(("text", Doc::Text(BASE64.encode(text))));
        }
        Doc::Object(members)
    }

    fn module(&self, module: &Module) -> Doc {
        let mut members = vec![("package", self.package(&module.package))];
        let mut list = |name, items: Vec<Doc>| {
            if !items.is_empty() {
                members.push((name, Doc::Array(items)));
            }
        };
        list("imports", module.imports.iter().map(|import| self.import(import)).collect());
        list("annotations", module.annotations.iter().map(|one| self.annotations(one)).collect());
        list("rules", module.rules.iter().map(|rule| self.rule(rule)).collect());
        if !self.options.without_comments {
            list("comments", module.comments.iter().map(|comment| self.comment(comment)).collect());
        }
        Doc::Object(members)
    }

    fn comment(&self, comment: &Comment) -> Doc {
        if (self.stopped)() {
            return Doc::Null;
        }
        // The block of metadata that begins with a comment takes its place over.
        let row = comment.location.row;
        let block = self.module.and_then(|module| {
            let at = module.annotations.partition_point(|one| one.location.row < row);
            module.annotations.get(at).filter(|one| one.location.row == row)
        });
        let location = match block {
            Some(block) => self.location_with(&comment.location, &annotations::block_text(block)),
            None => self.location(&comment.location),
        };
        // A comment that is a lone carriage return has no text at all in OPA.
        let text = match comment.text.as_str() {
            "" if comment.location.length == 2 => Doc::Null,
            text => Doc::Text(BASE64.encode(text.as_bytes())),
        };
        Doc::Object(vec![("Text", text), ("Location", location)])
    }

    fn package(&self, package: &Package) -> Doc {
        let mut members = Members::new();
        self.place(&mut members, self.options.locations.package, &package.location);
        members.push(("path", self.terms(&package.path)));
        Doc::Object(members)
    }

    fn import(&self, import: &Import) -> Doc {
        let mut members = Members::new();
        if let Some(alias) = import.alias.as_ref().filter(|alias| !alias.is_empty()) {
            members.push(("alias", Doc::text(alias)));
        }
        self.place(&mut members, self.options.locations.import, &import.location);
        members.push(("path", self.term(&import.path)));
        Doc::Object(members)
    }

    fn rule(&self, rule: &Rule) -> Doc {
        if (self.stopped)() {
            return Doc::Null;
        }
        let mut members = Members::new();
        if !rule.annotations.is_empty() {
            let annotations = rule.annotations.iter().map(|one| self.annotations(one)).collect();
            members.push(("annotations", Doc::Array(annotations)));
        }
        members.push(("body", self.body(&rule.body)));
        if rule.default {
            members.push(("default", Doc::Bool(true)));
        }
        if let Some(rule) = &rule.else_rule {
            members.push(("else", self.rule(rule)));
        }
        members.push(("head", self.head(&rule.head)));
        self.place(&mut members, self.options.locations.rule, &rule.location);
        Doc::Object(members)
    }

    fn head(&self, head: &Head) -> Doc {
        let mut members = Members::new();
        if !head.name.is_empty() {
            members.push(("name", Doc::text(&head.name)));
        }
        if let Some(args) = head.args.as_ref().filter(|args| !args.is_empty()) {
            members.push(("args", self.terms(args)));
        }
        if let Some(key) = &head.key {
            members.push(("key", self.term(key)));
        }
        if let Some(value) = &head.value {
            members.push(("value", self.term(value)));
        }
        if head.assign {
            members.push(("assign", Doc::Bool(true)));
        }
        members.push(("ref", self.terms(&head.reference)));
        self.place(&mut members, self.options.locations.head, &head.location);
        Doc::Object(members)
    }

    fn body(&self, body: &Body) -> Doc {
        Doc::Array(body.iter().map(|expr| self.expr(expr)).collect())
    }

    fn expr(&self, expr: &Expr) -> Doc {
        let mut members = Members::new();
        if expr.generated {
            members.push(("generated", Doc::Bool(true)));
        }
        members.push(("index", Doc::Index(expr.index)));
        self.place(&mut members, self.options.locations.expr, &expr.location);
        if expr.negated {
            members.push(("negated", Doc::Bool(true)));
        }
        members.push(("terms", self.expr_kind(&expr.kind)));
        if !expr.with.is_empty() {
            members
                .push(("with", Doc::Array(expr.with.iter().map(|with| self.with(with)).collect())));
        }
        Doc::Object(members)
    }

    fn expr_kind(&self, kind: &ExprKind) -> Doc {
        let locations = &self.options.locations;
        let mut members = Members::new();
        match kind {
            ExprKind::Term(term) => return self.term(term),
            ExprKind::Call(terms) => return self.terms(terms),
            ExprKind::Some(decl) => {
                self.place(&mut members, locations.some, &decl.location);
                members.push(("symbols", self.terms(&decl.symbols)));
            }
            ExprKind::Every(every) => {
                members.push(("body", self.body(&every.body)));
                members.push(("domain", self.term(&every.domain)));
                members.push(("key", every.key.as_ref().map_or(Doc::Null, |key| self.term(key))));
                self.place(&mut members, locations.every, &every.location);
                members.push(("value", self.term(&every.value)));
            }
            ExprKind::And(logical) => return self.logical("and", logical, locations.and),
            ExprKind::Or(logical) => return self.logical("or", logical, locations.or),
            ExprKind::Not(not) => {
                members.push(("body", self.body(&not.body)));
                members.push(("explicit_body", Doc::Bool(not.explicit)));
                self.place(&mut members, locations.not, &not.location);
                members.push(("type", Doc::text("not")));
            }
        }
        Doc::Object(members)
    }

    fn logical(&self, name: &str, logical: &Logical, place: bool) -> Doc {
        let mut members = Members::new();
        if logical.explicit_lhs {
            members.push(("explicit_lhs", Doc::Bool(true)));
        }
        if logical.explicit_rhs {
            members.push(("explicit_rhs", Doc::Bool(true)));
        }
        members.push(("lhs", self.body(&logical.lhs)));
        self.place(&mut members, place, &logical.location);
        members.push(("rhs", self.body(&logical.rhs)));
        members.push(("type", Doc::text(name)));
        Doc::Object(members)
    }

    fn with(&self, with: &With) -> Doc {
        let mut members = Members::new();
        self.place(&mut members, self.options.locations.with, &with.location);
        members.push(("target", self.term(&with.target)));
        members.push(("value", self.term(&with.value)));
        Doc::Object(members)
    }

    fn terms<'t>(&self, terms: impl IntoIterator<Item = &'t Term>) -> Doc {
        Doc::Array(terms.into_iter().map(|term| self.term(term)).collect())
    }

    fn term(&self, term: &Term) -> Doc {
        if (self.stopped)() {
            return Doc::Null;
        }
        let mut members = Members::new();
        self.place(&mut members, self.options.locations.term, &term.location);
        members.push(("type", Doc::text(term.kind.name())));
        members.push(("value", self.kind(&term.kind)));
        Doc::Object(members)
    }

    fn kind(&self, kind: &TermKind) -> Doc {
        match kind {
            // An empty object in OPA: its null has no members.
            TermKind::Null => Doc::Object(Members::new()),
            TermKind::Bool(value) => Doc::Bool(*value),
            TermKind::Number(number) => Doc::Number(number.clone()),
            TermKind::String(text) => Doc::text(&shown(text)),
            TermKind::Var(text) => Doc::text(text),
            TermKind::Ref(terms) | TermKind::Array(terms) | TermKind::Call(terms) => {
                self.terms(terms)
            }
            TermKind::Set(elements) => self.terms(sorted_terms(elements)),
            TermKind::Object(members) => {
                let members = sorted_members(members).into_iter();
                let pairs =
                    members.map(|(key, value)| Doc::Array(vec![self.term(key), self.term(value)]));
                Doc::Array(pairs.collect())
            }
            TermKind::ArrayComprehension(comprehension)
            | TermKind::SetComprehension(comprehension) => self.comprehension(comprehension),
            TermKind::ObjectComprehension(comprehension) => Doc::Object(vec![
                ("key", self.term(&comprehension.key)),
                ("value", self.term(&comprehension.value)),
                ("body", self.body(&comprehension.body)),
            ]),
            TermKind::TemplateString(template) => self.template(template),
        }
    }

    fn comprehension(&self, comprehension: &Comprehension) -> Doc {
        Doc::Object(vec![
            ("term", self.term(&comprehension.term)),
            ("body", self.body(&comprehension.body)),
        ])
    }

    fn template(&self, template: &TemplateString) -> Doc {
        let parts = template.parts.iter();
        let parts = parts.map(|part| match part {
            TemplatePart::Term(term) => self.term(term),
            TemplatePart::Expr(expr) => self.expr(expr),
        });
        // Without parts, OPA has no list at all.
        let empty = template.parts.is_empty();
        let parts = if empty { Doc::Null } else { Doc::Array(parts.collect()) };
        Doc::Object(vec![("parts", parts), ("multi_line", Doc::Bool(template.multi_line))])
    }
}

/// The text of a place, of which the end may lie within a character.
fn source_bytes(location: &Location) -> &[u8] {
    let start = usize::try_from(location.offset).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(location.length).unwrap_or(usize::MAX));
    let source = location.source.as_deref();
    source.and_then(|source| source.text.as_bytes().get(start..end)).unwrap_or_default()
}
