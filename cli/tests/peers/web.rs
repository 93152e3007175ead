//! The TUF repositories of the store's tests, on loopback.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// The folder with a repository in each folder, and the `root.json` that clients begin with.
pub(crate) fn repositories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/store/tests/data/tuf")
}

/// One of them.
pub(crate) fn repository(name: &str) -> PathBuf {
    repositories().join(name)
}

/// A web server over one of the repositories at a time; none where nothing is set.
pub(crate) struct Web {
    pub(crate) host: String,
    state: Arc<Mutex<Option<PathBuf>>>,
    asked: Arc<AtomicUsize>,
}

impl Web {
    pub(crate) fn start(name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(Some(repository(name))));
        let asked = Arc::new(AtomicUsize::new(0));
        let web = Self { host, state: Arc::clone(&state), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let first = lines.next().unwrap().unwrap();
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                let path = first.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
                let folder = state.lock().unwrap().clone();
                let found = folder.map(|folder| std::fs::read(folder.join(&path)));
                asked.fetch_add(1, Ordering::SeqCst);
                let (status, body) = match found {
                    Some(Ok(body)) => (200, body),
                    Some(Err(_)) => (404, Vec::new()),
                    None => (500, Vec::new()),
                };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
                );
                // Who asked may have gone.
                let _gone = stream.write_all(&[head.into_bytes(), body].concat());
            }
        });
        web
    }

    /// Serves a folder from now on, or none.
    pub(crate) fn set(&self, folder: Option<&Path>) {
        *self.state.lock().unwrap() = folder.map(Path::to_owned);
    }

    /// How many requests there were.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
