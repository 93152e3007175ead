//! One gathering: resolve, discover, examine, all at once as far as the bounds allow.

use super::allowance::Allowance;
use super::examine;
use crate::documents::Values;
use crate::established::{Established, Unwritable};
use crate::plan::{Outcome, Plan, Work, WorkId};
use crate::request::Target;
use crate::resolve::{self, ResolveError};
use crate::settings::Settings;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use referee_core::facts::TrustRootFact;
use referee_core::{FoundBy, Limits, Referrer, Selector, Timestamp, Verifier};
use referee_store::Store;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

/// Everything a gathering needs, owned by its task.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) verifiers: Vec<Arc<dyn Verifier>>,
    pub(crate) limits: Limits,
    pub(crate) settings: Settings,
    /// What documents say, for all evaluations.
    pub(crate) values: Values,
    /// How many verifiers may compute at once. Signature mathematics can take all cores for as
    /// long as a registry likes; what answers requests must not wait for it.
    pub(crate) computations: Arc<Semaphore>,
}

/// How far a gathering has come.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) plan: Option<Plan>,
    /// The trusted roots that signatures are held against, as they are at the gathering's time.
    pub(crate) trust_roots: Vec<TrustRootFact>,
    pub(crate) failed: Option<Arc<ResolveError>>,
    pub(crate) resolved_after: Option<Duration>,
    pub(crate) discovered_after: Option<Duration>,
    /// The facts as they stand, once somebody took them before the end: written once for all whose
    /// time is up, until there is something new.
    snapshot: Option<Result<Arc<Established>, Unwritable>>,
}

/// A gathering under way or done.
#[derive(Debug)]
pub(crate) struct Gathering {
    state: Mutex<State>,
    values: Values,
    done: watch::Receiver<bool>,
    started: Instant,
    /// What it came to, once it is over: written once for all who waited.
    outcome: OnceLock<Option<Result<Arc<Established>, Unwritable>>>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The gathering is done.
    Done,
    /// The time was up first.
    TimeUp,
}

impl Gathering {
    /// Reads the state. A writer that panicked left a state that is consistent all the same: each
    /// step of the plan is one call.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.snapshot = None;
        write(&mut state)
    }

    fn snapshot(&self) -> Option<Result<Arc<Established>, Unwritable>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.snapshot.is_none() {
            state.snapshot = Established::of(&state, &self.values).map(|taken| taken.map(Arc::new));
        }
        state.snapshot.clone()
    }

    /// The facts: what it came to where it is over, else as they stand now. `None` while there is
    /// no subject.
    pub(crate) fn established(&self) -> Option<Result<Arc<Established>, Unwritable>> {
        match self.outcome.get() {
            Some(outcome) => outcome.clone(),
            None => self.snapshot(),
        }
    }

    /// How long ago it was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether it has ended, in whatever way.
    pub(crate) fn has_ended(&self) -> bool {
        *self.done.borrow() || self.done.has_changed().is_err()
    }

    /// Waits until it is done or the time is up.
    pub(crate) async fn wait(&self, until: Option<Instant>) -> Wait {
        let mut done = self.done.clone();
        // An error means that the task ended without saying so, which ends the wait as well: what
        // is missing is then told as not done.
        let finished = done.wait_for(|done| *done);
        match until {
            None => {
                let _ended = finished.await;
                Wait::Done
            }
            Some(until) => match tokio::time::timeout_at(until, finished).await {
                Ok(_) => Wait::Done,
                Err(_) => Wait::TimeUp,
            },
        }
    }
}

/// Starts a gathering. `on_end` is called once, in its task, when it is over.
pub(crate) fn spawn(
    context: Context,
    target: Target,
    now: Timestamp,
    on_end: impl FnOnce(&Arc<Gathering>) + Send + 'static,
) -> Arc<Gathering> {
    let (done, receiver) = watch::channel(false);
    let gathering = Arc::new(Gathering {
        state: Mutex::default(),
        values: context.values.clone(),
        done: receiver,
        started: Instant::now(),
        outcome: OnceLock::new(),
    });
    let task = gathering.clone();
    tokio::spawn(async move {
        let allowance = Allowance::new(context.limits.max_gathered_bytes);
        let limit = context.settings.background_limit();
        let run = run(&context, &target, now, &task, &allowance);
        if tokio::time::timeout(limit, run).await.is_err() {
            allowance.cancelled.store(true, Ordering::Relaxed);
            tracing::warn!(place = %target.place, "a gathering was ended at its own time limit");
        }
        let outcome = task.established();
        task.outcome.get_or_init(|| outcome);
        on_end(&task);
        // Nobody may be waiting any more.
        let _nobody_waits = done.send(true);
    });
    gathering
}

