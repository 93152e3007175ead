//! Calls: whether functions are given what they take (OPA's `checkExprBuiltin`, `checkExprEq`).

use super::Run;
use super::problem::Problem;
use super::scope::Scope;
use super::terms::{call, write_ref};
use crate::{Function, Type};
use referee_rego_syntax::ast::{Expr, Ref, Term};
use std::sync::Arc;

/// `eq`: what it takes, without a result.
fn equality() -> Function {
    Function { args: vec![(None, Type::any()), (None, Type::any())], ..Function::default() }
}

impl Run<'_> {
    /// What is wrong with a call.
    pub(super) fn check_operands(&self, scope: &Scope<'_>, expr: &Expr) -> Option<Problem> {
        let (operator, operands) = call(expr)?;
        let name = write_ref(operator);
        if let Some(builtin) = self.builtins.get(name.as_str()) {
            self.required.borrow_mut().insert(Arc::clone(builtin));
        }
        if name == "eq" {
            return self.check_equality(scope, expr, operator, operands);
        }
        let function = match scope.reference(operator) {
            // What may be anything may be a function elsewhere.
            Type::Any(any) if any.of().is_empty() => return None,
            Type::Unknown if self.checker.allow_undefined_functions && !self.strict.get() => {
                self.lenient.set(true);
                return None;
            }
            Type::Function(function) => function,
            _ => return Some(Problem::new(format!("undefined function {name}"), &expr.location)),
        };
        self.check_function(scope, expr, operator, operands, &function)
    }

    fn check_function(
        &self,
        scope: &Scope<'_>,
        expr: &Expr,
        operator: &Ref,
        operands: &[Term],
        function: &Function,
    ) -> Option<Problem> {
        let problem = |message: &str| {
            let have = self.types_of(scope, operands);
            Some(Problem::arguments(message, operator, &have, function, &expr.location))
        };
        // The result may be given as a last operand.
        let wanted: Vec<&Type> =
            function.args.iter().map(|(_, ty)| ty).chain(&function.result).collect();
        if operands.len() > wanted.len() && function.variadic.is_none() {
            return problem("too many arguments");
        }
        if operands.len() < function.args.len() {
            return problem("too few arguments");
        }
        let before = self.types_of(scope, operands);
        for (at, (operand, have)) in operands.iter().zip(&before).enumerate() {
            let want = wanted.get(at).copied().or(function.variadic.as_ref());
            let want = want.unwrap_or(&Type::Unknown);
            if !have.is_unknown() && !self.unifies(have, want) {
                let location = &expr.location;
                let message = "invalid argument(s)";
                return Some(Problem::arguments(message, operator, &before, function, location));
            }
            if !self.unify(scope, operand, want, false) {
                return problem("invalid argument(s)");
            }
        }
        None
    }

    fn check_equality(
        &self,
        scope: &Scope<'_>,
        expr: &Expr,
        operator: &Ref,
        operands: &[Term],
    ) -> Option<Problem> {
        let [a, b] = operands else {
            let message =
                if operands.len() < 2 { "too few arguments" } else { "too many arguments" };
            let have = self.types_of(scope, operands);
            let location = &expr.location;
            return Some(Problem::arguments(message, operator, &have, &equality(), location));
        };
        let (a_type, b_type) = (self.type_of(scope, a), self.type_of(scope, b));
        if self.unify_both(scope, (a, &a_type), (b, &b_type)) {
            return None;
        }
        Some(Problem::mismatch(&a_type, &b_type, &expr.location))
    }

    fn types_of(&self, scope: &Scope<'_>, terms: &[Term]) -> Vec<Type> {
        terms.iter().map(|term| self.type_of(scope, term)).collect()
    }
}
