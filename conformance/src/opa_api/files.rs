//! The files of the suite, in the order of their names.

/// Name and text of each.
pub(super) const FILES: &[(&str, &str)] = &[
    ("compile.yaml", include_str!("../../opa-api/compile.yaml")),
    ("data-read.yaml", include_str!("../../opa-api/data-read.yaml")),
    ("data-write.yaml", include_str!("../../opa-api/data-write.yaml")),
    ("fields.yaml", include_str!("../../opa-api/fields.yaml")),
    ("filters.yaml", include_str!("../../opa-api/filters.yaml")),
    ("health.yaml", include_str!("../../opa-api/health.yaml")),
    ("http.yaml", include_str!("../../opa-api/http.yaml")),
    ("input.yaml", include_str!("../../opa-api/input.yaml")),
    ("parameters.yaml", include_str!("../../opa-api/parameters.yaml")),
    ("policies.yaml", include_str!("../../opa-api/policies.yaml")),
    ("query.yaml", include_str!("../../opa-api/query.yaml")),
    ("sequences.yaml", include_str!("../../opa-api/sequences.yaml")),
    ("slashes.yaml", include_str!("../../opa-api/slashes.yaml")),
    ("v0.yaml", include_str!("../../opa-api/v0.yaml")),
];
