//! One request: wait for the facts, have the policy rule, answer in time.

use super::gather::{Gathering, Wait};
use super::policy::{Evaluated, evaluate};
use crate::decide::{self, Frame, NoRuling};
use crate::engine::{Engine, GatherError, Gathered, Ruled};
use crate::established::Established;
use crate::gatherings::Standing;
use crate::policy::LoadedPolicy;
use crate::report::millis;
use crate::request::{Request, Target};
use crate::resolve::{self, ResolveError};
use referee_core::decision::Elapsed;
use referee_core::facts::RequestFact;
use referee_core::limits::reserve;
use referee_core::{Decision, Timestamp};
use referee_rego::{EvalBudget, PolicyError, RegoCode, Ruling, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Kept back from the policy's share for writing the answer.
const ANSWER: Duration = Duration::from_millis(5);

/// The most time that an evaluation on a thread that serves requests may take before it is given
/// up and done again elsewhere. Other requests on that thread wait for so long.
const AT_ONCE: Duration = Duration::from_millis(2);

/// The most facts, by their weight in memory, over which a policy is evaluated at once: a builtin
/// does not look at the clock while it goes through its argument. A hundred signatures are under
/// half of it.
const AT_ONCE_WEIGHT: u32 = 4 * 1024 * 1024;

/// A moment so long after another. What is beyond the clock's range is as good as a year.
pub(super) fn after(start: Instant, duration: Duration) -> Instant {
    let year = Duration::from_secs(365 * 24 * 3600);
    start.checked_add(duration).or_else(|| start.checked_add(year)).unwrap_or(start)
}

pub(crate) async fn gather(engine: &Engine, request: &Request) -> Result<Gathered, GatherError> {
    let deadline = request.deadline.unwrap_or_else(|| engine.settings().deadline());
    let now = request.now.unwrap_or_else(|| engine.inner.clock.now());
    let until = after(Instant::now(), deadline.saturating_sub(reserve(deadline)));
    gather_until(engine, request, now, deadline, until).await
}

async fn gather_until(
    engine: &Engine,
    request: &Request,
    now: Timestamp,
    deadline: Duration,
    until: Instant,
) -> Result<Gathered, GatherError> {
    let established = establish(engine, request, now, until).await?;
    let request = RequestFact {
        reference: request.reference(),
        time: now,
        deadline_ms: Some(millis(deadline)),
        namespace: request.namespace.clone(),
        parameters: request.parameters.clone(),
    };
    Ok(Gathered { established, request })
}

async fn establish(
    engine: &Engine,
    request: &Request,
    now: Timestamp,
    until: Instant,
) -> Result<Arc<Established>, GatherError> {
    let unserved = || {
        let target = request.source.to_string();
        GatherError::Unresolved(Arc::new(ResolveError::Store(Arc::new(
            referee_store::StoreError::Unserved { target },
        ))))
    };
    let target = request.target().ok_or_else(unserved)?;
    let gathering = if request.now.is_some() {
        engine.inner.gatherings.apart(&target, now)
    } else {
        match engine.inner.gatherings.standing(&target, now) {
            Standing::Facts(facts) => return Ok(facts),
            Standing::Gathering(gathering) => gathering,
            Standing::Full => {
                let target = resolve::describe(&target);
                return Err(GatherError::Unresolved(Arc::new(ResolveError::Overloaded { target })));
            }
        }
    };
    let established = outcome(&gathering, &target, until).await?;
    if established.changes_at.is_none_or(|at| now < at) {
        return Ok(established);
    }
    // It was begun for somebody else, before a key became valid or expired: what it found is in
    // the caches, so it is quick to judge anew.
    let gathering = engine.inner.gatherings.apart(&target, now);
    outcome(&gathering, &target, until).await
}

async fn outcome(
    gathering: &Gathering,
    target: &Target,
    until: Instant,
) -> Result<Arc<Established>, GatherError> {
    let wait = gathering.wait(Some(until)).await;
    if let Some(failed) = gathering.read(|state| state.failed.clone()) {
        return Err(failed.into());
    }
    match gathering.established() {
        Some(Ok(established)) => Ok(established),
        Some(Err(error)) => Err(GatherError::Facts(Arc::new(error))),
        None => {
            let target = resolve::describe(target);
            Err(GatherError::Unresolved(Arc::new(match wait {
                Wait::TimeUp => ResolveError::Deadline { target },
                Wait::Done => ResolveError::CutOff { target },
            })))
        }
    }
}

pub(crate) async fn rule(engine: &Engine, request: &Request, policy: &LoadedPolicy) -> Ruled {
    let started = Instant::now();
    let deadline = request.deadline.unwrap_or_else(|| engine.settings().deadline());
    let now = request.now.unwrap_or_else(|| engine.inner.clock.now());
    let until = after(started, deadline.saturating_sub(reserve(deadline)));
    let gathered = match gather_until(engine, request, now, deadline, until).await {
        Ok(gathered) => gathered,
        Err(error) => {
            let no_ruling = match error {
                GatherError::Unresolved(error) => NoRuling::Unresolved(error),
                GatherError::Facts(source) => NoRuling::Facts(source),
            };
            let elapsed = Elapsed { total: millis(started.elapsed()), ..Elapsed::default() };
            let name = request.reference();
            let decision = finish(name, policy, None, now, elapsed, Err(no_ruling));
            return Ruled { decision, gathered: None };
        }
    };
    rule_over(engine, gathered, policy, now, Span { started, end: started + deadline }).await
}

/// When a request came, and when its answer is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) started: Instant,
    pub(super) end: Instant,
}

