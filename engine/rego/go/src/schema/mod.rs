//! What OPA's copies of `gojsonschema` and `gojsonreference` take for the references and the drafts
//! of JSON Schema: the type checker and `json.match_schema` read both.

mod draft;
mod fault;
mod reference;

pub use draft::Draft;
pub use fault::SchemaFault;
pub use reference::Reference;
