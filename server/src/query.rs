//! The query string: percent-decoding and OPA's rule for flags.

/// A query string or path segment that is not percent-encoded UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not percent-encoded UTF-8")]
pub(crate) struct EncodingError;

/// The parameters of a query string, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads it by the rules of Go's `net/url`: a pair with a semicolon, which was a separator once
    /// and is for some proxies still, is none.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, EncodingError> {
        let pairs = text.unwrap_or_default().split('&');
        let pairs = pairs.filter(|pair| !pair.is_empty() && !pair.contains(';'));
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((form_decoded(name)?, form_decoded(value)?))
        });
        Ok(Self(pairs.collect::<Result<_, EncodingError>>()?))
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The last value of a parameter.
    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// All of them, in their order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// OPA's rule: a flag is set when it stands there once with no value, or with any value that is
    /// `true` in whatever case.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (None, _) => false,
            (Some(""), None) => true,
            _ => self.all(name).any(|value| value.eq_ignore_ascii_case("true")),
        }
    }
}

fn form_decoded(text: &str) -> Result<String, EncodingError> {
    if text.contains('+') { decoded(&text.replace('+', " ")) } else { decoded(text) }
}

/// Takes percent-encoding away.
pub(crate) fn decoded(text: &str) -> Result<String, EncodingError> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (digit().ok_or(EncodingError)?, digit().ok_or(EncodingError)?);
        out.push(u8::try_from(high * 16 + low).map_err(|_| EncodingError)?);
    }
    String::from_utf8(out).map_err(|_| EncodingError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded() {
        let query = Query::parse(Some("input=%7B%22a%22%3A+1%7D&&pretty&x=%C3%A4")).unwrap();
        assert_eq!(query.get("input"), Some("{\"a\": 1}"));
        assert_eq!(query.get("pretty"), Some(""));
        assert_eq!(query.get("x"), Some("ä"));
        assert_eq!(query.get("y"), None);
        assert_eq!(Query::parse(None), Ok(Query::default()));
    }

    #[test]
    fn a_flag_is_set_by_no_value_or_true_in_any_case() {
        for (text, set) in [
            ("pretty", true),
            ("pretty=", true),
            ("pretty=TRUE", true),
            ("pretty=1", false),
            ("pretty=false", false),
            ("pretty=false&pretty=true", true),
            ("pretty&pretty", false),
            ("pretty&pretty=false", false),
            ("pretty;", false),
            ("a;pretty&pretty=true", true),
            ("x", false),
        ] {
            assert_eq!(Query::parse(Some(text)).unwrap().flag("pretty"), set, "{text}");
        }
    }

    #[test]
    fn broken_encoding_is_refused() {
        for text in ["%", "%1", "%zz", "%ff"] {
            assert_eq!(decoded(text), Err(EncodingError), "{text}");
            assert_eq!(Query::parse(Some(text)), Err(EncodingError), "{text}");
        }
    }
}
