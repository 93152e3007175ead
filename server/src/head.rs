//! What HTTP itself asks of the head of a request, before anybody looks at the path: one host (RFC
//! 9112, section 3.2), and no expectation that nobody here meets (RFC 9110, section 10.1.1).
//!
//! A proxy and a server that take different ones of two hosts see different requests.

use crate::reply::{self, Reply};
use axum::http::header::{CONNECTION, EXPECT, HOST};
use axum::http::{HeaderValue, Method, Request, StatusCode, Version};

/// How Go's HTTP library, and so OPA, writes what is wrong with a request.
const PLAIN: &str = "text/plain; charset=utf-8";

/// The answer to a request that HTTP does not allow, or that is about no path at all. Where it is
/// refused the connection ends with it.
pub(crate) fn answered<B>(request: &Request<B>) -> Option<Reply> {
    let whole = request.uri().path() == "*";
    if whole && request.method() == Method::OPTIONS {
        return Some(reply::empty(StatusCode::OK));
    }
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    // Since HTTP/2 there is `:authority` besides.
    let wanted = request.version() == Version::HTTP_11;
    let mut answer = match (hosts.next(), hosts.next()) {
        (None, _) if wanted => {
            let told = "400 Bad Request: missing required Host header";
            reply::with_body(StatusCode::BAD_REQUEST, PLAIN, told)
        }
        (_, Some(_)) => reply::with_body(StatusCode::BAD_REQUEST, PLAIN, "400 Bad Request"),
        _ if whole => reply::empty(StatusCode::BAD_REQUEST),
        _ => {
            let expected = headers.get(EXPECT).filter(|expected| !expected.is_empty())?;
            let mut expected = expected.as_bytes().split(|byte| *byte == b',');
            if expected.any(|one| one.trim_ascii().eq_ignore_ascii_case(b"100-continue")) {
                return None;
            }
            reply::empty(StatusCode::EXPECTATION_FAILED)
        }
    };
    if request.version() < Version::HTTP_2 {
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_one_host_and_expects_nothing_else_than_to_go_on() {
        let status = |method: &str, target: &str, version, fields: &[(&str, &str)]| {
            let request = Request::builder().method(method).uri(target).version(version);
            let with = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
                request.header(*name, *value)
            };
            let request = fields.iter().fold(request, with).body(()).unwrap();
            answered(&request).map(|answer| (answer.status().as_u16(), answer.body().len()))
        };
        let (host, h1, h2) = (("host", "a"), Version::HTTP_11, Version::HTTP_2);
        assert_eq!(status("GET", "/", h1, &[host]), None);
        assert_eq!(status("GET", "/", h1, &[]), Some((400, 45)));
        assert_eq!(status("GET", "/", Version::HTTP_10, &[]), None);
        assert_eq!(status("GET", "/", h2, &[]), None);
        for version in [h1, h2, Version::HTTP_10] {
            assert_eq!(status("GET", "/", version, &[host, ("host", "b")]), Some((400, 15)));
        }
        for expected in ["100-Continue", "x, 100-continue", ""] {
            assert_eq!(status("POST", "/", h1, &[host, ("expect", expected)]), None);
        }
        assert_eq!(status("POST", "/", h1, &[host, ("expect", "x")]), Some((417, 0)));
        assert_eq!(status("OPTIONS", "*", h1, &[host]), Some((200, 0)));
        assert_eq!(status("GET", "*", h1, &[host]), Some((400, 0)));
    }
}
