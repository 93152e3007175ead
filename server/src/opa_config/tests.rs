//! Tests of OPA's configuration as a whole.

use super::*;
use referee_core::Coded as _;
use referee_store::service::ServiceKind;
use serde_json::json;

fn read(text: &str) -> Result<OpaConfig, OpaConfigError> {
    let text = OpaConfigText { file: Some(("c.yaml", text)), id: "an-id", assignments: &[] };
    OpaConfig::read(text, |name| (name == "TOKEN").then(|| "hunter2".to_owned()))
}

/// OPA's own example, of its documentation, in shape.
const WHOLE: &str = r#"
services:
  acmecorp:
    url: https://me:hunter2@example.com/control-plane-api/v1?x=hunter2
    response_header_timeout_seconds: 5
    headers: {X-Api-Key: "hunter2"}
    credentials:
      bearer:
        token: "${TOKEN}"
    credential: {token: hunter2}
  registry: {url: https://ghcr.io, type: oci}
labels: {app: myapp, region: west}
bundles:
  authz:
    service: acmecorp
    resource: bundle.tar.gz
    persist: true
    polling: {min_delay_seconds: 60, max_delay_seconds: 120}
    signing: {keyid: my_global_key, scope: write}
  local: {resource: "file:///tmp/b"}
  images: {service: registry, resource: "ghcr.io/o/r:1"}
keys:
  my_global_key: {algorithm: RS256, key: hunter2, private_key: hunter2, scope: read}
decision_logs: {service: acmecorp, reporting: {min_delay_seconds: 300, max_delay_seconds: 600}}
status: {service: acmecorp}
default_decision: /http/example/authz/allow
persistence_directory: /var/opa
distributed_tracing: {type: grpc}
bundels: {a: {token: hunter2}}
server: {decoding: {max_length: 10, gzip: {max_length: 20}}, encoding: {gzip: {min_length: 5}}}
storage: null
"#;

#[test]
fn a_whole_configuration_is_read() {
    let config = read(WHOLE).unwrap();
    let names: Vec<_> = config.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(names, ["acmecorp", "registry"]);
    assert_eq!(config.service("registry").unwrap().kind, ServiceKind::Oci);
    let token = config.service("acmecorp").unwrap().credentials.bearer.clone().unwrap().token;
    assert_eq!(token.expose(), "hunter2");
    assert_eq!(config.plugins(), ["bundle", "decision_logs", "status"]);
    let authz = &config.bundles["authz"];
    assert_eq!((authz.resource.as_str(), authz.polling.delays()), ("bundle.tar.gz", (60, 120)));
    assert_eq!(config.bundles["local"].service, "");
    assert_eq!(config.labels["id"], "an-id");
    assert_eq!(config.labels["region"], "west");
    assert_eq!(config.default_decision, "/http/example/authz/allow");
    assert_eq!(config.default_authorization_decision, "/system/authz/allow");
    assert_eq!(config.persistence_directory, PathBuf::from("/var/opa"));
    assert_eq!(config.server.decoding.gzip.max_length, Some(20));
    assert_eq!(
        config.warnings,
        [
            "configuration option \"distributed_tracing\" is not supported and ignored",
            "unknown configuration option \"bundels\" encountered",
            "unknown configuration option \"services.acmecorp.credential\" encountered",
        ]
    );
}

#[test]
fn what_is_shown_holds_what_was_given_and_no_secret() {
    let config = read(&WHOLE.replace("?x=hunter2", "")).unwrap();
    let shown = config.shown();
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
    assert!(!format!("{config:?}").replace("https://me:hunter2@", "").contains("hunter2"));
    assert_eq!(
        shown["services"]["acmecorp"],
        json!({
            "url": "https://REDACTED@example.com/control-plane-api/v1",
            "response_header_timeout_seconds": 5,
            "headers": {"X-Api-Key": "REDACTED"},
        })
    );
    assert_eq!(shown["keys"]["my_global_key"], json!({"algorithm": "RS256", "scope": "read"}));
    assert_eq!(shown["labels"]["id"], "an-id");
    assert_eq!(shown["default_authorization_decision"], "/system/authz/allow");
    assert_eq!(shown["bundles"]["authz"]["signing"]["scope"], "write");
    assert_eq!(shown.get("bundels"), None);
}

#[test]
fn services_are_a_list_or_a_mapping_and_the_only_one_needs_no_naming() {
    let config = read("services: [{name: s, url: http://h}]\nbundles: {b: {}}").unwrap();
    assert_eq!(config.bundles["b"].service, "s");
    assert_eq!(config.bundles["b"].resource, "bundles/b");
    let config = read("services: {s: {url: http://h}}\nbundle: {name: x/y, prefix: /p}").unwrap();
    assert_eq!(config.bundles["x/y"].resource, "p/x/y");
    assert!(config.warnings[0].starts_with("bundle is deprecated"));
}

#[test]
fn assignments_go_over_the_file() {
    let assignments =
        [Assignment::value("bundles.b.polling.min_delay_seconds=1"), Assignment::value("a=b")];
    let file = "services: {s: {url: http://h}}\nbundles: {b: {polling: {max_delay_seconds: 2}}}";
    let text =
        OpaConfigText { file: Some(("c", file)), assignments: &assignments, ..Default::default() };
    let config = OpaConfig::read(text, |_| None).unwrap();
    assert_eq!(config.bundles["b"].polling.delays(), (1, 2));
    assert_eq!(config.warnings, ["unknown configuration option \"a\" encountered"]);
    let text = OpaConfigText { assignments: &assignments, ..Default::default() };
    let error = OpaConfig::read(text, |_| None).unwrap_err();
    assert_eq!(error.to_string(), "--opa-set: bundles.b: there is no service");
}

#[test]
fn an_empty_configuration_has_the_defaults() {
    for text in ["", "{}", "# nothing\n"] {
        let config = read(text).unwrap();
        assert_eq!(config.default_decision, "/system/main");
        assert_eq!(config.persistence_directory, PathBuf::from(".opa"));
        assert!(config.plugins().is_empty() && config.warnings.is_empty());
    }
}

#[test]
fn each_mistake_is_told_with_its_place_and_without_secrets() {
    let service = "services: {s: {url: http://h}}\n";
    let with = |more: &str| format!("{service}{more}");
    let cases = [
        ("a: ${NONE}".into(), "c.yaml:1: the environment variable NONE is not set"),
        ("[]".into(), "c.yaml: .: a mapping is needed"),
        ("services: x".into(), "c.yaml: services: a mapping or a list is needed"),
        ("services: [{url: u}]".into(), "c.yaml: services[0].name: the service has no name"),
        (
            "services: [{name: a}, {name: a}]".into(),
            "c.yaml: services.a: there are two services of that name",
        ),
        (
            "services: {s: {credentials: {bearer: hunter2}}}".into(),
            "c.yaml: services.s.credentials.bearer: a mapping is needed, and there is a string",
        ),
        (
            "services: {s: {type: s3}}".into(),
            "c.yaml: services.s.type: unknown variant `s3`, expected one of ``, `OCI`, `oci`",
        ),
        (
            "discovery: {resource: x}".into(),
            "c.yaml: discovery is not supported: the policies would be named by a bundle that is \
             never loaded",
        ),
        (
            "plugins: {p: {}}".into(),
            "c.yaml: plugins is not supported: it names a plug-in that is compiled into OPA",
        ),
        ("bundles: {b: {}}".into(), "c.yaml: bundles.b: there is no service"),
        (
            with("bundles: {b: {service: t}}"),
            "c.yaml: bundles.b.service: there is no service \"t\"",
        ),
        (
            "services: {s: {}, t: {}}\nbundles: {b: {}}".into(),
            "c.yaml: bundles.b.service: there are several services: name the one it comes from",
        ),
        (
            with("bundles: {b: {trigger: sometimes}}"),
            "c.yaml: bundles.b.trigger: unknown variant `sometimes`, expected `periodic` or \
             `manual`",
        ),
        (
            with("bundles: {b: {polling: {min_delay_seconds: 1}}}"),
            "c.yaml: bundles.b.polling: min_delay_seconds needs max_delay_seconds beside it",
        ),
        (
            with("bundles: {b: {polling: {min_delay_seconds: 2, max_delay_seconds: 1}}}"),
            "c.yaml: bundles.b.polling: max_delay_seconds is less than min_delay_seconds",
        ),
        (
            with("bundles: {b: {polling: {long_polling_timeout_seconds: 0}}}"),
            "c.yaml: bundles.b.polling: long_polling_timeout_seconds must be at least 1",
        ),
        (
            with("bundles: {b: {signing: {keyid: k}}}"),
            "c.yaml: bundles.b.signing: there are no keys to verify with",
        ),
        (
            with("keys: {j: {key: hunter2}}\nbundles: {b: {signing: {keyids: [k]}}}"),
            "c.yaml: bundles.b.signing: there is no key \"k\"",
        ),
        (
            "keys: {k: {algorithm: HS256}}".into(),
            "c.yaml: keys.k: there is neither key nor private_key",
        ),
        ("keys: {k: null}".into(), "c.yaml: keys.k: there is neither key nor private_key"),
        // Lists whose elements would be members by their places.
        (
            "decision_logs: []".into(),
            "c.yaml: decision_logs: a mapping is needed, and there is a list",
        ),
        (with("status: [s]"), "c.yaml: status: a mapping is needed, and there is a list"),
        (
            with("decision_logs: {reporting: [event]}"),
            "c.yaml: decision_logs.reporting: a mapping is needed, and there is a list",
        ),
        (
            "server: {decoding: []}".into(),
            "c.yaml: server.decoding: a mapping is needed, and there is a list",
        ),
        (
            "services: [[a, http://h]]".into(),
            "c.yaml: services.0: a mapping is needed, and there is a list",
        ),
        (
            with("bundles: {b: {signing: [k]}}"),
            "c.yaml: bundles.b.signing: a mapping is needed, and there is a list",
        ),
        ("storage: x".into(), "c.yaml: storage: a mapping is needed, and there is a string"),
        (
            "caching: {inter_query_builtin_value_cache: 7}".into(),
            "c.yaml: caching.inter_query_builtin_value_cache: a mapping is needed, and there is a \
             number",
        ),
        (
            "decision_logs: 5".into(),
            "c.yaml: decision_logs: a mapping is needed, and there is a number",
        ),
        (
            "decision_logs: {console: 1}".into(),
            "c.yaml: decision_logs.console: invalid type: integer `1`, expected a boolean",
        ),
        (
            "keys: {k: {key: [hunter2], algorithm: none}}".into(),
            "c.yaml: keys.k.key: invalid type: sequence, expected a string",
        ),
        (
            "server: {encoding: {gzip: {compression_level: 10}}}".into(),
            "c.yaml: server.encoding.gzip.compression_level: it must be 0 to 9",
        ),
        (
            "server: {decoding: {max_length: 0}}".into(),
            "c.yaml: server.decoding.max_length: it must be greater than 0",
        ),
    ];
    for (text, expected) in cases {
        let text: String = text;
        let error = read(&text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let config = read("keys: {k: {algorithm: EdDSA, key: hunter2}}").unwrap();
    assert_eq!(config.keys["k"].algorithm(), "EdDSA");
    let error = read("a: [").unwrap_err();
    assert_eq!(error.code(), "document_syntax");
}

#[test]
fn a_bundles_name_cannot_lead_out_of_its_folder() {
    for name in ["..", "a/../b", "/a", "a/", "", ".", "a\\\\b", "a\\u0007", &"x".repeat(201)] {
        let text = format!("services: {{s: {{url: http://h}}}}\nbundles: {{\"{name}\": {{}}}}");
        let error = read(&text).unwrap_err();
        assert!(error.to_string().contains("the name of a bundle is a path"), "{name}: {error}");
    }
}

#[test]
fn buckets_of_requests_are_numbers_that_grow_and_what_is_passed_over_is_told() {
    let metrics = |buckets: &str| {
        format!(
            "server: {{metrics: {{prom: {{http_request_duration_seconds: {{buckets: {buckets}}}}}}}}}"
        )
    };
    let more =
        "\ncaching: {inter_query_builtin_cache: {max_size_bytes: 10}}\nnd_builtin_cache: true";
    let config = read(&format!("{}{more}", metrics("[0.1, 1, 10]"))).unwrap();
    let given = &config.server.metrics.prom.http_request_duration_seconds.buckets;
    assert_eq!(given.as_ref().map(Bounds::as_slice), Some(&[0.1, 1.0, 10.0][..]));
    let told = ["configuration option \"caching\" is not supported and ignored"];
    assert_eq!(
        (config.warnings.as_slice(), config.nd_builtin_cache),
        (&told.map(String::from)[..], true)
    );
    for (buckets, wrong) in [
        ("[1, 1]", "at most 100 numbers, each greater than the one before"),
        ("[2, 1]", "at most 100 numbers, each greater than the one before"),
        ("[a]", "buckets[0]: invalid type: a string, expected f64"),
        ("7", "invalid type: integer `7`, expected a sequence"),
    ] {
        let error = read(&metrics(buckets)).unwrap_err().to_string();
        assert!(error.contains(wrong), "{buckets}: {error}");
    }
}

#[test]
fn a_merged_section_counts_and_one_that_is_left_unmerged_is_refused() {
    let text = r#"
services: {s: {url: http://h}}
keys: {release: {algorithm: HS256, key: hunter2}}
x-defaults: &defaults
  service: s
  polling: {min_delay_seconds: 1, max_delay_seconds: 2}
  signing: {keyid: release}
bundles:
  authz:
    <<: *defaults
    resource: b.tar.gz
"#;
    let config = read(text).unwrap();
    let authz = &config.bundles["authz"];
    assert_eq!(authz.signing.as_ref().unwrap().keyid, "release");
    assert_eq!((authz.resource.as_str(), authz.polling.delays()), ("b.tar.gz", (1, 2)));
    let error = read(&text.replace("<<: *", "\"<<\": *")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "c.yaml: bundles.authz.<<: mappings are merged by << without quotes and an alias after it"
    );
    let error = read("services: [{name: s, url: http://h, tls: {\"<<\": {}}}]").unwrap_err();
    assert!(error.to_string().starts_with("c.yaml: services[0].tls.<<: "), "{error}");
}

#[test]
fn yaml_is_read_as_version_1_1_and_of_several_documents_the_first() {
    let text = "\u{feff}---\nnd_builtin_cache: yes\nserver: {decoding: {max_length: 1_000_000, gzip: \
                {max_length: 1e8}}}\nservices: {s: {url: http://h, response_header_timeout_seconds: \
                5.0}}\ndecision_logs: {console: on}\n---\nnd_builtin_cache: no\n";
    let config = read(text).unwrap();
    assert!(config.nd_builtin_cache);
    assert_eq!(config.server.decoding.max_length, Some(1_000_000));
    assert_eq!(config.server.decoding.gzip.max_length, Some(100_000_000));
    assert_eq!(config.service("s").unwrap().response_header_timeout_seconds, Some(5));
    assert_eq!(config.decision_logs, Some(json!({"console": true})));
}

#[test]
fn an_address_of_a_file_needs_no_service_however_it_is_written() {
    for address in ["file:///b", "file:/b", "FILE:///b"] {
        let config = read(&format!("bundles: {{b: {{resource: '{address}'}}}}")).unwrap();
        assert!(config.bundles["b"].is_file(), "{address}");
    }
    let error = read("bundles: {b: {resource: profile/x}}").unwrap_err();
    assert_eq!(error.to_string(), "c.yaml: bundles.b: there is no service");
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts() {
    let config = read("labels: {a: x, a: y}\nlabels: {b: z}").unwrap();
    assert_eq!(config.labels.get("a"), None);
    assert_eq!(config.labels["b"], "z");
}

#[test]
fn members_below_the_top_are_read_whatever_the_case_of_their_letters() {
    let text = |signing: &str| {
        format!(
            "services: {{s: {{URL: http://h, Credentials: {{Bearer: {{Token: hunter2}}}}}}}}\n\
             keys: {{k: {{Algorithm: HS256, KEY: hunter2, Scope: write}}}}\n\
             bundles: {{b: {{Resource: r, {signing}}}}}\nDefault_Decision: x"
        )
    };
    for signing in
        ["signing: {keyID: k}", "Signing: {KEYID: k}", "\u{17f}igning: {\u{212a}eyid: k}"]
    {
        let config = read(&text(signing)).unwrap();
        let bundle = &config.bundles["b"];
        assert_eq!(bundle.signing.as_ref().unwrap().keyid, "k", "{signing}");
        assert_eq!(bundle.resource, "r");
        let key = &config.keys["k"];
        assert_eq!((key.algorithm(), key.scope.as_str()), ("HS256", "write"));
        assert_eq!(key.key.expose(), "hunter2");
        assert_eq!(config.services[0].url, "http://h");
        assert!(config.services[0].credentials.bearer.is_some());
        assert!(!config.shown().to_string().contains("hunter2"), "{}", config.shown());
        // At the top OPA looks at the names as they are.
        assert_eq!(
            config.warnings,
            ["unknown configuration option \"Default_Decision\" encountered"]
        );
        assert_eq!(config.default_decision, "/system/main");
    }
    let refused = [
        (
            "signing: {keyid: k, keyID: j}",
            "c.yaml: bundles.b.signing.keyID: keyid is there twice, in letters of another case",
        ),
        (
            "signing: {KeyID: k, keyId: k}",
            "c.yaml: bundles.b.signing.keyId: keyid is there twice, in letters of another case",
        ),
        (
            "signing: {Plugin: p}",
            "c.yaml: bundles.b.signing.plugin is not supported: it names a plug-in that is compiled \
             into OPA",
        ),
    ];
    for (signing, expected) in refused {
        assert_eq!(read(&text(signing)).unwrap_err().to_string(), expected);
    }
    let error =
        read("services: [{Name: s, Url: http://h}]\nbundles: {b: {SERVICE: t}}").unwrap_err();
    assert_eq!(error.to_string(), "c.yaml: bundles.b.service: there is no service \"t\"");
}

#[test]
fn decision_logs_and_status_without_a_value_are_there_and_say_nothing() {
    let config = read("decision_logs:\nstatus: null\nserver:\n").unwrap();
    assert_eq!(config.plugins(), ["decision_logs", "status"]);
    assert_eq!((config.decision_logs, config.status), (Some(json!({})), Some(json!({}))));
}

#[test]
fn what_is_without_effect_in_decision_logs_and_status_is_told() {
    let text = "decision_logs: {nd_builtin_cache: true}\nstatus: {prometheus_config: {a: 1, \
                collectors: {b: 1, bundle_loading_duration_ns: {c: 1, buckets: [1]}}}}";
    let below = "status.prometheus_config";
    let unknown = |option: &str| format!("unknown configuration option {option:?} encountered");
    assert_eq!(
        read(text).unwrap().warnings,
        [
            "configuration option \"decision_logs.nd_builtin_cache\" is not supported and ignored"
                .to_owned(),
            unknown(&format!("{below}.a")),
            unknown(&format!("{below}.collectors.b")),
            unknown(&format!("{below}.collectors.bundle_loading_duration_ns.c")),
        ]
    );
}
