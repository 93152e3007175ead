//! What every request has at hand, and the server as a value.

use crate::allow::Registries;
use crate::config::{Authorization, ConfigError, ServerConfig, Writes, permits};
use crate::decision_sink::DecisionSink;
use crate::error::ApiError;
use crate::listen::Address;
use crate::metrics::{Metrics, PolicyMeters};
use crate::opa_config::Bounds;
use crate::plugin_state::Plugins;
use crate::route::Routes;
use crate::state::{Beginning, State, WriteError};
use axum::extract::Request;
use referee_engine::{Engine, LoadedPolicy};
use referee_rego::{Calls, Value};
use referee_store::CacheStats;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What the default policy is called in requests, logs and metrics.
pub(crate) const DEFAULT_POLICY: &str = "default";

/// A policy with its name and its meters.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) policy: LoadedPolicy,
    pub(crate) meters: PolicyMeters,
}

/// Where the status comes from.
pub(crate) struct StatusSource(Box<dyn Fn() -> serde_json::Value + Send + Sync>);

impl StatusSource {
    pub(crate) fn now(&self) -> serde_json::Value {
        (self.0)()
    }
}

impl fmt::Debug for StatusSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatusSource")
    }
}

/// What every request has at hand.
#[derive(Debug)]
pub(crate) struct App {
    engine: RwLock<Engine>,
    pub(crate) config: ServerConfig,
    pub(crate) registries: Registries,
    pub(crate) metrics: Metrics,
    pub(crate) state: Arc<State>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) sink: OnceLock<Arc<dyn DecisionSink>>,
    pub(crate) status: OnceLock<StatusSource>,
    /// The configuration in OPA's form, where one was given.
    given_config: OnceLock<Value>,
    /// What OPA's default configuration calls this server.
    id: String,
    /// How many requests the decision log was told of.
    requests: AtomicU64,
    default: PolicyMeters,
    named: BTreeMap<String, Served>,
    room: Arc<Semaphore>,
    stopping: AtomicBool,
}

impl App {
    /// The engine in force; a request that has it keeps it.
    pub(crate) fn engine(&self) -> Engine {
        self.engine.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Room for so much work, or [`ApiError::Overloaded`] at once.
    pub(crate) fn admit(&self, count: usize) -> Result<SemaphorePermit<'_>, ApiError> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.room.try_acquire_many(count).map_err(|_| {
            self.metrics.shed.inc();
            ApiError::Overloaded
        })
    }

    /// The policy of that name, the default one without: what that is follows from what is in force.
    pub(crate) async fn policy(&self, name: Option<&str>) -> Result<Served, ApiError> {
        match name {
            None | Some(DEFAULT_POLICY) => self.default_policy().await,
            Some(name) => self.named.get(name).cloned().ok_or_else(|| ApiError::UnknownPolicy {
                name: name.chars().take(100).collect(),
                known: std::iter::once(DEFAULT_POLICY.to_owned())
                    .chain(self.named.keys().cloned())
                    .collect(),
            }),
        }
    }

    async fn default_policy(&self) -> Result<Served, ApiError> {
        let revision = self.state.current();
        if !revision.rules() {
            return Err(ApiError::NoPolicy);
        }
        if revision.ruling_at_hand().is_none() {
            // Its digest is over all data, which may take a while.
            let revision = Arc::clone(&revision);
            let made = tokio::task::spawn_blocking(move || revision.ruling().is_some());
            made.await.map_err(|error| ApiError::Unwritable(Box::new(error)))?;
        }
        match revision.ruling() {
            None => Err(ApiError::NoPolicy),
            Some(Err(error)) => Err(ApiError::PolicyGone(error.clone())),
            Some(Ok(policy)) => Ok(Served {
                name: DEFAULT_POLICY.to_owned(),
                policy: policy.clone(),
                meters: self.default.clone(),
            }),
        }
    }

    /// Refuses a change of policies or data where this server takes none.
    pub(crate) fn check_writes(&self) -> Result<(), ApiError> {
        match self.config.writes {
            Writes::Allow => Ok(()),
            Writes::Auto if self.config.authorization == Authorization::Basic => Ok(()),
            Writes::Auto if self.config.listen.iter().all(Address::is_local) => Ok(()),
            Writes::Auto => Err(ApiError::WritesRefused { open: true }),
            Writes::Refuse => Err(ApiError::WritesRefused { open: false }),
        }
    }

    /// A place where an evaluation notes its calls, where the decision log wants them.
    pub(crate) fn calls(&self) -> Option<Arc<Calls>> {
        self.sink.get().filter(|sink| sink.wants_calls()).map(|_| Arc::default())
    }

    /// The number of the next request.
    pub(crate) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// The configuration in OPA's form: the one that was given, or what OPA has by itself.
    pub(crate) fn opa_config(&self) -> Value {
        if let Some(given) = self.given_config.get() {
            return given.clone();
        }
        let labels = Value::object([
            ("id", Value::from(self.id.as_str())),
            ("version", Value::from(env!("CARGO_PKG_VERSION"))),
        ]);
        Value::object([
            (
                "default_authorization_decision",
                Value::from(self.config.default_authorization_decision.as_str()),
            ),
            ("default_decision", Value::from(self.config.default_decision.as_str())),
            ("labels", labels),
        ])
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// An engine and its policies over HTTP.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) app: Arc<App>,
}

