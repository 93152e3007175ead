//! The world that an evaluation may reach: by default none.

use crate::value::Value;
use referee_rego_builtin::{Host, NoHost};
use std::fmt;
use std::sync::atomic::AtomicBool;

/// What an evaluation may reach and be reached by, handed in by who runs it. The engine `regorus`
/// reaches nothing and looks at nothing of this.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct World<'a> {
    /// Where `http.send` and `net.lookup_ip_addr` go.
    pub host: &'a dyn Host,
    /// Cancels the evaluation once it is true. It is looked at as often as the clock.
    pub cancel: Option<&'a AtomicBool>,
    /// What `opa.runtime` answers; an empty object where nothing is given.
    pub runtime: Option<&'a Value>,
    /// Where calls are noted whose answers may differ from one evaluation to the next.
    pub calls: Option<&'a Calls>,
}

/// The calls of an evaluation whose answers may differ from one evaluation to the next, such as
/// `time.now_ns`. The engine `regorus` notes none.
#[derive(Debug, Default)]
pub struct Calls(referee_rego_builtin::Calls);

impl Calls {
    /// All of them in OPA's form: by the name of the builtin, and its operands as an array, what it
    /// gave.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value(self.0.to_value())
    }

    pub(crate) fn inner(&self) -> &referee_rego_builtin::Calls {
        &self.0
    }
}

impl World<'_> {
    /// No world: no network, no environment.
    pub const NONE: World<'static> =
        World { host: &NoHost, cancel: None, runtime: None, calls: None };
}

impl<'a> World<'a> {
    /// The same with a way out.
    #[must_use]
    pub fn with_host(self, host: &'a dyn Host) -> Self {
        Self { host, ..self }
    }

    /// The same with a flag that cancels the evaluation.
    #[must_use]
    pub fn with_cancel(self, cancel: &'a AtomicBool) -> Self {
        Self { cancel: Some(cancel), ..self }
    }

    /// The same with an answer of `opa.runtime`.
    #[must_use]
    pub fn with_runtime(self, runtime: &'a Value) -> Self {
        Self { runtime: Some(runtime), ..self }
    }

    /// The same with a place where calls are noted.
    #[must_use]
    pub fn with_calls(self, calls: &'a Calls) -> Self {
        Self { calls: Some(calls), ..self }
    }
}

impl Default for World<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}
