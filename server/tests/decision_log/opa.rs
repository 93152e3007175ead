//! The events of the real OPA and ours, for the same requests.

use crate::collector::{Collector, within};
use crate::stand::Stand;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

const POLICY: &str = r#"package demo

allow if input.user == "alice"

who := input.user

bad := to_number(input.user)

clash := 1 if input.c

clash := 2 if input.c

s contains x if some x in [3, 1, 2]

token := io.jwt.encode_sign({"alg": "HS256"}, {"n": input.n}, {"kty": "oct", "k": "AAECAwQFBgc"})

dice := rand.intn("k", 6) >= 0

nested := {"secret": {"a": 1, "list": [1, 2, 3]}, "set": {1, 2}}
"#;

const LOG: &str = r#"package system.log

mask contains "/input/password"

mask contains {"op": "upsert", "path": "/input/new/deep", "value": {"k": 1}} if input.input.user

mask contains "/input/list/1"

mask contains "/input/none/1"

mask contains "/result/secret/list/0"

mask contains {"op": "upsert", "path": "/result/set", "value": "**"}

mask contains "/result/secret/a"

mask contains "/input" if input.path == "demo/s"

mask contains "/nd_builtin_cache/rand.intn"

drop if input.path == "demo/dropped"
"#;

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _ended = self.0.wait();
    }
}

fn opa() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or(home.join(".cache"), PathBuf::from);
    let peers =
        std::env::var_os("REFEREE_PEERS").map_or(cache.join("referee-peers/bin"), PathBuf::from);
    let found = peers.join("opa");
    if found.is_file() {
        return Some(found);
    }
    println!("SKIPPED: opa is not in {}; .ci/peers.sh puts it there", peers.display());
    None
}

fn config(collector: &Collector, who: &str) -> String {
    format!(
        "services: {{c: {{url: 'http://{}/{who}'}}}}\n\
         nd_builtin_cache: true\n\
         labels: {{app: demo}}\n\
         decision_logs: {{service: c, reporting: {{min_delay_seconds: 1, max_delay_seconds: 1}},\n\
           request_context: {{http: {{headers: [X-Mark, content-type]}}}}}}\n\
         status: {{service: c}}\n",
        collector.address
    )
}

