//! Tokens: what a registry wants with each request, and how to get it.
//!
//! Follows distribution's "Token Authentication Specification" (GET with basic authentication)
//! and "OAuth2 Token Authentication" (POST with a refresh token, for identity tokens). A token is
//! kept per repository until shortly before it expires, and fetched once for all who need it.
//!
//! Refused: a token server without TLS, unless configuration lists its host as plain HTTP; one
//! on a loopback or link-local address that a registry elsewhere names (SSRF); a redirect of the
//! token server, which would carry credentials on.

use super::answer;
use super::challenge::Challenge;
use super::credentials::Credentials;
use super::secret::{Credential, Secret, header};
use crate::config::RegistryConfig;
use crate::env::Environment;
use crate::error::StoreError;
use crate::flight::Flight;
use crate::http::{Deadline, Fault, Http, Incoming, Outgoing, Retries, is_html, is_own_machine};
use moka::Expiry;
use moka::sync::Cache;
use referee_core::{Limits, Repository};
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// How long a token lasts that does not say ("Token Authentication Specification": 60 seconds).
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// How long a token is kept at most, whatever it says.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How long before its end a token is not used any more, at most; a quarter of its life where
/// that is less. Covers a clock that is a little off, and the time of the request.
const MAX_MARGIN: Duration = Duration::from_secs(10);

/// How long a user name and password are used before they are asked for again: they may come
/// from a helper that hands out short-lived ones.
const BASIC_LIFETIME: Duration = Duration::from_secs(300);

/// The most repositories whose tokens are kept.
const MAX_TOKENS: u64 = 10_000;

/// What is to be allowed.
#[derive(Clone, Debug)]
pub(super) enum Access {
    /// What the registry says that a question needs.
    Asked,
    /// Pushing as well, and pulling from another repository of the registry where one is named.
    /// Asked for from the first request on: a token for less that another request fetched
    /// meanwhile would be refused, as if there were no better.
    Push {
        /// The other repository.
        from: Option<Repository>,
    },
}

/// What somebody configured to authorize with.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// A credential, to answer with what registries ask for.
    Credential(Credential),
    /// A header, to send with each request.
    Header(HeaderValue),
}

/// Gets and keeps what authorizes requests.
#[derive(Debug)]
pub(super) struct Auth {
    access: Access,
    shared: Arc<Shared>,
    flight: Flight<Exchange, Result<Authorization, Arc<StoreError>>>,
}

#[derive(Debug)]
struct Shared {
    http: Arc<Http>,
    credentials: Credentials,
    retries: Retries,
    total: Duration,
    max_token_bytes: u64,
    /// Sent with each request, whatever a registry asks for.
    fixed: Option<HeaderValue>,
    kept: Cache<Repository, Authorization>,
}

/// What goes into the header, and for how long.
#[derive(Clone)]
struct Authorization {
    header: HeaderValue,
    lifetime: Duration,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// What is asked for, of whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Exchange {
    Basic(Repository),
    Bearer { repository: Repository, realm: Url, service: Option<String>, scope: String },
}

/// A token server's answer. Both names of the token are in use ("Token Authentication
/// Specification", "Token Response Fields").
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

struct ByLifetime;

impl Expiry<Repository, Authorization> for ByLifetime {
    fn expire_after_create(
        &self,
        _: &Repository,
        authorization: &Authorization,
        _: Instant,
    ) -> Option<Duration> {
        Some(authorization.lifetime)
    }

    fn expire_after_update(
        &self,
        _: &Repository,
        authorization: &Authorization,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(authorization.lifetime)
    }
}

impl Auth {
    pub(super) fn new(
        http: Arc<Http>,
        config: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
        access: Access,
        given: Option<Given>,
    ) -> Self {
        let credentials = Credentials::new(config, environment);
        let (credentials, fixed) = match given {
            None => (credentials, None),
            Some(Given::Credential(credential)) => (credentials.with(credential), None),
            Some(Given::Header(header)) => (credentials, Some(header)),
        };
        let shared = Shared {
            http,
            credentials,
            retries: Retries::new(config),
            total: config.total_timeout(),
            max_token_bytes: limits.max_token_bytes,
            fixed,
            kept: Cache::builder().max_capacity(MAX_TOKENS).expire_after(ByLifetime).build(),
        };
        Self { access, shared: Arc::new(shared), flight: Flight::default() }
    }

