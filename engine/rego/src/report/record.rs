//! Takes down what an evaluation tells.

use super::{Coverage, Profile, Trace, TraceEvent, TraceNode, TraceOp};
use crate::ask::Reports;
use crate::error::Location;
use crate::value::Value;
use referee_rego_eval::Probe;
use referee_rego_syntax::Location as Place;
use referee_rego_value as native;
use std::time::Duration;

/// How many steps of a trace are kept: more than anybody reads, and no more than some hundred
/// megabytes.
const MAX_STEPS: usize = 200_000;

/// The probe of evaluations that are told about.
pub(crate) struct Recorder<'c> {
    wanted: Reports,
    clock: &'c dyn Fn() -> Duration,
    pub(crate) coverage: Coverage,
    pub(crate) profile: Profile,
    pub(crate) trace: Trace,
    pub(crate) cases: Vec<Vec<Value>>,
}

impl<'c> Recorder<'c> {
    pub(crate) fn new(wanted: Reports, clock: &'c dyn Fn() -> Duration) -> Self {
        Self {
            wanted,
            clock,
            coverage: Coverage::default(),
            profile: Profile::default(),
            trace: Trace::default(),
            cases: Vec::new(),
        }
    }

    fn push(&mut self, event: TraceEvent) {
        if self.trace.events.len() < MAX_STEPS {
            self.trace.events.push(event);
        } else {
            self.trace.cut = true;
        }
    }
}

impl Probe for Recorder<'_> {
    const ON: bool = true;

    fn expression(&mut self, location: &Place) {
        if self.wanted.coverage {
            self.coverage.note(location);
        }
        if self.wanted.profile {
            self.profile.note(location, location.offset, false, (self.clock)());
        }
        if self.wanted.trace {
            let event = TraceEvent {
                op: TraceOp::Eval,
                node: TraceNode::Expr,
                text: location.text().to_owned(),
                message: String::new(),
                location: Location {
                    file: location.file().to_owned(),
                    row: location.row,
                    col: location.col,
                },
                source: location.text().to_owned(),
                query: 1,
                parent: 0,
                variables: Vec::new(),
            };
            self.push(event);
        }
    }

    fn rule(&mut self, _path: &str, location: &Place) {
        if self.wanted.coverage {
            self.coverage.note(location);
        }
    }

    fn element(&mut self, _path: &str, _location: &Place, _element: &native::Value) {}
}
