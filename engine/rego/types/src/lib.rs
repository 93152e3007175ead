//! The types of Rego, the declarations of OPA's builtins, and the type checker.
//!
//! A [`Type`] is what the compiler knows of a value (OPA's `v1/types`); a [`Declaration`] says how
//! a builtin is called and what it gives; [`Capabilities`] is a set of declarations with OPA's
//! JSON form. [`load_schema`] makes a type of a JSON Schema, and [`check`] checks rules and
//! queries as OPA's stage `CheckTypes` does.

mod algebra;
mod builtins;
mod capabilities;
pub mod check;
mod declaration;
mod error;
mod json;
mod kind;
mod order;
mod schema;
mod signature;
mod text;

pub use capabilities::Capabilities;
pub use declaration::{Declaration, Function};
pub use error::{DocumentError, SchemaError, Untyped};
pub use kind::{AnyType, ArrayType, ObjectType, RecursiveType, SetType, Type};
pub use referee_rego_go::schema::SchemaFault;
pub use schema::{Nulls, SchemaType, load_schema};
