//! Package URLs, taken apart far enough to tell whether two are of one package (purl-spec,
//! "Rules for each purl component" and "How to parse a purl string in its components").
//!
//! Refused is what is no purl, and a namespace or name whose escapes are no UTF-8.

use std::borrow::Cow;

/// A package URL's components, decoded. The type is in lower case; names and namespaces of types
/// whose names know no case are as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Purl<'a> {
    /// The type: `npm`, `deb`.
    pub(crate) kind: Cow<'a, str>,
    /// The namespace, segments joined by `/`; empty where there is none.
    pub(crate) namespace: Cow<'a, str>,
    /// The name.
    pub(crate) name: Cow<'a, str>,
    /// The version, where there is one.
    pub(crate) version: Option<Cow<'a, str>>,
    qualifiers: &'a str,
}

impl<'a> Purl<'a> {
    /// Takes a purl apart.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("pkg:"))?;
        let rest = text.get(scheme.len()..)?.trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, rest) = rest.split_once('/')?;
        let rest = rest.trim_matches('/');
        // The version begins at the last `@` that is not the scope of an npm package.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !path.is_empty() && !path.ends_with('/') => {
                (path, Some(version))
            }
            _ => (rest, None),
        };
        let path = path.trim_end_matches('/');
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        let kind = lower(kind.into());
        // Not npm's and rpm's, of which there are some that differ in case alone.
        let cased = !matches!(
            &*kind,
            "alpm" | "apk" | "bitbucket" | "composer" | "deb" | "github" | "hex" | "oci" | "pypi"
        );
        let fold = |text: Cow<'a, str>| if cased { text } else { lower(text) };
        let name = fold(decode(name)?);
        let name = match &*kind {
            // PyPI takes `_` and `-` for one.
            "pypi" if name.contains('_') => name.replace('_', "-").into(),
            _ => name,
        };
        let version = match version {
            Some(version) if !version.is_empty() => Some(decode(version)?),
            _ => None,
        };
        let known = !kind.is_empty() && !name.is_empty();
        let namespace = fold(decode(namespace.trim_matches('/'))?);
        known.then_some(Self { kind, namespace, name, version, qualifiers })
    }

    /// Names and decoded values of the qualifiers; a value that cannot be decoded is `None`.
    pub(crate) fn qualifiers(&self) -> impl Iterator<Item = (&'a str, Option<Cow<'a, str>>)> {
        let pairs = self.qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, decode(value)))
    }
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => text.to_ascii_lowercase().into(),
        false => text,
    }
}

/// Percent-decoding; `None` where what comes out is no UTF-8 or an escape is broken.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
            decoded.push((high << 4) | low);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_is_taken_apart_as_the_specification_says() {
        let purl =
            Purl::parse("pkg:golang/github.com/Org/x%2By@v1.0%2Bincompatible?a=b#sub").unwrap();
        assert_eq!((&*purl.kind, &*purl.namespace), ("golang", "github.com/Org"));
        assert_eq!((&*purl.name, purl.version.as_deref()), ("x+y", Some("v1.0+incompatible")));
        let purl = Purl::parse("pkg:npm/%40angular/core@1.2.3").unwrap();
        assert_eq!((&*purl.namespace, &*purl.name), ("@angular", "core"));
        let purl = Purl::parse("pkg:npm/@angular/core").unwrap();
        assert_eq!((&*purl.namespace, &*purl.name, purl.version), ("@angular", "core", None));
        let text = "pkg:oci/App@sha256%3Aab?repository_url=ghcr.io%2Forg%2Fapp&tag=1";
        let purl = Purl::parse(text).unwrap();
        assert_eq!((&*purl.name, purl.version.as_deref()), ("app", Some("sha256:ab")));
        let qualifiers: Vec<_> =
            purl.qualifiers().map(|(name, value)| (name, value.unwrap())).collect();
        assert_eq!(qualifiers, [("repository_url", "ghcr.io/org/app".into()), ("tag", "1".into())]);
    }

    #[test]
    fn what_is_no_purl_is_none() {
        for text in ["", "pkg:", "pkg:npm", "pkg:npm/", "https://x/y", "pkg:npm/%zz", "pkg:a/%ff"] {
            assert_eq!(Purl::parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_are_compared_as_their_type_compares_them() {
        let same = |a: &str, b: &str| {
            let (a, b) = (Purl::parse(a).unwrap(), Purl::parse(b).unwrap());
            (a.kind, a.namespace, a.name) == (b.kind, b.namespace, b.name)
        };
        assert!(same("pkg:pypi/Foo_Bar@1", "pkg:pypi/foo-bar"));
        assert!(!same("pkg:maven/org/Foo", "pkg:maven/org/foo"));
        assert!(!same("pkg:npm/JSONStream", "pkg:npm/jsonstream"));
        assert!(!same("pkg:deb/debian/curl", "pkg:deb/ubuntu/curl"));
    }
}
