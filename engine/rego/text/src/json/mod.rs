//! `json.filter`, `json.remove` and `json.patch`; `topdown/json.go`.

mod edit;
mod filter;
mod patch;
mod path;

use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::Table;

pub(crate) const TABLE: Table = &[
    ("json.filter", F(filter::filter)),
    ("json.remove", F(filter::remove)),
    ("json.patch", F(patch::patch)),
];
