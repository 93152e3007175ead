//! What a registry may do instead of answering properly.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use std::time::Duration;

/// One misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing ever comes.
    Hang,
    /// Half the body comes, then nothing.
    HangMidBody,
    /// The body comes a byte at a time, with this pause between.
    Drip(Duration),
    /// The connection closes in the middle of the body.
    Truncate,
    /// A status, with `Retry-After` in seconds where one is given.
    Status(u16, Option<u64>),
    /// A page of HTML where JSON is due, with status 200.
    Html,
    /// The right length, other bytes.
    WrongBytes,
    /// More bytes than are announced elsewhere.
    Oversize,
    /// An answer that is right, but late.
    Late(Duration),
}

/// Decides what befalls a request, by its path and its number.
pub type Faults = Box<dyn Fn(&str, u64) -> Option<Fault> + Send + Sync>;

/// Makes of a proper answer what the fault makes of it.
pub(crate) async fn apply(fault: Fault, content_type: &str, body: Bytes) -> Response<Body> {
    let length = body.len();
    let answer = |body: Body, length: Option<usize>| {
        let mut response = Response::new(body);
        let value = HeaderValue::from_str(content_type).expect("a content type");
        response.headers_mut().insert(header::CONTENT_TYPE, value);
        if let Some(length) = length {
            response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        }
        response
    };
    let half = body.slice(..length / 2);
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::HangMidBody => {
            let start = stream::once(async move { Ok::<_, std::io::Error>(half) });
            answer(Body::from_stream(start.chain(stream::pending())), Some(length))
        }
        Fault::Drip(pause) => {
            let drops = stream::iter(body).then(move |byte| async move {
                tokio::time::sleep(pause).await;
                Ok::<_, std::io::Error>(Bytes::copy_from_slice(&[byte]))
            });
            answer(Body::from_stream(drops), Some(length))
        }
        Fault::Truncate => {
            let broken = stream::iter([Ok(half), Err(std::io::Error::other("cut"))]);
            answer(Body::from_stream(broken), Some(length))
        }
        Fault::Status(status, retry_after) => {
            let mut response = Response::new(Body::from("no"));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
        Fault::Html => {
            let mut response = Response::new(Body::from("<html><body>Sign in</body></html>"));
            let html = HeaderValue::from_static("text/html");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            response
        }
        Fault::WrongBytes => answer(Body::from(vec![b'x'; length]), None),
        Fault::Oversize => {
            let mut bytes = body.to_vec();
            bytes.resize(length + 8 * 1024 * 1024, b' ');
            answer(Body::from(bytes), None)
        }
        Fault::Late(pause) => {
            tokio::time::sleep(pause).await;
            answer(Body::from(body), None)
        }
    }
}
