//! The syntax tree of a module, as OPA writes it: its JSON, and a sketch for readers
//! (`v1/ast/pretty.go`).

use crate::back::native_errors;
use crate::error::RegoErrors;
use crate::options::CompileOptions;
use crate::walk::{self, Visitor};
use referee_rego_syntax::ast::{
    Body, Expr, ExprKind, Import, Logical, Module, RegoVersion, Rule, Term, TermKind,
};
use referee_rego_syntax::compare::{sorted_members, sorted_terms};
use referee_rego_syntax::json::{JsonOptions, module_to_text};
use referee_rego_syntax::{
    ParseOptions, parse_module, parse_module_bytes, parse_query, parse_term, print, term_error,
};
use std::fmt::Write as _;
use std::sync::Arc;

/// The syntax tree of a module.
#[derive(Clone, Debug)]
pub struct SyntaxTree {
    module: Arc<Module>,
}

impl SyntaxTree {
    /// Parses a module.
    ///
    /// # Errors
    /// Everything that is wrong with its syntax.
    pub fn parse(name: &str, text: &str, rego_v0: bool) -> Result<Self, RegoErrors> {
        let version = if rego_v0 { RegoVersion::V0 } else { RegoVersion::V1 };
        let options = ParseOptions::new(version).with_annotations(true);
        let module = parse_module(name, text, &options).map_err(native_errors)?;
        Ok(Self { module: Arc::new(module) })
    }

    /// Parses a module of bytes that may be no UTF-8, which is an error of it.
    ///
    /// # Errors
    /// Everything that is wrong with its syntax.
    pub fn parse_bytes(name: &str, bytes: &[u8]) -> Result<Self, RegoErrors> {
        let options = ParseOptions::new(RegoVersion::V1).with_annotations(true);
        let module = parse_module_bytes(name, bytes, &options).map_err(native_errors)?;
        Ok(Self { module: Arc::new(module) })
    }

    /// Parses a module as a program with these options would.
    ///
    /// # Errors
    /// Everything that is wrong with its syntax.
    pub fn of_module(
        module: &crate::program::Module,
        options: &CompileOptions,
    ) -> Result<Self, RegoErrors> {
        let parsed = crate::back::native_parse(module, options)?;
        Ok(Self { module: Arc::new(parsed) })
    }

    pub(crate) fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// The package as Rego writes it, with `data`: `data.a["b-c"]`.
    #[must_use]
    pub fn package_text(&self) -> String {
        TermKind::Ref(self.module.package.path.clone()).to_string()
    }

    /// The package, part by part, without `data`.
    #[must_use]
    pub fn package_parts(&self) -> Vec<String> {
        let parts = self.module.package.path.iter().skip(1);
        let text = |term: &Term| match &term.kind {
            TermKind::String(name) | TermKind::Var(name) => Some(name.to_string()),
            _ => None,
        };
        parts.filter_map(text).collect()
    }

    /// The paths under `input` that its rules name, as far as their keys stand in the text; an
    /// `input` on its own is left out.
    #[must_use]
    pub fn input_paths(&self) -> Vec<Vec<String>> {
        self.paths("input", &self.module)
    }

    /// The paths under `data` that its imports and rules name, in the same way.
    #[must_use]
    pub fn data_paths(&self) -> Vec<Vec<String>> {
        self.paths("data", &self.module)
    }

    fn paths(&self, head: &'static str, module: &Module) -> Vec<Vec<String>> {
        let mut found = Named { head, paths: Vec::new() };
        module.imports.iter().for_each(|import| walk::term(&import.path, &mut found));
        module.rules.iter().for_each(|rule| walk::rule(rule, &mut found));
        found.paths
    }

    /// OPA's JSON of it, on many lines, with the places of nodes and with comments where asked.
    #[must_use]
    pub fn to_json(&self, locations: bool, comments: bool) -> String {
        module_to_text(&self.module, &JsonOptions::opa_parse(locations, comments), true)
    }

    /// A sketch: a node on each line, indented by its depth.
    #[must_use]
    pub fn sketch(&self, comments: bool) -> String {
        let mut sketch = Sketch::default();
        sketch.module(&self.module, comments);
        sketch.text
    }
}

/// Looks at the syntax of a query, as OPA's server does. Whether it asks anything: a comment alone
/// does not.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check_query(query: &str) -> Result<bool, RegoErrors> {
    let body = parse_query(query, &ParseOptions::new(RegoVersion::V1)).map_err(native_errors)?;
    Ok(!body.is_empty())
}

/// A query as OPA's `String()` writes what it was parsed to, on one line: `x=1 # one` is `x = 1`, and
/// operators other than `=` are calls.
///
/// # Errors
/// What is wrong with its syntax.
pub fn query_text(query: &str) -> Result<String, RegoErrors> {
    let body = parse_query(query, &ParseOptions::new(RegoVersion::V1)).map_err(native_errors)?;
    Ok(print::body(&body))
}

/// Looks at the syntax of something that is to be unknown: a single term.
///
/// # Errors
/// What is wrong with it, in OPA's words: those of all layers in one text.
pub fn check_term(term: &str) -> Result<(), String> {
    let parsed = parse_term(term, &ParseOptions::new(RegoVersion::V1));
    parsed.map(drop).map_err(|errors| term_error(&errors))
}

/// Looks at the syntax of a reference.
///
/// # Errors
/// What is wrong with it, in OPA's words: those of all layers in one text.
pub fn check_reference(reference: &str) -> Result<(), String> {
    let parsed = parse_term(reference, &ParseOptions::new(RegoVersion::V1));
    match parsed.map_err(|errors| format!("failed to parse ref: {}", term_error(&errors)))?.kind {
        TermKind::Ref(_) => Ok(()),
        TermKind::Var(name) if name == "data" || name == "input" => Ok(()),
        _ => Err(format!("expected ref but got {reference}")),
    }
}

