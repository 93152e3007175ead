//! A warm ruling over HTTP beside an empty handler, in the same run, interleaved.
//!
//! For one signature and for a hundred, with 1, 8 and 64 clients: p50 and p99 of both and their
//! ratio. With `--assert RATIO` the run fails where a ruling over one signature with one client
//! costs more than that many round trips of the empty handler, at p50 or p99.

use bytes::Bytes;
use clap::Args;
use referee_benches::client::Client;
use referee_benches::percentile::Times;
use referee_benches::stand::{ASKED_EACH_TIME, Stand, Tuning};
use referee_core::Timestamp;
use referee_engine::Request;
use referee_rego::EvalBudget;
use referee_testkit::Options;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many requests of each kind a client makes in a round.
    #[arg(long, default_value_t = 500)]
    requests: usize,
    /// How many rounds: a round of the one, a round of the other, in turn.
    #[arg(long, default_value_t = 10)]
    rounds: usize,
    /// Fail where the ratio for one signature and one client is larger.
    #[arg(long)]
    assert: Option<f64>,
}

async fn round(
    address: SocketAddr,
    body: &Bytes,
    clients: usize,
    requests: usize,
) -> (Times, Duration) {
    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let body = body.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                let mut times = Times::default();
                // Not counted: the first request of a connection sets it up.
                client.post("/v1/verify", &[], body.clone()).await;
                for _ in 0..requests {
                    let sent = Instant::now();
                    let (status, _) = client.post("/v1/verify", &[], body.clone()).await;
                    times.push(sent.elapsed());
                    assert!(status.is_success(), "{status}");
                }
                times
            })
        })
        .collect();
    let mut times = Times::default();
    for task in tasks {
        times.extend(task.await.expect("a client ends"));
    }
    (times, started.elapsed())
}

struct Ratios {
    p50: f64,
    p99: f64,
    text: String,
}

/// Rounds of the empty handler and of rulings in turn.
async fn side_by_side(
    arguments: &Arguments,
    stand: &Stand,
    body: &Bytes,
    clients: usize,
) -> Ratios {
    let requests = (arguments.requests / clients).max(20);
    let (mut empty, mut ruling) = (Times::default(), Times::default());
    let mut spent = Duration::ZERO;
    for _ in 0..arguments.rounds {
        empty.extend(round(stand.empty, body, clients, requests).await.0);
        let (times, elapsed) = round(stand.address, body, clients, requests).await;
        ruling.extend(times);
        spent += elapsed;
    }
    let micros = |times: &Times, percent| times.percentile(percent).as_micros() as f64;
    let (p50, p99) =
        (micros(&ruling, 50) / micros(&empty, 50), micros(&ruling, 99) / micros(&empty, 99));
    let text = format!(
        "empty {}/{} us, ruling {}/{} us, ratio {p50:.2}/{p99:.2}, {:.0} rulings/s",
        micros(&empty, 50),
        micros(&empty, 99),
        micros(&ruling, 50),
        micros(&ruling, 99),
        ruling.count() as f64 / spent.as_secs_f64(),
    );
    Ratios { p50, p99, text }
}

async fn warm_up(stand: &Stand, body: &Bytes) {
    let mut client = Client::connect(stand.address).await;
    let (_, answer) = client.post("/v1/verify", &[], body.clone()).await;
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert_eq!(answer["decisions"][0]["verdict"], "allow", "{answer:#}");
}

/// What a ruling costs without HTTP, and what the policy's part in it is.
async fn alone(stand: &Stand, layout: &str, signatures: u32) {
    let request = Request::new(stand.reference(layout, 0).parse().expect("a reference"));
    let budget = EvalBudget::new(Duration::from_secs(1), Timestamp::UNIX_EPOCH);
    let (mut rulings, mut decisions) = (Times::default(), Times::default());
    for _ in 0..2_000 {
        let started = Instant::now();
        let ruled = stand.engine.rule(&request, &stand.policy).await;
        rulings.push(started.elapsed());
        let input = ruled.gathered.expect("facts").input().expect("an input");
        let started = Instant::now();
        stand.policy.decide(&input, &budget).expect("a ruling");
        decisions.push(started.elapsed());
    }
    println!(
        "FIGURE load: {signatures} signatures, without HTTP: ruling {}/{} us, of which policy {}/{} us (p50/p99)",
        rulings.percentile(50).as_micros(),
        rulings.percentile(99).as_micros(),
        decisions.percentile(50).as_micros(),
        decisions.percentile(99).as_micros(),
    );
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    // The clients have a thread of their own, as clients have: on the servers' threads the two
    // would hand each other the processor, and what is measured would be the scheduler.
    let runtime = |threads| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(threads).enable_all().build().expect("a runtime")
    };
    let (servers, clients) = (runtime(1), runtime(1));
    let names = LAYOUTS.map(|(name, _)| name);
    let stand = servers.block_on(Stand::start(Options::default(), &names, Tuning::warm()));
    let task = clients.spawn(run_all(arguments, stand));
    clients.block_on(task).expect("the run ends")
}

/// The layouts ruled over, with the number of their signatures.
const LAYOUTS: [(&str, u32); 2] = [("signed-one", 1), ("hundred-signatures", 100)];

async fn run_all(arguments: Arguments, stand: Stand) -> ExitCode {
    let mut failed = false;
    for (layout, signatures) in LAYOUTS {
        alone(&stand, layout, signatures).await;
        for policy in ["default", ASKED_EACH_TIME] {
            let body =
                json!({ "reference": stand.reference(layout, 0), "policy": policy }).to_string();
            let body = Bytes::from(body);
            warm_up(&stand, &body).await;
            for clients in [1, 8, 64] {
                let ratios = side_by_side(&arguments, &stand, &body, clients).await;
                println!(
                    "FIGURE load: {signatures} signatures, policy {policy}, {clients} clients: {}",
                    ratios.text
                );
                if let Some(most) = arguments.assert
                    && (signatures, clients, policy) == (1, 1, "default")
                {
                    failed = ratios.p50 > most || ratios.p99 > most;
                }
            }
        }
    }
    println!("{} passed, {} failed", u8::from(!failed), u8::from(failed));
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
