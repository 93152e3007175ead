//! SPDX 3: what single documents mean.

use crate::{codes, error, read};
use referee_core::facts::{LicenseStatus, Sbom, SbomEncoding};
use referee_document::DocumentError;
use serde_json::{Value, json};

const CONTEXT: &str = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld";

fn made() -> Value {
    json!({
        "type": "CreationInfo", "@id": "_:made", "specVersion": "3.0.1",
        "created": "2026-01-02T03:04:05Z", "createdBy": ["urn:acme"], "createdUsing": ["urn:tool"],
    })
}

/// A document of these elements and creation information.
fn graph(elements: &[Value]) -> String {
    let mut all = elements.to_vec();
    all.push(made());
    json!({"@context": CONTEXT, "@graph": all}).to_string()
}

fn package(id: &str) -> Value {
    json!({"type": "software_Package", "spdxId": id, "name": id, "creationInfo": "_:made"})
}

fn relation(from: &str, kind: &str, to: &[&str]) -> Value {
    let id = format!("urn:relation:{from}{kind}{}", to.concat());
    json!({"type": "Relationship", "spdxId": id, "from": from, "relationshipType": kind, "to": to})
}

fn expression(id: &str, text: &str) -> Value {
    json!({
        "type": "simplelicensing_LicenseExpression", "spdxId": id,
        "simplelicensing_licenseExpression": text,
    })
}

fn relations(sbom: &Sbom) -> Vec<[&str; 3]> {
    sbom.relationships.iter().map(|one| [&*one.from, &*one.kind, &*one.to]).collect()
}

/// The text of the declared licence of the only package, given these elements and the licence `l`.
fn declared(elements: &[Value]) -> (String, LicenseStatus) {
    let mut all = elements.to_vec();
    all.extend([package("a"), relation("a", "hasDeclaredLicense", &["urn:l"])]);
    let sbom = read(&graph(&all));
    let key = sbom.packages[0].license_declared.clone().unwrap();
    assert_eq!(sbom.licenses[&key].declared, 1);
    (key.to_string(), sbom.licenses[&key].status)
}

