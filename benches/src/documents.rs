//! SBOMs, and who reads them.

use referee_document::{Limits, sbom};
use serde_json::{Value, json};
use std::any::Any;
use std::fmt::Display;
use std::io::Read as _;
use std::path::Path;

/// A document.
#[derive(Debug)]
pub struct Document {
    /// Its file's name without `.gz`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A way to read a document: what it keeps, or why it cannot.
pub type Read = fn(&str) -> Result<Box<dyn Any>, String>;

/// Who reads a document.
#[derive(Debug)]
pub struct Reader {
    /// Its name.
    pub name: &'static str,
    /// The way.
    pub read: Read,
}

/// The documents of a folder, by name. What makes the mark of memory rise is largest last.
///
/// # Panics
/// Where one cannot be read.
#[must_use]
pub fn documents(folder: &Path) -> Vec<Document> {
    let mut documents: Vec<Document> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".gz")?.to_owned();
            let file = std::fs::File::open(&path).expect("a file");
            let mut text = String::new();
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("text");
            Some(Document { name, text })
        })
        .collect();
    documents.sort_by_key(|document| document.text.len());
    documents
}

/// A CycloneDX document of so many packages as tools write them, with what depends on what: larger
/// than those of the folder, and of a version that all peers read.
#[must_use]
pub fn made(packages: usize) -> Document {
    let reference =
        |at: usize| format!("pkg:npm/%40scope/package-{at}@1.{}.0?package-id={at:016x}", at % 90);
    let licenses = ["MIT", "ISC", "Apache-2.0", "BSD-3-Clause"];
    let components: Vec<Value> = (0..packages)
        .map(|at| {
            let license = licenses[at % licenses.len()];
            json!({
                "bom-ref": reference(at), "type": "library", "group": "@scope",
                "name": format!("package-{at}"), "version": format!("1.{}.0", at % 90),
                "description": "What a package says of itself, which no policy rules over.",
                "hashes": [{"alg": "SHA-256", "content": format!("{at:064x}")}],
                "licenses": [{"license": {"id": license}}],
                "purl": format!("pkg:npm/%40scope/package-{at}@1.{}.0", at % 90),
                "properties": [{"name": "syft:package:foundBy", "value": "javascript-lock-cataloger"}],
            })
        })
        .collect();
    let dependencies: Vec<Value> = (0..packages)
        .map(|at| json!({"ref": reference(at), "dependsOn": [reference((at * 7 + 1) % packages)]}))
        .collect();
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
        "metadata": {"timestamp": "2026-01-31T12:00:00Z"},
        "components": components, "dependencies": dependencies,
    });
    Document { name: format!("{packages} packages.cdx.json"), text: document.to_string() }
}

/// Who reads a document: the one that holds least first, so that each makes the mark rise.
#[must_use]
pub fn readers(document: &Document) -> Vec<Reader> {
    let mut readers = vec![Reader { name: "referee", read: referee }];
    if document.name.contains("cdx") {
        readers.push(Reader { name: "serde-cyclonedx", read: serde_cyclonedx });
    } else {
        readers.push(Reader { name: "spdx-rs", read: spdx_rs });
    }
    readers.push(Reader { name: "serde_json::Value", read: value });
    if document.name.contains("cdx") {
        readers.push(Reader { name: "cyclonedx-bom", read: cyclonedx_bom });
    }
    readers
}

fn kept<T: 'static, E: Display>(read: Result<T, E>) -> Result<Box<dyn Any>, String> {
    match read {
        Ok(result) => Ok(Box::new(result)),
        Err(error) => Err(error.to_string()),
    }
}

fn referee(text: &str) -> Result<Box<dyn Any>, String> {
    kept(sbom::read(text.as_bytes(), &Limits::DEFAULT))
}

fn value(text: &str) -> Result<Box<dyn Any>, String> {
    kept(serde_json::from_str::<Value>(text))
}

fn cyclonedx_bom(text: &str) -> Result<Box<dyn Any>, String> {
    kept(cyclonedx_bom::models::bom::Bom::parse_from_json(text.as_bytes()))
}

fn serde_cyclonedx(text: &str) -> Result<Box<dyn Any>, String> {
    kept(serde_json::from_str::<serde_cyclonedx::cyclonedx::v_1_6::CycloneDx>(text))
}

fn spdx_rs(text: &str) -> Result<Box<dyn Any>, String> {
    kept(serde_json::from_str::<spdx_rs::models::SPDX>(text))
}
