//! A real registry, started for one test.

use super::find::{skipped, tool};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Which registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Debian's docker-registry: no referrers API.
    Distribution,
    /// A registry with the referrers API of OCI 1.1.
    Oci11,
}

/// A registry that runs until it is dropped.
pub(crate) struct Registry {
    folder: tempfile::TempDir,
    host: String,
    child: Child,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.child.kill().expect("the registry runs");
        self.child.wait().expect("the registry ends");
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Registry {
    /// Starts a registry; `None` where it is missing, which is said. `users` are the lines of an
    /// htpasswd file, without whom nobody is let in; Debian's only.
    pub(crate) fn start(kind: Kind, users: Option<&str>) -> Option<Self> {
        let name = match kind {
            Kind::Distribution => "docker-registry",
            Kind::Oci11 => "ferro-oci-server",
        };
        let Some(server) = tool(name) else {
            skipped(&format!("{kind:?}"), &format!("{name} is not on this machine"));
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let host = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new(server);
        match kind {
            Kind::Distribution => {
                let storage = folder.path().join("registry");
                let mut configuration = format!(
                    "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: {host}}}\n",
                    storage.display()
                );
                if let Some(users) = users {
                    let path = folder.path().join("users");
                    std::fs::write(&path, users).unwrap();
                    let line =
                        format!("auth: {{htpasswd: {{realm: r, path: {}}}}}\n", path.display());
                    configuration.push_str(&line);
                }
                let path = folder.path().join("registry.yml");
                std::fs::write(&path, configuration).unwrap();
                command.arg("serve").arg(path);
            }
            Kind::Oci11 => {
                command.env("FERRO_OCI_LISTEN", &host);
            }
        }
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let registry = Self { folder, host, child };
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&registry.host).is_err() {
            assert!(Instant::now() < end, "the registry does not answer at {}", registry.host);
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    /// Its host and port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// A folder of its own, for keys and files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
