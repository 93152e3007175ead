//! What single texts mean.

use referee_core::facts::{LicenseFact, LicenseStatus};
use referee_document::license::{self, ExpressionError, Place};

fn expression(text: &str) -> LicenseFact {
    let fact = license::read(text);
    assert_eq!(fact.status, LicenseStatus::Expression, "{text:?}: {:?}", fact.error);
    fact
}

fn written(text: &str) -> String {
    expression(text).expression.unwrap().to_string()
}

fn error(text: &str) -> ExpressionError {
    license::Expression::parse(text).unwrap_err()
}

fn unknown(text: &str) -> String {
    let fact = license::read(text);
    assert_eq!(fact.status, LicenseStatus::Unknown, "{text:?}");
    assert_eq!(fact.expression, None);
    assert!(fact.alternatives.is_empty() && fact.licenses.is_empty() && !fact.alternatives_omitted);
    assert!(fact.unlisted.is_empty() && fact.replaced.is_empty());
    fact.error.unwrap()
}

#[test]
fn identifiers_get_the_spelling_of_the_list_whatever_their_case() {
    assert_eq!(written("mit"), "MIT");
    assert_eq!(written(" apache-2.0 and (gpl-2.0-ONLY with CLASSPATH-exception-2.0) "), {
        "Apache-2.0 AND GPL-2.0-only WITH Classpath-exception-2.0"
    });
}

#[test]
fn and_binds_closer_than_or_and_only_needed_parentheses_are_kept() {
    for (text, expected) in [
        ("MIT OR ISC AND Zlib", "MIT OR ISC AND Zlib"),
        ("MIT OR (ISC AND Zlib)", "MIT OR ISC AND Zlib"),
        ("(MIT OR ISC) AND Zlib", "(MIT OR ISC) AND Zlib"),
        ("((MIT OR ISC)) AND ((Zlib))", "(MIT OR ISC) AND Zlib"),
        ("Zlib AND (MIT OR ISC)", "Zlib AND (MIT OR ISC)"),
        ("Zlib AND ((MIT AND ISC) OR X11) AND 0BSD", "Zlib AND (MIT AND ISC OR X11) AND 0BSD"),
        ("(MIT or (ISC or X11)) and Zlib", "(MIT OR ISC OR X11) AND Zlib"),
        ("((MIT) OR ((ISC)))", "MIT OR ISC"),
        ("Zlib AND (((X11 AND MIT) AND ISC))", "Zlib AND X11 AND MIT AND ISC"),
        ("0BSD AND ((Zlib AND (MIT OR ISC)) OR X11)", "0BSD AND (Zlib AND (MIT OR ISC) OR X11)"),
    ] {
        assert_eq!(written(text), expected, "{text}");
        assert_eq!(written(expected), expected, "it is read again as it was written");
        assert_eq!(expression(text).alternatives, expression(expected).alternatives);
    }
    assert_eq!(expression("MIT OR ISC AND Zlib").alternatives, [vec!["ISC", "Zlib"], vec!["MIT"]]);
    assert_eq!(
        expression("(MIT OR ISC) AND Zlib").alternatives,
        [["ISC", "Zlib"], ["MIT", "Zlib"]]
    );
}

#[test]
fn ways_that_demand_more_than_another_are_no_alternatives() {
    let fact = expression("MIT AND ISC OR MIT OR MIT AND Zlib");
    assert_eq!(fact.alternatives, [["MIT"]]);
    assert_eq!(fact.licenses, ["ISC", "MIT", "Zlib"], "each is named all the same");
    assert_eq!(expression("MIT AND mit OR MIT").alternatives, [["MIT"]]);
}

