//! Every environment variable that this crate reads, in one place.
//!
//! Proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) are read by reqwest itself, as
//! its documentation says.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the environment says, as a value: tests and embedding programs make their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Environment {
    /// `DOCKER_CONFIG`: the folder of Docker's `config.json`.
    pub docker_config: Option<PathBuf>,
    /// `HOME`: under it `.docker/config.json` where `DOCKER_CONFIG` is not set.
    pub home: Option<PathBuf>,
    /// `REGISTRY_AUTH_FILE`: the credentials file of podman and skopeo
    /// (containers-auth.json(5)).
    pub registry_auth_file: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`: under it `containers/auth.json` where `REGISTRY_AUTH_FILE` is not set.
    pub xdg_runtime_dir: Option<PathBuf>,
    /// `XDG_CACHE_HOME`: the folder of what can be had again (XDG Base Directory Specification);
    /// `$HOME/.cache` where it is not set. A relative path is ignored.
    pub xdg_cache_home: Option<PathBuf>,
    /// `PATH`: where credential helpers are looked for.
    pub path: Option<OsString>,
}

impl Environment {
    /// The environment of this process. A variable that is set but empty counts as not set.
    #[must_use]
    pub fn of_process() -> Self {
        let read = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            docker_config: read("DOCKER_CONFIG").map(PathBuf::from),
            home: read("HOME").map(PathBuf::from),
            registry_auth_file: read("REGISTRY_AUTH_FILE").map(PathBuf::from),
            xdg_runtime_dir: read("XDG_RUNTIME_DIR").map(PathBuf::from),
            xdg_cache_home: read("XDG_CACHE_HOME").map(PathBuf::from),
            path: read("PATH"),
        }
    }

    /// The folder in which Referee keeps what can be had again; `None` where nothing says so.
    #[must_use]
    pub fn cache_folder(&self, name: &str) -> Option<PathBuf> {
        let named = self.xdg_cache_home.clone().filter(|path| path.is_absolute());
        let cache = named.or_else(|| self.home.as_ref().map(|home| home.join(".cache")))?;
        Some(cache.join("referee").join(name))
    }

    /// An environment in which nothing is set.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}
