//! Template strings become calls of `internal.template_string` (OPA's stage
//! RewriteTemplateStrings). What may be undefined is collected in a set, so that an undefined part
//! does not make the whole undefined.

use crate::errors::{Errors, compile};
use crate::make::{self, Generator};
use crate::names::VarSet;
use crate::order;
use crate::outputs;
use crate::tree::{Arities, Modules, rule_at};
use crate::vars::{self, Params};
use crate::walk::{self, Node};
use crate::walk_mut;
use referee_rego_syntax::ast::{
    Body, Comprehension, Expr, ExprKind, Module, TemplatePart, TemplateString, Term, TermKind,
};
use referee_rego_syntax::inspect::is_ground;
use referee_rego_syntax::print;
use referee_rego_syntax::{Error, Location};
use referee_rego_types::Capabilities;
use referee_rego_value::Str;
use std::collections::HashMap;

/// Of how many errors on it is not worth to look for more.
const ENOUGH: usize = 64;

/// What is known of a rule before templates are rewritten.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    default: bool,
    set: bool,
    constant: bool,
}

/// Rewrites template strings.
pub(crate) struct Templates<'c> {
    generator: &'c mut Generator,
    rewritten: &'c HashMap<Str, Str>,
    arities: Arities<'c>,
    facts: Vec<Facts>,
    supported: bool,
    errors: Vec<Error>,
}

fn is_constant_value(term: &Term) -> bool {
    match &term.kind {
        TermKind::Var(_) => true,
        TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_) => is_ground(term),
        _ => crate::names::is_scalar(term),
    }
}

fn is_template(node: Node<'_>) -> bool {
    matches!(node, Node::Term(Term { kind: TermKind::TemplateString(_), .. }))
}

/// Whether there are template strings in a body.
pub(crate) fn has_template(body: &[Expr]) -> bool {
    let mut found = false;
    walk::body(body, &mut |node| {
        found = found || is_template(node);
        found
    });
    found
}

fn module_has_template(module: &Module) -> bool {
    let mut found = false;
    for rule in walk::rules(module) {
        walk::rule(rule, &mut |node| {
            found = found || is_template(node);
            found
        });
    }
    found
}

impl<'c> Templates<'c> {
    /// Over the rules of some modules.
    pub(crate) fn new<M: Modules + ?Sized>(
        generator: &'c mut Generator,
        rewritten: &'c HashMap<Str, Str>,
        arities: Arities<'c>,
        capabilities: &Capabilities,
        modules: &M,
    ) -> Self {
        let facts = arities.tree.rules().iter().map(|place| match rule_at(modules, *place) {
            Some((_, rule)) => Facts {
                default: rule.default,
                set: rule.head.value.is_none(),
                constant: make::is_empty(&rule.body)
                    && rule.head.value.as_ref().is_some_and(is_constant_value),
            },
            None => Facts::default(),
        });
        let supported = capabilities.has_feature("template_strings")
            && capabilities.builtins.contains_key("internal.template_string");
        let facts = facts.collect();
        Self { generator, rewritten, arities, facts, supported, errors: Vec::new() }
    }

    /// Rewrites all modules; whether there was anything to rewrite.
    pub(crate) fn run(mut self, modules: &mut [Module], errors: &mut Errors) -> bool {
        let mut any = false;
        for module in modules.iter_mut().filter(|module| module_has_template(module)) {
            any = true;
            walk_mut::rules(module, |rule| {
                let mut safe = VarSet::new();
                vars::of_args(&rule.head, &mut safe);
                safe.extend(&VarSet::reserved());
                let safe = self.body(&mut rule.body, &safe);
                errors.extend(std::mem::take(&mut self.errors));
                let head = &mut rule.head;
                let args = head.args.iter_mut().flatten();
                for term in args.chain(&mut head.key).chain(&mut head.value) {
                    self.term(term, &safe);
                }
                errors.extend(std::mem::take(&mut self.errors));
            });
        }
        any
    }

