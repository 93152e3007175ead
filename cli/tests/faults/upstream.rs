//! What the server asks: an HTTP server that answers as a test wants it to, down to the bytes.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// The head, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(given, _)| *given == name).map(|(_, value)| value)
    }
}

/// Answers a request. The connection ends with it.
pub(crate) type Behave = Arc<dyn Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync>;

/// A server, at work until the end of the test's process.
pub(crate) struct Upstream {
    pub(crate) url: String,
    behave: Arc<Mutex<Behave>>,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Upstream {
    pub(crate) fn start(
        behave: impl Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(behave))
    }

    fn on(listener: TcpListener, behave: Behave) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (behave, log) = (Arc::new(Mutex::new(behave)), Arc::<Mutex<Vec<Asked>>>::default());
        let server = Self { url, behave: Arc::clone(&behave), log: Arc::clone(&log) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (behave, log) = (Arc::clone(&behave), Arc::clone(&log));
                std::thread::spawn(move || {
                    // Who asked may have gone.
                    let _gone = one(stream, &behave, &log);
                });
            }
        });
        server
    }

    /// Behaves otherwise from now on.
    pub(crate) fn behave(
        &self,
        behave: impl Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
    ) {
        *self.behave.lock().unwrap() = Arc::new(behave);
    }

    /// Closes each connection unanswered from now on.
    pub(crate) fn down(&self) {
        self.behave(|_, _| Ok(()));
    }

    /// What was asked.
    pub(crate) fn log(&self) -> Vec<Asked> {
        self.log.lock().unwrap().clone()
    }
}

fn one(stream: TcpStream, behave: &Mutex<Behave>, log: &Mutex<Vec<Asked>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut asked = Asked { path, head: head.to_ascii_lowercase(), body: Vec::new() };
    let length = asked.header("content-length").and_then(|length| length.parse().ok());
    asked.body.resize(length.unwrap_or(0), 0);
    reader.read_exact(&mut asked.body)?;
    let behave = Arc::clone(&behave.lock().unwrap());
    log.lock().unwrap().push(Asked { body: Vec::new(), ..asked.clone() });
    behave(&asked, reader.get_mut())
}

/// Sends a whole answer.
pub(crate) fn send(
    stream: &mut TcpStream,
    status: u16,
    headers: &[&str],
    body: &[u8],
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    if status != 304 {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())
}

/// Sends a bundle under a tag, or that the caller has it.
pub(crate) fn tagged(
    asked: &Asked,
    stream: &mut TcpStream,
    etag: &str,
    body: &[u8],
) -> io::Result<()> {
    let headers = [&*format!("ETag: {etag}"), "Content-Type: application/gzip"];
    if asked.header("if-none-match") == Some(etag) {
        send(stream, 304, &headers, b"")
    } else {
        send(stream, 200, &headers, body)
    }
}

/// Waits until the other side has gone.
pub(crate) fn hang(stream: &mut TcpStream) -> io::Result<()> {
    stream.set_read_timeout(None)?;
    io::copy(stream, &mut io::sink()).map(|_| ())
}
