//! Reading the cases.

use super::client::Signer;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Who signed, where a case does not say (`README.md` of the suite).
const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
/// Who vouched for the signer, where a case does not say.
const ISSUER: &str = "https://token.actions.githubusercontent.com";
/// The artifact of the cases that have none of their own, in the folder above them.
const ARTIFACT: &str = "a.txt";

/// The largest file that is read, in bytes: the suite's have up to 60 KB.
const MAX_FILE: u64 = 16 << 20;

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its folder's name.
    pub name: String,
    /// The bundle.
    pub bundle: Vec<u8>,
    /// What it is to be about.
    pub artifact: Vec<u8>,
    /// Who is to have signed it.
    pub signer: Signer,
    /// The trusted root; the public-good instance's where there is none.
    pub trusted_root: Option<String>,
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
    /// A file is larger than any of the suite's.
    #[error("{}: larger than {MAX_FILE} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
    },
    /// A file that is no text where one belongs.
    #[error("{}: not UTF-8", path.display())]
    Text {
        /// Which.
        path: PathBuf,
    },
    /// A folder without cases.
    #[error("{}: no folder in it has a bundle.sigstore.json", path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
}

impl Case {
    /// Whether it must be refused.
    #[must_use]
    pub fn must_fail(&self) -> bool {
        self.name.ends_with("_fail")
    }
}

/// Reads the cases of a folder, in the order of their names.
///
/// # Errors
/// [`LoadError`] for the first that cannot be read, or where there is none.
pub fn load(folder: &Path) -> Result<Vec<Case>, LoadError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| LoadError::Io { path, source }
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        if path.join("bundle.sigstore.json").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    let cases = folders.iter().map(|path| case(folder, path)).collect::<Result<Vec<_>, _>>()?;
    match cases.is_empty() {
        true => Err(LoadError::Empty { path: folder.to_owned() }),
        false => Ok(cases),
    }
}

fn case(suite: &Path, folder: &Path) -> Result<Case, LoadError> {
    let text = |name: &str, fallback: &str| {
        let own = optional_text(&folder.join(name))?;
        Ok::<_, LoadError>(own.map_or_else(|| fallback.to_owned(), |own| own.trim().to_owned()))
    };
    let artifact = match optional(&folder.join("artifact"))? {
        Some(own) => own,
        None => read(&suite.join(ARTIFACT))?,
    };
    Ok(Case {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bundle: read(&folder.join("bundle.sigstore.json"))?,
        artifact,
        signer: match optional_text(&folder.join("key.pub"))? {
            Some(pem) => Signer::Key { pem },
            None => Signer::Identity {
                subject: text("identity", IDENTITY)?,
                issuer: text("issuer", ISSUER)?,
            },
        },
        trusted_root: optional_text(&folder.join("trusted_root.json"))?,
    })
}

fn optional_text(path: &Path) -> Result<Option<String>, LoadError> {
    let text =
        |bytes| String::from_utf8(bytes).map_err(|_| LoadError::Text { path: path.to_owned() });
    optional(path)?.map(text).transpose()
}

fn optional(path: &Path) -> Result<Option<Vec<u8>>, LoadError> {
    match path.exists() {
        true => read(path).map(Some),
        false => Ok(None),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    let at = |source| LoadError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    fs::File::open(path).map_err(at)?.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(at)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= MAX_FILE => Ok(bytes),
        _ => Err(LoadError::TooLarge { path: path.to_owned() }),
    }
}
