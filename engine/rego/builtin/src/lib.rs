//! What a builtin of Rego is: its context, its errors, its operands.
//!
//! A builtin is a function of a [`Context`] and operands to a value. It gives `Ok(None)` where it
//! is undefined without an error. It calls [`Context::work`] for each unit of work in a loop, and
//! [`Context::reserve`] before it makes something large, so that time and memory hold inside it.

mod calls;
mod context;
mod error;
mod host;
pub mod operand;
mod shared;
mod writing;

pub use calls::Calls;
pub use context::{Cancelled, Context, Meter};
pub use error::{BuiltinError, ErrorKind, Result};
pub use host::{Ended, Host, HostError, HttpRequest, HttpResponse, NoHost, TlsOptions};
pub use shared::SharedCaches;

pub use referee_rego_value::Value;
use std::ops::ControlFlow;

/// A builtin that gives one value or none.
pub type Function = fn(&mut Context<'_>, &[Value]) -> Result<Option<Value>>;

/// A builtin that gives any number of values: each is handed on, until told to stop.
pub type Relation =
    fn(&mut Context<'_>, &[Value], &mut dyn FnMut(Value) -> ControlFlow<()>) -> Result<()>;

/// How a builtin is done.
#[derive(Clone, Copy, Debug)]
pub enum Implementation {
    /// One value or none.
    Function(Function),
    /// Any number of values.
    Relation(Relation),
}

/// A table of builtins: name and implementation. A family of builtins has one.
pub type Table = &'static [(&'static str, Implementation)];
