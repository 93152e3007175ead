//! Requests that change something: HEAD, POST and PUT, with a body or without one.
//!
//! They are not redirected (RFC 9110, section 15.4 would have the client ask first). A body is
//! sent piece by piece; how long that may take is not limited by itself, only how long nothing at
//! all may move.

use super::client::{Http, Incoming};
use super::deadline::{Deadline, Fault};
use crate::error::StoreError;
use crate::pieces::Pieces;
use bytes::Bytes;
use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// What is sent.
pub(crate) enum Load {
    /// Nothing.
    Empty,
    /// A few bytes.
    Bytes(Bytes),
    /// A blob of so many bytes.
    Blob(Pieces, u64),
}

/// A request that changes something, or asks whether something is there.
pub(crate) struct Upload<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// What errors call it.
    pub(crate) target: &'a str,
    /// `Accept`.
    pub(crate) accept: &'static str,
    /// `Content-Type`.
    pub(crate) content_type: &'a str,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) load: Load,
}

/// How far the body was sent, and what broke it off on our own side.
#[derive(Debug, Default)]
struct Sending {
    sent: AtomicU64,
    fault: Mutex<Option<Fault>>,
}

impl Sending {
    fn body(self: &Arc<Self>, pieces: Pieces) -> Body {
        let sending = Arc::clone(self);
        Body::wrap_stream(pieces.map(move |piece| match piece {
            Ok(piece) => {
                sending.sent.fetch_add(crate::files::length(&piece), Ordering::Relaxed);
                Ok(piece)
            }
            Err(fault) => {
                let problem = std::io::Error::other(fault.error.to_string());
                *sending.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
                Err(problem)
            }
        }))
    }

    fn fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Http {
    /// Sends a request and waits for the beginning of its answer.
    pub(crate) async fn upload(
        &self,
        upload: Upload<'_>,
        deadline: Deadline,
    ) -> Result<Incoming, Fault> {
        let Upload { method, url, target, accept, content_type, authorization, load } = upload;
        let permit = self.permit(&url, target, deadline).await?;
        let mut request = self.request(method, url.clone()).header(ACCEPT, accept);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if !content_type.is_empty() {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let sending = Arc::new(Sending::default());
        request = match load {
            Load::Empty => request.header(CONTENT_LENGTH, 0),
            Load::Bytes(bytes) => request.body(bytes),
            Load::Blob(pieces, size) => {
                request.header(CONTENT_LENGTH, size).body(sending.body(pieces))
            }
        };
        let answer = self.moving(request.send(), &sending, target, deadline).await?;
        match answer {
            Ok(response) => Ok(self.incoming(response, url, deadline, permit)),
            // What broke off the body is the cause, the broken connection is not.
            Err(error) => Err(sending.fault().unwrap_or_else(|| self.no_answer(error, target))),
        }
    }

    /// Waits for an answer as long as the body moves on.
    async fn moving<F: Future>(
        &self,
        work: F,
        sending: &Sending,
        target: &str,
        deadline: Deadline,
    ) -> Result<F::Output, Fault> {
        let patience = self.patience();
        let mut seen = 0;
        let mut work = std::pin::pin!(work);
        loop {
            let answer =
                deadline.within(target, "sending and waiting for an answer", patience, &mut work);
            match answer.await {
                Ok(answer) => return Ok(answer),
                Err(fault) => {
                    let sent = sending.sent.load(Ordering::Relaxed);
                    if sent == seen || deadline.remaining() == Duration::ZERO {
                        return Err(sending.fault().unwrap_or(fault));
                    }
                    seen = sent;
                }
            }
        }
    }

    /// Where a registry says that an upload goes on. Held to the rules for redirects: it is an
    /// address that the other side chooses.
    pub(crate) fn continuation(
        &self,
        base: &Url,
        from: &Url,
        location: &str,
        target: &str,
    ) -> Result<Url, StoreError> {
        let refused = |problem: String| StoreError::Malformed {
            target: target.to_owned(),
            problem: format!("where the upload is to go on cannot be used: {problem}"),
            source: None,
        };
        let next = from.join(location).map_err(|_| refused("it is no address".into()))?;
        self.check_redirect(base, from, &next).map_err(refused)?;
        Ok(next)
    }
}