    /// Rewrites a query.
    pub(crate) fn query(mut self, body: &mut Body) -> Result<(), Vec<Error>> {
        self.body(body, &VarSet::reserved());
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// Rewrites a body; the variables that are bound after it.
    fn body(&mut self, body: &mut Body, globals: &VarSet) -> VarSet {
        let mut safe = outputs::of_body(body, &self.arities, globals);
        safe.extend(globals);
        body.iter_mut().for_each(|expr| self.expr(expr, &safe));
        safe
    }

    fn plain(&mut self, body: &mut Body, safe: &VarSet) {
        body.iter_mut().for_each(|expr| self.expr(expr, safe));
    }

    /// OPA comes once more to a body that it has rewritten: it tells its errors again.
    fn again(&mut self, body: &mut Body, safe: &VarSet, before: usize) {
        if self.errors.len() > before && self.errors.len() < ENOUGH {
            self.plain(body, safe);
        }
    }

    fn expr(&mut self, expr: &mut Expr, safe: &VarSet) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term, safe),
            ExprKind::Call(terms) => terms.iter_mut().for_each(|term| self.term(term, safe)),
            ExprKind::Some(some) => {
                some.symbols.iter_mut().for_each(|term| self.term(term, safe));
            }
            ExprKind::Every(every) => {
                self.top(&mut every.domain, safe);
                let mut inner = safe.clone();
                let mut collector = vars::Collector::new(Params::ALL, &mut inner);
                every.key.iter().for_each(|key| collector.term(key));
                collector.term(&every.value);
                let before = self.errors.len();
                self.body(&mut every.body, &inner);
                every.key.iter_mut().for_each(|key| self.term(key, safe));
                self.term(&mut every.value, safe);
                self.term(&mut every.domain, safe);
                self.again(&mut every.body, safe, before);
            }
            ExprKind::And(both) | ExprKind::Or(both) => {
                self.plain(&mut both.lhs, safe);
                self.plain(&mut both.rhs, safe);
            }
            ExprKind::Not(not) => self.plain(&mut not.body, safe),
        }
        for with in &mut expr.with {
            self.term(&mut with.target, safe);
            self.term(&mut with.value, safe);
        }
    }

    /// A term that may itself be a template string, but not what is in it.
    fn top(&mut self, term: &mut Term, safe: &VarSet) {
        let TermKind::TemplateString(template) = &mut term.kind else { return };
        let before = self.errors.len();
        self.check(template, safe, &term.location);
        if self.errors.len() == before {
            let parts = std::mem::take(&mut template.parts);
            term.kind = TermKind::Call(self.call(parts, &term.location));
        }
    }

    fn term(&mut self, term: &mut Term, safe: &VarSet) {
        self.top(term, safe);
        match &mut term.kind {
            TermKind::Null
            | TermKind::Bool(_)
            | TermKind::Number(_)
            | TermKind::String(_)
            | TermKind::Var(_) => {}
            TermKind::Ref(terms) | TermKind::Array(terms) | TermKind::Call(terms) => {
                terms.iter_mut().for_each(|term| self.term(term, safe));
            }
            TermKind::Set(terms) => {
                terms.iter_mut().for_each(|term| self.term(term, safe));
                order::normalize_set(terms);
            }
            TermKind::Object(members) => {
                for (key, value) in members.iter_mut() {
                    self.term(key, safe);
                    self.term(value, safe);
                }
                order::normalize_object(members);
            }
            TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
                let before = self.errors.len();
                let inner = self.body(&mut found.body, safe);
                self.top(&mut found.term, &inner);
                self.term(&mut found.term, safe);
                self.again(&mut found.body, safe, before);
            }
            TermKind::ObjectComprehension(found) => {
                let before = self.errors.len();
                let inner = self.body(&mut found.body, safe);
                self.top(&mut found.key, &inner);
                self.top(&mut found.value, &inner);
                self.term(&mut found.key, safe);
                self.term(&mut found.value, safe);
                self.again(&mut found.body, safe, before);
            }
            TermKind::TemplateString(template) => {
                for part in &mut template.parts {
                    match part {
                        TemplatePart::Term(term) => self.term(term, safe),
                        TemplatePart::Expr(expr) => self.expr(expr, safe),
                    }
                }
            }
        }
    }

    /// Whether a reference is to a rule that always has a value.
    fn is_defined(&self, reference: &[Term]) -> bool {
        if reference.len() < 2 {
            return false;
        }
        let Some(node) = self.arities.tree.find(reference) else { return false };
        let facts = |id: &crate::tree::RuleId| {
            let at = usize::try_from(id.0).unwrap_or(usize::MAX);
            self.facts.get(at).copied().unwrap_or_default()
        };
        let Some((first, rest)) = node.rules.split_first() else { return false };
        if self.arities.tree.rule(*first).is_none_or(|place| place.args > 0) {
            return false;
        }
        let known = facts(first);
        known.default
            || known.set
            || (rest.is_empty() && known.constant)
            || rest.iter().any(|id| facts(id).default)
    }

    fn check(&mut self, template: &TemplateString, safe: &VarSet, location: &Location) {
        if !self.supported {
            self.errors.push(compile("template-strings are not supported", location));
            return;
        }
        for part in &template.parts {
            let TemplatePart::Expr(expr) = part else { continue };
            let (unbound, location) = match &expr.kind {
                ExprKind::Call(terms) => {
                    let operator = crate::names::operator(terms).unwrap_or_default();
                    let relation = self.arities.builtin(operator).filter(|found| found.relation);
                    if let Some(builtin) = relation {
                        let message = format!(
                            "illegal call to relation built-in '{}' that may cause multiple \
                             outputs",
                            builtin.name
                        );
                        self.errors.push(compile(message, &Location::NONE));
                        continue;
                    }
                    let mut found = VarSet::new();
                    let call = make::term(TermKind::Call(terms.clone()));
                    vars::Collector::new(Params::SAFETY, &mut found).term(&call);
                    (found, &Location::NONE)
                }
                ExprKind::Term(term) => match &term.kind {
                    TermKind::Ref(parts) if self.is_defined(parts) => continue,
                    TermKind::Var(_) => continue,
                    _ => (vars::of_term(term, Params::SAFETY), &term.location),
                },
                kind => {
                    let name = statement_name(kind);
                    let message = format!("unexpected template-string expression type: {name}");
                    self.errors.push(compile(message, &expr.location));
                    continue;
                }
            };
            for name in unbound.without(safe).sorted() {
                let written = self.rewritten.get(&name).unwrap_or(&name);
                let message = format!("var {} is undeclared", print::variable(written));
                self.errors.push(compile(message, location));
            }
        }
    }

    fn call(&mut self, parts: Vec<TemplatePart>, location: &Location) -> Vec<Term> {
        let mut items: Vec<Term> = parts.into_iter().map(|part| self.part(part)).collect();
        if items.is_empty() {
            let kind = TermKind::String(Str::default());
            items.push(Term { kind, location: location.clone() });
        }
        let operator = make::term(TermKind::Ref(make::builtin("internal.template_string")));
        vec![operator, make::term(TermKind::Array(items))]
    }

    fn part(&mut self, part: TemplatePart) -> Term {
        let expr = match part {
            TemplatePart::Term(term) => return term,
            TemplatePart::Expr(expr) => expr,
        };
        let term = match expr.kind {
            ExprKind::Call(terms) => make::term(TermKind::Call(terms)),
            ExprKind::Term(term) => term,
            _ => return make::term(TermKind::Null),
        };
        let known = match &term.kind {
            TermKind::Ref(parts) => self.is_defined(parts),
            TermKind::Var(_) => true,
            _ => false,
        };
        if known {
            return make::term(TermKind::Set(vec![term]));
        }
        let location = term.location.clone();
        let local = self.generator.var(&location);
        let mut capture = make::equality(local.clone(), term, location.clone());
        capture.with = expr.with;
        let found = Comprehension { term: local, body: vec![capture] };
        Term { kind: TermKind::SetComprehension(Box::new(found)), location }
    }
}

/// Go's name of what an expression is.
fn statement_name(kind: &ExprKind) -> &'static str {
    match kind {
        ExprKind::Term(_) => "*ast.Term",
        ExprKind::Call(_) => "[]*ast.Term",
        ExprKind::Some(_) => "*ast.SomeDecl",
        ExprKind::Every(_) => "*ast.Every",
        ExprKind::And(_) => "*ast.LogicalAnd",
        ExprKind::Or(_) => "*ast.LogicalOr",
        ExprKind::Not(_) => "*ast.Not",
    }
}
