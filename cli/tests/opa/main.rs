//! The real `opa` and `referee`, asked the same, beside one another: `cases.yaml` has what is
//! asked.
//!
//! Needs `opa` 1.20.2 in `$REFEREE_PEERS`, in the cache that `.ci/peers.sh` fills, or on the PATH.
//! Where it is missing nothing is compared, and that is said on standard error, past the test
//! harness's capture. `shipping` needs a registry, `oras` and `conftest` besides.
//! `$REFEREE_OPA_ONLY` has words of the invocations that are wanted.

#[cfg(test)]
mod authz;
#[cfg(test)]
mod beginning;
#[cfg(test)]
mod beside;
#[cfg(test)]
mod delivery;
#[cfg(test)]
#[path = "../peers/find.rs"]
mod find;
#[cfg(test)]
mod normal;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod polling;
#[cfg(test)]
#[path = "../peers/registry.rs"]
mod registry;
#[cfg(test)]
mod server;
#[cfg(test)]
#[path = "../peers/serving.rs"]
mod serving;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod shipping;
#[cfg(test)]
mod source;
#[cfg(test)]
#[path = "../peers/opa.rs"]
mod started;
#[cfg(test)]
mod starting;
