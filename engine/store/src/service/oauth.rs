//! Tokens of an OAuth 2 server: the client credentials grant (RFC 6749, section 4.4), with a
//! password or with an assertion (RFC 7523, section 2.2) that is given or signed here, and the
//! grant of a signed token (RFC 7523, section 2.1).
//!
//! A token is kept until ten seconds before its end, fetched once for all who need it, and
//! forgotten when the service refuses it.
//!
//! Refused: a server without TLS, one that redirects, an answer that is not a bearer token.

use super::assertion::Assertion;
use super::authorize::{basic, token_in};
use super::config::{OAuth2Config, ServiceConfig, SigningKeyConfig};
use super::connection::{self, Connection};
use super::unusable;
use crate::clock::{Clock as _, SystemClock};
use crate::error::StoreError;
use crate::http::{Deadline, Fault, MAX_ERROR_BYTES, read_body};
use crate::registry::secret_header;
use crate::secret::Secret;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use url::Url;

/// How long before its end a token is not used any more (OPA's margin).
const MARGIN: Duration = Duration::from_secs(10);

/// How long a token is kept at most, whatever it says.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// How long the server may take to answer, and in all.
const PATIENCE: Duration = Duration::from_secs(10);

/// What kind of assertion is meant where nothing is said (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The grant of a signed token (RFC 7523, section 2.1).
const BEARER_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The most characters of what a server says about an error that are shown.
const MAX_DETAIL: usize = 200;

/// Gets and keeps a token.
#[derive(Debug)]
pub(super) struct OAuth2 {
    url: Url,
    headers: HeaderMap,
    /// All but a token that is fetched or made each time.
    form: Vec<(String, Secret)>,
    vouched: Vouched,
    connection: Arc<Connection>,
    kept: Mutex<Option<Token>>,
}

/// What says who we are, beside what stands in the form.
#[derive(Debug)]
enum Vouched {
    /// Nothing more.
    Said,
    /// An assertion in a file.
    File(PathBuf),
    /// A token that is signed each time, for this member of the form.
    Signed(Box<Assertion>, &'static str),
}

/// A token, as it is sent.
#[derive(Clone)]
struct Token {
    header: HeaderValue,
    until: Instant,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("until", &self.until).finish_non_exhaustive()
    }
}

/// A token server's answer (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: Secret,
    token_type: String,
    #[serde(default)]
    expires_in: u64,
}

/// Its refusal (section 5.2). Nothing else of such an answer is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
}

impl OAuth2 {
    pub(super) fn new(
        config: &ServiceConfig,
        oauth2: &OAuth2Config,
        keys: &BTreeMap<String, SigningKeyConfig>,
        connection: Arc<Connection>,
    ) -> Result<Self, StoreError> {
        let wrong = |setting: &str, problem: &str| {
            let setting = format!("credentials.oauth2.{setting}");
            unusable(config, setting.trim_end_matches('.'), problem)
        };
        match oauth2.grant_type.as_str() {
            "" | "client_credentials" | "jwt_bearer" => {}
            _ => return Err(wrong("grant_type", "it must be client_credentials or jwt_bearer")),
        }
        let unsupported = [
            ("aws_kms", oauth2.aws_kms.is_some()),
            ("azure_keyvault", oauth2.azure_keyvault.is_some()),
        ];
        if let Some((setting, _)) = unsupported.into_iter().find(|(_, given)| *given) {
            let problem = "signing with a key of a cloud is not supported; there are \
                           client_secret, signing_key, client_assertion and client_assertion_path";
            return Err(wrong(setting, problem));
        }
        let url =
            Url::parse(&oauth2.token_url).map_err(|_| wrong("token_url", "it is no address"))?;
        if url.scheme() != "https" {
            return Err(wrong("token_url", "it must begin with https://"));
        }
        let vouched = vouched(oauth2, keys, &wrong)?;
        let headers = headers(oauth2, &wrong)?;
        let form = form(oauth2);
        Ok(Self { url, headers, form, vouched, connection, kept: Mutex::new(None) })
    }

    /// The header with a token that holds a while yet.
    pub(super) async fn header(&self, target: &str) -> Result<HeaderValue, Fault> {
        // Held while it is fetched, so that the others wait for it and do not fetch one as well.
        let mut kept = self.kept.lock().await;
        if let Some(token) = kept.as_ref().filter(|token| Instant::now() < token.until) {
            return Ok(token.header.clone());
        }
        *kept = None;
        let token = self.fetch(target).await?;
        Ok(kept.insert(token).header.clone())
    }

    /// Forgets a token that was refused. One that was fetched meanwhile is another one.
    pub(super) async fn forget(&self, used: &HeaderValue) -> bool {
        let mut kept = self.kept.lock().await;
        if kept.as_ref().is_some_and(|token| token.header == *used) {
            *kept = None;
        }
        true
    }

