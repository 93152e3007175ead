//! The real Ratify beside Referee, at the same registry, over the same artifacts.
//!
//! Needs `ratify` with its plugins beside it (`ratify-plugins`), which `.ci/peers.sh ratify` builds,
//! and `ferro-oci-server`. The registry is reached by the name that the artifacts have, as a proxy.
//! With `REFEREE_BLESS=1` what Ratify reports is written to `cli/tests/ratify/reports`.

#[path = "../ratify/cases.rs"]
mod cases;

use super::{Bench, Kind, must, run, skipped, tool};
use cases::{CASES, Case, POLICY, sorted};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The real Ratify, with a folder of its own.
struct Ratify {
    binary: PathBuf,
    plugins: PathBuf,
    folder: PathBuf,
    proxy: String,
}

impl Ratify {
    fn found(bench: &Bench) -> Option<Self> {
        let binary = tool("ratify");
        let plugins = binary.as_ref().map(|binary| binary.with_file_name("ratify-plugins"));
        let (Some(binary), Some(plugins)) = (binary, plugins.filter(|folder| folder.is_dir()))
        else {
            skipped("Ratify", "ratify and ratify-plugins are not on this machine");
            return None;
        };
        let folder = bench.folder().join("ratify");
        Some(Self { binary, plugins, folder, proxy: format!("http://{}", bench.host()) })
    }

    fn configuration(&self, case: &Case) -> Value {
        let keys: Vec<Value> = case.keys().iter().map(|(name, _)| json!({"file": name})).collect();
        let name = &case.keys()[0].0;
        let verifier =
            |name: &str, kind: &str| json!({"name": name, "type": name, "artifactTypes": kind});
        let mut cosign = verifier("cosign", "application/vnd.dev.cosign.artifact.sig.v1+json");
        cosign["trustPolicies"] = json!([{
            "name": name, "version": "1.0.0", "scopes": ["registry.example/team/*"], "keys": keys,
            "tLogVerify": false,
        }]);
        let store = json!({
            "name": "oras", "cosignEnabled": true, "useHttp": true,
            "localCachePath": self.folder.join("cache"),
        });
        json!({
            "executor": {},
            "store": {"version": "1.0.0", "plugins": [store]},
            "policy": {"version": "1.0.0", "plugin": {"name": "regoPolicy", "policy": POLICY}},
            "verifier": {
                "version": "1.0.0",
                "pluginBinDirs": [self.plugins],
                "plugins": [
                    cosign,
                    verifier("sbom", "application/spdx+json"),
                    verifier("vulnerabilityreport", "application/sarif+json"),
                ],
            },
        })
    }

    /// What it reports, by its own account of itself.
    fn verify(&self, case: &Case) -> Value {
        let _gone = fs::remove_dir_all(&self.folder);
        fs::create_dir_all(&self.folder).unwrap();
        for (name, file) in case.keys() {
            fs::copy(file, self.folder.join(name)).unwrap();
        }
        let configuration = self.folder.join("config.json");
        fs::write(&configuration, self.configuration(case).to_string()).unwrap();
        let mut command = Command::new(&self.binary);
        command
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", &self.folder)
            .env("HTTP_PROXY", &self.proxy)
            .args(["verify", "--subject", &case.reference(), "--config"])
            .arg(&configuration);
        // Its plugins are processes that open one cache, which one finds half written while another
        // fills it.
        let mut said = must(&mut command);
        for _ in 0..5 {
            if !said.contains("plugin failed with error") {
                break;
            }
            said = must(&mut command);
        }
        sorted(serde_json::from_str(&said).unwrap())
    }
}

fn referee(bench: &Bench, case: &Case, arguments: &[&str]) -> std::process::Output {
    let trust = bench.folder().join("ratify-trust.yaml");
    fs::write(&trust, case.trust()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
    command
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("HTTP_PROXY", format!("http://{}", bench.host()))
        .env("REFEREE_TUF__REFRESH", "never")
        .args(arguments)
        .arg(case.reference())
        .args(["--plain-http", "registry.example", "--input-view", "ratify", "--trust"])
        .arg(trust);
    run(&mut command)
}

fn write(report: &Path, said: &Value) {
    fs::create_dir_all(report.parent().unwrap()).unwrap();
    fs::write(report, format!("{said:#}\n")).unwrap();
}

#[test]
fn ratify_and_referee_say_the_same_of_what_is_in_a_registry() {
    let Some(bench) = Bench::start(Kind::Oci11) else { return };
    let Some(ratify) = Ratify::found(&bench) else { return };
    let policy = bench.folder().join("ratify.rego");
    fs::write(&policy, POLICY).unwrap();
    for case in CASES {
        let there = format!("{}/team/{}:1.4", bench.host(), case.name);
        bench.copy(&case.source(), &there, &[bench.host()]);
        let theirs = ratify.verify(case);
        if std::env::var_os("REFEREE_BLESS").is_some() {
            write(&case.report(), &theirs);
        }
        let kept: Value =
            serde_json::from_str(&fs::read_to_string(case.report()).unwrap()).unwrap();
        assert_eq!(theirs, kept, "{}: the report is another than the one that is kept", case.name);
        let facts = referee(&bench, case, &["facts"]);
        let ours = serde_json::from_slice(&facts.stdout).unwrap_or_else(|_| panic!("{facts:#?}"));
        let ruled = referee(&bench, case, &["verify", "--policy", policy.to_str().unwrap()]);
        assert!(matches!(ruled.status.code(), Some(0 | 1)), "{ruled:#?}");
        case.hold(&theirs, &ours, ruled.status.success());
    }
    eprintln!("FIGURE ratify: {} documents and rulings beside the real one's", CASES.len());
}
