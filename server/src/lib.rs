//! Referee over HTTP: `POST /v1/verify`, OPA's data API, health and metrics.
//!
//! [`Server`] puts an engine and its policies behind a socket. `docs/http-api.md` is the
//! reference for callers; this crate is what keeps its promises:
//!
//! - every request has a deadline, and is answered inside it with what is known by then;
//! - work is never queued: what is over the limit is turned away at once with 503;
//! - a client that is slow in sending gives up its connection, not the server's time;
//! - a caller names registries, never files and never URLs.
//!
//! It speaks TLS, and asks a policy who may do what, where it is configured (`listen`, `authz`).
//!
//! What it refuses: compressed bodies, and every part of OPA's API that changes policies or data.

mod access;
mod allow;
mod app;
mod authz;
mod body;
mod config;
mod connection;
mod data;
mod data_path;
mod deadline;
mod decision_sink;
mod diagnostics;
mod error;
mod listen;
mod metrics;
pub mod opa_config;
mod pace;
mod plugin_state;
mod prefixed;
mod query;
mod reply;
mod route;
mod serve;
pub mod state;
mod unsent;
mod verify;

pub use app::Server;
pub use config::{Authentication, Authorization, ConfigError, ServerConfig};
pub use decision_sink::{DecisionEvent, DecisionOutcome, DecisionSink, DecisionSubject};
pub use listen::{
    Address, AddressError, Listeners, Local, Scheme, ServeError, ServerTls, TlsError, TlsVersion,
};
pub use plugin_state::{PluginState, PluginStatus, Plugins};
pub use serve::Ended;
