//! The same requests to the real OPA and to us: status, body, type and encoding must be the same.

use crate::client::{Answer, Client};
use crate::stand::serve;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server of OPA's, ended when it is dropped.
struct Opa(Child, SocketAddr);

impl Drop for Opa {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn binary() -> Option<PathBuf> {
    let peers = std::env::var_os("REFEREE_PEERS").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache =
        cache.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    let cache = cache.map(|cache| cache.join("referee-peers/bin"));
    let mut folders = peers.into_iter().chain(cache);
    folders.find_map(|folder| Some(folder.join("opa")).filter(|path| path.is_file()))
}

async fn opa() -> Option<Opa> {
    let Some(binary) = binary() else {
        // Past the test harness's capture.
        let line = "SKIPPED the REST API beside OPA: opa is not on this machine\n";
        std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
        return None;
    };
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(binary);
    command.args(["run", "--server", "--log-level", "error", "--addr", &address.to_string()]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let opa = Opa(child, address);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            return Some(opa);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("opa did not come up");
}

const POLICY: &str = "package t\n\np := x if { x := input.a + 1; trace(\"n\") }\n\nq contains i if \
some i in [1, 2]\n\nc := 1\n\nc := 2 if input.c\n\nu if input.zzz\n\ne := to_number(\"x\")\n\ns := \
\"<a&b>\"\n\nf := false\n\nn := null\n";

/// Each line: method, path and, after a blank, the body. In order: later ones see what earlier
/// ones wrote.
const CASES: &str = r#"
GET /v1/data
GET /v1/data/t?pretty
POST /v1/data/t/p {"input": {"a": 1}}
POST /v1/data/t/p?pretty {"input": {"a": 1.50}}
POST /v1/data/t/s {"input": 1}
POST /v1/data/t/f {"input": 1}
POST /v1/data/t/n {"input": 1}
POST /v1/data/t/u {"input": 1}
POST /v1/data/t/c {"input": {"c": 1}}
POST /v1/data/t/e?strict-builtin-errors {"input": {}}
POST /v1/data/t/q
POST /v1/data/t/q null
POST /v1/data/t/q {"input": null}
POST /v1/data/t/p [1]
POST /v1/data/t/p 5
POST /v1/data/t/p {"input":
POST /v1/data/t/p?explain=notes&pretty {"input": {"a": 1}}
POST /v1/data/t/p?explain=notes {"input": {"a": 1}}
POST /v1/data/t/p?explain=full&pretty {"input": {"a": 1}}
POST /v1/data/t/u?explain=full&pretty {"input": {}}
POST /v1/data/t/u?explain=fails&pretty {"input": {}}
GET /v1/data/t/p?input=%7B%22a%22:5%7D
GET /v1/data/t/p?input=%7B
GET /v1/data/t/p?input=
POST /v0/data/t/p {"a": 1}
POST /v0/data/t/u?pretty {"a": 1}
POST /v0/data/no/x-y/0 {}
POST /v0/data/t/p {
GET /v0/data/t
POST / {}
GET /v1/policies/none
DELETE /v1/policies/none
PUT /v1/policies/bad package bad
PUT /v1/policies/bad package bad p { true }
PUT /v1/policies/none package none;p if x
PUT /v1/policies/none package none;p := data.none.f(1)
PUT /v1/policies/none # nothing
PUT /v1/data/x/y/z 5
PUT /v1/data/x/y/z/w 5
PUT /v1/data/x/arr [1,[2],{"k":3}]
PUT /v1/data/x/arr/1/n/m 9
PUT /v1/data/x/arr/k 9
PUT /v1/data/t/p 1
PUT /v1/data 5
PUT /v1/data/x/b {
PUT /v1/data/a%2Fb/c {"z":1}
PATCH /v1/data/x [{"op":"add","path":"/n","value":{"a~/b":1}}]
PATCH /v1/data/x [{"op":"add","path":"n/a~0~1b","value":2}]
PATCH /v1/data/x [{"op":"move","path":"/n"}]
PATCH /v1/data/x [{"op":"remove","path":"/zz"}]
PATCH /v1/data/x [{"op":"remove","path":"%zz"}]
PATCH /v1/data/x {}
PATCH /v1/data/x [5]
PATCH /v1/data/x [{"op":"replace","path":"/n","value":1},{"op":"add","path":"/m/x","value":1}]
PATCH /v1/data/x [{"op":"add","path":"/arr/-","value":1},{"op":"add","path":"/arr/0","value":0},{"op":"remove","path":"/arr/1"}]
GET /v1/data
DELETE /v1/data/x/arr/77
DELETE /v1/data/x/nope
DELETE /v1/data/x
DELETE /v1/data
GET /v1/data
GET /v1/query
GET /v1/query?q=
GET /v1/query?q=data.t.q%5Bi%5D&pretty
GET /v1/query?q=x%20%3A%3D
GET /v1/query?q=http.send(%7B%7D)
GET /v1/query?q=data.t.c%20with%20input.c%20as%201
GET /v1/query?q=false
GET /v1/query?q=data.t.s%20%3D%20x&explain=full&pretty
POST /v1/query {"query": "input.x = y", "input": {"x": [1, null]}}
POST /v1/query {"query": 5}
POST /v1/query
POST /v1/query x
POST /v1/compile
POST /v1/compile {"query": ""}
POST /v1/compile {"query": "1", "unknowns": [5]}
POST /v1/compile {"query": "input.x > 1"}
POST /v1/compile {"query": "data.t.p = x", "unknowns": ["input"]}
POST /v1/compile {"query": "1 > 2"}
POST /v1/compile {"query": "y > 2"}
POST /v1/compile?pretty {"query": "x :="}
GET /v1/status
GET /health
GET /health?bundles&plugins&exclude-plugin=x
GET /health/live
GET /nope
POST /health
PUT /v1/config
DELETE /v1/query
OPTIONS /v1/data/t
GET /v1/query/x
"#;

fn shown(answer: &Answer) -> (u16, String, Vec<Option<&str>>) {
    let headers = ["content-type", "vary", "content-encoding"];
    let headers = headers.iter().map(|name| answer.header(name)).collect();
    (answer.status, answer.body.clone(), headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_real_opa_answers_alike() {
    let Some(opa) = opa().await else { return };
    let stand = serve(None, |server| server).await;
    let (mut theirs, mut ours) = (Client::connect(opa.1).await, stand.client().await);
    let mut cases = vec![("PUT /v1/policies/t".to_owned(), POLICY.to_owned())];
    cases.extend(CASES.lines().filter(|line| !line.is_empty()).map(|line| {
        let mut parts = line.splitn(3, ' ');
        let head = format!("{} {}", parts.next().unwrap(), parts.next().unwrap());
        (head, parts.next().unwrap_or_default().replace(';', "\n"))
    }));
    let mut differences = Vec::new();
    for (head, body) in &cases {
        let (reference, found) =
            (theirs.ask(head, &[], body).await, ours.ask(head, &[], body).await);
        if shown(&reference) != shown(&found) {
            differences.push(format!("{head} {body}\n  opa  {reference:?}\n  ours {found:?}"));
        }
    }
    assert!(cases.len() > 80, "{} cases", cases.len());
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
