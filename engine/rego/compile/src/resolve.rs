//! Names become absolute: imports and rules of the own package are written out (OPA's stage
//! ResolveRefs).

use crate::errors::{Errors, compile};
use crate::names::{VarSet, head_var, root_document};
use crate::order;
use crate::vars::Params;
use crate::walk::{self, Node};
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{
    Body, Expr, ExprKind, Import, Module, Package, Ref, Rule, TemplatePart, Term, TermKind,
};
use referee_rego_syntax::inspect::is_ground;
use referee_rego_syntax::print;
use referee_rego_syntax::{Error, Location};
use referee_rego_value::Str;
use std::collections::HashMap;

/// The names of the rules of each package, by the text of its path.
pub(crate) type Exports = HashMap<String, VarSet>;

/// The names of the rules of all packages.
pub(crate) fn exports(modules: &[Module]) -> Exports {
    let mut exports = Exports::new();
    for module in modules {
        let names = exports.entry(print::reference(&module.package.path)).or_default();
        module.rules.iter().filter_map(|rule| head_var(&rule.head.reference)).for_each(|name| {
            names.insert(name);
        });
    }
    exports
}

/// The names of the rules of one package.
pub(crate) fn exports_of<'m>(
    modules: impl Iterator<Item = &'m Module>,
    package: &[Term],
) -> VarSet {
    let mut found = VarSet::new();
    for module in
        modules.filter(|module| order::compare_lists(&module.package.path, package).is_eq())
    {
        module.rules.iter().filter_map(|rule| head_var(&rule.head.reference)).for_each(|name| {
            found.insert(name);
        });
    }
    found
}

