//! SBOMs of any format through one door: told apart by what is in them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what the tests are made of may fail"
)]

mod objects;
mod syft;

use flate2::read::GzDecoder;
use referee_core::facts::{SbomEncoding, SbomFormat};
use referee_document::{DocumentError, Limits, cyclonedx, sbom, spdx};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

#[test]
fn real_sboms_of_both_formats_have_the_same_packages() {
    let named = std::env::var_os("REFEREE_VECTORS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = named.unwrap_or(beside).join("sbom");
    let read = |name: &str| {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(folder.join(name)).unwrap();
        GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        sbom::read(&bytes, &Limits::DEFAULT).unwrap().sbom
    };
    if !folder.is_dir() {
        let skipped = format!("SKIPPED: no folder {}; set REFEREE_VECTORS", folder.display());
        writeln!(std::io::stderr(), "{skipped}").unwrap();
        return;
    }
    let (ours, theirs) = (read("atproto.cdx.json.gz"), read("atproto.spdx.json.gz"));
    assert_eq!((ours.format, theirs.format), (SbomFormat::CycloneDx, SbomFormat::Spdx));
    // One tool saw the same files twice: what it is about is a package in both.
    assert_eq!(ours.package_count, theirs.package_count);
    assert_eq!(ours.package_types, theirs.package_types);
    let names = |sbom: &referee_core::facts::Sbom| {
        let mut names: Vec<_> = sbom
            .packages
            .iter()
            .filter(|package| !sbom.describes.contains(&package.id))
            .map(|package| (package.name.clone(), package.version.clone(), package.purl.clone()))
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&ours), names(&theirs));
}

#[test]
fn each_format_is_read_by_its_reader() {
    let spdx_json = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"n","documentNamespace":"https://n","dataLicense":"CC0-1.0","creationInfo":{"created":"2026-01-01T00:00:00Z","creators":["Tool: t"]},"packages":[]}"#;
    let wrapped = format!("\u{feff} {{\"sbom\":{spdx_json}}}");
    for (text, encoding) in [(spdx_json, SbomEncoding::Json), (&wrapped, SbomEncoding::Json)] {
        let found = sbom::read(text.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(found, spdx::json(text.as_bytes(), &Limits::DEFAULT).unwrap().into());
        assert_eq!((found.sbom.format, found.sbom.encoding), (SbomFormat::Spdx, encoding));
    }
    let bom = "\u{feff}\n<bom xmlns='http://cyclonedx.org/schema/bom/1.6'/>";
    let found = sbom::read(bom.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(found, cyclonedx::xml(bom.as_bytes(), &Limits::DEFAULT).unwrap().into());
}

#[test]
fn a_document_that_is_both_is_neither() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","spdxVersion":"SPDX-2.3"}"#;
    let error = sbom::read(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
    assert!(matches!(error, DocumentError::Member { format: "CycloneDX", .. }), "{error:?}");
}
