//! Calls of builtins with what OPA 1.20.2 gives, in `cases/*.jsonl`. `make.py` makes them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/support/cases.rs"]
mod cases;

use cases::{Cases, families};

const CASES: Cases = Cases {
    tables: referee_rego_formats::TABLES,
    root: env!("CARGO_MANIFEST_DIR"),
    now_ns: 1_800_000_000_000_000_000,
};

families! {
    CASES;
    yaml_is_read_and_written_as_by_opa, "yaml";
    graphql_is_parsed_and_verified_as_by_opa, "graphql";
}
