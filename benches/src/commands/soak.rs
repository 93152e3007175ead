//! Many requests against a registry with random faults: every answer inside its deadline, and
//! never an allow for what must be denied.
//!
//! Prints the worst lateness. Exits with a failure where an answer was more than 20 ms late, where
//! an artifact that must be denied was allowed, or where "no signatures" was claimed of a signed
//! artifact.

use bytes::Bytes;
use clap::Args;
use referee_benches::client::Client;
use referee_benches::percentile::Times;
use referee_benches::stand::{Stand, Tuning};
use referee_testkit::{Fault, Options};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The most an answer may be late.
const TOLERANCE: Duration = Duration::from_millis(20);

#[derive(Args)]
pub(crate) struct Arguments {
    /// How many requests.
    #[arg(long, default_value_t = 10_000)]
    requests: u64,
    /// How many at once.
    #[arg(long, default_value_t = 16)]
    clients: u64,
    /// How many of a hundred answers of the registry are faulty.
    #[arg(long, default_value_t = 20)]
    faults: u64,
    /// What the random choices are derived from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The layouts asked about, and whether the policy `signed` may ever allow them.
const LAYOUTS: [(&str, bool); 10] = [
    ("signed-one", true),
    ("signed-one-bundle", true),
    ("signed-two", true),
    ("signed-five", true),
    ("hundred-signatures", true),
    ("index-two-platforms", true),
    ("unsigned", false),
    ("out-of-scope", false),
    ("copied-signature", false),
    ("payload-altered", false),
];

/// splitmix64: enough to choose faults by, the same on every run.
fn random(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn fault(choice: u64) -> Fault {
    match choice % 12 {
        0 => Fault::Hang,
        1 => Fault::HangMidBody,
        2 => Fault::Drip(Duration::from_millis(20)),
        3 => Fault::Truncate,
        4 => Fault::Status(401, None),
        5 => Fault::Status(403, None),
        6 => Fault::Status(429, None),
        7 => Fault::Status(429, Some(1)),
        8 => Fault::Status(500, None),
        9 => Fault::Html,
        10 => Fault::WrongBytes,
        _ => Fault::Late(Duration::from_millis(choice % 400)),
    }
}

#[derive(Default)]
struct Tally {
    lateness: Times,
    worst: Duration,
    verdicts: BTreeMap<String, u64>,
    wrong: Vec<String>,
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    // The clients have a thread of their own: what is measured is when the server answers, not
    // when a busy client gets round to reading it.
    let runtime = |threads| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(threads).enable_all().build().expect("a runtime")
    };
    let (server, clients) = (runtime(2), runtime(1));
    let (percent, seed) = (arguments.faults, arguments.seed);
    let faults = move |_: &str, number: u64| {
        let choice = random(seed, number);
        (choice % 100 < percent).then(|| fault(choice / 100))
    };
    let options = Options { referrers_api: true, faults: Box::new(faults) };
    let names = LAYOUTS.map(|(name, _)| name);
    let stand = Arc::new(server.block_on(Stand::start(options, &names, Tuning::soak())));
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..arguments.clients)
        .map(|_| clients.spawn(client(stand.clone(), next.clone(), arguments.requests, seed)))
        .collect();
    let mut total = Tally::default();
    for task in tasks {
        let tally = clients.block_on(task).expect("a client ends");
        total.lateness.extend(tally.lateness);
        total.worst = total.worst.max(tally.worst);
        total.wrong.extend(tally.wrong);
        for (verdict, count) in tally.verdicts {
            *total.verdicts.entry(verdict).or_default() += count;
        }
    }
    println!(
        "FIGURE soak: {} requests in {} s, {percent} % faulty answers, verdicts {:?}",
        total.lateness.count(),
        started.elapsed().as_secs(),
        total.verdicts,
    );
    println!(
        "FIGURE soak: worst lateness {} us past the deadline, p99 {} us (tolerance {} ms)",
        total.worst.as_micros(),
        total.lateness.percentile(99).as_micros(),
        TOLERANCE.as_millis(),
    );
    for wrong in total.wrong.iter().take(20) {
        println!("WRONG {wrong}");
    }
    let lost = arguments.requests - u64::try_from(total.lateness.count()).expect("a count");
    let failed = total.wrong.len() + usize::from(total.worst > TOLERANCE) + usize::from(lost > 0);
    println!("{} passed, {failed} failed", total.lateness.count());
    // Hanging requests of the registry are not waited for.
    server.shutdown_background();
    clients.shutdown_background();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn client(stand: Arc<Stand>, next: Arc<AtomicU64>, requests: u64, seed: u64) -> Tally {
    let mut client = Client::connect(stand.address).await;
    let mut tally = Tally::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= requests {
            return tally;
        }
        let choice = random(seed ^ 0xa5a5, number);
        let (layout, may_be_allowed) = LAYOUTS[usize::try_from(choice % 10).expect("small")];
        let deadline = Duration::from_millis(60 + (choice / 10) % 1_000);
        // A repository of its own for every few requests: else all but the first would be warm.
        let reference = stand.reference(layout, choice / 10_000);
        let body = json!({ "reference": reference, "facts": true }).to_string();
        let timeout = ("referee-timeout", format!("{}ms", deadline.as_millis()));
        let sent = Instant::now();
        let (status, answer) = client.post("/v1/verify", &[timeout], Bytes::from(body)).await;
        let late = sent.elapsed().saturating_sub(deadline);
        tally.lateness.push(late);
        tally.worst = tally.worst.max(late);
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let decision = &answer["decisions"][0];
        let verdict = decision["verdict"].as_str().unwrap_or("none").to_owned();
        let mut wrong =
            |what: &str| tally.wrong.push(format!("{what}: {layout} {status} {answer}"));
        if verdict == "allow" && !may_be_allowed {
            wrong("allowed what must be denied");
        }
        if verdict == "none" {
            wrong("no decision");
        }
        let facts = &decision["facts"];
        let none_found = facts["signatures"].as_array().is_some_and(Vec::is_empty);
        if facts["complete"] == true && none_found && layout != "unsigned" {
            wrong("an absence was claimed");
        }
        *tally.verdicts.entry(verdict).or_default() += 1;
    }
}
