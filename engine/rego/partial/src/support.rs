//! Rules that stay beside the remaining queries (OPA's `saveSupport`).

use crate::convert;
use crate::machine::{Eval, Machine};
use crate::propagate::{self, Propagation};
use crate::term::Term;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{self, RegoVersion, TermKind};
use referee_rego_syntax::compare::{compare_bodies, compare_slices, compare_terms};
use referee_rego_syntax::print;
use referee_rego_value::{Str, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The rules that stay, by the text of their package.
#[derive(Debug, Default)]
pub(crate) struct Support {
    modules: BTreeMap<String, (ast::Ref, Vec<ast::Rule>)>,
}

/// Whether a string can be written as a variable.
fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// The package of a path, and the rule in it: the last of the names that lead it.
pub(crate) fn split(path: &[Term]) -> (Vec<Term>, Vec<Term>) {
    let text = |term: &Term| term.value().and_then(Value::as_str).map(str::to_owned);
    let mut start = 2;
    for (at, part) in path.iter().enumerate().skip(2) {
        match text(part) {
            Some(name) if is_name(&name) => start = at,
            _ => break,
        }
    }
    let (package, rule) = path.split_at_checked(start).unwrap_or((path, &[]));
    (package.to_vec(), rule.to_vec())
}

/// A reference inside a package, its name being a variable.
fn head_ref(parts: &[Term]) -> ast::Ref {
    let part = |(at, part): (usize, &Term)| match (at, part) {
        (0, Term::Value(Value::String(name))) => convert::variable(name),
        _ => convert::written(part),
    };
    parts.iter().enumerate().map(part).collect()
}

fn written_ref(parts: &[Term]) -> ast::Ref {
    parts.iter().map(convert::written).collect()
}

/// The name at the head of a reference.
pub(crate) fn name_of(parts: &ast::Ref) -> Str {
    match parts.first().map(|head| &head.kind) {
        Some(TermKind::Var(name)) => name.clone(),
        _ => Str::default(),
    }
}

fn compare_rules(a: &ast::Rule, b: &ast::Rule) -> Ordering {
    let args = |rule: &ast::Rule| rule.head.args.clone().unwrap_or_default();
    let terms = |a: Option<&ast::Term>, b: Option<&ast::Term>| match (a, b) {
        (Some(a), Some(b)) => compare_terms(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    compare_slices(&args(a), &args(b))
        .then_with(|| compare_slices(&a.head.reference, &b.head.reference))
        .then_with(|| a.head.name.as_str().cmp(b.head.name.as_str()))
        .then_with(|| terms(a.head.key.as_ref(), b.head.key.as_ref()))
        .then_with(|| terms(a.head.value.as_ref(), b.head.value.as_ref()))
        .then_with(|| a.default.cmp(&b.default))
        .then_with(|| compare_bodies(&a.body, &b.body))
}

impl Support {
    /// Whether there are rules at a path.
    pub(crate) fn has(&self, path: &[Term]) -> bool {
        let (package, rule) = split(path);
        let Some((_, rules)) = self.modules.get(&print::reference(&written_ref(&package))) else {
            return false;
        };
        let wanted = head_ref(&rule);
        if wanted.len() == 1 {
            let name = name_of(&wanted);
            return rules.iter().any(|rule| rule.head.name == name);
        }
        rules.iter().any(|rule| {
            let head = &rule.head.reference;
            head.len() >= wanted.len()
                && head.iter().zip(&wanted).all(|(a, b)| compare_terms(a, b).is_eq())
        })
    }

    fn insert(&mut self, package: &[Term], rule: ast::Rule) {
        let package = written_ref(package);
        let entry = self.modules.entry(print::reference(&package));
        entry.or_insert_with(|| (package, Vec::new())).1.push(rule);
    }

    /// The modules, by package.
    pub(crate) fn into_modules(self, version: RegoVersion) -> Vec<ast::Module> {
        let module = |(path, mut rules): (ast::Ref, Vec<ast::Rule>)| {
            rules.sort_by(compare_rules);
            ast::Module {
                package: ast::Package { path, location: Location::NONE },
                imports: Vec::new(),
                rules,
                annotations: Vec::new(),
                comments: Vec::new(),
                version,
            }
        };
        self.modules.into_values().map(module).collect()
    }
}

impl Machine<'_, '_> {
    /// A path of `data` as it stands in the support: under the namespace.
    pub(crate) fn supported(&self, parts: &[Term]) -> Vec<Term> {
        let mut path = parts.to_vec();
        if !self.settings.skip_namespace && !path.is_empty() {
            path.insert(1, Term::Value(Value::from(self.settings.namespace)));
        }
        path
    }

    /// A term as one of the tree, counted.
    pub(crate) fn written_term(&mut self, term: &Term) -> Eval<ast::Term> {
        self.measure(term)?;
        Ok(convert::written(term))
    }

    /// A reference inside a package, its name being a variable, counted.
    pub(crate) fn written_head(&mut self, parts: &[Term]) -> Eval<ast::Head> {
        for part in parts {
            self.measure(part)?;
        }
        Ok(ast::Head { reference: head_ref(parts), ..ast::Head::default() })
    }

    /// Keeps a rule. Where asked, its body is simplified first.
    pub(crate) fn keep_support(
        &mut self,
        package: &[Term],
        (head, default): (ast::Head, bool),
        body: ast::Body,
        simplify: bool,
    ) -> Eval<()> {
        let body = if simplify && !self.settings.shallow_inlining {
            let live = propagate::head_vars(&head);
            Propagation::new(&self.rules.compiled, live, true).apply(body)
        } else {
            body
        };
        self.context.reserve(512)?;
        self.support.insert(
            package,
            ast::Rule {
                default,
                head,
                body,
                else_rule: None,
                annotations: Vec::new(),
                generated_body: false,
                location: Location::NONE,
            },
        );
        Ok(())
    }
}
