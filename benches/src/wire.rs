//! A client that costs next to nothing: one request, written beforehand, over a connection that is
//! kept open. On a machine of few cores a client's own time would else be most of what is measured.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection and what was read of the last answer.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the body of the last answer started and ended: the same question is mostly answered
    /// at the same length, and then its head is not read again.
    last: (usize, usize),
}

/// A POST with a JSON body, as bytes.
#[must_use]
pub fn post(path: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, "application/json", body)
}

/// A PUT of a policy, as bytes.
#[must_use]
pub fn put(path: &str, body: &[u8]) -> Vec<u8> {
    request("PUT", path, "text/plain", body)
}

fn request(method: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

impl Wire {
    /// Connects.
    ///
    /// # Panics
    /// Where nothing listens.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a server listens");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, buffer: Vec::with_capacity(1 << 16), last: (0, 0) }
    }

    /// Sends a request and reads the whole answer; the body stays valid until the next.
    ///
    /// # Panics
    /// Where the connection breaks or the answer is not of status 200: the servers here are not
    /// supposed to.
    pub async fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).await.expect("an open connection");
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.expect("an answer");
            assert!(read > 0, "the connection was closed");
            if let Some(start) = as_last(&self.buffer, self.last).or_else(|| complete(&self.buffer))
            {
                assert!(
                    self.buffer.starts_with(b"HTTP/1.1 200 "),
                    "{}",
                    String::from_utf8_lossy(&self.buffer)
                );
                self.last = (start, self.buffer.len());
                return &self.buffer[start..];
            }
        }
    }
}

/// Where the body starts, if the answer has the lengths of the last one.
fn as_last(answer: &[u8], (start, end): (usize, usize)) -> Option<usize> {
    (answer.len() == end && answer[..start].ends_with(b"\r\n\r\n")).then_some(start)
}

/// A body out of its chunks, if it came in chunks (RFC 9112, section 7.1).
#[must_use]
pub fn joined(body: &[u8]) -> Vec<u8> {
    let mut joined = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = std::str::from_utf8(&rest[..at]).ok();
        let Some(length) = length.and_then(|text| usize::from_str_radix(text, 16).ok()) else {
            return body.to_vec();
        };
        let Some(chunk) = rest.get(at + 2..at + 2 + length) else { return body.to_vec() };
        joined.extend_from_slice(chunk);
        if length == 0 {
            return joined;
        }
        rest = rest.get(at + 4 + length..).unwrap_or_default();
    }
    body.to_vec()
}

/// Where the body starts, once the answer is whole. A body in chunks is whole where the last chunk
/// stands at its end; it is not taken apart.
fn complete(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).ok()?.to_ascii_lowercase();
    if let Some((_, rest)) = head.split_once("content-length: ") {
        let length: usize = rest.split("\r\n").next()?.parse().ok()?;
        return (answer.len() >= end + length).then_some(end);
    }
    let whole = head.contains("transfer-encoding: chunked") && answer.ends_with(b"0\r\n\r\n");
    whole.then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_put_together_from_its_chunks() {
        assert_eq!(joined(b"3\r\nabc\r\n2\r\n\r\n\r\n0\r\n\r\n"), b"abc\r\n");
        assert_eq!(joined(b"{\"result\": 1}\n"), b"{\"result\": 1}\n");
    }

    #[test]
    fn an_answer_is_whole_with_its_length_or_its_last_chunk() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(complete(&[&head[..], b"h"].concat()), None);
        assert_eq!(complete(&[&head[..], b"hi"].concat()), Some(head.len()));
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(complete(&[&head[..], b"2\r\nhi\r\n"].concat()), None);
        assert_eq!(complete(&[&head[..], b"2\r\nhi\r\n0\r\n\r\n"].concat()), Some(head.len()));
        assert_eq!(complete(b"HTTP/1.1 200"), None);
    }
}
