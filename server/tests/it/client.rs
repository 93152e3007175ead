//! A client that sends exactly what it is told to and reads one answer at a time.

use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    host: SocketAddr,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Status, code and message of an error.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(self.body.starts_with("{\n  \"code\"") && self.body.ends_with("}\n"), "{self:?}");
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        (self.status, text("code"), text("message"))
    }
}

impl Client {
    pub(crate) async fn connect(host: SocketAddr) -> Self {
        let stream = TcpStream::connect(host).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new(), host }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends a request with a body, as `curl -d` would.
    pub(crate) async fn ask(&mut self, head: &str, headers: &[&str], body: &str) -> Answer {
        let request = self.request(head, headers, body);
        self.send(request.as_bytes()).await;
        self.answer().await.unwrap()
    }

    pub(crate) fn request(&self, head: &str, headers: &[&str], body: &str) -> String {
        let mut text = format!("{head} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for header in headers {
            text.push_str(&format!("{header}\r\n"));
        }
        if ["POST", "PUT", "PATCH"].iter().any(|m| head.starts_with(m)) || !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        text
    }

    /// Reads one answer; `None` where the connection closes first.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if !self.fill().await {
                return None;
            }
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, value)| value.parse().unwrap());
        while self.buffer.len() < length {
            assert!(self.fill().await, "the connection closed in the middle of a body");
        }
        let body: Vec<u8> = self.buffer.drain(..length).collect();
        let body = String::from_utf8_lossy(&body).into_owned();
        Some(Answer { status, headers, body })
    }

    async fn fill(&mut self) -> bool {
        self.stream.read_buf(&mut self.buffer).await.is_ok_and(|read| read > 0)
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], "").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Answer {
        self.ask(&format!("POST {path}"), &["Content-Type: application/json"], body).await
    }

    pub(crate) async fn verify(&mut self, body: &Value) -> Answer {
        self.post("/v1/verify", &body.to_string()).await
    }
}
