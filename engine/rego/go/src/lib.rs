//! What Go's libraries do with text, where OPA's results and errors show it, and more than one
//! crate of the engine needs it.
//!
//! Here are texts in quotes (`strconv`), URLs (`net/url`), addresses (`net/netip`), durations and
//! moments (`time`), base64 (`encoding/base64`), and the references of JSON Schema
//! (`gojsonreference`). What one crate alone needs of Go stands in that crate. Errors are in Go's
//! words, for policies see them. Nothing here knows builtins, and nothing recurs: whoever calls it
//! counts the work by the length of the text.
//!
//! Texts may hold bytes that are no UTF-8, in the form of [`referee_rego_value::bytes`].

pub mod base64;
pub mod netip;
pub mod quote;
pub mod schema;
pub mod time;
pub mod url;
