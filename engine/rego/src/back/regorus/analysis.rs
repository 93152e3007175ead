//! What can be told of modules before they are evaluated: their rules, unknown functions, wrong
//! numbers of arguments, recursion.
//!
//! The interpreter finds unknown functions only when it calls them, and recursion only when it
//! runs into it; a function that calls itself it does not find at all, and overflows the stack.

use super::graph::{Graph, Node};
use super::syntax::{self, Call, Reference, Uses};
use super::world;
use crate::error::{Location, RegoCode, RegoError};
use crate::path::data_path;
use crate::reads::Reads;
use crate::rules::{RuleInfo, RuleKind};
use regorus::unstable::{BUILTINS, Expr, Module, Ref, Rule, RuleHead, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What was found.
pub(super) struct Analysis {
    pub(super) rules: Vec<RuleInfo>,
    pub(super) packages: Vec<String>,
    pub(super) errors: Vec<RegoError>,
    /// The first names of all that is called or referred to: no builtin is called whose name
    /// begins with another.
    pub(super) roots: BTreeSet<String>,
    pub(super) reads: Reads,
}

/// One definition with what it uses.
struct Definition<'a> {
    module: &'a Scope<'a>,
    path: Vec<String>,
    rule: &'a Rule,
    uses: Uses<'a>,
}

/// One module, as names in it are looked up.
struct Scope<'a> {
    package: Vec<String>,
    /// What an imported name stands for, without `data`; imports of `input` are left out.
    imports: BTreeMap<&'a str, Vec<String>>,
    module: &'a Module,
}

pub(super) fn analyse(modules: &[Ref<Module>]) -> Analysis {
    let scopes: Vec<_> = modules.iter().map(|module| scope(module)).collect();
    let mut rules = Vec::new();
    let mut definitions = Vec::new();
    let mut reads = Reads::default();
    for scope in &scopes {
        for rule in &scope.module.policy {
            if let Some((path, info)) = describe(scope, rule) {
                rules.push(info);
                let uses = Uses::of(rule);
                definitions.push(Definition { module: scope, path, rule, uses });
            } else {
                // A head that no parser gives: nothing is known of it.
                reads.whole_input = true;
                reads.volatile = true;
            }
        }
    }
    let mut errors = check_calls(&definitions, &rules);
    errors.extend(check_graph(&definitions, &rules));
    let packages = scopes.iter().map(|scope| package_name(&scope.package)).collect();
    modules.iter().for_each(|module| world::add_imports(module, &mut reads));
    definitions.iter().for_each(|definition| world::add_rule(&definition.uses, &mut reads));
    let uses = definitions.iter().map(|definition| &definition.uses);
    let roots = uses
        .flat_map(|uses| uses.references.iter().chain(uses.calls.iter().map(|call| &call.function)))
        .map(|reference| reference.root.text().to_owned())
        .collect();
    Analysis { rules, packages, errors, roots, reads }
}

fn scope(module: &Module) -> Scope<'_> {
    let mut imports = BTreeMap::new();
    for import in &module.imports {
        let Some(reference) = syntax::reference(&import.refr) else { continue };
        if reference.root.text() != "data" || !reference.is_constant() {
            continue;
        }
        let name = match (&import.r#as, import.refr.as_ref()) {
            (Some(alias), _) => Some(alias.text()),
            (None, Expr::RefDot { field, .. }) => Some(field.0.text()),
            (None, Expr::RefBrack { index, .. }) => {
                Some(index.span().text().trim_matches(['"', '`']))
            }
            _ => None,
        };
        if let Some(name) = name {
            imports.insert(name, reference.names().cloned().collect());
        }
    }
    Scope { package: names(&module.package.refr), imports, module }
}

/// The names of a constant reference, its first variable included; of another as far as it is.
fn names(expr: &Expr) -> Vec<String> {
    let Some(reference) = syntax::reference(expr) else { return Vec::new() };
    let mut names = vec![reference.root.text().to_owned()];
    names.extend(reference.names().cloned());
    names
}

fn package_name(package: &[String]) -> String {
    let path = data_path(package.iter().map(String::as_str));
    let name = path.strip_prefix("data").unwrap_or(&path);
    name.strip_prefix('.').unwrap_or(name).to_owned()
}

/// The whole path of a rule, and what is told of it.
fn describe(scope: &Scope<'_>, rule: &Rule) -> Option<(Vec<String>, RuleInfo)> {
    let (refr, default) = match rule {
        Rule::Spec { head, .. } => (head_reference(head), false),
        Rule::Default { refr, .. } => (refr.as_ref(), true),
    };
    let reference = syntax::reference(refr)?;
    let mut name = names(refr);
    let kind = match rule {
        Rule::Default { args, .. } if args.is_empty() => RuleKind::Complete,
        Rule::Default { args, .. } => RuleKind::Function { arity: args.len() },
        Rule::Spec { head: RuleHead::Func { args, .. }, .. } => {
            RuleKind::Function { arity: args.len() }
        }
        Rule::Spec { head: RuleHead::Set { key, .. }, .. } => {
            // The old form `deny[message] { … }`, whose index belongs to the set.
            if key.is_none() && reference.is_constant() && name.len() > 1 {
                name.pop();
            }
            RuleKind::PartialSet
        }
        Rule::Spec { head: RuleHead::Compr { .. }, .. } if reference.is_constant() => {
            RuleKind::Complete
        }
        Rule::Spec { head: RuleHead::Compr { .. }, .. } => RuleKind::PartialObject,
    };
    let mut path = scope.package.clone();
    path.extend(name.iter().cloned());
    let start = usize::try_from(reference.root.start).ok()?;
    let end = usize::try_from(reference.root.end).ok()?;
    let info = RuleInfo {
        package: package_name(&scope.package),
        name: package_name(&name),
        path: data_path(path.iter().map(String::as_str)),
        kind,
        default,
        location: location(rule.span()),
        head: start..end,
    };
    Some((path, info))
}

