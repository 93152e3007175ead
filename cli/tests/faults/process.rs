//! The server as a process: started, looked at from outside, killed.

use crate::http::{self, Answer};
use crate::serving::{self, serve};
use serde_json::Value;
use std::io::BufRead as _;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take to become true.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server.
pub(crate) struct Process {
    server: serving::Server,
    pub(crate) address: String,
    log: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts the server with OPA's configuration, and further arguments and variables.
    pub(crate) fn start(folder: &Path, config: &Value, more: &[&str]) -> Self {
        Self::with(folder, config, more, &[])
    }

    pub(crate) fn with(
        folder: &Path,
        config: &Value,
        more: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().env("HOME", "/nonexistent").current_dir(folder);
        command.envs(variables.iter().copied());
        Self::spawn(command, folder, config, more)
    }

    /// The same through a shell, which sets what a process may use first.
    pub(crate) fn limited(folder: &Path, config: &Value, more: &[&str], limits: &str) -> Self {
        let mut command = Command::new("/bin/sh");
        command.env_clear().env("HOME", "/nonexistent").current_dir(folder);
        let run = format!("{limits}; exec {} \"$@\"", env!("CARGO_BIN_EXE_referee"));
        command.args(["-c", &run, "referee"]);
        Self::spawn(command, folder, config, more)
    }

    fn spawn(mut command: Command, folder: &Path, config: &Value, more: &[&str]) -> Self {
        let path = folder.join("opa.json");
        std::fs::write(&path, serde_json::to_vec_pretty(config).unwrap()).unwrap();
        let mut arguments = vec!["--opa-config", path.to_str().unwrap(), "--no-policy"];
        arguments.extend(more);
        let (server, mut reader) = serve(&mut command, &arguments);
        let log = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
                let line = std::mem::take(&mut line);
                // One for each request is too much to read where a test fails.
                if !line.contains("referee_server::access") {
                    kept.lock().unwrap().push(line);
                }
            }
        });
        let address = server.address.clone();
        Self { server, address, log }
    }

    /// What it said after it had begun to serve.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().concat()
    }

    pub(crate) fn ask(&self, request: &str, body: &[u8]) -> Answer {
        http::ask(&self.address, request, body)
            .unwrap_or_else(|error| panic!("{request}: {error}; {}", self.log()))
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), b"").json()
    }

    /// What `/v1/status` says of a bundle.
    pub(crate) fn bundle(&self, name: &str) -> Value {
        self.get("/v1/status")["result"]["bundles"][name].clone()
    }

    /// The count of a series in `/metrics`; 0 where it is not there.
    pub(crate) fn metric(&self, series: &str) -> u64 {
        let text = self.ask("GET /metrics", b"").text();
        let mut lines = text.lines().filter_map(|line| line.rsplit_once(' '));
        let found = lines.find(|(name, _)| *name == series);
        found.map_or(0, |(_, value)| value.parse().unwrap())
    }

    /// Waits until something is so, and answers it.
    pub(crate) fn wait<T>(&self, what: &str, is: impl FnMut() -> Option<T>) -> T {
        wait(what, || self.log(), is)
    }

    pub(crate) fn id(&self) -> u32 {
        self.server.child.id()
    }

    /// A line of `/proc/PID/status`, in KiB.
    pub(crate) fn memory(&self, line: &str) -> u64 {
        let path = format!("/proc/{}/status", self.id());
        let text = std::fs::read_to_string(path).unwrap();
        let found = text.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        found.trim_matches(&[':', '\t', ' ', 'k', 'B'][..]).parse().unwrap()
    }

    /// How many files and sockets it has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id())).unwrap().count()
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.server.child.kill().unwrap();
        self.server.child.wait().unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub(crate) fn ended(mut self, within: Duration) -> (ExitStatus, String) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.server.child.try_wait().unwrap() {
                // What was written last is read a moment later.
                std::thread::sleep(Duration::from_millis(50));
                return (status, self.log());
            }
            assert!(started.elapsed() < within, "it did not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Waits until something is so, and answers it; tells of `more` where it does not come to be.
pub(crate) fn wait<T>(
    what: &str,
    more: impl Fn() -> String,
    mut is: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = is() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what} does not come to be: {}", more());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Says a figure on standard error, past the test harness's capture.
pub(crate) fn figure(text: &str) {
    use std::io::Write as _;
    let line = format!("FIGURE faults: {text}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

/// A number from the environment.
pub(crate) fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().map_or(default, |text| text.parse().unwrap())
}
