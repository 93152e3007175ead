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
//! What it refuses: TLS (put a proxy in front, or keep to the loopback address that is the
//! default), HTTP/2, compressed bodies, and every part of OPA's API that changes policies or data.

mod about;
mod access;
mod adhoc;
mod allow;
mod app;
mod batch;
mod body;
mod compile;
mod compress;
mod config;
mod data;
mod data_path;
mod data_write;
mod deadline;
mod decide;
mod decision_sink;
mod diagnostics;
mod error;
mod explain;
mod input;
mod members;
mod metrics;
mod pace;
mod plugin_state;
mod policies_api;
mod preview;
mod query;
mod reply;
mod route;
mod serve;
pub mod state;
mod timers;
mod v0;
mod verify;

pub use app::Server;
pub use config::{ConfigError, ServerConfig, Writes};
pub use decision_sink::{DecisionEvent, DecisionOutcome, DecisionSink, DecisionSubject};
pub use plugin_state::{PluginState, PluginStatus, Plugins};
pub use serve::{Ended, Listeners, ServeError};
