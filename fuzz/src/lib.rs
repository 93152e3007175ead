//! The bodies of the targets, which stand with the tests of the engine.

#[path = "../../engine/rego/tests/targets/mod.rs"]
mod targets;

/// Runs the body of that name.
pub fn run(name: &str, bytes: &[u8]) {
    if let Some((_, body)) = targets::TARGETS.iter().find(|(found, _)| *found == name) {
        body(bytes);
    }
}
