//! The real `opa run --server`, started for one test.

use crate::serving::Server;
use std::ffi::OsStr;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A command in an environment where there is nothing of the machine's.
pub(crate) fn alone(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", "/nonexistent");
    command
}

/// Starts it with these arguments on a free port, and waits until it listens; `None` where it ends
/// instead.
pub(crate) fn opa_server(
    command: &mut Command,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Option<Server> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let child = command
        .args(["run", "--server", "--disable-telemetry", "--addr", &free.to_string()])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Server { child, address: free.to_string() };
    let patience = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(&server.address).is_err() {
        assert!(Instant::now() < patience, "opa does not listen");
        if server.child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}
