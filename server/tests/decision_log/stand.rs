//! A server with policies, and with decision log and status as a configuration asks for them.

use referee_core::decision::Mode;
use referee_engine::{Engine, LoadedPolicy, PolicySource};
use referee_server::opa_config::{OpaConfig, OpaConfigText};
use referee_server::plugins::Services;
use referee_server::reporting::Reporting;
use referee_server::{Local, Server, ServerConfig};
use referee_store::{Clock, MemoryStore, SystemClock};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

/// What a policy of a server has to have.
const RULING: (&str, &str) = ("ruling.rego", "package ruling\n\ndeny contains \"never\"\n");

/// What the console got.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Vec<u8>>>);

impl io::Write for Console {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Console {
    pub(crate) fn lines(&self) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A server at work.
pub(crate) struct Stand {
    pub(crate) address: SocketAddr,
    pub(crate) reporting: Reporting,
    pub(crate) console: Console,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

impl Stand {
    /// `config` is OPA's.
    pub(crate) async fn start(modules: &[(&str, &str)], config: &str) -> Self {
        Self::with(modules, config, |_| {}).await
    }

    /// With other settings of the server.
    pub(crate) async fn with(
        modules: &[(&str, &str)],
        config: &str,
        change: impl FnOnce(&mut ServerConfig),
    ) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = Engine::builder(Arc::new(MemoryStore::new()), Arc::clone(&clock));
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let policy = LoadedPolicy::compile(&PolicySource {
            modules: modules.iter().chain(&[RULING]).map(owned).collect(),
            data: referee_rego::Value::object([]),
            package: Some("ruling".into()),
            revision: None,
            mode: Mode::Enforce,
            rego_v0: false,
            own_rego_v0: None,
            view: referee_engine::InputView::Facts,
            engine: referee_rego::EngineChoice::Native,
            library: Vec::new(),
        })
        .unwrap();
        let mut settings = ServerConfig::default();
        settings.listen = vec![SocketAddr::from(([127, 0, 0, 1], 0)).into()];
        change(&mut settings);
        let server =
            Server::new(settings, engine.build().unwrap(), Some(policy), BTreeMap::new()).unwrap();
        let text = OpaConfigText { file: Some(("c.yaml", config)), assignments: &[], id: "the-id" };
        let config = OpaConfig::read(text, |_| None).unwrap();
        let console = Console::default();
        let lines = console.clone();
        let services = Services::of(&config).unwrap();
        let (server, reporting) =
            Reporting::start(&config, &services, server, &clock, &|| Box::new(lines.clone()))
                .unwrap();
        let listeners = server.bind().await.unwrap();
        let address = listeners.addresses().find_map(Local::socket_address).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(server.serve(listeners, async {
            let _dropped = stopped.await;
        }));
        let client = reqwest::Client::builder().build().unwrap();
        Self { address, reporting, console, client, _stop: stop }
    }

    /// Asks for a document.
    pub(crate) async fn ask(&self, path: &str, input: Value) -> Value {
        self.post(&format!("/v1/data/{path}"), &json!({ "input": input }).to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Value {
        let url = format!("http://{}{path}", self.address);
        let sent = self.client.post(url).body(body.to_owned()).send().await.unwrap();
        sent.json().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.address);
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) fn count(&self, name: &str) -> u64 {
        let log = self.reporting.decision_log.as_ref().unwrap();
        log.counts().get(name).copied().unwrap_or(0)
    }

    pub(crate) async fn end(&self, grace: Duration) -> usize {
        self.reporting.decision_log.as_ref().unwrap().end(grace).await
    }
}