fn head_reference(head: &RuleHead) -> &Expr {
    match head {
        RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => {
            refr
        }
    }
}

fn location(span: &Span) -> Location {
    let col = super::diagnostics::column(line(span), span.col);
    Location { file: span.source.file().clone(), row: span.line, col }
}

fn line(span: &Span) -> &str {
    span.source.line(span.line.saturating_sub(1))
}

fn error(code: RegoCode, message: String, span: &Span) -> RegoError {
    RegoError::new(code, message).at(location(span)).with_snippet(line(span))
}

/// The rules of a program, by their paths.
type Paths = BTreeMap<Vec<String>, usize>;

/// The path that a reference leads to, without `data`; `None` where it leads to no data.
fn resolve(
    definition: &Definition<'_>,
    reference: &Reference<'_>,
    own: &Paths,
) -> Option<Vec<Option<String>>> {
    let root = reference.root.text();
    let mut path = if root == "data" {
        Vec::new()
    } else if let Some(imported) = definition.module.imports.get(root) {
        imported.clone()
    } else {
        let mut path = definition.module.package.clone();
        path.push(root.to_owned());
        // A name that nothing in the package begins with is a variable.
        let next = own.range(path.clone()..).next();
        next.filter(|(found, _)| found.starts_with(&path))?;
        path
    };
    let mut path: Vec<_> = path.drain(..).map(Some).collect();
    path.extend(reference.steps.iter().cloned());
    Some(path)
}

/// Every call of a function that is not there, or takes another number of arguments.
fn check_calls(definitions: &[Definition<'_>], rules: &[RuleInfo]) -> Vec<RegoError> {
    let mut arities: BTreeMap<&[String], usize> = BTreeMap::new();
    let mut own = BTreeMap::new();
    for (definition, info) in definitions.iter().zip(rules) {
        own.insert(definition.path.clone(), 0);
        if let RuleKind::Function { arity } = info.kind {
            arities.insert(&definition.path, arity);
        }
    }
    let mut errors = Vec::new();
    for definition in definitions {
        for call in &definition.uses.calls {
            errors.extend(check_call(definition, call, &arities, &own));
        }
    }
    errors
}

fn check_call(
    definition: &Definition<'_>,
    Call { function, arguments }: &Call<'_>,
    arities: &BTreeMap<&[String], usize>,
    own: &Paths,
) -> Option<RegoError> {
    let mut name = function.root.text().to_owned();
    for step in function.names() {
        name.push('.');
        name.push_str(step);
    }
    let path = resolve(definition, function, own);
    let path: Option<Vec<String>> = path.and_then(|path| path.into_iter().collect());
    if let Some(arity) = path.as_deref().and_then(|path| arities.get(path)) {
        // One argument more than a function takes receives its value: `f(x, value)`.
        let fits = arguments == arity || *arguments == arity.saturating_add(1);
        let message = || format!("function {name} takes {arity} arguments, not {arguments}");
        return (!fits).then(|| error(RegoCode::Type, message(), function.root));
    }
    let builtin = name == "print" || BUILTINS.contains_key(name.as_str());
    (!builtin && function.is_constant())
        .then(|| error(RegoCode::Type, format!("undefined function {name}"), function.root))
}

/// Recursion, and chains of rules too long for the stack.
fn check_graph(definitions: &[Definition<'_>], rules: &[RuleInfo]) -> Vec<RegoError> {
    let mut own = Paths::new();
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut members = Vec::with_capacity(definitions.len());
    for (definition, info) in definitions.iter().zip(rules) {
        let next = nodes.len();
        let index = *own.entry(definition.path.clone()).or_insert(next);
        if index == next {
            let span = definition.rule.span();
            nodes.push(Node { name: &info.path, span, edges: BTreeSet::new(), weight: 0 });
        }
        members.push(index);
    }
    for (definition, index) in definitions.iter().zip(members) {
        let mut edges = Vec::new();
        let uses = &definition.uses;
        let locals = &uses.locals;
        // A local variable hides a rule of its name, but cannot be called.
        let references =
            uses.references.iter().filter(|reference| !locals.contains(reference.root.text()));
        for reference in references.chain(uses.calls.iter().map(|call| &call.function)) {
            if let Some(path) = resolve(definition, reference, &own) {
                related(&own, &path, &mut edges);
            }
        }
        if let Some(node) = nodes.get_mut(index) {
            node.edges.extend(edges);
            node.weight = node.weight.max(uses.depth);
        }
    }
    Graph::new(nodes)
        .check()
        .map(|(message, code, span)| error(code, message, span))
        .into_iter()
        .collect()
}

/// The rules that a reference to `path` reads: those at it, above it and below it, where an
/// unknown step fits every name.
fn related(own: &Paths, path: &[Option<String>], found: &mut Vec<usize>) {
    let known: Vec<String> = path.iter().map_while(Option::clone).collect();
    for length in 1..known.len() {
        found.extend(known.get(..length).and_then(|above| own.get(above)));
    }
    let fits = |other: &[String]| {
        path.iter().zip(other).all(|(step, name)| step.as_ref().is_none_or(|step| step == name))
    };
    let below = own.range(known.clone()..).take_while(|(other, _)| other.starts_with(&known));
    found.extend(below.filter(|(other, _)| fits(other)).map(|(_, index)| *index));
}
