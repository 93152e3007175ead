//! One question to a registry: authorized, retried, judged.

use super::answer::{self, Absence};
use super::auth::{Access, Auth, Given};
use super::challenge;
use crate::config::RegistryConfig;
use crate::env::Environment;
use crate::error::StoreError;
use crate::http::{Deadline, Fault, Http, Incoming, Outgoing, Retries, is_html, same_origin};
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use referee_core::{Limits, Repository};
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Speaks to registries.
#[derive(Debug)]
pub(super) struct Client {
    http: Arc<Http>,
    auth: Auth,
    retries: Retries,
    total: Duration,
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) repository: &'a Repository,
    pub(super) url: &'a Url,
    /// What errors call it.
    pub(super) target: &'a str,
    pub(super) accept: &'static str,
    pub(super) length: Length,
}

/// How long the body may be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    /// At most so many bytes.
    AtMost(u64),
    /// Exactly so many.
    Exactly(u64),
}

/// The slowest pace at which a blob is moved, in bytes a second; below it, it would take a day for
/// what a slow line moves in an hour.
const SLOWEST_BYTES_A_SECOND: u64 = 32 * 1024;

/// What is wrong with a 404 of an ingress, a proxy, or a router.
const NOT_ITS_WORD: &str =
    "HTTP 404 that is not a registry's, so it does not say that there is none";

/// What a registry says, where it says something.
#[derive(Debug)]
pub(super) enum Answer {
    /// The thing.
    Found(Box<Found>),
    /// That there is no such thing.
    Absent(Absence),
}

/// A thing that was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) body: Bytes,
    /// Without parameters; empty where there was none.
    pub(super) content_type: String,
    pub(super) headers: HeaderMap,
    /// The address that answered, after redirects.
    pub(super) url: Url,
}

impl Client {
    pub(super) fn new(
        config: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
        access: Access,
        given: Option<Given>,
    ) -> Result<Self, StoreError> {
        let http = Arc::new(Http::new(config)?);
        Ok(Self {
            auth: Auth::new(Arc::clone(&http), config, limits, environment, access, given),
            http,
            retries: Retries::new(config),
            total: config.total_timeout(),
        })
    }

    /// The time that one question has from now on.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.total)
    }

    /// The address of something in a repository: `manifests/1.4`.
    pub(super) fn address(&self, repository: &Repository, rest: &str) -> Result<Url, StoreError> {
        let address = |scheme: &str| {
            let text =
                format!("{scheme}://{}/v2/{}/{rest}", repository.api_host(), repository.path());
            Url::parse(&text).map_err(|source| StoreError::Malformed {
                target: repository.to_string(),
                problem: "the registry is not a host that can be asked".into(),
                source: Some(Box::new(source)),
            })
        };
        let plain = address("http")?;
        if self.http.may_be_plain(&plain) { Ok(plain) } else { address("https") }
    }

    /// Asks, as often as it takes and the configuration allows.
    pub(super) async fn ask(
        &self,
        question: Question<'_>,
        deadline: Deadline,
    ) -> Result<Answer, Arc<StoreError>> {
        self.retries.run(deadline, || self.attempt(question, deadline)).await
    }

    async fn attempt(&self, question: Question<'_>, deadline: Deadline) -> Result<Answer, Fault> {
        judge(self.open(question, deadline).await?, question).await
    }

    /// Asks once for a blob, to read it piece by piece. [`Answer`] cannot be had this way: what is
    /// not there is an error.
    pub(super) async fn stream(
        &self,
        question: Question<'_>,
        deadline: Deadline,
    ) -> Result<Incoming, Fault> {
        let target = question.target;
        let incoming = self.open(question, deadline).await?;
        if incoming.status().as_u16() != 200 {
            return match judge(incoming, question).await? {
                Answer::Absent(absence) => Err(Fault::lasting(absent(target.to_owned(), absence))),
                Answer::Found(_) => Err(StoreError::Internal { target: target.to_owned() }.into()),
            };
        }
        if let (Length::Exactly(expected), Some(found)) = (question.length, incoming.announced())
            && expected != found
        {
            let target = target.to_owned();
            return Err(StoreError::SizeMismatch { target, expected, found }.into());
        }
        Ok(incoming)
    }

    async fn open(&self, question: Question<'_>, deadline: Deadline) -> Result<Incoming, Fault> {
        let Question { repository, url, target, accept, .. } = question;
        self.authorized(repository, url, target, deadline, |authorization| {
            let url = url.clone();
            let form = None;
            let outgoing = Outgoing { url, target, accept, authorization, form, redirects: true };
            self.http.send(outgoing, deadline).boxed()
        })
        .await
    }

    /// Sends a request, and once again with what the registry asks for to authorize it.
    pub(super) async fn authorized<'f>(
        &self,
        repository: &Repository,
        url: &Url,
        target: &str,
        deadline: Deadline,
        mut send: impl FnMut(Option<HeaderValue>) -> BoxFuture<'f, Result<Incoming, Fault>>,
    ) -> Result<Incoming, Fault> {
        let base = self.address(repository, "")?;
        // A page that a redirect led to gets nothing of what the registry gets.
        let own = same_origin(&base, url);
        let mut authorization = if own { self.auth.kept(repository) } else { None };
        let mut challenged = false;
        loop {
            let incoming = send(authorization.clone()).await?;
            let asks = incoming.status().as_u16() == 401
                // Only the registry itself may ask who we are, not where it redirects to.
                && same_origin(&base, &incoming.url);
            if !asks || challenged {
                return Ok(incoming);
            }
            challenged = true;
            let headers = incoming.headers().get_all(WWW_AUTHENTICATE);
            let challenges =
                challenge::parse(headers.iter().filter_map(|value| value.to_str().ok()));
            if challenges.is_empty() {
                return Ok(incoming);
            }
            // Gives back its place among the requests to this host: the token server may be it.
            drop(incoming);
            let used = authorization.take();
            let answer = self.auth.answer(repository, target, &challenges, used.as_ref(), &base);
            let header = deadline
                .within(target, "waiting for a token", Duration::MAX, answer)
                .await?
                .map_err(Fault::lasting)?;
            authorization = Some(header);
        }
    }

    /// The HTTP client.
    pub(super) fn http(&self) -> &Http {
        &self.http
    }

    /// How often to try.
    pub(super) fn retries(&self) -> Retries {
        self.retries
    }

    /// The time that so many bytes have from now on: that of one question, and what they take at
    /// the slowest pace that is put up with.
    pub(super) fn deadline_for(&self, bytes: u64) -> Deadline {
        let moving = Duration::from_secs(bytes / SLOWEST_BYTES_A_SECOND);
        Deadline::after(self.total.saturating_add(moving))
    }
}

