//! Runs other projects' conformance suites against Referee.
//!
//! [`rego`] runs OPA's cases, as OPA's own runner judges them, against whatever implements
//! [`rego::Implementation`]: the engine here, and the real OPA beside it. [`fuzz`] writes programs
//! of its own and compares two implementations on them. [`library`] compares the results of the
//! test files of policy libraries. [`sigstore`] runs the verification cases of Sigstore's clients.
//! [`opa_api`] compares two servers of OPA's REST API.
//!
//! The fuzzer, the comparison of libraries, and the real OPA behind pipes are left out without the
//! feature `fuzz`.
//!
//! Suites lie outside the repository, but for that of [`opa_api`]. Expectations are strict both ways: a case that is expected
//! to fail and passes is a failure too.

#[cfg(feature = "fuzz")]
pub mod fuzz;
pub mod json;
#[cfg(feature = "fuzz")]
pub mod library;
pub mod opa_api;
pub mod rego;
pub mod report;
pub mod sigstore;