async fn run(
    context: &Context,
    target: &Target,
    now: Timestamp,
    gathering: &Gathering,
    allowance: &Allowance,
) {
    let fetched = context.store.manifest(&target.place, target.selector.as_ref()).await;
    let subject = match resolve::subject(target, fetched) {
        Ok(subject) => Arc::new(subject),
        Err(error) => {
            gathering.write(|state| state.failed = Some(Arc::new(error)));
            return;
        }
    };
    let (plan, first) = Plan::start(&context.limits, &context.verifiers, subject);
    let trust_roots = context.verifiers.iter().flat_map(|verifier| verifier.trust_roots(now));
    gathering.write(|state| {
        state.trust_roots = trust_roots.collect();
        state.resolved_after = Some(gathering.age());
        state.plan = Some(plan);
    });
    let mut waiting: VecDeque<(WorkId, Work)> = first.into();
    let mut running: FuturesUnordered<BoxFuture<'_, (WorkId, Outcome)>> = FuturesUnordered::new();
    loop {
        while running.len() < context.settings.concurrency() {
            let Some((id, work)) = waiting.pop_front() else { break };
            running.push(Box::pin(perform(context, target, now, gathering, allowance, id, work)));
        }
        let Some((id, outcome)) = running.next().await else { break };
        let discovery = matches!(outcome, Outcome::Listed(_) | Outcome::Tagged(_));
        let next = gathering.write(|state| {
            if discovery {
                state.discovered_after = Some(gathering.age());
            }
            state.plan.as_mut().map(|plan| plan.finish(id, outcome)).unwrap_or_default()
        });
        waiting.extend(next);
    }
}

async fn perform(
    context: &Context,
    target: &Target,
    now: Timestamp,
    gathering: &Gathering,
    allowance: &Allowance,
    id: WorkId,
    work: Work,
) -> (WorkId, Outcome) {
    let outcome = match work {
        Work::List { target: digest, .. } => {
            Outcome::Listed(context.store.referrers(&target.place, &digest).await)
        }
        Work::Tag { target: digest, tag, .. } => {
            let selector = Selector::Tag(digest.cosign_tag(tag.suffix()).into());
            Outcome::Tagged(context.store.manifest(&target.place, Some(&selector)).await)
        }
        Work::ExamineSubject { verifier } => {
            let job = gathering.read(|state| {
                let plan = state.plan.as_ref()?;
                let subject = plan.subject().clone();
                let referrer = Referrer {
                    descriptor: subject.descriptor.clone(),
                    subject: subject.digest().clone(),
                    depth: 0,
                    found_by: FoundBy::Index,
                };
                Some(examine::Examination {
                    manifest: Some(subject.bytes.clone()),
                    subject,
                    referrer: Arc::new(referrer),
                    verifier: plan.verifiers().get(verifier)?.clone(),
                })
            });
            examined(context, target, now, allowance, job).await
        }
        Work::Examine { found, verifier } => {
            let job = gathering.read(|state| {
                let plan = state.plan.as_ref()?;
                let found = plan.found(found)?;
                let verifier = plan.verifiers().get(verifier)?.clone();
                Some(examine::Examination {
                    subject: plan.subject().clone(),
                    referrer: found.referrer.clone(),
                    manifest: found.manifest.clone(),
                    verifier,
                })
            });
            examined(context, target, now, allowance, job).await
        }
    };
    (id, outcome)
}

async fn examined(
    context: &Context,
    target: &Target,
    now: Timestamp,
    allowance: &Allowance,
    job: Option<examine::Examination>,
) -> Outcome {
    match job {
        Some(job) => examine::examine(context, &target.place, now, allowance, job).await,
        // The plan hands out work only for what it has found.
        None => Outcome::Examined {
            findings: referee_core::Findings::default(),
            fetch: Duration::ZERO,
            verify: Duration::ZERO,
        },
    }
}
