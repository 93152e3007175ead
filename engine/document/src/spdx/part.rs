//! Parts that all of SPDX's serialisations have in common: hashes, package URLs, agents, tools.

use crate::hashes::Hashes;
use crate::purl::is_purl;
use crate::sbom::builder::Builder;
use crate::text::shorten;
use smol_str::SmolStr;

/// The most creators of a document. Tools write one to three.
const MAX_CREATORS: usize = 256;

/// The longest name of a creator, in characters: in 3.0 a name may be there once for many creators.
const MAX_CREATOR: usize = 512;

/// The text that was there last: package after package has the same supplier, and then one text in
/// memory.
#[derive(Debug, Default)]
pub(super) struct Last(SmolStr);

impl Last {
    /// A text.
    pub(super) fn of(&mut self, text: &str) -> SmolStr {
        if self.0 != text {
            self.0 = text.into();
        }
        self.0.clone()
    }
}

/// Adds a hash of a package. One that cannot be a hash of its algorithm, or contradicts another one,
/// is a problem, and left out.
pub(super) fn hash(
    builder: &mut Builder,
    hashes: &mut Hashes,
    package: &str,
    algorithm: &str,
    value: &str,
) {
    if let Err(problem) = hashes.add(algorithm, value) {
        builder.problem("document_hash", || {
            let (algorithm, package) = (shorten(algorithm, 80), shorten(package, 80));
            format!("the {algorithm:?} hash of the package {package:?} {}", problem.what())
        });
    }
}

/// A package URL of a package, as it is written. Another one than it has already, and what is none,
/// is a problem.
pub(super) fn purl(
    builder: &mut Builder,
    purl: &mut Option<SmolStr>,
    package: &str,
    locator: &str,
) {
    let locator = locator.trim();
    if !is_purl(locator) {
        builder.problem("document_purl", || {
            let (package, locator) = (shorten(package, 80), shorten(locator, 80));
            format!("{locator:?} of the package {package:?} is no package URL")
        });
        return;
    }
    match purl {
        Some(other) if other != locator => builder.problem("document_purl", || {
            let package = shorten(package, 80);
            format!("the package {package:?} has more than one package URL; the first is taken")
        }),
        Some(_) => {}
        None => *purl = Some(locator.into()),
    }
}

/// Whether a kind of external reference is a package URL: the name, or RDF's address of it.
pub(super) fn is_purl_type(kind: &str) -> bool {
    kind == "purl" || kind.ends_with("/references/purl")
}

/// A person or an organisation without the word for which of them it is.
pub(super) fn agent(text: &str) -> &str {
    let text = text.trim();
    ["Organization:", "Person:"]
        .iter()
        .find_map(|word| text.strip_prefix(word))
        .unwrap_or(text)
        .trim()
}

/// What something is for, in lower case with `-`.
pub(super) fn purpose(text: &str) -> SmolStr {
    text.trim().chars().map(|one| if one == '_' { '-' } else { one.to_ascii_lowercase() }).collect()
}

/// A creator of 2.x: `Tool: syft-1.18.1`, `Organization: …`, `Person: …`.
pub(super) fn creator(builder: &mut Builder, text: &str) {
    if text.trim().starts_with("Tool:") {
        tool(builder, text.trim());
    } else {
        author(builder, agent(text));
    }
}

/// Somebody who made the document.
pub(super) fn author(builder: &mut Builder, name: &str) {
    let document = builder.document();
    if document.authors.len() < MAX_CREATORS {
        document.authors.push(shorten(name, MAX_CREATOR));
    } else {
        builder.leave_out("creators", 1);
    }
}

/// A tool that made the document, with or without 2.x's word for that.
pub(super) fn tool(builder: &mut Builder, name: &str) {
    let document = builder.document();
    if document.tools.len() < MAX_CREATORS {
        let name = name.strip_prefix("Tool:").unwrap_or(name).trim();
        document.tools.push(shorten(&tool_name(name), MAX_CREATOR));
    } else {
        builder.leave_out("creators", 1);
    }
}

/// A tool as 2.3 clause 6.8 has it, name and version joined by `-`: parted at the first `-` before
/// what looks like a version.
fn tool_name(text: &str) -> String {
    let is_version = |rest: &str| {
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        rest.starts_with(|first: char| first.is_ascii_digit())
    };
    for (at, _) in text.match_indices('-') {
        let (name, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        if !name.is_empty() && is_version(rest) {
            return format!("{name} {rest}");
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_parted_from_their_versions() {
        assert_eq!(tool_name("syft-1.18.1"), "syft 1.18.1");
        assert_eq!(tool_name("buildkit-v0.13.2"), "buildkit v0.13.2");
        assert_eq!(
            tool_name("spdx-sbom-generator-0.0.15-beta-2"),
            "spdx-sbom-generator 0.0.15-beta-2"
        );
        assert_eq!(tool_name("LicenseFind"), "LicenseFind");
        assert_eq!(tool_name("-1"), "-1");
        assert_eq!(tool_name("GitHub.com-Dependency-Graph"), "GitHub.com-Dependency-Graph");
    }

    #[test]
    fn agents_lose_the_word_for_what_they_are() {
        assert_eq!(agent("Organization: Anchore, Inc"), "Anchore, Inc");
        assert_eq!(agent("Person:Jane (jane@example.com)"), "Jane (jane@example.com)");
        assert_eq!(agent("NOASSERTION"), "NOASSERTION");
    }
}
