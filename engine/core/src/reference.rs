//! What a user names: `registry/repository:tag`, `…@digest`, or `oci-layout:PATH[:tag|@digest]`.
//!
//! The grammar of repositories and tags is the distribution specification's ("Pulling
//! manifests"); the short forms (`alpine`, `team/app`) are Docker Hub's, resolved the way Docker
//! and containerd resolve them, so that a reference means here what it means to the runtime that
//! pulls it.

use crate::digest::{Digest, DigestError};
use crate::error::Coded;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The longest repository name: registry, slash and path together (distribution-spec: "many
/// clients impose a limit of 255 characters on the length of the concatenation").
pub const MAX_NAME_LENGTH: usize = 255;

/// The longest tag (distribution-spec: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`).
pub const MAX_TAG_LENGTH: usize = 128;

const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_API: &str = "registry-1.docker.io";
const LAYOUT_PREFIX: &str = "oci-layout:";

/// A registry and a repository in it, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: Box<str>,
    path: Box<str>,
}

impl Repository {
    /// A repository from its two parts, each checked.
    ///
    /// # Errors
    /// [`ReferenceError`] where either part is outside the grammar or both are too long.
    pub fn new(registry: &str, path: &str) -> Result<Self, ReferenceError> {
        check_registry(registry)?;
        check_path(path)?;
        if registry.len() + 1 + path.len() > MAX_NAME_LENGTH {
            return Err(ReferenceError::NameTooLong { length: registry.len() + 1 + path.len() });
        }
        Ok(Self { registry: registry.into(), path: path.into() })
    }

    /// The registry: host name or address, with `:port` where one was given.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path of the repository inside the registry.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where the registry's API answers: the registry itself, but Docker Hub's API lives on
    /// another host than its name.
    #[must_use]
    pub fn api_host(&self) -> &str {
        if &*self.registry == DOCKER_HUB { DOCKER_HUB_API } else { &self.registry }
    }

    /// The path segments a trust scope is matched against: the registry, then each segment of
    /// the path.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.registry).chain(self.path.split('/'))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// A reference into a registry.
///
/// With a tag *and* a digest the digest decides what is fetched and the tag is only carried
/// along, as container runtimes do it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    repository: Repository,
    tag: Option<Box<str>>,
    digest: Option<Digest>,
}

/// What picks one manifest out of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// A tag, which may be moved.
    Tag(Box<str>),
    /// A digest, which cannot.
    Digest(Digest),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl Reference {
    /// A reference by digest into a repository.
    #[must_use]
    pub fn by_digest(repository: Repository, digest: Digest) -> Self {
        Self { repository, tag: None, digest: Some(digest) }
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag, where one was written or (without a digest) implied as `latest`.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one was written.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What to ask the registry for: the digest where there is one, else the tag.
    #[must_use]
    pub fn selector(&self) -> Selector {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Selector::Digest(digest.clone()),
            (None, Some(tag)) => Selector::Tag(tag.clone()),
            (None, None) => Selector::Tag("latest".into()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.repository.fmt(f)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// Nothing was given.
    #[error("the reference is empty")]
    Empty,
    /// A URL was given where a reference is expected.
    #[error("a reference has no scheme: found {scheme:?}")]
    Scheme {
        /// The scheme found, with its `://`.
        scheme: String,
    },
    /// The registry part is neither a host name, an IPv4 address nor a bracketed IPv6 address.
    #[error(
        "{registry:?} is not a registry: expected a host name or address, and :port where needed"
    )]
    Registry {
        /// The part before the first slash.
        registry: String,
    },
    /// The path is outside the grammar.
    #[error(
        "repository {path:?} is not valid: {component:?} must be lower-case letters and digits, parted by `.`, `_`, `__` or dashes"
    )]
    Path {
        /// The whole path.
        path: String,
        /// The component at fault.
        component: String,
    },
    /// Registry and path together are too long.
    #[error("the repository name has {length} characters, at most {MAX_NAME_LENGTH} are allowed")]
    NameTooLong {
        /// How long it is.
        length: usize,
    },
    /// The tag is outside the grammar.
    #[error(
        "tag {tag:?} is not valid: expected letters, digits, `_`, `.` and `-`, not starting with `.` or `-`, at most {MAX_TAG_LENGTH}"
    )]
    Tag {
        /// The tag.
        tag: String,
    },
    /// The part after `@` is not a digest.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A layout reference has no path.
    #[error("`{LAYOUT_PREFIX}` needs the path of an OCI layout folder or tar file after it")]
    NoLayoutPath,
}

