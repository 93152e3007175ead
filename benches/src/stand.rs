//! A server over an engine over a registry, all on loopback, and an empty handler beside it.

use axum::Router;
use axum::routing::post;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Limits, Mode, Trust};
use referee_engine::{Engine, LoadedPolicy, PolicySource, Settings};
use referee_server::{Local, Server, ServerConfig};
use referee_store::clock::SystemClock;
use referee_store::{
    CacheConfig, Cached, Environment, RegistryConfig, RegistryStore, Router as StoreRouter,
};
use referee_testkit::{Options, Registry};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// How the engine and its client of registries are set.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// The engine's settings.
    pub settings: Settings,
    /// The registry client's settings; the host is added to those spoken to without TLS.
    pub registry: RegistryConfig,
    /// The cache of content.
    pub cache: CacheConfig,
}

impl Tuning {
    /// Facts are fresh for an hour: what is measured is the warm path.
    #[must_use]
    pub fn warm() -> Self {
        let mut settings = Settings::default();
        settings.freshness_ms = 3_600_000;
        Self { settings, registry: RegistryConfig::default(), cache: CacheConfig::default() }
    }

    /// Nothing is kept: each ruling starts from nothing.
    #[must_use]
    pub fn cold() -> Self {
        let mut settings = Settings::default();
        settings.freshness_ms = 0;
        let mut cache = CacheConfig::default();
        (cache.content_bytes, cache.recent_ms) = (0, 0);
        Self { settings, registry: RegistryConfig::default(), cache }
    }

    /// Short patience with the registry and a short memory, so that faults are met often.
    #[must_use]
    pub fn soak() -> Self {
        let mut settings = Settings::default();
        (settings.freshness_ms, settings.background_ms) = (100, 5_000);
        let mut registry = RegistryConfig::default();
        (registry.read_timeout_ms, registry.total_timeout_ms) = (1_000, 3_000);
        (registry.backoff_ms, registry.max_concurrent_per_host) = (20, 256);
        let mut cache = CacheConfig::default();
        cache.recent_ms = 100;
        Self { settings, registry, cache }
    }
}

/// Everything that runs.
pub struct Stand {
    /// Where the server listens.
    pub address: SocketAddr,
    /// Where the empty handler listens.
    pub empty: SocketAddr,
    /// The engine.
    pub engine: Engine,
    /// The policy `signed`.
    pub policy: LoadedPolicy,
    /// The registry.
    pub registry: Registry,
}

impl Stand {
    /// Starts it all, with these layouts in the registry.
    pub async fn start(options: Options, layouts: &[&str], tuning: Tuning) -> Self {
        let registry = Registry::start(options).await;
        for layout in layouts {
            registry.mount(&format!("team/{layout}"), &referee_testkit::layouts().join(layout));
        }
        let mut config = tuning.registry;
        config.plain_http.push(registry.host());
        config.anonymous = true;
        let client = RegistryStore::new(&config, &Limits::DEFAULT, &Environment::empty())
            .expect("a registry client");
        let router = StoreRouter::new().with_registry(Arc::new(client));
        let store = Arc::new(Cached::new(router, &tuning.cache));
        let engine = Engine::builder(store, Arc::new(SystemClock))
            .trust(trust(&registry.host()))
            .settings(tuning.settings)
            .build()
            .expect("an engine");
        let policy = policy("signed", &[]);
        let named =
            BTreeMap::from([(ASKED_EACH_TIME.to_owned(), self::policy("signed", &[CLOCK_RULE]))]);
        let mut config = ServerConfig::default();
        config.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
        let server =
            Server::new(config, engine.clone(), Some(policy.clone()), named).expect("a server");
        let listeners = server.bind().await.expect("a free port");
        let address = listeners.addresses().find_map(Local::socket_address).expect("a port");
        tokio::spawn(server.serve(listeners, std::future::pending()));
        let empty = serve(Router::new().route("/v1/verify", post(async || "{}"))).await;
        Self { address, empty, engine, policy, registry }
    }

    /// A reference to a layout, as one of many repositories that hold it.
    #[must_use]
    pub fn reference(&self, layout: &str, number: u64) -> String {
        format!("{}/team/{layout}/r{number}:1.4", self.registry.host())
    }
}

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        axum::serve(listener, router).await.expect("the server serves");
    });
    address
}

/// The example trust document, for this registry.
fn trust(host: &str) -> Trust {
    let path = referee_testkit::trust();
    let text = std::fs::read_to_string(&path).expect("the example trust document");
    let text = text.replace("registry.example/team", &format!("{host}/team"));
    let document = TrustDocument::read("trust.yaml", &text).expect("a trust document");
    let folder = path.parent().expect("a folder");
    let files = document
        .files()
        .map(|file| (file.to_owned(), std::fs::read_to_string(folder.join(file)).expect("a key")))
        .collect();
    Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files }]).expect("a trust")
}

/// The name of the pack `signed` with a rule that reads the time, so that no ruling is kept.
pub const ASKED_EACH_TIME: &str = "asked-each-time";

const CLOCK_RULE: (&str, &str) =
    ("clock.rego", "package referee.packs.signed\n\nwarn contains \"late\" if time.now_ns() < 0\n");

/// One of the packs, with its defaults and further modules.
fn policy(name: &str, further: &[(&str, &str)]) -> LoadedPolicy {
    let pack = referee_policies::Pack::find(name).expect("a pack");
    let owned = |modules: &[referee_policies::Module]| -> Vec<(String, String)> {
        modules.iter().map(|m| (m.name.to_owned(), m.text.to_owned())).collect()
    };
    let mut modules = owned(pack.modules);
    modules.extend(further.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    LoadedPolicy::compile(&PolicySource {
        modules,
        data: referee_rego::Value::from_json_str(pack.default_data).expect("JSON"),
        package: Some(pack.package.to_owned()),
        revision: None,
        mode: Mode::Enforce,
        rego_v0: false,
        own_rego_v0: None,
        view: referee_engine::InputView::Facts,
        engine: referee_rego::EngineChoice::Native,
        library: owned(referee_policies::library()),
    })
    .expect("a policy")
}
