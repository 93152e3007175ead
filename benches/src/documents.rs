//! SBOMs, and who reads them.

use referee_document::{Limits, sbom};
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
    kept(serde_json::from_str::<serde_json::Value>(text))
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
