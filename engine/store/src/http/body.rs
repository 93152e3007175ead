//! Bodies: read through a cap, with the announced length held against what comes.

use super::deadline::{Deadline, Fault};
use crate::error::StoreError;
use crate::files::length;
use crate::pieces::Pieces;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// How much is set aside before anything came, whatever a server announces.
const FIRST_CAPACITY: u64 = 64 * 1024;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`StoreError::TooLarge`] before reading where a larger length is announced, and as soon as
/// more came; [`StoreError::SizeMismatch`] where the connection ended before the announced
/// length; [`StoreError::Timeout`] where it fell silent.
pub(crate) async fn read(
    mut response: reqwest::Response,
    limit: u64,
    silence: Duration,
    deadline: Deadline,
    target: &str,
) -> Result<Bytes, Fault> {
    let too_large = || StoreError::TooLarge { target: target.to_owned(), limit, unit: "bytes" };
    let announced = response.content_length();
    if announced.is_some_and(|announced| announced > limit) {
        return Err(too_large().into());
    }
    let capacity = announced.unwrap_or(0).min(FIRST_CAPACITY);
    let mut body = Vec::with_capacity(usize::try_from(capacity).unwrap_or(0));
    loop {
        let piece = deadline
            .within(target, "reading the body", silence, response.chunk())
            .await?
            .map_err(|error| broken(error, announced, length(&body), target))?;
        let Some(piece) = piece else { break };
        if length(&body).saturating_add(length(&piece)) > limit {
            return Err(too_large().into());
        }
        body.extend_from_slice(&piece);
    }
    Ok(Bytes::from(body))
}

/// The pieces of a body, as they come.
pub(super) fn pieces(
    response: reqwest::Response,
    silence: Duration,
    deadline: Deadline,
    target: String,
    permit: OwnedSemaphorePermit,
) -> Pieces {
    let announced = response.content_length();
    // The place among the requests to the host is given back with the last piece.
    let start = (response, 0u64, target, permit);
    stream::try_unfold(start, move |(mut response, found, target, permit)| async move {
        let piece = deadline
            .within(&target, "reading the body", silence, response.chunk())
            .await?
            .map_err(|error| broken(error, announced, found, &target))?;
        Ok(piece.map(|piece| {
            let found = found.saturating_add(length(&piece));
            (piece, (response, found, target, permit))
        }))
    })
    .boxed()
}

fn broken(error: reqwest::Error, announced: Option<u64>, found: u64, target: &str) -> Fault {
    let target = target.to_owned();
    // The library reports an early end as a body error; with a length announced we know better.
    Fault::passing(match announced {
        Some(expected) if found < expected => StoreError::SizeMismatch { target, expected, found },
        // The address may hold a signature that is as good as a password.
        _ => StoreError::Connection { target, source: Box::new(error.without_url()) },
    })
}

/// Whether an answer is a page for people: what proxies, captive portals and log-in walls send
/// in place of what was asked for.
pub(crate) fn is_html(content_type: &str, body: &[u8]) -> bool {
    if matches!(content_type, "text/html" | "application/xhtml+xml") {
        return true;
    }
    // Neither JSON nor a one-line message starts so.
    body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_for_people_are_known_by_type_or_by_their_first_character() {
        assert!(is_html("text/html", b""));
        assert!(is_html("text/plain", b"\n <!doctype html>"));
        assert!(!is_html("text/plain", b"404 page not found\n"));
        assert!(!is_html("application/json", b"{}"));
        assert!(!is_html("", b""));
    }
}
