//! The engine: one question in, one answer out, inside its deadline.

use crate::decide::NoRuling;
use crate::documents::Values;
use crate::established::Established;
use crate::file::FileRequest;
use crate::gatherings::Gatherings;
use crate::policy::LoadedPolicy;
use crate::request::Request;
use crate::resolve::ResolveError;
use crate::settings::Settings;
use crate::view::InputView;
use referee_core::{Decision, Digest, Facts, Limits, Trust, Verifier};
use referee_document::Library;
use referee_rego::Value;
use referee_store::Store;
use referee_store::clock::Clock;
use referee_verify::cosign::CosignVerifier;
use referee_verify::{InTotoVerifier, UnusableTrust};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Decides whether artifacts may be used. Cheap to clone; clones share caches and work.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: Settings,
    pub(crate) gatherings: Gatherings,
    pub(crate) evaluations: Arc<Semaphore>,
    pub(crate) limits: Limits,
    pub(crate) cosign: CosignVerifier,
    pub(crate) values: Values,
    pub(crate) trust_revision: Digest,
}

/// What an [`Engine`] is made of.
#[derive(Clone, Debug)]
pub struct EngineBuilder {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    trust: Trust,
    limits: Limits,
    settings: Settings,
    verifiers: Vec<Arc<dyn Verifier>>,
}

impl EngineBuilder {
    /// Whom to trust. Without it nobody is.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// The limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The settings.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// A verifier besides the built-in ones.
    #[must_use]
    pub fn verifier(mut self, verifier: Arc<dyn Verifier>) -> Self {
        self.verifiers.push(verifier);
        self
    }

    /// Makes the engine.
    ///
    /// # Errors
    /// [`UnusableTrust`] where a key of the trust document cannot be read.
    pub fn build(self) -> Result<Engine, UnusableTrust> {
        let library = Arc::new(Library::new((&self.limits).into()));
        let cosign = CosignVerifier::new(&self.trust)?.with_library(&library);
        let mut verifiers: Vec<Arc<dyn Verifier>> =
            vec![Arc::new(cosign.clone()), Arc::new(InTotoVerifier::with_library(&library))];
        verifiers.extend(self.verifiers);
        let evaluations = Arc::new(Semaphore::new(self.settings.max_evaluations()));
        let values = Values::new(self.settings.facts_cache_bytes / 2);
        let context = crate::drive::Context {
            store: self.store,
            verifiers,
            limits: self.limits.clone(),
            settings: self.settings.clone(),
            values: values.clone(),
            computations: Arc::new(Semaphore::new(spare_cores())),
        };
        Ok(Engine {
            inner: Arc::new(Inner {
                clock: self.clock,
                gatherings: Gatherings::new(context),
                settings: self.settings,
                limits: self.limits,
                cosign,
                values,
                evaluations,
                trust_revision: self.trust.revision().clone(),
            }),
        })
    }
}

/// All cores but one: the one is for answering.
fn spare_cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

/// What was gathered for one request.
#[derive(Debug)]
pub struct Gathered {
    pub(crate) established: Arc<Established>,
    pub(crate) request: referee_core::facts::RequestFact,
}

impl Gathered {
    /// The facts document.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.established.facts(self.request.clone())
    }

    /// The facts document in the evaluator's form. All but the request is shared with every
    /// other request about the same facts.
    ///
    /// # Errors
    /// [`GatherError::Facts`] where the request's parameters are nested too deep.
    pub fn input(&self) -> Result<Value, GatherError> {
        self.established.input(&self.request).map_err(|error| GatherError::Facts(Arc::new(error)))
    }

    /// The input of a policy that takes this view.
    pub(crate) fn input_as(&self, view: InputView) -> Result<Value, NoRuling> {
        match view {
            InputView::Facts => match self.input() {
                Ok(input) => Ok(input),
                Err(GatherError::Facts(source)) => Err(NoRuling::Facts(source)),
                Err(GatherError::Unresolved(error)) => Err(NoRuling::Unresolved(error)),
            },
            InputView::Ratify => {
                let document = view.document(&self.facts()).map_err(|error| NoRuling::View {
                    error,
                    retryable: self.established.retryable,
                })?;
                Value::from_json(document).map_err(|error| NoRuling::Facts(Arc::new(error)))
            }
        }
    }

    /// The digest of the facts.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.established.digest
    }
}

/// A decision, and the facts it was made of where there are any.
#[derive(Debug)]
pub struct Ruled {
    /// The decision.
    pub decision: Decision,
    /// The facts; `None` where the reference could not be resolved.
    pub gathered: Option<Gathered>,
}

/// Why nothing could be gathered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// The reference has no subject.
    #[error(transparent)]
    Unresolved(#[from] Arc<ResolveError>),
    /// The facts could not be written; see the source.
    #[error("the facts could not be handed over")]
    Facts(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl referee_core::Coded for GatherError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unresolved(error) => error.code(),
            Self::Facts(_) => "internal_error",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unresolved(error) => error.hint(),
            Self::Facts(_) => None,
        }
    }
}

impl GatherError {
    /// Whether asking again later may help without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unresolved(error) => error.retryable(),
            Self::Facts(_) => false,
        }
    }
}

impl Engine {
    /// An engine over a store, with a clock, that trusts nobody yet.
    #[must_use]
    pub fn builder(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> EngineBuilder {
        EngineBuilder {
            store,
            clock,
            trust: Trust::nobody(),
            limits: Limits::DEFAULT,
            settings: Settings::default(),
            verifiers: Vec::new(),
        }
    }

    /// The revision of the trust document in force.
    #[must_use]
    pub fn trust_revision(&self) -> &Digest {
        &self.inner.trust_revision
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Gathers the facts about an artifact, inside the deadline.
    ///
    /// What could not be had in time stands in the facts as unavailable; the work on it goes on
    /// and serves the next request.
    ///
    /// # Errors
    /// [`GatherError`] where the reference could not be resolved.
    pub fn gather(
        &self,
        request: &Request,
    ) -> impl Future<Output = Result<Gathered, GatherError>> + Send {
        crate::drive::gather(self, request)
    }

    /// Rules over an artifact, inside the deadline.
    ///
    /// There is always a decision: where nothing could be resolved or the policy failed its
    /// verdict is `error` and its reasons say why.
    pub fn rule(
        &self,
        request: &Request,
        policy: &LoadedPolicy,
    ) -> impl Future<Output = Ruled> + Send {
        crate::drive::rule(self, request, policy)
    }

    /// What time it is by this engine's clock.
    #[must_use]
    pub fn now(&self) -> referee_core::Timestamp {
        self.inner.clock.now()
    }

    /// Examines the bundles of a file.
    ///
    /// # Errors
    /// [`GatherError::Facts`] where the facts cannot be written.
    pub fn gather_file(
        &self,
        request: &FileRequest,
    ) -> impl Future<Output = Result<Gathered, GatherError>> + Send {
        crate::drive::gather_file(self, request)
    }

    /// Examines the bundles of a file and rules over it.
    ///
    /// # Errors
    /// [`GatherError::Facts`] where the facts cannot be written.
    pub fn rule_file(
        &self,
        request: &FileRequest,
        policy: &LoadedPolicy,
    ) -> impl Future<Output = Result<Ruled, GatherError>> + Send {
        crate::drive::rule_file(self, request, policy)
    }
}
