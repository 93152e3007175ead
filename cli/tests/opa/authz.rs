//! What `system.authz` is given by the real `opa run --server` and by `referee serve`, asked by
//! curl, with tokens and with client certificates.

use crate::find::{skipped, tool};
use crate::serving::{Server, serve};
use crate::started::{alone, opa_server};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    SanType,
};
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Refuses everything, and shows what it was given.
const SHOWS: &str =
    "package system.authz\n\nallow := {\"allowed\": false, \"reason\": json.marshal(input)}\n";

/// `{"input":1}` under gzip.
const PACKED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0xca, 0xcc, 0x2b, 0x28,
    0x2d, 0x51, 0xb2, 0x32, 0xac, 0x05, 0x00, 0x56, 0x35, 0x76, 0xb8, 0x0b, 0x00, 0x00, 0x00,
];

/// What may be answered, by what the request asks for.
const RULES: &str = r#"package system.authz

allow if input.params.rule[0] == "yes"

allow := false if input.params.rule[0] == "no"

allow := {"allowed": true} if input.params.rule[0] == "object"

allow := {"allowed": false, "reason": "because <so>"} if input.params.rule[0] == "reason"

allow := {"allowed": false, "reason": 1} if input.params.rule[0] == "reasonless"

allow := {"allowed": "true"} if input.params.rule[0] == "text"

allow := {} if input.params.rule[0] == "empty"

allow := [true] if input.params.rule[0] == "list"

allow := 1 / 0 if input.params.rule[0] == "failing"

allow := true if input.params.rule[0] == "clash"

allow := false if input.params.rule[0] == "clash"
"#;

/// Both servers, with the same policy and the same arguments of the command.
struct Both {
    theirs: Server,
    ours: Server,
}

impl Both {
    fn start(opa: &Path, policy: &Path, arguments: &[&str]) -> Self {
        let theirs = arguments.iter().map(OsStr::new).chain([policy.as_os_str()]);
        let theirs = opa_server(&mut alone(opa), theirs).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().env("HOME", "/nonexistent").current_dir(policy.parent().unwrap());
        let all = [&[policy.to_str().unwrap()], arguments].concat();
        let (mut ours, mut log) = serve(&mut command, &all);
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        let address = ours.address.trim_start_matches("https://").to_owned();
        ours.address = address;
        Self { theirs, ours }
    }

    /// What both answer: status and body.
    fn ask(&self, scheme: &str, path: &str, arguments: &[&str]) -> [(String, Value); 2] {
        [&self.theirs, &self.ours].map(|server| {
            let port = server.address.rsplit_once(':').unwrap().1;
            let asked = Command::new("curl")
                .args(["--silent", "--show-error", "--path-as-is", "--write-out", "\n%{http_code}"])
                .args(arguments)
                .arg(format!("{scheme}://localhost:{port}{path}"))
                .output()
                .unwrap();
            let told = String::from_utf8(asked.stdout).unwrap();
            let error = String::from_utf8_lossy(&asked.stderr).into_owned();
            let (body, status) = told.rsplit_once('\n').unwrap_or_else(|| panic!("{error}"));
            let body = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
            (status.to_owned(), body)
        })
    }

    /// The document that both policies were given.
    fn shown(&self, scheme: &str, path: &str, arguments: &[&str]) -> [Value; 2] {
        self.ask(scheme, path, arguments).map(|(status, body)| {
            assert_eq!(status, "401", "{path}: {body}");
            assert_eq!(body["code"], "unauthorized");
            serde_json::from_str(body["message"].as_str().unwrap()).unwrap()
        })
    }
}

fn opa_and_curl() -> Option<PathBuf> {
    let opa = tool("opa");
    if opa.is_none() {
        skipped("the comparison of what policies are given", "opa is not on this machine");
    }
    if Command::new("curl").arg("--version").output().is_err() {
        skipped("the comparison of what policies are given", "curl is not on this machine");
        return None;
    }
    opa
}