    /// What is at hand for a repository.
    pub(super) fn kept(&self, repository: &Repository) -> Option<HeaderValue> {
        if let Some(fixed) = &self.shared.fixed {
            return Some(fixed.clone());
        }
        self.shared.kept.get(repository).map(|authorization| authorization.header)
    }

    /// Answers a registry's challenges.
    ///
    /// `used` is what was refused; where something newer is at hand meanwhile, that is the
    /// answer.
    pub(super) async fn answer(
        &self,
        repository: &Repository,
        target: &str,
        challenges: &[Challenge],
        used: Option<&HeaderValue>,
        base: &Url,
    ) -> Result<HeaderValue, Arc<StoreError>> {
        if let Some(kept) = self.kept(repository)
            && Some(&kept) != used
        {
            return Ok(kept);
        }
        if self.shared.fixed.is_some() {
            return Err(Arc::new(denied(target, Some(401), "the credentials were refused")));
        }
        let exchange = self.exchange(repository, target, challenges, base)?;
        let (shared, work) = (Arc::clone(&self.shared), exchange.clone());
        let (landing, _) = self.flight.join(exchange, move || async move {
            let answer = shared.run(&work).await;
            if let Ok(authorization) = &answer {
                shared.kept.insert(work.repository().clone(), authorization.clone());
            }
            answer
        });
        let missing = || Err(Arc::new(StoreError::Internal { target: target.to_owned() }));
        let authorization = landing.await.unwrap_or_else(missing)?;
        if Some(&authorization.header) == used {
            // The same again would be refused again.
            return Err(Arc::new(denied(target, Some(401), "the credentials were refused")));
        }
        Ok(authorization.header)
    }

    fn exchange(
        &self,
        repository: &Repository,
        target: &str,
        challenges: &[Challenge],
        base: &Url,
    ) -> Result<Exchange, StoreError> {
        let bearer = challenges.iter().find_map(|challenge| match challenge {
            Challenge::Bearer { realm, service, scope } => Some((realm, service, scope)),
            Challenge::Basic => None,
        });
        if let Some((realm, service, scope)) = bearer {
            let scope = self.scope(repository, scope.as_deref());
            let realm = self.realm(realm, target, base)?;
            let (repository, service) = (repository.clone(), service.clone());
            return Ok(Exchange::Bearer { repository, realm, service, scope });
        }
        if challenges.contains(&Challenge::Basic) {
            return Ok(Exchange::Basic(repository.clone()));
        }
        Err(denied(target, Some(401), "the registry does not say how to authenticate"))
    }

    /// "Token Scope Documentation": `repository:<path>:<actions>`, several parted by spaces.
    fn scope(&self, repository: &Repository, asked: Option<&str>) -> String {
        let pull = |repository: &Repository| format!("repository:{}:pull", repository.path());
        let Access::Push { from } = &self.access else {
            return asked.map_or_else(|| pull(repository), ToOwned::to_owned);
        };
        let push = format!("repository:{}:pull,push", repository.path());
        let mut scopes = vec![push];
        scopes.extend(from.as_ref().filter(|from| *from != repository).map(pull));
        for part in asked.unwrap_or_default().split_ascii_whitespace() {
            let own = part.strip_prefix(&format!("repository:{}:", repository.path()));
            let covered = own.is_some_and(|actions| {
                actions.split(',').all(|action| matches!(action, "pull" | "push"))
            });
            if !covered && !scopes.iter().any(|scope| scope == part) {
                scopes.push(part.to_owned());
            }
        }
        scopes.join(" ")
    }