/// The name under which something is imported.
pub(crate) fn import_name(import: &Import) -> Option<&Str> {
    if import.alias.is_some() {
        return import.alias.as_ref();
    }
    match &import.path.kind {
        TermKind::Var(name) => Some(name),
        TermKind::Ref(parts) => match parts.last().map(|part| &part.kind) {
            Some(TermKind::Var(name) | TermKind::String(name)) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The parts of the path of an import; `None` for those of the language (`future`, `rego`).
fn document_path(import: &Import) -> Option<Ref> {
    let parts = match &import.path.kind {
        TermKind::Ref(parts) => parts.clone(),
        TermKind::Var(_) => vec![import.path.clone()],
        _ => return None,
    };
    match head_var(&parts).map(Str::as_str) {
        Some("future" | "rego") => None,
        _ => Some(parts),
    }
}

struct Global {
    reference: Ref,
    used: bool,
    /// How many parts it has in common with the other rules of its package.
    shared: usize,
    /// Where it was met last.
    last: Location,
}

/// Marks a part whose place is not known yet: the column of it.
const PENDING: u32 = u32::MAX;

/// What names mean in a module or a query.
///
/// In OPA all references to the same rule or import are made of the same terms, and all to rules of
/// the package have the terms of its path in common: each stands where the last one stood. Errors
/// about types are told at these places, so they are put there here too.
#[derive(Default)]
pub(crate) struct Names {
    known: HashMap<Str, usize>,
    globals: Vec<Global>,
    /// Where a rule of the package was met last.
    last: Location,
    /// Variables that hide what is meant by their names.
    hidden: Vec<VarSet>,
}

impl Names {
    /// The names in a package with imports.
    pub(crate) fn new(package: &Package, exports: Option<&VarSet>, imports: &[Import]) -> Self {
        let mut names = Self::default();
        for name in exports.iter().flat_map(|names| names.iter()) {
            let mut reference = package.path.clone();
            reference.push(crate::make::term(TermKind::String(name.clone())));
            names.add(name, reference, package.path.len());
        }
        for import in imports {
            if let (Some(name), Some(reference)) = (import_name(import), document_path(import)) {
                names.add(name, reference, 0);
            }
        }
        names
    }

    fn add(&mut self, name: &Str, reference: Ref, shared: usize) {
        self.known.insert(name.clone(), self.globals.len());
        self.globals.push(Global { reference, used: false, shared, last: Location::NONE });
    }

    fn is_used(&self, name: &str) -> bool {
        let global = self.known.get(name).and_then(|at| self.globals.get(*at));
        global.is_none_or(|global| global.used)
    }

    /// What a variable stands for, at a place.
    fn resolve(&mut self, name: &str, location: &Location) -> Option<Ref> {
        let at = *self.known.get(name)?;
        let global = self.globals.get_mut(at)?;
        if self.hidden.iter().any(|names| names.contains(name)) {
            return None;
        }
        global.used = true;
        global.last.clone_from(location);
        if global.shared > 0 {
            self.last.clone_from(location);
        }
        let offset = u32::try_from(at).unwrap_or(u32::MAX);
        let pending = Location { offset, col: PENDING, ..Location::NONE };
        let part = |part: &Term| Term { kind: part.kind.clone(), location: pending.clone() };
        Some(global.reference.iter().map(part).collect())
    }

    /// Puts parts of references where they stand, now that all have been met.
    fn settle(&self, node: NodeMut<'_>) -> bool {
        if let NodeMut::Term(Term { kind: TermKind::Ref(parts), .. }) = node {
            for (at, part) in parts.iter_mut().enumerate() {
                if part.location.col != PENDING {
                    break;
                }
                let global = usize::try_from(part.location.offset).unwrap_or(usize::MAX);
                if let Some(global) = self.globals.get(global) {
                    let shared = at < global.shared;
                    part.location = if shared { self.last.clone() } else { global.last.clone() };
                }
            }
        }
        false
    }

    fn within(&mut self, hidden: VarSet, act: impl FnOnce(&mut Self)) {
        self.hidden.push(hidden);
        act(self);
        self.hidden.pop();
    }

    /// Resolves the names in a query.
    pub(crate) fn query(&mut self, body: &mut Body) {
        let declared = declared_in_body(body);
        self.within(declared, |names| names.body(body));
        walk_mut::body(body, &mut |node| self.settle(node));
    }

    fn rule(&mut self, rule: &mut Rule) -> Result<(), Error> {
        let hidden = argument_vars(rule)?;
        let declared = declared_in_body(&rule.body);
        self.within(hidden, |names| {
            names.within(declared, |names| {
                names.terms(rule.head.reference.get_mut(1..).unwrap_or_default());
                let head = &mut rule.head;
                head.key.iter_mut().chain(&mut head.value).for_each(|item| names.term(item));
                names.body(&mut rule.body);
            });
        });
        Ok(())
    }

    fn body(&mut self, body: &mut Body) {
        body.iter_mut().for_each(|expr| self.expr(expr));
    }

    fn terms(&mut self, terms: &mut [Term]) {
        terms.iter_mut().for_each(|term| self.term(term));
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => self.terms(terms),
            ExprKind::Some(some) => {
                if let Some(Term { kind: TermKind::Call(terms), .. }) = some.symbols.first_mut() {
                    self.terms(terms);
                }
            }
            ExprKind::Every(every) => {
                let mut locals = VarSet::new();
                let mut collector = crate::vars::Collector::new(Params::ALL, &mut locals);
                every.key.iter().for_each(|key| collector.term(key));
                collector.term(&every.value);
                self.within(locals, |names| {
                    names.term(&mut every.domain);
                    names.body(&mut every.body);
                });
                // OPA does not keep it.
                every.location = Location::NONE;
            }
            ExprKind::Not(not) => self.body(&mut not.body),
            ExprKind::And(both) | ExprKind::Or(both) => {
                self.body(&mut both.lhs);
                self.body(&mut both.rhs);
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.target);
            self.term(&mut with.value);
        }
    }

    fn reference(&mut self, parts: &mut Ref) {
        let head = match parts.first() {
            Some(Term { kind: TermKind::Var(name), location }) => self.resolve(name, location),
            _ => None,
        };
        for (at, part) in parts.iter_mut().enumerate() {
            match &part.kind {
                TermKind::Var(_) if at == 0 => {}
                TermKind::TemplateString(_) => {}
                _ => self.term(part),
            }
        }
        if let Some(head) = head {
            parts.splice(..1, head);
        }
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.kind {
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
            TermKind::Var(name) => {
                if let Some(reference) = self.resolve(name, &term.location) {
                    term.kind = TermKind::Ref(reference);
                }
            }
            TermKind::Ref(parts) => self.reference(parts),
            TermKind::Array(terms) | TermKind::Call(terms) => self.terms(terms),
            TermKind::Set(terms) => {
                order::sort_written_set(terms);
                self.terms(terms);
                order::normalize_set(terms);
            }
            TermKind::Object(members) => {
                order::sort_written_object(members);
                for (key, value) in members.iter_mut() {
                    self.term(key);
                    self.term(value);
                }
                order::normalize_object(members);
            }
            TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
                self.within(declared_in_body(&found.body), |names| {
                    names.term(&mut found.term);
                    names.body(&mut found.body);
                });
            }
            TermKind::ObjectComprehension(found) => {
                self.within(declared_in_body(&found.body), |names| {
                    names.term(&mut found.key);
                    names.term(&mut found.value);
                    names.body(&mut found.body);
                });
            }
            TermKind::TemplateString(template) => {
                for part in &mut template.parts {
                    if let TemplatePart::Expr(expr) = part {
                        self.expr(expr);
                    }
                }
            }
        }
    }
}

/// The variables in the arguments of a rule: they hide what is called the same.
fn argument_vars(rule: &Rule) -> Result<VarSet, Error> {
    let mut found = VarSet::new();
    let mut shadowed = None;
    walk::terms(rule.head.args.as_deref().unwrap_or_default(), &mut |node| {
        let Node::Term(term) = node else { return false };
        if let Some(name) = root_document(term) {
            shadowed.get_or_insert_with(|| name.clone());
        }
        if shadowed.is_some() {
            return true;
        }
        match &term.kind {
            TermKind::Var(name) => {
                found.insert(name);
                false
            }
            TermKind::Set(_) | TermKind::Call(_) => true,
            _ => walk::is_comprehension(term),
        }
    });
    match shadowed {
        Some(name) => Err(compile(
            format!("args must not shadow {name} (use a different variable name)"),
            &rule.location,
        )),
        None => Ok(found),
    }
}

fn add_vars(term: &Term, found: &mut VarSet) {
    crate::vars::Collector::new(Params::ALL, found).term(term);
}

/// The variables that a body declares by `:=` and `some`, comprehensions in it left out.
pub(crate) fn declared_in_body(body: &[Expr]) -> VarSet {
    let mut found = VarSet::new();
    body.iter().for_each(|expr| declared_in_expr(expr, &mut found));
    found
}

/// The variables that an expression declares by `:=` and `some`, comprehensions in it left out.
pub(crate) fn declared_in_expr(expr: &Expr, found: &mut VarSet) {
    walk::expr(expr, &mut |node| match node {
        Node::Expr(Expr { kind: ExprKind::Call(terms), .. }) => {
            if let [_, target, _] = terms.as_slice()
                && crate::names::calls(terms, "assign")
            {
                add_vars(target, found);
            }
            // Only what is in a template string or a call could hold a body; plain ones do not.
            terms.iter().all(|term| is_ground(term) && !matches!(term.kind, TermKind::Call(_)))
        }
        Node::Expr(Expr { kind: ExprKind::Some(some), .. }) => {
            for symbol in &some.symbols {
                match &symbol.kind {
                    TermKind::Var(name) => {
                        found.insert(name);
                    }
                    TermKind::Call(terms) => {
                        let symbols = terms.get(1..terms.len().saturating_sub(1));
                        symbols.unwrap_or_default().iter().for_each(|term| add_vars(term, found));
                    }
                    _ => {}
                }
            }
            false
        }
        Node::Term(term) => walk::is_comprehension(term),
        _ => false,
    });
}

/// Resolves the names in all modules.
pub(crate) fn resolve(modules: &mut [Module], strict: bool, errors: &mut Errors) {
    let exports = exports(modules);
    for module in modules {
        let exported = exports.get(&print::reference(&module.package.path));
        let mut names = Names::new(&module.package, exported, &module.imports);
        for rule in &mut module.rules {
            let mut next = Some(rule);
            while let Some(rule) = next {
                if let Err(error) = names.rule(rule) {
                    errors.push(error);
                    // OPA does not come to the `else` of a rule that is wrong.
                    break;
                }
                next = rule.else_rule.as_deref_mut();
            }
        }
        walk_mut::rules(module, |rule| walk_mut::rule(rule, &mut |node| names.settle(node)));
        if strict && !unused_imports(module, &names, errors) {
            return;
        }
    }
}

fn unused_imports(module: &Module, names: &Names, errors: &mut Errors) -> bool {
    module.imports.iter().filter(|import| document_path(import).is_some()).all(|import| {
        import_name(import).is_none_or(|name| names.is_used(name))
            || errors.push(compile(format!("{} unused", import), &import.location))
    })
}
