//! `docs/trust.md` and the example trust documents say what the code reads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail as they may")]

use referee_core::Trust;
use referee_core::trust::{CLAIMS, TrustDocument, TrustSource};
use std::collections::BTreeMap;

const PAGE: &str = include_str!("../../../docs/trust.md");

/// The blocks of YAML, with the line each begins at.
fn blocks() -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut line = 1;
    for (position, part) in PAGE.split("```").enumerate() {
        if position % 2 == 1
            && let Some(text) = part.strip_prefix("yaml\n")
        {
            found.push((line, text));
        }
        line += part.matches('\n').count();
    }
    found
}

/// What a document means, with something in each file that it names.
fn meaning(name: &str, text: &str) -> Trust {
    let document = TrustDocument::read(name, text).unwrap_or_else(|e| panic!("{name}: {e}"));
    let files: BTreeMap<String, String> =
        document.files().map(|file| (file.to_owned(), format!("content of {file}"))).collect();
    let source = TrustSource { name: name.to_owned(), document, files };
    Trust::new(&[source]).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The first column of the tables of a part of the page.
fn first_column(heading: &str) -> Vec<&'static str> {
    let part = PAGE.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let cells = part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.collect()
}

#[test]
fn every_document_on_the_page_is_read_and_means_something() {
    let blocks = blocks();
    assert!(blocks.len() >= 6, "{} blocks of YAML were found", blocks.len());
    for (line, text) in blocks {
        let trust = meaning(&format!("docs/trust.md:{line}"), text);
        assert!(!trust.keys().is_empty() || !trust.identities().is_empty(), "line {line}");
    }
}

#[test]
fn the_workflow_of_the_page_is_who_its_certificate_says() {
    let (line, text) = *blocks().iter().find(|(_, text)| text.contains("regex:")).unwrap();
    let trust = meaning(&format!("docs/trust.md:{line}"), text);
    let identity = trust.identities().first().unwrap();
    let issuer = "https://token.actions.githubusercontent.com";
    let workflow = "https://github.com/team/app/.github/workflows/release.yml";
    let says = |subject: &str, runner: &'static str| {
        identity.is(Some(issuer), subject, |claim| match claim {
            "sourceRepositoryURI" => Some("https://github.com/team/app"),
            "sourceRepositoryRef" => Some("refs/tags/v1.4.0"),
            "runnerEnvironment" => Some(runner),
            _ => None,
        })
    };
    assert!(says(&format!("{workflow}@refs/tags/v1.4.0"), "github-hosted"));
    assert!(!says(&format!("{workflow}@refs/tags/v1.4.0"), "self-hosted"));
    assert!(!says(&format!("{workflow}@refs/heads/main"), "github-hosted"));
    assert!(!says(&format!("{workflow}@refs/tags/v1.4.0-rc"), "github-hosted"));
}

#[test]
fn the_page_has_every_claim_and_no_other() {
    let mut named = first_column("Claims");
    let mut known = CLAIMS.to_vec();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
}

#[test]
fn the_page_has_every_code_of_an_error_and_no_other() {
    let codes = [include_str!("../src/trust/error.rs"), include_str!("../src/document.rs")];
    let mut given: Vec<&str> = codes
        .iter()
        .flat_map(|text| text.split("=> \"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .filter(|text| text.contains('_'))
        .collect();
    let mut named = first_column("What an error means");
    given.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, given);
}

#[test]
fn the_page_has_every_member_of_every_entry() {
    let schema = schemars::schema_for!(TrustDocument).to_value();
    for (heading, entry) in [
        ("Keys", "KeyEntry"),
        ("Identities", "IdentityEntry"),
        ("Sigstore instances", "SigstoreEntry"),
    ] {
        let members = schema.pointer(&format!("/$defs/{entry}/properties")).unwrap();
        let rows = PAGE.split(&format!("\n## {heading}\n")).nth(1).unwrap();
        let rows = rows.split("\n## ").next().unwrap();
        for member in members.as_object().unwrap().keys() {
            let told = rows.lines().any(|line| {
                line.starts_with('|')
                    && line
                        .split('|')
                        .nth(1)
                        .is_some_and(|cell| cell.contains(&format!("`{member}`")))
            });
            assert!(told, "{heading}: {member}");
        }
    }
}

#[test]
fn the_example_documents_are_read() {
    for (name, text) in [
        ("trust.yaml", include_str!("../../../examples/trust.yaml")),
        ("trust-all.yaml", include_str!("../../../examples/trust-all.yaml")),
        ("trust-keyless.yaml", include_str!("../../../examples/trust-keyless.yaml")),
    ] {
        meaning(name, text);
    }
}
