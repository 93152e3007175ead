//! What v1 asks of a rule beyond its syntax (OPA's `v1/ast/rego_v1.go`, the part that the parser
//! checks; duplicate imports, overridden documents and deprecated builtins are the compiler's).

use crate::ast::{RegoVersion, Rule};
use crate::token::is_keyword_in;
use crate::{Code, Error};

/// Checks a rule and its `else` rules.
pub(crate) fn check_rule(rule: &Rule, errors: &mut Vec<Error>) {
    let mut next = Some(rule);
    while let Some(rule) = next {
        check_one(rule, errors);
        next = rule.else_rule.as_deref();
    }
}

fn check_one(rule: &Rule, errors: &mut Vec<Error>) {
    let head = &rule.head;
    let is_function = head.args.as_ref().is_some_and(|args| !args.is_empty());
    let kind = if is_function { "function" } else { "rule" };
    let mut error = |message: String| errors.push(Error::new(Code::Parse, message, &rule.location));
    if head.reference.len() < 2 && is_keyword_in(&head.name, RegoVersion::V1) {
        error(format!("{} keyword cannot be used for rule name", head.name));
    }
    if rule.generated_body && head.generated_value {
        error(format!("{kind} must have value assignment and/or body declaration"));
    }
    if !rule.generated_body && !head.keywords.has_if && !rule.default {
        error(format!("`if` keyword is required before {kind} body"));
    }
    if head.value.is_none() && head.key.is_some() && !head.keywords.has_contains {
        error("`contains` keyword is required for partial set rules".to_owned());
    }
}
