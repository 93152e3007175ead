//! Whether a tool of others is on this machine, and saying that it is not.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Says on standard error, past the test harness's capture, that something was not run.
pub(crate) fn skipped(what: &str, why: &str) {
    let line = format!("SKIPPED {what}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error");
}

/// A tool by name: in `$REFEREE_PEERS`, else on the PATH.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let peers = std::env::var_os("REFEREE_PEERS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))
        .map(|cache| cache.join("referee-peers/bin"));
    peers
        .into_iter()
        .chain(cache)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
