//! `referee serve`, started for one test, and where it listens.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A server that ends with the test.
pub(crate) struct Server {
    pub(crate) child: Child,
    /// Its host and port.
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Starts the server on a free port with these arguments, and waits until it says where it listens.
/// What it says later is left to be read.
pub(crate) fn serve(command: &mut Command, arguments: &[&str]) -> (Server, BufReader<ChildStderr>) {
    let mut child = command
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"serving\"") {
        let before = std::mem::take(&mut line);
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the server ended: {before}");
    }
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = event["address"].as_str().unwrap().to_owned();
    (Server { child, address }, log)
}
