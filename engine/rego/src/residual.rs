//! What is left of a query where something is unknown: what is asked, and what is answered.

use crate::ask::Reports;
use crate::budget::EvalBudget;
use crate::error::{RegoError, RegoErrors};
use crate::report::{Measures, Trace};
use crate::value::Value;
use crate::world::World;
use referee_rego_syntax::ast::{Body, Module};
use referee_rego_syntax::json::{JsonOptions, body_to_text, module_to_text};
use referee_rego_syntax::print;
use std::time::Duration;

/// A query that is evaluated as far as that can be done without what is unknown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartialQuestion<'a> {
    /// The query: Rego text.
    pub query: &'a str,
    /// The package in which it stands, without `data.`.
    pub package: Option<&'a str>,
    /// What it imports: `data.a.b`, `data.a.b as c`.
    pub imports: &'a [String],
    /// The input, as far as it is known.
    pub input: Option<&'a Value>,
    /// What is unknown: references such as `input.user` or `data.items`. `None` stands for `input`.
    pub unknowns: Option<&'a [String]>,
    /// References to documents that are not put in place of what refers to them.
    pub disable_inlining: &'a [String],
    /// Whether rules that leave something over are kept whole, as support.
    pub shallow_inlining: bool,
    /// Whether builtins that give something else each time (`time.now_ns`, `http.send`) are called
    /// now. Otherwise they stay in what is left.
    pub nondeterministic_builtins: bool,
    /// Whether the rules that stay beside the queries stand under their own packages, not under
    /// `data.partial`.
    pub skip_namespace: bool,
    /// Builtins that the query itself may not call.
    pub unsafe_builtins: &'a [&'a str],
    /// How long it may take and what time it is.
    pub budget: EvalBudget,
    /// What it may reach.
    pub world: World<'a>,
    /// What is to be told besides: [`Reports::explanation`] with [`Reports::variables`] and
    /// [`Reports::unifications`], and [`Reports::measures`]; there is nothing else to tell.
    pub reports: Reports,
}

impl<'a> PartialQuestion<'a> {
    /// A query with the whole input unknown.
    #[must_use]
    pub fn new(query: &'a str, budget: EvalBudget) -> Self {
        Self {
            query,
            package: None,
            imports: &[],
            input: None,
            unknowns: None,
            disable_inlining: &[],
            shallow_inlining: false,
            nondeterministic_builtins: false,
            skip_namespace: false,
            unsafe_builtins: &[],
            budget,
            world: World::NONE,
            reports: Reports::default(),
        }
    }

    /// The same over an input.
    #[must_use]
    pub fn over(self, input: Option<&'a Value>) -> Self {
        Self { input, ..self }
    }

    /// The same with something else unknown; `None` stands for `input`.
    #[must_use]
    pub fn without(self, unknowns: Option<&'a [String]>) -> Self {
        Self { unknowns, ..self }
    }

    /// The same without some builtins in the query itself; rules may call them.
    #[must_use]
    pub fn without_builtins(self, unsafe_builtins: &'a [&'a str]) -> Self {
        Self { unsafe_builtins, ..self }
    }
}

/// What came of a query that was evaluated partially.
#[derive(Debug)]
#[non_exhaustive]
pub struct PartialAnswer {
    /// What is left of it, or everything that is wrong with it.
    pub residual: Result<Residual, RegoErrors>,
    /// What `print` printed, `file:row: text`.
    pub prints: Vec<String>,
    /// Which builtins failed, though the evaluation went on; the first of many.
    pub builtin_errors: Vec<RegoError>,
    /// Whether a base document was looked up, there or not.
    pub read_base: bool,
    /// The steps, where they were asked for.
    pub explanation: Trace,
    /// What was measured, where that was asked for.
    pub measures: Measures,
    /// How long parsing, compiling and evaluating took.
    pub times: crate::ask::Times,
}

impl PartialAnswer {
    pub(crate) fn new(residual: Result<Residual, RegoErrors>) -> Self {
        let times = crate::ask::Times::default();
        let (explanation, measures) = (Trace::default(), Measures::default());
        let (prints, builtin_errors) = (Vec::new(), Vec::new());
        let read_base = false;
        Self { residual, prints, builtin_errors, read_base, explanation, measures, times }
    }

    pub(crate) fn took(mut self, parse: Duration, compile: Duration, eval: Duration) -> Self {
        self.times = crate::ask::Times { parse, compile, eval };
        self
    }
}

/// What is left of a query: queries of which one must hold, and rules that they ask for.
#[derive(Clone, Debug, Default)]
pub struct Residual {
    queries: Vec<Body>,
    support: Vec<Module>,
}

impl Residual {
    pub(crate) fn new(queries: Vec<Body>, support: Vec<Module>) -> Self {
        Self { queries, support }
    }

    /// Whether the query can never hold, whatever the unknown is.
    #[must_use]
    pub fn never_holds(&self) -> bool {
        self.queries.is_empty()
    }

    /// Whether the query holds, whatever the unknown is.
    #[must_use]
    pub fn always_holds(&self) -> bool {
        self.queries.iter().any(Vec::is_empty)
    }

    /// How many queries are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Whether no query is left: it can never hold.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// The queries as Rego text, each on one line.
    #[must_use]
    pub fn queries_text(&self) -> Vec<String> {
        self.queries.iter().map(print::body).collect()
    }

    /// The same, each expression on a line of its own.
    #[must_use]
    pub fn queries_lines(&self) -> Vec<Vec<String>> {
        let lines = |query: &Body| query.iter().map(ToString::to_string).collect();
        self.queries.iter().map(lines).collect()
    }

    /// The rules that they ask for as Rego text, a module each.
    #[must_use]
    pub fn support_text(&self) -> Vec<String> {
        self.support.iter().map(ToString::to_string).collect()
    }

    /// The queries and rules as Rego text.
    #[must_use]
    pub fn to_rego(&self) -> String {
        let mut text = self.queries_text().join("\n");
        for module in self.support_text() {
            text.push_str("\n\n");
            text.push_str(&module);
        }
        text
    }

    /// OPA's JSON of it on one line: `{"queries": […], "support": […]}`, without members that are
    /// empty. The queries are bodies and the support modules in OPA's form of syntax trees.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json(false)
    }

    /// The same on many lines, as OPA's command prints it.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        self.json(true)
    }

    fn json(&self, lines: bool) -> String {
        let options = JsonOptions::default();
        let queries = self.queries.iter().map(|query| body_to_text(query, &options, lines));
        let support = self.support.iter().map(|module| module_to_text(module, &options, lines));
        if lines {
            let deeper = |text: String, by: &str| text.trim_end().replace('\n', &format!("\n{by}"));
            let member = |name: &str, items: Vec<String>| {
                let items: Vec<String> =
                    items.into_iter().map(|item| format!("    {}", deeper(item, "    "))).collect();
                let items = items.join(",\n");
                (!items.is_empty()).then(|| format!("  \"{name}\": [\n{items}\n  ]"))
            };
            let members =
                [member("queries", queries.collect()), member("support", support.collect())];
            let members: Vec<String> = members.into_iter().flatten().collect();
            return match members.is_empty() {
                true => "{}".to_owned(),
                false => format!("{{\n{}\n}}", members.join(",\n")),
            };
        }
        let member = |name: &str, items: Vec<String>| {
            let items = items.join(",");
            (!items.is_empty()).then(|| format!("\"{name}\":[{items}]"))
        };
        let members = [member("queries", queries.collect()), member("support", support.collect())];
        format!("{{{}}}", members.into_iter().flatten().collect::<Vec<_>>().join(","))
    }
}
