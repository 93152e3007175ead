//! A server of bundles that can wait for news, and that takes status updates.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// What it answers to whoever has not this tag yet.
#[derive(Clone)]
pub(crate) struct Offer {
    pub(crate) etag: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Opa,
    Referee,
}

struct Asked {
    who: Who,
    head: String,
}

struct State {
    offer: Offer,
    asked: Vec<Asked>,
    posted: Vec<(Who, String, Value)>,
}

/// The server, until the process ends.
pub(crate) struct Source {
    pub(crate) url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Source {
    pub(crate) fn start(offer: Offer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = State { offer, asked: Vec::new(), posted: Vec::new() };
        let state = Arc::new((Mutex::new(state), Condvar::new()));
        let source = Self { url, state: Arc::clone(&state) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        source
    }

    /// Offers something else from now on, to those who wait as well.
    pub(crate) fn offer(&self, offer: Offer) {
        self.state.0.lock().unwrap().offer = offer;
        self.state.1.notify_all();
    }

    /// What was asked: the lines of each head that say something of the bundle, each once.
    pub(crate) fn asked(&self, who: Who) -> BTreeSet<Vec<String>> {
        let names = ["get ", "if-none-match", "prefer"];
        let state = self.state.0.lock().unwrap();
        let own = state.asked.iter().filter(|asked| asked.who == who);
        own.map(|asked| {
            let lines = asked.head.lines();
            let lines = lines.filter(|line| names.iter().any(|name| line.starts_with(name)));
            let mut lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
            lines.sort();
            lines
        })
        .collect()
    }

    /// What authorized the last question.
    pub(crate) fn authorized(&self, who: Who) -> Option<String> {
        let state = self.state.0.lock().unwrap();
        let last = state.asked.iter().rfind(|asked| asked.who == who)?;
        header(&last.head, "authorization").map(ToOwned::to_owned)
    }

    /// Forgets what was asked.
    pub(crate) fn forget(&self) {
        self.state.0.lock().unwrap().asked.clear();
    }

    /// What was posted, by path.
    pub(crate) fn posted(&self, who: Who) -> Vec<(String, Value)> {
        let state = self.state.0.lock().unwrap();
        let own = state.posted.iter().filter(|posted| posted.0 == who);
        own.map(|(_, path, body)| (path.clone(), body.clone())).collect()
    }
}

fn head_of(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).to_ascii_lowercase())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn answer(mut stream: TcpStream, state: &(Mutex<State>, Condvar)) {
    let Some(head) = head_of(&mut stream) else { return };
    let ours = header(&head, "user-agent").is_some_and(|agent| agent.starts_with("referee"));
    let who = if ours { Who::Referee } else { Who::Opa };
    if head.starts_with("post ") {
        let length = header(&head, "content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        if header(&head, "content-encoding") == Some("gzip") {
            let mut text = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
            body = text;
        }
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let body = serde_json::from_slice(&body).unwrap();
        state.0.lock().unwrap().posted.push((who, path, body));
        let _gone =
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    }
    let known = header(&head, "if-none-match").map(ToOwned::to_owned);
    let wait = header(&head, "prefer").and_then(|prefer| prefer.split_once("wait="));
    let wait: u64 = wait.map_or(0, |(_, seconds)| seconds.parse().unwrap());
    let until = Instant::now() + Duration::from_secs(wait);
    let mut held = state.0.lock().unwrap();
    held.asked.push(Asked { who, head });
    while known.as_deref() == Some(held.offer.etag) && Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        held = state.1.wait_timeout(held, left).unwrap().0;
    }
    let Offer { etag, content_type, body } = held.offer.clone();
    drop(held);
    let (status, body) =
        if known.as_deref() == Some(etag) { ("304 X", Vec::new()) } else { ("200 X", body) };
    let head = format!(
        "HTTP/1.1 {status}\r\nETag: {etag}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}
