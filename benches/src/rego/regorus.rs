//! The crate `regorus`, directly: its interpreter and its bytecode machine.

use super::measure::Way;
use super::{Engine, Worker};
use crate::workloads::Workload;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use std::sync::Arc;

/// The interpreter: a compiled policy that is evaluated with inputs.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter;

/// The bytecode machine. It has no `walk`.
#[derive(Clone, Copy, Debug)]
pub struct Machine;

/// More instructions than any workload takes; the default stops the larger ones.
const INSTRUCTIONS: usize = 1 << 40;

fn engine(workload: &Workload) -> Result<regorus::Engine, String> {
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(false);
    for (name, text) in &workload.modules {
        engine.add_policy(name.clone(), text.clone()).map_err(|error| error.to_string())?;
    }
    let data = value(&workload.data)?;
    engine.add_data(data).map_err(|error| error.to_string())?;
    Ok(engine)
}

fn value(document: &serde_json::Value) -> Result<regorus::Value, String> {
    regorus::Value::from_json_str(&document.to_string()).map_err(|error| error.to_string())
}

fn policy(workload: &Workload) -> Result<regorus::CompiledPolicy, String> {
    // What is only compiled has no rule that is asked for.
    let query = if workload.query.is_empty() { "data.bundle.team0.deny" } else { workload.query };
    let query: Arc<str> = query.into();
    engine(workload)?.compile_with_entrypoint(&query).map_err(|error| error.to_string())
}

impl Engine for Interpreter {
    fn name(&self) -> &'static str {
        "regorus interpreter"
    }

    fn compile(&self, workload: &Workload) -> Result<(), String> {
        policy(workload).map(|_| ())
    }

    fn worker(&self, workload: &Workload, way: Way) -> Result<Worker, String> {
        let policy = policy(workload)?;
        let input = value(&workload.input)?;
        let text = workload.input.to_string();
        let workload = workload.clone();
        policy.eval_with_input(input.clone()).map_err(|error| error.to_string())?;
        Ok(match way {
            Way::Compile => Box::new(move || {
                self::policy(&workload).expect("a policy that compiled");
                serde_json::Value::Null
            }),
            Way::Parsed => Box::new(move || {
                std::hint::black_box(policy.eval_with_input(input.clone()).expect("a result"));
                serde_json::Value::Null
            }),
            Way::Json => Box::new(move || {
                let input = regorus::Value::from_json_str(&text).expect("JSON");
                let result = policy.eval_with_input(input).expect("a result");
                result.to_json_str().expect("JSON").into()
            }),
        })
    }
}

impl Engine for Machine {
    fn name(&self) -> &'static str {
        "regorus machine"
    }

    fn compile(&self, workload: &Workload) -> Result<(), String> {
        machine(workload).map(|_| ())
    }

    fn worker(&self, workload: &Workload, way: Way) -> Result<Worker, String> {
        let mut vm = machine(workload)?;
        let input = value(&workload.input)?;
        let text = workload.input.to_string();
        let workload = workload.clone();
        vm.set_input(input.clone());
        vm.execute().map_err(|error| error.to_string())?;
        Ok(match way {
            Way::Compile => Box::new(move || {
                machine(&workload).expect("a policy that compiled");
                serde_json::Value::Null
            }),
            Way::Parsed => Box::new(move || {
                vm.set_input(input.clone());
                std::hint::black_box(vm.execute().expect("a result"));
                serde_json::Value::Null
            }),
            Way::Json => Box::new(move || {
                vm.set_input(regorus::Value::from_json_str(&text).expect("JSON"));
                let result = vm.execute().expect("a result");
                result.to_json_str().expect("JSON").into()
            }),
        })
    }
}

fn machine(workload: &Workload) -> Result<RegoVM, String> {
    let policy = policy(workload)?;
    let query = if workload.query.is_empty() { "data.bundle.team0.deny" } else { workload.query };
    let program =
        Compiler::compile_from_policy(&policy, &[query]).map_err(|error| error.to_string())?;
    let mut vm = RegoVM::new_with_policy(policy);
    vm.set_max_instructions(INSTRUCTIONS);
    vm.load_program(program);
    vm.set_data(value(&workload.data)?).map_err(|error| error.to_string())?;
    Ok(vm)
}
