//! OPA's `explain`: the steps of an evaluation, as items or as lines for people.

use crate::app::App;
use crate::error::ApiError;
use crate::members::{Members, go_json, list};
use crate::query::Query;
use crate::state::Revision;
use referee_engine::EvaluateError;
use referee_rego::{
    Answer, Calls, Explain, Measures, Program, QueryResults, Question, RegoCode, Reports, Trace,
    TraceEvent, TraceNode, TraceOp, Value, World,
};
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of steps that are told: nobody reads more.
const MOST_BYTES: usize = 64 << 20;

/// Which steps are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Notes,
    Fails,
    Full,
    /// All steps; `full` leaves out what is made equal.
    Debug,
}

impl Mode {
    /// What a query asks for; what OPA does not know is nothing.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        query.all("explain").find_map(|mode| match mode {
            "notes" => Some(Self::Notes),
            "fails" => Some(Self::Fails),
            "full" => Some(Self::Full),
            "debug" => Some(Self::Debug),
            _ => None,
        })
    }

    fn filter(self) -> Explain {
        match self {
            Self::Notes => Explain::Notes,
            Self::Fails => Explain::Fails,
            Self::Full => Explain::Full,
            Self::Debug => Explain::Debug,
        }
    }
}

/// What is told of an evaluation besides its result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Telling {
    /// Its steps.
    pub(crate) mode: Option<Mode>,
    /// Those for people.
    pub(crate) pretty: bool,
    /// How often it did what it is made of, and how long that took.
    pub(crate) instrumented: bool,
}

impl Telling {
    /// Whether anything is.
    pub(crate) fn is_on(self) -> bool {
        self.mode.is_some() || self.instrumented
    }

    /// What is asked of the engine for it.
    pub(crate) fn reports(self) -> Reports {
        let explanation = self.mode.is_some();
        Reports {
            explanation,
            variables: explanation && !self.pretty,
            unifications: self.mode == Some(Mode::Debug),
            measures: self.instrumented,
            ..Reports::default()
        }
    }
}

/// The value of a document, with what is told of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) value: Option<Value>,
    /// JSON.
    pub(crate) explanation: Option<String>,
    pub(crate) measures: Measures,
    /// Whether a base document was looked up.
    pub(crate) read_base: bool,
}

/// The value of a document, with the steps to it and what they took.
pub(crate) async fn value(
    app: &App,
    (path, program, revision): (String, Program, &Arc<Revision>),
    (input, calls): (Option<Value>, Option<Arc<Calls>>),
    telling: Telling,
    deadline: Duration,
) -> Result<Told, ApiError> {
    let runtime = revision.runtime().clone();
    let reports = telling.reports();
    let answer = app.engine().run(deadline, move |budget| {
        let mut world = World::NONE.with_runtime(&runtime);
        world.calls = calls.as_deref();
        let question = Question::new(&path, *budget).over(input.as_ref()).telling(reports);
        program.ask(&question.in_world(world))
    });
    let Answer { results, told, .. } = answer.await?;
    log_prints(&told.prints);
    let results = match results {
        // What a type says cannot be there is not there, as where nothing is told.
        Err(errors) if errors.first().code == RegoCode::Type => QueryResults::default(),
        results => results.map_err(|errors| EvaluateError::from(errors.first().clone()))?,
    };
    let row = results.rows.into_iter().next();
    let value = row.and_then(|row| row.expressions.into_iter().next()).map(|found| found.value);
    // OPA explains what is undefined to who asks for everything, and to nobody else.
    let wanted = telling.mode.filter(|mode| value.is_some() || *mode == Mode::Full);
    let explanation =
        wanted.map(|mode| text(&told.explanation, mode, telling.pretty)).transpose()?;
    Ok(Told { value, explanation, measures: told.measures, read_base: told.read_base })
}

/// The steps as JSON.
pub(crate) fn text(trace: &Trace, mode: Mode, pretty: bool) -> Result<String, ApiError> {
    let unwritable = |error| ApiError::Unwritable(Box::new(error));
    let events = trace.filtered(mode.filter());
    if pretty {
        let printed = Trace::print(&events, false);
        let lines: Vec<&str> = printed.trim_matches('\n').split('\n').collect();
        return go_json(&lines).map_err(unwritable);
    }
    let mut room = MOST_BYTES;
    let mut items = Vec::with_capacity(events.len());
    for event in events {
        let told = item(event);
        let Some(left) = room.checked_sub(told.len()) else {
            items.push(item(&TraceEvent::cut_off(Some(event))));
            break;
        };
        room = left;
        items.push(told);
    }
    Ok(list(items))
}

/// A step, its members in OPA's order.
fn item(event: &TraceEvent) -> String {
    let mut members = Members::new();
    members.text("op", &event.op.as_str().to_ascii_lowercase());
    members.raw("query_id", &event.query.to_string());
    members.raw("parent_id", &event.parent.to_string());
    if event.op == TraceOp::Note {
        members.text("type", "");
        members.raw("node", "null");
    } else {
        members.text(
            "type",
            match event.node {
                TraceNode::Rule => "rule",
                TraceNode::Body => "body",
                TraceNode::Expr => "expr",
            },
        );
        members.raw("node", &event.node_json());
    }
    members.raw(
        "locals",
        &list(event.variables.iter().map(|variable| {
            let mut key = Members::new();
            key.text("type", "var");
            key.text("value", &variable.name);
            let mut binding = Members::new();
            binding.raw("key", &key.end());
            binding.raw("value", &variable.term_json());
            binding.end()
        })),
    );
    if !event.message.is_empty() {
        members.text("message", &event.message);
    }
    members.end()
}

/// What policies print goes to the log, as in OPA.
pub(crate) fn log_prints(prints: &[String]) {
    for print in prints {
        // Written as Rust writes a string: line feeds and terminal codes are escaped.
        tracing::info!(target: "referee_server::print", text = ?print, "a policy printed");
    }
}
