//! Referee over HTTP: `POST /v1/verify`, OPA's REST API, health and metrics.
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
//! What it refuses: changes of policies and data by whoever reaches it over a network, unless it is
//! told otherwise or asks a policy who they are; bodies larger than their limits, packed or not.

mod about;
mod access;
mod adhoc;
mod allow;
mod app;
mod authz;
mod authz_schema;
mod batch;
mod body;
mod compile;
mod compress;
mod config;
mod connection;
mod crowd;
mod data;
mod data_path;
mod data_write;
mod deadline;
mod decide;
pub mod decision_log;
mod decision_sink;
mod diagnostics;
mod error;
mod explain;
mod exposition;
mod head;
mod input;
mod listen;
mod members;
mod metrics;
pub mod opa_config;
mod pace;
mod path;
mod plugin_state;
pub mod plugins;
mod policies_api;
mod prefixed;
mod preview;
mod query;
mod reply;
pub mod reporting;
mod route;
mod serve;
pub mod state;
pub mod status;
mod timers;
mod trace;
mod unsent;
mod v0;
mod verify;

pub use app::Server;
pub use config::{Authentication, Authorization, ConfigError, ServerConfig, Writes};
pub use decision_sink::{DecisionEvent, DecisionOutcome, DecisionSink, DecisionSubject};
pub use listen::{
    Address, AddressError, Listeners, Local, Scheme, ServeError, ServerTls, TlsError, TlsVersion,
};
pub use plugin_state::{PluginState, PluginStatus, Plugins};
pub use serve::Ended;
pub use trace::TraceContext;
