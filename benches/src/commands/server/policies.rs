//! Many policies: each is written by itself, into packages of their own that call one library; and
//! all of them come in one bundle.

use super::{Arguments, Programs, READY};
use referee_benches::servers::Served;
use referee_benches::wire::{Wire, post, put};
use std::fs;
use std::time::{Duration, Instant};

/// Of how many of the last writes the times are told.
const LAST: usize = 50;

/// The library that all of them call.
const LIBRARY: &str = "package lib.roles\n\nadmin(roles) if \"admin\" in roles\n";

/// A policy like those that are written for each of many services.
fn policy(number: usize) -> String {
    format!(
        "package services.s{number}\n\nimport data.lib.roles\n\ndefault allow := false\n\n\
         allow if roles.admin(input.roles)\n\nallow if {{\n\tinput.method == \"GET\"\n\t\
         input.path[0] == \"service-{number}\"\n\tsome role in input.roles\n\t\
         role in data.readers[input.path[0]]\n}}\n\ndeny contains message if {{\n\tnot allow\n\t\
         message := sprintf(\"%v may not %v service {number}\", [input.user, input.method])\n}}\n"
    )
}

/// Writes policies up to a number; how long each of the last ones took at the middle.
async fn write(server: &Served, from: usize, to: usize) -> Duration {
    let mut wire = Wire::connect(server.address).await;
    if from == 0 {
        wire.ask(&put("/v1/policies/lib.rego", LIBRARY.as_bytes())).await;
    }
    let mut last = Vec::new();
    for number in from..to {
        let request =
            put(&format!("/v1/policies/services/s{number}.rego"), policy(number).as_bytes());
        let sent = Instant::now();
        wire.ask(&request).await;
        if number + LAST >= to {
            last.push(sent.elapsed());
        }
    }
    last.sort_unstable();
    last.get(last.len() / 2).copied().unwrap_or_default()
}

/// What the last policy and one in the middle answer.
async fn answers(server: &Served, count: usize) -> Vec<serde_json::Value> {
    let mut wire = Wire::connect(server.address).await;
    let mut answers = Vec::new();
    for number in [count / 2, count - 1] {
        let body = format!(
            "{{\"input\": {{\"user\": \"ann\", \"method\": \"POST\", \"roles\": [\"writer\"], \
             \"path\": [\"service-{number}\"]}}}}"
        );
        let request = post(&format!("/v1/data/services/s{number}"), body.as_bytes());
        let answer: serde_json::Value =
            serde_json::from_slice(wire.ask(&request).await).expect("JSON");
        answers.push(answer.get("result").cloned().expect("a result"));
    }
    answers
}

/// Writes policies one by one, to OPA up to one number and to Referee on to a larger one.
pub(super) fn one_by_one(arguments: &Arguments, programs: &Programs) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (few, many) = (arguments.policies, arguments.policies * 10);
    let mut servers =
        [Served::opa(&programs.opa, &[]), Served::referee(&programs.referee, &["--no-policy"])];
    for server in &mut servers {
        if let Err(why) = server.until_ready("/health", READY) {
            println!("FAILED server: {why}");
            return false;
        }
    }
    let [opa, ours] = &servers;
    let timed = |server: &Served, from: usize, to: usize| {
        let started = Instant::now();
        let last = runtime.block_on(write(server, from, to));
        (last, started.elapsed())
    };
    let (opa_last, opa_all) = timed(opa, 0, few);
    let (our_last, our_all) = timed(ours, 0, few);
    let (most_last, most_all) = timed(ours, few, many);
    let alike = runtime.block_on(answers(opa, few)) == runtime.block_on(answers(ours, few));
    let times = opa_last.as_secs_f64() / our_last.as_secs_f64();
    let megabytes = |server: &Served| server.memory().map_or(0, |it| it.resident / 1_000_000);
    println!(
        "FIGURE server: policy number {few} written: OPA {:.2} ms ({:.1} s for all, {} MB then), \
         Referee {:.2} ms ({:.2} s for all), {times:.1} times as fast; number {many}: Referee \
         {:.2} ms ({:.1} s for all, {} MB then)",
        opa_last.as_secs_f64() * 1e3,
        opa_all.as_secs_f64(),
        megabytes(opa),
        our_last.as_secs_f64() * 1e3,
        our_all.as_secs_f64(),
        most_last.as_secs_f64() * 1e3,
        (our_all + most_all).as_secs_f64(),
        megabytes(ours),
    );
    if !alike {
        println!("FAILED server: the policies answer differently");
    }
    alike && arguments.assert_policies.is_none_or(|least| times >= least)
}

/// The same policies, ten times as many, in one bundle.
pub(super) fn in_a_bundle(arguments: &Arguments, programs: &Programs) -> bool {
    let count = arguments.policies * 10;
    let folder = programs.folder.join("policies");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("lib.rego"), LIBRARY).expect("a file");
    for number in 0..count {
        fs::write(folder.join(format!("s{number}.rego")), policy(number)).expect("a file");
    }
    super::in_force(programs, &folder, &format!("{count} policies"))
}
