//! Real registries and real tools, started and driven for one test.

mod artifacts;
mod find;
mod moving;
mod production;
mod ratify;
mod registry;
mod replay;
mod replayed;
mod repositories;
mod web;

use find::{skipped, tool};
pub(crate) use registry::Kind;
use registry::Registry;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Which cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cosign {
    /// cosign 2.
    Two,
    /// cosign 3.
    Three,
}

impl Cosign {
    pub(crate) const ALL: [Self; 2] = [Self::Two, Self::Three];

    fn tool(self) -> &'static str {
        match self {
            Self::Two => "cosign2",
            Self::Three => "cosign3",
        }
    }
}

/// A registry that runs until it is dropped, with a folder for keys and files.
pub(crate) struct Bench {
    registry: Registry,
    crane: PathBuf,
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn must(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

impl Bench {
    /// Starts a registry; `None` where a tool is missing, which is said.
    pub(crate) fn start(kind: Kind) -> Option<Self> {
        let Some(crane) = tool("crane") else {
            skipped(&format!("{kind:?}"), "crane is not on this machine");
            return None;
        };
        let bench = Self { registry: Registry::start(kind, None)?, crane };
        for key in ["release", "build", "other"] {
            bench.generate_key(key);
        }
        Some(bench)
    }

    fn folder(&self) -> &Path {
        self.registry.folder()
    }

    fn generate_key(&self, name: &str) {
        let Some(cosign) = Cosign::ALL.into_iter().find_map(|c| tool(c.tool())) else { return };
        must(Command::new(cosign).current_dir(self.folder()).env("COSIGN_PASSWORD", "").args([
            "generate-key-pair",
            "--output-key-prefix",
            name,
        ]));
    }

    /// One of the cosigns; `None` where it is missing, which is said.
    pub(crate) fn cosign(&self, which: Cosign) -> Option<Signer> {
        let path = tool(which.tool());
        if path.is_none() {
            skipped(which.tool(), "it is not on this machine");
        }
        Some(Signer { which, path: path? })
    }

    /// Pushes a small image of its own content; answers its reference by digest.
    pub(crate) fn push_image(&self, repository: &str, content: &str) -> String {
        let layer = self.folder().join(format!("{content}.tar"));
        let file = self.folder().join(format!("{content}.txt"));
        fs::write(&file, content).unwrap();
        must(
            Command::new("tar")
                .current_dir(self.folder())
                .args(["--format=ustar", "-cf"])
                .arg(&layer)
                .arg(format!("{content}.txt")),
        );
        let tag = format!("{}/{repository}:{content}", self.host());
        must(
            Command::new(&self.crane).args(["append", "--insecure", "-t", &tag, "-f"]).arg(&layer),
        );
        let digest = must(Command::new(&self.crane).args(["digest", "--insecure", &tag]));
        format!("{}/{repository}@{}", self.host(), digest.trim())
    }

    /// Copies cosign's `.sig` tag from one image to another of the same repository.
    pub(crate) fn copy_signature(&self, from: &str, to: &str) {
        let tag = |reference: &str| {
            let (repository, digest) = reference.split_once('@').unwrap();
            format!("{repository}:{}.sig", digest.replace(':', "-"))
        };
        must(Command::new(&self.crane).args(["copy", "--insecure", &tag(from), &tag(to)]));
    }

    fn trust(&self, keys: &[&str]) -> PathBuf {
        let path = self.folder().join(format!("trust-{}.yaml", keys.join("-")));
        let mut text = String::from("keys:\n");
        for key in keys {
            text.push_str(&format!(
                "  - name: {key}\n    file: {key}.pub\n    scopes: ['{}/team/*']\n",
                self.host()
            ));
        }
        fs::write(&path, text).unwrap();
        path
    }

    /// Asks Referee for a ruling.
    pub(crate) fn referee(&self, image: &str, keys: &[&str], policy: &str) -> Answer {
        let output = run(Command::new(env!("CARGO_BIN_EXE_referee"))
            .args([
                "verify",
                image,
                "--plain-http",
                self.host(),
                "--output",
                "json",
                "--policy",
                policy,
            ])
            .arg("--trust")
            .arg(self.trust(keys)));
        Answer { output }
    }

    /// Asks Referee for the facts.
    pub(crate) fn facts(&self, image: &str, keys: &[&str]) -> Value {
        let text = must(
            Command::new(env!("CARGO_BIN_EXE_referee"))
                .args(["facts", image, "--plain-http", self.host()])
                .arg("--trust")
                .arg(self.trust(keys)),
        );
        serde_json::from_str(&text).unwrap()
    }
}

/// What Referee answered.
pub(crate) struct Answer {
    output: Output,
}

impl Answer {
    /// The verdict, which the exit code must agree with.
    pub(crate) fn verdict(&self) -> String {
        let document: Value = serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.text()));
        let verdict = document["decisions"][0]["verdict"].as_str().unwrap().to_owned();
        let code = match verdict.as_str() {
            "allow" => 0,
            "deny" => 1,
            _ => 2,
        };
        assert_eq!(self.output.status.code(), Some(code), "{}", self.text());
        verdict
    }

