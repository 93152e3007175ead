//! OPA's cases, read from a folder.

mod decode;

use super::program::Dialect;
use super::program::{Input, Program, Row};
use crate::json::{Json, JsonError};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The most bytes of a file of cases. The largest of OPA's has under 1 MiB.
const MAX_FILE: u64 = 64 << 20;

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its folder in the suite, with the dialect where the suite has more than one.
    pub folder: String,
    /// Its note: unique in the suite.
    pub note: String,
    /// The file it stands in.
    pub file: PathBuf,
    /// What is run.
    pub program: Program,
    /// What must come out.
    pub wanted: Wanted,
}

/// What must come out of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What the query must give.
    Evaluation(Expected),
    /// Which errors the modules must be refused with.
    Compile {
        /// The errors, in any order.
        errors: Vec<WantedError>,
        /// Whether there may be no others.
        exhaustive: bool,
    },
}

/// What a query must give. What is none is not looked at; one at least is some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The rows, as a set.
    pub result: Option<Vec<Row>>,
    /// The code of the evaluation error.
    pub error_code: Option<String>,
    /// What the text of the error contains.
    pub error: Option<String>,
    /// Whether the arrays that the query gives are sorted before they are compared.
    pub sort_bindings: bool,
    /// Whether variables that the compiler made up are left out.
    pub ignore_generated_vars: bool,
}

/// An error that a compilation must report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedError {
    /// The module.
    pub module: String,
    /// The code.
    pub code: String,
    /// The line.
    pub row: u32,
    /// The column, where it matters.
    pub col: Option<u32>,
    /// The message.
    pub message: String,
}

/// Cases that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is too large to be one of cases.
    #[error("{}: more than {MAX_FILE} bytes", .0.display())]
    TooLarge(PathBuf),
    /// A file is not JSON.
    #[error("{}: {source}", path.display())]
    Json {
        /// Which.
        path: PathBuf,
        /// Why.
        source: JsonError,
    },
    /// A file is not YAML.
    #[error("{}: {source}", path.display())]
    Yaml {
        /// Which.
        path: PathBuf,
        /// Why.
        source: yaml_serde::Error,
    },
    /// A file holds something other than cases.
    #[error("{}: {what}", path.display())]
    Shape {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// There are no cases.
    #[error("{}: no cases", .0.display())]
    Empty(PathBuf),
}

/// Reads all cases below a folder, in the order of paths and inside files; or those of one file.
///
/// # Errors
/// Where something cannot be read, is not a file of cases, or there are none.
pub fn load(folder: &Path) -> Result<Vec<Case>, LoadError> {
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut files)?;
    } else {
        files.push(folder.to_owned());
    }
    let mut cases = Vec::new();
    for file in files {
        let document = read(&file)?;
        let origin = Origin::of(folder, &file);
        let shape = |what| LoadError::Shape { path: file.clone(), what };
        cases.extend(decode::cases(&document, &origin).map_err(shape)?);
    }
    if cases.is_empty() {
        return Err(LoadError::Empty(folder.to_owned()));
    }
    tell_dialects_apart(&mut cases);
    Ok(cases)
}

/// Where cases come from, and what that says of them.
struct Origin {
    file: PathBuf,
    /// The folder of the suite; for a file with a whole folder's cases, its stem.
    folder: String,
    dialect: Dialect,
}

impl Origin {
    fn of(root: &Path, file: &Path) -> Self {
        let inside = file.strip_prefix(root).unwrap_or(file);
        let segments: Vec<_> = inside
            .components()
            .filter_map(|part| part.as_os_str().to_str())
            .filter(|segment| !matches!(*segment, "v0" | "v1" | "testdata" | "cases"))
            .collect();
        let folder = match segments.as_slice() {
            [first, .., _file] => (*first).to_owned(),
            _ => file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned(),
        };
        // OPA's runner reads the folder v0 as v0 and v1 as v1; the innermost says which.
        let mut version = file
            .components()
            .rev()
            .filter_map(|part| part.as_os_str().to_str())
            .filter(|segment| matches!(*segment, "v0" | "v1"));
        let dialect = if version.next() == Some("v0") { Dialect::V0 } else { Dialect::V1 };
        Self { file: file.to_owned(), folder, dialect }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let io = |source| LoadError::Io { path: folder.to_owned(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        paths.push(entry.map_err(io)?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files)?;
        } else if matches!(extension(&path), Some("json" | "yaml" | "yml")) {
            files.push(path);
        }
    }
    Ok(())
}

fn extension(path: &Path) -> Option<&str> {
    path.extension().and_then(|extension| extension.to_str())
}

fn read(path: &Path) -> Result<Json, LoadError> {
    let io = |source| LoadError::Io { path: path.to_owned(), source };
    if fs::metadata(path).map_err(io)?.len() > MAX_FILE {
        return Err(LoadError::TooLarge(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(io)?;
    if extension(path) == Some("json") {
        Json::parse(&text).map_err(|source| LoadError::Json { path: path.to_owned(), source })
    } else {
        yaml_serde::from_str(&text)
            .map_err(|source| LoadError::Yaml { path: path.to_owned(), source })
    }
}

/// In a suite of both dialects `withkeyword` is two folders.
fn tell_dialects_apart(cases: &mut [Case]) {
    let dialects: BTreeSet<_> =
        cases.iter().map(|case| case.program.settings.dialect.as_str()).collect();
    if dialects.len() > 1 {
        for case in cases {
            let dialect = case.program.settings.dialect.as_str();
            case.folder = format!("{dialect}/{}", case.folder);
        }
    }
}

impl Case {
    /// Its name: folder and note, the folder once.
    #[must_use]
    pub fn name(&self) -> String {
        let bare = self.folder.rsplit('/').next().unwrap_or(&self.folder);
        match self.note.strip_prefix(bare) {
            Some(rest) if rest.starts_with('/') => format!("{}{rest}", self.folder),
            _ => format!("{}/{}", self.folder, self.note),
        }
    }

    /// What the input is, for reports.
    #[must_use]
    pub fn has_input(&self) -> bool {
        self.program.input != Input::None
    }
}
