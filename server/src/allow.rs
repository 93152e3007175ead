//! Which artifacts a caller may name.
//!
//! A reference decides where this process connects to and whose credentials it uses there, so a
//! server that strangers can reach lists its registries. Layouts are files of this machine and no
//! caller's business at all.

use referee_core::{Coded, Source};

/// A text that is no registry pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern:?} is not a registry pattern")]
pub struct PatternError {
    /// The text.
    pub pattern: String,
}

/// The registries that callers may name.
#[derive(Clone, Debug)]
pub(crate) struct Registries {
    /// Empty: any.
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Exact(String),
    /// With its leading dot, so that `*.example` is not `evil-example`.
    Below(String),
}

/// Why an artifact may not be asked about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("this server does not read layouts for its callers")]
    Layout,
    #[error("registry {registry} is not one of those that this server may ask")]
    Registry { registry: String },
}

impl Coded for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::Layout => "layout_not_allowed",
            Self::Registry { .. } => "registry_not_allowed",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Layout => "name an artifact in a registry: registry/repository:tag".into(),
            Self::Registry { .. } => "the operator lists registries under server.registries".into(),
        })
    }
}

impl Registries {
    pub(crate) fn new(patterns: &[String]) -> Result<Self, PatternError> {
        let patterns = patterns.iter().map(|text| Pattern::parse(text));
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    pub(crate) fn are_any(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(crate) fn admit(&self, source: &Source) -> Result<(), Refused> {
        let Source::Registry(reference) = source else { return Err(Refused::Layout) };
        let registry = reference.repository().registry();
        if self.patterns.is_empty() || self.patterns.iter().any(|p| p.admits(registry)) {
            return Ok(());
        }
        Err(Refused::Registry { registry: registry.to_owned() })
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, PatternError> {
        let error = || PatternError { pattern: text.to_owned() };
        let host = text.strip_prefix("*.").unwrap_or(text);
        // References hold registries in lower case and checked; so must what they are compared
        // with be, or it would never match and nobody would know why.
        let lower = host.to_ascii_lowercase();
        referee_core::Repository::new(&lower, "x").map_err(|_| error())?;
        Ok(match text.strip_prefix("*") {
            Some(_) => Self::Below(format!(".{lower}")),
            None => Self::Exact(lower),
        })
    }

    fn admits(&self, registry: &str) -> bool {
        match self {
            Self::Exact(host) => registry == host,
            Self::Below(suffix) => {
                registry.strip_suffix(suffix.as_str()).is_some_and(|s| !s.is_empty())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(patterns: &[&str], reference: &str) -> Result<(), Refused> {
        let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        Registries::new(&patterns).unwrap().admit(&reference.parse().unwrap())
    }

    #[test]
    fn without_a_list_any_registry_may_be_named() {
        assert_eq!(admitted(&[], "registry.example:5000/a:1"), Ok(()));
        assert_eq!(admitted(&[], "alpine"), Ok(()));
    }

    #[test]
    fn a_listed_host_is_admitted_with_its_port_and_no_other() {
        let list = ["registry.example", "Other.Example:5000", "*.team.example", "docker.io"];
        for reference in
            ["registry.example/a", "other.example:5000/a", "x.y.team.example/a", "alpine"]
        {
            assert_eq!(admitted(&list, reference), Ok(()), "{reference}");
        }
        for reference in [
            "registry.example:5000/a",
            "other.example/a",
            "team.example/a",
            "evil-team.example/a",
            "x.team.example:5000/a",
            "registry.example.evil.example/a",
        ] {
            let refused = admitted(&list, reference).unwrap_err();
            assert_eq!(refused.code(), "registry_not_allowed", "{reference}");
        }
    }

    #[test]
    fn a_layout_is_refused_whatever_the_list_says() {
        let refused = admitted(&[], "oci-layout:/etc").unwrap_err();
        assert_eq!(refused.code(), "layout_not_allowed");
        assert_eq!(refused.to_string(), "this server does not read layouts for its callers");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["", "*", "*.", "a/b", "https://a", "a.*.b", "*a.example", "a b"] {
            let error = Registries::new(&[text.to_owned()]).unwrap_err();
            assert_eq!(error, PatternError { pattern: text.to_owned() });
        }
    }
}
