//! What must not be hidden: `data` and `input`, and one import by another (OPA's stages
//! CheckKeywordOverrides and CheckDuplicateImports, `v1/ast/rego_v1.go`).

use crate::errors::{Errors, compile};
use crate::names::{calls, head_var, is_reserved, root_document};
use crate::resolve::import_name;
use crate::walk::{self, Node};
use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Expr, ExprKind, Import, Module, RegoVersion, TermKind};
use referee_rego_types::Capabilities;
use referee_rego_value::Str;
use std::collections::HashMap;

/// Whether the rules of Rego v1 hold in a module.
pub(crate) fn is_v1(module: &Module) -> bool {
    module.version != RegoVersion::V0
}

/// Assignments to `data` and `input` in an expression, and in what is in it.
fn in_node(node: Node<'_>, found: &mut Vec<Error>) -> bool {
    if let Node::Expr(Expr { kind: ExprKind::Call(terms), location, .. }) = node
        && calls(terms, "assign")
        && let Some(target) = terms.get(1)
    {
        let name = match &target.kind {
            TermKind::Var(name) if is_reserved(name) => Some(name),
            _ => root_document(target),
        };
        found.extend(name.map(|name| {
            let message =
                format!("variables must not shadow {name} (use a different variable name)");
            compile(message, location)
        }));
    }
    false
}

/// Assignments to `data` and `input` in a query.
pub(crate) fn overrides_in_query(body: &[Expr]) -> Vec<Error> {
    let mut found = Vec::new();
    walk::body(body, &mut |node| in_node(node, &mut found));
    found
}

fn overrides(module: &Module) -> Vec<Error> {
    let mut found = Vec::new();
    for rule in &module.rules {
        let name = head_var(&rule.head.reference).unwrap_or(&rule.head.name);
        if is_reserved(name) {
            let message = format!("rules must not shadow {name} (use a different rule name)");
            found.push(compile(message, &rule.location));
        }
        for arg in rule.head.args.iter().flatten() {
            if let Some(name) = root_document(arg) {
                let message =
                    format!("args must not shadow {name} (use a different variable name)");
                found.push(compile(message, &arg.location));
            }
        }
    }
    for rule in walk::rules(module) {
        walk::rule(rule, &mut |node| in_node(node, &mut found));
    }
    found
}

/// Checks that no module hides `data` or `input`.
pub(crate) fn check_overrides(modules: &[Module], strict: bool, errors: &mut Errors) {
    for module in modules.iter().filter(|module| strict || is_v1(module)) {
        errors.extend(overrides(module));
    }
}

/// Checks that no import hides another.
pub(crate) fn check_imports(
    modules: &[Module],
    strict: bool,
    capabilities: &Capabilities,
    errors: &mut Errors,
) {
    if !capabilities.has_feature("rego_v1_import") && !capabilities.has_feature("rego_v1") {
        let imports = modules.iter().flat_map(|module| &module.imports);
        for import in imports.filter(|import| import.path.to_string() == "rego.v1") {
            errors.push(compile("rego.v1 import is not supported", &import.location));
        }
    }
    for module in modules.iter().filter(|module| strict || is_v1(module)) {
        let mut known: HashMap<&Str, &Import> = HashMap::new();
        for import in &module.imports {
            let Some(name) = import_name(import) else { continue };
            if let Some(other) = known.get(name) {
                let message = format!("import must not shadow {}", other);
                errors.push(compile(message, &import.location));
            } else {
                known.insert(name, import);
            }
        }
    }
}
