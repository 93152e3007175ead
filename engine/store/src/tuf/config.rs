//! How trusted roots are renewed, as it stands in a configuration file.

use crate::error::StoreError;
use referee_core::trust::WellKnown;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Whether trusted roots are renewed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Refresh {
    /// They are; where that fails the copy serves on, then what comes with Referee. Facts and a
    /// note tell.
    #[default]
    Auto,
    /// They are, and a root that is past its time, or only came with Referee, is an error.
    Required,
    /// They are not. A copy that is there is used.
    Never,
}

/// How trusted roots are renewed, over TUF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TufConfig {
    /// Whether they are: `auto`, `required` or `never`.
    pub refresh: Refresh,
    /// For how long a copy is used without asking whether there is a newer one, in milliseconds.
    /// A day, as Sigstore's own clients have it; a copy whose metadata ends sooner is asked after
    /// sooner.
    pub interval_ms: u64,
    /// The longest time that asking may take, in milliseconds; it comes before anything else is
    /// done.
    pub timeout_ms: u64,
    /// For how long nothing is asked after it failed, in milliseconds.
    pub retry_ms: u64,
    /// The folder of the copies; by default `referee/tuf` in the user's folder for caches. What is
    /// in it is verified each time: who writes to it can hold back news, not forge any.
    pub folder: Option<PathBuf>,
    /// Where well-known instances are asked instead: the URL of a mirror of the repository.
    pub mirrors: BTreeMap<WellKnown, String>,
}

impl Default for TufConfig {
    fn default() -> Self {
        Self {
            refresh: Refresh::Auto,
            interval_ms: 24 * 60 * 60 * 1_000,
            timeout_ms: 5_000,
            retry_ms: 5 * 60 * 1_000,
            folder: None,
            mirrors: BTreeMap::new(),
        }
    }
}

impl TufConfig {
    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] naming the first setting that cannot be used.
    pub fn check(&self) -> Result<(), StoreError> {
        let unusable = |setting: &str, problem: String| {
            Err(StoreError::Configuration { setting: setting.into(), problem, source: None })
        };
        for (setting, value) in [
            ("tuf.interval_ms", self.interval_ms),
            ("tuf.timeout_ms", self.timeout_ms),
            ("tuf.retry_ms", self.retry_ms),
        ] {
            if value == 0 {
                return unusable(setting, "must be greater than 0".into());
            }
        }
        for url in self.mirrors.values() {
            let problem = match url.parse::<url::Url>() {
                Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => continue,
                Ok(_) => format!("{url:?} is no URL of a web server"),
                Err(error) => format!("{url:?} is no URL: {error}"),
            };
            return unusable("tuf.mirrors", problem);
        }
        Ok(())
    }

    pub(super) fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }

    pub(super) fn retry(&self) -> Duration {
        Duration::from_millis(self.retry_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::{Coded as _, document};

    #[test]
    fn a_setting_that_cannot_be_used_is_told() {
        let problem = |text: &str| {
            let config: TufConfig = document::read("t", text).unwrap();
            config.check().map_err(|error| error.to_string())
        };
        assert_eq!(problem("{}"), Ok(()));
        assert_eq!(problem("mirrors: {github: 'https://tuf.example/github'}"), Ok(()));
        assert_eq!(
            problem("interval_ms: 0").unwrap_err(),
            "tuf.interval_ms: must be greater than 0"
        );
        let mirror = problem("mirrors: {github: 'tuf.example'}").unwrap_err();
        assert_eq!(mirror, "tuf.mirrors: \"tuf.example\" is no URL: relative URL without a base");
        let file = problem("mirrors: {github: 'file:///tuf'}").unwrap_err();
        assert_eq!(file, "tuf.mirrors: \"file:///tuf\" is no URL of a web server");
        let unknown = document::read::<TufConfig>("t", "refresh: sometimes").unwrap_err();
        assert_eq!(unknown.code(), "document_shape");
    }
}
