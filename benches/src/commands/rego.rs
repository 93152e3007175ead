//! Rego engines side by side, and their ratios:
//! `cargo run --release -p referee-benches -- rego [--time MS] [--only WORKLOAD]`.
//!
//! The real OPA takes part where `benches/opa/build.sh` has been run. With `--assert RATIO` the run
//! fails where Referee is not that many times as fast as OPA, or slower than another engine, at
//! evaluating, or slower than OPA at compiling the large bundle.

use clap::Args;
use referee_benches::rego::{
    Engine, Figure, Front, Interpreter, Machine, Way, find_opa, measure, opa_figures,
};
use referee_benches::workloads;
use referee_rego::EngineChoice;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// Rego engines side by side.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How long each figure is measured, in milliseconds.
    #[arg(long, default_value_t = 1_000)]
    time: u64,
    /// Only this workload.
    #[arg(long)]
    only: Option<String>,
    /// Threads of the second figure.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Fail where an evaluation is not this many times as fast as OPA's.
    #[arg(long)]
    assert: Option<f64>,
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
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
    let summary = Summary::of(&figures);
    summary.print();
    if arguments.assert.is_none_or(|ratio| summary.holds(ratio)) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
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

/// Referee beside the others, a line a workload.
struct Summary(Vec<Line>);

struct Line {
    workload: String,
    way: String,
    /// How many times as fast as OPA, where OPA takes part.
    opa: Option<f64>,
    /// How many times as fast as the fastest other engine in Rust that can run it.
    others: Option<f64>,
    /// Throughput on several threads by that on one.
    threads: Option<f64>,
}

impl Summary {
    fn of(figures: &[Figure]) -> Self {
        let time = |line: &Figure, engine: &str, threads: usize| {
            figures
                .iter()
                .find(|it| {
                    (it.engine.as_str(), it.threads) == (engine, threads)
                        && (&it.workload, &it.way) == (&line.workload, &line.way)
                })
                .map(|it| it.nanoseconds)
        };
        let ours = figures.iter().filter(|it| it.engine == "referee" && it.threads == 1);
        let lines = ours.map(|line| {
            let others = ["regorus interpreter", "regorus machine"];
            let fastest = others.iter().filter_map(|engine| time(line, engine, 1)).reduce(f64::min);
            let several = figures
                .iter()
                .find(|it| {
                    (it.engine.as_str(), &it.workload, &it.way)
                        == ("referee", &line.workload, &line.way)
                        && it.threads > 1
                })
                .map(|it| it.nanoseconds);
            Line {
                workload: line.workload.clone(),
                way: line.way.clone(),
                opa: time(line, "opa", 1).map(|it| it / line.nanoseconds),
                others: fastest.map(|it| it / line.nanoseconds),
                threads: several.map(|it| line.nanoseconds / it),
            }
        });
        Self(lines.collect())
    }

    fn print(&self) {
        let shown = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |it| format!("{it:.1}"));
        println!();
        for line in &self.0 {
            println!(
                "FIGURE {} {}: {} times as fast as OPA, {} times as regorus, threads {}",
                line.workload,
                line.way,
                shown(line.opa),
                shown(line.others),
                shown(line.threads)
            );
        }
    }

    /// Whether each line is as it should be; says which is not.
    fn holds(&self, ratio: f64) -> bool {
        let mut holds = true;
        for line in &self.0 {
            let compiling = line.way == Way::Compile.as_str();
            let wanted = match (compiling, line.workload.as_str()) {
                (false, _) => ratio,
                // Small policies are compiled once; the large bundle is what is waited for.
                (true, "bundle") => 1.0,
                (true, _) => continue,
            };
            let slow = line.opa.is_some_and(|it| it < wanted)
                || !compiling && line.others.is_some_and(|it| it < 1.0);
            if slow {
                println!("TOO SLOW: {} {}", line.workload, line.way);
                holds = false;
            }
        }
        holds
    }
}
