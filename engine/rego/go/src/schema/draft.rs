//! The drafts of JSON Schema, and which one a schema says it follows.

use super::{Reference, SchemaFault};
use referee_rego_value::Value;

/// A draft. Later ones are greater; the mix of them all, which holds where a schema names none, is
/// the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Draft {
    /// Draft 4.
    Four,
    /// Draft 6.
    Six,
    /// Draft 7.
    Seven,
    /// None was named.
    Hybrid,
}

impl Draft {
    /// The URL of its schema.
    #[must_use]
    pub fn url(self) -> Option<&'static str> {
        Some(match self {
            Self::Four => "http://json-schema.org/draft-04/schema",
            Self::Six => "http://json-schema.org/draft-06/schema",
            Self::Seven => "http://json-schema.org/draft-07/schema",
            Self::Hybrid => return None,
        })
    }

    /// The draft whose schema has a URL.
    #[must_use]
    pub fn by_url(url: &str) -> Option<Self> {
        [Self::Four, Self::Six, Self::Seven].into_iter().find(|draft| draft.url() == Some(url))
    }

    /// The draft that a schema names.
    ///
    /// # Errors
    /// Where it can be no schema.
    pub fn of(schema: &Value) -> Result<Option<Self>, SchemaFault> {
        let members = match schema {
            Value::Bool(_) => return Ok(None),
            Value::Object(members) => members,
            _ => return Err(SchemaFault::NoSchema),
        };
        match members.get_str("$schema") {
            None => Ok(None),
            Some(Value::String(url)) => Ok(Self::by_url(Reference::parse(url)?.as_str())),
            Some(_) => Err(SchemaFault::NoDraft),
        }
    }
}
