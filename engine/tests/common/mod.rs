//! An engine over a test registry.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test support")]
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use referee_core::decision::Mode;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Limits, Timestamp, Trust};
use referee_engine::{Engine, LoadedPolicy, PolicySource, Settings};
use referee_store::clock::SystemClock;
use referee_store::{
    CacheConfig, Cached, Environment, RegistryConfig, RegistryStore, Router, Store,
};
use referee_testkit::{Options, Registry};
use std::sync::Arc;

/// Denies what no trusted signature covers, and says why it cannot know where it cannot.
pub const POLICY: &str = r#"package demo

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
"#;

pub fn policy(text: &str) -> LoadedPolicy {
    LoadedPolicy::compile(&PolicySource {
        modules: vec![("demo.rego".into(), text.into())],
        data: referee_rego::Value::object([]),
        package: None,
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

/// The example trust document, for this registry.
pub fn trust(host: &str) -> Trust {
    trust_until(host, None)
}

/// The same, with keys that are valid until a moment.
pub fn trust_until(host: &str, not_after: Option<Timestamp>) -> Trust {
    let path = referee_testkit::trust();
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("registry.example/team", &format!("{host}/team"));
    let mut document = TrustDocument::read("trust.yaml", &text).unwrap();
    for key in document.keys.iter_mut().filter(|_| not_after.is_some()) {
        (key.not_before, key.not_after) = (None, not_after);
    }
    let folder = path.parent().unwrap();
    let files = document
        .files()
        .map(|file| (file.to_owned(), std::fs::read_to_string(folder.join(file)).unwrap()))
        .collect();
    Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files }]).unwrap()
}

pub struct Stand {
    pub registry: Registry,
    pub engine: Engine,
}

impl Stand {
    /// A registry with these layouts under `team/NAME`, and an engine that trusts as the examples
    /// do.
    pub async fn start(options: Options, layouts: &[&str], settings: Settings) -> Self {
        let registry = Registry::start(options).await;
        for layout in layouts {
            registry.mount(&format!("team/{layout}"), &referee_testkit::layouts().join(layout));
        }
        let engine = engine(store(&registry.host()), trust(&registry.host()), settings);
        Self { registry, engine }
    }

    pub fn reference(&self, layout: &str) -> String {
        format!("{}/team/{layout}:1.4", self.registry.host())
    }
}

pub fn store(host: &str) -> Arc<dyn Store> {
    let mut config = RegistryConfig::default();
    config.plain_http.push(host.to_owned());
    config.anonymous = true;
    config.attempts = 1;
    let client = RegistryStore::new(&config, &Limits::DEFAULT, &Environment::empty()).unwrap();
    let router = Router::new().with_registry(Arc::new(client));
    Arc::new(Cached::new(router, &CacheConfig::default()))
}

pub fn engine(store: Arc<dyn Store>, trust: Trust, settings: Settings) -> Engine {
    Engine::builder(store, Arc::new(SystemClock)).trust(trust).settings(settings).build().unwrap()
}
