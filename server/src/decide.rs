//! One document evaluated for a caller, told to the decision log where there is one.

use crate::app::App;
use crate::deadline::Due;
use crate::decision_sink::{DecisionEvent, DecisionOutcome, DecisionSubject};
use crate::error::ApiError;
use crate::explain::{self, Mode, Telling};
use crate::listen::Peer;
use crate::state::{Revision, WriteError};
use crate::timers::{self, Timers};
use crate::trace;
use axum::http::request::Parts;
use referee_core::Timestamp;
use referee_engine::{Asked, EvaluateError};
use referee_rego::{Calls, EvalBudget, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::time::Instant;

/// The number of a request among all that the server was asked, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestNumber(pub(crate) u64);

/// What is to be decided, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deciding<'a> {
    pub(crate) app: &'a App,
    pub(crate) revision: &'a Arc<Revision>,
    /// What stands after `/v1/data` in the URL.
    pub(crate) path: &'a str,
    /// Whether a builtin that fails ends the evaluation.
    pub(crate) strict: bool,
    pub(crate) explain: Option<Mode>,
    /// Whether what the evaluation does is measured.
    pub(crate) instrumented: bool,
    /// Whether explanations are for people.
    pub(crate) pretty: bool,
    pub(crate) due: Due,
    pub(crate) started: Instant,
    /// The id of the batch it belongs to.
    pub(crate) batch: Option<&'a str>,
    /// What stands in the log beside OPA's members.
    pub(crate) custom: Option<&'a Value>,
    /// Whether a document that is undefined is an error, as to OPA's v0.
    pub(crate) required: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) value: Option<Value>,
    /// The id under which it is logged, where it is.
    pub(crate) decision_id: Option<String>,
    /// JSON.
    pub(crate) explanation: Option<String>,
    pub(crate) timers: Timers,
}

impl Deciding<'_> {
    /// Evaluates, and tells the log of it.
    pub(crate) async fn decide(
        self,
        head: &Parts,
        input: Option<Value>,
        mut timers: Timers,
    ) -> Result<Decided, ApiError> {
        // A clone shares what it is a clone of; without a log there is none.
        let logged = self.app.sink.get().map(|sink| (sink, input.clone()));
        let calls = self.app.calls();
        let answer = match self.evaluate(input, calls.as_ref(), &mut timers).await {
            Ok((None, _)) if self.required => Err(self.undefined()),
            answer => answer,
        };
        timers.since(timers::HANDLER, self.started);
        let mut decision_id = None;
        if let Some((sink, input)) = logged {
            let outcome = match &answer {
                Ok((Some(value), _)) => DecisionOutcome::Result(value.clone()),
                Ok((None, _)) => DecisionOutcome::Undefined,
                Err(error) => DecisionOutcome::Error(told(error)),
            };
            let subject = DecisionSubject::Path(self.path.trim_matches('/').to_owned());
            let event = event(self.app, self.revision, head, subject, input, outcome, &timers);
            decision_id = Some(event.decision_id.clone());
            let batch_decision_id = self.batch.map(ToOwned::to_owned);
            let custom = self.custom.cloned();
            sink.record(DecisionEvent { batch_decision_id, calls, custom, ..event });
        }
        let (value, explanation) = answer?;
        Ok(Decided { value, decision_id, explanation, timers })
    }

    fn undefined(&self) -> ApiError {
        let path = match self.revision.document(self.path) {
            Ok((asked, _)) => asked.path().to_owned(),
            Err(error) => return error.into(),
        };
        // OPA has a word of its own where a rule could have defined it.
        let ruled = self.revision.program().has_rules_at(&path).unwrap_or(false);
        let kind = if ruled { "document undefined" } else { "document missing" };
        ApiError::Undefined { kind, path }
    }

    async fn evaluate(
        &self,
        input: Option<Value>,
        calls: Option<&Arc<Calls>>,
        timers: &mut Timers,
    ) -> Result<(Option<Value>, Option<String>), ApiError> {
        let preparing = Instant::now();
        let (asked, known) = if self.strict {
            // Who asks for strictness is not answered without it.
            let strict = self.revision.strict_program();
            strict.map_err(|errors| WriteError::Modules(errors.clone()))?;
            self.revision.strict_document(self.path)?
        } else {
            self.revision.document(self.path)?
        };
        if !known {
            timers.since(timers::QUERY_COMPILE, preparing);
        }
        timers.count(timers::CACHE_HIT, u64::from(known));
        let evaluating = Instant::now();
        let answer = self.answer(asked, input, calls, timers).await;
        // An evaluation that fails took its time, too.
        timers.since(timers::QUERY_EVAL, evaluating);
        answer
    }

    /// Evaluates what is asked, and tells how where the caller wants to know.
    async fn answer(
        &self,
        asked: Arc<Asked>,
        input: Option<Value>,
        calls: Option<&Arc<Calls>>,
        timers: &mut Timers,
    ) -> Result<(Option<Value>, Option<String>), ApiError> {
        let deadline = self.due.left_to_evaluate();
        let telling =
            Telling { mode: self.explain, pretty: self.pretty, instrumented: self.instrumented };
        if telling.is_on() {
            let of = (asked.path().to_owned(), asked.program().clone(), self.revision);
            let input = (input, calls.map(Arc::clone));
            let told = explain::value(self.app, of, input, telling, deadline).await?;
            timers.measured(told.measures);
            timers.read_base(told.read_base);
            Ok((told.value, told.explanation))
        } else {
            let evaluation = match calls.map(Arc::clone) {
                None => self.app.engine().evaluate(&asked, input, deadline).await?,
                Some(calls) => {
                    let noting = move |budget: &EvalBudget| {
                        asked.answer_noting(input.as_ref(), budget, &calls)
                    };
                    let answer = self.app.engine().run(deadline, noting).await?;
                    answer.map_err(EvaluateError::from)?
                }
            };
            explain::log_prints(&evaluation.prints);
            timers.read_base(evaluation.read_base);
            Ok((evaluation.value, None))
        }
    }
}

/// An event with a new id.
pub(crate) fn event(
    app: &App,
    revision: &Arc<Revision>,
    head: &Parts,
    subject: DecisionSubject,
    input: Option<Value>,
    outcome: DecisionOutcome,
    timers: &Timers,
) -> DecisionEvent {
    let wanted = app.sink.get().map_or(&[][..], |sink| sink.headers());
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in wanted {
        let values = head.headers.get_all(name.as_str()).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let values: Vec<String> = values.collect();
        if !values.is_empty() {
            headers.insert(name.clone(), values);
        }
    }
    DecisionEvent {
        decision_id: uuid::Uuid::new_v4().to_string(),
        batch_decision_id: None,
        revision: Arc::clone(revision),
        subject,
        input,
        outcome,
        calls: None,
        metrics: timers.all().cloned().unwrap_or_default(),
        measures: timers.measures().clone(),
        timestamp: now(app),
        requested_by: head.extensions.get::<Arc<Peer>>().map(|peer| peer.address.clone()),
        trace: trace::of(&head.headers),
        request_id: head.extensions.get::<RequestNumber>().map_or(0, |number| number.0),
        headers,
        custom: None,
    }
}

fn now(app: &App) -> Timestamp {
    app.engine().now()
}

/// An error as the log has it: in OPA's form.
pub(crate) fn told(error: &ApiError) -> Value {
    Value::from_json_str(&error.to_json())
        .unwrap_or_else(|_| Value::from(error.to_string().as_str()))
}
