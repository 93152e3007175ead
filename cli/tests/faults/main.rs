//! `referee serve --opa-config`, a real process, among faults: servers of bundles and collectors
//! that fail and lie, clients that are slow or mean harm, kills at any moment. What must come of
//! it: nothing is lost that was said to be safe, nothing hangs, what is wrong is told, and memory
//! stays bounded.
//!
//! `REFEREE_FAULT_POLICIES` says how many policies the server is given at once, and
//! `REFEREE_FAULT_KILLS` how often it is killed. Figures go to standard error, past the test
//! harness's capture.

#[cfg(all(test, target_os = "linux"))]
mod archive;
#[cfg(all(test, target_os = "linux"))]
mod bodies;
#[cfg(all(test, target_os = "linux"))]
mod collector;
#[cfg(all(test, target_os = "linux"))]
mod crash;
#[cfg(all(test, target_os = "linux"))]
#[path = "../peers/find.rs"]
mod find;
#[cfg(all(test, target_os = "linux"))]
mod http;
#[cfg(all(test, target_os = "linux"))]
mod http2;
#[cfg(all(test, target_os = "linux"))]
mod logs;
#[cfg(all(test, target_os = "linux"))]
mod policies;
#[cfg(all(test, target_os = "linux"))]
mod process;
#[cfg(all(test, target_os = "linux"))]
mod rules;
#[cfg(all(test, target_os = "linux"))]
#[path = "../peers/serving.rs"]
mod serving;
#[cfg(all(test, target_os = "linux"))]
mod shutdown;
#[cfg(all(test, target_os = "linux"))]
mod slow;
#[cfg(all(test, target_os = "linux"))]
mod sources;
#[cfg(all(test, target_os = "linux"))]
mod upstream;
