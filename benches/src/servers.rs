//! Servers as processes of their own: OPA's and ours, on free ports of the loopback, with what the
//! system knows of their memory and processor time (Linux' `/proc`).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that was started here, ended with its owner.
pub struct Served {
    /// What it is called in figures.
    pub name: &'static str,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    started: Instant,
}

/// What a server holds, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Now.
    pub resident: u64,
    /// At most, since it was started.
    pub peak: u64,
}

impl Served {
    /// Starts the real OPA.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn opa(program: &Path, arguments: &[&str]) -> Self {
        let fixed = ["run", "--server", "--disable-telemetry", "--log-level", "error"];
        Self::start("OPA", program, &[&fixed, arguments].concat(), "--addr")
    }

    /// Starts `referee serve`.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn referee(program: &Path, arguments: &[&str]) -> Self {
        Self::start(
            "Referee",
            program,
            &[&["serve", "--log-level", "error"], arguments].concat(),
            "--listen",
        )
    }

    /// Starts the server that does nothing, which is a part of the program that runs.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn bare() -> Self {
        let program = std::env::current_exe().expect("a path");
        Self::start("nothing", &program, &["bare"], "--listen")
    }

    fn start(name: &'static str, program: &Path, arguments: &[&str], listen: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let started = Instant::now();
        let child = Command::new(program)
            .args(arguments)
            .args([listen, &address.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        Self { name, address, child, started }
    }

    /// Waits until a path is answered with 200, and tells how long that took from the start.
    ///
    /// # Errors
    /// Where the server ends, or the time is over.
    pub fn until_ready(&mut self, path: &str, at_most: Duration) -> Result<Duration, String> {
        loop {
            if self.status(path) == Some(200) {
                return Ok(self.started.elapsed());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("{} ended before it was ready: {status}", self.name));
            }
            if self.started.elapsed() > at_most {
                return Err(format!("{} is not ready after {at_most:?}", self.name));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn status(&self, path: &str) -> Option<u16> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).ok()?;
        std::str::from_utf8(&head[9..]).ok()?.parse().ok()
    }

    /// What it holds; `None` where the system does not tell.
    #[must_use]
    pub fn memory(&self) -> Option<Memory> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kilobytes * 1_024)
        };
        Some(Memory { resident: bytes("VmRSS:")?, peak: bytes("VmHWM:")? })
    }

    /// The processor time that it took so far; `None` where the system does not tell.
    #[must_use]
    pub fn processor_time(&self) -> Option<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // Behind the name, which stands in parentheses and may have blanks, the fields begin with
        // the third; the 14th and 15th are the times, in hundredths of a second (proc(5), USER_HZ).
        let (_, fields) = text.rsplit_once(") ")?;
        let ticks = |at: usize| fields.split(' ').nth(at)?.parse::<u64>().ok();
        Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}
