//! The bodies of the targets, which stand with the tests of the engine, of the verifiers, of
//! bundles and of the readers of documents.

#[path = "../../engine/rego/tests/targets/mod.rs"]
mod targets;

#[path = "../../engine/verify/tests/targets/mod.rs"]
mod verify_targets;

#[path = "../../engine/document/tests/targets/mod.rs"]
mod document_targets;

#[path = "../../bundles/tests/targets/mod.rs"]
mod bundle_targets;

/// Runs the body of that name.
pub fn run(name: &str, bytes: &[u8]) {
    if let Some((_, body)) = targets::TARGETS.iter().find(|(found, _)| *found == name) {
        body(bytes);
    }
}

/// Runs the body of a verifier's target of that name.
pub fn verify(name: &str, bytes: &[u8]) {
    if let Some((_, body)) = verify_targets::TARGETS.iter().find(|(found, _)| *found == name) {
        body(bytes);
    }
}

/// Runs the body of a document reader's target of that name.
pub fn document(name: &str, bytes: &[u8]) {
    if let Some((_, body)) = document_targets::TARGETS.iter().find(|(found, _)| *found == name) {
        body(bytes);
    }
}

/// Runs the body of a target of bundles of that name.
pub fn bundle(name: &str, bytes: &[u8]) {
    if let Some((_, body)) = bundle_targets::TARGETS.iter().find(|(found, _)| *found == name) {
        body(bytes);
    }
}
