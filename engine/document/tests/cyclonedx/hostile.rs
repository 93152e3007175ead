//! Documents that are made to be too much: floods, depths, cycles.

use super::support::{json, xml};
use referee_core::facts::{LicenseStatus, Severity};
use referee_core::json::length;
use referee_document::{DocumentError, Limits, cyclonedx, sbom};

const BOM: &str = r#""bomFormat":"CycloneDX","specVersion":"1.6""#;

/// `{…,"member":[element,element,…]}`, each element made from its number.
fn flood(member: &str, count: usize, element: impl Fn(usize) -> String) -> String {
    let elements: Vec<String> = (0..count).map(element).collect();
    format!("{{{BOM},\"{member}\":[{}]}}", elements.join(","))
}

#[test]
fn of_a_hundred_thousand_components_and_one_a_hundred_thousand_are_kept() {
    let text = flood("components", 100_001, |number| {
        format!(r#"{{"name":"n","bom-ref":"{number}","purl":"pkg:npm/n@{number}"}}"#)
    });
    let bom = cyclonedx::json(text.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!((bom.sbom.packages.len(), bom.sbom.package_count), (100_000, 100_001));
    assert_eq!(bom.sbom.package_types["npm"], 100_001);
    assert!(bom.sbom.truncated);
    assert_eq!(bom.sbom.problems[0].message, "1 packages are left out");
}

#[test]
fn a_reference_to_what_was_left_out_is_not_said_to_lead_nowhere() {
    let limits = Limits { max_packages: 1, ..Limits::DEFAULT };
    let text = format!(
        r#"{{{BOM},"components":[{{"name":"a","bom-ref":"a"}},{{"name":"b","bom-ref":"b"}}],
        "dependencies":[{{"ref":"a","dependsOn":["b"]}}],"vulnerabilities":[{{"id":"CVE-1","affects":[{{"ref":"b"}}]}}]}}"#
    );
    let bom = cyclonedx::json(text.as_bytes(), &limits).unwrap();
    let codes: Vec<&str> = bom.sbom.problems.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["document_truncated"]);
    let report = bom.report.unwrap();
    assert_eq!((report.finding_count, report.problems.len()), (1, 0));
    assert_eq!(report.findings[0].package, None);
}

