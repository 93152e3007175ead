//! Expressions, rules and modules as OPA writes them (`v1/ast/policy_appenders.go`).

use super::term::{write_call, write_ref, write_term, write_terms};
use crate::ast::{
    Body, Comment, Expr, ExprKind, Head, Import, Logical, Module, NotBody, Package, RegoVersion,
    Rule, SomeDecl, Term, TermKind, With,
};
use std::fmt::{self, Write};

/// A body: its expressions with `; ` between them.
#[must_use]
pub fn body(body: &Body) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write_body(&mut text, body);
    text
}

/// A rule of a module of this version.
#[must_use]
pub fn rule(rule: &Rule, version: RegoVersion) -> String {
    let mut text = String::new();
    let _ = write_rule(&mut text, rule, version);
    text
}

pub(super) fn write_body(f: &mut impl Write, body: &Body) -> fmt::Result {
    for (index, expr) in body.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { "; " })?;
        write_expr(f, expr)?;
    }
    Ok(())
}

pub(super) fn write_expr(f: &mut impl Write, expr: &Expr) -> fmt::Result {
    if expr.negated {
        f.write_str("not ")?;
    }
    match &expr.kind {
        ExprKind::Term(term) => write_term(f, term)?,
        ExprKind::Call(terms) => match terms.as_slice() {
            [operator, left, right] if is_equality(operator) => {
                write_term(f, left)?;
                f.write_str(" = ")?;
                write_term(f, right)?;
            }
            terms => write_call(f, terms)?,
        },
        ExprKind::Some(decl) => write_some(f, decl)?,
        ExprKind::Every(every) => {
            f.write_str("every ")?;
            if let Some(key) = &every.key {
                write_term(f, key)?;
                f.write_str(", ")?;
            }
            write_term(f, &every.value)?;
            f.write_str(" in ")?;
            write_term(f, &every.domain)?;
            f.write_str(" { ")?;
            write_body(f, &every.body)?;
            f.write_str(" }")?;
        }
        ExprKind::And(logical) => write_logical(f, "and", logical)?,
        ExprKind::Or(logical) => write_logical(f, "or", logical)?,
        ExprKind::Not(not) => write_not(f, not)?,
    }
    for with in &expr.with {
        f.write_char(' ')?;
        write_with(f, with)?;
    }
    Ok(())
}

fn is_equality(operator: &Term) -> bool {
    match &operator.kind {
        TermKind::Ref(parts) => {
            matches!(parts.as_slice(), [Term { kind: TermKind::Var(name), .. }] if name == "eq")
        }
        _ => false,
    }
}

pub(super) fn write_with(f: &mut impl Write, with: &With) -> fmt::Result {
    f.write_str("with ")?;
    write_term(f, &with.target)?;
    f.write_str(" as ")?;
    write_term(f, &with.value)
}

fn write_some(f: &mut impl Write, decl: &SomeDecl) -> fmt::Result {
    f.write_str("some ")?;
    match decl.symbols.as_slice() {
        [Term { kind: TermKind::Call(terms), .. }] => match terms.as_slice() {
            [_, value, domain] => {
                write_term(f, value)?;
                f.write_str(" in ")?;
                write_term(f, domain)
            }
            [_, key, value, domain] => {
                write_term(f, key)?;
                f.write_str(", ")?;
                write_term(f, value)?;
                f.write_str(" in ")?;
                write_term(f, domain)
            }
            _ => write_terms(f, &decl.symbols),
        },
        symbols => write_terms(f, symbols),
    }
}

fn write_logical(f: &mut impl Write, operator: &str, logical: &Logical) -> fmt::Result {
    write_operand(f, &logical.lhs, logical.explicit_lhs, operator, false)?;
    write!(f, " {operator} ")?;
    write_operand(f, &logical.rhs, logical.explicit_rhs, operator, true)
}

fn write_operand(
    f: &mut impl Write,
    body: &Body,
    explicit: bool,
    operator: &str,
    right: bool,
) -> fmt::Result {
    match body.as_slice() {
        [expr] if !explicit => {
            let group = !expr.with.is_empty()
                || match &expr.kind {
                    ExprKind::Or(_) => operator == "and" || right,
                    ExprKind::And(_) => operator == "and" && right,
                    ExprKind::Term(term) => begins_with_brace(term),
                    _ => false,
                };
            write_group(f, body, group)
        }
        _ => {
            f.write_str("{ ")?;
            write_body(f, body)?;
            f.write_str(" }")
        }
    }
}

fn write_group(f: &mut impl Write, body: &Body, group: bool) -> fmt::Result {
    if group {
        f.write_char('(')?;
    }
    write_body(f, body)?;
    if group {
        f.write_char(')')?;
    }
    Ok(())
}

