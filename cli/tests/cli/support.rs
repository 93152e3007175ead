//! Running the command.

use referee_core::Digest;
use serde_json::json;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What the example layouts stand for.
pub(crate) const AS: [&str; 2] = ["--as", "registry.example/team/app:1.4"];

/// The example trust document.
pub(crate) const TRUST: [&str; 2] = ["--trust", "examples/trust.yaml"];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The command, at the root of the repository, with nothing in its environment that could change
/// what it says.
pub(crate) fn referee() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command.current_dir(root()).env_clear().env("HOME", "/nonexistent").stdin(Stdio::null());
    // No test asks the world for its trusted roots.
    command.env("REFEREE_TUF__REFRESH", "never");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The answer as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Holds the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Holds the error: its first line and its code, with no answer and the exit code 2.
    #[track_caller]
    pub(crate) fn fails(self, message: &str, code: &str) -> Self {
        assert_eq!((self.code, self.out.as_str()), (Some(2), ""), "{self:#?}");
        let first = self.err.lines().next().unwrap_or_default();
        assert_eq!(first, format!("error: {message} [{code}]"), "{self:#?}");
        self
    }

    /// Holds that lines are in the answer, whatever the spaces between their words.
    #[track_caller]
    pub(crate) fn says(self, lines: &[&str]) -> Self {
        let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let out: Vec<String> = self.out.lines().map(squeezed).collect();
        for line in lines {
            assert!(out.iter().any(|l| l.contains(&squeezed(line))), "{line:?} in {self:#?}");
        }
        self
    }
}

/// Runs a prepared command.
pub(crate) fn run(command: &mut Command) -> Run {
    Run::of(command.output().unwrap())
}

/// Runs the command with arguments.
pub(crate) fn with(arguments: &[&str]) -> Run {
    run(referee().args(arguments))
}

/// Runs the command with arguments and something on its standard input.
pub(crate) fn fed(arguments: &[&str], input: &str) -> Run {
    let mut child = referee()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Run::of(child.wait_with_output().unwrap())
}

/// Verifies an example layout as what it stands for, with the example trust document.
pub(crate) fn verify(layout: &str, more: &[&str]) -> Run {
    let source = format!("oci-layout:examples/layouts/{layout}");
    run(referee().args(["verify", &source]).args(AS).args(TRUST).args(more))
}

/// A folder with files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The path of a file in a folder, as an argument.
pub(crate) fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_owned()
}

/// Makes a layout with an image tagged `1`, and files that are attached to it as they are: each with
/// its media type.
pub(crate) fn image(at: &Path, attached: &[(&str, String)]) {
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    let blobs = at.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let push = |kind: &str, bytes: &[u8]| {
        let digest = Digest::sha256(bytes);
        std::fs::write(blobs.join(digest.hex()), bytes).unwrap();
        json!({"mediaType": kind, "digest": digest.as_str(), "size": bytes.len()})
    };
    let empty = push("application/vnd.oci.empty.v1+json", b"{}");
    let image = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [empty],
    });
    let subject = push(MANIFEST, image.to_string().as_bytes());
    let mut manifests = vec![subject.clone()];
    manifests[0]["annotations"] = json!({"org.opencontainers.image.ref.name": "1"});
    for (kind, text) in attached {
        let layer = push(kind, text.as_bytes());
        let referrer = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [layer],
            "artifactType": kind, "subject": subject,
        });
        let mut referrer = push(MANIFEST, referrer.to_string().as_bytes());
        referrer["artifactType"] = (*kind).into();
        manifests.push(referrer);
    }
    let index = json!({"schemaVersion": 2, "manifests": manifests});
    std::fs::write(at.join("index.json"), index.to_string()).unwrap();
    std::fs::write(at.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
}