async fn judge(incoming: Incoming, question: Question<'_>) -> Result<Answer, Fault> {
    let target = question.target.to_owned();
    let status = incoming.status().as_u16();
    let asked = incoming.retry_after();
    match status {
        200 => read(incoming, question).await.map(|found| Answer::Found(Box::new(found))),
        404 => {
            let content_type = incoming.content_type();
            let body = incoming.read_error(&target).await?;
            answer::absence(&content_type, &body)
                .map(Answer::Absent)
                .ok_or_else(|| malformed(target, NOT_ITS_WORD))
        }
        401 | 403 => {
            let body = incoming.read_error(&target).await.unwrap_or_default();
            let detail = answer::detail(&body);
            Err(Fault::lasting(StoreError::Denied { target, status: Some(status), detail }))
        }
        429 => Err(Fault::after(StoreError::Throttled { target, retry_after: asked }, asked)),
        // Not implemented, and not in this version of HTTP: neither passes.
        501 | 505 => Err(Fault::lasting(StoreError::Server { target, status })),
        408 | 500..=599 => Err(Fault::after(StoreError::Server { target, status }, asked)),
        _ => Err(malformed(target, &format!("the registry answered HTTP {status}"))),
    }
}

async fn read(incoming: Incoming, question: Question<'_>) -> Result<Found, Fault> {
    let target = question.target;
    let mismatch =
        |expected, found| StoreError::SizeMismatch { target: target.to_owned(), expected, found };
    if let (Length::Exactly(expected), Some(found)) = (question.length, incoming.announced())
        && expected != found
    {
        return Err(mismatch(expected, found).into());
    }
    let content_type = incoming.content_type();
    let (headers, url) = (incoming.headers().clone(), incoming.url.clone());
    let body = match question.length {
        Length::AtMost(limit) => incoming.read(limit, target).await?,
        Length::Exactly(size) => {
            let body = incoming.read(size, target).await.map_err(|fault| match *fault.error {
                StoreError::TooLarge { .. } => mismatch(size, size.saturating_add(1)).into(),
                _ => fault,
            })?;
            let found = crate::files::length(&body);
            if found != size {
                return Err(mismatch(size, found).into());
            }
            body
        }
    };
    Ok(Found { body, content_type, headers, url })
}

impl Found {
    /// Refuses what is not a JSON object.
    pub(super) fn check_json(&self, target: &str) -> Result<(), StoreError> {
        let problem = if is_html(&self.content_type, &self.body) {
            "a page for people came in place of JSON"
        } else if self.body.trim_ascii_start().first() != Some(&b'{') {
            "the answer is not a JSON object"
        } else {
            return Ok(());
        };
        let target = target.to_owned();
        Err(StoreError::Malformed { target, problem: problem.into(), source: None })
    }
}

/// The error for a manifest or a blob of which an answer says that it is not there.
pub(super) fn absent(target: String, absence: Absence) -> Arc<StoreError> {
    match absence {
        Absence::Unknown | Absence::NotFound => Arc::new(StoreError::NotFound { target }),
        Absence::NoRoute => malformed(target, NOT_ITS_WORD).error,
    }
}

fn malformed(target: String, problem: &str) -> Fault {
    Fault::lasting(StoreError::Malformed { target, problem: problem.into(), source: None })
}
