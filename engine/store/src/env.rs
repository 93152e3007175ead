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
            path: read("PATH"),
        }
    }

    /// An environment in which nothing is set.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}
