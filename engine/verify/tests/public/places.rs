//! Where the bundles lie.
//!
//! Those of `sigstore-verify`, which is a dependency of these tests, stand in its sources: in the
//! folder that `REFEREE_PUBLIC_BUNDLES` names, else below Cargo's home. Those of `sigstore-go`,
//! `cosign` and `protobuf-specs` stand in Go's cache of modules: `REFEREE_GO_MODULES` names it, else
//! `GOMODCACHE`, else it is where Go has it.

use std::path::{Path, PathBuf};

/// The release of the family that this workspace is on.
const FAMILY: &str = "sigstore-verify-0.15.1";

/// A folder of bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `test_data` of `sigstore-verify`.
    Family,
    /// `pkg/testing/data/bundles` and `examples` of `sigstore-go`.
    SigstoreGo,
    /// `cosign` 3.
    Cosign,
    /// `protobuf-specs`.
    Specs,
}

impl Place {
    /// A file there, or nothing and a loud word where the folder does not have it.
    pub(crate) fn file(self, name: &str) -> Option<Vec<u8>> {
        let found = self.folders().into_iter().find_map(|f| std::fs::read(f.join(name)).ok());
        if found.is_none() {
            println!("SKIPPED {name}: {}", self.wanted());
        }
        found
    }

    fn wanted(self) -> String {
        match self.module() {
            None => format!(
                "it is not in {FAMILY} below CARGO_HOME; REFEREE_PUBLIC_BUNDLES may name that \
                 crate's folder `test_data`"
            ),
            Some(module) => format!(
                "{module} is not in Go's module cache, or has it not; REFEREE_GO_MODULES may name \
                 another cache"
            ),
        }
    }

    fn module(self) -> Option<&'static str> {
        Some(match self {
            Self::Family => return None,
            Self::SigstoreGo => "github.com/sigstore/sigstore-go",
            Self::Cosign => "github.com/sigstore/cosign/v3",
            Self::Specs => "github.com/sigstore/protobuf-specs",
        })
    }

    /// Where it may be, the newest version first.
    fn folders(self) -> Vec<PathBuf> {
        let found = match self.module() {
            None => family(),
            Some(module) => go_modules().map(|cache| versions(&cache.join(module))),
        };
        found.unwrap_or_default()
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn family() -> Option<Vec<PathBuf>> {
    if let Some(own) = variable("REFEREE_PUBLIC_BUNDLES") {
        return Some(vec![own]);
    }
    let home = variable("CARGO_HOME").or_else(|| Some(variable("HOME")?.join(".cargo")))?;
    let registries = std::fs::read_dir(home.join("registry/src")).ok()?.flatten();
    Some(registries.map(|entry| entry.path().join(FAMILY).join("test_data")).collect())
}

fn go_modules() -> Option<PathBuf> {
    let path = || Some(variable("GOPATH")?.join("pkg/mod"));
    let home = || Some(variable("HOME")?.join("go/pkg/mod"));
    let own = variable("REFEREE_GO_MODULES").or_else(|| variable("GOMODCACHE"));
    own.or_else(path).or_else(home)
}

/// The versions of a module, `<path>@v1.2.3`, newest first.
fn versions(module: &Path) -> Vec<PathBuf> {
    let list = || {
        let own = format!("{}@v", module.file_name()?.to_str()?);
        let number = |path: &PathBuf| -> Option<Vec<u64>> {
            let version = path.file_name()?.to_str()?.strip_prefix(&own)?;
            Some(version.split(['.', '-']).map_while(|part| part.parse().ok()).collect())
        };
        let entries = std::fs::read_dir(module.parent()?).ok()?.flatten();
        let paths = entries.map(|entry| entry.path());
        let mut own: Vec<_> = paths.filter_map(|path| Some((number(&path)?, path))).collect();
        own.sort();
        Some(own.into_iter().rev().map(|(_, path)| path).collect())
    };
    list().unwrap_or_default()
}
