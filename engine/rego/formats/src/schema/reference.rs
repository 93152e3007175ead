//! JSON references and JSON pointers, as the libraries `gojsonreference` and `gojsonpointer` that
//! OPA's validator uses take them.

use super::url::Url;
use referee_rego_value::Value;

/// A reference to a schema: a URL whose fragment may be a JSON pointer.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    url: Url,
    text: String,
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// Where it is no URL, in Go's words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Url::parse(text).map(Self::of)
    }

    fn of(url: Url) -> Self {
        Self { text: url.to_string(), url }
    }

    /// Its usual writing.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Without its fragment.
    pub(super) fn without_fragment(&self) -> Self {
        Self::of(self.url.clone().without_fragment())
    }

    /// Whether it says alone where its document is.
    pub(super) fn is_canonical(&self) -> bool {
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
    pub(super) fn join(&self, other: &Self) -> Result<Self, String> {
        let base = self.url.clone().without_fragment();
        Self::parse(&base.resolve(&other.url).to_string())
    }

    /// What it points at in a document. A fragment that is no pointer stands for all of it.
    ///
    /// # Errors
    /// Where there is nothing, in the library's words.
    pub(super) fn find(&self, document: &Value) -> Result<Value, String> {
        let Some(pointer) = self.url.fragment.strip_prefix(b"/") else {
            return Ok(document.clone());
        };
        let pointer = String::from_utf8_lossy(pointer);
        let mut found = document;
        for token in pointer.split('/') {
            found = match found {
                Value::Object(members) => {
                    let key = token.replace("~1", "/").replace("~0", "~");
                    members.get_str(&key).ok_or_else(|| format!("Object has no key '{key}'"))?
                }
                Value::Array(elements) => {
                    let at: i64 =
                        token.parse().map_err(|_| format!("Invalid array index '{token}'"))?;
                    let element = usize::try_from(at).ok().and_then(|at| elements.get(at));
                    element.ok_or_else(|| {
                        format!("Out of bound array[0,{}] index '{at}'", elements.len())
                    })?
                }
                _ => return Err(format!("Invalid token reference '{token}'")),
            };
        }
        Ok(found.clone())
    }
}
