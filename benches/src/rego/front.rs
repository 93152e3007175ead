//! Referee's front, with either engine behind it.

use super::measure::Way;
use super::{Engine, Worker};
use crate::workloads::Workload;
use referee_core::Timestamp;
use referee_rego::{CompileOptions, EngineChoice, EvalBudget, Module, Program, RegoEngine, Value};
use std::time::Duration;

/// Referee with an engine.
#[derive(Clone, Copy, Debug)]
pub struct Front(pub EngineChoice);

fn program(workload: &Workload, engine: EngineChoice) -> Result<Program, String> {
    let modules: Vec<_> = workload
        .modules
        .iter()
        .map(|(name, text)| Module::new(name.as_str(), text.as_str()))
        .collect();
    let data = Value::from_json(workload.data.clone()).map_err(|error| error.to_string())?;
    let options = CompileOptions::DEFAULT.with_engine(engine);
    RegoEngine::compile(&modules, data, options).map_err(|errors| errors.to_string())
}

impl Engine for Front {
    fn name(&self) -> &'static str {
        match self.0 {
            EngineChoice::Native => "referee",
            _ => "referee with regorus",
        }
    }

    fn compile(&self, workload: &Workload) -> Result<(), String> {
        program(workload, self.0).map(|_| ())
    }

    fn worker(&self, workload: &Workload, way: Way) -> Result<Worker, String> {
        let engine = self.0;
        let program = program(workload, engine)?;
        let text = workload.input.to_string();
        let input = Value::from_json_str(&text).map_err(|error| error.to_string())?;
        let now = Timestamp::from_unix_seconds(1_700_000_000).ok_or("a time")?;
        let budget = EvalBudget::new(Duration::from_secs(60), now);
        let path = workload.query;
        let workload = workload.clone();
        Ok(match way {
            Way::Compile => Box::new(move || {
                self::program(&workload, engine).expect("a program that compiled");
                serde_json::Value::Null
            }),
            Way::Parsed => Box::new(move || {
                std::hint::black_box(program.eval(path, &input, &budget).expect("a result"));
                serde_json::Value::Null
            }),
            Way::Json => Box::new(move || {
                let input = Value::from_json_str(&text).expect("JSON");
                let result = program.eval(path, &input, &budget).expect("a result");
                result.map_or(serde_json::Value::Null, |value| value.to_json_string().into())
            }),
        })
    }
}
