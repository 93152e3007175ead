//! Addresses of sources: `git+https://host/org/repo.git@refs/heads/main` (SPDX's download location,
//! which SLSA recommends), `https://host/org/repo.git#refs/heads/main:folder` (BuildKit), and the
//! commit among a source's digests.

use crate::text::percent_decoded;
use referee_core::facts::{MaterialFact, SourceFact};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// An address in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// Without `git+`, `.git` and what follows it.
    pub(super) uri: String,
    /// The branch, tag or commit that it names.
    pub(super) r#ref: Option<String>,
    /// The folder that it names.
    pub(super) folder: Option<String>,
}

impl Address {
    /// Takes an address apart; `None` where it is empty, and where it is not what it reads like: it goes
    /// up from a folder (`https://host/org/../evil/repo`), or more than one `@` may begin its ref.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with("gs://") {
            // An object of Cloud Storage, with its generation after `#`.
            return Some(Self { uri: text.to_owned(), ..Self::default() });
        }
        let text = text.strip_prefix("git+").unwrap_or(text);
        let (text, fragment) = match text.split_once('#') {
            Some((text, fragment)) => (text, Some(fragment)),
            None => (text, None),
        };
        let (uri, at) = split_ref(text);
        let uri = uri.trim_end_matches('@').trim_end_matches('/');
        let uri = uri.strip_suffix(".git").unwrap_or(uri).to_owned();
        // `repo@x@refs/heads/main` is the branch `x@refs/heads/main` to some readers.
        if has_dots(&uri) || (at.is_some() && split_ref(&uri).1.is_some()) {
            return None;
        }
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (r#ref, folder) = match (at.and_then(part), fragment) {
            // SPDX: what follows `#` is a path.
            (Some(at), fragment) => (Some(at), fragment.and_then(part)),
            // BuildKit: the ref, and a folder after a colon, which no ref of git may have.
            (None, Some(fragment)) => match fragment.split_once(':') {
                Some((name, folder)) => (part(name), part(folder)),
                None => (part(fragment), None),
            },
            (None, None) => (None, None),
        };
        (!uri.is_empty()).then_some(Self { uri, r#ref, folder })
    }

    /// The source at this address.
    pub(super) fn source(self, digest: Option<SmolStr>, entry_point: Option<String>) -> SourceFact {
        let entry_point = match (self.folder, entry_point) {
            (Some(folder), Some(entry)) => {
                Some(format!("{}/{entry}", folder.trim_end_matches('/')))
            }
            (_, entry) => entry,
        };
        SourceFact { uri: self.uri, digest, r#ref: self.r#ref, entry_point }
    }
}

/// Whether a segment is `.` or `..` (RFC 3986, section 5.2.4), which clients resolve before they fetch,
/// escaped or not.
fn has_dots(uri: &str) -> bool {
    let Some(uri) = percent_decoded(uri) else { return true };
    uri.split(['/', '\\', ':', '?']).any(|segment| matches!(segment, "." | ".."))
}

/// Splits `address@ref`. An `@` of the authority (`user@host`, `git@host:path`) and of a path's
/// segment (`/@scope/`) is none of a ref. The first `@refs/` begins it: a branch may be named
/// `x@refs/heads/main`, and no repository is.
fn split_ref(text: &str) -> (&str, Option<&str>) {
    let start = match text.find("://") {
        Some(scheme) => {
            let authority = scheme.saturating_add(3);
            let slash = text.get(authority..).and_then(|rest| rest.find('/'));
            slash.map(|slash| authority.saturating_add(slash))
        }
        None => text.find(['/', ':']),
    };
    let Some(start) = start else { return (text, None) };
    let path = text.get(start..).unwrap_or_default();
    let found = path.find("@refs/").or_else(|| {
        let mut signs = path.match_indices('@').map(|(at, _)| at);
        signs.find(|at| !path.get(..*at).unwrap_or_default().ends_with('/'))
    });
    match found.map(|at| start.saturating_add(at)) {
        Some(at) => (
            text.get(..at).unwrap_or_default(),
            text.get(at.saturating_add(1)..).map(|r#ref| r#ref.trim_start_matches('@')),
        ),
        None => (text, None),
    }
}

/// The commit, or the hash of what is no repository; `None` where there is none or where two of
/// them name different commits. `gitCommit` and `sha1` mean the same (in-toto's digest set), and
/// BuildKit and GitLab write `sha256` for a commit of a repository that is hashed so.
pub(super) fn commit(digest: &BTreeMap<SmolStr, SmolStr>) -> Option<SmolStr> {
    let named = |name: &str| digest.get(name);
    if let (Some(one), Some(other)) = (named("gitCommit"), named("sha1")) {
        return (one == other).then(|| one.clone());
    }
    ["gitCommit", "sha1", "sha256", "sha512"].into_iter().find_map(named).cloned()
}

/// Whether a material is in a repository of git, as its digest or its scheme say.
fn is_git(material: &MaterialFact) -> bool {
    let git = |uri: &str| uri.starts_with("git+") || uri.starts_with("git://");
    material.digest.contains_key("gitCommit")
        || material.digest.contains_key("sha1")
        || material.uri.as_deref().is_some_and(git)
}

/// What a search among materials found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One commit of one repository.
    One(Address, SmolStr),
    /// None.
    None,
    /// Several that differ.
    Several,
}

/// The commit of a repository that the materials name, of those that `wanted` takes. Where they name
/// several branches for it, it is of none that is known.
pub(super) fn find(
    materials: &[MaterialFact],
    wanted: impl Fn(&Address, &MaterialFact) -> bool,
) -> Found {
    let mut found = Found::None;
    for material in materials.iter().filter(|material| is_git(material)) {
        let address = material.uri.as_deref().and_then(Address::read);
        let (Some(address), Some(commit)) = (address, commit(&material.digest)) else { continue };
        if !wanted(&address, material) {
            continue;
        }
        match &mut found {
            Found::One(first, same) if first.uri == address.uri && *same == commit => {
                if address.r#ref.is_some() && first.r#ref != address.r#ref {
                    first.r#ref = None;
                }
            }
            Found::None => found = Found::One(address, commit),
            _ => return Found::Several,
        }
    }
    found
}

