//! Package URLs, taken apart far enough to tell whether two are of one package (purl-spec,
//! "Rules for each purl component" and "How to parse a purl string in its components").
//!
//! Refused is what is no purl, and a namespace or name whose escapes are no UTF-8.

use crate::text::percent_decoded as decode;
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
        let rest = after_scheme(text)?;
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

/// What stands behind a package URL's scheme, which is in any case and may have slashes behind it;
/// `None` where a text does not begin with it.
pub(crate) fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_at_checked(4)?;
    scheme.eq_ignore_ascii_case("pkg:").then(|| rest.trim_start_matches('/'))
}

/// Whether a text has the scheme of a package URL.
pub(crate) fn is_purl(text: &str) -> bool {
    after_scheme(text).is_some()
}

/// The type of a package URL in lower case, of one whose other components are not looked at.
pub(crate) fn kind(text: &str) -> Option<Cow<'_, str>> {
    let (kind, _) = after_scheme(text)?.split_once('/')?;
    Some(lower(kind.into()))
}

fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => text.to_ascii_lowercase().into(),
        false => text,
    }
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