#[test]
fn elements_are_resolved_in_any_order() {
    let elements = [
        relation("urn:a", "dependsOn", &["urn:b", "urn:f"]),
        relation("urn:a", "hasDeclaredLicense", &["urn:l"]),
        json!({
            "type": "software_Package", "spdxId": "urn:a", "name": "left-pad",
            "software_packageVersion": "1.3.0", "software_packageUrl": "pkg:npm/left-pad@1.3.0",
            "software_primaryPurpose": "operatingSystem", "suppliedBy": "urn:acme",
            "verifiedUsing": [
                {"type": "Hash", "algorithm": "sha3_256", "hashValue": "AB".repeat(32)},
                {"type": "PackageVerificationCode", "algorithm": "sha1", "hashValue": "00"},
            ],
            "externalIdentifier": [
                {"type": "ExternalIdentifier", "externalIdentifierType": "cpe23", "identifier": "cpe"},
                {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": "pkg:npm/left-pad@1.3.0"},
            ],
        }),
        package("urn:b"),
        json!({"type": "software_File", "spdxId": "urn:f", "name": "f"}),
        expression("urn:l", "MIT OR ISC"),
        json!({"type": "software_Sbom", "spdxId": "urn:sbom", "rootElement": ["urn:a"]}),
        json!({
            "type": "SpdxDocument", "spdxId": "urn:document", "name": "app",
            "creationInfo": "_:made", "rootElement": ["urn:sbom"],
        }),
        json!({"type": "Organization", "spdxId": "urn:acme", "name": "Acme, Inc"}),
        json!({"type": "Tool", "spdxId": "urn:tool", "name": "syft-1.18.1"}),
    ];
    for first in 0..elements.len() {
        let mut order = elements.to_vec();
        order.rotate_left(first);
        let sbom = read(&graph(&order));
        assert_eq!((sbom.spec_version.as_str(), sbom.encoding), ("3.0.1", SbomEncoding::JsonLd));
        assert_eq!(sbom.name.as_deref(), Some("app"));
        assert_eq!(sbom.document_id.as_deref(), Some("urn:document"));
        assert_eq!(sbom.created_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
        assert_eq!(
            (&*sbom.authors, &*sbom.tools),
            (&["Acme, Inc".into()][..], &["syft 1.18.1".into()][..])
        );
        assert_eq!(sbom.describes, ["urn:a"]);
        let package = sbom.packages.iter().find(|package| package.id == "urn:a").unwrap();
        assert_eq!(package.name, "left-pad");
        assert_eq!(package.version.as_deref(), Some("1.3.0"));
        assert_eq!(package.purl.as_deref(), Some("pkg:npm/left-pad@1.3.0"));
        assert_eq!(package.kind.as_deref(), Some("operating-system"));
        assert_eq!(package.supplier.as_deref(), Some("Acme, Inc"));
        assert_eq!(
            package.hashes.keys().map(|name| name.as_str()).collect::<Vec<_>>(),
            ["sha3256"]
        );
        assert_eq!(package.license_declared.as_deref(), Some("MIT OR ISC"));
        assert_eq!(package.license_concluded, None);
        assert_eq!(relations(&sbom), [["urn:a", "depends_on", "urn:b"]]);
        assert_eq!((sbom.package_count, sbom.package_types["npm"]), (2, 1));
        assert_eq!(sbom.problems, []);
    }
}

#[test]
fn kinds_of_relationships_are_those_of_spdx_2() {
    let mut scoped = relation("a", "dependsOn", &["b"]);
    scoped["type"] = "LifecycleScopedRelationship".into();
    scoped["scope"] = "build".into();
    let sbom = read(&graph(&[
        package("a"),
        package("b"),
        scoped,
        relation("a", "hasOptionalDependency", &["b"]),
        relation("a", "hasDynamicLink", &["b"]),
        relation("a", "contains", &["https://spdx.org/rdf/3.0.1/terms/Core/NoneElement"]),
        relation("a", "dependsOn", &["NoAssertionElement"]),
        relation("a", "usesTool", &["lost"]),
    ]));
    assert_eq!(
        relations(&sbom),
        [
            ["b", "build_dependency_of", "a"],
            ["b", "optional_dependency_of", "a"],
            ["a", "dynamic_link", "b"],
            ["a", "contains", "NONE"],
            ["a", "depends_on", "NOASSERTION"],
        ]
    );
    assert_eq!(codes(&sbom), ["document_dangling_reference"]);
}

#[test]
fn elements_of_other_documents_are_outside_where_the_document_imports_them() {
    let sbom = read(&graph(&[
        package("a"),
        relation("a", "dependsOn", &["urn:elsewhere"]),
        json!({
            "type": "SpdxDocument", "spdxId": "urn:document", "rootElement": ["a"],
            "import": [{"type": "ExternalMap", "externalSpdxId": "urn:elsewhere"}],
        }),
    ]));
    assert_eq!(relations(&sbom), [["a", "depends_on", "urn:elsewhere"]]);
    assert_eq!(sbom.problems, []);
}

#[test]
fn licence_objects_are_written_as_expressions() {
    let set = |kind: &str, id: &str, members: &[&str]| json!({"type": format!("expandedlicensing_{kind}LicenseSet"), "spdxId": id, "expandedlicensing_member": members});
    let listed = "https://spdx.org/licenses/";
    assert_eq!(declared(&[expression("urn:l", " MIT ")]).0, "MIT");
    let nested = [
        set("Conjunctive", "urn:l", &["urn:either", "urn:with", "urn:later", "urn:own"]),
        set("Disjunctive", "urn:either", &[&format!("{listed}MIT"), &format!("{listed}ISC")]),
        json!({
            "type": "expandedlicensing_WithAdditionOperator", "spdxId": "urn:with",
            "expandedlicensing_subjectExtendableLicense": format!("{listed}GPL-2.0-only"),
            "expandedlicensing_subjectAddition": format!("{listed}Classpath-exception-2.0"),
        }),
        json!({
            "type": "expandedlicensing_OrLaterOperator", "spdxId": "urn:later",
            "expandedlicensing_subjectLicense": format!("{listed}Apache-2.0"),
        }),
        json!({"type": "expandedlicensing_CustomLicense", "spdxId": "urn:own", "name": "MIT"}),
        json!({"type": "expandedlicensing_ListedLicense", "spdxId": format!("{listed}MIT")}),
    ];
    let text = "(MIT OR ISC) AND (GPL-2.0-only WITH Classpath-exception-2.0) AND Apache-2.0+ AND LicenseRef-own";
    let (found, status) = declared(&nested);
    // An exception needs no parentheses, and the grammar of 2.3 has none around it.
    assert_eq!((found.as_str(), status), (text, LicenseStatus::Expression));
    let none = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoneLicense";
    let alone = [package("a"), relation("a", "hasDeclaredLicense", &[none])];
    assert_eq!(read(&graph(&alone)).packages[0].license_declared.as_deref(), Some("NONE"));
    let both = declared(&[set("Conjunctive", "urn:l", &[none, &format!("{listed}MIT")])]);
    assert_eq!(both, ("NONE AND MIT".to_owned(), LicenseStatus::Unknown));
}

#[test]
fn several_licences_of_a_package_must_all_be_kept_to() {
    let sbom = read(&graph(&[
        package("a"),
        expression("x", "MIT OR ISC"),
        expression("y", "Zlib"),
        relation("a", "hasConcludedLicense", &["x", "y"]),
        relation("a", "hasConcludedLicense", &["x"]),
        relation("a", "hasDeclaredLicense", &["y"]),
    ]));
    let package = &sbom.packages[0];
    assert_eq!(package.license_concluded.as_deref(), Some("(MIT OR ISC) AND Zlib"));
    assert_eq!(package.license_declared.as_deref(), Some("Zlib"));
    assert_eq!(sbom.licenses["Zlib"].declared, 1);
    assert_eq!(sbom.licenses["(MIT OR ISC) AND Zlib"].concluded, 1);
}

#[test]
fn licences_that_hold_themselves_or_are_not_there_are_unknown() {
    let set = |id: &str, members: &[&str]| json!({"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": id, "expandedlicensing_member": members});
    let unknown = ("urn:l".to_owned(), LicenseStatus::Unknown);
    assert_eq!(declared(&[set("urn:l", &["urn:l"])]), unknown);
    assert_eq!(declared(&[set("urn:l", &["urn:m"]), set("urn:m", &["urn:l"])]), unknown);
    assert_eq!(declared(&[set("urn:l", &[])]), unknown);
    assert_eq!(declared(&[]), unknown);
    let deep: Vec<_> = (0..200)
        .map(|at| {
            set(
                &if at == 0 { "urn:l".into() } else { format!("urn:{at}") },
                &[&format!("urn:{}", at + 1)],
            )
        })
        .collect();
    assert_eq!(declared(&deep), unknown);
    // Each set holds the next twice: two to the thirtieth if it were written out.
    let wide: Vec<_> = (0..30)
        .flat_map(|at| {
            let id = if at == 0 { "urn:l".into() } else { format!("urn:{at}") };
            let (left, right) = (format!("urn:{at}l"), format!("urn:{at}r"));
            let next = format!("urn:{}", at + 1);
            [
                set(&id, &[&left, &right]),
                set(&left, &[&next, "https://spdx.org/licenses/MIT"]),
                set(&right, &[&next, "https://spdx.org/licenses/ISC"]),
            ]
        })
        .collect();
    assert_eq!(declared(&wide).1, LicenseStatus::Unknown);
}

#[test]
fn what_stands_inside_another_element_is_told() {
    let mut inline = relation("a", "dependsOn", &["b"]);
    inline["to"] = json!([package("b")]);
    let sbom = read(&graph(&[package("a"), inline]));
    assert_eq!(sbom.packages.len(), 1, "it is not read");
    assert_eq!(codes(&sbom), ["document_inlined_element", "document_dangling_reference"]);
}

#[test]
fn creation_information_may_stand_in_the_document_element() {
    let text = json!({
        "@context": ["https://spdx.org/rdf/3.0.0/spdx-context.jsonld", {"x": "y"}],
        "@graph": [
            {
                "type": "SpdxDocument", "spdxId": "urn:document", "rootElement": "a",
                "creationInfo": {"type": "CreationInfo", "specVersion": "3.0.0", "created": "2026-01-02T03:04:05Z", "createdBy": "urn:who"},
            },
            package("a"),
        ],
    });
    let sbom = read(&text.to_string());
    assert_eq!(sbom.spec_version, "3.0.0");
    assert_eq!(sbom.authors, ["urn:who"]);
    assert_eq!(sbom.describes, ["a"]);
}

#[test]
fn versions_that_are_not_read_are_named() {
    let of = |text: Value| error(&text.to_string());
    let found =
        of(json!({"@context": "https://spdx.org/rdf/3.1/spdx-context.jsonld", "@graph": []}));
    assert!(
        matches!(&found, DocumentError::Version { version, .. } if version == "3.1"),
        "{found}"
    );
    let found = of(json!({"@graph": []}));
    assert!(matches!(found, DocumentError::Missing { member: "specVersion", .. }), "{found}");
    let found = of(json!({"@context": CONTEXT, "name": "x"}));
    let DocumentError::Member { source, .. } = &found else { unreachable!("{found}") };
    assert!(source.to_string().starts_with("missing field `@graph`"), "{source}");
}

#[test]
fn a_member_of_a_wrong_type_is_named_by_its_path() {
    for (element, expected) in [
        (json!(1), "@graph[0]"),
        (json!({"type": 1}), "@graph[0].type"),
        (json!({"type": "software_Package", "name": []}), "@graph[0].name"),
        (json!({"type": "Relationship", "to": ["a", 1]}), "@graph[0].to[1]"),
        (json!({"type": "software_Package", "verifiedUsing": [{"hashValue": 1}]}), {
            "@graph[0].verifiedUsing[0].hashValue"
        }),
        (json!({"type": "SpdxDocument", "creationInfo": {"created": 1}}), {
            "@graph[0].creationInfo.created"
        }),
    ] {
        let found = error(&graph(std::slice::from_ref(&element)));
        let DocumentError::Member { path, .. } = &found else { unreachable!("{element}: {found}") };
        assert_eq!(path, expected, "{element}");
    }
    let found = error(&graph(&[json!({"name": "x"})]));
    let DocumentError::Member { source, .. } = &found else { unreachable!("{found}") };
    assert!(source.to_string().starts_with("missing field `type`"), "{source}");
}

#[test]
fn a_licence_that_stands_inside_another_element_is_not_lost() {
    let inlined = json!({
        "type": "simplelicensing_LicenseExpression",
        "simplelicensing_licenseExpression": "GPL-3.0-only",
    });
    for to in [json!([inlined]), json!(["https://spdx.org/licenses/MIT", inlined]), inlined.clone()]
    {
        let relation = json!({
            "type": "Relationship", "spdxId": "urn:r", "from": "a",
            "relationshipType": "hasDeclaredLicense", "to": to,
        });
        let sbom = read(&graph(&[package("a"), relation]));
        let key = sbom.packages[0].license_declared.clone().unwrap();
        assert_eq!(sbom.licenses[&key].status, LicenseStatus::Unknown, "{to}: {key}");
    }
}

#[test]
fn a_licence_without_a_text_is_unknown() {
    for license in [
        expression("urn:l", " "),
        json!({"type": "simplelicensing_LicenseExpression", "spdxId": "urn:l"}),
    ] {
        assert_eq!(declared(&[license]), ("\"\"".to_owned(), LicenseStatus::Unknown));
    }
}

#[test]
fn two_licences_of_one_identifier_are_unknown_unless_they_say_the_same() {
    let same = [expression("urn:l", "MIT"), expression("urn:l", "MIT")];
    assert_eq!(declared(&same), ("MIT".to_owned(), LicenseStatus::Expression));
    let differ = [expression("urn:l", "MIT"), expression("urn:l", "GPL-3.0-only")];
    assert_eq!(declared(&differ).1, LicenseStatus::Unknown);
    let mut all = differ.to_vec();
    all.extend([package("a"), relation("a", "hasDeclaredLicense", &["urn:l"])]);
    let sbom = read(&graph(&all));
    assert_eq!(codes(&sbom), ["document_duplicate_id"]);
}

#[test]
fn a_licence_that_cannot_be_written_is_unknown_whatever_its_identifier_reads_as() {
    let set = json!({
        "type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "MIT",
        "expandedlicensing_member": ["MIT"],
    });
    let sbom = read(&graph(&[package("a"), set, relation("a", "hasDeclaredLicense", &["MIT"])]));
    let key = sbom.packages[0].license_declared.clone().unwrap();
    assert_eq!(sbom.licenses[&key].status, LicenseStatus::Unknown, "{key}");
}

#[test]
fn what_is_added_to_a_licence_does_not_reach_out_of_it() {
    let with = |license: &str, addition: &str| {
        json!({
            "type": "expandedlicensing_WithAdditionOperator", "spdxId": "urn:l",
            "expandedlicensing_subjectExtendableLicense": license,
            "expandedlicensing_subjectAddition": addition,
        })
    };
    let gpl = "https://spdx.org/licenses/GPL-2.0-only";
    let whole = with(gpl, "https://spdx.org/licenses/Classpath-exception-2.0");
    assert_eq!(declared(&[whole]).1, LicenseStatus::Expression);
    let reaching = with(gpl, "Classpath-exception-2.0 OR MIT");
    assert_eq!(declared(&[reaching]).1, LicenseStatus::Unknown);
    let either = expression("urn:e", "MIT OR GPL-2.0-only");
    let later = json!({
        "type": "expandedlicensing_OrLaterOperator", "spdxId": "urn:l",
        "expandedlicensing_subjectLicense": "urn:e",
    });
    assert_eq!(declared(&[either.clone(), later]).1, LicenseStatus::Unknown);
    let reaching = with("urn:e", "https://spdx.org/licenses/Classpath-exception-2.0");
    assert_eq!(declared(&[either, reaching]).1, LicenseStatus::Unknown);
}

#[test]
fn a_context_of_another_version_is_refused_whatever_the_elements_say() {
    let text = graph(&[package("a")]).replace("rdf/3.0.1/", "rdf/4.0/");
    let found = error(&text);
    assert!(
        matches!(&found, DocumentError::Version { version, .. } if version == "4.0"),
        "{found}"
    );
}

#[test]
fn what_verifies_and_identifies_a_package_may_stand_elsewhere() {
    let mut one = package("a");
    one["verifiedUsing"] =
        json!(["_:hash", {"type": "Hash", "algorithm": "sha1", "hashValue": "00".repeat(20)}]);
    one["externalIdentifier"] = json!(["_:id"]);
    let sbom = read(&graph(&[one]));
    assert_eq!(sbom.packages[0].hashes.len(), 1);
}

#[test]
fn a_class_that_is_no_word_of_the_context_is_told() {
    let mut one = package("urn:a");
    one["type"] = json!("https://spdx.org/rdf/3.0.1/terms/Software/Package");
    let sbom = read(&graph(&[one]));
    assert_eq!((sbom.package_count, codes(&sbom)), (0, vec!["document_element"]));
}

/// What Microsoft's sbom-tool writes with `-mi SPDX:3.0`, in which much is not as the specification
/// has it.
#[test]
fn sbom_tool_s_documents_are_read_as_they_are_meant() {
    let of = |class: &str, id: &str, name: &str| json!({"type": class, "spdxId": id, "name": name});
    let package = |id: &str, purl: &str| {
        let mut one = of("software_Package", id, id);
        one["suppliedBy"] = json!("SPDXRef-Organization-1");
        one["externalIdentifier"] = json!([purl]);
        one
    };
    let identifier = |id: &str, purl: &str| json!({"type": "ExternalIdentifier", "spdxId": id, "externalIdentifierType": "purl", "identifier": purl});
    let elements = json!([
        of("Organization", "SPDXRef-Organization-1", "Organization: Acme"),
        of("Tool", "SPDXRef-Tool-1", "Tool: Microsoft.SBOMTool-4.1.0"),
        {
            "type": "CreationInfo", "@id": "_:creationinfo", "spdxId": "SPDXRef-CreationInfo-1",
            "creationInfo": "_:creationinfo", "specVersion": "3.0", "created": "2026-01-02T03:04:05Z",
            "createdBy": ["SPDXRef-Organization-1"], "createdUsing": ["SPDXRef-Tool-1"],
        },
        of("AnyLicenseInfo", "SPDXRef-AnyLicenseInfo-1", "MIT"),
        of("AnyLicenseInfo", "SPDXRef-AnyLicenseInfo-1", "MIT"),
        {"type": "NoAssertionElement", "spdxId": "SPDXRef-NoAssertionElement-1"},
        package("SPDXRef-Package-1", "SPDXRef-ExternalIdentifier-1"),
        package("SPDXRef-Package-2", "SPDXRef-ExternalIdentifier-2"),
        identifier("SPDXRef-ExternalIdentifier-1", "pkg:npm/a@1"),
        relation("SPDXRef-Package-1", "HAS_DECLARED_LICENSE", &["SPDXRef-AnyLicenseInfo-1"]),
        relation("SPDXRef-Package-1", "HAS_CONCLUDED_LICENSE", &["SPDXRef-NoAssertionElement-1"]),
        relation("SPDXRef-Package-1", "DEPENDS_ON", &["SPDXRef-Package-2"]),
        {
            "type": "SpdxDocument", "spdxId": "SPDXRef-SpdxDocument-1", "name": "app",
            "creationInfo": "_:creationinfo", "rootElement": ["SPDXRef-Package-1"],
            "namespaceMap": {"sbom": "https://acme"},
        },
    ]);
    let sbom = read(&json!({"@context": [CONTEXT], "@graph": elements}).to_string());
    assert_eq!(sbom.problems, []);
    assert_eq!(
        (sbom.tools[0].as_str(), sbom.authors[0].as_str()),
        ("Microsoft.SBOMTool 4.1.0", "Acme")
    );
    assert_eq!(sbom.created_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    let [one, two] = sbom.packages.as_slice() else { panic!("two") };
    assert_eq!((one.purl.as_deref(), two.purl.as_deref()), (Some("pkg:npm/a@1"), None));
    assert_eq!((sbom.package_types["npm"], sbom.package_types[""]), (1, 1));
    assert_eq!(one.supplier.as_deref(), Some("Acme"));
    assert_eq!(one.license_declared.as_deref(), Some("MIT"));
    assert_eq!(one.license_concluded.as_deref(), Some("NOASSERTION"));
    assert_eq!(relations(&sbom), [["SPDXRef-Package-1", "depends_on", "SPDXRef-Package-2"]]);
    assert_eq!(sbom.describes, ["SPDXRef-Package-1"]);
}

#[test]
fn identifiers_that_contradict_each_other_are_told() {
    let identifier = |id: &str, purl: &str| json!({"type": "ExternalIdentifier", "spdxId": id, "externalIdentifierType": "packageUrl", "identifier": purl});
    let mut one = package("a");
    one["externalIdentifier"] = json!(["_:1", "_:2", "_:3"]);
    let elements = [one, identifier("_:1", "pkg:npm/a"), identifier("_:2", "pkg:npm/a")];
    let sbom = read(&graph(&elements));
    assert_eq!((sbom.packages[0].purl.as_deref(), codes(&sbom)), (Some("pkg:npm/a"), vec![]));
    assert_eq!((sbom.package_types.len(), sbom.package_types["npm"]), (1, 1));
    let mut more = elements.to_vec();
    more.extend([identifier("_:3", "pkg:npm/b"), identifier("_:1", "pkg:npm/c")]);
    let sbom = read(&graph(&more));
    assert_eq!(sbom.packages[0].purl.as_deref(), Some("pkg:npm/a"));
    assert_eq!(codes(&sbom), ["document_duplicate_id", "document_purl"]);
    let mut two = package("a");
    two["@id"] = json!("b");
    assert_eq!(codes(&read(&graph(&[two]))), ["document_element"]);
}
