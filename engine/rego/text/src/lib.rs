//! Builtins of Rego: strings, numbers, collections, paths, addresses: whatever needs no format of
//! its own.
//!
//! Each module is a family with a table of its own; it follows the file of OPA's `v1/topdown`
//! that its documentation names. [`TABLES`] has them all.

mod aggregate;
mod arithmetic;
mod array;
mod bits;
mod cache;
mod cast;
mod compare;
mod encoding;
mod find;
mod give;
mod glob;
mod go;
mod graph;
mod interpolate;
mod join;
mod json;
mod net;
mod number;
mod object;
mod order;
mod prefix;
mod range;
mod regex;
mod runtime;
mod search;
mod semver;
mod set;
mod split;
mod sprintf;
mod subset;
mod template;
mod time;
mod trim;
mod units;
mod uuid;
pub mod walk;

use referee_rego_builtin::Table;

/// Its builtins, by family.
pub const TABLES: &[Table] = &[
    aggregate::TABLE,
    arithmetic::TABLE,
    array::TABLE,
    bits::TABLE,
    cast::TABLE,
    compare::TABLE,
    encoding::BASE64,
    encoding::HEX,
    encoding::JSON,
    encoding::QUERY,
    encoding::URI,
    glob::TABLE,
    graph::TABLE,
    interpolate::TABLE,
    join::TABLE,
    json::TABLE,
    net::TABLE,
    object::TABLE,
    prefix::TABLE,
    range::TABLE,
    regex::TABLE,
    runtime::TABLE,
    search::TABLE,
    semver::TABLE,
    set::TABLE,
    split::TABLE,
    sprintf::TABLE,
    subset::TABLE,
    template::TABLE,
    time::TABLE,
    trim::TABLE,
    units::TABLE,
    uuid::TABLE,
    walk::TABLE,
];
