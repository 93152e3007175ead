//! The server beside `opa run --server`, in the same run, in turn.
//!
//! *Requests*: `POST /v1/data` with a role-based policy and an input of 60 bytes, and with a trust
//! policy over an input of 190 kB, over 1, 8 and 64 connections: requests a second, p50 and p99,
//! processor time of the server for each request, and the ratios; beside them those of a server that
//! does nothing. The driver has a processor of its
//! own, the servers have the others. *Memory*: what both hold with a
//! document of 100 MB. *Bundle*: the time from the start to a bundle of 50 MB in force, from the
//! same configuration. *Policies*: the time to write one policy more where there are many, and a
//! bundle of ten times as many.

mod policies;

use clap::{Args, ValueEnum};
use referee_benches::apart::Apart;
use referee_benches::percentile::Times;
use referee_benches::servers::Served;
use referee_benches::wire::{Wire, joined, post};
use referee_benches::workloads::{self, Workload};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The real OPA; by default that of the peers' folder (REFEREE_PEERS).
    #[arg(long)]
    opa: Option<PathBuf>,
    /// The command `referee`; by default the one beside this program.
    #[arg(long)]
    referee: Option<PathBuf>,
    /// What is measured; by default everything.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// How long a round lasts, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    time: u64,
    /// How many rounds: a round of the one, a round of the other, in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Fail where Referee answers fewer requests a second than this many times OPA's, and takes more
    /// than this part of OPA's time beyond that of a server that does nothing.
    #[arg(long)]
    assert: Option<f64>,
    /// Fail where Referee's p99 is more than this part of OPA's, both with the time of a server that
    /// does nothing and without.
    #[arg(long)]
    assert_p99: Option<f64>,
    /// Fail where Referee holds more than this part of OPA's memory.
    #[arg(long)]
    assert_memory: Option<f64>,
    /// Fail where policy number `--policies` is not written so many times as fast as by OPA.
    #[arg(long)]
    assert_policies: Option<f64>,
    /// How many policies are written to both; to Referee ten times as many.
    #[arg(long, default_value_t = 1_000)]
    policies: usize,
    /// The size of the document, in megabytes.
    #[arg(long, default_value_t = 100)]
    document: usize,
    /// The size of the bundle, in megabytes.
    #[arg(long, default_value_t = 50)]
    bundle: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Requests a second and their times.
    Requests,
    /// Memory with a large document.
    Memory,
    /// A large bundle.
    Bundle,
    /// Many policies.
    Policies,
}

/// How long a server may take to be ready; OPA takes most of a minute for a document of 100 MB on a
/// busy machine.
const READY: Duration = Duration::from_secs(600);

