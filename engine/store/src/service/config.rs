//! What a configuration says of a service: an entry of `services` in OPA's configuration file.
//!
//! Members that OPA does not know are left to whoever reads the whole file, which tells of them.
//! Ways to authenticate that Referee has not are kept as such, so that [`super::Service::new`]
//! refuses them: to go on without credentials is no answer to credentials that were configured.

use crate::secret::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A service: where bundles come from, and where decision logs and status go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// What other parts of the configuration call it. Where `services` is a mapping, its key.
    pub name: String,
    /// Its address, to which paths are appended. `http` or `https`.
    pub url: String,
    /// Headers of each request. Treated as secrets: tokens are often among them.
    pub headers: BTreeMap<String, Secret>,
    /// Take any certificate: whoever sits on the way can read and change everything.
    pub allow_insecure_tls: bool,
    /// How long an answer may take to begin, in seconds; 10 where it is not said, and 0 leaves
    /// only the limit of the whole request.
    pub response_header_timeout_seconds: Option<u64>,
    /// Whose certificates are taken.
    pub tls: Option<ServiceTls>,
    /// How to authenticate.
    pub credentials: ServiceCredentials,
    /// What kind of service it is.
    #[serde(rename = "type")]
    pub kind: ServiceKind,
}

/// What kind of service it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum ServiceKind {
    /// Bundles are files.
    #[default]
    #[serde(rename = "")]
    Http,
    /// Bundles are artifacts of a registry.
    #[serde(rename = "oci", alias = "OCI")]
    Oci,
}

/// Whose certificates are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServiceTls {
    /// A PEM file with authorities to trust in place of the system's.
    pub ca_cert: Option<PathBuf>,
    /// Trust the system's besides.
    pub system_ca_required: bool,
}

/// How to authenticate: at most one way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServiceCredentials {
    /// With a token in the `Authorization` header.
    pub bearer: Option<BearerConfig>,
    /// With a client certificate.
    pub client_tls: Option<ClientTlsConfig>,
    /// With a token of an OAuth 2 server.
    pub oauth2: Option<OAuth2Config>,
    /// As AWS wants it: not supported.
    pub s3_signing: Option<Unsupported>,
    /// With a token of Google's metadata server: not supported.
    pub gcp_metadata: Option<Unsupported>,
    /// With a token of Azure's metadata server: not supported.
    pub azure_managed_identity: Option<Unsupported>,
    /// With a plug-in that is compiled into OPA: not supported.
    pub plugin: Option<Unsupported>,
}

/// Something that is configured and cannot be done. Its content is not kept: it holds secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported;

impl<'de> Deserialize<'de> for Unsupported {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// A token in the `Authorization` header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BearerConfig {
    /// The token.
    pub token: Secret,
    /// A file that holds it, read anew for each request; at most 64 KiB, and space around the
    /// token is left out.
    pub token_path: Option<PathBuf>,
    /// What stands before it; `Bearer` where it is not said.
    pub scheme: String,
}

/// A client certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ClientTlsConfig {
    /// A PEM file with the certificate and those that lead to its authority.
    pub cert: PathBuf,
    /// A PEM file with its key.
    pub private_key: PathBuf,
    /// What the key is encrypted with.
    pub private_key_passphrase: Secret,
    /// As [`ServiceTls::ca_cert`], in its older place; that one wins.
    pub ca_cert: Option<PathBuf>,
    /// As [`ServiceTls::system_ca_required`], beside it.
    pub system_ca_required: bool,
    /// How long the files are not looked at again, in seconds; where it is not said or 0, they
    /// are looked at before each request.
    pub cert_reread_interval_seconds: Option<u64>,
}

/// A key that signs, of `keys` in OPA's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SigningKeyConfig {
    /// The algorithm by its name (RFC 7518, section 3.1).
    pub algorithm: String,
    /// PEM with a private key, or the secret of an HMAC.
    pub private_key: Secret,
}

impl SigningKeyConfig {
    /// A key for an algorithm.
    #[must_use]
    pub fn new(algorithm: impl Into<String>, private_key: Secret) -> Self {
        Self { algorithm: algorithm.into(), private_key }
    }
}

/// A token of an OAuth 2 server (RFC 6749, section 4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct OAuth2Config {
    /// `client_credentials`, which is meant where nothing is said, or `jwt_bearer`.
    pub grant_type: String,
    /// The server's address; `https`.
    pub token_url: String,
    /// Who we are.
    pub client_id: String,
    /// With which password.
    pub client_secret: Secret,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Further headers of the request for a token.
    pub additional_headers: BTreeMap<String, Secret>,
    /// Further parameters of the request for a token.
    pub additional_parameters: BTreeMap<String, Secret>,
    /// A token that says who we are (RFC 7523), in place of a password.
    pub client_assertion: Secret,
    /// A file that holds it, read anew for each request for a token.
    pub client_assertion_path: Option<PathBuf>,
    /// What kind of token it is; that of RFC 7523 where nothing is said.
    pub client_assertion_type: String,
    /// The key of the configuration that such a token is signed with, by its name.
    pub signing_key: String,
    /// The thumbprint of that key's certificate, in hexadecimal: for the token's header.
    pub thumbprint: String,
    /// Further claims of the token.
    pub additional_claims: Map<String, Value>,
    /// Whether each token has a name of its own.
    pub include_jti_claim: bool,
    /// A key in AWS: not supported.
    pub aws_kms: Option<Unsupported>,
    /// A key in Azure: not supported.
    pub azure_keyvault: Option<Unsupported>,
}

impl OAuth2Config {
    /// Whether a signed token is the grant itself, and not what says who asks for one.
    pub(super) fn is_bearer_grant(&self) -> bool {
        self.grant_type == "jwt_bearer"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_secret_of_a_configuration_is_in_its_debug_output() {
        let config: ServiceConfig = serde_json::from_value(json!({
            "name": "s", "url": "https://example.com", "headers": {"X-Token": "hunter2"},
            "credentials": {
                "bearer": {"token": "hunter2"},
                "client_tls": {"private_key_passphrase": "hunter2"},
                "oauth2": {
                    "client_secret": "hunter2", "client_assertion": "hunter2",
                    "additional_headers": {"a": "hunter2"},
                    "additional_parameters": {"a": "hunter2"},
                    "aws_kms": "hunter2",
                },
                "s3_signing": {"environment_credentials": {"secret": "hunter2"}},
            },
        }))
        .unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        assert_eq!(config.credentials.s3_signing, Some(Unsupported));
    }
}
