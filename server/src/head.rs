//! What HTTP itself asks of the head of a request, before anybody looks at the path: one host that
//! can be one (RFC 9112, section 3.2), a target that has a path, no coding of the transfer but
//! `chunked`, once (section 6.1), and no expectation that nobody here meets (RFC 9110, section
//! 10.1.1). What is refused, and how, is as Go's HTTP library has it.
//!
//! A proxy and a server that take different ones of two hosts, or different ends of a body, see
//! different requests.

use crate::reply::{self, Reply};
use axum::http::header::{CONNECTION, COOKIE, EXPECT, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version};

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
    let bad = |told: &'static str| reply::with_body(StatusCode::BAD_REQUEST, PLAIN, told);
    let mut answer = match (hosts.next(), hosts.next()) {
        _ if !is_read(headers) => {
            let told = "Unsupported transfer encoding";
            reply::with_body(StatusCode::NOT_IMPLEMENTED, PLAIN, told)
        }
        _ if !has_path(request.method(), request.uri()) => bad("400 Bad Request"),
        (None, _) if wanted => bad("400 Bad Request: missing required Host header"),
        (_, Some(_)) => bad("400 Bad Request"),
        (Some(host), _) if !host.as_bytes().iter().copied().all(may_name_a_host) => {
            bad("400 Bad Request: malformed Host header")
        }
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

/// Whether the coding of the transfer is one that is taken away here: none, or `chunked`. The last
/// coding alone says where a body ends; what others did to it nobody here undoes.
fn is_read(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        _ => false,
    }
}

/// Whether a target is one of a server (RFC 9112, section 3.2): a path or a whole URL, and not a
/// name alone, which only CONNECT asks for. The port of a URL is a number.
fn has_path(method: &Method, target: &Uri) -> bool {
    let Some(authority) = target.authority().filter(|_| method != Method::CONNECT) else {
        return true;
    };
    let place = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, place)| place);
    let port = place.strip_prefix(authority.host()).and_then(|rest| rest.strip_prefix(':'));
    let is_number = port.unwrap_or_default().bytes().all(|byte| byte.is_ascii_digit());
    target.scheme().is_some() && is_number
}

/// What can stand in `host` and `port` (RFC 3986, section 3.2).
fn may_name_a_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%:[]".contains(&byte)
}

/// Puts the pieces of a cookie together again, which HTTP/2 may bring one by one (RFC 9113, section
/// 8.2.3): who reads it is to see one list.
pub(crate) fn join_cookies<B>(request: &mut Request<B>) {
    if request.version() != Version::HTTP_2 {
        return;
    }
    let headers = request.headers_mut();
    let pieces: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if pieces.len() < 2 {
        return;
    }
    // Made of values it is one.
    if let Ok(whole) = HeaderValue::from_bytes(&pieces.join(&b"; "[..])) {
        headers.insert(COOKIE, whole);
    }
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
        for target in ["health", "health:80"] {
            assert_eq!(status("GET", target, h1, &[host]), Some((400, 15)), "{target}");
            assert_eq!(status("CONNECT", target, h1, &[host]), None, "{target}");
        }
        for target in ["http://x/health", "http://u:p@[::1]:80/health", "http://x:/health"] {
            assert_eq!(status("GET", target, h1, &[host]), None, "{target}");
        }
        assert_eq!(status("GET", "http://x:y/health", h1, &[host]), Some((400, 15)));
        assert_eq!(status("GET", "https://x/health", h2, &[]), None);
    }

    #[test]
    fn a_host_is_made_of_the_characters_of_one() {
        let told = |version, value: &str| {
            let request = Request::builder().uri("/").version(version).header(HOST, value);
            answered(&request.body(()).unwrap()).map(|answer| answer.body().len())
        };
        for version in [Version::HTTP_11, Version::HTTP_10, Version::HTTP_2] {
            for host in ["", "a", "a:1", "[::1]:8", "a_b", "a,b", "a%b", "a=;$&!*+()'~"] {
                assert_eq!(told(version, host), None, "{host}");
            }
            let refused = "400 Bad Request: malformed Host header".len();
            for host in ["a b", "a/b", "a@b", "a?b", "a#b", "a\\b", "a|b", "a{b", "a\tb", "a\"b"] {
                assert_eq!(told(version, host), Some(refused), "{host}");
            }
        }
    }

    #[test]
    fn the_pieces_of_a_cookie_are_one_cookie_in_http_2() {
        let cookies = |version| {
            let request = Request::builder().version(version).header("cookie", "a=1");
            let mut request =
                request.header("x", "y").header("cookie", "b=2; c=3").body(()).unwrap();
            join_cookies(&mut request);
            let cookies = request.headers().get_all(COOKIE).iter();
            cookies.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(cookies(Version::HTTP_2), ["a=1; b=2; c=3"]);
        assert_eq!(cookies(Version::HTTP_11), ["a=1", "b=2; c=3"]);
    }
}