impl Server {
    /// A server with a default policy, if any, and others that requests can name. The modules and
    /// data of the default policy are what the server's state begins with.
    ///
    /// # Errors
    /// [`ConfigError`] where a setting cannot be used or a policy is named `default`.
    pub fn new(
        config: ServerConfig,
        engine: Engine,
        default: Option<LoadedPolicy>,
        named: BTreeMap<String, LoadedPolicy>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        if named.contains_key(DEFAULT_POLICY) {
            return Err(ConfigError::PolicyName);
        }
        let registries = config.allowed_registries()?;
        let far = config.listen.iter().find(|address| !address.is_local());
        if let Some(listen) = far.filter(|_| registries.are_any()) {
            tracing::warn!(
                %listen,
                "anybody who reaches this server can have it ask any registry: list those that \
                 it may ask under server.registries"
            );
        }
        let capacity = permits(config.max_in_flight);
        let room = Arc::new(Semaphore::new(capacity));
        let metrics = Metrics::new(Arc::clone(&room), capacity);
        let serve = |name: String, policy| {
            let meters = metrics.policy(&name);
            Served { name, policy, meters }
        };
        let state = State::new(default.as_ref(), runtime())?;
        let default = metrics.policy(DEFAULT_POLICY);
        let named =
            named.into_iter().map(|(name, policy)| (name.clone(), serve(name, policy))).collect();
        let app = App {
            engine: RwLock::new(engine),
            config,
            registries,
            metrics,
            state: Arc::new(state),
            plugins: Arc::new(Plugins::of_a_server()),
            sink: OnceLock::new(),
            status: OnceLock::new(),
            given_config: OnceLock::new(),
            id: uuid::Uuid::new_v4().to_string(),
            requests: AtomicU64::new(0),
            default,
            named,
            room,
            stopping: AtomicBool::new(false),
        };
        Ok(Self { app: Arc::new(app) })
    }

    /// The same server, beginning with these policies, data and bundles, which OPA's API answers
    /// from and may change. None of them rules. For a server without a policy of its own.
    ///
    /// # Errors
    /// Where policies do not parse or do not compile together, or roots of bundles overlap.
    pub fn beginning_with(self, beginning: Beginning) -> Result<Self, WriteError> {
        self.app.state.begin_with(beginning)?;
        Ok(self)
    }

    /// The same server, with the counters of its store's cache in `/metrics`.
    #[must_use]
    pub fn with_cache_stats(self, source: impl Fn() -> CacheStats + Send + Sync + 'static) -> Self {
        self.app.metrics.read_cache(source);
        self
    }

    /// The same server, with the histogram of its requests in `/metrics` over other bounds, in
    /// seconds. The first ones stay; they count where no request came before.
    #[must_use]
    pub fn with_request_buckets(self, bounds: &Bounds) -> Self {
        self.app.metrics.set_request_seconds(bounds.as_slice());
        self
    }

    /// Has requests from now on answered by another engine: one with renewed trust.
    pub fn replace_engine(&self, engine: Engine) {
        *self.app.engine.write().unwrap_or_else(PoisonError::into_inner) = engine;
    }

    /// The policies and data that it answers with.
    #[must_use]
    pub fn state(&self) -> &Arc<State> {
        &self.app.state
    }

    /// How its parts are.
    #[must_use]
    pub fn plugins(&self) -> &Arc<Plugins> {
        &self.app.plugins
    }

    /// The same server, with its decisions told to a sink. The first sink stays.
    #[must_use]
    pub fn with_decision_sink(self, sink: Arc<dyn DecisionSink>) -> Self {
        if self.app.sink.set(sink).is_err() {
            tracing::warn!("the decisions of this server go somewhere already");
        }
        self
    }

    /// The same server, with a configuration in OPA's form to show: without its secrets. The first
    /// one stays.
    #[must_use]
    pub fn with_opa_config(self, config: Value) -> Self {
        if self.app.given_config.set(config).is_err() {
            tracing::warn!("this server shows a configuration already");
        }
        self
    }

    /// The same server, with a status to show: `source` is asked each time, and answers at once. The
    /// first one stays.
    #[must_use]
    pub fn with_status(
        self,
        source: impl Fn() -> serde_json::Value + Send + Sync + 'static,
    ) -> Self {
        if self.app.status.set(StatusSource(Box::new(source))).is_err() {
            tracing::warn!("this server shows a status already");
        }
        self
    }

    /// All that the server answers, to be embedded in something else. Without
    /// [`Server::serve`] nobody bounds connections, slow heads and the time to shut down.
    pub fn router(&self) -> axum::Router {
        let routes = Routes::all(Arc::clone(&self.app));
        axum::Router::new().fallback(move |request: Request| {
            let routes = routes.clone();
            async move { routes.answer(request).await }
        })
    }
}

/// What `opa.runtime` answers: which version runs, and nothing of the machine it runs on.
fn runtime() -> Value {
    Value::object([
        ("version", Value::from(env!("CARGO_PKG_VERSION"))),
        ("commit", Value::from("")),
    ])
}
