//! What cannot be read, and how it is said.

use referee_core::Coded as _;
use referee_document::{DocumentError, Limits, cyclonedx, sbom};
use std::error::Error as _;

fn refused(text: &str) -> DocumentError {
    cyclonedx::json(text.as_bytes(), &Limits::DEFAULT).unwrap_err()
}

fn refused_xml(text: &str) -> DocumentError {
    cyclonedx::xml(text.as_bytes(), &Limits::DEFAULT).unwrap_err()
}

/// A member of a wrong type, by its path and what is said of it.
fn member(members: &str) -> (String, String) {
    let text = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6",{members}}}"#);
    match refused(&text) {
        DocumentError::Member { path, source, .. } => {
            (path, source.to_string().split(" at line").next().unwrap().to_owned())
        }
        other => panic!("{members}: {other:?}"),
    }
}

#[test]
fn wrong_types_are_named_with_their_path() {
    for (members, path, what) in [
        (r#""version":"1""#, "version", "invalid type: string \"1\", expected u64"),
        (r#""serialNumber":1"#, "serialNumber", "invalid type: integer `1`, expected a string"),
        (r#""components":{}"#, "components", "invalid type: map, expected a list of components"),
        (r#""components":[1]"#, "components[0]", "invalid type: integer `1`, expected a component"),
        (r#""components":[{},null]"#, "components", "null where a component is expected"),
        (
            r#""components":[{"name":1}]"#,
            "components[0].name",
            "invalid type: integer `1`, expected a string",
        ),
        (
            r#""components":[{"components":[{"hashes":[{"alg":[]}]}]}]"#,
            "components[0].components[0].hashes[0].alg",
            "invalid type: sequence, expected a string",
        ),
        (
            r#""components":[{"licenses":[{"license":"MIT"}]}]"#,
            "components[0].licenses[0].license",
            "invalid type: string \"MIT\", expected an object",
        ),
        (r#""metadata":[]"#, "metadata", "invalid type: sequence, expected an object"),
        (
            r#""metadata":{"tools":1}"#,
            "metadata.tools",
            "invalid type: integer `1`, expected a list of tools, or an object with components and services",
        ),
        (
            r#""metadata":{"component":[]}"#,
            "metadata.component",
            "invalid type: sequence, expected a component",
        ),
        (r#""services":[1]"#, "services[0]", "invalid type: integer `1`, expected a service"),
        (
            r#""dependencies":[{"dependsOn":"a"}]"#,
            "dependencies[0].dependsOn",
            "invalid type: string \"a\", expected a list",
        ),
        (
            r#""dependencies":[{"ref":{}}]"#,
            "dependencies[0].ref",
            "invalid type: map, expected a string",
        ),
        (
            r#""vulnerabilities":[{},{"ratings":[{"score":"9"}]}]"#,
            "vulnerabilities[1].ratings[0].score",
            "invalid type: string \"9\", expected f64",
        ),
        (
            r#""vulnerabilities":[{"affects":[{"ref":1}]}]"#,
            "vulnerabilities[0].affects[0].ref",
            "invalid type: integer `1`, expected a string",
        ),
        (r#""vulnerabilities":{}"#, "vulnerabilities", "invalid type: map, expected a list"),
        // Readers differ in which of two they take.
        (r#""components":[],"components":[]"#, ".", "duplicate field `components`"),
        (r#""components":[{"name":"a","name":"b"}]"#, "components[0]", "duplicate field `name`"),
        (r#""specVersion":"1.4""#, ".", "duplicate field `specVersion`"),
        (
            r#""spdxVersion":"SPDX-2.3""#,
            ".",
            "a CycloneDX document has neither spdxVersion nor @graph",
        ),
    ] {
        let (found, said) = member(members);
        assert_eq!((found.as_str(), said.as_str()), (path, what), "{members}");
    }
}

#[test]
fn null_is_the_same_as_absent() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","version":null,"metadata":null,"components":[
        {"name":"a","version":null,"supplier":null,"hashes":null,"licenses":null,"components":null}],
        "services":null,"dependencies":[{"ref":"a","dependsOn":null}],"vulnerabilities":null}"#;
    let bom = cyclonedx::json(text.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(bom.sbom.package_count, 1);
}

#[test]
fn other_formats_and_versions_are_refused() {
    let missing = |error| match error {
        DocumentError::Missing { format: "CycloneDX", member } => member,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(refused("{}")), "bomFormat");
    assert_eq!(missing(refused(r#"{"bomFormat":"CycloneDX"}"#)), "specVersion");
    let other = refused(r#"{"bomFormat":"cyclonedx","specVersion":"1.6"}"#);
    assert!(matches!(other, DocumentError::UnknownFormat { .. }), "{other:?}");
    for version in ["1.1", "1.8", "2.0", "1.60", ""] {
        let error = refused(&format!(r#"{{"bomFormat":"CycloneDX","specVersion":"{version}"}}"#));
        assert!(
            matches!(&error, DocumentError::Version { version: found, supported: "1.2 to 1.7", .. } if found == version),
            "{error:?}"
        );
        assert_eq!(error.code(), "document_version_unsupported");
    }
    for xml in
        ["<bom/>", "<sbom xmlns='http://cyclonedx.org/schema/bom/1.6'/>", "<bom xmlns='urn:x'/>"]
    {
        let error = refused_xml(xml);
        assert!(
            matches!(error, DocumentError::UnknownFormat { expected: "CycloneDX in XML" }),
            "{error:?}"
        );
    }
    let error = refused_xml("<bom xmlns='http://cyclonedx.org/schema/bom/1.1'/>");
    assert!(
        matches!(&error, DocumentError::Version { version, .. } if version == "1.1"),
        "{error:?}"
    );
}

/// Where XML is not well-formed, or an element is not as it should be, and what is said.
fn said(error: DocumentError) -> String {
    match error {
        DocumentError::Xml { what, .. } | DocumentError::Element { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn xml_that_is_not_well_formed_is_refused() {
    let bom =
        |inside: &str| format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>{inside}</bom>");
    for (text, what) in [
        (
            "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>".to_owned(),
            "it ends inside an element",
        ),
        (
            bom("<components>"),
            "ill-formed document: expected `</components>`, but `</bom>` was found",
        ),
        (bom("<components/>") + "<bom/>", "it has more than one root element"),
        (bom("") + "text", "text stands outside of the root element"),
        ("<!-- nothing -->".to_owned(), "it has no root element"),
        (bom("<x:components/>"), "an element has a prefix that is not declared"),
        (bom("&unknown;"), "the entity \"unknown\" is not known to CycloneDX"),
        (
            bom("<metadata><timestamp>&#1;</timestamp></metadata>"),
            "the entity \"#1\" is not known to CycloneDX",
        ),
        (
            bom("<components><component type='a' type='b'/></components>"),
            "position 19: duplicated attribute, previous declaration at position 10",
        ),
        (
            bom("<components><component type='&x;'/></components>"),
            "at 1..2: unrecognized entity `x`",
        ),
        (bom(&("<a>".repeat(200) + &"</a>".repeat(200))), "its elements nest too deep"),
    ] {
        let error = refused_xml(&text);
        assert!(matches!(error, DocumentError::Xml { .. }), "{error:?}");
        assert_eq!(said(error), what, "{text}");
    }
}

#[test]
fn elements_that_are_not_as_demanded_are_refused() {
    let bom =
        |inside: &str| format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>{inside}</bom>");
    let component =
        |inside: &str| bom(&format!("<components><component>{inside}</component></components>"));
    for (text, what) in [
        (bom("<components/><components/>"), "\"components\" stands twice in one element"),
        (component("<name>a</name><name>b</name>"), "\"name\" stands twice in one element"),
        (component("<name>a<group/></name>"), "\"group\" stands inside a text"),
        (
            bom("<components xmlns='http://cyclonedx.org/schema/bom/1.5'/>"),
            "an element is CycloneDX of another version",
        ),
        (
            bom(
                "<vulnerabilities><vulnerability><ratings><rating><score>high</score></rating></ratings></vulnerability></vulnerabilities>",
            ),
            "a score is no number",
        ),
        (
            "<bom xmlns='http://cyclonedx.org/schema/bom/1.6' version='one'/>".to_owned(),
            "the version of the bom is no number",
        ),
    ] {
        let error = refused_xml(&text);
        assert!(matches!(error, DocumentError::Element { format: "CycloneDX", .. }), "{error:?}");
        assert_eq!(said(error), what, "{text}");
    }
}

#[test]
fn document_types_and_other_encodings_are_refused() {
    let error = refused_xml("<?xml version='1.0'?><!DOCTYPE bom [<!ENTITY a 'b'>]><bom/>");
    assert!(matches!(error, DocumentError::DocumentType { position: 21 }), "{error:?}");
    assert!(error.hint().is_some());
    let error = refused_xml("<?xml version='1.0' encoding='ISO-8859-1'?><bom/>");
    assert!(matches!(error, DocumentError::Encoding { expected: "UTF-8 text" }), "{error:?}");
    for text in ["<bom/>", "{}"] {
        for big_endian in [false, true] {
            let units = format!("\u{feff}{text}").encode_utf16().collect::<Vec<_>>();
            let bytes =
                |unit: u16| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let utf16: Vec<u8> = units.into_iter().flat_map(bytes).collect();
            for read in [cyclonedx::json, cyclonedx::xml] {
                let error = read(&utf16, &Limits::DEFAULT).unwrap_err();
                assert!(matches!(error, DocumentError::Encoding { .. }), "{error:?}");
            }
        }
    }
}

#[test]
fn a_document_that_is_too_large_is_not_read() {
    let limits = Limits { max_bytes: 10, ..Limits::DEFAULT };
    for read in [cyclonedx::json, cyclonedx::xml] {
        let error = read(b"<0123456789>", &limits).unwrap_err();
        assert!(matches!(error, DocumentError::TooLarge { size: 12, limit: 10 }), "{error:?}");
    }
    let error = sbom::read(b"<0123456789>", &limits).unwrap_err();
    assert!(matches!(error, DocumentError::TooLarge { size: 12, limit: 10 }), "{error:?}");
}

#[test]
fn a_document_that_ends_early_is_refused_wherever_it_ends() {
    let json = include_str!("../data/cyclonedx/small.cdx.json");
    let xml = include_str!("../data/cyclonedx/small.cdx.xml");
    cyclonedx::json(json.as_bytes(), &Limits::DEFAULT).unwrap();
    cyclonedx::xml(xml.as_bytes(), &Limits::DEFAULT).unwrap();
    for end in 0..json.trim_end().len() {
        let error = cyclonedx::json(&json.as_bytes()[..end], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(error, DocumentError::Json { .. }), "{end}: {error:?}");
        assert!(error.source().is_some());
    }
    for end in 0..xml.trim_end().len() {
        let error = cyclonedx::xml(&xml.as_bytes()[..end], &Limits::DEFAULT).unwrap_err();
        assert!(matches!(error, DocumentError::Xml { .. }), "{end}: {error:?}");
    }
}
