//! The store against servers, files and callers that misbehave.

#[cfg(test)]
mod auth;
#[cfg(test)]
mod bundles;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod copying;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod faults;
#[cfg(test)]
#[path = "../../../../cli/tests/peers/find.rs"]
mod find;
#[cfg(test)]
mod helpers;
#[cfg(test)]
mod layouts;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod pushing;
#[cfg(test)]
mod redirects;
#[cfg(test)]
mod referrers;
#[cfg(test)]
mod server;
#[cfg(test)]
mod service;
#[cfg(test)]
mod service_keys;
#[cfg(test)]
mod service_signed;
#[cfg(test)]
mod service_tls;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tuf;
#[cfg(test)]
mod writable;
