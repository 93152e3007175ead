//! bench
#![allow(clippy::all, reason = "bench")]
use referee_rego::*;
use std::time::{Duration, Instant};
fn main() {
    let dir = "/work/main/policies";
    let mut mods = vec![];
    for f in ["lib/facts.rego","lib/parameters.rego","lib/signatures.rego","lib/testing.rego","packs/signed/policy.rego"] {
        mods.push(Module::new(f, std::fs::read_to_string(format!("{dir}/{f}")).unwrap()));
    }
    let data = Value::from_json_str("{\"parameters\": {}}").unwrap();
    let program = RegoEngine::compile(&mods, data, CompileOptions::DEFAULT).unwrap();
    let b = EvalBudget::new(Duration::from_secs(5), referee_core::Timestamp::UNIX_EPOCH);
    let input = program.query("x := data.referee.testing.facts([data.referee.testing.trusted(0, \"a\")])", &Value::null(), &b).unwrap().rows[0].bindings[0].1.clone();
    let t = Instant::now();
    let policy = Policy::new(program.clone(), None).unwrap();
    println!("Policy::new {:?}", t.elapsed());
    for (name, input) in [("signed", input), ("not facts", Value::null())] {
        for _ in 0..200 { policy.decide(&input, &b).unwrap(); }
        let n = 5000;
        let t = Instant::now();
        for _ in 0..n { policy.decide(&input, &b).unwrap(); }
        println!("{name}: decide {:?}", t.elapsed() / n);
    }
    let tiny = RegoEngine::compile(&[Module::new("t", "package t\n\nx := 1\n")], Value::object([]), CompileOptions::DEFAULT).unwrap();
    let n = 20000;
    let t = Instant::now();
    for _ in 0..n { tiny.eval("data.t.x", &Value::null(), &b).unwrap(); }
    println!("tiny eval {:?}", t.elapsed() / n);
}