#[test]
fn deprecated_identifiers_are_replaced_and_told() {
    for (text, expected) in [
        ("GPL-2.0", "GPL-2.0-only"),
        ("gpl-2.0+", "GPL-2.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"),
        ("AGPL-1.0", "AGPL-1.0-only"),
        ("GFDL-1.3+", "GFDL-1.3-or-later"),
        ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-2.0-with-classpath-exception+", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
        ("eCos-2.0", "GPL-2.0-or-later WITH eCos-exception-2.0"),
        ("wxWindows", "GPL-2.0-or-later WITH WxWindows-exception-3.1"),
        ("Nunit", "zlib-acknowledgement"),
        ("StandardML-NJ", "SMLNJ"),
        ("BSD-2-Clause-FreeBSD", "BSD-2-Clause-Views"),
        ("BSD-2-Clause-NetBSD", "BSD-2-Clause"),
        ("bzip2-1.0.5", "bzip2-1.0.6"),
    ] {
        let fact = expression(text);
        assert_eq!(fact.expression.unwrap(), expected);
        let replaced: Vec<_> = fact.replaced.iter().collect();
        assert_eq!(replaced.len(), 1, "{text}");
        assert!(replaced[0].0.eq_ignore_ascii_case(text) && replaced[0].1 == expected, "{text}");
    }
    let fact = expression("GPL-2.0+ WITH Nokia-Qt-exception-1.1 OR MIT");
    assert_eq!(fact.expression.unwrap(), "GPL-2.0-or-later WITH Qt-LGPL-exception-1.1 OR MIT");
    assert_eq!(fact.replaced.len(), 2);
    let kept = expression("Net-SNMP");
    assert!(kept.replaced.is_empty() && kept.expression.unwrap() == "Net-SNMP");
}

#[test]
fn or_later_is_a_licence_of_its_own() {
    assert_eq!(expression("Apache-2.0+ OR Apache-2.0").licenses, ["Apache-2.0", "Apache-2.0+"]);
    assert_eq!(written("gpl-3.0-only+"), "GPL-3.0-only+");
}

#[test]
fn references_are_unlisted_and_their_names_equal_in_any_case() {
    let text =
        "LicenseRef-A OR DocumentRef-x:LicenseRef-b OR MIT WITH AdditionRef-c OR LicenseRef-a";
    let fact = expression(text);
    let references = ["DocumentRef-x:LicenseRef-b", "LicenseRef-A", "MIT WITH AdditionRef-c"];
    assert_eq!(fact.licenses, references);
    assert_eq!(fact.unlisted, references);
    assert_eq!(expression("MIT WITH DocumentRef-x:AdditionRef-c").unlisted.len(), 1);
}

#[test]
fn none_and_noassertion_are_kept_apart_and_are_no_expressions() {
    assert_eq!(license::read("NONE").status, LicenseStatus::None);
    assert_eq!(license::read(" NOASSERTION ").status, LicenseStatus::NoAssertion);
    assert_eq!(license::read("NONE").error, None);
    assert_eq!(error("MIT AND NOASSERTION"), ExpressionError::NotALicense { id: "NOASSERTION" });
    assert_eq!(error("(NONE)"), ExpressionError::NotALicense { id: "NONE" });
    assert_eq!(unknown("none"), "\"none\" is neither on the SPDX licence list nor a reference");
    assert!(license::permits("NOASSERTION", |_| true).is_err());
}

#[test]
fn a_text_with_an_identifier_that_nobody_listed_is_unknown_as_a_whole() {
    assert_eq!(
        unknown("MIT AND Proprietary"),
        "\"Proprietary\" is neither on the SPDX licence list nor a reference"
    );
    let license = |id: &str| ExpressionError::UnknownLicense { id: id.to_owned() };
    assert_eq!(error("MIT And ISC"), ExpressionError::OperatorExpected { place: Place::Byte(4) });
    assert_eq!(error("licenseref-x"), license("licenseref-x"));
    assert_eq!(error("LicenseRef-"), license("LicenseRef-"));
    assert_eq!(error("LicenseRef-x:y"), license("LicenseRef-x:y"));
    assert_eq!(error("DocumentRef-:LicenseRef-y"), license("DocumentRef-:LicenseRef-y"));
    assert_eq!(error("DocumentRef-x:MIT"), license("DocumentRef-x:MIT"));
    assert_eq!(error("LicenseRef-x+"), license("LicenseRef-x+"));
    assert_eq!(error("AdditionRef-x"), license("AdditionRef-x"));
    assert_eq!(error("Classpath-exception-2.0"), license("Classpath-exception-2.0"));
    assert_eq!(error("MIT WITH ISC"), ExpressionError::UnknownException { id: "ISC".to_owned() });
    let long = error(&"x".repeat(500)).to_string();
    assert!(long.len() < 200, "{long}");
}

