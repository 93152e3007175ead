//! Scopes: which repositories a key or an identity may sign for.
//!
//! A scope is matched against the registry and the path by whole segments. `*` is exactly one
//! segment, `**` any number of them (at the end at least one, so that `registry.example/team/**`
//! is what is *below* `team`). A wildcard inside a segment is refused: `team*` would admit
//! `team-evil` by accident of prefix.

use crate::error::Coded;
use crate::reference::Repository;
use std::fmt;
use std::str::FromStr;

/// A checked scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    text: Box<str>,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(Box<str>),
    One,
    Any,
}

/// Why a text is not a scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// It is empty, or has an empty segment.
    #[error("it has an empty segment")]
    EmptySegment,
    /// A wildcard shares a segment with other characters.
    #[error("segment {segment:?} mixes a wildcard with other characters")]
    PartialWildcard {
        /// The segment.
        segment: String,
    },
    /// It has a tag, a digest, a scheme or upper-case letters.
    #[error("segment {segment:?} cannot occur in a repository name")]
    Segment {
        /// The segment.
        segment: String,
    },
    /// It has more than one `**`, of which one would do.
    #[error("it has more than one `**`")]
    SeveralAny,
}

impl Coded for ScopeError {
    fn code(&self) -> &'static str {
        "invalid_scope"
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::PartialWildcard { .. } => {
                    "`*` stands for one whole segment and `**` for any number of them"
                }
                Self::Segment { .. } => "a scope is registry/path, without scheme, tag or digest",
                Self::EmptySegment | Self::SeveralAny => {
                    "write registry.example/team/app, registry.example/team/* or registry.example/team/**"
                }
            }
            .to_owned(),
        )
    }
}

impl Scope {
    /// Whether this scope admits a repository. `None` is an artifact that nothing names: only
    /// `**` admits that.
    #[must_use]
    pub fn admits(&self, repository: Option<&Repository>) -> bool {
        match repository {
            Some(repository) => {
                let names: Vec<&str> = repository.segments().collect();
                matches(&self.segments, &names)
            }
            None => self.segments == [Segment::Any],
        }
    }
}

/// At most one `**` is allowed, so there is nothing to backtrack over.
fn matches(pattern: &[Segment], names: &[&str]) -> bool {
    let one = |(segment, name): (&Segment, &&str)| match segment {
        Segment::Literal(literal) => &**literal == *name,
        Segment::One => true,
        Segment::Any => false,
    };
    let Some(split) = pattern.iter().position(|segment| *segment == Segment::Any) else {
        return pattern.len() == names.len() && pattern.iter().zip(names).all(one);
    };
    let (head, tail) =
        (pattern.get(..split).unwrap_or(&[]), pattern.get(split + 1..).unwrap_or(&[]));
    let least = if tail.is_empty() { 1 } else { 0 };
    if names.len() < head.len() + tail.len() + least {
        return false;
    }
    let end = names.get(names.len() - tail.len()..).unwrap_or(&[]);
    head.iter().zip(names).all(one) && tail.iter().zip(end).all(one)
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let mut segments = Vec::new();
        for (position, segment) in text.split('/').enumerate() {
            segments.push(match segment {
                "" => return Err(ScopeError::EmptySegment),
                "*" => Segment::One,
                "**" if segments.contains(&Segment::Any) => return Err(ScopeError::SeveralAny),
                "**" => Segment::Any,
                literal if literal.contains('*') => {
                    return Err(ScopeError::PartialWildcard { segment: literal.to_owned() });
                }
                literal if !literal_ok(literal, position == 0) => {
                    return Err(ScopeError::Segment { segment: literal.to_owned() });
                }
                literal => Segment::Literal(literal.into()),
            });
        }
        Ok(Self { text: text.into(), segments })
    }
}

/// A literal segment must be one that a repository can have, or it could never match and would
/// void the scope in silence.
fn literal_ok(segment: &str, first: bool) -> bool {
    if first {
        Repository::new(segment, "x").is_ok() && !segment.chars().any(|c| c.is_ascii_uppercase())
    } else {
        Repository::new("registry.example", segment).is_ok()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(text: &str) -> Repository {
        let (registry, path) = text.split_once('/').unwrap();
        Repository::new(registry, path).unwrap()
    }

    #[test]
    fn scopes_match_whole_segments_only() {
        let cases = [
            ("r.example/team/app", "r.example/team/app", true),
            ("r.example/team/app", "r.example/team/app2", false),
            ("r.example/team/app", "r.example/team/app/x", false),
            ("r.example/team/*", "r.example/team/app", true),
            ("r.example/team/*", "r.example/team/app/x", false),
            ("r.example/team/*", "r.example/team-evil/x", false),
            ("r.example/team/**", "r.example/team/app", true),
            ("r.example/team/**", "r.example/team/a/b/c", true),
            ("r.example/team/**", "r.example/team", false),
            ("r.example/team/**", "r.example/team-evil/x", false),
            ("r.example/**", "r.example.evil/x", false),
            ("r.example/**", "r.example:5000/x", false),
            ("r.example:5000/**", "r.example:5000/x", true),
            ("**", "any.example/x", true),
            ("*/team/app", "r.example/team/app", true),
            ("*/team/app", "r.example/x/team/app", false),
            ("**/app", "r.example/a/b/app", true),
            ("**/app", "r.example/app", true),
            ("**/app", "r.example/a/app2", false),
            ("r.example/**/app", "r.example/app", true),
            ("r.example/**/app", "r.example/a/b/app", true),
            ("r.example/**/app", "r.example/a/b/apps", false),
        ];
        for (scope, name, expected) in cases {
            let parsed: Scope = scope.parse().unwrap();
            assert_eq!(parsed.admits(Some(&repository(name))), expected, "{scope} on {name}");
        }
    }

    #[test]
    fn what_nothing_names_is_admitted_by_everywhere_only() {
        assert!("**".parse::<Scope>().unwrap().admits(None));
        assert!(!"*/**".parse::<Scope>().unwrap().admits(None));
        assert!(!"r.example/**".parse::<Scope>().unwrap().admits(None));
    }

    #[test]
    fn a_scope_that_could_mislead_is_refused() {
        let cases = [
            ("", ScopeError::EmptySegment),
            ("r.example//x", ScopeError::EmptySegment),
            ("r.example/team*", ScopeError::PartialWildcard { segment: "team*".into() }),
            ("r.example/***", ScopeError::PartialWildcard { segment: "***".into() }),
            ("r.example/**/a/**", ScopeError::SeveralAny),
            ("r.example/app:1", ScopeError::Segment { segment: "app:1".into() }),
            ("R.example/app", ScopeError::Segment { segment: "R.example".into() }),
            ("r.example/App", ScopeError::Segment { segment: "App".into() }),
            ("https://r.example/app", ScopeError::Segment { segment: "https:".into() }),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Scope>(), Err(expected), "{text}");
        }
    }
}
