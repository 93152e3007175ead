//! A collector: keeps what it is sent, and refuses it where it is told to.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use serde_json::Value;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What arrived, by its path.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) path: String,
    /// The size of the body as it was sent.
    pub(crate) bytes: usize,
    pub(crate) json: Value,
}

#[derive(Debug, Default)]
struct Inner {
    arrived: Vec<Arrived>,
    /// Answered instead of 204.
    refuses: Option<u16>,
    refused: usize,
    /// How long its answers are; 0 for none.
    says: usize,
}

/// A collector that listens.
#[derive(Clone, Debug)]
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::<Mutex<Inner>>::default();
        let router = Router::new().fallback(take).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, inner }
    }

    /// Has it answer so from now on; `None` for taking everything.
    pub(crate) fn refuse(&self, status: Option<u16>) {
        self.inner.lock().unwrap().refuses = status;
    }

    /// Has it answer 200 with so many bytes.
    pub(crate) fn say(&self, bytes: usize) {
        self.inner.lock().unwrap().says = bytes;
    }

    pub(crate) fn refused(&self) -> usize {
        self.inner.lock().unwrap().refused
    }

    pub(crate) fn arrived(&self, path: &str) -> Vec<Arrived> {
        let inner = self.inner.lock().unwrap();
        inner.arrived.iter().filter(|arrived| arrived.path == path).cloned().collect()
    }

    /// All events, in their order.
    pub(crate) fn events(&self, path: &str) -> Vec<Value> {
        let arrived = self.arrived(path).into_iter();
        arrived.flat_map(|arrived| arrived.json.as_array().unwrap().clone()).collect()
    }

    /// Waits until so many events are there.
    pub(crate) async fn wait_for(&self, path: &str, count: usize) -> Vec<Value> {
        within(|| Some(self.events(path)).filter(|events| events.len() >= count)).await
    }
}

/// Waits for something, up to a minute.
pub(crate) async fn within<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6_000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited for a minute");
}

async fn take(State(inner): State<Arc<Mutex<Inner>>>, request: Request) -> (StatusCode, Vec<u8>) {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let mut inner = inner.lock().unwrap();
    if let Some(status) = inner.refuses {
        inner.refused += 1;
        return (StatusCode::from_u16(status).unwrap(), Vec::new());
    }
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/json");
    let mut text = String::new();
    if head.headers.get(header::CONTENT_ENCODING).is_some_and(|it| it == "gzip") {
        flate2::read::GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(body.to_vec()).unwrap();
    }
    let json = serde_json::from_str(&text).unwrap();
    let path = head.uri.path().to_owned();
    inner.arrived.push(Arrived { path, bytes: body.len(), json });
    match inner.says {
        0 => (StatusCode::NO_CONTENT, Vec::new()),
        bytes => (StatusCode::OK, vec![b'x'; bytes]),
    }
}
