//! Tests of the configuration as a whole.

use super::*;
use referee_core::Coded as _;
use serde_json::json;
use std::fs;

fn variables(set: &[(&str, &str)]) -> Variables {
    let set = set.iter().map(|(n, v)| ((*n).to_owned(), Some((*v).to_owned()))).collect();
    Variables { set, config_home: None }
}

fn in_file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file_which_wins_over_defaults() {
    let (_folder, path) = in_file(
        "c.yaml",
        "policy: {package: of.file, mode: warn}\nregistry: {attempts: 7, backoff_ms: 1}\n",
    );
    let set = [("REFEREE_POLICY__MODE", "audit"), ("REFEREE_REGISTRY__ATTEMPTS", "8")];
    let mut flags = Overlay::default();
    flags.set("registry", "attempts", 9);
    let config = Config::load(Some(&path), &variables(&set), flags).unwrap();
    assert_eq!(config.registry.attempts, 9);
    assert_eq!(config.policy.mode, Mode::Audit);
    assert_eq!(config.policy.package.as_deref(), Some("of.file"));
    assert_eq!(config.registry.backoff_ms, 1);
    assert_eq!(config.registry.max_backoff_ms, RegistryConfig::default().max_backoff_ms);
}

#[test]
fn yaml_json_and_toml_say_the_same() {
    let texts = [
        ("c.yaml", "policy:\n  set: {n: 2}\nlimits: {max_depth: 1}\n"),
        ("c.json", r#"{"policy": {"set": {"n": 2}}, "limits": {"max_depth": 1}}"#),
        ("c.toml", "[policy.set]\nn = 2\n[limits]\nmax_depth = 1\n"),
    ];
    for (name, text) in texts {
        let (_folder, path) = in_file(name, text);
        let config = Config::load(Some(&path), &variables(&[]), Overlay::default()).unwrap();
        assert_eq!(config.policy.set.get("n"), Some(&json!(2)), "{name}");
        assert_eq!(config.limits.max_depth, 1, "{name}");
    }
}

#[test]
fn paths_of_a_file_are_relative_to_its_folder_and_the_name_of_a_pack_is_none() {
    let text = "trust: [t.yaml, /abs.yaml]\npolicy: {source: signed, data: [d.json]}\n";
    let (folder, path) = in_file("c.yaml", text);
    let config = Config::load(Some(&path), &variables(&[]), Overlay::default()).unwrap();
    assert_eq!(config.trust, [folder.path().join("t.yaml"), "/abs.yaml".into()]);
    assert_eq!(config.policy.data, [folder.path().join("d.json")]);
    assert_eq!(config.policy.source, PolicyChoice::Pack("signed".into()));
    let (folder, path) = in_file("c.yaml", "policy: {source: ./mine}");
    let config = Config::load(Some(&path), &variables(&[]), Overlay::default()).unwrap();
    assert_eq!(config.policy.source, PolicyChoice::Path(folder.path().join("./mine")));
}

#[test]
fn lists_and_mappings_of_the_environment_are_read_by_the_type_of_their_setting() {
    let set = [
        ("REFEREE_TRUST", "a.yaml, b.yaml"),
        ("REFEREE_POLICY__SET", r#"{"minimum": 2}"#),
        ("REFEREE_REGISTRY__ANONYMOUS", "true"),
        ("REFEREE_POLICY__PACKAGE", "1"),
    ];
    let config = Config::load(None, &variables(&set), Overlay::default()).unwrap();
    assert_eq!(config.trust, [PathBuf::from("a.yaml"), PathBuf::from("b.yaml")]);
    assert_eq!(config.policy.set.get("minimum"), Some(&json!(2)));
    assert!(config.registry.anonymous);
    assert_eq!(config.policy.package.as_deref(), Some("1"));
}

#[test]
fn each_mistake_is_told_with_where_it_was_made() {
    let of_file = |text: &str| {
        let (_folder, path) = in_file("c.yaml", text);
        Config::load(Some(&path), &variables(&[]), Overlay::default()).unwrap_err()
    };
    let error = of_file("registry: {atempts: 1}");
    assert_eq!(error.code(), "unknown_field");
    assert!(error.to_string().contains("c.yaml: unknown field `registry.atempts`"), "{error}");
    assert!(error.to_string().contains("did you mean `attempts`?"), "{error}");
    assert_eq!(of_file("registry: {attempts: many}").code(), "document_shape");
    assert_eq!(of_file("version: 2").code(), "config_version");
    assert_eq!(of_file("registry: {only_ca_files: true}").code(), "configuration");
    assert_eq!(of_file("registry: [").code(), "document_syntax");
    assert_eq!(of_file("engine: {concurrency: 0}").code(), "config_zero");
    assert_eq!(of_file("server: {max_batch: 0}").code(), "setting_out_of_range");
    let missing =
        Config::load(Some(Path::new("/no/such.yaml")), &variables(&[]), Overlay::default());
    assert_eq!(missing.unwrap_err().code(), "config_unreadable");

    let of_variable = |name, value| {
        Config::load(None, &variables(&[(name, value)]), Overlay::default()).unwrap_err()
    };
    let error = of_variable("REFEREE_POLICY_MODE", "warn");
    assert_eq!(
        error.to_string(),
        "the environment variable REFEREE_POLICY_MODE is no setting, did you mean \
         REFEREE_POLICY__MODE?"
    );
    let error = of_variable("REFEREE_REGISTRY__ATTEMPTS", "many");
    assert!(error.to_string().starts_with("REFEREE_REGISTRY__ATTEMPTS: "), "{error}");
    assert_eq!(of_variable("REFEREE_POLICY__MODE", "strict").code(), "document_shape");
}

#[test]
fn a_command_waits_longer_than_a_webhook_unless_told_otherwise() {
    let config = Config::load(None, &variables(&[]), Overlay::default()).unwrap();
    assert_eq!(config.deadline, COMMAND_DEADLINE);
    assert_eq!(config.engine.deadline_ms, Settings::default().deadline_ms);
    let set = [("REFEREE_ENGINE__DEADLINE_MS", "700")];
    let config = Config::load(None, &variables(&set), Overlay::default()).unwrap();
    assert_eq!(config.deadline, Duration::from_millis(700));
}

#[test]
fn a_path_is_told_from_a_pack_by_its_form() {
    for text in ["./signed", "policies/", "a.rego", "..", "C:\\p"] {
        assert!(matches!(PolicyChoice::parse(text), PolicyChoice::Path(_)), "{text}");
    }
    for text in ["signed", "two-keys", "signed.v2"] {
        assert!(matches!(PolicyChoice::parse(text), PolicyChoice::Pack(_)), "{text}");
    }
}

/// Another value than the default, as a variable says it.
fn another(name: &str, default: &Value) -> String {
    let fixed = match name {
        "REFEREE_POLICY__MODE" => "audit",
        "REFEREE_POLICY__INPUT_VIEW" => "ratify",
        "REFEREE_POLICY__ENGINE" => "regorus",
        "REFEREE_SERVER__LISTEN" | "REFEREE_SERVER__DIAGNOSTIC_LISTEN" => "127.0.0.1:1",
        "REFEREE_SERVER__AUTHENTICATION" => "token",
        "REFEREE_SERVER__AUTHORIZATION" => "basic",
        "REFEREE_SERVER__UNIX_SOCKET_PERMISSIONS" => "600",
        "REFEREE_TUF__REFRESH" => "required",
        "REFEREE_TUF__MIRRORS" => r#"{"github": "https://a.example"}"#,
        "REFEREE_LOG__LEVEL" => "debug",
        "REFEREE_LOG__FORMAT" => "json",
        "REFEREE_SERVER__TLS__MIN_VERSION" => "1.3",
        "REFEREE_SERVER__WRITES" => "refuse",
        _ => "",
    };
    match default {
        _ if !fixed.is_empty() => fixed.to_owned(),
        Value::Bool(value) => (!value).to_string(),
        Value::Number(value) => (value.as_u64().unwrap() + 1).to_string(),
        Value::Object(_) => r#"{"a": "b"}"#.to_owned(),
        _ => "another".to_owned(),
    }
}

#[test]
fn each_listed_variable_changes_its_setting_and_nothing_else() {
    let defaults = serde_json::to_value(ConfigFile::default()).unwrap();
    for name in env::SETTINGS {
        let pointer = env::setting(name).unwrap().iter().fold(String::new(), |p, n| p + "/" + n);
        let default = defaults.pointer(&pointer).unwrap_or(&Value::Null);
        let value = another(name, default);
        let layer = layers::of_environment(&variables(&[(name, &value)])).unwrap();
        let given = layers::merge(&[layer]).unwrap();
        let file: ConfigFile = document::from_value("test", given).unwrap();
        let mut changed = serde_json::to_value(&file).unwrap();
        assert_ne!(changed.pointer(&pointer).unwrap(), default, "{name}={value}");
        *changed.pointer_mut(&pointer).unwrap() = default.clone();
        assert_eq!(changed, defaults, "{name}={value}");
    }
}

#[test]
fn a_section_within_a_section_is_put_together_from_all_layers() {
    let (folder, path) =
        in_file("c.yaml", "server: {tls: {certificate: c.pem, min_version: '1.3'}}");
    let set = [("REFEREE_SERVER__TLS__KEY", "k.pem"), ("REFEREE_SERVER__TLS__REFRESH_MS", "7")];
    let mut flags = Overlay::default();
    flags.set("server", "tls", json!({"client_ca": "ca.pem"}));
    let tls = Config::load(Some(&path), &variables(&set), flags).unwrap().server.tls;
    assert_eq!(tls.certificate, Some(folder.path().join("c.pem")));
    assert_eq!((tls.key, tls.client_ca), (Some("k.pem".into()), Some("ca.pem".into())));
    assert_eq!(tls.refresh_ms, 7);
    assert_eq!(serde_json::to_value(tls.min_version).unwrap(), "1.3");
}
