//! The suite of OPA's REST API, with the real OPA on both sides: it must agree with itself in every
//! case, and an answer that is altered on its way must be found out.
//!
//! The program is `opa` of the folder that `.ci/peers.sh` fills (`REFEREE_PEERS`); where it is not
//! there the tests are skipped, aloud.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

use referee_conformance::opa_api::{Address, Expected, RunError, Scenario, differences, load, run};
use referee_conformance::report::{Format, Report, Standing, write};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Writes past the test harness's capture: a skip, or a figure, must be seen.
fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

/// A real OPA on a free port, ended with its owner.
struct Opa {
    child: Child,
    address: SocketAddr,
}

impl Opa {
    fn start() -> Option<Self> {
        let peers = std::env::var_os("REFEREE_PEERS").map_or_else(
            || {
                let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
                home.join(".cache/referee-peers/bin")
            },
            PathBuf::from,
        );
        let program = peers.join("opa");
        if !program.is_file() {
            aloud(&format!("SKIPPED the real OPA: no {}; run .ci/peers.sh", program.display()));
            return None;
        }
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(program)
            .args(["run", "--server", "--log-level", "error", "--disable-telemetry", "--addr"])
            .arg(address.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let opa = Self { child, address };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "OPA does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(opa)
    }
}

impl Drop for Opa {
    fn drop(&mut self) {
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn address(socket: SocketAddr) -> Address {
    Address::parse(&format!("http://{socket}")).unwrap()
}

fn shown(report: &Report) -> String {
    let mut text = Vec::new();
    write(report, Format::Human, &mut text).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// The suite without what OPA itself does not answer.
fn answered() -> Vec<Scenario> {
    let mut scenarios = load().unwrap();
    for scenario in &mut scenarios {
        scenario.cases.retain(|case| !case.crashes);
    }
    scenarios
}

#[test]
fn opa_agrees_with_itself_in_every_case() {
    let (Some(one), Some(other)) = (Opa::start(), Opa::start()) else { return };
    let scenarios = answered();
    let report =
        run(&scenarios, &address(one.address), &address(other.address), &Expected::default())
            .unwrap();
    aloud(&format!("FIGURE opa-api, OPA with OPA: {} of {}", report.passed(), report.total()));
    assert!(report.is_as_expected(), "{}", shown(&report));
    assert!(report.total() > 4_000);
}

#[test]
fn what_opa_dies_of_is_found_in_a_target_that_dies_of_it() {
    let (Some(one), Some(other)) = (Opa::start(), Opa::start()) else { return };
    let mut scenarios = load().unwrap();
    scenarios.retain(|scenario| scenario.name == "compile/options of partial evaluation");
    for scenario in &mut scenarios {
        scenario.cases.retain(|case| case.name.contains("an unknown that is no reference ["));
    }
    let report =
        run(&scenarios, &address(one.address), &address(other.address), &Expected::default())
            .unwrap();
    assert_eq!((report.passed(), report.total()), (0, 8));
    let told = report.verdicts.iter().filter_map(|verdict| verdict.failure.as_deref());
    for failure in told {
        assert!(failure.starts_with("answer: the connection was closed"), "{failure}");
    }
}

/// What the altering proxy changes: text of the same length.
const ALTERED: [(&[u8], &[u8]); 5] = [
    (b" 404 Not Found\r\n", b" 403 Not Found\r\n"),
    (b"Vary: Accept-Encoding\r\n", b"Vary: Accept-Language\r\n"),
    (b"\"undefined_document\"", b"\"undefined-document\""),
    (b"{\"result\":[10", b"{\"result\":[11"),
    (b"{\n  \"result\": [\n", b"{\n  \"result\":\t[\n"),
];

/// Hands connections on to a server and alters what it answers.
fn altering(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(upstream) = TcpStream::connect(server) else { return };
            let (mut from, mut to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from, &mut to));
            std::thread::spawn(move || hand_back(upstream, client));
        }
    });
    address
}

fn hand_back(mut upstream: TcpStream, mut client: TcpStream) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(read @ 1..) = upstream.read(&mut buffer) {
        let mut answer: Vec<u8> = buffer.iter().copied().take(read).collect();
        for (from, to) in ALTERED {
            let found = answer.windows(from.len()).position(|window| window == from);
            if let Some(start) = found {
                answer.splice(start..start + from.len(), to.iter().copied());
            }
        }
        if client.write_all(&answer).is_err() {
            return;
        }
    }
    let _closed = client.shutdown(std::net::Shutdown::Both);
}

