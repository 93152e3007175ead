//! Calls of builtins with what OPA 1.20.2 gives, in `cases/*.jsonl`. `make.py` makes them, with keys
//! of their own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/support/cases.rs"]
mod cases;

use cases::{Cases, families};

const CASES: Cases = Cases {
    tables: referee_rego_security::TABLES,
    root: env!("CARGO_MANIFEST_DIR"),
    now_ns: 1_800_000_000_000_000_000,
};

families! {
    CASES;
    digests_are_those_of_opa, "digests";
    tokens_are_read_and_verified_as_by_opa, "tokens";
    constraints_on_tokens_are_checked_as_by_opa, "constraints";
    signatures_without_randomness_are_those_of_opa, "signing";
    certificates_and_keys_are_shown_and_verified_as_by_opa, "certificates";
    requests_to_aws_are_signed_as_by_opa, "aws";
    wrong_requests_are_refused_as_by_opa, "requests";
}