    fn realm(&self, realm: &str, target: &str, base: &Url) -> Result<Url, StoreError> {
        let refused = |problem: &str| StoreError::Malformed {
            target: target.to_owned(),
            problem: format!("the token server that the registry names is refused: {problem}"),
            source: None,
        };
        let url = Url::parse(realm).map_err(|_| refused("its address is not a URL"))?;
        match url.scheme() {
            "https" => {}
            "http" if self.shared.http.may_be_plain(&url) => {}
            _ => return Err(refused("it does not use https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("its address has a user name"));
        }
        if is_own_machine(&url) && url.host() != base.host() {
            return Err(refused("it is on a loopback or link-local address"));
        }
        Ok(url)
    }
}

impl Exchange {
    fn repository(&self) -> &Repository {
        match self {
            Self::Basic(repository) | Self::Bearer { repository, .. } => repository,
        }
    }
}

fn denied(target: &str, status: Option<u16>, detail: &str) -> StoreError {
    StoreError::Denied { target: target.into(), status, detail: Some(detail.into()) }
}

impl Shared {
    async fn run(&self, exchange: &Exchange) -> Result<Authorization, Arc<StoreError>> {
        let repository = exchange.repository();
        let credential = self.credentials.find(repository).await?;
        match exchange {
            Exchange::Basic(_) => {
                let header = credential.as_ref().and_then(Credential::basic);
                let header = header.ok_or_else(|| {
                    let target = repository.to_string();
                    denied(&target, Some(401), "no user name and password are configured for it")
                })?;
                Ok(Authorization { header, lifetime: BASIC_LIFETIME })
            }
            Exchange::Bearer { realm, service, scope, .. } => {
                let ask = TokenRequest {
                    target: format!(
                        "token server {} for {repository}",
                        realm.host_str().unwrap_or("")
                    ),
                    realm,
                    service: service.as_deref(),
                    scope,
                    credential: credential.as_ref(),
                };
                let deadline = Deadline::after(self.total);
                self.retries.run(deadline, || self.token(&ask, deadline)).await
            }
        }
    }

    async fn token(
        &self,
        ask: &TokenRequest<'_>,
        deadline: Deadline,
    ) -> Result<Authorization, Fault> {
        let form = ask.form();
        let outgoing = Outgoing {
            url: if form.is_some() { ask.realm.clone() } else { ask.address() },
            target: &ask.target,
            accept: "application/json",
            authorization: ask.credential.and_then(Credential::basic),
            form: form.as_deref(),
            redirects: false,
        };
        let incoming = self.http.send(outgoing, deadline).await?;
        if incoming.status().as_u16() != 200 {
            return Err(refusal(incoming, &ask.target).await);
        }
        let content_type = incoming.content_type();
        let body = incoming.read(self.max_token_bytes, &ask.target).await?;
        let malformed = |problem: &str| {
            let target = ask.target.clone();
            Fault::lasting(StoreError::Malformed { target, problem: problem.into(), source: None })
        };
        if is_html(&content_type, &body) {
            return Err(malformed("a page for people came in place of a token"));
        }
        // The parser's message may quote the token.
        let answer: TokenAnswer = serde_json::from_slice(&body)
            .map_err(|_quoting| malformed("the answer is not a token answer"))?;
        let token = answer.token.or(answer.access_token).filter(|token| !token.is_empty());
        let token = Secret::new(token.ok_or_else(|| malformed("the answer holds no token"))?);
        let header = header(&format!("Bearer {}", token.expose()))
            .ok_or_else(|| malformed("the token cannot stand in a header"))?;
        let life =
            answer.expires_in.map_or(DEFAULT_LIFETIME, Duration::from_secs).min(MAX_LIFETIME);
        Ok(Authorization { header, lifetime: life.saturating_sub(MAX_MARGIN.min(life / 4)) })
    }
}

/// What a token server's answer means that is not 200.
async fn refusal(incoming: Incoming, target: &str) -> Fault {
    let status = incoming.status().as_u16();
    let asked = incoming.retry_after();
    let target = target.to_owned();
    match status {
        429 => Fault::after(StoreError::Throttled { target, retry_after: asked }, asked),
        500..=599 => Fault::after(StoreError::Server { target, status }, asked),
        _ => {
            let body = incoming.read_error(&target).await.unwrap_or_default();
            let detail = answer::detail(&body);
            Fault::lasting(StoreError::Denied { target, status: Some(status), detail })
        }
    }
}

struct TokenRequest<'a> {
    target: String,
    realm: &'a Url,
    service: Option<&'a str>,
    scope: &'a str,
    credential: Option<&'a Credential>,
}

impl TokenRequest<'_> {
    /// "Token Authentication Specification", "Requesting a Token".
    fn address(&self) -> Url {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = self.service {
                query.append_pair("service", service);
            }
            for scope in self.scope.split_ascii_whitespace() {
                query.append_pair("scope", scope);
            }
            if let Some(Credential::Basic { user, .. }) = self.credential {
                query.append_pair("account", user);
            }
        }
        url
    }

    /// "OAuth2 Token Authentication", "POST Token"; for identity tokens only.
    fn form(&self) -> Option<Vec<(&'static str, &str)>> {
        let Some(Credential::Identity(token)) = self.credential else { return None };
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", token.expose()),
            ("client_id", "referee"),
            ("scope", self.scope),
        ];
        form.extend(self.service.map(|service| ("service", service)));
        Some(form)
    }
}
