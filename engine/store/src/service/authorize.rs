//! What authorizes requests to a service.

use super::config::{BearerConfig, ServiceConfig, ServiceKind, SigningKeyConfig};
use super::connection::Connection;
use super::oauth::OAuth2;
use super::{UserInfo, unusable};
use crate::error::StoreError;
use crate::files;
use crate::http::Fault;
use crate::registry::secret_header;
use crate::secret::Secret;
use reqwest::header::HeaderValue;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The largest token in a file.
pub(super) const MAX_TOKEN_BYTES: u64 = 64 * 1024;

/// What stands before a token where nothing is said.
const BEARER: &str = "Bearer";

/// What authorizes requests.
#[derive(Debug)]
pub(super) enum Authorizer {
    /// Nothing, or a client certificate.
    None,
    /// The same header each time.
    Fixed(HeaderValue),
    /// A token in a file.
    File {
        /// The service, for errors.
        name: String,
        /// The file.
        path: PathBuf,
        /// What stands before the token.
        scheme: String,
        /// Whether the token is sent in base64.
        encoded: bool,
    },
    /// A token of an OAuth 2 server.
    OAuth2(Box<OAuth2>),
}

impl Authorizer {
    pub(super) fn new(
        config: &ServiceConfig,
        user: UserInfo,
        keys: &BTreeMap<String, SigningKeyConfig>,
        connection: &Arc<Connection>,
    ) -> Result<Self, StoreError> {
        let credentials = &config.credentials;
        let unsupported = [
            ("s3_signing", credentials.s3_signing.is_some()),
            ("gcp_metadata", credentials.gcp_metadata.is_some()),
            ("azure_managed_identity", credentials.azure_managed_identity.is_some()),
            ("plugin", credentials.plugin.is_some()),
        ];
        if let Some((way, _)) = unsupported.into_iter().find(|(_, given)| *given) {
            let problem = "this way to authenticate is not supported; there are bearer, \
                           client_tls and oauth2";
            return Err(unusable(config, &format!("credentials.{way}"), problem));
        }
        let given = [
            credentials.bearer.is_some(),
            credentials.client_tls.is_some(),
            credentials.oauth2.is_some(),
        ];
        if given.into_iter().filter(|given| *given).count() > 1 {
            let problem = "there are several ways to authenticate, and one is the most";
            return Err(unusable(config, "credentials", problem));
        }
        if let Some(bearer) = &credentials.bearer {
            return Self::bearer(config, bearer);
        }
        if let Some(oauth2) = &credentials.oauth2 {
            let oauth2 = OAuth2::new(config, oauth2, keys, Arc::clone(connection))?;
            return Ok(Self::OAuth2(Box::new(oauth2)));
        }
        let Some((user, password)) = user else { return Ok(Self::None) };
        let value = basic(&user, &password)
            .ok_or_else(|| unusable(config, "url", "its user name cannot be sent"))?;
        Ok(Self::Fixed(value))
    }

    fn bearer(config: &ServiceConfig, bearer: &BearerConfig) -> Result<Self, StoreError> {
        let scheme = if bearer.scheme.is_empty() { BEARER } else { &bearer.scheme };
        // OPA takes the tokens of registries in clear, and sends them in base64.
        let encoded = config.kind == ServiceKind::Oci;
        let path = bearer.token_path.clone().filter(|path| !path.as_os_str().is_empty());
        match path {
            Some(_) if !bearer.token.is_empty() => {
                let problem = "there are both token and token_path, and one is the most";
                Err(unusable(config, "credentials.bearer", problem))
            }
            Some(path) => {
                let (name, scheme) = (config.name.clone(), scheme.to_owned());
                Ok(Self::File { name, path, scheme, encoded })
            }
            None if bearer.token.is_empty() => {
                let problem = "there is neither token nor token_path";
                Err(unusable(config, "credentials.bearer", problem))
            }
            None => {
                header(scheme, bearer.token.expose(), encoded).map(Self::Fixed).ok_or_else(|| {
                    unusable(config, "credentials.bearer", "the token cannot stand in a header")
                })
            }
        }
    }

    /// The value of the `Authorization` header.
    pub(super) async fn header(&self, target: &str) -> Result<Option<HeaderValue>, Fault> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(value) => Ok(Some(value.clone())),
            Self::File { name, path, scheme, encoded } => {
                let token = token_in(path.clone()).await?;
                let unusable = || StoreError::Configuration {
                    setting: format!("services.{name}.credentials.bearer.token_path"),
                    problem: format!("{} holds nothing that can be sent", path.display()),
                    source: None,
                };
                if token.is_empty() {
                    return Err(unusable().into());
                }
                Ok(Some(header(scheme, token.expose(), *encoded).ok_or_else(unusable)?))
            }
            Self::OAuth2(oauth2) => oauth2.header(target).await.map(Some),
        }
    }

    /// Forgets a token that was refused; whether another one may be had.
    pub(super) async fn forget(&self, used: &Option<HeaderValue>) -> bool {
        match (self, used) {
            (Self::OAuth2(oauth2), Some(used)) => oauth2.forget(used).await,
            _ => false,
        }
    }
}

/// Reads a token from a file; space around it is left out.
pub(super) async fn token_in(path: PathBuf) -> Result<Secret, Fault> {
    let target = path.display().to_string();
    let text = files::blocking(target, move || files::read_text(&path, MAX_TOKEN_BYTES)).await?;
    Ok(Secret::new(text.trim().to_owned()))
}

fn header(scheme: &str, token: &str, encoded: bool) -> Option<HeaderValue> {
    if encoded {
        let token = data_encoding::BASE64.encode(token.as_bytes());
        return secret_header(&format!("{scheme} {token}"));
    }
    secret_header(&format!("{scheme} {token}"))
}

/// A user name and password (RFC 7617).
pub(super) fn basic(user: &str, password: &Secret) -> Option<HeaderValue> {
    header("Basic", &format!("{user}:{}", password.expose()), true)
}
