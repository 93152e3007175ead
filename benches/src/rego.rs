//! Rego engines side by side: Referee's own, the crate `regorus` as an interpreter and as a
//! bytecode machine, and the real OPA (`benches/opa`).

mod front;
mod measure;
mod opa;
mod regorus;

pub use front::Front;
pub use measure::{Figure, Way, measure};
pub use opa::{figures as opa_figures, find as find_opa};
pub use regorus::{Interpreter, Machine};

use crate::workloads::Workload;
use serde_json::Value;

/// What runs on one thread, again and again.
pub type Worker = Box<dyn FnMut() -> Value + Send>;

/// An engine.
pub trait Engine {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Parses and compiles, and throws the result away. `Err` where it cannot.
    ///
    /// # Errors
    /// Where the engine refuses the modules.
    fn compile(&self, workload: &Workload) -> Result<(), String>;

    /// Something to run on one thread, everything prepared that can be.
    ///
    /// # Errors
    /// Where the engine refuses the modules.
    fn worker(&self, workload: &Workload, way: Way) -> Result<Worker, String>;
}