#[test]
fn the_policy_of_both_servers_is_given_the_same_about_a_request() {
    let Some(opa) = opa_and_curl() else { return };
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("authz.rego");
    std::fs::write(&policy, SHOWS).unwrap();
    let arguments = ["--authorization", "basic", "--authentication", "token", "--h2c"];
    let both = Both::start(&opa, &policy, &arguments);
    let packed = folder.path().join("packed");
    std::fs::write(&packed, PACKED).unwrap();
    let packed = format!("@{}", packed.display());
    let requests: &[(&str, &[&str])] = &[
        ("/", &[]),
        ("/health?bundles&plugins=true", &[]),
        ("/metrics", &[]),
        ("/v1/data/a/0/%C3%A4%20b?pretty&x=1&x=2&y=a+b%26", &[]),
        ("/v1/policies/a/b.rego", &["-X", "PUT", "-d", "package a"]),
        ("/v1/data/a", &["-X", "DELETE"]),
        ("/nowhere", &["-X", "OPTIONS"]),
        ("/v1/data/a", &["-d", r#"{"input": {"n": [1.50, 12345678901234567890]}}"#]),
        ("/v1/data/a", &["-d", "", "-H", "Content-Type:"]),
        ("/v1/data/a", &["-d", "input: {a: [1, yes]}", "-H", "Content-Type: application/x-yaml"]),
        ("/v0/data", &["-d", "[1]"]),
        ("/", &["-d", "null"]),
        ("/v1/query", &["-d", r#"{"query": "x = 1"}"#]),
        ("/v1/compile", &["-d", r#"{"query": "x = 1"}"#]),
        (
            "/v1/data",
            &["-H", "Authorization: Bearer tok", "-H", "x-OTHER_name: a", "-H", "X-Other_Name: b"],
        ),
        ("/v1/data", &["-H", "Authorization: Bearer  a.b"]),
        ("/v1/data", &["-H", "Authorization: Bearer a b"]),
        ("/v1/data", &["-H", "Authorization: bearer a"]),
        ("/v1/data", &["-H", "Authorization: Basic a"]),
        ("/v1/data", &["-H", "Authorization;"]),
        ("/v1/d%61ta/%2e%2e/%2E/...", &["-X", "PUT", "-d", "1"]),
        ("/v1/policies/a%2F%2Fb/%2e%2e", &["-X", "DELETE"]),
        ("/v1/data", &["-H", "Cookie: a=1", "-H", "Cookie: b=2"]),
        ("/v1/data", &["--http2-prior-knowledge", "-H", "Cookie: a=1", "-H", "Cookie: b=2"]),
        ("/v1/data/a", &["--data-binary", &packed, "-H", "Content-Encoding: gzip"]),
    ];
    for (path, arguments) in requests {
        let [theirs, ours] = both.shown("http", path, arguments);
        assert_eq!(ours, theirs, "{path} {arguments:?}");
    }
    for body in ["{", "[1", "a"] {
        let [theirs, ours] = both.ask("http", "/v1/data/a", &["-d", body]);
        assert_eq!(ours, theirs, "{body}");
        assert_eq!(theirs.0, "400");
    }
}

#[test]
fn both_servers_take_the_answers_of_the_policy_alike() {
    let Some(opa) = opa_and_curl() else { return };
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("authz.rego");
    std::fs::write(&policy, RULES).unwrap();
    let both = Both::start(&opa, &policy, &["--authorization", "basic"]);
    let rules = [
        "yes",
        "no",
        "object",
        "reason",
        "reasonless",
        "text",
        "empty",
        "list",
        "failing",
        "clash",
        "undefined",
    ];
    let statuses = rules.map(|rule| {
        let path = format!("/v1/data/nothing?rule={rule}");
        let [(theirs, mut told), (ours, mut said)] = both.ask("http", &path, &[]);
        assert_eq!(ours, theirs, "{rule}");
        // The errors of an evaluation name the file as it was loaded.
        for body in [&mut told, &mut said] {
            if let Some(location) = body.pointer_mut("/errors/0/location") {
                location.as_object_mut().unwrap().remove("file");
            }
            // A hint is ours alone.
            if let Some(members) = body.as_object_mut() {
                members.remove("hint");
            }
        }
        assert_eq!(said, told, "{rule}");
        theirs
    });
    assert_eq!(
        statuses,
        ["200", "401", "200", "401", "401", "401", "500", "401", "500", "500", "500"]
    );
}

/// A file of a folder with this text.
fn put(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_policy_of_both_servers_is_given_the_same_about_a_client_certificate() {
    let Some(opa) = opa_and_curl() else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let policy = folder.join("authz.rego");
    std::fs::write(&policy, SHOWS).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "an authority");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let certify = |name: DistinguishedName, uri: &str| {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name = name;
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    let ca = put(folder, "ca.pem", &issuer.pem());
    let (certificate, key) = certify(DistinguishedName::new(), "https://referee.example/");
    let (certificate, key) = (put(folder, "s.pem", &certificate), put(folder, "s.key", &key));
    let both = Both::start(
        &opa,
        &policy,
        &[
            "--authorization",
            "basic",
            "--authentication",
            "tls",
            "--tls-ca-cert-file",
            &ca,
            "--tls-cert-file",
            &certificate,
            "--tls-private-key-file",
            &key,
        ],
    );
    let names: [&[(DnType, &str)]; 5] = [
        &[(DnType::CommonName, "a client")],
        &[
            (DnType::CountryName, "GB"),
            (DnType::OrganizationName, "Example, Org"),
            (DnType::CommonName, " #x+\"y\" "),
        ],
        &[
            (DnType::OrganizationalUnitName, "u;<>"),
            (DnType::LocalityName, "#l"),
            (DnType::StateOrProvinceName, "s\\t"),
        ],
        &[
            (DnType::CustomDnType(vec![2, 5, 4, 5]), "3064"),
            (DnType::CustomDnType(vec![2, 5, 4, 9]), "street"),
            (DnType::CustomDnType(vec![2, 5, 4, 17]), "postal"),
            (DnType::CustomDnType(vec![1, 2, 3]), "unknown"),
        ],
        &[],
    ];
    for (number, parts) in names.into_iter().enumerate() {
        let mut name = DistinguishedName::new();
        for (kind, value) in parts {
            name.push(kind.clone(), *value);
        }
        let (certificate, key) = certify(name, "spiffe://example/workload");
        let certificate = put(folder, &format!("c{number}.pem"), &certificate);
        let key = put(folder, &format!("c{number}.key"), &key);
        for version in ["--http1.1", "--http2"] {
            let arguments = [version, "--cacert", &ca, "--cert", &certificate, "--key", &key];
            let [theirs, ours] = both.shown("https", "/v1/data/a?b", &arguments);
            assert!(theirs["client_certificates"][0]["Raw"].is_string());
            assert_eq!(ours, theirs, "{parts:?}");
        }
    }
}

#[test]
fn rules_that_read_what_there_never_is_are_refused_at_start() {
    let Some(opa) = tool("opa") else {
        return skipped(
            "the comparison of starts with authorization",
            "opa is not on this machine",
        );
    };
    let folder = tempfile::tempdir().unwrap();
    let scheme = ["--authentication", "token", "--authorization", "basic"];
    let undefined = |member: &str| Some(format!("undefined ref: input.{member}"));
    let (direct, needed, other, right) = (
        "package system.authz\n\nallow if not blocked\n\nblocked if input.identty == \"evil\"\n",
        "package system.authz\n\nallow if data.lib.known\n",
        "package system.authz\n\nallow if input.path[0] == \"v1\"\n",
        "package system.authz\n\nallow if {\n\tinput.method == \"GET\"\n\tinput.params.q[0] == \"x\"\n\
         \tinput.headers.Host[0]\n\tinput.client_certificates[0].SerialNumber\n\tinput.body.input.x\n\
         \tinput.identity == \"me\"\n}\n",
    );
    let lib = "package lib\n\nknown if input.user == \"me\"\n";
    let otherwise = "package system.authz\n\nallow if false else if input.methd == \"GET\"\n";
    let shape = "package system.authz\n\nallow if input.path.first == \"v1\"\n";
    for (modules, arguments, refused) in [
        (vec![direct], &[][..], undefined("identty")),
        (vec![needed, lib], &[], undefined("user")),
        (vec![otherwise], &[], undefined("methd")),
        (vec![shape], &[], undefined("path.first")),
        // What authorization does not need may read whatever it likes.
        (vec![other, lib], &[], None),
        (vec![right], &[], None),
        (vec![direct], &["--skip-known-schema-check"], None),
    ] {
        let at = tempfile::tempdir_in(folder.path()).unwrap();
        for (number, module) in modules.iter().enumerate() {
            std::fs::write(at.path().join(format!("{number}.rego")), module).unwrap();
        }
        let whole = at.path().display().to_string();
        let all: Vec<&str> = scheme.iter().chain(arguments).copied().chain([&*whole]).collect();
        let theirs = opa_server(&mut alone(&opa), &all);
        // OPA does not look into an `else`.
        let seen = modules != [otherwise];
        assert_eq!(theirs.is_none(), refused.is_some() && seen, "{modules:?}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_referee"));
        command.env_clear().env("HOME", "/nonexistent");
        match refused {
            None => drop(serve(&mut command, &all)),
            Some(refused) => {
                let ended = command.args(["serve", "--listen", "127.0.0.1:0"]).args(&all).output();
                let ended = ended.unwrap();
                let told = String::from_utf8_lossy(&ended.stderr).into_owned();
                let says = told.contains("rego_type_error") && told.contains(&refused);
                assert!(ended.status.code() == Some(2) && says, "{modules:?}: {told}");
            }
        }
    }
}
