//! A TUF repository over HTTP.

use crate::error::StoreError;
use crate::http::{Deadline, Fault, Http, Outgoing, Retries};
use bytes::Bytes;
use sigstore_tuf::transport::{FetchFuture, Repository};
use std::sync::Arc;
use url::Url;

/// What is asked for: JSON, but some repositories are plain file servers.
const ACCEPT: &str = "application/json, */*";

/// A repository, asked over HTTP.
#[derive(Debug)]
pub(super) struct Remote {
    pub(super) http: Arc<Http>,
    pub(super) retries: Retries,
    pub(super) url: String,
    pub(super) deadline: Deadline,
}

impl Remote {
    /// Metadata lies right at the URL, targets below `targets/`, as Sigstore's repositories have
    /// it.
    async fn fetch(
        &self,
        below: &str,
        name: &str,
        limit: u64,
    ) -> Result<Option<Bytes>, Arc<StoreError>> {
        let url = self.address(below, name)?;
        let target = url.to_string();
        self.retries.run(self.deadline, || self.attempt(&url, &target, limit)).await
    }

    /// The address of a file. Its name comes from metadata, so it may not lead elsewhere.
    fn address(&self, below: &str, name: &str) -> Result<Url, StoreError> {
        let malformed = |problem: &str| StoreError::Malformed {
            target: self.url.clone(),
            problem: problem.to_owned(),
            source: None,
        };
        let plain = name.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && !name.contains(['\\', '?', '#', ':']);
        if !plain {
            return Err(malformed(&format!("{name:?} is no name of a file of a repository")));
        }
        let text = format!("{}/{below}{name}", self.url.trim_end_matches('/'));
        let url = Url::parse(&text).map_err(|_| malformed("it is no URL"))?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.http.may_be_plain(&url) => Ok(url),
            _ => Err(malformed("it is not https, and not listed in registry.plain_http")),
        }
    }

    async fn attempt(&self, url: &Url, target: &str, limit: u64) -> Result<Option<Bytes>, Fault> {
        let outgoing = Outgoing {
            url: url.clone(),
            target,
            accept: ACCEPT,
            authorization: None,
            form: None,
            redirects: true,
        };
        let incoming = self.http.send(outgoing, self.deadline).await?;
        let (status, asked) = (incoming.status().as_u16(), incoming.retry_after());
        let to = || target.to_owned();
        match status {
            200 => incoming.read(limit, target).await.map(Some),
            // Object stores say 403 of what they do not have to whoever may not list.
            403 | 404 => Ok(None),
            429 => {
                let error = StoreError::Throttled { target: to(), retry_after: asked };
                Err(Fault::after(error, asked))
            }
            408 | 500 | 502..=504 => {
                Err(Fault::after(StoreError::Server { target: to(), status }, asked))
            }
            _ => Err(Fault::lasting(StoreError::Server { target: to(), status })),
        }
    }
}

impl Repository for Remote {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move { told(self.fetch("", name, max_length).await) })
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move { told(self.fetch("targets/", path, max_length).await) })
    }
}

fn told(
    answer: Result<Option<Bytes>, Arc<StoreError>>,
) -> Result<Option<Vec<u8>>, sigstore_tuf::Error> {
    match answer {
        Ok(body) => Ok(body.map(Vec::from)),
        Err(error) => Err(sigstore_tuf::Error::transport_with_source("asking", error)),
    }
}