/// Has the policy rule over facts.
pub(super) async fn rule_over(
    engine: &Engine,
    gathered: Gathered,
    policy: &LoadedPolicy,
    now: Timestamp,
    span: Span,
) -> Ruled {
    let evaluating = Instant::now();
    let kept = gathered.established.rulings.find(policy, &gathered.request);
    let ruling = match kept {
        Some(kept) => Ok(Ruling::clone(&kept)),
        None => ruling(engine, policy, &gathered, now, span.end)
            .await
            .inspect(|made| gathered.established.rulings.keep(policy, &gathered.request, made)),
    };
    let elapsed = Elapsed {
        policy: millis(evaluating.elapsed()),
        total: millis(span.started.elapsed()),
        ..gathered.established.elapsed
    };
    let name = gathered.request.reference.clone();
    let decision = finish(name, policy, Some(&gathered), now, elapsed, ruling);
    Ruled { decision, gathered: Some(gathered) }
}

async fn ruling(
    engine: &Engine,
    policy: &LoadedPolicy,
    gathered: &Gathered,
    now: Timestamp,
    end: Instant,
) -> Result<Ruling, NoRuling> {
    // A deadline that is all but over still gives the policy a moment: most need less.
    let until = (end - ANSWER).max(Instant::now() + ANSWER);
    let input = gathered.input_as(policy.view())?;
    if let Some(answer) = at_once(policy, &input, gathered.established.weight, now, until) {
        return answer.map_err(NoRuling::Policy);
    }
    let budget = EvalBudget::new(until.saturating_duration_since(Instant::now()), now);
    let judge = policy.clone();
    let evaluation = move || {
        let started = Instant::now();
        let answer = judge.policy.decide(&input, &budget);
        judge.pace.note(started.elapsed());
        answer
    };
    match evaluate(&engine.inner.evaluations, until, evaluation).await {
        Evaluated::Answer(Ok(ruling)) => Ok(ruling),
        Evaluated::Answer(Err(error)) => Err(NoRuling::Policy(error)),
        Evaluated::TimeUp => Err(NoRuling::PolicyTimeUp),
        Evaluated::Failed => Err(NoRuling::PolicyFailed),
    }
}

/// Evaluates here and now a policy that was quick the last time: handing it to another thread and
/// back would cost more than the evaluation. `None` where it was not, or turns out not to be.
fn at_once(
    policy: &LoadedPolicy,
    input: &Value,
    weight: u32,
    now: Timestamp,
    until: Instant,
) -> Option<Result<Ruling, PolicyError>> {
    let left = until.saturating_duration_since(Instant::now());
    // What was quick over a few facts need not be over many.
    if !policy.pace.is_quick() || weight > AT_ONCE_WEIGHT {
        return None;
    }
    let started = Instant::now();
    let answer = policy.policy.decide(input, &EvalBudget::new(left.min(AT_ONCE), now));
    policy.pace.note(started.elapsed());
    match answer {
        Err(PolicyError::Eval(error)) if error.code == RegoCode::EvalCancel => None,
        answer => Some(answer),
    }
}

fn finish(
    reference: String,
    policy: &LoadedPolicy,
    gathered: Option<&Gathered>,
    now: Timestamp,
    elapsed: Elapsed,
    ruling: Result<Ruling, NoRuling>,
) -> Decision {
    let frame = Frame {
        decision_id: uuid::Uuid::new_v4().to_string(),
        reference,
        policy,
        established: gathered.map(|g| &*g.established),
        evaluated_at: now,
        elapsed,
    };
    decide::decision(frame, ruling)
}