struct Programs {
    opa: PathBuf,
    referee: PathBuf,
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let peers = std::env::var_os("REFEREE_PEERS").map_or_else(
        || {
            PathBuf::from(std::env::var_os("HOME").unwrap_or_default())
                .join(".cache/referee-peers/bin")
        },
        PathBuf::from,
    );
    let beside = std::env::current_exe().expect("a path").with_file_name("referee");
    let programs = Programs {
        opa: arguments.opa.clone().unwrap_or_else(|| peers.join("opa")),
        referee: arguments.referee.clone().unwrap_or(beside),
        folder: std::env::temp_dir().join(format!("referee-server-bench-{}", std::process::id())),
    };
    for program in [&programs.opa, &programs.referee] {
        if !program.is_file() {
            println!("SKIPPED server: there is no {}", program.display());
            return ExitCode::SUCCESS;
        }
    }
    fs::create_dir_all(&programs.folder).expect("a folder");
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut held = Vec::new();
    if wanted(Part::Requests) {
        held.extend(requests(arguments, &programs));
    }
    if wanted(Part::Memory) {
        held.push(memory(arguments, &programs));
    }
    if wanted(Part::Bundle) {
        held.push(bundle(arguments, &programs));
    }
    if wanted(Part::Policies) {
        held.push(policies::one_by_one(arguments, &programs));
        held.push(policies::in_a_bundle(arguments, &programs));
    }
    fs::remove_dir_all(&programs.folder).expect("the folder made here");
    let failed = held.iter().filter(|held| !**held).count();
    println!("{} passed, {failed} failed", held.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Both servers over the same files; `Err` with what is wrong.
fn both(programs: &Programs, files: &[String]) -> Result<[Served; 2], String> {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut servers =
        [Served::opa(&programs.opa, &files), Served::referee(&programs.referee, &files)];
    for server in &mut servers {
        server.until_ready("/health", READY)?;
    }
    Ok(servers)
}

fn files(workload: &Workload, folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut write = |name: &str, text: &str| {
        let path = folder.join(format!("{}-{name}", workload.name));
        fs::write(&path, text).expect("a file");
        files.push(path.display().to_string());
    };
    for (name, text) in &workload.modules {
        write(name, text);
    }
    write("data.json", &workload.data.to_string());
    files
}

fn requests(arguments: &Arguments, programs: &Programs) -> Vec<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut held = Vec::new();
    let apart = Apart::new();
    for name in ["rbac", "trust"] {
        let workload = workloads::all().into_iter().find(|workload| workload.name == name);
        let workload = workload.expect("a workload of that name");
        let path = format!("/v1/{}", workload.query.replace('.', "/"));
        let body = json!({ "input": workload.input }).to_string();
        let request: Arc<[u8]> = post(&path, body.as_bytes()).into();
        let files = files(&workload, &programs.folder);
        let (started, are_apart) =
            apart.start(|| both(programs, &files).map(|both| (both, Served::bare())));
        let (servers, mut bare) = match started {
            Ok(started) => started,
            Err(why) => {
                println!("FAILED server: {why}");
                held.push(false);
                continue;
            }
        };
        if !are_apart {
            println!("server: driver and servers share the processors");
        }
        bare.until_ready("/", READY).expect("a server that does nothing starts");
        runtime.block_on(alike(&servers, &request));
        let [opa, ours] = &servers;
        for connections in [1, 8, 64] {
            let measured = runtime.block_on(side_by_side(
                arguments,
                [opa, ours, &bare],
                &request,
                connections,
            ));
            let [opa, ours, bare] = &measured;
            let throughput = opa.mean_micros() / ours.mean_micros();
            let p99 = ours.micros(99) / opa.micros(99);
            let beyond = over(opa.mean_micros(), ours.mean_micros(), bare.mean_micros());
            let p99_beyond = over(opa.micros(99), ours.micros(99), bare.micros(99));
            let shown =
                |times: Option<f64>| times.map_or_else(String::new, |t| format!(" ({t:.2})"));
            println!(
                "FIGURE server: {name}, {} bytes, {connections} connections: OPA {opa}, Referee \
                 {ours}, nothing {bare}; throughput times {throughput:.2}{}, p99 times {p99:.2}{}, \
                 processor times {:.2}",
                body.len(),
                shown(beyond),
                shown(p99_beyond.map(f64::recip)),
                ours.processor_micros() / opa.processor_micros(),
            );
            let reached = |least: f64| throughput >= least || beyond.is_some_and(|t| t >= least);
            held.push(arguments.assert.is_none_or(reached));
            let kept = |most: f64| p99 <= most || p99_beyond.is_some_and(|t| t.recip() <= most);
            held.push(arguments.assert_p99.is_none_or(kept));
        }
    }
    held
}

/// Both answer the same: the rest would compare nothing.
async fn alike(servers: &[Served; 2], request: &[u8]) {
    let mut results = Vec::new();
    for server in servers {
        let mut wire = Wire::connect(server.address).await;
        let body = joined(wire.ask(request).await);
        let answer: Value = serde_json::from_slice(&body).expect("JSON");
        results.push(answer.get("result").cloned().expect("a result"));
    }
    assert_eq!(results[0], results[1]);
}

/// How many times as long the one takes as the other, both without what nothing takes; `None` where
/// one takes no longer than that.
fn over(one: f64, other: f64, nothing: f64) -> Option<f64> {
    (one.min(other) > nothing).then(|| (one - nothing) / (other - nothing))
}

/// What was measured of a server.
#[derive(Default)]
struct Measured {
    times: Times,
    spent: Duration,
    processor: Duration,
}

impl Measured {
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
    fn per_second(&self) -> f64 {
        self.times.count() as f64 / self.spent.as_secs_f64()
    }

