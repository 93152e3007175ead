//! What every request has at hand, and the server as a value.

use crate::allow::Registries;
use crate::config::{ConfigError, ServerConfig, permits};
use crate::error::ApiError;
use crate::metrics::{Metrics, PolicyMeters};
use crate::route;
use referee_engine::{Engine, LoadedPolicy};
use referee_rego::{CompileOptions, Program, RegoEngine, RegoErrors};
use referee_store::CacheStats;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

/// What the default policy is called in requests, logs and metrics.
pub(crate) const DEFAULT_POLICY: &str = "default";

/// A policy with its name and its meters.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) name: String,
    pub(crate) policy: LoadedPolicy,
    pub(crate) meters: PolicyMeters,
}

/// What every request has at hand.
#[derive(Debug)]
pub(crate) struct App {
    engine: RwLock<Engine>,
    pub(crate) config: ServerConfig,
    pub(crate) registries: Registries,
    pub(crate) metrics: Metrics,
    default: Served,
    named: BTreeMap<String, Served>,
    strict: OnceCell<Program>,
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

    /// The policy of that name, the default one without.
    pub(crate) fn policy(&self, name: Option<&str>) -> Result<&Served, ApiError> {
        match name {
            None | Some(DEFAULT_POLICY) => Ok(&self.default),
            Some(name) => self.named.get(name).ok_or_else(|| ApiError::UnknownPolicy {
                name: name.chars().take(100).collect(),
                known: std::iter::once(DEFAULT_POLICY.to_owned())
                    .chain(self.named.keys().cloned())
                    .collect(),
            }),
        }
    }

    /// The program behind the data API.
    pub(crate) fn program(&self) -> &Program {
        self.default.policy.program()
    }

    /// The same, where a builtin that fails ends the evaluation. Compiled when it is first asked
    /// for: hardly anybody does.
    pub(crate) async fn strict_program(&self) -> Result<&Program, ApiError> {
        let compile = || async {
            let program = self.program().clone();
            let compiled = tokio::task::spawn_blocking(move || strict(&program)).await;
            match compiled {
                Ok(compiled) => compiled.map_err(ApiError::Strict),
                Err(error) => Err(ApiError::Unwritable(Box::new(error))),
            }
        };
        self.strict.get_or_try_init(compile).await
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

fn strict(program: &Program) -> Result<Program, RegoErrors> {
    let compile = |rego_v0| {
        let options =
            CompileOptions::DEFAULT.with_strict_builtin_errors(true).with_rego_v0(rego_v0);
        RegoEngine::compile(program.modules(), program.data().clone(), options)
    };
    // A program does not tell which Rego it is written in; what is v0 does not compile as v1.
    compile(false).or_else(|error| compile(true).map_err(|_| error))
}

/// An engine and its policies over HTTP.
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) app: Arc<App>,
}

impl Server {
    /// A server with a default policy and others that requests can name.
    ///
    /// # Errors
    /// [`ConfigError`] where a setting cannot be used or a policy is named `default`.
    pub fn new(
        config: ServerConfig,
        engine: Engine,
        default: LoadedPolicy,
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
        let default = serve(DEFAULT_POLICY.to_owned(), default);
        let named =
            named.into_iter().map(|(name, policy)| (name.clone(), serve(name, policy))).collect();
        let app = App {
            engine: RwLock::new(engine),
            config,
            registries,
            metrics,
            default,
            named,
            strict: OnceCell::new(),
            room,
            stopping: AtomicBool::new(false),
        };
        Ok(Self { app: Arc::new(app) })
    }

    /// The same server, with the counters of its store's cache in `/metrics`.
    #[must_use]
    pub fn with_cache_stats(self, source: impl Fn() -> CacheStats + Send + Sync + 'static) -> Self {
        self.app.metrics.read_cache(source);
        self
    }

    /// Has requests from now on answered by another engine: one with renewed trust.
    pub fn replace_engine(&self, engine: Engine) {
        *self.app.engine.write().unwrap_or_else(PoisonError::into_inner) = engine;
    }

    /// All that the server answers, to be embedded in something else. Without
    /// [`Server::serve`] nobody bounds connections, slow heads and the time to shut down.
    pub fn router(&self) -> axum::Router {
        route::all(Arc::clone(&self.app))
    }
}