/// What is guessed of a build whose type is not known: the one repository among its materials.
pub(super) fn only(materials: &[MaterialFact]) -> Option<SourceFact> {
    match find(materials, |_, _| true) {
        Found::One(address, commit) => Some(address.source(Some(commit), None)),
        Found::None | Found::Several => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let address = Address::read(text).unwrap();
        (address.uri, address.r#ref, address.folder)
    }

    fn expect(text: &str, uri: &str, r#ref: Option<&str>, folder: Option<&str>) {
        let wanted = (uri.to_owned(), r#ref.map(str::to_owned), folder.map(str::to_owned));
        assert_eq!(parts(text), wanted, "{text}");
    }

    #[test]
    fn an_address_is_taken_apart_in_each_tool_s_form() {
        let plain = "https://github.com/org/repo";
        expect(
            "git+https://github.com/org/repo@refs/heads/main",
            plain,
            Some("refs/heads/main"),
            None,
        );
        expect("https://github.com/org/repo.git#refs/tags/v1", plain, Some("refs/tags/v1"), None);
        expect(
            "https://github.com/org/repo.git#main:sub/folder",
            plain,
            Some("main"),
            Some("sub/folder"),
        );
        expect("https://github.com/org/repo.git#:sub", plain, None, Some("sub"));
        expect("git+https://github.com/org/repo@v1#sub", plain, Some("v1"), Some("sub"));
        expect("git+https://github.com/org/repo@@refs/heads/x", plain, Some("refs/heads/x"), None);
        expect(
            "gs://bucket/source@1.tgz#1663616635134845",
            "gs://bucket/source@1.tgz#1663616635134845",
            None,
            None,
        );
        expect(" https://github.com/org/repo/ ", plain, None, None);
        expect("git+https://github.com/org/repo.git@", plain, None, None);
    }

    #[test]
    fn an_at_sign_of_a_user_or_a_scope_begins_no_ref() {
        expect("git@github.com:org/repo.git#main", "git@github.com:org/repo", Some("main"), None);
        expect("ssh://git@host/org/repo.git", "ssh://git@host/org/repo", None, None);
        expect("https://host/@scope/repo@v2", "https://host/@scope/repo", Some("v2"), None);
        expect("https://user@host", "https://user@host", None, None);
    }

    #[test]
    fn an_address_that_goes_up_from_a_folder_is_none() {
        for text in [
            "https://github.com/org/../evil/repo.git#refs/heads/main",
            "git+https://github.com/org/%2E%2e/evil/repo@refs/heads/main",
            "https://github.com/org/..%2Fevil/repo",
            "https://github.com/org/./repo",
            "git@github.com:../evil/repo",
            "https://github.com/org/..",
            "https://github.com/org/%zz",
        ] {
            assert_eq!(Address::read(text), None, "{text}");
        }
        expect("https://host/a..b/...@v1", "https://host/a..b/...", Some("v1"), None);
        expect("https://host/a%20b", "https://host/a%20b", None, None);
    }

    #[test]
    fn a_branch_named_like_another_address_s_end_stays_a_branch() {
        let text = "git+https://github.com/org/repo@refs/heads/x@refs/heads/main";
        expect(text, "https://github.com/org/repo", Some("refs/heads/x@refs/heads/main"), None);
        assert_eq!(Address::read("git+https://github.com/org/repo@evil@refs/heads/main"), None);
        assert_eq!(Address::read("git+"), None);
        assert_eq!(Address::read("#x"), None);
    }

    #[test]
    fn digests_that_name_two_commits_name_none() {
        let set = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, hex)| ((*name).into(), (*hex).into()));
            commit(&pairs.collect())
        };
        assert_eq!(set(&[("gitCommit", "aa"), ("sha1", "aa")]), Some("aa".into()));
        assert_eq!(set(&[("gitCommit", "aa"), ("sha1", "bb")]), None);
        assert_eq!(set(&[("sha256", "cc"), ("sha1", "bb")]), Some("bb".into()));
        assert_eq!(set(&[("md5", "cc")]), None);
    }
}
