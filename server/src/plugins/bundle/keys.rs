//! The keys of the configuration, as bundles are verified with them.

use super::error::BundlePluginError;
use crate::opa_config::{BundleSource, OpaConfig};
use referee_bundles::{BundleKey, BundleKeys, SignaturePolicy, Verification};
use referee_verify::primitive::jws::JwsAlgorithm;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The keys by their ids. Those that only sign are not among them.
#[derive(Debug)]
pub(super) struct Keys(BundleKeys);

impl Keys {
    pub(super) fn of(config: &OpaConfig) -> Result<Self, BundlePluginError> {
        let mut keys = BTreeMap::new();
        for (id, key) in config.keys.iter().filter(|(_, key)| !key.key.is_empty()) {
            let wrong = |source| BundlePluginError::Key { id: id.clone(), source };
            let algorithm: JwsAlgorithm = key
                .algorithm()
                .parse()
                .map_err(|source| BundlePluginError::Algorithm { id: id.clone(), source })?;
            let scope = Some(key.scope.clone());
            let key = BundleKey::new(algorithm, key.key.expose()).map_err(wrong)?;
            keys.insert(id.clone(), key.with_scope(scope));
        }
        Ok(Self(Arc::new(keys)))
    }

    /// Who must have signed a bundle.
    pub(super) fn policy(
        &self,
        name: &str,
        source: &BundleSource,
    ) -> Result<SignaturePolicy, BundlePluginError> {
        if self.0.is_empty() && source.signing.is_none() {
            return Ok(SignaturePolicy::Unconfigured);
        }
        let mut verification = Verification::new(Arc::clone(&self.0));
        let mut demanded = false;
        if let Some(signing) = &source.signing {
            let mut ids = signing.keyids.clone();
            ids.extend(Some(signing.keyid.clone()));
            ids.retain(|id| !id.is_empty());
            demanded = !ids.is_empty();
            if demanded {
                verification = verification.with_key_ids(ids).map_err(|source| {
                    BundlePluginError::Signing { bundle: name.to_owned(), source }
                })?;
            }
            verification = verification
                .with_scope(Some(signing.scope.clone()))
                .with_excluded(signing.exclude_files.clone());
        }
        if !demanded {
            tracing::warn!(
                bundle = name,
                "there are keys, and bundles without a signature are taken all the same: name a \
                 key under signing.keyid, or several under signing.keyids"
            );
        }
        Ok(SignaturePolicy::Checked(verification))
    }
}
