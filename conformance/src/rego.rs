//! OPA's cases.
//!
//! A suite is a folder of files (JSON or YAML) with the member `cases`. There are two kinds:
//! evaluation cases (`v1/test/cases` of OPA: what a query gives) and compile cases
//! (`v1/test/compilecases`: which errors modules must be refused with). A file says by its members
//! which it is; that modules are Rego v0 is said by a folder named `v0` in its path.

mod cases;
mod engines;
mod expectations;
mod judge;
mod program;
mod runner;

pub use cases::{Case, Expected, LoadError, Wanted, WantedError, load};
pub use engines::Front;
#[cfg(feature = "fuzz")]
pub use engines::{Oracle, OracleError};
pub use expectations::{ExpectationError, Expectations};
pub use judge::judge;
pub use program::{
    Answer, Dialect, Fault, Implementation, Input, Module, Outcome, Place, Program, Row, Settings,
};
pub use runner::{guarded, run};
