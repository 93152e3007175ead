//! The HTTP client: what every request of this crate has in common.
//!
//! One client with pooled connections, limits on connecting, on silence and on the whole, bodies
//! read through a cap, and redirects followed here and not by the client library, so that the
//! rules for them stand in one place:
//! - at most [`MAX_REDIRECTS`], and only for GET (RFC 9110, section 15.4);
//! - never from TLS to plain HTTP, and to plain HTTP at all only where the host is configured so;
//! - the `Authorization` header goes to the first origin only (scheme, host and port);
//! - not to loopback or link-local addresses that a stranger's server names (SSRF).

mod body;
mod client;
mod deadline;
mod origin;
mod tls;
mod upload;

pub(crate) use body::{is_html, read as read_body};
pub(crate) use client::{Http, Incoming, Outgoing, check_redirect, location};
pub(crate) use deadline::{Deadline, Fault, Retries, Retry, retry_after};
pub(crate) use origin::{is_own_machine, same_origin};
pub(crate) use tls::{certificates_in, is_tls_failure};
pub(crate) use upload::{Load, Upload};

/// The most redirects of one request. Registries send blobs to storage in one or two.
pub(crate) const MAX_REDIRECTS: u32 = 5;

/// The most bytes read of an answer that tells an error. Distribution's error bodies are under
/// 1 KiB.
pub(crate) const MAX_ERROR_BYTES: u64 = 64 * 1024;
