//! References between schemas: URIs with a JSON pointer behind `#`, resolved against each other
//! as Go's `net/url` resolves them.

use referee_rego_value::{Str, Value};

/// A reference, as Go's `url.Parse` takes it apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reference {
    scheme: String,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

/// Splits off what stands before a separator.
fn cut<'a>(text: &'a str, separator: &str) -> (&'a str, Option<&'a str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The text without percent escapes; the escape where one is wrong.
fn unescaped(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let escape = after.get(..2).unwrap_or(after);
        let code = std::str::from_utf8(escape).ok().filter(|_| escape.len() == 2);
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) => bytes.push(code),
            None => return Err(format!("%{}", String::from_utf8_lossy(escape))),
        }
        rest = after.get(2..).unwrap_or_default();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The text with what cannot stand in a fragment as percent escapes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_.~!'()*$&+,/:;=?@[]%".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

impl Reference {
    /// Reads a reference.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let failed = |why: &str| format!("parse {text:?}: {why}");
        if text.chars().any(|c| c.is_ascii_control()) {
            return Err(failed("net/url: invalid control character in URL"));
        }
        let (before, fragment) = cut(text, "#");
        let fragment = fragment.unwrap_or_default();
        let (before, query) = cut(before, "?");
        let wrong = |escape: String| failed(&format!("invalid URL escape {escape:?}"));
        unescaped(before).map_err(wrong)?;
        unescaped(fragment).map_err(wrong)?;
        let (scheme, rest) = match before.split_once(':') {
            Some(("", _)) => return Err(failed("missing protocol scheme")),
            Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
            Some((segment, _)) if !segment.contains('/') => {
                return Err(failed("first path segment in URL cannot contain colon"));
            }
            _ => ("", before),
        };
        let (host, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at_checked(rest.find('/').unwrap_or(rest.len())),
            None => Some(("", rest)),
        }
        .unwrap_or_default();
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: query.unwrap_or_default().to_owned(),
            fragment: fragment.to_owned(),
        })
    }

    /// The reference that another is, where it stands below this one.
    pub(super) fn resolve(&self, child: &Self) -> Self {
        if !child.scheme.is_empty() || !child.host.is_empty() {
            let scheme = if child.scheme.is_empty() { &self.scheme } else { &child.scheme };
            let path = resolve_path(&child.path, "");
            return Self { scheme: scheme.clone(), path, ..child.clone() };
        }
        let keep_query = child.path.is_empty() && child.query.is_empty();
        Self {
            scheme: self.scheme.clone(),
            host: self.host.clone(),
            path: resolve_path(&self.path, &child.path),
            query: if keep_query { self.query.clone() } else { child.query.clone() },
            fragment: child.fragment.clone(),
        }
    }

    /// The host, without its port.
    pub(super) fn host(&self) -> &str {
        let host = self.host.rsplit_once('@').map_or(self.host.as_str(), |(_, host)| host);
        match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((address, _)) => address,
            None => host.split(':').next().unwrap_or_default(),
        }
    }

    /// The same without the part behind `#`.
    pub(super) fn without_fragment(&self) -> Self {
        Self { fragment: String::new(), ..self.clone() }
    }

    /// Whether it says by itself where the schema is.
    pub(super) fn is_canonical(&self) -> bool {
        match self.scheme.as_str() {
            "file" => self.path.starts_with('/'),
            _ => !self.scheme.is_empty() && !self.host.is_empty(),
        }
    }

    /// What its pointer leads to in a document.
    pub(super) fn find(&self, document: &Value) -> Result<Value, String> {
        let pointer = unescaped(&self.fragment).unwrap_or_default();
        let Some(tokens) = pointer.strip_prefix('/') else {
            return Ok(document.clone());
        };
        let mut found = document;
        for token in tokens.split('/') {
            found = match found {
                Value::Object(object) => {
                    let key = token.replace("~1", "/").replace("~0", "~");
                    object
                        .get(&Value::String(Str::new(&key)))
                        .ok_or_else(|| format!("Object has no key '{key}'"))?
                }
                Value::Array(array) => {
                    let index: i64 =
                        token.parse().map_err(|_| format!("Invalid array index '{token}'"))?;
                    let at = usize::try_from(index).ok();
                    at.and_then(|at| array.get(at)).ok_or_else(|| {
                        format!("Out of bound array[0,{}] index '{index}'", array.len())
                    })?
                }
                _ => return Err(format!("Invalid token reference '{token}'")),
            };
        }
        Ok(found.clone())
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if !self.host.is_empty() || (self.scheme == "file" && self.path.starts_with('/')) {
            write!(f, "//{}", self.host)?;
        }
        f.write_str(&self.path)?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        if self.fragment.is_empty() { Ok(()) } else { write!(f, "#{}", escaped(&self.fragment)) }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A path below another, without `.` and `..`.
fn resolve_path(base: &str, child: &str) -> String {
    let full = if child.is_empty() {
        base.to_owned()
    } else if child.starts_with('/') {
        child.to_owned()
    } else {
        let directory = base.rsplit_once('/').map_or("", |(directory, _)| directory);
        format!("{directory}/{child}")
    };
    if full.is_empty() {
        return full;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in full.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    if full.ends_with("/.") || full.ends_with("/..") {
        segments.push("");
    }
    format!("/{}", segments.join("/").trim_start_matches('/'))
}
