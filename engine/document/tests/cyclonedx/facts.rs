//! What of a document stands in the facts: packages, what they are called, how they hang together.

use super::support::{json, xml};
use referee_core::facts::{PackageFact, SbomEncoding, SbomFormat};
use referee_document::Limits;
use referee_document::cyclonedx;

fn ids(packages: &[PackageFact]) -> Vec<&str> {
    packages.iter().map(|package| package.id.as_str()).collect()
}

#[test]
fn a_document_says_who_made_it_and_when_and_what_it_is_about() {
    let bom = json(
        r#"{"version":3,"serialNumber":"urn:uuid:1","specVersion":"1.6","components":[{"name":"a","bom-ref":"a"}],
        "metadata":{"supplier":{"name":"Acme"},"timestamp":"2026-01-02T03:04:05+01:00",
        "tools":{"components":[{"name":"syft","version":"1.0","group":"x"}],"services":[{"name":"service"}]},
        "authors":[{"email":"a@example.org"},{"name":"Jo","email":"x"}],"manufacturer":{"name":"Maker"},
        "manufacture":{"name":"not who made the document"},
        "component":{"name":"app","group":"org","type":"Container","version":"sha256:x"}},"bomFormat":"CycloneDX"}"#,
    );
    let sbom = bom.sbom;
    assert_eq!((sbom.format, sbom.encoding), (SbomFormat::CycloneDx, SbomEncoding::Json));
    assert_eq!(sbom.spec_version, "1.6");
    assert_eq!(sbom.document_id.as_deref(), Some("urn:uuid:1"));
    assert_eq!(sbom.created_at.unwrap().to_string(), "2026-01-02T02:04:05Z");
    assert_eq!(sbom.tools, ["syft 1.0", "service"]);
    assert_eq!(sbom.authors, ["a@example.org", "Jo", "Maker"]);
    assert_eq!(sbom.name.as_deref(), Some("org/app"));
    // What it is about stands first, wherever it is met.
    assert_eq!(ids(&sbom.packages), ["#0", "a"]);
    assert_eq!((sbom.describes, sbom.package_count), (vec!["#0".into()], 2));
    assert_eq!(sbom.packages[0].kind.as_deref(), Some("container"));
    assert_eq!(sbom.packages[0].supplier.as_deref(), Some("Acme"));
    assert_eq!(sbom.packages[1].supplier, None);
    assert_eq!((bom.report, bom.vex), (None, None));
}

#[test]
fn tools_may_be_a_list() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.4",
        "metadata":{"tools":[{"vendor":"v","name":"t","version":"1"},{"vendor":"nameless"}]}}"#,
    );
    assert_eq!(bom.sbom.tools, ["t 1"]);
}

#[test]
fn a_package_has_its_own_supplier_hashes_and_names() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","components":[
        {"type":"library","name":" n ","group":"","version":"","purl":"pkg:npm/%40a/n@1","publisher":"p",
         "supplier":{"name":"s","url":["u"]},"hashes":[{"alg":"SHA-1","content":"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"},
         {"alg":"SHA-256","content":"00"}]},
        {"name":"no purl","purl":"npm/n"},{"purl":"pkg:NPM/x"}]}"#,
    );
    let first = &bom.sbom.packages[0];
    assert_eq!((first.id.as_str(), first.name.as_str(), &first.version), ("#1", "n", &None));
    assert_eq!(first.supplier.as_deref(), Some("s"));
    assert_eq!(first.hashes.len(), 1);
    assert_eq!(first.hashes["sha1"], "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    let codes: Vec<&str> = bom.sbom.problems.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["document_hash", "document_purl", "document_name"]);
    assert_eq!(bom.sbom.package_types["npm"], 2);
    assert_eq!(bom.sbom.package_types[""], 1);
}

#[test]
fn what_is_nested_is_contained_and_counted() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.5",
        "components":[{"components":[{"bom-ref":"b","components":[{"bom-ref":"c","name":"c"}],"name":"b"},{"name":"d"}],"bom-ref":"a","name":"a"},{"bom-ref":"e","name":"e"}],
        "metadata":{"component":{"components":[{"name":"inner"}],"name":"root","bom-ref":"r"}}}"#;
    let sbom = json(text).sbom;
    assert_eq!(ids(&sbom.packages), ["r", "#0.1", "a", "b", "c", "#4", "e"]);
    assert_eq!(sbom.package_count, 7);
    let relationships: Vec<_> = sbom
        .relationships
        .iter()
        .map(|one| (one.from.as_str(), one.kind.as_str(), one.to.as_str()))
        .collect();
    let contains = "contains";
    let expected = [
        ("b", contains, "c"),
        ("a", contains, "b"),
        ("a", contains, "#4"),
        ("r", contains, "#0.1"),
    ];
    assert_eq!(relationships, expected);
    assert_eq!(sbom.problems, []);
}

#[test]
fn pedigrees_tools_and_services_are_no_packages() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "components":[{"name":"a","pedigree":{"ancestors":[{"name":"b"}]}}],
        "metadata":{"tools":{"components":[{"name":"t","components":[{"name":"u"}]}]}},
        "services":[{"name":"s","bom-ref":"s","services":[{"name":"inner","bom-ref":"i"}]}],
        "dependencies":[{"ref":"s","dependsOn":["i"]}],
        "formulation":[{"components":[{"name":"f"}]}]}"#,
    );
    assert_eq!(bom.sbom.package_count, 1);
    // Services may be referred to all the same.
    assert_eq!(bom.sbom.problems, []);
}

