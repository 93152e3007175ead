//! A server of bundles that behaves as a test wants it to, and bundles to serve.

use referee_bundles::{BundleLimits, Files, pack};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request: path, and headers in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) head: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.head.lines().filter_map(|line| line.split_once(": "));
        found.filter(|(given, _)| *given == name).map(|(_, value)| value).next()
    }
}

/// What the server does.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A status with headers and a body.
    Send(u16, Vec<String>, Vec<u8>),
    /// The beginning of an answer, and then the end of the connection.
    Cut(Vec<u8>),
    /// Nothing, ever.
    Hang,
}

/// An archive under a tag, or 304 where the caller has it.
pub(crate) fn tagged(asked: &Asked, etag: &str, body: &[u8]) -> Reply {
    let headers = vec![format!("ETag: {etag}"), "Content-Type: application/gzip".to_owned()];
    match asked.header("if-none-match") {
        Some(known) if known == etag => Reply::Send(304, headers, Vec::new()),
        _ => Reply::Send(200, headers, body.to_vec()),
    }
}

type Behave = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

pub(crate) struct BundleServer {
    pub(crate) url: String,
    behave: Arc<Mutex<Behave>>,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl BundleServer {
    pub(crate) async fn start(behave: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let behave: Arc<Mutex<Behave>> = Arc::new(Mutex::new(Arc::new(behave)));
        let log = Arc::new(Mutex::new(Vec::new()));
        let server = Self { url, behave: Arc::clone(&behave), log: Arc::clone(&log) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let behave = Arc::clone(&behave.lock().unwrap());
                let log = Arc::clone(&log);
                tokio::spawn(serve(stream, behave, log));
            }
        });
        server
    }

    /// Behaves otherwise from now on.
    pub(crate) fn behave(&self, behave: impl Fn(&Asked) -> Reply + Send + Sync + 'static) {
        *self.behave.lock().unwrap() = Arc::new(behave);
    }

    pub(crate) fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, behave: Behave, log: Arc<Mutex<Vec<Asked>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let head: String = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| format!("{}: {value}\n", name.to_ascii_lowercase()))
        .collect();
    let asked = Asked { path, head };
    log.lock().unwrap().push(asked.clone());
    match behave(&asked) {
        Reply::Hang => std::future::pending().await,
        Reply::Cut(bytes) => {
            let _gone = stream.write_all(&bytes).await;
        }
        Reply::Send(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
            for header in headers {
                head.push_str(&format!("{header}\r\n"));
            }
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            let _gone = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    }
}

/// An archive of files.
pub(crate) fn bundle(files: &[(&str, &str)]) -> Vec<u8> {
    let mut all = Files::default();
    for (path, text) in files {
        all.add(path, text.as_bytes().to_vec(), &BundleLimits::DEFAULT).unwrap();
    }
    pack(&all).unwrap()
}

/// A bundle with a revision that owns `root`, with a rule there and data `n`.
pub(crate) fn simple(root: &str, revision: &str, n: u32) -> Vec<u8> {
    bundle(&[
        (".manifest", &format!(r#"{{"revision": "{revision}", "roots": ["{root}"]}}"#)),
        (&format!("{root}/p.rego"), &format!("package {root}\n\ntwice := data.{root}.n * 2")),
        (&format!("{root}/data.json"), &format!(r#"{{"n": {n}}}"#)),
    ])
}
