//! The policies and data that requests are answered with, as one value that changes whole.
//!
//! A [`Revision`] never changes: policies, base data, the program they make, and which bundle owns
//! what. [`State`] holds the one in force. A request takes it once and keeps it to its end, without
//! a lock. Whoever changes something makes the next revision out of the one in force
//! ([`State::change`]), one after another; a change that fails leaves everything as it was.
//!
//! What it refuses: a policy that does not parse, policies that do not compile together, data where
//! a rule stands, writes to what a bundle owns, and bundles whose roots overlap. What OPA's API
//! tells of these is [`WriteError`].

mod begin;
mod bundles;
mod documents;
mod error;
mod policies;
mod revision;
mod transaction;

pub use begin::{Beginning, FirstPolicy};
pub use bundles::{ActiveBundle, BundleContent, BundleModule};
pub use error::{ScopeError, WriteError};
pub use policies::PolicyFile;
pub use revision::Revision;
pub use transaction::Transaction;

use arc_swap::ArcSwap;
use referee_engine::LoadedPolicy;
use referee_rego::{CompileOptions, Program, RegoEngine, RegoErrors, Value};
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// The revision in force, and the way to the next.
#[derive(Debug)]
pub struct State {
    current: ArcSwap<Revision>,
    /// Held while a next revision is made.
    writing: Arc<Mutex<()>>,
    /// Tells the number of each revision that comes into force.
    numbers: watch::Sender<u64>,
}

/// What becomes of a change.
#[derive(Debug)]
pub enum Change<E> {
    /// It is in force.
    Done(Arc<Revision>),
    /// There was nothing to change.
    Nothing,
    /// It was refused, and nothing has changed.
    Refused(E),
}

impl State {
    /// A state whose first revision is a policy's modules and data; without one it is empty, as
    /// that of `opa run --server` without files. `runtime` is what `opa.runtime` answers.
    ///
    /// # Errors
    /// Where a module of the policy does not parse a second time, which it does.
    pub fn new(first: Option<&LoadedPolicy>, runtime: Value) -> Result<Self, RegoErrors> {
        let program = match first {
            Some(policy) => policy.program().clone(),
            None => {
                let nothing = Value::object([]);
                let options = CompileOptions::DEFAULT.with_annotated_schemas(false);
                let nothing = RegoEngine::compile(&[], nothing, options)?;
                with_version(nothing, &runtime)
            }
        };
        let revision = Revision::first(program, first.cloned(), runtime)?;
        let (numbers, _) = watch::channel(revision.number());
        Ok(Self { current: ArcSwap::from_pointee(revision), writing: Arc::default(), numbers })
    }

    /// Begins anew, without a policy that rules. To be called before there are requests.
    ///
    /// # Errors
    /// Where policies do not parse or do not compile together, or roots of bundles overlap.
    pub(crate) fn begin_with(&self, beginning: Beginning) -> Result<(), WriteError> {
        let runtime = self.current().runtime().clone();
        self.current.store(Arc::new(beginning.revision(runtime)?));
        Ok(())
    }

    /// The revision in force; who has it keeps it.
    #[must_use]
    pub fn current(&self) -> Arc<Revision> {
        self.current.load_full()
    }

    /// Told of each revision that comes into force, by its number.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.numbers.subscribe()
    }

    /// Makes the next revision, after all changes that were asked for before. `change` runs on a
    /// thread of its own; whether it answers `Ok(true)` says whether there is anything to bring into
    /// force.
    ///
    /// # Errors
    /// What `change` refuses with, or what making the program of it all is refused with. Then
    /// nothing has changed.
    pub async fn change<E: From<WriteError> + Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Transaction) -> Result<bool, E> + Send + 'static,
    ) -> Change<E> {
        let held = Arc::clone(&self.writing).lock_owned().await;
        let state = Arc::clone(self);
        // Once begun it comes to its end, whether or not who asked for it still waits.
        let made = tokio::task::spawn_blocking(move || {
            let made = state.apply(change);
            drop(held);
            made
        });
        match made.await {
            Ok(made) => made,
            Err(error) => {
                tracing::error!(%error, "a change of policies or data broke off");
                Change::Refused(WriteError::Failed.into())
            }
        }
    }

    /// As [`Self::change`], where the caller may wait; not to be called from a thread that serves.
    /// For what happens before there are requests.
    pub fn change_now<E: From<WriteError>>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<bool, E>,
    ) -> Change<E> {
        let _held = self.writing.blocking_lock();
        self.apply(change)
    }

    fn apply<E: From<WriteError>>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<bool, E>,
    ) -> Change<E> {
        let mut transaction = Transaction::over(self.current());
        match change(&mut transaction) {
            Err(error) => return Change::Refused(error),
            Ok(false) => return Change::Nothing,
            Ok(true) => {}
        }
        match transaction.into_revision() {
            Err(error) => Change::Refused(error.into()),
            Ok(revision) => {
                let revision = Arc::new(revision);
                self.current.store(Arc::clone(&revision));
                self.numbers.send_replace(revision.number());
                Change::Done(revision)
            }
        }
    }
}

/// The same program, with `data.system.version` as OPA's server has it: which version runs, and
/// nothing of how it was built, where the runtime says so. What stands there already stays.
fn with_version(program: Program, runtime: &Value) -> Program {
    let path = ["system".to_owned(), "version".to_owned()];
    let of = |name: &str| runtime.at_path(&[name.to_owned()]).ok();
    let Some(version) = of("version").filter(|_| program.data().at_path(&path).is_err()) else {
        return program;
    };
    let nothing = || Value::from("");
    let version = Value::object([
        ("version", version),
        ("build_commit", of("commit").unwrap_or_else(nothing)),
        ("build_timestamp", nothing()),
        ("build_hostname", nothing()),
    ]);
    // Where a rule or a scalar is in the way, that counts.
    let data = bundles::put(program.data(), &path, version).ok();
    data.and_then(|data| program.with_data(data, true).ok()).unwrap_or(program)
}

#[cfg(test)]
mod tests;
