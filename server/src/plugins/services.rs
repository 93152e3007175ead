//! The services of a configuration, each with one client that all who need it share.

use crate::opa_config::OpaConfig;
use referee_store::StoreError;
use referee_store::service::{Service, ServiceConfig};
use std::collections::BTreeMap;

/// The services by their names.
#[derive(Clone, Debug, Default)]
pub struct Services {
    services: BTreeMap<String, (Service, ServiceConfig)>,
}

impl Services {
    /// Makes the clients. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] naming the setting that cannot be used.
    pub fn of(config: &OpaConfig) -> Result<Self, StoreError> {
        let mut services = BTreeMap::new();
        for service in &config.services {
            if service.allow_insecure_tls {
                tracing::warn!(
                    service = service.name,
                    "allow_insecure_tls: whoever sits on the way to this service can read and \
                     change everything"
                );
            }
            let client = Service::new(service)?;
            services.insert(service.name.clone(), (client, service.clone()));
        }
        Ok(Self { services })
    }

    /// The service of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Service> {
        self.services.get(name).map(|(service, _)| service)
    }

    /// What the configuration says of the service of that name.
    #[must_use]
    pub fn config(&self, name: &str) -> Option<&ServiceConfig> {
        self.services.get(name).map(|(_, config)| config)
    }
}
