//! Takes down what an evaluation tells.

use super::tracer::{Names, Tracer};
use super::{Coverage, Profile, Trace};
use crate::ask::Reports;
use crate::value::Value;
use referee_rego_eval::{Probe, Reader, Step};
use referee_rego_syntax::Location as Place;
use referee_rego_value as native;
use std::time::Duration;

/// The probe of evaluations that are told about.
pub(crate) struct Recorder<'n> {
    coverage: Option<Coverage>,
    tracer: Option<Tracer<'n>>,
    cases: Vec<Vec<Value>>,
}

/// What was taken down.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) coverage: Coverage,
    pub(crate) profile: Profile,
    pub(crate) trace: Trace,
    pub(crate) cases: Vec<Vec<Value>>,
}

impl<'n> Recorder<'n> {
    pub(crate) fn new(wanted: Reports, names: Names<'n>, clock: &'n dyn Fn() -> Duration) -> Self {
        let follows = wanted.trace || wanted.profile;
        Self {
            coverage: wanted.coverage.then(Coverage::default),
            tracer: follows.then(|| Tracer::new(names, wanted, clock)),
            cases: Vec::new(),
        }
    }

    /// What was taken down. `failed`: the evaluation ended with an error.
    pub(crate) fn finish(self, failed: bool) -> Recorded {
        let traced = self.tracer.map(|tracer| tracer.finish(failed));
        let (trace, profile) = traced.unwrap_or_default();
        let coverage = self.coverage.unwrap_or_default();
        Recorded { coverage, profile, trace, cases: self.cases }
    }
}

impl Probe for Recorder<'_> {
    const ON: bool = true;
    const STEPS: bool = true;

    fn step(&mut self, step: Step<'_>, read: Reader<'_>) {
        if let Step::Case(native::Value::Array(path)) = &step {
            self.cases.push(path.iter().cloned().map(Value).collect());
        }
        if let Some(tracer) = &mut self.tracer {
            tracer.step(&step, read);
        }
    }

    fn expression(&mut self, location: &Place) {
        if let Some(coverage) = &mut self.coverage {
            coverage.note(location);
        }
    }

    fn rule(&mut self, _path: &str, location: &Place) {
        if let Some(coverage) = &mut self.coverage {
            coverage.note_rule(location);
        }
    }
}