/// Collects paths under a document.
struct Named {
    head: &'static str,
    paths: Vec<Vec<String>>,
}

impl Visitor for Named {
    fn term(&mut self, term: &Term) {
        let TermKind::Ref(parts) = &term.kind else { return };
        let Some((head, keys)) = parts.split_first() else { return };
        if !matches!(&head.kind, TermKind::Var(name) if name == self.head) {
            return;
        }
        let key = |term: &Term| match &term.kind {
            TermKind::String(name) => Some(name.to_string()),
            _ => None,
        };
        let path: Vec<String> = keys.iter().map_while(key).collect();
        if !path.is_empty() {
            self.paths.push(path);
        }
    }
}

#[derive(Default)]
struct Sketch {
    text: String,
    depth: usize,
}

impl Sketch {
    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{}{text}", " ".repeat(self.depth));
    }

    fn node(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        self.line(name);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn module(&mut self, module: &Module, comments: bool) {
        self.node("module", |sketch| {
            sketch.node("package", |sketch| sketch.reference(&module.package.path));
            module.imports.iter().for_each(|import| sketch.import(import));
            module.rules.iter().for_each(|rule| sketch.rule(rule));
            module.annotations.iter().for_each(|_| sketch.line("annotations"));
            if comments {
                module.comments.iter().for_each(|_| sketch.line("comment"));
            }
        });
    }

    fn import(&mut self, import: &Import) {
        self.node("import", |sketch| {
            sketch.term(&import.path);
            sketch.line(import.alias.as_deref().unwrap_or_default());
        });
    }

    fn rule(&mut self, rule: &Rule) {
        self.node("rule", |sketch| {
            sketch.node("head", |sketch| {
                let head = &rule.head;
                sketch.reference(&head.reference);
                match head.args.as_deref() {
                    None | Some([]) => {}
                    Some(args) => sketch.node("args", |sketch| sketch.terms(args)),
                }
                head.value.iter().for_each(|value| sketch.term(value));
            });
            sketch.body(&rule.body);
            rule.else_rule.iter().for_each(|other| sketch.rule(other));
        });
    }

    fn body(&mut self, body: &Body) {
        self.node("body", |sketch| body.iter().for_each(|expr| sketch.expr(expr)));
    }

    fn expr(&mut self, expr: &Expr) {
        let negated = if expr.negated { "negated " } else { "" };
        self.node(&format!("expr {negated}index={}", expr.index), |sketch| {
            match &expr.kind {
                ExprKind::Term(term) => sketch.term(term),
                ExprKind::Call(terms) => sketch.terms(terms),
                ExprKind::Some(some) => {
                    sketch.node("somedecl", |sketch| sketch.terms(&some.symbols));
                }
                ExprKind::Every(every) => sketch.node("every", |sketch| {
                    every.key.iter().for_each(|key| sketch.term(key));
                    sketch.term(&every.value);
                    sketch.term(&every.domain);
                    sketch.body(&every.body);
                }),
                ExprKind::And(sides) => sketch.sides("logicaland", sides),
                ExprKind::Or(sides) => sketch.sides("logicalor", sides),
                ExprKind::Not(not) => sketch.node("not", |sketch| sketch.body(&not.body)),
            }
            for with in &expr.with {
                sketch.node("with", |sketch| {
                    sketch.term(&with.target);
                    sketch.term(&with.value);
                });
            }
        });
    }

    fn sides(&mut self, name: &str, sides: &Logical) {
        self.node(name, |sketch| {
            sketch.body(&sides.lhs);
            sketch.body(&sides.rhs);
        });
    }

    fn terms(&mut self, terms: &[Term]) {
        terms.iter().for_each(|term| self.term(term));
    }

    fn reference(&mut self, terms: &[Term]) {
        self.node("ref", |sketch| sketch.terms(terms));
    }

    fn term(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Ref(terms) => self.reference(terms),
            TermKind::Array(terms) => self.node("array", |sketch| sketch.terms(terms)),
            TermKind::Call(terms) => self.node("call", |sketch| sketch.terms(terms)),
            TermKind::Set(terms) => self.node("set", |sketch| {
                sorted_terms(terms).into_iter().for_each(|term| sketch.term(term));
            }),
            TermKind::Object(members) => self.node("object", |sketch| {
                for (key, value) in sorted_members(members) {
                    sketch.term(key);
                    sketch.term(value);
                }
            }),
            TermKind::ArrayComprehension(inner) => {
                self.comprehension("arraycomprehension", &[&inner.term], &inner.body);
            }
            TermKind::SetComprehension(inner) => {
                self.comprehension("setcomprehension", &[&inner.term], &inner.body);
            }
            TermKind::ObjectComprehension(inner) => {
                let heads = [&inner.key, &inner.value];
                self.comprehension("objectcomprehension", &heads, &inner.body);
            }
            TermKind::TemplateString(_) => self.line("templatestring"),
            TermKind::Null
            | TermKind::Bool(_)
            | TermKind::Number(_)
            | TermKind::String(_)
            | TermKind::Var(_) => self.line(&term.kind.to_string()),
        }
    }

    fn comprehension(&mut self, name: &str, heads: &[&Term], body: &Body) {
        self.node(name, |sketch| {
            heads.iter().for_each(|term| sketch.term(term));
            sketch.body(body);
        });
    }
}
