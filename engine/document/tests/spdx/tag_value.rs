//! SPDX 2 as tags and values: what single documents mean.

use crate::{codes, error, read};
use referee_core::facts::SbomEncoding;
use referee_document::DocumentError;

const HEAD: &str = "SPDXVersion: SPDX-2.3\nSPDXID: SPDXRef-DOCUMENT\n";

fn with(text: &str) -> String {
    format!("{HEAD}{text}")
}

#[test]
fn all_that_is_said_of_a_package_is_in_its_facts() {
    let sbom = read(&with(
        "\r
# A comment: with a colon
DocumentName: app
DocumentNamespace: https://example.com/app
Creator: Tool: syft-1.18.1
Creator: Organization: Acme, Inc
Created: 2026-01-02T03:04:05Z
CreatorComment: <text>PackageName: not
one: at all</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a

PackageName: left-pad\r
SPDXID: SPDXRef-a
PackageVersion: <text>1.3.0</text>
PackageSupplier: Organization: npm, Inc
PackageChecksum: SHA1: 85ED0817AF83A24AD8DA68C2B5094DE69833983C
PackageLicenseDeclared: MIT
PackageLicenseConcluded: (LicenseRef-1 or MIT)
PrimaryPackagePurpose: LIBRARY
ExternalRef: PACKAGE-MANAGER purl pkg:npm/left-pad@1.3.0
ExternalRef: SECURITY cpe23Type cpe:2.3:a:b
FileName: ./a
SPDXID: SPDXRef-File
FileChecksum: SHA1: 85ed0817af83a24ad8da68c2b5094de69833983c
PackageName: other
SPDXID: SPDXRef-b
Relationship: SPDXRef-a DEPENDS_ON SPDXRef-b
Relationship: SPDXRef-a CONTAINS SPDXRef-File
Relationship: SPDXRef-b DEPENDS_ON NONE
LicenseID: LicenseRef-1
ExtractedText: <text>Do as
you like: really.</text>
",
    ));
    assert_eq!(sbom.encoding, SbomEncoding::TagValue);
    assert_eq!((sbom.spec_version.as_str(), sbom.name.as_deref()), ("2.3", Some("app")));
    assert_eq!(sbom.document_id.as_deref(), Some("https://example.com/app"));
    assert_eq!(sbom.tools, ["syft 1.18.1"]);
    assert_eq!(sbom.authors, ["Acme, Inc"]);
    assert_eq!(sbom.created_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(sbom.describes, ["SPDXRef-a"]);
    let package = &sbom.packages[0];
    assert_eq!(package.name, "left-pad");
    assert_eq!(package.version.as_deref(), Some("1.3.0"));
    assert_eq!(package.supplier.as_deref(), Some("npm, Inc"));
    assert_eq!(package.hashes["sha1"], "85ed0817af83a24ad8da68c2b5094de69833983c");
    assert_eq!(package.kind.as_deref(), Some("library"));
    assert_eq!(package.purl.as_deref(), Some("pkg:npm/left-pad@1.3.0"));
    let concluded = package.license_concluded.as_ref().unwrap();
    assert_eq!(sbom.licenses[concluded].unlisted, ["LicenseRef-1"]);
    let relations: Vec<_> = sbom.relationships.iter().map(|one| (&*one.from, &*one.to)).collect();
    assert_eq!(relations, [("SPDXRef-a", "SPDXRef-b"), ("SPDXRef-b", "NONE")]);
    assert_eq!(codes(&sbom), [""; 0]);
}

#[test]
fn lines_that_are_no_fields_are_named() {
    for (text, line, what) in [
        ("nonsense\n", 3, "\"nonsense\" has no tag"),
        (": x\n", 3, "\"\" is no tag"),
        ("Two words: x\n", 3, "\"Two words\" is no tag"),
        ("A: <text>x\ny\n", 3, "a <text> is never closed"),
        ("A: <text>x\ny</text> z\n", 3, "\"z\" after </text>"),
        ("A: <text>x\ny</text>\nbad\n", 5, "\"bad\" has no tag"),
        ("PackageVersion: 1\n", 3, "PackageVersion outside a package"),
        ("PackageChecksum: SHA1: 00\n", 3, "PackageChecksum outside a package"),
        (
            "PackageName: a\nPackageVersion: 1\nPackageVersion: 2\n",
            5,
            "a second PackageVersion of one package",
        ),
        (
            "PackageName: a\nPackageChecksum: 00\n",
            4,
            "a checksum is an algorithm, a colon, a value",
        ),
        (
            "PackageName: a\nExternalRef: purl x\n",
            4,
            "an external reference is a category, a type, a locator",
        ),
        ("Relationship: a b\n", 3, "a relationship is an identifier, a kind, an identifier"),
        ("SPDXVersion: SPDX-2.3\n", 3, "a second SPDXVersion"),
        ("SPDXID: x\n", 3, "a second SPDXID"),
    ] {
        let found = error(&with(text));
        let DocumentError::Line { line: at, what: told, .. } = &found else {
            unreachable!("{text:?}: {found}")
        };
        assert_eq!((*at, told.as_str()), (line, what), "{text:?}");
    }
}

#[test]
fn a_version_that_is_not_read_is_named() {
    let found = error("SPDXVersion: SPDX-2.1\n");
    assert!(matches!(&found, DocumentError::Version { version, .. } if version == "SPDX-2.1"));
}
