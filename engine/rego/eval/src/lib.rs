//! The evaluator of Rego: plans, indexes, execution.