#[test]
fn what_is_wrong_with_an_expression_is_said_with_its_place() {
    let byte = Place::Byte;
    for (text, expected) in [
        ("", ExpressionError::LicenseExpected { place: Place::End }),
        ("()", ExpressionError::LicenseExpected { place: byte(1) }),
        ("MIT AND", ExpressionError::LicenseExpected { place: Place::End }),
        ("MIT AND OR ISC", ExpressionError::LicenseExpected { place: byte(8) }),
        ("WITH MIT", ExpressionError::LicenseExpected { place: byte(0) }),
        ("MIT ISC", ExpressionError::OperatorExpected { place: byte(4) }),
        ("MIT (ISC)", ExpressionError::OperatorExpected { place: byte(4) }),
        (
            "(MIT) WITH Classpath-exception-2.0",
            ExpressionError::OperatorExpected { place: byte(6) },
        ),
        ("MIT WITH", ExpressionError::ExceptionExpected { place: Place::End }),
        ("MIT WITH (ISC)", ExpressionError::ExceptionExpected { place: byte(9) }),
        ("MIT WITH LLVM-exception+", ExpressionError::ExceptionExpected { place: byte(9) }),
        ("(MIT", ExpressionError::NeverClosed { position: 0 }),
        ("MIT)", ExpressionError::NeverOpened { position: 3 }),
        ("MIT/ISC", ExpressionError::Character { character: '/', position: 3 }),
        ("MIT, ISC", ExpressionError::Character { character: ',', position: 3 }),
        ("The MIT Licence™", ExpressionError::UnknownLicense { id: "The".to_owned() }),
        ("eCos-2.0 WITH LLVM-exception", ExpressionError::SecondException { id: "eCos-2.0" }),
    ] {
        assert_eq!(error(text), expected, "{text:?}");
    }
}

#[test]
fn use_is_permitted_by_all_sides_of_an_and_and_one_side_of_an_or() {
    let permits = |text: &str, allowed: &[&str]| {
        license::permits(text, |license| allowed.contains(&license)).unwrap()
    };
    assert!(permits("MIT OR GPL-3.0-only", &["MIT"]));
    assert!(!permits("MIT AND GPL-3.0-only", &["MIT"]));
    assert!(permits("(MIT OR GPL-3.0-only) AND ISC", &["MIT", "ISC"]));
    assert!(!permits("MIT OR GPL-3.0-only", &[]));
    let text = "GPL-2.0-with-classpath-exception";
    assert!(!permits(text, &["GPL-2.0-only"]), "an exception is another licence");
    assert!(permits(text, &["GPL-2.0-only WITH Classpath-exception-2.0"]));
    assert!(!permits("Apache-2.0+", &["Apache-2.0"]), "so is a +");
}

#[test]
fn the_library_of_policies_replaces_the_same_deprecated_identifiers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/lib/licenses.rego");
    let module = std::fs::read_to_string(path).unwrap();
    let (_, table) = module.split_once("replaced := {\n").unwrap();
    let mut rows = 0;
    for row in table.lines().take_while(|line| *line != "}") {
        let mut texts = row.split('"').skip(1).step_by(2);
        let (from, to) = (texts.next().unwrap(), texts.next().unwrap());
        let exceptions = spdx::identifiers::EXCEPTIONS;
        // What stands behind a licence is read with one before it.
        let before = match exceptions.iter().any(|one| one.name.eq_ignore_ascii_case(from)) {
            true => "lgpl-2.1-only with ",
            false => "",
        };
        let read = written(&format!("{before}{from}")).to_lowercase();
        assert_eq!(read, format!("{before}{to}"), "{from}");
        rows += 1;
    }
    for exception in spdx::identifiers::EXCEPTIONS {
        let deprecated = exception.flags & spdx::flags::IS_DEPRECATED != 0;
        let key = format!("\"{}\":", exception.name.to_lowercase());
        assert_eq!(table.contains(key.as_str()), deprecated, "{key}");
    }
    let deprecated: Vec<_> = spdx::identifiers::LICENSES
        .iter()
        .filter(|license| license.flags & spdx::flags::IS_DEPRECATED != 0)
        .filter(|license| !license::read(license.name).replaced.is_empty())
        .map(|license| format!("\"{}\":", license.name.to_lowercase()))
        .collect();
    assert!(deprecated.iter().all(|key| table.contains(key.as_str())) && rows > 40, "{rows}");
}
