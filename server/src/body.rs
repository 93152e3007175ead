//! Reading the body of a request: bounded in bytes, and in time by how it moves.

use crate::pace::{Lag, Steady};
use axum::body::{Body, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use bytes::{Bytes, BytesMut};
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// How long, and how many times the limit, a body that is too large is read on and thrown away.
/// A connection that is closed with bytes unread is reset, and the reset overtakes the answer.
const DISCARD_TIME: Duration = Duration::from_millis(500);
const DISCARD_TIMES: usize = 4;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the request body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("nothing came of the request body for {} ms", pause.as_millis())]
    Paused { pause: Duration },
    #[error("the request body comes too slowly: {bytes} bytes in {} ms", within.as_millis())]
    Slow { bytes: usize, within: Duration },
    #[error("the request body broke off")]
    Broken(#[source] axum::Error),
}

/// Reads a body to its end. It may pause so long, and has to come at a least rate ([`Steady`]).
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limit: usize,
    pause: Duration,
) -> Result<Bytes, BodyError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .and_then(|length| usize::try_from(length).ok());
    let too_large = announced.is_some_and(|length| length > limit);
    let read = if too_large {
        Err(BodyError::TooLarge { limit })
    } else {
        to_end(&mut body, limit, pause).await
    };
    // A client that waits for leave to send has sent nothing that could be in the way.
    if matches!(read, Err(BodyError::TooLarge { .. })) && !headers.contains_key(EXPECT) {
        let discard = discard(&mut body, limit.saturating_mul(DISCARD_TIMES));
        // Whether it came to the end or not, the answer is the same.
        let _ended = tokio::time::timeout(DISCARD_TIME, discard).await;
    }
    read
}

async fn to_end(body: &mut Body, limit: usize, pause: Duration) -> Result<Bytes, BodyError> {
    let mut whole = Bytes::new();
    let mut grown = BytesMut::new();
    let (steady, begun) = (Steady::begin(pause), Instant::now());
    let mut length = 0usize;
    loop {
        let next = steady.next(length, next(body)).await.map_err(|lag| match lag {
            Lag::Paused => BodyError::Paused { pause },
            Lag::Trickled => BodyError::Slow { bytes: length, within: begun.elapsed() },
        })?;
        let Some(bytes) = next? else { break };
        length = length.saturating_add(bytes.len());
        if length > limit {
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

    const PAUSE: Duration = Duration::from_secs(5);

    /// So many pieces, with a rest before each.
    fn resting(rest: Duration, pieces: usize, piece: &'static str) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            tokio::time::sleep(rest).await;
            (sent < pieces).then_some((Ok::<_, std::io::Error>(piece), sent + 1))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let body = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let pause = Duration::from_millis(50);
        let error = read(&HeaderMap::new(), body, 4, pause).await.unwrap_err();
        assert_eq!(error.to_string(), "nothing came of the request body for 50 ms");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_slow_and_steady_is_read_however_long_it_takes() {
        // A small one that rests, and a large one at just over the least rate, for minutes.
        let small = resting(Duration::from_secs(1), 8, "x");
        let read_small = read(&HeaderMap::new(), small, 100, PAUSE).await.unwrap();
        assert_eq!(read_small.len(), 8);
        let (large, begun) =
            (resting(Duration::from_secs(4), 100, &TEXT[..17 * 1024]), Instant::now());
        let read_large = read(&HeaderMap::new(), large, 4 << 20, PAUSE).await.unwrap();
        assert_eq!(read_large.len(), 1_700 * 1024);
        assert!(begun.elapsed() >= Duration::from_secs(400));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_pauses_too_long_is_given_up_whatever_came_before() {
        let begun = Instant::now();
        let first = stream::iter([Ok::<_, std::io::Error>(&TEXT[..])]);
        let body = Body::from_stream(futures_util::StreamExt::chain(first, stream::pending()));
        let error = read(&HeaderMap::new(), body, 4 << 20, PAUSE).await.unwrap_err();
        assert!(matches!(error, BodyError::Paused { pause: PAUSE }), "{error}");
        assert_eq!(begun.elapsed(), PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_in_is_given_up_in_bounded_time() {
        for rest in [4_000, 1_000, 100].map(Duration::from_millis) {
            let begun = Instant::now();
            let body = resting(rest, usize::MAX, "x");
            let error = read(&HeaderMap::new(), body, 1 << 20, PAUSE).await.unwrap_err();
            assert!(matches!(error, BodyError::Slow { .. }), "{error}");
            assert!(begun.elapsed() <= PAUSE * 5, "{rest:?}: {:?}", begun.elapsed());
        }
    }

    static TEXT: &str = match std::str::from_utf8(&[b'x'; 20 * 1024]) {
        Ok(text) => text,
        Err(_) => "",
    };
}
