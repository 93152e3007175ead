//! What is asked of a program: paths and queries, and the rows that queries give.

use crate::plan::query::QueryPlan;
use referee_rego_syntax::Location;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// What a row of a query has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The values of expressions, too (OPA's `rego` package): a query of one expression gives a
    /// row also where that is `false`.
    Values,
    /// Only bindings (OPA's `topdown` package).
    Bindings,
}

/// A path of `data` that can be asked for.
#[derive(Clone, Debug)]
pub struct PreparedPath {
    pub(crate) keys: Arc<[Value]>,
}

/// A query that can be asked.
#[derive(Clone, Debug)]
pub struct PreparedQuery {
    pub(crate) plan: Arc<QueryPlan>,
}

impl PreparedQuery {
    pub(crate) fn new(plan: QueryPlan) -> Self {
        Self { plan: Arc::new(plan) }
    }
}

/// One way in which a query holds.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its variables by the names they were written with, in order.
    pub bindings: Vec<(Str, Value)>,
    /// The values of its expressions, in the order in which OPA gives them.
    pub expressions: Vec<ExpressionValue>,
}

/// The value of an expression of a query.
#[derive(Clone, Debug)]
pub struct ExpressionValue {
    /// The value.
    pub value: Value,
    /// Where the expression stands; its text is the location's.
    pub location: Location,
}
