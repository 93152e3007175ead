//! Reading the body of a request: bounded in bytes and in time.

use axum::body::{Body, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use bytes::{Bytes, BytesMut};
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

/// How long, and how many times the limit, a body that is too large is read on and thrown away.
/// A connection that is closed with bytes unread is reset, and the reset overtakes the answer.
const DISCARD_TIME: Duration = Duration::from_millis(500);
const DISCARD_TIMES: usize = 4;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the request body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the request body did not come in within {} ms", within.as_millis())]
    Slow { within: Duration },
    #[error("the request body broke off")]
    Broken(#[source] axum::Error),
}

/// Reads a body to its end.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    within: Duration,
) -> Result<Bytes, BodyError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .and_then(|length| usize::try_from(length).ok());
    let too_large = announced.is_some_and(|length| length > limit);
    let read = if too_large {
        Err(BodyError::TooLarge { limit })
    } else {
        match tokio::time::timeout(within, to_end(&mut body, limit)).await {
            Ok(read) => read,
            Err(_) => return Err(BodyError::Slow { within }),
        }
    };
    // A client that waits for leave to send has sent nothing that could be in the way.
    if matches!(read, Err(BodyError::TooLarge { .. })) && !headers.contains_key(EXPECT) {
        let discard = discard(&mut body, limit.saturating_mul(DISCARD_TIMES));
        // Whether it came to the end or not, the answer is the same.
        let _ended = tokio::time::timeout(DISCARD_TIME, discard).await;
    }
    read
}

async fn to_end(body: &mut Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut whole = Bytes::new();
    let mut grown = BytesMut::new();
    while let Some(bytes) = next(body).await? {
        if bytes.len().saturating_add(whole.len()).saturating_add(grown.len()) > limit {
            return Err(BodyError::TooLarge { limit });
        }
        // Most bodies come in one piece, which is then not copied.
        if whole.is_empty() && grown.is_empty() {
            whole = bytes;
        } else {
            grown.extend_from_slice(&std::mem::take(&mut whole));
            grown.extend_from_slice(&bytes);
        }
    }
    Ok(if grown.is_empty() { whole } else { grown.freeze() })
}

async fn discard(body: &mut Body, limit: usize) {
    let mut discarded = 0usize;
    while let Ok(Some(bytes)) = next(body).await {
        discarded = discarded.saturating_add(bytes.len());
        if discarded > limit {
            break;
        }
    }
}

/// The next piece of data; `None` at the end. Trailers are passed over.
async fn next(body: &mut Body) -> Result<Option<Bytes>, BodyError> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            None => return Ok(None),
            Some(Err(error)) => return Err(BodyError::Broken(error)),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Ok(Some(bytes));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn pieces(pieces: &'static [&'static str]) -> Body {
        Body::from_stream(stream::iter(pieces.iter().map(|p| Ok::<_, std::io::Error>(*p))))
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_put_together() {
        let within = Duration::from_secs(1);
        let headers = HeaderMap::new();
        for (body, expected) in [
            (pieces(&["ab", "", "c", "d"]), "abcd"),
            (pieces(&["abcd"]), "abcd"),
            (pieces(&[]), ""),
        ] {
            assert_eq!(read(&headers, body, 4, within).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused_announced_or_not() {
        let within = Duration::from_secs(1);
        let error = read(&HeaderMap::new(), pieces(&["abc", "de"]), 4, within).await.unwrap_err();
        assert_eq!(error.to_string(), "the request body is larger than 4 bytes");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, 5.into());
        let error = read(&headers, pieces(&["abcde"]), 4, within).await.unwrap_err();
        assert!(matches!(error, BodyError::TooLarge { limit: 4 }));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let within = Duration::from_millis(50);
        let error = read(&HeaderMap::new(), body, 4, within).await.unwrap_err();
        assert_eq!(error.to_string(), "the request body did not come in within 50 ms");
    }
}
