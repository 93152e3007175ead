//! Measuring: something is run for so long on so many threads.

use super::{Engine, Worker};
use crate::workloads::Workload;
use std::time::{Duration, Instant};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Parsing and compiling.
    Compile,
    /// Evaluating an input that is a value of the engine's already.
    Parsed,
    /// Evaluating JSON text to JSON text.
    Json,
}

impl Way {
    /// Its name, as `opa-bench` calls it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Parsed => "eval_parsed_input",
            Self::Json => "eval_json",
        }
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The engine.
    pub engine: String,
    /// The workload.
    pub workload: String,
    /// What.
    pub way: String,
    /// On how many threads.
    pub threads: usize,
    /// Wall time per operation, of all threads together, in nanoseconds.
    pub nanoseconds: f64,
}

/// Measures one thing.
///
/// # Errors
/// Where the engine refuses the workload.
pub fn measure(
    engine: &dyn Engine,
    workload: &Workload,
    way: Way,
    threads: usize,
    each: Duration,
) -> Result<Figure, String> {
    let mut workers = Vec::new();
    for _ in 0..threads {
        workers.push(engine.worker(workload, way)?);
    }
    repeat(&mut workers, each / 10);
    let started = Instant::now();
    let operations = repeat(&mut workers, each);
    let elapsed = started.elapsed();
    Ok(Figure {
        engine: engine.name().to_owned(),
        workload: workload.name.to_owned(),
        way: way.as_str().to_owned(),
        threads,
        #[expect(clippy::cast_precision_loss, reason = "a figure, not an amount")]
        nanoseconds: elapsed.as_secs_f64() * 1e9 / operations as f64,
    })
}

fn repeat(workers: &mut [Worker], each: Duration) -> u64 {
    std::thread::scope(|scope| {
        let running: Vec<_> = workers
            .iter_mut()
            .map(|worker| {
                scope.spawn(move || {
                    let until = Instant::now() + each;
                    let mut operations = 0;
                    loop {
                        std::hint::black_box(worker());
                        operations += 1;
                        if Instant::now() >= until {
                            return operations;
                        }
                    }
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
}
