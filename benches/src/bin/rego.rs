//! Rego engines side by side, and their ratios:
//! `cargo run --release -p referee-benches --bin rego [-- --time MS] [--only WORKLOAD]`.
//!
//! The real OPA takes part where `benches/opa/build.sh` has been run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has nothing better to do than to say so and stop"
)]

use clap::Parser;
use referee_benches::rego::{
    Engine, Figure, Front, Interpreter, Machine, Way, find_opa, measure, opa_figures,
};
use referee_benches::workloads;
use referee_rego::EngineChoice;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Rego engines side by side.
#[derive(Parser)]
struct Arguments {
    /// How long each figure is measured, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    time: u64,
    /// Only this workload.
    #[arg(long)]
    only: Option<String>,
    /// Threads of the second figure.
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

fn main() {
    let arguments = Arguments::parse();
    let each = Duration::from_millis(arguments.time);
    let mut workloads = workloads::all();
    workloads.retain(|load| arguments.only.as_deref().is_none_or(|name| name == load.name));
    let folder = std::env::temp_dir().join(format!("referee-workloads-{}", std::process::id()));
    for workload in &workloads {
        workload.write(&folder).expect("a folder for workloads");
    }
    let names: Vec<_> = workloads.iter().map(|workload| workload.name).collect();
    let (opa, results) = match find_opa() {
        Some(program) => opa_figures(&program, &folder, &names, each),
        None => {
            println!("OPA takes no part: run benches/opa/build.sh");
            (Vec::new(), BTreeMap::new())
        }
    };
    std::fs::remove_dir_all(&folder).expect("a folder that was made");

    let engines: [&dyn Engine; 4] =
        [&Front(EngineChoice::Native), &Front(EngineChoice::Regorus), &Interpreter, &Machine];
    let mut figures = opa;
    for workload in &workloads {
        let ways: &[_] = if workload.query.is_empty() {
            &[Way::Compile]
        } else {
            &[Way::Compile, Way::Parsed, Way::Json]
        };
        for engine in engines {
            let wanted = results.get(workload.name);
            if !workload.query.is_empty() && !same_result(engine, workload, wanted) {
                println!("{} answers {} differently", engine.name(), workload.name);
                continue;
            }
            for way in ways {
                let threads =
                    if *way == Way::Compile { vec![1] } else { vec![1, arguments.threads] };
                for threads in threads {
                    match measure(engine, workload, *way, threads, each) {
                        Ok(figure) => figures.push(figure),
                        Err(error) => {
                            println!("{} cannot run {}: {error}", engine.name(), workload.name);
                            break;
                        }
                    }
                }
            }
        }
    }
    table(&figures);
}

/// Whether the engine answers as OPA does: one that does not is not compared.
fn same_result(
    engine: &dyn Engine,
    workload: &workloads::Workload,
    wanted: Option<&Value>,
) -> bool {
    let Ok(mut worker) = engine.worker(workload, Way::Json) else { return true };
    let got: Value =
        worker().as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    wanted.is_none_or(|wanted| *wanted == got)
}

fn table(figures: &[Figure]) {
    let mut rows: BTreeMap<(&str, &str, usize), Vec<&Figure>> = BTreeMap::new();
    for figure in figures {
        rows.entry((&figure.workload, &figure.way, figure.threads)).or_default().push(figure);
    }
    println!("| workload | what | threads | engine | µs | times OPA's speed |");
    println!("|---|---|---|---|---|---|");
    for ((workload, way, threads), row) in rows {
        let opa = row.iter().find(|figure| figure.engine == "opa");
        for figure in &row {
            let ratio = opa
                .map_or("-".into(), |opa| format!("{:.1}", opa.nanoseconds / figure.nanoseconds));
            println!(
                "| {workload} | {way} | {threads} | {} | {:.2} | {ratio} |",
                figure.engine,
                figure.nanoseconds / 1_000.0
            );
        }
    }
}
