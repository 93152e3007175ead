//! A server in front of a registry with the example layouts.

use crate::client::Client;
use async_trait::async_trait;
use bytes::Bytes;
use referee_core::decision::Mode;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Digest, Limits, Selector, Trust};
use referee_engine::{Engine, LoadedPolicy, PolicySource};
use referee_server::{Ended, Listeners, Local, Server, ServerConfig};
use referee_store::{
    CacheConfig, Cached, Environment, Fetched, Listing, Place, RegistryConfig, RegistryStore,
    Router, Store, StoreError, SystemClock,
};
use referee_testkit::{Options, Registry};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Denies what no trusted signature covers, and has things for the data API to ask for.
pub(crate) const POLICY: &str = r#"package demo

trusted contains s.id if {
	some s in input.signatures
	s.trusted
	s.subject == input.subject.digest
}

deny contains {"code": "undetermined", "message": "not everything could be examined"} if {
	count(trusted) == 0
	not input.complete
}

deny contains {"code": "unsigned", "message": "there is no trusted signature"} if {
	count(trusted) == 0
	input.complete
}

deny contains {"code": "unwanted", "message": "the caller does not want it"} if {
	input.request.parameters.unwanted
}

warn contains sprintf("asked for %s", [input.request.namespace]) if input.request.namespace

echo := input

greeting := sprintf("hello, %v", [input.name])

is_null if input == null

sum := count([x | some x in numbers.range(1, 3)])

clash := 1 if input.clash

clash := 2 if input.clash

slow := count([1 | some i in numbers.range(1, 30000); some j in numbers.range(1, 30000); i == j + 30000]) if input.slow

failing := to_number("x")
"#;

pub(crate) fn policy(text: &str) -> LoadedPolicy {
    policy_with(text, &[])
}

/// A policy with other modules beside it: name and text.
pub(crate) fn policy_with(text: &str, others: &[(&str, &str)]) -> LoadedPolicy {
    let others = others.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    LoadedPolicy::compile(&PolicySource {
        modules: std::iter::once(("demo.rego".into(), text.into())).chain(others).collect(),
        data: referee_rego::Value::from_json_str(
            r#"{"base": {"a/b": [10, {"x y": true}], "list": [1, 2]}}"#,
        )
        .unwrap(),
        package: Some("demo".into()),
        revision: Some("r1".into()),
        mode: Mode::Enforce,
        rego_v0: false,
        own_rego_v0: None,
        view: referee_engine::InputView::Facts,
        engine: referee_rego::EngineChoice::Native,
        library: Vec::new(),
    })
    .unwrap()
}

fn trust(host: &str) -> Trust {
    let path = referee_testkit::trust();
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("registry.example/team", &format!("{host}/team"));
    let document = TrustDocument::read("trust.yaml", &text).unwrap();
    let folder = path.parent().unwrap();
    let files = document
        .files()
        .map(|file| (file.to_owned(), std::fs::read_to_string(folder.join(file)).unwrap()))
        .collect();
    Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files }]).unwrap()
}

/// A store that lets questions through only when it is told to.
#[derive(Debug)]
pub(crate) struct Gate {
    store: Arc<dyn Store>,
    pub(crate) manifests: Semaphore,
    pub(crate) blobs: Semaphore,
}

#[async_trait]
impl Store for Gate {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let _pass = self.manifests.acquire().await.unwrap();
        self.store.manifest(place, selector).await
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        let _pass = self.blobs.acquire().await.unwrap();
        self.store.blob(place, digest, size, limit).await
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        self.store.referrers(place, digest).await
    }
}

/// A server that serves until it is told to stop or dropped.
pub(crate) struct Stand {
    pub(crate) registry: Registry,
    pub(crate) engine: Engine,
    pub(crate) server: Server,
    pub(crate) gate: Arc<Gate>,
    pub(crate) address: SocketAddr,
    pub(crate) diagnostic: Option<SocketAddr>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<Ended>,
}

/// The layouts that every registry here has, under `team/NAME`.
const LAYOUTS: [&str; 4] = ["signed-one", "unsigned", "signed-two", "signed-one-bundle"];

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    /// With other settings. The second argument is the registry's `host:port`.
    pub(crate) async fn with(change: impl FnOnce(&mut ServerConfig, &str)) -> Self {
        Self::ruled_by(POLICY, change).await
    }

    /// With another default policy.
    pub(crate) async fn ruled_by(text: &str, change: impl FnOnce(&mut ServerConfig, &str)) -> Self {
        Self::ruled_by_policy(policy(text), change).await
    }

    /// With another default policy, compiled.
    pub(crate) async fn ruled_by_policy(
        policy: LoadedPolicy,
        change: impl FnOnce(&mut ServerConfig, &str),
    ) -> Self {
        Self::build(Some(policy), change, |server| server).await
    }

    async fn build(
        policy: Option<LoadedPolicy>,
        change: impl FnOnce(&mut ServerConfig, &str),
        finish: impl FnOnce(Server) -> Server,
    ) -> Self {
        let registry = Registry::start(Options::default()).await;
        for layout in LAYOUTS {
            registry.mount(&format!("team/{layout}"), &referee_testkit::layouts().join(layout));
        }
        let host = registry.host();
        let cached = Arc::new(store(&host));
        let gate = Arc::new(Gate {
            store: cached.clone(),
            manifests: Semaphore::new(Semaphore::MAX_PERMITS),
            blobs: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let engine = Engine::builder(gate.clone(), Arc::new(SystemClock))
            .trust(trust(&host))
            .build()
            .unwrap();
        let mut config = ServerConfig::default();
        config.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
        change(&mut config, &host);
        let deny_all = self::policy("package demo\n\ndeny contains \"never\"\n");
        let named = BTreeMap::from([("strict".to_owned(), deny_all)]);
        let server = Server::new(config, engine.clone(), policy, named)
            .unwrap()
            .with_cache_stats(move || cached.stats());
        let server = finish(server);
        let listeners: Listeners = server.bind().await.unwrap();
        let address = listeners.addresses().find_map(Local::socket_address).unwrap();
        let diagnostic = listeners.diagnostic_addresses().find_map(Local::socket_address);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.clone().serve(listeners, async {
            let _dropped = stopped.await;
        }));
        Self { registry, engine, server, gate, address, diagnostic, stop: Some(stop), serving }
    }

    pub(crate) fn reference(&self, layout: &str) -> String {
        format!("{}/team/{layout}:1.4", self.registry.host())
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Tells it to stop, without waiting.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn ended(&mut self) -> Ended {
        (&mut self.serving).await.unwrap()
    }
}

/// A server with another default policy, or none, finished by the caller.
pub(crate) async fn serve(
    policy: Option<LoadedPolicy>,
    finish: impl FnOnce(Server) -> Server,
) -> Stand {
    Stand::build(policy, |_, _| {}, finish).await
}

/// Lets nothing through any more.
pub(crate) fn close(gate: &Semaphore) {
    gate.forget_permits(Semaphore::MAX_PERMITS);
}

fn store(host: &str) -> Cached<Router> {
    let mut config = RegistryConfig::default();
    config.plain_http.push(host.to_owned());
    config.anonymous = true;
    config.attempts = 1;
    let client = RegistryStore::new(&config, &Limits::DEFAULT, &Environment::empty()).unwrap();
    Cached::new(Router::new().with_registry(Arc::new(client)), &CacheConfig::default())
}
