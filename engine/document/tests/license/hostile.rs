//! Expressions made to exhaust time, memory or the stack.

use referee_core::facts::LicenseStatus;
use referee_document::license::{self, Expression, ExpressionError, MAX_EXPRESSION_BYTES};

/// As much of a pattern as is read.
fn fill(unit: &str) -> String {
    unit.repeat(MAX_EXPRESSION_BYTES / unit.len())
}

#[test]
fn a_million_licences_are_refused_by_their_length_alone() {
    let text = vec!["MIT"; 1_000_000].join(" OR ");
    let size = text.len();
    let error = Expression::parse(&text).unwrap_err();
    assert_eq!(error, ExpressionError::TooLong { size, limit: MAX_EXPRESSION_BYTES });
    assert_eq!(license::read(&text).status, LicenseStatus::Unknown);
}

#[test]
fn as_many_parentheses_as_fit_exhaust_no_stack() {
    let half = MAX_EXPRESSION_BYTES / 2 - 2;
    let text = format!("{}MIT{}", "(".repeat(half), ")".repeat(half));
    assert_eq!(license::read(&text).expression.unwrap(), "MIT");
    let open = "(".repeat(MAX_EXPRESSION_BYTES);
    let error = Expression::parse(&open).unwrap_err();
    assert!(matches!(error, ExpressionError::LicenseExpected { .. }), "{error}");
    let nested = format!("{}MIT{}", "MIT AND (ISC OR ".repeat(900), ")".repeat(900));
    assert_eq!(license::read(&nested).alternatives, [["MIT"]]);
}

#[test]
fn an_expression_whose_alternatives_would_be_exponential_has_none() {
    let ids: Vec<_> = (0..60).map(|id| format!("LicenseRef-{id}")).collect();
    let pairs: Vec<_> = ids.chunks(2).map(|pair| format!("({})", pair.join(" OR "))).collect();
    let fact = license::read(&pairs.join(" AND "));
    assert_eq!(fact.status, LicenseStatus::Expression);
    assert!(fact.alternatives_omitted && fact.alternatives.is_empty());
    assert_eq!(fact.licenses.len(), 60);
    let permitted = license::permits(&pairs.join(" AND "), |id| {
        id.strip_prefix("LicenseRef-").unwrap().parse::<u32>().unwrap() % 2 == 0
    });
    assert!(permitted.unwrap(), "whether it is permitted is known all the same");
}

#[test]
fn there_are_at_most_64_alternatives_of_at_most_64_licences() {
    let refs = |count: u32| (0..count).map(|id| format!("LicenseRef-{id:02}")).collect::<Vec<_>>();
    assert_eq!(license::read(&refs(64).join(" OR ")).alternatives.len(), 64);
    assert_eq!(license::read(&refs(64).join(" AND ")).alternatives, [refs(64)]);
    for joined in [refs(65).join(" OR "), refs(65).join(" AND ")] {
        let fact = license::read(&joined);
        assert!(fact.alternatives_omitted && fact.alternatives.is_empty());
        assert_eq!(fact.licenses.len(), 65);
    }
}

#[test]
fn the_same_large_choice_over_and_over_is_bounded_work() {
    let one = "(MIT OR ISC OR Zlib OR X11 OR 0BSD OR NCSA OR PSF-2.0 OR BSL-1.0)";
    let other = "(AAL OR ADSL OR AFL-1.1 OR AGPL-3.0-only OR AML OR APAFML OR NTP OR OML)";
    let text = fill(&format!("{one} AND {other} AND "));
    let fact = license::read(&format!("{text}MIT"));
    // Whether they are given or left out, this ends.
    assert_eq!(fact.status, LicenseStatus::Expression);
    assert!(fact.alternatives_omitted || fact.alternatives.len() == 8);
}

#[test]
fn eight_hundred_different_references_are_listed_once_each() {
    let refs: Vec<_> = (0..800).map(|id| format!("LicenseRef-{id}")).collect();
    let fact = license::read(&refs.join(" and "));
    assert_eq!(fact.licenses.len(), 800);
    assert_eq!(fact.unlisted.len(), 800);
    assert!(fact.alternatives_omitted);
}
