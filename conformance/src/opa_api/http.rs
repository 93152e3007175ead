//! HTTP/1.1 as a suite needs it: what a case says is sent byte for byte, and what comes back is
//! told as it came.
//!
//! A library's client would mend what the suite is about: it escapes paths, follows redirections,
//! adds fields and unpacks bodies. Here only the head of an answer is left to a library. Every
//! answer is bounded in bytes and time. Nothing is sent again but where a kept connection turns out
//! to be closed before the first byte of an answer.

mod answer;

pub use answer::Answer;

use answer::Reader;
use std::fmt;
use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a server may take for each step of an answer. OPA's slowest answers here take well
/// under a second on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// A request as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wire {
    /// The method.
    pub(super) method: String,
    /// The target of the request line: path and query as they are written.
    pub(super) target: String,
    /// Fields besides `Host` and `Content-Length`.
    pub(super) headers: Vec<(String, String)>,
    /// The body.
    pub(super) body: Vec<u8>,
    /// Whether the body is sent in chunks, without its length.
    pub(super) chunked: bool,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// Nothing listens there.
    Refused,
    /// The connection ended before an answer was complete: a server does so where its handler
    /// panics.
    Closed,
    /// Nothing came for as long as a step of an answer may take.
    Late,
    /// What came is no HTTP, or more than may be.
    Malformed,
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "nothing listens there any more",
            Self::Closed => "the connection was closed without an answer",
            Self::Late => "no answer in time",
            Self::Malformed => "what was answered is no HTTP",
        })
    }
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Late,
            io::ErrorKind::InvalidData => Self::Malformed,
            _ => Self::Closed,
        }
    }
}

/// A client of one server, over one connection that is kept open.
#[derive(Debug)]
pub(super) struct Client {
    address: SocketAddr,
    host: String,
    open: Option<Reader>,
}

impl Client {
    /// A client; nothing is connected yet. `host` is what `Host` says.
    pub(super) fn new(address: SocketAddr, host: String) -> Self {
        Self { address, host, open: None }
    }

    /// Sends a request and reads the whole answer.
    pub(super) fn send(&mut self, wire: &Wire) -> Result<Answer, NoAnswer> {
        let kept = self.open.take();
        let was_kept = kept.is_some();
        let first = match kept {
            Some(open) => self.exchange(open, wire),
            None => self.connect().and_then(|open| self.exchange(open, wire)),
        };
        match first {
            // A server may close a connection that was idle.
            Err(NoAnswer::Closed) if was_kept => {
                let open = self.connect()?;
                self.exchange(open, wire)
            }
            other => other,
        }
    }

    fn connect(&self) -> Result<Reader, NoAnswer> {
        let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Reader::new(stream))
    }

    fn exchange(&mut self, mut open: Reader, wire: &Wire) -> Result<Answer, NoAnswer> {
        let text = self.text(wire);
        // A server may answer, and close, before it has read the whole of a body that is too large.
        let written = open.stream().write_all(&text);
        let (answer, stays_open) = match open.answer(&wire.method) {
            Ok(answered) => answered,
            Err(error) => {
                written?;
                return Err(error.into());
            }
        };
        if stays_open && written.is_ok() {
            self.open = Some(open);
        }
        Ok(answer)
    }

    fn text(&self, wire: &Wire) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", wire.method, wire.target).into_bytes();
        let mut field = |name: &str, value: &str| {
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.as_bytes());
            text.extend_from_slice(b"\r\n");
        };
        field("Host", &self.host);
        for (name, value) in &wire.headers {
            field(name, value);
        }
        if wire.chunked {
            field("Transfer-Encoding", "chunked");
        } else if !wire.body.is_empty() || !matches!(wire.method.as_str(), "GET" | "HEAD") {
            field("Content-Length", &wire.body.len().to_string());
        }
        text.extend_from_slice(b"\r\n");
        if wire.chunked {
            for chunk in wire.body.chunks(1_000) {
                text.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                text.extend_from_slice(chunk);
                text.extend_from_slice(b"\r\n");
            }
            text.extend_from_slice(b"0\r\n\r\n");
        } else {
            text.extend_from_slice(&wire.body);
        }
        text
    }
}
