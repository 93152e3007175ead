//! Builtins of Rego: JSON Schema, GraphQL, YAML and other formats with a grammar.

mod graphql;
mod module;
mod schema;
pub mod yaml;

use referee_rego_builtin::Table;

/// Its builtins, by family.
pub const TABLES: &[Table] = &[graphql::TABLE, module::TABLE, schema::TABLE, yaml::TABLE];
