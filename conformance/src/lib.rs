//! Runs other projects' conformance suites against Referee.
//!
//! [`rego`] runs OPA's cases, as OPA's own runner judges them, against whatever implements
//! [`rego::Implementation`]: the engine here, and the real OPA beside it. [`fuzz`] writes programs
//! of its own and compares two implementations on them. [`library`] compares the results of the
//! test files of policy libraries.
//!
//! Suites lie outside the repository. Expectations are strict both ways: a case that is expected
//! to fail and passes is a failure too.

pub mod fuzz;
pub mod json;
pub mod library;
pub mod rego;
