//! What the tests of this crate share: programs from text, evaluations of queries.

#![allow(dead_code, reason = "each test file uses its own part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up must fail")]

use referee_rego_builtin::{
    Context, Host, HostError, HttpRequest, HttpResponse, Implementation, Meter, Table,
};
use referee_rego_compile::{
    Compiled, Options as CompileOptions, QueryOptions, compile, compile_query,
};
use referee_rego_eval::{Arena, Capture, EvalError, Options, PreparedQuery, Program, Row};
use referee_rego_syntax::ast::RegoVersion;
use referee_rego_syntax::{ParseOptions, parse_module, parse_query};
use referee_rego_types::Capabilities;
use referee_rego_value::Value;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A host with environment variables and nothing else.
#[derive(Default)]
pub(crate) struct Variables(pub(crate) HashMap<String, String>);

impl Host for Variables {
    fn http(&self, _: &HttpRequest) -> Result<HttpResponse, HostError> {
        Err(HostError::Forbidden)
    }

    fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, HostError> {
        let name = if name == "localhost" { "127.0.0.1" } else { name };
        name.parse().map(|address| vec![address]).map_err(|_| HostError::Forbidden)
    }

    fn env(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// OPA's own tests have a builtin that waits.
fn sleep(_: &mut Context<'_>, _: &[Value]) -> referee_rego_builtin::Result<Option<Value>> {
    Ok(Some(Value::Null))
}

const SLEEP: Table = &[("test.sleep", Implementation::Function(sleep))];

/// OPA's builtins, and the one that waits.
fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::current();
    let declared = capabilities.builtins.values().find(|it| &*it.name == "trim").unwrap();
    let mut declaration = (**declared).clone();
    let mut function = (*declaration.function).clone();
    function.args.truncate(1);
    function.result = Some(referee_rego_types::Type::Null);
    declaration.name = Arc::from("test.sleep");
    declaration.function = Arc::new(function);
    capabilities.builtins.insert(Arc::from("test.sleep"), Arc::new(declaration));
    capabilities
}

/// All builtins.
pub(crate) fn tables() -> Vec<Table> {
    let families =
        [referee_rego_text::TABLES, referee_rego_formats::TABLES, referee_rego_security::TABLES];
    let mut tables = families.concat();
    tables.push(SLEEP);
    tables
}

/// What is asked.
pub(crate) struct Question<'q> {
    pub(crate) modules: &'q [&'q str],
    pub(crate) query: &'q str,
    pub(crate) data: Value,
    pub(crate) input: Option<Value>,
    pub(crate) version: RegoVersion,
    pub(crate) experimental: bool,
    pub(crate) strict: bool,
    pub(crate) capture: Capture,
    pub(crate) variables: HashMap<String, String>,
}

impl<'q> Question<'q> {
    pub(crate) fn new(modules: &'q [&'q str], query: &'q str) -> Self {
        Self {
            modules,
            query,
            data: Value::object::<Value>([]),
            input: None,
            version: RegoVersion::V1,
            experimental: false,
            strict: false,
            capture: Capture::Values,
            variables: HashMap::new(),
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    Parse(String),
    Compile(String),
    Eval(Box<EvalError>),
}

fn all(errors: &[referee_rego_syntax::Error]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The program and the query.
pub(crate) fn prepare(question: &Question<'_>) -> Result<(Program, PreparedQuery), Failure> {
    let mut modules = Vec::new();
    let mut options = ParseOptions::new(question.version);
    if question.experimental {
        options.all_future_keywords = true;
    }
    for (at, text) in question.modules.iter().enumerate() {
        let name = format!("test-{at}.rego");
        let module = parse_module(&name, text, &options).map_err(|it| Failure::Parse(all(&it)))?;
        modules.push((Arc::from(name), module));
    }
    let mut compile_options = CompileOptions { keep_prints: true, ..CompileOptions::default() };
    compile_options.capabilities = Arc::new(capabilities());
    let compiled: Compiled =
        compile(modules, &compile_options).map_err(|it| Failure::Compile(all(&it)))?;
    let query = parse_query(question.query, &ParseOptions::query(RegoVersion::V1))
        .map_err(|it| Failure::Parse(all(&it)))?;
    let query = compile_query(&compiled, query, &QueryOptions::default())
        .map_err(|it| Failure::Compile(all(&it)))?;
    let program =
        Program::new(&compiled, question.data.clone(), &tables()).map_err(Failure::Eval)?;
    let query = program.prepare_query(&query, question.capture);
    Ok((program, query))
}

/// Certificates in OPA's cases are valid then: in November 2025.
const NOW_NS: i64 = 1_763_700_000_000_000_000;

/// The rows of a query.
pub(crate) fn rows(question: &Question<'_>) -> Result<Vec<Row>, Failure> {
    let (program, query) = prepare(question)?;
    let start = Instant::now();
    let clock = move || start.elapsed();
    let meter = Meter::new(&clock, Duration::from_secs(20), u64::MAX, 1 << 33, None);
    let host = Variables(question.variables.clone());
    let env = Value::object(
        question.variables.iter().map(|(name, value)| (name.as_str(), Value::from(value.as_str()))),
    );
    let runtime = match question.variables.is_empty() {
        true => Value::object::<Value>([]),
        false => Value::object([("env", env)]),
    };
    let mut context = Context::new(meter, NOW_NS, 42, &host, &runtime);
    context.strict = question.strict;
    let arena = Arena::new();
    let mut evaluation =
        program.evaluation(&arena, question.input.as_ref(), &mut context, Options::default());
    evaluation.rows(&query).map_err(Failure::Eval)
}

/// A value from a term without variables.
pub(crate) fn term(text: &str) -> Value {
    let rows = rows(&Question::new(&[], &format!("x = {text}"))).unwrap();
    match rows.as_slice() {
        [row] => row.bindings.first().map_or(Value::Null, |(_, value)| value.clone()),
        _ => panic!("{text} is no term"),
    }
}