    /// How long a request took, all of them at once counted as one.
    fn mean_micros(&self) -> f64 {
        1e6 / self.per_second()
    }

    fn micros(&self, percent: usize) -> f64 {
        self.times.percentile(percent).as_secs_f64() * 1e6
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
    fn processor_micros(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.times.count() as f64
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.0}/s, {:.0}/{:.0} us, processor {:.1} us",
            self.per_second(),
            self.micros(50),
            self.micros(99),
            self.processor_micros()
        )
    }
}

async fn side_by_side(
    arguments: &Arguments,
    servers: [&Served; 3],
    request: &Arc<[u8]>,
    connections: usize,
) -> [Measured; 3] {
    let mut measured = std::array::from_fn(|_| Measured::default());
    for round in 0..=arguments.rounds {
        for (server, measured) in servers.iter().zip(&mut measured) {
            let before = server.processor_time().unwrap_or_default();
            let time = Duration::from_millis(arguments.time);
            let (times, spent) = load(server, request, connections, time).await;
            // The first round warms both.
            if round > 0 {
                measured.times.extend(times);
                measured.spent += spent;
                measured.processor += server.processor_time().unwrap_or_default() - before;
            }
        }
    }
    measured
}

async fn load(
    server: &Served,
    request: &Arc<[u8]>,
    connections: usize,
    time: Duration,
) -> (Times, Duration) {
    let local = tokio::task::LocalSet::new();
    let mut wires = Vec::new();
    for _ in 0..connections {
        let mut wire = Wire::connect(server.address).await;
        wire.ask(request).await;
        wires.push(wire);
    }
    let started = Instant::now();
    let tasks = local.run_until(async {
        let tasks: Vec<_> = wires
            .into_iter()
            .map(|mut wire| {
                let request = Arc::clone(request);
                tokio::task::spawn_local(async move {
                    let mut times = Times::default();
                    while started.elapsed() < time {
                        let sent = Instant::now();
                        wire.ask(&request).await;
                        times.push(sent.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times = Times::default();
        for task in tasks {
            times.extend(task.await.expect("a client ends"));
        }
        times
    });
    let times = tasks.await;
    (times, started.elapsed())
}

/// A document of about so many megabytes below a name: people with roles and addresses.
fn document(path: &Path, name: &str, megabytes: usize) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).expect("a file"));
    write!(file, "{{\"{name}\": {{").expect("a file");
    let mut written = 0;
    let mut number = 0_u64;
    while written < megabytes * 1_000_000 {
        let comma = if number == 0 { "" } else { "," };
        let person = format!(
            "{comma}\"user-{number:08}\": {{\"name\": \"Person Number {number}\", \"age\": {}, \
             \"roles\": [\"reader\", \"writer-{}\"], \"active\": {}, \"address\": {{\"city\": \
             \"City {}\", \"zip\": \"{:05}\"}}}}",
            18 + number % 70,
            number % 50,
            number.is_multiple_of(3),
            number % 1_000,
            number % 100_000,
        );
        file.write_all(person.as_bytes()).expect("a file");
        written += person.len();
        number += 1;
    }
    write!(file, "}}}}").expect("a file");
    file.flush().expect("a file");
}

/// A policy over the document.
const PEOPLE: &str = "package people_policy\n\ndefault allow := false\n\n\
    allow if data.people[input.user].active\n";

#[expect(clippy::cast_precision_loss, reason = "bytes of memory, shown in megabytes")]
fn memory(arguments: &Arguments, programs: &Programs) -> bool {
    let policy = programs.folder.join("people.rego");
    fs::write(&policy, PEOPLE).expect("a file");
    let data = programs.folder.join("people.json");
    document(&data, "people", arguments.document);
    let files = [policy, data].map(|file| file.display().to_string());
    let servers = match both(programs, &files) {
        Ok(servers) => servers,
        Err(why) => {
            println!("FAILED server: {why}");
            return false;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let request = post("/v1/data/people_policy/allow", br#"{"input": {"user": "user-00000003"}}"#);
    runtime.expect("a runtime").block_on(alike(&servers, &request));
    // Go's collector returns what it does not need within some seconds.
    std::thread::sleep(Duration::from_secs(8));
    let [Some(opa), Some(ours)] = [servers[0].memory(), servers[1].memory()] else {
        println!("SKIPPED server: the system does not tell what a process holds");
        return true;
    };
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let ratio = ours.resident as f64 / opa.resident as f64;
    println!(
        "FIGURE server: a document of {} MB: OPA holds {:.0} MB (at most {:.0}), Referee {:.0} MB \
         (at most {:.0}), times {ratio:.2}",
        arguments.document,
        megabytes(opa.resident),
        megabytes(opa.peak),
        megabytes(ours.resident),
        megabytes(ours.peak),
    );
    arguments.assert_memory.is_none_or(|most| ratio <= most)
}

/// A bundle whose data have so many megabytes, from a file by the same configuration.
fn bundle(arguments: &Arguments, programs: &Programs) -> bool {
    let folder = programs.folder.join("bundle");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("people.rego"), PEOPLE).expect("a file");
    document(&folder.join("data.json"), "people", arguments.bundle);
    in_force(programs, &folder, &format!("{} MB", arguments.bundle))
}

/// How long it takes both from the start until the bundle that a folder makes is in force.
fn in_force(programs: &Programs, folder: &Path, what: &str) -> bool {
    let path = programs.folder.join("bundle.tar.gz");
    let packed = std::process::Command::new("tar")
        .args(["-czf", &path.display().to_string(), "-C", &folder.display().to_string()])
        .arg(".")
        .status();
    assert!(packed.is_ok_and(|status| status.success()), "tar packs a bundle");
    let configuration = programs.folder.join("opa.yaml");
    let text = format!("bundles:\n  people:\n    resource: file://{}\n", path.display());
    fs::write(&configuration, text).expect("a file");
    let configuration = configuration.display().to_string();
    let mut taken = Vec::new();
    for opa in [true, false] {
        let mut server = if opa {
            Served::opa(&programs.opa, &["--config-file", &configuration])
        } else {
            Served::referee(&programs.referee, &["--opa-config", &configuration])
        };
        match server.until_ready("/health?bundles", READY) {
            Ok(time) => taken.push((time, server.memory())),
            Err(why) => {
                println!("FAILED server: {why}");
                return false;
            }
        }
    }
    let [(opa, opa_memory), (ours, our_memory)] = taken.as_slice() else { return false };
    let peak = |memory: &Option<referee_benches::servers::Memory>| {
        memory.map_or(0, |memory| memory.peak / 1_000_000)
    };
    println!(
        "FIGURE server: a bundle of {what} in force: OPA after {:.2} s (at most {} MB), Referee \
         after {:.2} s (at most {} MB), {:.2} times as fast",
        opa.as_secs_f64(),
        peak(opa_memory),
        ours.as_secs_f64(),
        peak(our_memory),
        opa.as_secs_f64() / ours.as_secs_f64(),
    );
    ours <= opa
}