impl Coded for ReferenceError {
    fn code(&self) -> &'static str {
        "invalid_reference"
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Scheme { .. } => Some(
                "write registry/repository:tag; plain HTTP is asked for with --plain-http".into(),
            ),
            Self::Path { path, .. } if path.chars().any(|c| c.is_ascii_uppercase()) => {
                Some(format!("did you mean {:?}?", path.to_ascii_lowercase()))
            }
            Self::Tag { .. } | Self::Path { .. } | Self::Registry { .. } | Self::Empty => Some(
                "write registry/repository:tag, registry/repository@sha256:… or oci-layout:PATH"
                    .into(),
            ),
            _ => None,
        }
    }
}

fn clip(text: &str) -> String {
    text.chars().take(300).collect()
}

fn check_registry(registry: &str) -> Result<(), ReferenceError> {
    let error = || ReferenceError::Registry { registry: clip(registry) };
    let (host, port) = if let Some(rest) = registry.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or_else(error)?;
        address.parse::<std::net::Ipv6Addr>().map_err(|_| error())?;
        (None, after)
    } else {
        match registry.split_once(':') {
            Some((host, _)) => (Some(host), registry.get(host.len()..).unwrap_or("")),
            None => (Some(registry), ""),
        }
    };
    if let Some(host) = host {
        // RFC 1123 host names and dotted quads; underscores occur in container networks.
        let label_ok = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        if host.is_empty() || host.len() > 253 || !host.split('.').all(label_ok) {
            return Err(error());
        }
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(()),
        None => Err(error()),
        Some(digits) => match digits.parse::<u16>() {
            Ok(1..) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
            _ => Err(error()),
        },
    }
}

fn check_path(path: &str) -> Result<(), ReferenceError> {
    for component in path.split('/') {
        if !path_component_ok(component) {
            return Err(ReferenceError::Path { path: clip(path), component: clip(component) });
        }
    }
    Ok(())
}

/// distribution-spec: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn path_component_ok(component: &str) -> bool {
    let mut separator = String::new();
    let mut seen_alphanumeric = false;
    for character in component.chars() {
        match character {
            'a'..='z' | '0'..='9' => {
                let separator_ok = matches!(separator.as_str(), "" | "." | "_" | "__")
                    || separator.chars().all(|c| c == '-');
                if !separator_ok || (!seen_alphanumeric && !separator.is_empty()) {
                    return false;
                }
                separator.clear();
                seen_alphanumeric = true;
            }
            '.' | '_' | '-' => separator.push(character),
            _ => return false,
        }
    }
    seen_alphanumeric && separator.is_empty()
}

fn check_tag(tag: &str) -> Result<(), ReferenceError> {
    let first_ok = tag.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let rest_ok = tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if first_ok && rest_ok && tag.len() <= MAX_TAG_LENGTH {
        Ok(())
    } else {
        Err(ReferenceError::Tag { tag: clip(tag) })
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(ReferenceError::Scheme { scheme: format!("{}://", clip(scheme)) });
        }
        let (name_and_tag, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse::<Digest>()?)),
            None => (text, None),
        };
        // A colon after the last slash starts a tag; one before it belongs to a port.
        let (name, tag) = match name_and_tag.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') && !tag.contains(']') => (name, Some(tag)),
            _ => (name_and_tag, None),
        };
        let (registry, path) = split_registry(name);
        let path = if registry == DOCKER_HUB && !path.contains('/') {
            Cow::Owned(format!("library/{path}"))
        } else {
            Cow::Borrowed(path)
        };
        let repository = Repository::new(&registry, &path)?;
        if let Some(tag) = tag {
            check_tag(tag)?;
        }
        let tag = match (tag, &digest) {
            (None, None) => Some("latest"),
            (tag, _) => tag,
        };
        Ok(Self { repository, tag: tag.map(Into::into), digest })
    }
}

