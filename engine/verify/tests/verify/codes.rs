//! The page that explains every code.

use referee_verify::KeyError;
use referee_verify::problem::{Code, UNAVAILABLE};
use referee_verify::protocol::sigstore::RootError;

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/signature-errors.md"))
        .unwrap()
}

/// A code of the store, which stands on the page beside the others of trusted roots.
const OF_THE_STORE: &str = "trust_root_refused";

fn known() -> Vec<&'static str> {
    let signatures = Code::ALL.iter().map(|code| code.as_str());
    let unavailable = UNAVAILABLE.iter().map(|code| code.as_str());
    let trust = KeyError::CODES.iter().chain(&RootError::CODES).copied();
    signatures.chain(unavailable).chain(trust).chain([OF_THE_STORE]).collect()
}

#[test]
fn every_code_has_one_row_on_the_page() {
    let page = page();
    for code in known() {
        let rows = page.lines().filter(|line| line.starts_with(&format!("| `{code}` |"))).count();
        assert_eq!(rows, 1, "{code}");
    }
}

#[test]
fn every_row_on_the_page_is_a_code() {
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let known = known();
    let unknown: Vec<_> = rows.filter(|(code, _)| !known.contains(code)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_code_stands_under_its_status() {
    let page = page();
    let mut heading = "";
    for line in page.lines() {
        heading = line.strip_prefix("## `").unwrap_or(heading);
        let row = line.strip_prefix("| `").and_then(|line| line.split_once('`'));
        let code = Code::ALL.iter().find(|code| row.is_some_and(|(name, _)| name == code.as_str()));
        if let Some(code) = code {
            let status = serde_json::to_value(code.status()).unwrap();
            assert!(heading.starts_with(status.as_str().unwrap()), "{}", code.as_str());
        }
    }
}
