//! The builtins of texts, numbers and collections by their cases in `cases/*.jsonl`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../tests/support/cases.rs"]
mod cases;

use cases::{Cases, families};

const CASES: Cases = Cases {
    tables: referee_rego_text::TABLES,
    root: env!("CARGO_MANIFEST_DIR"),
    now_ns: 1_700_000_000_123_456_789,
};

families! {
    CASES;
    each_builtin_refuses_operands_of_a_wrong_type, "operands";
    collections_are_taken_apart_and_together, "collections";
    documents_are_filtered_and_patched, "documents";
    encodings_go_both_ways, "encodings";
    formats_have_all_verbs_of_go, "formats";
    globs_match_as_in_opa, "glob";
    identifiers_are_taken_apart, "identifiers";
    interpolation_shows_strings_without_quotes, "interpolation";
    networks_hold_addresses, "networks";
    numbers_are_exact_where_they_are_whole, "numbers";
    regular_expressions_are_those_of_go, "regex";
    strings_are_searched_and_changed, "strings";
    templates_render_and_refuse_as_in_go, "templates";
    times_have_layouts_zones_and_durations, "time";
    units_scale_numbers, "units";
    uris_are_taken_apart, "uris";
    versions_have_an_order, "versions";
}
