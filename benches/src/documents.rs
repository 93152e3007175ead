//! SBOMs, and who reads them.

use referee_document::{Limits, sbom};
use serde_json::Value;
use std::any::Any;
use std::fmt::{Display, Write as _};
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

/// The documents of a folder, or the one of this name; the smallest first.
///
/// # Panics
/// Where one cannot be read.
#[must_use]
pub fn documents(folder: &Path, only: Option<&str>) -> Vec<Document> {
    let mut documents: Vec<Document> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(".gz")?.to_owned();
            if only.is_some_and(|only| only != name) {
                return None;
            }
            let file = std::fs::File::open(&path).expect("a file");
            let mut text = String::new();
            flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("text");
            Some(Document { name, text })
        })
        .collect();
    documents.sort_by_key(|document| document.text.len());
    documents
}

/// The name of the document that is made.
pub const MADE: &str = "70,000 packages, CycloneDX";

/// A CycloneDX document of 70,000 packages as tools write them, with what depends on what: larger than
/// those of the folder, and of a version that all peers read. It is written as text, so that making
/// it holds no more than it.
#[must_use]
pub fn made() -> Document {
    const PACKAGES: usize = 70_000;
    let mut text = String::with_capacity(50_000_000);
    text.push_str(r#"{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":["#);
    let licenses = ["MIT", "ISC", "Apache-2.0", "BSD-3-Clause"];
    for at in 0..PACKAGES {
        let (comma, minor) = (if at == 0 { "" } else { "," }, at % 90);
        let license = licenses[at % licenses.len()];
        write!(
            text,
            r#"{comma}{{"bom-ref":"pkg:npm/%40scope/package-{at}@1.{minor}.0?package-id={at:016x}","type":"library","group":"@scope","name":"package-{at}","version":"1.{minor}.0","description":"What a package says of itself, which no policy rules over.","hashes":[{{"alg":"SHA-256","content":"{at:064x}"}}],"licenses":[{{"license":{{"id":"{license}"}}}}],"purl":"pkg:npm/%40scope/package-{at}@1.{minor}.0","properties":[{{"name":"syft:package:foundBy","value":"javascript-lock-cataloger"}}]}}"#
        )
        .expect("text");
    }
    text.push_str(r#"],"dependencies":["#);
    for at in 0..PACKAGES {
        let (comma, minor) = (if at == 0 { "" } else { "," }, at % 90);
        let to = (at * 7 + 1) % PACKAGES;
        let other = to % 90;
        write!(
            text,
            r#"{comma}{{"ref":"pkg:npm/%40scope/package-{at}@1.{minor}.0?package-id={at:016x}","dependsOn":["pkg:npm/%40scope/package-{to}@1.{other}.0?package-id={to:016x}"]}}"#
        )
        .expect("text");
    }
    text.push_str("]}");
    Document { name: MADE.to_owned(), text }
}

/// Who reads a document.
#[must_use]
pub fn readers(document: &Document) -> Vec<Reader> {
    let mut readers = vec![Reader { name: "referee", read: referee }];
    if is_cyclonedx(document) {
        readers.push(Reader { name: "serde-cyclonedx", read: serde_cyclonedx });
    } else {
        readers.push(Reader { name: "spdx-rs", read: spdx_rs });
    }
    readers.push(Reader { name: "serde_json::Value", read: value });
    if is_cyclonedx(document) {
        readers.push(Reader { name: "cyclonedx-bom", read: cyclonedx_bom });
    }
    readers
}

fn is_cyclonedx(document: &Document) -> bool {
    document.name == MADE || document.name.contains("cdx")
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
