//! The section `status` of OPA's configuration: as typed, and checked (`v1/plugins/status`, 1.20).

use crate::decision_log::{LogConfigError, Trigger, service_of, trigger_of};
use serde::Deserialize;

/// OPA's default buckets of `bundle_loading_duration_ns`: twenty, each twice the one before.
const BUCKETS: (f64, i32) = (1_000.0, 20);

/// The section `status`, as typed. Members that nobody knows are passed over.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StatusConfig {
    /// The service to post to, by its name under `services`.
    pub service: Option<String>,
    /// What stands behind `/status/` in the path.
    pub partition_name: Option<String>,
    /// A plugin that is compiled into OPA. There is none here.
    pub plugin: Option<String>,
    /// Whether each update is written to the console.
    pub console: bool,
    /// Whether bundles and plugins are told in `/metrics`.
    pub prometheus: bool,
    /// How.
    pub prometheus_config: PrometheusConfig,
    /// Whether updates are sent when something changes, or only when they are asked for.
    pub trigger: Option<Trigger>,
}

/// The section `status.prometheus_config`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PrometheusConfig {
    /// By the name of what is collected.
    pub collectors: Collectors,
}

/// The section `status.prometheus_config.collectors`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Collectors {
    /// How long loading bundles took.
    pub bundle_loading_duration_ns: BundleLoadingDuration,
}

/// The section `status.prometheus_config.collectors.bundle_loading_duration_ns`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BundleLoadingDuration {
    /// Upper bounds in nanoseconds.
    pub buckets: Option<Vec<f64>>,
}

/// The section, checked and with its defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusSettings {
    pub(crate) service: Option<String>,
    pub(crate) path: String,
    pub(crate) console: bool,
    pub(crate) prometheus: bool,
    pub(crate) buckets: Vec<f64>,
    pub(crate) trigger: Trigger,
}

impl StatusSettings {
    /// The service that updates are posted to.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }
}

impl StatusConfig {
    /// Checks the section and adds what is not said, as OPA does. `services` are the names under
    /// `services`, in their order; `trigger` is that of discovery. `None` where the section asks
    /// for nothing.
    ///
    /// # Errors
    /// [`LogConfigError`] with the first thing that cannot be used.
    pub fn check(
        &self,
        services: &[String],
        trigger: Option<Trigger>,
    ) -> Result<Option<StatusSettings>, LogConfigError> {
        let elsewhere = self.console || self.prometheus;
        let (plugin, service) = (self.plugin.as_deref(), self.service.as_deref());
        let service = service_of("status", plugin, service, services, elsewhere)?;
        if service.is_none() && !elsewhere {
            return Ok(None);
        }
        let (first, count) = BUCKETS;
        let given = &self.prometheus_config.collectors.bundle_loading_duration_ns.buckets;
        Ok(Some(StatusSettings {
            service,
            path: format!("/status/{}", self.partition_name.as_deref().unwrap_or_default()),
            console: self.console,
            prometheus: self.prometheus,
            buckets: given
                .clone()
                .unwrap_or_else(|| (0..count).map(|power| first * 2_f64.powi(power)).collect()),
            trigger: trigger_of("status", trigger, self.trigger)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Coded as _;

    fn checked(text: &str) -> Result<Option<StatusSettings>, LogConfigError> {
        let config: StatusConfig = serde_json::from_str(text).unwrap();
        config.check(&["first".to_owned()], None)
    }

    #[test]
    fn the_defaults_are_those_of_opa() {
        let found = checked("{}").unwrap().unwrap();
        assert_eq!((found.service(), &*found.path), (Some("first"), "/status/"));
        assert_eq!((found.buckets.len(), found.buckets[19]), (20, 524_288_000.0));
        let quiet = checked(r#"{"prometheus": true, "partition_name": "p"}"#).unwrap().unwrap();
        assert_eq!((quiet.service(), &*quiet.path, quiet.prometheus), (None, "/status/p", true));
        assert_eq!(StatusConfig::default().check(&[], None), Ok(None));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let error = checked(r#"{"service": "x"}"#).unwrap_err();
        assert_eq!(error.code(), "unknown_service");
        assert_eq!(error.to_string(), "invalid service name \"x\" in status");
        assert_eq!(checked(r#"{"plugin": "x"}"#).unwrap_err().code(), "unknown_plugin");
    }
}
