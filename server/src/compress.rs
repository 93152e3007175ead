//! Bodies under gzip (RFC 1952), in and out, as OPA takes and gives them.

use crate::reply::Reply;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderValue};
use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, Read as _, Write as _};

/// Whether a body comes under gzip; other encodings are nothing to OPA, which reads on as if they
/// were not named.
pub(crate) fn is_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    named.is_some_and(|named| named.contains("gzip"))
}

/// Whether a body comes in any encoding at all.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|value| value != "identity")
}

/// Why a body under gzip cannot be read, in Go's words where it has some.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("gzip payload too large")]
    TooLarge,
    /// There is nothing.
    #[error("EOF")]
    Empty,
    #[error("unexpected EOF")]
    Cut,
    #[error("gzip: invalid header")]
    Header,
    #[error("gzip: {0}")]
    Broken(#[source] io::Error),
}

/// Unpacks a body, to no more than so many bytes. What stands behind one member is another (RFC
/// 1952, section 2.2).
pub(crate) fn unpacked(packed: &[u8], limit: usize) -> Result<Bytes, UnpackError> {
    if packed.is_empty() {
        return Err(UnpackError::Empty);
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut out = Vec::with_capacity(packed.len().saturating_mul(2).min(limit));
    let mut rest = packed;
    while !rest.is_empty() && out.len() <= limit {
        let have = u64::try_from(out.len()).unwrap_or(u64::MAX);
        let mut member = GzDecoder::new(&mut rest);
        let read = (&mut member).take(most.saturating_sub(have)).read_to_end(&mut out);
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(UnpackError::Cut);
            }
            Err(_) if member.header().is_none() => return Err(UnpackError::Header),
            Err(error) => return Err(UnpackError::Broken(error)),
        }
    }
    if out.len() > limit { Err(UnpackError::TooLarge) } else { Ok(out.into()) }
}

/// Whether an answer may come under gzip, by OPA's rule.
fn is_accepted(headers: &HeaderMap) -> bool {
    let Some(accepted) = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let mut parts = accepted.split(',').map(str::trim);
    parts.any(|part| part == "gzip" || part.starts_with("gzip;"))
}

/// Whether answers to this request come under gzip.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    is_accepted(headers)
}

/// An answer that depends on what the caller accepts, packed where it is `wanted` and long enough.
pub(crate) fn packed(mut reply: Reply, wanted: bool, min_length: usize, level: u32) -> Reply {
    reply.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if !wanted || reply.body().is_empty() || reply.body().len() < min_length {
        return reply;
    }
    gzipped(reply, level)
}

/// An answer under gzip.
pub(crate) fn gzipped(mut reply: Reply, level: u32) -> Reply {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    let body = encoder.write_all(reply.body()).and_then(|()| encoder.finish());
    // Writing to memory does not fail; were it to, the answer goes as it is.
    if let Ok(body) = body {
        *reply.body_mut() = body.into();
        reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_within_its_limit() {
        let text = "a".repeat(10_000);
        let reply = Reply::new(text.clone().into());
        let packed = packed(reply, true, 1_024, 9);
        assert!(packed.body().len() < 200);
        assert_eq!(unpacked(packed.body(), 10_000).unwrap(), text);
        assert_eq!(
            unpacked(packed.body(), 9_999).unwrap_err().to_string(),
            "gzip payload too large"
        );
        let twice = [packed.body().as_ref(), packed.body().as_ref()].concat();
        assert_eq!(unpacked(&twice, 20_000).unwrap().len(), 20_000);
        assert!(matches!(unpacked(&twice, 19_999), Err(UnpackError::TooLarge)));
        let mut altered = packed.body().to_vec();
        *altered.last_mut().unwrap() ^= 1;
        assert!(matches!(unpacked(&altered, 10_000), Err(UnpackError::Broken(_))));
    }

    #[test]
    fn what_is_no_gzip_is_told_in_gos_words() {
        let whole = packed(Reply::new("text".into()), true, 0, 9).into_body();
        let rubbish = [whole.as_ref(), b"rubbish and more"].concat();
        for (body, told) in [
            (&b""[..], "EOF"),
            (b"\x1f", "unexpected EOF"),
            (whole.get(..whole.len() / 2).unwrap(), "unexpected EOF"),
            (b"{\"input\": 1}", "gzip: invalid header"),
            (&rubbish, "gzip: invalid header"),
        ] {
            assert_eq!(unpacked(body, 100).unwrap_err().to_string(), told, "{body:?}");
        }
    }

    #[test]
    fn an_answer_is_packed_where_the_caller_takes_it_and_it_is_worth_it() {
        for (accepted, taken) in
            [("gzip", true), ("br, gzip;q=0.5", true), ("*/*", false), ("gzipped", false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(wanted(&headers), taken, "{accepted}");
        }
        let short = packed(Reply::new("{}\n".into()), true, 1_024, 9);
        assert_eq!(short.body(), "{}\n");
        assert_eq!(short.headers()[VARY], "Accept-Encoding");
        assert!(!short.headers().contains_key(CONTENT_ENCODING));
    }
}
