//! Listing referrers (distribution-spec, "Listing Referrers" and "Referrers Tag Schema").
//!
//! Every page is read to the last, or the listing says why not. The tag schema is asked only
//! where the registry answered 404 in its own way; any other failure is an error: a registry
//! that is busy or hides something is not one without an API.
//!
//! No filter is ever sent, and a listing that says it was filtered is not complete.

use super::Inner;
use super::answer::Absence;
use super::client::{Answer, Found, Length, Question};
use super::link;
use crate::entries::Entries;
use crate::error::StoreError;
use crate::files::length;
use crate::http::{Deadline, same_origin};
use crate::source::Listing;
use referee_core::oci::media_type;
use referee_core::{Digest, FoundBy, Repository, Selector};
use reqwest::header::LINK;
use std::collections::HashSet;
use std::sync::Arc;
use url::Url;

/// Which filters were applied (distribution-spec, "Listing Referrers").
const FILTERS_HEADER: &str = "oci-filters-applied";

impl Inner {
    pub(super) async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Listing, Arc<StoreError>> {
        let deadline = self.client.deadline();
        if self.no_api.contains_key(repository) {
            return self.by_tag(repository, digest, deadline).await;
        }
        let target = format!("{repository} referrers of {digest}");
        let url = self.client.address(repository, &format!("referrers/{digest}"))?;
        match self.page(repository, &url, &target, deadline).await? {
            Answer::Found(first) => {
                Ok(self.by_api(repository, *first, url, target, deadline).await?)
            }
            Answer::Absent(absence) => {
                let listing = self.by_tag(repository, digest, deadline).await?;
                // "Unknown" is about this digest or repository, not about the API.
                if absence != Absence::Unknown {
                    self.no_api.insert(repository.clone(), ());
                }
                Ok(listing)
            }
        }
    }

    async fn page(
        &self,
        repository: &Repository,
        url: &Url,
        target: &str,
        deadline: Deadline,
    ) -> Result<Answer, Arc<StoreError>> {
        let question = Question {
            repository,
            url,
            target,
            accept: media_type::IMAGE_INDEX,
            length: Length::AtMost(self.limits.max_listing_page_bytes),
        };
        self.client.ask(question, deadline).await
    }

    async fn by_api(
        &self,
        repository: &Repository,
        first: Found,
        asked: Url,
        target: String,
        deadline: Deadline,
    ) -> Result<Listing, StoreError> {
        let mut entries = Entries::new(self.limits.max_referrers);
        let mut seen = HashSet::from([asked.to_string()]);
        let mut page = first;
        let mut pages = 1u32;
        let mut bytes = 0u64;
        loop {
            bytes = bytes.saturating_add(length(&page.body));
            if bytes > self.limits.max_listing_bytes {
                let limit = self.limits.max_listing_bytes;
                entries.cut(StoreError::TooLarge { target, limit, unit: "bytes" });
                break;
            }
            if let Err(error) = page.check_json(&target) {
                // Not even the start of a listing is an error, a later page a cut.
                if pages == 1 {
                    return Err(error);
                }
                entries.cut(error);
                break;
            }
            match entries.add(&page.body, &page.content_type, &target) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if pages == 1 => return Err(error),
                Err(error) => {
                    entries.cut(error);
                    break;
                }
            }
            if page.headers.contains_key(FILTERS_HEADER) {
                entries.cut(malformed(&target, "filtered, though no filter was asked for"));
            }
            let next = match next_page(&page) {
                Ok(Some(next)) => next,
                Ok(None) => break,
                Err(problem) => {
                    entries.cut(malformed(&target, problem));
                    break;
                }
            };
            if !seen.insert(next.to_string()) {
                entries.cut(malformed(&target, "a page names one that was read before as next"));
                break;
            }
            if pages >= self.limits.max_listing_pages {
                let limit = u64::from(self.limits.max_listing_pages);
                entries.cut(StoreError::TooLarge { target, limit, unit: "pages" });
                break;
            }
            pages = pages.saturating_add(1);
            page = match self.page(repository, &next, &target, deadline).await {
                Ok(Answer::Found(found)) => *found,
                Ok(Answer::Absent(_)) => {
                    entries.cut(malformed(&target, "the next page is not there"));
                    break;
                }
                Err(error) => {
                    entries.cut(error);
                    break;
                }
            };
        }
        let Entries { descriptors, incomplete, .. } = entries;
        Ok(Listing { descriptors, found_by: FoundBy::ReferrersApi, incomplete })
    }

    async fn by_tag(
        &self,
        repository: &Repository,
        digest: &Digest,
        deadline: Deadline,
    ) -> Result<Listing, Arc<StoreError>> {
        let tag = Selector::Tag(digest.tag_schema().into());
        let target = format!("{repository}:{tag}");
        let mut entries = Entries::new(self.limits.max_referrers);
        match self.manifest(repository, &tag, deadline).await {
            Ok(fetched) => {
                if let Err(error) = entries.add(&fetched.bytes, &fetched.media_type, &target) {
                    entries.cut(error);
                }
            }
            Err(error) if matches!(*error, StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let Entries { descriptors, incomplete, .. } = entries;
        Ok(Listing { descriptors, found_by: FoundBy::ReferrersTag, incomplete })
    }
}

fn malformed(target: &str, problem: &str) -> StoreError {
    StoreError::Malformed { target: target.to_owned(), problem: problem.to_owned(), source: None }
}

/// The address of the next page. It must be a page of referrers where this one was: anything
/// else would have us fetch what a stranger chooses.
fn next_page(page: &Found) -> Result<Option<Url>, &'static str> {
    const BAD: &str = "a Link header that cannot be read";
    let mut headers = Vec::new();
    for value in page.headers.get_all(LINK) {
        headers.push(value.to_str().map_err(|_| BAD)?);
    }
    let Some(next) = link::next(headers.into_iter()).map_err(|_| BAD)? else { return Ok(None) };
    let mut next = page.url.join(&next).map_err(|_| BAD)?;
    next.set_fragment(None);
    let prefix = page.url.path().rsplit_once("/referrers/").map_or("", |(before, _)| before);
    let below = next.path().strip_prefix(prefix).is_some_and(|p| p.starts_with("/referrers/"));
    let unnamed = next.username().is_empty() && next.password().is_none();
    if same_origin(&page.url, &next) && !prefix.is_empty() && below && unnamed {
        Ok(Some(next))
    } else {
        Err("the next page is not a page of referrers in the same place")
    }
}
