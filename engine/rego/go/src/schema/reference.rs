//! JSON references and JSON pointers, as `gojsonreference` and `gojsonpointer` take them.

use super::SchemaFault;
use crate::url::{Url, UrlError};
use referee_rego_value::Value;
use referee_rego_value::bytes::text_of_slice;

/// A reference to a schema: a URL whose fragment may be a JSON pointer.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    url: Url,
    text: String,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// Where it is no URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Url::parse(text).map(Self::of)
    }

    fn of(url: Url) -> Self {
        Self { text: url.to_string(), url }
    }

    /// Its usual writing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host that it names, without the port.
    #[must_use]
    pub fn host(&self) -> String {
        self.url.host_and_port().0
    }

    /// Without its fragment.
    #[must_use]
    pub fn without_fragment(&self) -> Self {
        Self::of(self.document())
    }

    fn document(&self) -> Url {
        Url { fragment: Vec::new(), ..self.url.clone() }
    }

    /// Whether it says alone where its document is.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        if self.url.scheme == "file" {
            self.url.path.starts_with(b"/")
        } else {
            !self.url.scheme.is_empty() && !self.url.host.is_empty()
        }
    }

    /// A reference in a document of this one.
    ///
    /// # Errors
    /// Where the two together are no URL.
    pub fn join(&self, other: &Self) -> Result<Self, UrlError> {
        Self::parse(&self.document().resolve(&other.url).to_string())
    }

    /// What it points at in a document. A fragment that is no pointer stands for all of it.
    ///
    /// # Errors
    /// Where there is nothing.
    pub fn find(&self, document: &Value) -> Result<Value, SchemaFault> {
        let Some(pointer) = self.url.fragment.strip_prefix(b"/") else {
            return Ok(document.clone());
        };
        let pointer = text_of_slice(pointer);
        let mut found = document;
        for token in pointer.split('/') {
            found = match found {
                Value::Object(members) => {
                    let key = token.replace("~1", "/").replace("~0", "~");
                    match members.get_str(&key) {
                        Some(member) => member,
                        None => return Err(SchemaFault::NoKey { key }),
                    }
                }
                Value::Array(elements) => {
                    let Ok(index) = token.parse::<i64>() else {
                        return Err(SchemaFault::NoIndex { token: token.to_owned() });
                    };
                    let element = usize::try_from(index).ok().and_then(|at| elements.get(at));
                    element.ok_or(SchemaFault::OutOfBounds { length: elements.len(), index })?
                }
                _ => return Err(SchemaFault::NoMember { token: token.to_owned() }),
            };
        }
        Ok(found.clone())
    }
}
