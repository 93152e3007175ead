//! `referee serve --opa-config`, a real process, among faults: servers of bundles and collectors
//! that fail and lie, clients that are slow or mean harm, kills at any moment. What must come of
//! it: nothing is lost that was said to be safe, nothing hangs, what is wrong is told, and memory
//! stays bounded.
//!
//! `REFEREE_FAULT_POLICIES` says how many policies a bundle has, `REFEREE_FAULT_PUTS` how many are put
//! one by one, and `REFEREE_FAULT_KILLS` how often the server is killed. Figures go to standard error, past the test
//! harness's capture.

// What a process uses is read from /proc.
#![cfg(target_os = "linux")]

#[cfg(test)]
mod archive;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod collector;
#[cfg(test)]
mod crash;
#[cfg(test)]
#[path = "../peers/find.rs"]
mod find;
#[cfg(test)]
mod http;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod process;
#[cfg(test)]
mod rules;
#[cfg(test)]
#[path = "../peers/serving.rs"]
mod serving;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod sources;
#[cfg(test)]
#[path = "../peers/opa.rs"]
mod started;
#[cfg(test)]
mod upstream;