fn write_not(f: &mut impl Write, not: &NotBody) -> fmt::Result {
    match not.body.as_slice() {
        [expr] if !not.explicit => {
            let group = !expr.with.is_empty()
                || match &expr.kind {
                    ExprKind::Or(_) | ExprKind::And(_) | ExprKind::Not(_) => true,
                    ExprKind::Term(term) => begins_with_brace(term),
                    _ => false,
                };
            f.write_str("not ")?;
            write_group(f, &not.body, group)
        }
        _ => {
            f.write_str("not {")?;
            write_body(f, &not.body)?;
            f.write_char('}')
        }
    }
}

fn begins_with_brace(term: &Term) -> bool {
    match &term.kind {
        TermKind::Set(elements) => !elements.is_empty(),
        TermKind::Object(_) | TermKind::SetComprehension(_) | TermKind::ObjectComprehension(_) => {
            true
        }
        TermKind::Ref(parts) => parts.first().is_some_and(begins_with_brace),
        _ => false,
    }
}

pub(super) fn write_head(f: &mut impl Write, head: &Head) -> fmt::Result {
    write_head_in(f, head, RegoVersion::V1)
}

fn write_head_in(f: &mut impl Write, head: &Head, version: RegoVersion) -> fmt::Result {
    if head.reference.is_empty() {
        f.write_str(&head.name)?;
    } else {
        write_ref(f, &head.reference)?;
    }
    let args = head.args.as_deref().unwrap_or_default();
    let mut contains = false;
    match &head.key {
        _ if !args.is_empty() => {
            f.write_char('(')?;
            write_terms(f, args)?;
            f.write_char(')')?;
        }
        Some(key) if head.reference.len() == 1 => {
            if version == RegoVersion::V0 {
                f.write_char('[')?;
                write_term(f, key)?;
                f.write_char(']')?;
            } else {
                f.write_str(" contains ")?;
                write_term(f, key)?;
                contains = true;
            }
        }
        _ => {}
    }
    match (&head.value, &head.key) {
        (Some(value), _) => {
            f.write_str(if head.assign { " := " } else { " = " })?;
            write_term(f, value)
        }
        (None, Some(key)) if !contains && head.name.is_empty() => {
            f.write_str(" contains ")?;
            write_term(f, key)
        }
        _ => Ok(()),
    }
}

fn write_annotations(f: &mut impl Write, annotations: &crate::ast::Annotations) -> fmt::Result {
    f.write_str("# METADATA\n# ")?;
    f.write_str(&crate::json::annotations_text(annotations))?;
    f.write_char('\n')
}

fn write_rule(f: &mut impl Write, rule: &Rule, version: RegoVersion) -> fmt::Result {
    for annotations in &rule.annotations {
        write_annotations(f, annotations)?;
    }
    if rule.default {
        f.write_str("default ")?;
    }
    write_head_in(f, &rule.head, version)?;
    if !rule.default {
        write_rule_body(f, &rule.body, version)?;
    }
    let mut next = rule.else_rule.as_deref();
    while let Some(rule) = next {
        f.write_str(" else ")?;
        if let Some(value) = &rule.head.value {
            f.write_str("= ")?;
            write_term(f, value)?;
        }
        write_rule_body(f, &rule.body, version)?;
        next = rule.else_rule.as_deref();
    }
    Ok(())
}

fn write_rule_body(f: &mut impl Write, body: &Body, version: RegoVersion) -> fmt::Result {
    f.write_str(if version == RegoVersion::V0 { " { " } else { " if { " })?;
    write_body(f, body)?;
    f.write_str(" }")
}

pub(super) fn write_package(f: &mut impl Write, package: &Package) -> fmt::Result {
    match package.path.split_first() {
        Some((_, path)) if !path.is_empty() => {
            f.write_str("package ")?;
            write_ref(f, path)
        }
        _ => {
            f.write_str("package <illegal path \"")?;
            write_ref(f, &package.path)?;
            f.write_str("\">")
        }
    }
}

pub(super) fn write_import(f: &mut impl Write, import: &Import) -> fmt::Result {
    f.write_str("import ")?;
    write_term(f, &import.path)?;
    match &import.alias {
        Some(alias) => write!(f, " as {alias}"),
        None => Ok(()),
    }
}

pub(super) fn write_comment(f: &mut impl Write, comment: &Comment) -> fmt::Result {
    write!(f, "#{}", comment.text)
}

pub(super) fn write_module(f: &mut impl Write, module: &Module) -> fmt::Result {
    for annotations in &module.annotations {
        if matches!(annotations.scope.as_str(), "package" | "subpackages") {
            write_annotations(f, annotations)?;
        }
    }
    write_package(f, &module.package)?;
    f.write_char('\n')?;
    for import in &module.imports {
        f.write_char('\n')?;
        write_import(f, import)?;
    }
    if !module.imports.is_empty() {
        f.write_char('\n')?;
    }
    for rule in &module.rules {
        f.write_char('\n')?;
        write_rule(f, rule, module.version)?;
    }
    Ok(())
}
