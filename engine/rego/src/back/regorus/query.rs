//! Queries that declare variables with `some`, which the interpreter evaluates rightly only inside
//! a comprehension.

use regorus::Engine;
use regorus::unstable::{Expr, Literal, Parser, Query, Rule, RuleHead, Source};
use std::collections::BTreeSet;

/// The variables of a query that declares any with `some`; `None` of any other, and of one that
/// does not parse: the interpreter tells what is wrong with that.
pub(super) fn declared(query: &str) -> Option<Vec<String>> {
    if !query.contains("some") {
        return None;
    }
    let mut engine = Engine::new();
    engine.set_policy_length_config(super::LENGTHS);
    let text = format!("package query\n\nx := {}\n", comprehension(query, &[]));
    engine.add_policy("query".to_owned(), text).ok()?;
    let rule = engine.get_modules().first()?.policy.first()?.clone();
    let Rule::Spec { head: RuleHead::Compr { assign: Some(assign), .. }, .. } = rule.as_ref()
    else {
        return None;
    };
    let Expr::ArrayCompr { query, .. } = assign.value.as_ref() else { return None };
    let mut names = BTreeSet::new();
    let some = statements(query, &mut names);
    some.then(|| names.into_iter().collect())
}

/// Whether a query parses: of an error that evaluating it gave, this tells the two kinds apart.
pub(super) fn parses(query: &str) -> bool {
    let Ok(source) = Source::from_contents("query".to_owned(), query.to_owned()) else {
        return false;
    };
    let parsed = Parser::new(&source).and_then(|mut parser| {
        parser.set_max_col(super::LENGTHS.max_col);
        parser.enable_rego_v1()?;
        parser.parse_user_query()
    });
    parsed.is_ok()
}

/// The query as a comprehension of objects of those variables.
pub(super) fn comprehension(query: &str, names: &[String]) -> String {
    let members: Vec<_> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    // The line break ends a comment that the query may end with.
    format!("[{{{}}} | {query}\n]", members.join(", "))
}

/// Collects the names that the statements of a query declare; whether one of them is a `some`.
fn statements(query: &Query, names: &mut BTreeSet<String>) -> bool {
    let mut some = false;
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { vars, .. } => {
                some = true;
                names.extend(vars.iter().map(|name| name.text().to_owned()));
            }
            Literal::SomeIn { key, value, .. } => {
                some = true;
                for pattern in key.iter().chain([value]) {
                    pattern_names(pattern, names);
                }
            }
            Literal::Expr { expr, .. } => {
                if let Expr::AssignExpr { lhs, .. } = expr.as_ref() {
                    pattern_names(lhs, names);
                }
            }
            Literal::NotExpr { .. } | Literal::Every { .. } => {}
        }
    }
    some
}

fn pattern_names(pattern: &Expr, names: &mut BTreeSet<String>) {
    match pattern {
        Expr::Var { span, .. } if span.text() != "_" => {
            names.insert(span.text().to_owned());
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| pattern_names(item, names));
        }
        Expr::Object { fields, .. } => {
            fields.iter().for_each(|(_, _, value)| pattern_names(value, names));
        }
        _ => {}
    }
}
