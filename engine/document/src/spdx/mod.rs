//! SPDX: 2.2 and 2.3 in JSON and as tags and values, 3.0 in JSON-LD.

mod graph;
mod json;
mod part;
mod tag_value;
mod v2;

pub use json::read as json;
pub use tag_value::read as tag_value;
