//! Artifacts that are no images: Helm charts, WebAssembly modules, policy bundles. Pushed by crane,
//! signed by cosign, and ruled over like images; their configurations held against JSON Schemas.

use super::{Bench, Cosign, Kind, must, run};
use referee_core::Digest;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// A kind of artifact: its name, the media types of its configuration and of its layer, its
/// configuration.
const KINDS: [(&str, &str, &str, &str); 3] = [
    (
        "chart",
        "application/vnd.cncf.helm.config.v1+json",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        r#"{"name": "app", "version": "1.0.0", "apiVersion": "v2"}"#,
    ),
    (
        "wasm",
        "application/vnd.wasm.config.v0+json",
        "application/wasm",
        r#"{"created": "2026-01-01T00:00:00Z", "architecture": "wasm", "os": "wasip2", "layerDigests": []}"#,
    ),
    (
        "policy",
        "application/vnd.openpolicyagent.config.v1+json",
        "application/vnd.openpolicyagent.layer.v1.tar+gzip",
        "{}",
    ),
];

const SCHEMA: &str = r#"{"type": "object", "required": ["name", "version"]}"#;

impl Bench {
    /// Pushes an artifact; answers its reference by digest.
    fn push_artifact(&self, repository: &str, kind: (&str, &str, &str, &str)) -> String {
        let (name, config_type, layer_type, config) = kind;
        let layout = self.folder().join(format!("{repository}-{name}").replace('/', "-"));
        let blobs = layout.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let put = |bytes: &[u8], media_type: &str| {
            let digest = Digest::sha256(bytes);
            fs::write(blobs.join(digest.hex()), bytes).unwrap();
            json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": put(config.as_bytes(), config_type),
            "layers": [put(format!("the {name}").as_bytes(), layer_type)],
        });
        let manifest = manifest.to_string();
        let described = put(manifest.as_bytes(), "application/vnd.oci.image.manifest.v1+json");
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [described],
        });
        fs::write(layout.join("index.json"), index.to_string()).unwrap();
        fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#).unwrap();
        let tag = format!("{}/{repository}:{name}", self.host());
        must(Command::new(&self.crane).args(["push", "--insecure"]).arg(&layout).arg(&tag));
        format!("{}/{repository}@{}", self.host(), Digest::sha256(manifest.as_bytes()))
    }
}

#[test]
fn artifacts_that_are_no_images_are_ruled_over_like_images() {
    let Some(bench) = Bench::start(Kind::Oci11) else { return };
    let Some(cosign) = bench.cosign(Cosign::Three) else { return };
    for kind in KINDS {
        let artifact = bench.push_artifact("team/artifacts", kind);
        let unsigned = bench.referee(&artifact, &["release"], "signed");
        assert_eq!(unsigned.verdict(), "deny", "{}", unsigned.text());
        cosign.sign(&bench, &artifact, "release", true, &[]);
        let answer = bench.referee(&artifact, &["release"], "signed");
        assert!(answer.allowed(), "{}: {}", kind.0, answer.text());
        let facts = bench.facts(&artifact, &["release"]);
        assert_eq!(facts["subject"]["artifact_type"], kind.1, "{facts}");
        assert_eq!(facts["complete"], true);
    }
    eprintln!("FIGURE artifacts: {} kinds that are no images ruled over", KINDS.len());
}

#[test]
fn the_configuration_of_a_chart_is_held_against_its_schema() {
    let Some(bench) = Bench::start(Kind::Oci11) else { return };
    let schema = bench.folder().join("chart.schema.json");
    fs::write(&schema, SCHEMA).unwrap();
    let (name, config_type, layer_type, good) = KINDS[0];
    let schemas = json!({ config_type: schema }).to_string();
    for (config, valid) in [(good, true), (r#"{"name": "app"}"#, false)] {
        let kind = (name, config_type, layer_type, config);
        let artifact = bench.push_artifact(&format!("team/chart-{valid}"), kind);
        let output = run(Command::new(env!("CARGO_BIN_EXE_referee"))
            .args(["facts", &artifact, "--plain-http", bench.host(), "--trust"])
            .arg(bench.trust(&["release"]))
            .env("REFEREE_SCHEMAS", &schemas));
        let facts: Value = serde_json::from_slice(&output.stdout).unwrap();
        let check = &facts["schema_checks"][0];
        assert_eq!((&check["media_type"], &check["valid"]), (&json!(config_type), &json!(valid)));
        assert_eq!(check["error_count"], u64::from(!valid), "{check}");
        assert_eq!(check["subject"], facts["subject"]["digest"]);
    }
}
