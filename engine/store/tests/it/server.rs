//! A small HTTP server that does exactly what a test tells it to, badly where it should.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// How many requests with this path came before.
    pub(crate) before: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// One thing the server does.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    Hang,
}

/// What the server does about a request; then it closes the connection.
pub(crate) type Script = Vec<Step>;

pub(crate) type Handler = Arc<dyn Fn(&Request) -> Script + Send + Sync>;

pub(crate) struct Server {
    /// `127.0.0.1:port`.
    pub(crate) host: String,
    log: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(
        handler: impl Fn(&Request) -> Script + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(Arc::new(handler), None).await
    }

    pub(crate) async fn start_with(
        handler: Handler,
        tls: Option<tokio_rustls::TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let log = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let server = Self { host, log: Arc::clone(&log), connections: Arc::clone(&connections) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (handler, log, tls) = (Arc::clone(&handler), Arc::clone(&log), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &handler, &log).await;
                            }
                        }
                        None => serve(stream, &handler, &log).await,
                    }
                });
            }
        });
        server
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The requests so far.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// The paths of the requests so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.log().into_iter().map(|request| request.path).collect()
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        self.paths().iter().filter(|path| path.starts_with(start)).count()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    handler: &Handler,
    log: &Mutex<Vec<Request>>,
) {
    let mut head = Vec::new();
    let mut byte = [0u8; 1];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte).await {
            // A TLS handshake: no request that could be answered.
            Ok(1) if head.is_empty() && byte[0] == 0x16 => return,
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, path) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    // A client may break off what it sends.
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let request = {
        let mut log = log.lock().unwrap();
        let before = log.iter().filter(|other: &&Request| other.path == path).count();
        let body = String::from_utf8(body).unwrap();
        let request = Request { method, path, headers, body, before };
        log.push(request.clone());
        request
    };
    for step in handler(&request) {
        match step {
            Step::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Step::Wait(duration) => tokio::time::sleep(duration).await,
            Step::Hang => std::future::pending().await,
        }
    }
    let _closed = stream.shutdown().await;
}

/// The head of an answer; each header as `Name: value`.
pub(crate) fn head(status: u16, headers: &[&str]) -> Step {
    let mut text = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    Step::Send(text.into_bytes())
}

pub(crate) fn reply(status: u16, headers: &[&str], body: &[u8]) -> Script {
    let length = format!("Content-Length: {}", body.len());
    let mut all = vec![length.as_str()];
    all.extend(headers);
    vec![head(status, &all), Step::Send(body.to_vec())]
}

pub(crate) const MANIFEST: &str = "Content-Type: application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "Content-Type: application/vnd.oci.image.index.v1+json";
pub(crate) const JSON: &str = "Content-Type: application/json";
pub(crate) const TEXT: &str = "Content-Type: text/plain; charset=utf-8";
pub(crate) const HTML: &str = "Content-Type: text/html; charset=utf-8";

/// A distribution error.
pub(crate) fn error(status: u16, code: &str) -> Script {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"as the test wants it"}}]}}"#);
    reply(status, &[JSON], body.as_bytes())
}
