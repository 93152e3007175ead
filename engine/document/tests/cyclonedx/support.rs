//! Documents of others, and the tools that read them beside us.

use flate2::read::GzDecoder;
use referee_document::cyclonedx::Bom;
use referee_document::{DocumentError, Limits, cyclonedx, sbom};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes past the test harness's capture: a skip, or a figure, must be seen.
pub(crate) fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

/// A document of others.
pub(crate) struct Theirs {
    /// Its name, with the folder that it is in.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Theirs {
    pub(crate) fn is_xml(&self) -> bool {
        Path::new(&self.name).extension().is_some_and(|extension| extension == "xml")
    }
}

/// The SBOMs among others' test data; `REFEREE_VECTORS` names another folder of it.
pub(crate) fn vectors() -> Vec<Theirs> {
    let named = std::env::var_os("REFEREE_VECTORS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = named.unwrap_or(beside).join("sbom");
    let Ok(files) = std::fs::read_dir(&folder) else {
        aloud(&format!("SKIPPED real SBOMs: no folder {}; set REFEREE_VECTORS", folder.display()));
        return Vec::new();
    };
    let paths = files.map(|file| file.unwrap().path());
    let mut found: Vec<Theirs> = paths
        .filter(|path| path.to_string_lossy().ends_with(".cdx.json.gz"))
        .map(|path| {
            let mut bytes = Vec::new();
            GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_end(&mut bytes).unwrap();
            let name = path.file_name().unwrap().to_string_lossy();
            Theirs { name: name.trim_end_matches(".gz").to_owned(), bytes }
        })
        .collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(!found.is_empty(), "no SBOMs in {}", folder.display());
    found
}

/// The documents of the specification's own tests: `REFEREE_CYCLONEDX_SPECIFICATION` names a
/// checkout of the specification, or what the source package of `cyclonedx-python-lib` unpacks to,
/// which has a copy of them.
pub(crate) fn specification() -> Vec<Theirs> {
    let Some(named) = std::env::var_os("REFEREE_CYCLONEDX_SPECIFICATION").map(PathBuf::from) else {
        aloud("SKIPPED the specification's documents: set REFEREE_CYCLONEDX_SPECIFICATION");
        return Vec::new();
    };
    let places = ["tools/src/test/resources", "tests/_data/schemaTestData", ""];
    let folder =
        places.iter().map(|place| named.join(place)).find(|place| place.join("1.6").is_dir());
    let folder = folder.unwrap_or_else(|| panic!("no documents in {}", named.display()));
    let mut found = Vec::new();
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        let Ok(files) = std::fs::read_dir(folder.join(version)) else { continue };
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json" || extension == "xml") {
                let name = path.file_name().unwrap().to_string_lossy();
                let name = format!("{version}/{name}");
                found.push(Theirs { name, bytes: std::fs::read(&path).unwrap() });
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// A Python that can import a module; `REFEREE_PYTHON` names another than `python3`.
pub(crate) fn python(module: &str) -> Option<Command> {
    let python = std::env::var_os("REFEREE_PYTHON").unwrap_or_else(|| "python3".into());
    let probe = Command::new(&python).args(["-c", &format!("import {module}")]).output();
    if probe.is_ok_and(|probe| probe.status.success()) {
        return Some(Command::new(&python));
    }
    aloud(&format!("SKIPPED the reference: no Python with {module}; set REFEREE_PYTHON"));
    None
}

/// Reads a document of our own, as an SBOM whose format is not known.
pub(crate) fn json(text: &str) -> Bom {
    read(text, cyclonedx::json)
}

/// The same in XML.
pub(crate) fn xml(text: &str) -> Bom {
    read(text, cyclonedx::xml)
}

fn read(text: &str, read: fn(&[u8], &Limits) -> Result<Bom, DocumentError>) -> Bom {
    let bom = read(text.as_bytes(), &Limits::DEFAULT).unwrap();
    let found = sbom::read(text.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(found, sbom::Found::from(bom.clone()));
    bom
}