#[test]
fn an_altered_answer_is_found_with_what_was_altered() {
    let (Some(one), Some(other)) = (Opa::start(), Opa::start()) else { return };
    let mut scenarios = answered();
    scenarios.retain(|scenario| {
        [
            "v0/a bare document is answered",
            "data-read/a document of data is read whole and in parts",
        ]
        .contains(&scenario.name.as_str())
    });
    for scenario in &mut scenarios {
        // Other methods of v0, and targets that are refused before they are looked at, have no
        // field that is altered.
        scenario.cases.retain(|case| {
            !["{{method}}", "%zz", "with space"].iter().any(|odd| case.name.contains(odd))
        });
    }
    let (reference, target) = (address(one.address), address(altering(other.address)));
    let report = run(&scenarios, &reference, &target, &Expected::default()).unwrap();
    assert!(!report.is_as_expected());
    let whole = "data-read/a document of data is read whole and in parts";
    for (name, wanted) in [
        (
            "v0/a bare document is answered: POST /v0/data{{path}}{{query}} [/gone | ]",
            "status: 404 in the reference, 403 here\n     \
             header vary: Accept-Encoding in the reference, Accept-Language here\n     \
             /code: \"undefined_document\" in the reference, \"undefined-document\" here"
                .to_owned(),
        ),
        (
            &format!("{whole}: GET [/list | ]"),
            "header vary: Accept-Encoding in the reference, Accept-Language here\n     \
             /result/0: 10 in the reference, 11 here"
                .to_owned(),
        ),
    ] {
        let verdict = report.verdicts.iter().find(|verdict| verdict.name == name).unwrap();
        assert_eq!(verdict.failure.as_deref(), Some(wanted.as_str()), "{name}");
        assert_eq!(verdict.standing, Standing::Failed);
    }
    let pretty = format!("{whole}: GET [/list | ?pretty]");
    let verdict = report.verdicts.iter().find(|verdict| verdict.name == pretty).unwrap();
    let failure = verdict.failure.as_deref().unwrap();
    assert!(failure.contains("\n     text: {\n  \"result\": ["), "{failure}");

    // Expected in these aspects, the same differences are as they should be, and no others.
    let list = "
- reason: altered
  documented: nowhere
  in: [status, header vary, /code, '/result/*', text]
  cases: ['v0/*', 'data-read/*']
";
    let expected = Expected::parse(list).unwrap();
    let report = run(&scenarios, &reference, &target, &expected).unwrap();
    assert!(report.is_as_expected(), "{}", shown(&report));
    let expected = Expected::parse(&list.replace("/code, ", "")).unwrap();
    let report = run(&scenarios, &reference, &target, &expected).unwrap();
    assert!(!report.is_as_expected());
    // The other way round: what agrees though it is expected to differ.
    let expected = Expected::parse(list).unwrap();
    let report = run(&scenarios, &reference, &reference, &expected).unwrap();
    assert_eq!(report.passed(), report.total());
    assert!(!report.is_as_expected());
}

#[test]
fn a_server_that_holds_something_or_is_none_is_refused() {
    let Some(opa) = Opa::start() else { return };
    let scenarios = load().unwrap();
    let mut stream = TcpStream::connect(opa.address).unwrap();
    stream
        .write_all(b"PUT /v1/data/held HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1")
        .unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
    let server = address(opa.address);
    let refused = run(&scenarios, &server, &server, &Expected::default()).unwrap_err();
    assert!(
        matches!(&refused, RunError::NotEmpty { path: "/v1/data", found, .. } if found.contains("held")),
        "{refused}"
    );
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = run(&scenarios, &address(nobody), &server, &Expected::default()).unwrap_err();
    assert!(matches!(refused, RunError::NoAnswer { .. }), "{refused}");
}

#[test]
fn a_server_that_dies_is_told_with_the_case_it_dies_of() {
    let (Some(one), Some(other)) = (Opa::start(), Opa::start()) else { return };
    let mut scenarios = answered();
    scenarios.retain(|scenario| scenario.name == "v0/a bare document is answered");
    let target = address(dying(other.address, b" /v0/data/doc/z "));
    let died = run(&scenarios, &address(one.address), &target, &Expected::default()).unwrap_err();
    assert!(matches!(&died, RunError::Died { case, .. } if case.contains("[/doc/z | ]")), "{died}");
}

/// Hands requests on to a server until one has these words, and then listens no more.
fn dying(server: SocketAddr, words: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(upstream) = TcpStream::connect(server) else { return };
            let (mut requests, mut answers) =
                (client.try_clone().unwrap(), upstream.try_clone().unwrap());
            std::thread::spawn(move || {
                let mut client = client;
                std::io::copy(&mut answers, &mut client)
            });
            let mut upstream = upstream;
            let mut buffer = vec![0; 1 << 16];
            while let Ok(read @ 1..) = requests.read(&mut buffer) {
                let request: Vec<u8> = buffer.iter().copied().take(read).collect();
                if request.windows(words.len()).any(|window| window == words) {
                    let _closed = requests.shutdown(std::net::Shutdown::Both);
                    return;
                }
                upstream.write_all(&request).unwrap();
            }
        }
    });
    address
}

#[test]
fn answers_that_are_the_same_do_not_differ() {
    // The public function by itself, as another program would use it.
    let answer = Ok(referee_conformance::opa_api::Answer::default());
    assert_eq!(differences(&answer, &answer, Default::default()), []);
}

#[test]
fn every_expected_difference_stands_in_the_documentation() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let expected = Expected::read(&root.join("expected/opa-api.yaml")).unwrap();
    let documentation = std::fs::read_to_string(root.join("../docs/opa-differences.md")).unwrap();
    let (_, server) = documentation.split_once("\n## The server\n").unwrap();
    for words in expected.documented() {
        assert!(server.contains(words), "docs/opa-differences.md, The server: no {words:?}");
    }
    let scenarios = load().unwrap();
    let names = scenarios.iter().flat_map(|scenario| {
        scenario.cases.iter().map(|case| case.name.as_str()).chain([scenario.name.as_str()])
    });
    assert_eq!(expected.stale(names), Vec::<String>::new());
}