#[test]
fn floods_of_empty_objects_are_counted_and_not_kept() {
    let sbom = json(&flood("components", 300_000, |_| "{}".to_owned())).sbom;
    assert_eq!((sbom.package_count, sbom.packages.len()), (300_000, 100_000));
    // Twenty are told, and how many more there are.
    let last = &sbom.problems[20];
    assert_eq!(
        (last.code.as_str(), last.message.as_str()),
        ("document_more_problems", "299980 more are not told")
    );
    let report = json(&flood("vulnerabilities", 300_000, |_| "{}".to_owned())).report.unwrap();
    assert_eq!((report.finding_count, report.findings.len()), (300_000, 50_000));
    assert_eq!((report.severities[&Severity::Unknown], report.truncated), (300_000, true));
    let sbom = json(&flood("dependencies", 300_000, |_| "{}".to_owned())).sbom;
    assert_eq!(sbom.relationship_count, 0);
    let sbom =
        json(&flood("services", 300_000, |number| format!(r#"{{"bom-ref":"{number}"}}"#))).sbom;
    assert_eq!(sbom.package_count, 0);
}

#[test]
fn floods_within_a_component_are_counted_and_not_kept() {
    let inside = |member: &str, element: &str| {
        let elements = vec![element; 200_000].join(",");
        json(&format!(r#"{{{BOM},"components":[{{"name":"a","{member}":[{elements}]}}]}}"#)).sbom
    };
    let sbom = inside("hashes", "{}");
    assert_eq!((sbom.packages[0].hashes.len(), sbom.truncated), (0, true));
    let sbom = inside("licenses", r#"{"license":{"id":"MIT"}}"#);
    let declared = sbom.packages[0].license_declared.as_ref().unwrap();
    assert_eq!(sbom.licenses[declared].status, LicenseStatus::Unknown);
    let sbom = inside("components", r#"{"name":"b"}"#);
    assert_eq!((sbom.package_count, sbom.relationship_count), (200_001, 200_000));
}

#[test]
fn a_vulnerability_of_everything_by_every_name_stays_small() {
    let list = |element: &str, count: usize| vec![element; count].join(",");
    let references: Vec<String> =
        (0..50_000).map(|number| format!(r#"{{"id":"X-{number}"}}"#)).collect();
    let text = format!(
        r#"{{{BOM},"components":[{{"name":"a"}}],"vulnerabilities":[{{"id":"CVE-1","references":[{}],"ratings":[{}],"affects":[{}],
        "analysis":{{"state":"not_affected"}}}},{{"id":"CVE-2","affects":[{{"ref":"a"}}],"analysis":{{"state":"not_affected"}}}}]}}"#,
        references.join(","),
        list(r#"{"score":9.9,"method":"CVSSv31"}"#, 50_000),
        list(
            r#"{"ref":"a","versions":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}"#,
            100_000
        ),
    );
    let bom = json(&text);
    let report = bom.report.unwrap();
    assert_eq!(
        (report.finding_count, report.findings.len(), report.truncated),
        (100_001, 50_000, true)
    );
    assert_eq!((report.findings[0].aliases.len(), report.findings[0].scores.len()), (32, 16));
    let vex = bom.vex.unwrap();
    assert_eq!((vex.statements[0].products.len(), vex.statements[1].products.len()), (50_000, 0));
    assert_eq!((vex.statement_count, vex.truncated), (2, true));
}

#[test]
fn one_vulnerability_with_long_texts_does_not_grow_with_what_it_affects() {
    let long = "x".repeat(200_000);
    let names: Vec<String> = (0..32).map(|n| format!(r#"{{"id":"{n}{long}"}}"#)).collect();
    let rating = format!(
        r#"{{"score":1.0,"severity":"{long}","vector":"{long}","source":{{"name":"{long}"}}}}"#
    );
    let affects = vec![r#"{"ref":"a"}"#; 50_000].join(",");
    let bom = json(&format!(
        r#"{{{BOM},"components":[{{"bom-ref":"a","name":"{long}","version":"{long}","purl":"pkg:npm/{long}"}}],
        "vulnerabilities":[{{"id":"CVE-1","references":[{}],"ratings":[{rating}],"affects":[{affects}],
        "analysis":{{"state":"in_triage"}}}}]}}"#,
        names.join(",")
    ));
    let report = bom.report.unwrap();
    assert!(report.truncated && report.finding_count == 50_000 && report.findings.len() > 1_000);
    let written = length(&report);
    assert!(written < 3 * Limits::DEFAULT.max_bytes, "{written}");
    let first = &report.findings[0];
    for text in [&first.aliases[0], first.purl.as_ref().unwrap(), first.version.as_ref().unwrap()] {
        assert!(text.ends_with('…'), "{}", text.len());
    }
    let vex = bom.vex.unwrap();
    assert_eq!(vex.statements[0].products.len(), 50_000);
    assert!(length(&vex) < 3 * Limits::DEFAULT.max_bytes);
}

#[test]
fn depth_has_an_end_in_json() {
    let deep = r#"{"components":["#.repeat(500_000);
    for text in [deep.clone(), format!("{{{BOM},\"components\":[{deep}")] {
        let error = cyclonedx::json(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert!(
            matches!(&error, DocumentError::Json { source, .. } if source.to_string().starts_with("recursion limit exceeded")),
            "{error:?}"
        );
    }
    // What is not read may be as deep as it likes.
    let text = format!("{{{BOM},\"x\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(json(&text).sbom.package_count, 0);
    let deep = r#"{"services":["#.repeat(500_000);
    let error =
        cyclonedx::json(format!("{{{BOM},\"services\":[{deep}").as_bytes(), &Limits::DEFAULT);
    assert!(matches!(error, Err(DocumentError::Json { .. })), "{error:?}");
    let error = sbom::read("[".repeat(1_000_000).as_bytes(), &Limits::DEFAULT).unwrap_err();
    assert!(matches!(error, DocumentError::UnknownFormat { .. }), "{error:?}");
}

#[test]
fn depth_has_an_end_in_xml() {
    for element in ["<components><component>", "<services><service>", "<a>", "<x:a xmlns:x='y'>"] {
        let text =
            format!("<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>{}", element.repeat(500_000));
        let error = cyclonedx::xml(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        let ends = ["its elements nest too deep", "it declares too many namespaces"];
        assert!(
            matches!(&error, DocumentError::Xml { what, .. } if ends.contains(&what.as_str())),
            "{error:?}"
        );
    }
}

#[test]
fn floods_of_attributes_and_prefixes_are_refused() {
    for (attribute, expected) in [
        ("a", "an element has too many attributes"),
        ("xmlns:a", "an element has too many attributes"),
    ] {
        let flood: Vec<String> =
            (0..500_000).map(|number| format!("{attribute}{number}='x'")).collect();
        let text = format!(
            "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'><components {}/></bom>",
            flood.join(" ")
        );
        let error = cyclonedx::xml(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert!(matches!(&error, DocumentError::Xml { what, .. } if what == expected), "{error:?}");
    }
}

#[test]
fn entities_do_not_grow() {
    let text = "<!DOCTYPE bom [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>
        <bom xmlns='http://cyclonedx.org/schema/bom/1.6'><components>&b;</components></bom>";
    for read in [cyclonedx::xml, |bytes: &[u8], limits: &Limits| {
        sbom::read(bytes, limits).map(|found| cyclonedx::Bom {
            sbom: found.sbom,
            report: None,
            vex: None,
        })
    }] {
        let error = read(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert!(matches!(error, DocumentError::DocumentType { position: 0 }), "{error:?}");
    }
    let characters = "&#65;".repeat(200_000);
    let text = format!(
        "<bom xmlns='http://cyclonedx.org/schema/bom/1.6'><components><component><name>{characters}</name></component></components></bom>"
    );
    assert_eq!(xml(&text).sbom.packages[0].name.len(), 200_000);
}

#[test]
fn what_is_told_is_short_however_long_what_it_is_about() {
    let long = "x".repeat(1_000_000);
    let text = format!(
        r#"{{{BOM},"components":[{{"bom-ref":"{long}","purl":"{long}","hashes":[{{"alg":"{long}"}}],
        "licenses":[{{"expression":"MIT","acknowledgement":"{long}"}},{{"license":{{"name":"{long}"}}}}]}},{{"bom-ref":"{long}"}}],
        "metadata":{{"timestamp":"{long}"}},"dependencies":[{{"ref":"y{long}"}},{{"ref":"a","dependsOn":["{long}z"]}}],
        "vulnerabilities":[{{"id":"{long}","published":"{long}","description":"{long}","ratings":[{{"method":"CVSSv31","vector":"{long}"}}],
        "affects":[{{"ref":"z{long}"}}],"analysis":{{"state":"{long}","detail":"{long}"}}}}]}}"#
    );
    let bom = json(&text);
    let (report, vex) = (bom.report.unwrap(), bom.vex.unwrap());
    let all = bom.sbom.problems.iter().chain(&report.problems).chain(&vex.problems);
    let mut count = 0;
    for problem in all {
        assert!(problem.message.len() < 300, "{}", problem.code);
        count += 1;
    }
    assert_eq!(count, 13);
    assert_eq!(report.findings[0].title.as_ref().unwrap().chars().count(), 201);
    let error = cyclonedx::json(
        format!(r#"{{"bomFormat":"CycloneDX","specVersion":"{long}"}}"#).as_bytes(),
        &Limits::DEFAULT,
    );
    assert!(error.unwrap_err().to_string().len() < 300);
}

#[test]
fn a_long_reference_is_looked_at_once_for_all_that_it_depends_on() {
    let long = "x".repeat(1 << 20);
    let list = vec![r#""a""#; 100_000].join(",");
    let text = format!(
        r#"{{{BOM},"components":[{{"name":"a","bom-ref":"a"}},{{"name":"b","bom-ref":"{long}"}}],
        "dependencies":[{{"ref":"{long}","dependsOn":[{list}]}}]}}"#
    );
    let sbom = cyclonedx::json(text.as_bytes(), &Limits::DEFAULT).unwrap().sbom;
    // A look at each is one at 100 GB.
    assert_eq!(sbom.relationships.len(), 100_000);
    assert_eq!(sbom.packages[1].id.as_ptr(), sbom.relationships[99_999].from.as_ptr());
}

#[test]
fn what_is_told_of_a_wrong_type_is_bounded() {
    let long = "x".repeat(1 << 20);
    for member in ["components", "version", "metadata"] {
        let text = format!(r#"{{{BOM},"{member}":"{long}"}}"#);
        let error = cyclonedx::json(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert!(matches!(error, DocumentError::Member { .. }), "{member}");
        let told = referee_core::error::chain(&error);
        assert!(told.contains("invalid type: string \"xxx") && told.len() < 1000, "{}", told.len());
    }
}