    pub(crate) fn allowed(&self) -> bool {
        self.verdict() == "allow"
    }

    pub(crate) fn text(&self) -> String {
        format!(
            "{}{}",
            String::from_utf8_lossy(&self.output.stdout),
            String::from_utf8_lossy(&self.output.stderr)
        )
    }
}

/// A cosign that signs with the bench's keys, without any network but the registry.
pub(crate) struct Signer {
    which: Cosign,
    path: PathBuf,
}

impl Signer {
    pub(crate) fn name(&self) -> &'static str {
        self.which.tool()
    }

    fn command(&self, bench: &Bench) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(bench.folder()).env("COSIGN_PASSWORD", "");
        command
    }

    /// A signing configuration that names no service, which cosign 3 wants.
    fn no_services(&self, bench: &Bench) -> PathBuf {
        let path = bench.folder().join("signing-config.json");
        fs::write(
            &path,
            r#"{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.2+json","rekorTlogConfig":{},"tsaConfig":{}}"#,
        )
        .unwrap();
        path
    }

    pub(crate) fn sign(
        &self,
        bench: &Bench,
        image: &str,
        key: &str,
        bundle: bool,
        annotations: &[&str],
    ) {
        let mut command = self.command(bench);
        command.args(["sign", "--yes", "--key", &format!("{key}.key")]);
        match (self.which, bundle) {
            (Cosign::Two, false) => command.arg("--tlog-upload=false"),
            (Cosign::Two, true) => command.args(["--tlog-upload=false", "--new-bundle-format"]),
            (Cosign::Three, false) => command.args([
                "--new-bundle-format=false",
                "--use-signing-config=false",
                "--tlog-upload=false",
            ]),
            (Cosign::Three, true) => command.arg("--signing-config").arg(self.no_services(bench)),
        };
        for annotation in annotations {
            command.args(["-a", annotation]);
        }
        must(command.arg(image));
    }

    pub(crate) fn attest(&self, bench: &Bench, image: &str, key: &str) {
        let predicate = bench.folder().join("predicate.json");
        fs::write(&predicate, r#"{"passed":true}"#).unwrap();
        let mut command = self.command(bench);
        command
            .args([
                "attest",
                "--yes",
                "--key",
                &format!("{key}.key"),
                "--type",
                "https://example.com/test/v1",
            ])
            .arg("--predicate")
            .arg(predicate)
            .arg("--signing-config")
            .arg(self.no_services(bench));
        must(command.arg(image));
    }

    /// Whether cosign verifies the image with a key.
    pub(crate) fn verify(&self, bench: &Bench, image: &str, key: &str, bundle: bool) -> bool {
        let root = bench.folder().join("empty-root.json");
        fs::write(
            &root,
            r#"{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#,
        )
        .unwrap();
        let mut command = self.command(bench);
        command.args(["verify", "--key", &format!("{key}.pub"), "--insecure-ignore-tlog"]);
        if bundle {
            command.arg("--new-bundle-format").arg("--trusted-root").arg(root);
        } else if self.which == Cosign::Three {
            command.arg("--new-bundle-format=false");
        }
        run(command.arg(image)).status.success()
    }
}
