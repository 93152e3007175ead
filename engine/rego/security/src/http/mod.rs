//! `http.send` (OPA: `v1/topdown/http.go`): builds a request, has the host send it, shows the
//! answer; answers are remembered within a query, and between queries where a cache is handed in.
//!
//! What differs from OPA: there is no pause between attempts, since nothing here may wait; files
//! and Unix sockets cannot be reached; answers are read up to a limit.

mod cache;
mod canonical;
mod error;
mod freshness;
pub(crate) mod request;
mod response;
mod send;

pub use cache::{CachedResponse, InterQueryCache, MemoryCache, ResponseCache};

use referee_rego_builtin::{Implementation, Table};

pub(crate) const TABLE: Table = &[("http.send", Implementation::Function(send::http_send))];