#[test]
fn dependencies_are_relationships_and_those_that_lead_nowhere_are_told() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "dependencies":[{"provides":["b"],"dependsOn":["b","c"],"ref":"a"},{"ref":"c"},{"ref":"x","dependsOn":["a"]},{"dependsOn":["a"]}],
        "components":[{"name":"a","bom-ref":"a"},{"name":"b","bom-ref":"b"}]}"#,
    );
    let kinds: Vec<_> = bom.sbom.relationships.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["depends_on", "depends_on", "provides", "depends_on"]);
    let told: Vec<&str> = bom.sbom.problems.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(
        told,
        [
            "a dependency has no ref",
            "a relationship refers to \"c\", which the document does not have",
            "a relationship refers to \"x\", which the document does not have",
        ]
    );
}

#[test]
fn cycles_are_relationships_like_others() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "components":[{"name":"a","bom-ref":"a","components":[{"name":"a","bom-ref":"b"}]}],
        "dependencies":[{"ref":"a","dependsOn":["b","a"]},{"ref":"b","dependsOn":["a"]}]}"#,
    );
    assert_eq!(bom.sbom.relationship_count, 4);
    assert_eq!(bom.sbom.problems, []);
}

#[test]
fn of_ids_that_are_not_one_s_own_it_is_told() {
    let bom = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "components":[{"name":"a","bom-ref":"x"},{"name":"b","bom-ref":"x"}]}"#,
    );
    assert_eq!(bom.sbom.problems[0].code, "document_duplicate_id");
    assert_eq!(bom.sbom.problems[0].message, "more than one package has the id \"x\"");
}

#[test]
fn licences_of_an_expression_detailed_in_xml_and_in_json_are_one() {
    let of_json = json(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.7","components":[{"name":"a","licenses":[
        {"license":{"id":"Apache-2.0"}},{"expression":"MIT OR ISC","expressionDetails":[{"licenseIdentifier":"MIT"}],"acknowledgement":"concluded"}],
        "evidence":{"licenses":[{"license":{"id":"GPL-3.0-only"}}]}}]}"#,
    );
    let of_xml = xml(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.7"><components><component><name>a</name><licenses>
        <license><id>Apache-2.0</id></license>
        <expression-detailed expression="MIT OR ISC" acknowledgement="concluded"><details license-identifier="MIT"/></expression-detailed>
        </licenses><evidence><licenses><license><id>GPL-3.0-only</id></license></licenses></evidence></component></components></bom>"#,
    );
    let package = &of_json.sbom.packages[0];
    assert_eq!(package.license_declared.as_deref(), Some("Apache-2.0"));
    assert_eq!(package.license_concluded.as_deref(), Some("MIT OR ISC"));
    assert_eq!(package, &of_xml.sbom.packages[0]);
    assert_eq!(of_json.sbom.licenses, of_xml.sbom.licenses);
    assert_eq!(of_json.sbom.licenses.len(), 2);
}

#[test]
fn xml_is_read_by_namespaces_with_entities_comments_and_sections() {
    let bom = xml(
        "<?xml version='1.0' encoding='utf-8'?><!-- c --><c:bom xmlns:c='http://cyclonedx.org/schema/bom/1.4' xmlns='urn:other' version=' 7 '>
        <components><c:component><c:name>hidden</c:name></c:component></components>
        <c:components><?pi?><c:component type='library' c:bom-ref='no' bom-ref='a&amp;&#x41;'>
        <name>no</name><c:name>x<!-- y --><![CDATA[<&>]]>&lt;&#65;</c:name></c:component></c:components></c:bom>\n<!-- end -->",
    );
    assert_eq!(bom.sbom.package_count, 1);
    assert_eq!(bom.sbom.packages[0].id, "a&A");
    assert_eq!(bom.sbom.packages[0].name, "x<&><A");
    assert_eq!(bom.sbom.encoding, SbomEncoding::Xml);
}

#[test]
fn dependencies_in_xml_may_nest() {
    let bom = xml(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><dependencies><dependency ref="a">
        <dependency ref="b"><dependency ref="c"/></dependency><provides ref="d"/></dependency></dependencies></bom>"#,
    );
    let edges: Vec<_> = bom
        .sbom
        .relationships
        .iter()
        .map(|one| format!("{} {} {}", one.from, one.kind, one.to))
        .collect();
    assert_eq!(edges, ["b depends_on c", "a depends_on b", "a provides d"]);
}

#[test]
fn over_a_limit_the_rest_is_left_out_and_counted_and_what_the_document_is_about_stays() {
    let limits = Limits { max_packages: 2, max_relationships: 1, ..Limits::DEFAULT };
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "components":[{"name":"a","bom-ref":"a"},{"name":"b","bom-ref":"b"},{"name":"c","bom-ref":"c"}],
        "dependencies":[{"ref":"c","dependsOn":["a","b"]}],
        "metadata":{"component":{"name":"root","bom-ref":"r"}}}"#;
    let sbom = cyclonedx::json(text.as_bytes(), &limits).unwrap().sbom;
    assert_eq!(ids(&sbom.packages), ["r", "a"]);
    assert_eq!((sbom.package_count, sbom.relationship_count, sbom.truncated), (4, 2, true));
    let told: Vec<&str> = sbom.problems.iter().map(|one| one.message.as_str()).collect();
    assert_eq!(told, ["2 packages are left out", "1 relationships are left out"]);
}
