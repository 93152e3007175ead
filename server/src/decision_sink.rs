//! Where decisions go that are to be logged.
//!
//! With a sink each decision gets an id, which the caller is told; without one nothing is made and
//! nothing is copied. An event shares its values with the evaluation: nothing is written out before
//! the sink does so, on a thread of its own.

use crate::state::Revision;
use crate::trace::TraceContext;
use referee_core::Timestamp;
use referee_rego::{Calls, Measures, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Takes decisions. It is called on threads that serve, so it must neither wait nor work: it hands
/// the event on, and drops and counts what it has no room for.
pub trait DecisionSink: Send + Sync + fmt::Debug {
    /// A decision was made.
    fn record(&self, event: DecisionEvent);

    /// Whether a request that was not let through is to be told now. Strangers can make as many of
    /// these as they like, and must not push out what was decided for others.
    fn takes_denial(&self) -> bool {
        true
    }

    /// Whether events are to hold what builtins gave whose answers may differ from one evaluation to
    /// the next. It costs a little with each decision.
    fn wants_calls(&self) -> bool {
        false
    }

    /// The headers of requests that events are to hold, in lower case.
    fn headers(&self) -> &[String] {
        &[]
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionSubject {
    /// The document at a path, without `data` and with slashes: `a/b`.
    Path(String),
    /// A query.
    Query(String),
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum DecisionOutcome {
    /// A value.
    Result(Value),
    /// It is undefined.
    Undefined,
    /// The evaluation failed: OPA's form of the error, `{"code", "message", …}`.
    Error(Value),
}

/// A decision, as the decision log tells it. All members are OPA's.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DecisionEvent {
    /// Its id: a UUID of version 4.
    pub decision_id: String,
    /// The id that the decisions of one batch share.
    pub batch_decision_id: Option<String>,
    /// The revision it was made with: its bundles, and the policies that mask and drop.
    pub revision: Arc<Revision>,
    /// What was asked.
    pub subject: DecisionSubject,
    /// The input; `None` where there was none.
    pub input: Option<Value>,
    /// What came of it.
    pub outcome: DecisionOutcome,
    /// What builtins gave whose answers may differ from one evaluation to the next, where the sink
    /// wants it.
    pub calls: Option<Arc<Calls>>,
    /// How long its parts took, as the answer's `metrics` tell it.
    pub metrics: BTreeMap<&'static str, u64>,
    /// What was measured of the evaluation, where the caller asked for it.
    pub measures: Measures,
    /// When it was made.
    pub timestamp: Timestamp,
    /// Who asked: the address of the connection, where it is known; `@` for a Unix socket.
    pub requested_by: Option<String>,
    /// The trace that the request says it belongs to.
    pub trace: Option<TraceContext>,
    /// The number of the request among all that the server was asked, from 1.
    pub request_id: u64,
    /// The headers that the sink wants, by their names in lower case.
    pub headers: BTreeMap<String, Vec<String>>,
    /// What stands in the event beside OPA's members.
    pub custom: Option<Value>,
}
