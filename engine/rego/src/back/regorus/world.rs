//! What the rules of a program read of the input and of the world.

use super::syntax::{self, Reference, Uses};
use crate::reads::{KEYS, Reads};
use regorus::unstable::Module;

/// Builtins whose value differs from one evaluation to the next, or that must run each time.
const VOLATILE: [(&str, &str); 7] = [
    ("time", "now_ns"),
    ("rand", "intn"),
    ("uuid", "rfc4122"),
    ("opa", "runtime"),
    ("http", "send"),
    ("net", "lookup_ip_addr"),
    ("trace", ""),
];

/// Adds what a module names before its rules: `import input.request as r` reads all of it.
pub(super) fn add_imports(module: &Module, reads: &mut Reads) {
    for import in &module.imports {
        match syntax::reference(&import.refr) {
            Some(reference) if reference.root.text() == "input" => add_input(&reference, reads),
            _ => {}
        }
    }
}

/// Adds what a rule uses.
pub(super) fn add_rule(uses: &Uses<'_>, reads: &mut Reads) {
    for reference in &uses.references {
        if reference.root.text() == "input" {
            add_input(reference, reads);
        }
    }
    for target in &uses.targets {
        // Replaced by something else, which the evaluation of one rule then sees for another's.
        reads.whole_input |= target.root.text() == "input";
    }
    let calls = uses.calls.iter().map(|call| &call.function);
    let mut mentions = calls.chain(&uses.references).chain(&uses.targets);
    reads.volatile |= mentions.any(is_volatile);
}

fn add_input(reference: &Reference<'_>, reads: &mut Reads) {
    // What begins with a bracket is an index that is no name: an array's.
    let names = reference.names().take_while(|name| !name.starts_with('['));
    let path: Vec<String> = names.take(KEYS).cloned().collect();
    if path.is_empty() {
        reads.whole_input = true;
    } else {
        reads.input.insert(path);
    }
}

fn is_volatile(reference: &Reference<'_>) -> bool {
    let root = reference.root.text();
    VOLATILE.iter().any(|(first, second)| {
        let second_fits = match reference.steps.first() {
            None => second.is_empty(),
            // A step that is computed may be any.
            Some(step) => second.is_empty() || step.as_deref().is_none_or(|step| step == *second),
        };
        root == *first && second_fits
    })
}
