//! The services of a configuration, each with one client that all who need it share.

use crate::opa_config::{KeyConfig, OpaConfig};
use referee_store::StoreError;
use referee_store::service::{Service, ServiceConfig, SigningKeyConfig};
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
        let signing = |(id, key): (&String, &KeyConfig)| {
            let signing = SigningKeyConfig::new(key.algorithm(), key.private_key.clone());
            (id.clone(), signing)
        };
        let keys: BTreeMap<String, SigningKeyConfig> = config.keys.iter().map(signing).collect();
        for service in &config.services {
            if service.allow_insecure_tls {
                tracing::warn!(
                    service = service.name,
                    "allow_insecure_tls: whoever sits on the way to this service can read and \
                     change everything"
                );
            }
            let client = Service::with_keys(service, &keys)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opa_config::OpaConfigText;

    fn made(keys: &str) -> Result<Services, StoreError> {
        let text = format!(
            "services: {{s: {{url: 'https://h', credentials: {{oauth2: {{token_url: 'https://t', \
             grant_type: jwt_bearer, signing_key: k}}}}}}}}\nkeys: {{{keys}}}\n"
        );
        let text = OpaConfigText { file: Some(("c.yaml", &text)), assignments: &[], id: "x" };
        Services::of(&OpaConfig::read(text, |_| None).unwrap())
    }

    #[test]
    fn a_service_signs_with_the_keys_of_the_configuration() {
        let services = made("k: {algorithm: HS256, private_key: a secret that is long enough}");
        assert!(services.unwrap().get("s").is_some());
        let error = made("k: {algorithm: HS256, key: hunter2}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "services.s.credentials.oauth2.signing_key: keys.k has no private_key"
        );
    }
}
