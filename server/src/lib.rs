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

mod access;
mod allow;
mod app;
mod body;
mod config;
mod data;
mod data_path;
mod deadline;
mod decision_log;
mod diagnostics;
mod error;
mod metrics;
mod pace;
mod query;
mod reply;
mod route;
mod serve;
mod verify;

pub use app::Server;
pub use config::{ConfigError, ServerConfig};
pub use serve::{Ended, Listeners, ServeError};
