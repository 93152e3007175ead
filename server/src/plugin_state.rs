//! How the parts of a server are that work on their own: what `/health` asks and policies see.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;

/// How a part is, in OPA's words (`v1/plugins`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginState {
    /// It does what it should.
    Ok,
    /// It is not there yet, such as bundles before their first activation.
    NotReady,
    /// It works, and something is wrong with it.
    Warn,
    /// It does not work.
    Error,
}

impl PluginState {
    /// Its name: `OK`, `NOT_READY`, `WARN` or `ERROR`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::NotReady => "NOT_READY",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// How a part is, and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginStatus {
    /// How it is.
    pub state: PluginState,
    /// What there is to say; empty for nothing. It is shown to whoever asks for the status.
    pub message: String,
}

/// The parts of a server by their names (`bundle`, `decision_logs`, `status`, `discovery`): each
/// says how it is, `/health` and status read it.
#[derive(Debug, Default)]
pub struct Plugins {
    states: RwLock<BTreeMap<String, PluginStatus>>,
    /// Whether all have been well at the same time once.
    ready: AtomicBool,
    /// Told of each change.
    changes: watch::Sender<u64>,
}

impl Plugins {
    /// Those of a server to begin with: there is nothing to discover, which is well. OPA tells of
    /// that part whether it is configured or not.
    pub(crate) fn of_a_server() -> Self {
        let plugins = Self::default();
        plugins.set("discovery", PluginState::Ok, "");
        plugins
    }

    /// Says how a part is.
    pub fn set(&self, name: &str, state: PluginState, message: impl Into<String>) {
        let status = PluginStatus { state, message: message.into() };
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        let before = states.insert(name.to_owned(), status.clone());
        if before.as_ref() != Some(&status) {
            self.changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }

    /// Word of each change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Forgets a part that is no more.
    pub fn remove(&self, name: &str) {
        self.states.write().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// How all of them are, by their names.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, PluginStatus> {
        self.states.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether bundles have been activated, where there are any to activate.
    pub(crate) fn bundles_ready(&self) -> bool {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        let well = |name| states.get(name).is_none_or(|it| it.state == PluginState::Ok);
        well("discovery") && well("bundle")
    }

    /// Whether every part is well but those that are left out.
    pub(crate) fn all_well(&self, but: &[&str]) -> bool {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        let mut asked = states.iter().filter(|(name, _)| !but.contains(&name.as_str()));
        asked.all(|(_, status)| status.state == PluginState::Ok)
    }

    /// Whether all have been well at the same time once, now included.
    pub(crate) fn have_been_ready(&self) -> bool {
        if self.all_well(&[]) {
            self.ready.store(true, Ordering::Relaxed);
        }
        self.ready.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_stays_once_all_have_been_well() {
        let plugins = Plugins::default();
        plugins.set("bundle", PluginState::NotReady, "");
        assert!(!plugins.bundles_ready() && !plugins.have_been_ready());
        assert!(plugins.all_well(&["bundle"]));
        plugins.set("bundle", PluginState::Ok, "");
        assert!(plugins.bundles_ready() && plugins.have_been_ready());
        plugins.set("bundle", PluginState::Error, "it broke");
        assert!(!plugins.all_well(&[]) && plugins.have_been_ready());
        plugins.remove("bundle");
        assert!(plugins.bundles_ready());
    }
}