/// Method, path, body.
const REQUESTS: [(&str, &str, &str); 34] = [
    ("POST", "/v1/data/demo/allow", r#"{"input":{"user":"alice","password":"x","list":[1,2,3]}}"#),
    ("POST", "/v1/data/demo/who", r#"{"input":{"user":"bob"}}"#),
    ("POST", "/v1/data/demo/undefined", r#"{"input":{"user":"bob"}}"#),
    ("POST", "/v1/data/demo/allow", r#"{"input":null}"#),
    ("POST", "/v1/data/demo/allow", "{}"),
    ("POST", "/v1/data/demo/allow", ""),
    ("POST", "/v1/data/demo/allow", r#"{"input":[{"password":1}]}"#),
    ("GET", "/v1/data/demo/allow", ""),
    ("GET", "/v1/data/demo/who?input=%7B%22user%22%3A%22u%22%7D", ""),
    ("POST", "/v1/data/demo/clash", r#"{"input":{"c":true}}"#),
    ("POST", "/v1/data/demo/bad?strict-builtin-errors", r#"{"input":{"user":"zz"}}"#),
    ("POST", "/v1/data/demo/s", r#"{"input":1.50}"#),
    ("POST", "/v1/data/demo/nested", r#"{"input":{"a":1e3}}"#),
    ("POST", "/v1/data/demo/dropped", r#"{"input":{"user":"zz"}}"#),
    ("POST", "/v1/data/demo/who", r#"{"input":"#),
    ("POST", "/v1/data/a%2Fb/c/0", r#"{"input":{}}"#),
    ("POST", "/v1/data/demo/token", r#"{"input":{"n":1}}"#),
    ("POST", "/v1/data/demo/token?explain=full", r#"{"input":{"n":2}}"#),
    ("POST", "/v1/data/demo/dice", "{}"),
    ("POST", "/v1/query", r#"{"query":"data.demo.token = x","input":{"n":3}}"#),
    ("POST", "/v0/data/demo/who", r#"{"user":"zz"}"#),
    ("POST", "/v0/data/demo/nothing", r#"{"user":"zz"}"#),
    ("POST", "/", r#"{"user":"zz"}"#),
    ("POST", "/v1/query", r#"{"query":"data.demo.who = x","input":{"user":"q"}}"#),
    ("GET", "/v1/query?q=1%20%3D%202", ""),
    ("GET", "/v1/query?q=x%3D1%20%23%20one", ""),
    ("POST", "/v1/query", r#"{"query":"x:=[1,\"\u00e4\"][_];y=x>2;not data.demo.c"}"#),
    ("POST", "/v1/query", r#"{"query":"some i ; input.list[i] with input as {\"list\":{3, 1}}"}"#),
    ("POST", "/v1/query", r#"{"query":"nobody(1)"}"#),
    ("POST", "/v1/query", r#"{"query":"x := 1;  x := 2","input":1}"#),
    ("POST", "/v1/query", r#"{"query":"data.demo.allow.q"}"#),
    ("POST", "/v1/query", r#"{"query":"x = "}"#),
    ("POST", "/v1/data/demo/who?instrument", r#"{"input":{"user":"u"}}"#),
    ("POST", "/v1/data/demo/wh%20o!", r#"{"input":{"user":"u"}}"#),
];

/// How many of them are logged: not what cannot be read, nor what is dropped.
const LOGGED: usize = REQUESTS.len() - 3;

async fn ask_all(base: &str) {
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for (method, path, body) in REQUESTS {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = client.request(method, format!("{base}{path}")).header("X-Mark", "m");
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json").body(body);
        }
        request.send().await.unwrap().bytes().await.unwrap();
    }
}

/// What differs from run to run, and what each server says of itself, is made alike; of metrics the
/// names are compared, but for the compilation of queries: what is compiled already, and in which
/// stages, each server has by itself.
fn comparable(mut event: Value) -> Value {
    assert_eq!(event["decision_id"].as_str().unwrap().len(), 36);
    assert!(event["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(event["requested_by"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(event["metrics"].as_object().is_some_and(|metrics| !metrics.is_empty()), "{event}");
    for member in ["decision_id", "timestamp", "requested_by"] {
        event[member] = json!("*");
    }
    let names = event["metrics"].as_object().unwrap().keys();
    event["metrics"] = names.filter(|name| !name.contains("query_compile")).cloned().collect();
    assert_eq!(event["labels"].as_object().unwrap().len(), 3);
    for label in ["id", "version"] {
        event["labels"][label] = json!("*");
    }
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_those_of_the_real_opa() {
    let Some(opa) = opa() else { return };
    let collector = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("p.rego", POLICY);
    write("log.rego", LOG);
    write("opa.yaml", &config(&collector, "opa"));
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let child = Command::new(opa)
        .args(["run", "--server", "-a", &address, "-c", "opa.yaml", "p.rego", "log.rego"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _opa = Killed(child);
    let modules = [("p.rego", POLICY), ("log.rego", LOG)];
    let stand = Stand::start(&modules, &config(&collector, "referee")).await;
    within(|| std::net::TcpStream::connect(&address).ok()).await;
    ask_all(&format!("http://{address}")).await;
    ask_all(&format!("http://{}", stand.address)).await;

    let theirs = collector.wait_for("/opa/logs", LOGGED).await;
    let ours = collector.wait_for("/referee/logs", LOGGED).await;
    let order = |event: &Value| event.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(order(ours), order(theirs), "{ours}");
        assert_eq!(comparable(ours.clone()), comparable(theirs.clone()));
    }
    assert_eq!((ours.len(), theirs.len()), (LOGGED, LOGGED));

    // Status: the same members; what is counted is each one's own.
    let duration = "http_request_duration_seconds";
    let metric = |update: &Value| update["metrics"]["prometheus"][duration]["metric"][0].clone();
    let update = |who: &str| {
        let mut found = collector.arrived(&format!("/{who}/status")).into_iter().map(|it| it.json);
        found.rfind(|it| it.get("decision_logs").is_some() && metric(it).is_object())
    };
    let theirs = within(|| update("opa")).await;
    let ours = within(|| update("referee")).await;
    assert_eq!(order(&ours), order(&theirs));
    for plugin in ["decision_logs", "status"] {
        assert_eq!(ours["plugins"][plugin], theirs["plugins"][plugin]);
    }
    assert_eq!(order(&metric(&ours)["histogram"])[0], "sampleCount");
    for member in ["sampleCount", "sampleSum", "bucket"] {
        for update in [&ours, &theirs] {
            assert!(metric(update)["histogram"].get(member).is_some(), "{member}");
        }
    }
}
