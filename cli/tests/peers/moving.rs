//! Copies between places, and rulings over what arrived.

use super::{Answer, Bench, must, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

impl Bench {
    /// The host and port of the registry.
    pub(crate) fn host(&self) -> &str {
        self.registry.host()
    }

    /// A layout in the bench's folder that is not there yet.
    pub(crate) fn layout(&self, name: &str) -> String {
        format!("oci-layout:{}", self.folder().join(name).display())
    }

    /// Copies with Referee; what it says of it.
    pub(crate) fn copy(&self, from: &str, to: &str, hosts: &[&str]) -> serde_json::Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.args(["copy", from, to, "--output", "json"]);
        for host in hosts {
            command.args(["--plain-http", host]);
        }
        serde_json::from_str(&must(&mut command)).unwrap()
    }

    /// Asks Referee for a ruling, wherever the artifact is, with one key that may sign anything.
    pub(crate) fn rule_anywhere(&self, reference: &str, key: &str, hosts: &[&str]) -> Answer {
        let trust = self.folder().join(format!("anywhere-{key}.yaml"));
        fs::write(&trust, format!("keys: [{{name: {key}, file: {key}.pub, scopes: ['**']}}]"))
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.args(["verify", reference, "--output", "json", "--trust"]).arg(trust);
        for host in hosts {
            command.args(["--plain-http", host]);
        }
        Answer { output: run(&mut command) }
    }

    /// Saves evidence about an image.
    pub(crate) fn save_evidence(&self, image: &str, keys: &[&str], name: &str) -> PathBuf {
        let path = self.folder().join(format!("{name}.evidence.tar"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command
            .args(["facts", image, "--plain-http", self.host(), "--trust"])
            .arg(self.trust(keys));
        must(command.arg("--save-evidence").arg(&path));
        path
    }

    /// Asks Referee for a ruling over evidence, without the permission to speak plain HTTP to
    /// any registry: there is none that it could reach.
    pub(crate) fn rule_offline(&self, evidence: &Path, policy: &str) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.args(["verify", "--offline", "--output", "json", "--policy", policy]);
        Answer { output: run(command.arg("--evidence").arg(evidence)) }
    }
}

impl Answer {
    /// The digest of the facts that were ruled over.
    pub(crate) fn facts_digest(&self) -> String {
        let document: serde_json::Value = serde_json::from_slice(&self.output.stdout).unwrap();
        document["decisions"][0]["facts_digest"].as_str().unwrap().to_owned()
    }
}
