//! The parts of a server that work on their own, as OPA's configuration asks for them: plug-ins,
//! in OPA's word.

pub mod bundle;
mod services;

pub use services::Services;