/// Docker's rule: the part before the first slash is a registry if it has a dot or a colon, is
/// `localhost`, or has an upper-case letter (no path may); otherwise the registry is Docker Hub.
fn split_registry(name: &str) -> (Cow<'_, str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':', '['])
                || first == "localhost"
                || first.chars().any(|c| c.is_ascii_uppercase()) =>
        {
            match first.to_ascii_lowercase().as_str() {
                "index.docker.io" | DOCKER_HUB_API | DOCKER_HUB => {
                    (Cow::Borrowed(DOCKER_HUB), rest)
                }
                lower => (Cow::Owned(lower.to_owned()), rest),
            }
        }
        _ => (Cow::Borrowed(DOCKER_HUB), name),
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where an artifact is and which one: everything the command and the server accept as a
/// reference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// In a registry.
    Registry(Reference),
    /// In an OCI image layout (image-spec `image-layout.md`), a folder or a tar file.
    Layout {
        /// The folder or tar file.
        path: PathBuf,
        /// Which manifest; `None` where the layout holds just one.
        selector: Option<Selector>,
    },
}

impl Source {
    /// The path, where this names a layout.
    #[must_use]
    pub fn layout_path(&self) -> Option<&Path> {
        match self {
            Self::Layout { path, .. } => Some(path),
            Self::Registry(_) => None,
        }
    }
}

impl FromStr for Source {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let Some(rest) = text.strip_prefix(LAYOUT_PREFIX) else {
            return text.parse().map(Self::Registry);
        };
        let (path, selector) = if let Some((path, digest)) = rest.rsplit_once("@sha") {
            (path, Some(Selector::Digest(format!("sha{digest}").parse()?)))
        } else {
            // A colon that no slash follows starts a tag (a path may have colons elsewhere).
            match rest.rsplit_once(':') {
                Some((path, tag)) if !tag.contains(['/', '\\']) => {
                    check_tag(tag)?;
                    (path, Some(Selector::Tag(tag.into())))
                }
                _ => (rest, None),
            }
        };
        if path.is_empty() {
            return Err(ReferenceError::NoLayoutPath);
        }
        Ok(Self::Layout { path: path.into(), selector })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => reference.fmt(f),
            Self::Layout { path, selector } => {
                write!(f, "{LAYOUT_PREFIX}{}", path.display())?;
                match selector {
                    Some(Selector::Tag(tag)) => write!(f, ":{tag}"),
                    Some(Selector::Digest(digest)) => write!(f, "@{digest}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl JsonSchema for Reference {
    fn schema_name() -> Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "registry/repository[:tag][@digest]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn references_mean_what_the_runtimes_make_of_them() {
        let cases = [
            ("alpine", "docker.io/library/alpine:latest"),
            ("alpine:3.20", "docker.io/library/alpine:3.20"),
            ("team/app", "docker.io/team/app:latest"),
            ("index.docker.io/team/app:1", "docker.io/team/app:1"),
            ("docker.io/alpine", "docker.io/library/alpine:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app:1.4", "localhost:5000/app:1.4"),
            ("registry.example/team/app", "registry.example/team/app:latest"),
            ("Registry.Example/team/app:1", "registry.example/team/app:1"),
            ("127.0.0.1:5000/a/b/c:x", "127.0.0.1:5000/a/b/c:x"),
            ("[::1]:5000/app:1", "[::1]:5000/app:1"),
            ("[2001:db8::1]/app", "[2001:db8::1]/app:latest"),
            ("registry.example/a__b/c.d/e--f:_1", "registry.example/a__b/c.d/e--f:_1"),
        ];
        for (text, canonical) in cases {
            let reference: Reference = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(reference.to_string(), canonical, "{text}");
            assert_eq!(canonical.parse::<Reference>().unwrap(), reference, "{canonical} again");
        }
    }

    #[test]
    fn a_digest_decides_and_the_tag_is_carried_along() {
        let reference: Reference = format!("registry.example/app:1@{DIGEST}").parse().unwrap();
        assert_eq!(reference.selector(), Selector::Digest(DIGEST.parse().unwrap()));
        assert_eq!(reference.tag(), Some("1"));
        let bare: Reference = format!("registry.example/app@{DIGEST}").parse().unwrap();
        assert_eq!(bare.tag(), None);
    }

    #[test]
    fn docker_hub_answers_on_another_host_than_its_name() {
        let reference: Reference = "alpine".parse().unwrap();
        assert_eq!(reference.repository().registry(), "docker.io");
        assert_eq!(reference.repository().api_host(), "registry-1.docker.io");
    }

    #[test]
    fn what_is_outside_the_grammar_is_refused_and_named() {
        let registry = |r: &str| ReferenceError::Registry { registry: r.into() };
        let path = |p: &str, c: &str| ReferenceError::Path { path: p.into(), component: c.into() };
        let tag = |t: &str| ReferenceError::Tag { tag: t.into() };
        let cases = [
            ("", ReferenceError::Empty),
            ("https://registry.example/app", ReferenceError::Scheme { scheme: "https://".into() }),
            ("registry.example/App", path("App", "App")),
            ("registry.example/a//b", path("a//b", "")),
            ("registry.example/", path("", "")),
            ("registry.example/a/../b", path("a/../b", "..")),
            ("registry.example/a___b", path("a___b", "a___b")),
            ("registry.example/-a", path("-a", "-a")),
            ("registry.example/a-", path("a-", "a-")),
            ("registry.example/app:", tag("")),
            ("registry.example/app:.x", tag(".x")),
            ("registry.example:99999/app", registry("registry.example:99999")),
            ("registry.example:0/app", registry("registry.example:0")),
            ("registry.example:+80/app", registry("registry.example:+80")),
            ("[::zz]/app", registry("[::zz]")),
            ("[::1]x/app", registry("[::1]x")),
            ("-bad.example/app", registry("-bad.example")),
            ("a..b/app", registry("a..b")),
            (
                "registry.example/app@sha256:00",
                ReferenceError::Digest(DigestError::WrongLength {
                    algorithm: crate::Algorithm::Sha256,
                    expected: 64,
                    found: 2,
                }),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<Reference>(), Err(expected), "{text}");
        }
        let long = format!("registry.example/{}", "a".repeat(240));
        assert_eq!(long.parse::<Reference>(), Err(ReferenceError::NameTooLong { length: 257 }));
        let long_tag = "t".repeat(129);
        assert_eq!(format!("a:{long_tag}").parse::<Reference>(), Err(tag(&long_tag)));
    }

    #[test]
    fn layouts_are_named_by_path_and_selector() {
        let cases = [
            ("oci-layout:img", "img", None),
            ("oci-layout:a/b.tar", "a/b.tar", None),
            ("oci-layout:/abs/img:1.4", "/abs/img", Some(Selector::Tag("1.4".into()))),
            ("oci-layout:odd:dir/img", "odd:dir/img", None),
        ];
        for (text, path, selector) in cases {
            assert_eq!(
                text.parse::<Source>().unwrap(),
                Source::Layout { path: path.into(), selector }
            );
        }
        let text = format!("oci-layout:img@{DIGEST}");
        let source: Source = text.parse().unwrap();
        assert_eq!(source.to_string(), text);
        assert_eq!("oci-layout:".parse::<Source>(), Err(ReferenceError::NoLayoutPath));
    }
}
