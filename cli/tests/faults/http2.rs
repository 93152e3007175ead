//! Clients of HTTP/2 that mean harm: frames by hand (RFC 9113), and what others notice of them.

use crate::process::{Process, figure};
use crate::slow::Healthy;
use serde_json::json;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const LIMITS: [(&str, &str); 4] = [
    ("REFEREE_SERVER__H2C", "true"),
    ("REFEREE_SERVER__WRITE_TIMEOUT_MS", "1000"),
    ("REFEREE_SERVER__IDLE_TIMEOUT_MS", "1500"),
    ("REFEREE_SERVER__BODY_READ_TIMEOUT_MS", "1000"),
];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = length[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A head by HPACK's static table (RFC 7541): GET or POST, http, a path, a host.
fn head(method: u8, path: &str) -> Vec<u8> {
    let mut block = vec![0x80 | method, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    block.extend(path.bytes());
    block.extend([0x01, 1, b'x']);
    block
}

fn get(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(2, path))
}

struct Http2(TcpStream);

impl Http2 {
    /// A connection that takes so much of each answer.
    fn connect(server: &Process, window: u32) -> Self {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        // SETTINGS_INITIAL_WINDOW_SIZE
        let mut settings = vec![0, 4];
        settings.extend(window.to_be_bytes());
        stream.write_all(&frame(SETTINGS, 0, 0, &settings)).unwrap();
        Self(stream)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn frame(&mut self) -> io::Result<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload)?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Ok((head[3], head[4], stream, payload))
    }

    /// Reads to the end; the code of the GOAWAY that came, if any.
    fn ended(mut self) -> Option<u32> {
        let begun = Instant::now();
        let mut code = None;
        while let Ok((kind, _, _, payload)) = self.frame() {
            if kind == GOAWAY {
                code = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()));
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(8), "it is not ended");
        code
    }
}

fn start(folder: &tempfile::TempDir) -> Process {
    Process::with(folder.path(), &json!({}), &[], &LIMITS)
}

/// ENHANCE_YOUR_CALM
const CALM: u32 = 11;

#[test]
fn floods_end_the_connection_that_they_come_on_and_nobody_else_notices() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let before = server.memory("VmRSS");
    let healthy = Healthy::begin(&server);

    // A request, to know that the frames are right.
    let mut sound = Http2::connect(&server, 65_535);
    sound.send(&get(1, "/v1/data")).unwrap();
    let data = loop {
        let (kind, _, stream, payload) = sound.frame().unwrap();
        if kind == DATA {
            assert_eq!(stream, 1);
            break payload;
        }
    };
    assert_eq!(data, b"{\"result\":{}}\n");

    // Requests that are taken back at once (CVE-2023-44487).
    let mut rapid = Http2::connect(&server, 65_535);
    for n in 0..20_000 {
        let stream = n * 2 + 1;
        let cancel = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
        if rapid.send(&[get(stream, "/v1/data"), cancel].concat()).is_err() {
            break;
        }
    }
    let rapid = rapid.ended();
    assert!(rapid.is_none_or(|code| code == CALM), "{rapid:?}");

    // A head without an end (CVE-2024-27316).
    let mut endless = Http2::connect(&server, 65_535);
    endless.send(&frame(HEADERS, END_STREAM, 1, &head(2, "/v1/data"))).unwrap();
    let field = [&[0x00, 1, b'a', 127, 0x81, 0x7e][..], &[b'x'; 16_256]].concat();
    let mut sent = 0;
    while sent < 64 << 20 && endless.send(&frame(CONTINUATION, 0, 1, &field)).is_ok() {
        sent += field.len();
    }
    assert!(sent < 32 << 20, "{sent} bytes of one head were taken");
    endless.ended();

    // Pings and settings, none of whose answers is read.
    for kind in [PING, SETTINGS] {
        let mut flood = Http2::connect(&server, 65_535);
        flood.0.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
        let payload: &[u8] = if kind == PING { &[0; 8] } else { &[] };
        let many = frame(kind, 0, 0, payload).repeat(1_000);
        for _ in 0..2_000 {
            if flood.send(&many).is_err() {
                break;
            }
        }
        drop(flood);
    }

    // Windows that grow beyond what there is.
    let mut window = Http2::connect(&server, 65_535);
    let most = frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes());
    window.send(&most.repeat(2)).unwrap();
    assert_eq!(window.ended(), Some(3), "FLOW_CONTROL_ERROR");

    healthy.end("floods over HTTP/2");
    let grown = server.memory("VmRSS").saturating_sub(before) / 1_024;
    figure(&format!("floods over HTTP/2 cost {grown} MiB"));
    assert!(grown < 48, "{grown} MiB");
}

#[test]
fn streams_over_the_limit_are_refused_and_answers_that_nobody_takes_are_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(&folder);
    let large = json!({"text": "x".repeat(1 << 20)}).to_string();
    assert_eq!(server.ask("PUT /v1/data/large", large.as_bytes()).status, 204);
    let before = (server.memory("VmHWM"), server.descriptors());
    let healthy = Healthy::begin(&server);

    // Bodies that never come, on more streams than there may be.
    let mut many = Http2::connect(&server, 65_535);
    for n in 0..200 {
        many.send(&frame(HEADERS, END_HEADERS, n * 2 + 1, &head(3, "/v1/data/p"))).unwrap();
    }
    let (mut refused, mut answered) = (0, 0);
    while refused + answered < 200 {
        match many.frame() {
            Ok((RST_STREAM, _, _, payload)) if payload == 7_u32.to_be_bytes() => refused += 1,
            Ok((HEADERS, ..)) => answered += 1,
            Ok((GOAWAY, _, _, payload)) => panic!("{payload:?}"),
            Ok(_) => {}
            Err(error) => panic!("{error}: {refused} refused, {answered} answered"),
        }
    }
    assert_eq!((refused, answered), (72, 128), "REFUSED_STREAM beyond 128 at a time");
    drop(many);

    // A client that takes nothing of its answers.
    let mut closed = Http2::connect(&server, 0);
    for n in 0..100 {
        closed.send(&get(n * 2 + 1, "/v1/data/large")).unwrap();
    }
    closed.ended();
    server.wait("the end of connections", || (server.descriptors() <= before.1 + 4).then_some(()));
    healthy.end("streams that nobody takes");
    let grown = (server.memory("VmHWM") - before.0) / 1_024;
    figure(&format!("a hundred answers of 1 MiB that nobody takes cost {grown} MiB"));
    assert!(grown < 350, "{grown} MiB");
}