    async fn fetch(&self, target: &str) -> Result<Token, Fault> {
        let place = format!("{target}: the token server {}", shown(&self.url));
        let mut form: Vec<(&str, &str)> =
            self.form.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        let vouched = match &self.vouched {
            Vouched::Said => None,
            Vouched::File(path) => Some(("client_assertion", token_in(path.clone()).await?)),
            Vouched::Signed(assertion, member) => {
                Some((*member, assertion.token(SystemClock.now(), &place)?))
            }
        };
        if let Some((member, token)) = &vouched {
            form.push((*member, token.expose()));
        }
        let deadline = Deadline::after(PATIENCE);
        let client = self.connection.client(false).await?;
        let request = client
            .request(Method::POST, self.url.clone())
            .headers(self.headers.clone())
            .form(&form);
        let asked = Instant::now();
        let response = deadline
            .within(&place, "waiting for an answer", PATIENCE, request.send())
            .await?
            .map_err(|error| connection::no_answer(error, &place))?;
        let status = response.status().as_u16();
        let body = read_body(response, MAX_ERROR_BYTES, PATIENCE, deadline, &place).await?;
        if status != 200 {
            return Err(refused(place, status, &body));
        }
        let malformed = |problem: &str| {
            let problem = problem.to_owned();
            Fault::lasting(StoreError::Malformed { target: place.clone(), problem, source: None })
        };
        // The parser's error is not kept: it could show what it found.
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| malformed("the answer is no token in JSON (RFC 6749, section 5.1)"))?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return Err(malformed("the token is no bearer token"));
        }
        let header = secret_header(&format!("Bearer {}", answer.access_token.expose().trim()))
            .ok_or_else(|| malformed("the token cannot stand in a header"))?;
        let lifetime = Duration::from_secs(answer.expires_in).min(MAX_LIFETIME);
        Ok(Token { header, until: asked + lifetime.saturating_sub(MARGIN) })
    }
}

/// What says who we are: exactly one thing.
fn vouched(
    oauth2: &OAuth2Config,
    keys: &BTreeMap<String, SigningKeyConfig>,
    wrong: &impl Fn(&str, &str) -> StoreError,
) -> Result<Vouched, StoreError> {
    if oauth2.is_bearer_grant() {
        let assertion = Assertion::new(oauth2, keys, wrong)?;
        return Ok(Vouched::Signed(Box::new(assertion), "assertion"));
    }
    let path = oauth2.client_assertion_path.clone().filter(|path| !path.as_os_str().is_empty());
    let ways = [
        !oauth2.client_secret.is_empty(),
        !oauth2.signing_key.is_empty(),
        !oauth2.client_assertion.is_empty(),
        path.is_some(),
    ];
    if ways.into_iter().filter(|given| *given).count() != 1 {
        let problem = "exactly one of client_secret, signing_key, client_assertion and \
                       client_assertion_path is needed";
        return Err(wrong("", problem));
    }
    if !oauth2.signing_key.is_empty() {
        let assertion = Assertion::new(oauth2, keys, wrong)?;
        return Ok(Vouched::Signed(Box::new(assertion), "client_assertion"));
    }
    if oauth2.client_id.is_empty() {
        return Err(wrong("client_id", "it is needed"));
    }
    Ok(path.map_or(Vouched::Said, Vouched::File))
}

fn headers(
    oauth2: &OAuth2Config,
    wrong: &impl Fn(&str, &str) -> StoreError,
) -> Result<HeaderMap, StoreError> {
    let mut headers = HeaderMap::new();
    if !oauth2.client_secret.is_empty() && !oauth2.is_bearer_grant() {
        let value = basic(&oauth2.client_id, &oauth2.client_secret)
            .ok_or_else(|| wrong("client_id", "it cannot stand in a header"))?;
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &oauth2.additional_headers {
        let setting = format!("additional_headers.{name}");
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| wrong(&setting, "that is no name of a header"))?;
        if name == CONTENT_TYPE {
            return Err(wrong(&setting, "the form has its own"));
        }
        let value = secret_header(value.expose())
            .ok_or_else(|| wrong(&setting, "its value cannot stand in a header"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn form(oauth2: &OAuth2Config) -> Vec<(String, Secret)> {
    let mut form = Vec::new();
    let mut add = |name: &str, value: Secret| form.push((name.to_owned(), value));
    if !oauth2.scopes.is_empty() && !oauth2.additional_parameters.contains_key("scope") {
        add("scope", Secret::new(oauth2.scopes.join(" ")));
    }
    for (name, value) in &oauth2.additional_parameters {
        add(name, value.clone());
    }
    if oauth2.is_bearer_grant() {
        add("grant_type", Secret::new(BEARER_GRANT.to_owned()));
        return form;
    }
    add("grant_type", Secret::new("client_credentials".to_owned()));
    if !oauth2.client_secret.is_empty() {
        return form;
    }
    if !oauth2.client_id.is_empty() {
        add("client_id", Secret::new(oauth2.client_id.clone()));
    }
    let kind = match oauth2.client_assertion_type.as_str() {
        // What is signed here is of this kind.
        given if !given.is_empty() && oauth2.signing_key.is_empty() => given,
        _ => ASSERTION_TYPE,
    };
    add("client_assertion_type", Secret::new(kind.to_owned()));
    if !oauth2.client_assertion.is_empty() {
        add("client_assertion", oauth2.client_assertion.clone());
    }
    form
}

/// The server's address without what could be secret.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    // An https address always has a host, so this cannot fail.
    let _always = shown.set_password(None);
    shown.to_string()
}

fn refused(target: String, status: u16, body: &[u8]) -> Fault {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let text = [refusal.error, refusal.error_description].join(" ");
    let line: String = text.trim().chars().filter(|c| !c.is_control()).take(MAX_DETAIL).collect();
    let detail = (!line.is_empty()).then_some(line);
    match status {
        500..=599 => Fault::passing(StoreError::Server { target, status }),
        429 => Fault::passing(StoreError::Throttled { target, retry_after: None }),
        _ => Fault::lasting(StoreError::Denied { target, status: Some(status), detail }),
    }
}
