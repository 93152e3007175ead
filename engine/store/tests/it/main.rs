//! The store against servers, files and callers that misbehave.

mod auth;
mod cache;
mod faults;
mod helpers;
mod layouts;
mod manifests;
mod redirects;
mod referrers;
mod server;
mod tls;
