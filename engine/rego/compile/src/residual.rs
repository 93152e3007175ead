//! What partial evaluation asks about bodies that it has made.

use crate::names::VarSet;
use crate::tree::Arities;
use crate::typing::dependents;
use crate::vars::Params;
use crate::{Compiled, outputs, vars};
use referee_rego_syntax::ast::{Expr, Ref, Term};
use referee_rego_types::check::Checker;
use referee_rego_value::Str;
use std::collections::BTreeSet;

fn listed(found: &VarSet) -> BTreeSet<Str> {
    found.iter().cloned().collect()
}

/// All variables of a body.
#[must_use]
pub fn vars_of_body(body: &[Expr]) -> BTreeSet<Str> {
    listed(&vars::of_body(body, Params::ALL))
}

/// All variables of a term.
#[must_use]
pub fn vars_of_term(term: &Term) -> BTreeSet<Str> {
    listed(&vars::of_term(term, Params::ALL))
}

/// The variables of a body that it must have from outside or bind itself: not those inside
/// closures, nor the heads of operators.
#[must_use]
pub fn open_vars_of_body(body: &[Expr]) -> BTreeSet<Str> {
    listed(&vars::of_body(body, Params::SAFETY))
}

impl Compiled {
    fn arities(&self) -> Arities<'_> {
        Arities { builtins: &self.capabilities.builtins, tree: &self.tree }
    }

    /// How many arguments an operator takes; `None` where nothing is called that.
    #[must_use]
    pub fn arity(&self, operator: &[Term]) -> Option<usize> {
        self.arities().of(operator)
    }

    /// Whether a body passes the type checker: one that does not can never hold.
    #[must_use]
    pub fn passes_type_check(&self, body: &Vec<Expr>) -> bool {
        let dependents =
            |reference: &Ref| dependents(&*self.modules, &self.tree, &self.graph, reference);
        let checker = Checker {
            rewrite: &Ref::clone,
            dependents: &dependents,
            schemas: self.options.schemas.as_ref(),
            allow_undefined_functions: true,
        };
        checker.check_body(&self.types, body).errors.is_empty()
    }

    /// What a body binds beyond what is bound already.
    #[must_use]
    pub fn outputs_of_body(&self, body: &[Expr], safe: &BTreeSet<Str>) -> BTreeSet<Str> {
        listed(&outputs::of_body(body, &self.arities(), &safe.iter().collect()))
    }

    /// What an expression binds where some variables are bound already.
    #[must_use]
    pub fn outputs_of_expr(&self, expr: &Expr, safe: &BTreeSet<Str>) -> BTreeSet<Str> {
        let mut carried = VarSet::new();
        listed(&outputs::of_expr(expr, &self.arities(), &safe.iter().collect(), &mut carried))
    }

    /// The variables that must be bound for a body to be evaluated.
    #[must_use]
    pub fn needed_vars(&self, body: &[Expr]) -> BTreeSet<Str> {
        listed(&vars::of_body(body, Params::safety_with(&self.arities())))
    }
}
