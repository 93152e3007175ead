//! Builtins of Rego: certificates, keys, tokens, signatures, requests.

use referee_rego_builtin::Table;

/// Its builtins, by family.
pub const TABLES: &[Table] = &[];
