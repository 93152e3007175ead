//! Builtins of Rego: strings, numbers, collections, paths, addresses: whatever needs no format of
//! its own.
//!
//! Each module is a family with a table of its own; it follows the file of OPA's `v1/topdown`
//! that its documentation names. [`TABLES`] has them all.

mod aggregate;
mod arithmetic;
mod array;
mod bits;
mod cast;
mod compare;
mod give;
mod graph;
mod join;
mod object;
mod prefix;
mod range;
mod search;
mod set;
mod split;
mod subset;
mod trim;
mod walk;

use referee_rego_builtin::Table;

/// Its builtins, by family.
pub const TABLES: &[Table] = &[
    aggregate::TABLE,
    arithmetic::TABLE,
    array::TABLE,
    bits::TABLE,
    cast::TABLE,
    compare::TABLE,
    graph::TABLE,
    join::TABLE,
    object::TABLE,
    prefix::TABLE,
    range::TABLE,
    search::TABLE,
    set::TABLE,
    split::TABLE,
    subset::TABLE,
    trim::TABLE,
    walk::TABLE,
];
