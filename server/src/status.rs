//! Status: how bundles, plugins and the decision log are, told to a service and to the console as
//! OPA tells it, and answered to `GET /v1/status`.
//!
//! An update is sent when something changes, after each upload of decisions, and at least every
//! `PERIOD`. One that does not arrive is sent anew, with what is true by then; updates that come
//! while one is being sent are one. Nothing waits for a status to be sent.

mod collect;
mod config;
mod document;
mod families;

use crate::app::{App, Server};
use crate::decision_log::{Collector, DecisionLog, Trigger, UploadError, UploadState};
use crate::plugins::bundle::BundleStatus;
use collect::{Counted, Told};
pub use config::{
    BundleLoadingDuration, Collectors, PrometheusConfig, StatusConfig, StatusSettings,
};
use document::Parts;
use referee_core::Timestamp;
use referee_core::error::chain;
use referee_store::Clock;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// What the console calls the lines.
const CONSOLE_TYPE: &str = "openpolicyagent.org/status";

/// How long at most until the next update, though nothing changes.
const PERIOD: Duration = Duration::from_secs(300);

/// How long after a change: others that come with it are told with it.
const TOGETHER: Duration = Duration::from_millis(50);

/// How long after an update that did not arrive; twice as long each time, to the longest.
const RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// What status reporting needs beside its settings.
pub struct StatusParts {
    /// The service that the settings name.
    pub collector: Option<Arc<dyn Collector>>,
    /// Where lines go if the settings want a console.
    pub console: Box<dyn Write + Send>,
    /// What each update says about this server.
    pub labels: BTreeMap<String, String>,
    /// The decision log, where there is one.
    pub decision_log: Option<Arc<DecisionLog>>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for StatusParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusParts").field("collector", &self.collector).finish_non_exhaustive()
    }
}

/// Status reporting at work.
#[derive(Debug)]
pub struct Status {
    reporter: Arc<Reporter>,
    /// Until it is ended.
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    asked: mpsc::Sender<Asked>,
    task: JoinHandle<()>,
}

type Asked = oneshot::Sender<Result<(), UploadError>>;

struct Reporter {
    settings: StatusSettings,
    app: Arc<App>,
    labels: BTreeMap<String, String>,
    collector: Option<Arc<dyn Collector>>,
    console: Mutex<Box<dyn Write + Send>>,
    decision_log: Option<Arc<DecisionLog>>,
    clock: Arc<dyn Clock>,
    bundles: watch::Sender<BTreeMap<String, BundleStatus>>,
    counted: Arc<Counted>,
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Status {
    /// Starts reporting how a server is. It has to be called within a runtime.
    #[must_use]
    pub fn start(settings: StatusSettings, parts: StatusParts, server: &Server) -> Self {
        let StatusParts { collector, console, labels, decision_log, clock } = parts;
        let plugins = Arc::clone(&server.app.plugins);
        let counted = Arc::new(Counted::new(plugins, settings.buckets.clone()));
        if settings.prometheus {
            server.app.metrics.collect_also(Box::new(Told(Arc::clone(&counted))));
        }
        let reporter = Arc::new(Reporter {
            settings,
            app: Arc::clone(&server.app),
            labels,
            collector,
            console: Mutex::new(console),
            decision_log,
            clock,
            bundles: watch::Sender::default(),
            counted,
        });
        let (asked, asking) = mpsc::channel(1);
        let task = tokio::spawn(Arc::clone(&reporter).run(asking));
        Self { reporter, running: Mutex::new(Some(Running { asked, task })) }
    }

    /// Says how the bundles are, all of them.
    pub fn update_bundles(&self, statuses: BTreeMap<String, BundleStatus>) {
        self.reporter.counted.note(&statuses);
        self.reporter.bundles.send_replace(statuses);
    }

    /// Has `GET /v1/status` answered by it, for as long as it is there.
    pub(crate) fn shown_by(&self, server: Server) -> Server {
        let reporter = Arc::downgrade(&self.reporter);
        server.with_status(move || {
            reporter.upgrade().map(|reporter| reporter.document()).unwrap_or_default()
        })
    }

    /// How everything is: what `GET /v1/status` answers as its `result`.
    #[must_use]
    pub fn document(&self) -> Value {
        self.reporter.document()
    }

    /// Sends an update now, as OPA's manual trigger.
    ///
    /// # Errors
    /// [`UploadError`] where it did not arrive.
    pub async fn trigger(&self) -> Result<(), UploadError> {
        let asked = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.as_ref().map(|running| running.asked.clone())
        };
        let Some(asked) = asked else { return Err(UploadError::Ended) };
        let (done, answer) = oneshot::channel();
        asked.send(done).await.map_err(|_| UploadError::Ended)?;
        answer.await.unwrap_or(Err(UploadError::Ended))
    }

    /// Ends reporting with a last update, within `grace`.
    pub async fn end(&self, grace: Duration) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return };
        drop(running.asked);
        let last = async {
            if running.task.await.is_err() {
                tracing::error!("status reporting had ended before");
            }
            if self.reporter.settings.trigger != Trigger::Manual {
                // What went wrong is logged.
                let _told = self.reporter.send().await;
            }
        };
        if tokio::time::timeout(grace, last).await.is_err() {
            tracing::error!("the last status was not sent in time");
        }
    }
}

impl Reporter {
    async fn run(self: Arc<Self>, mut asking: mpsc::Receiver<Asked>) {
        let manual = self.settings.trigger == Trigger::Manual;
        let mut plugins = self.app.plugins.watch();
        let mut bundles = self.bundles.subscribe();
        let mut log = self.decision_log.as_ref().map_or_else(never, |log| log.watch());
        let (mut wait, mut retry) = (TOGETHER, RETRY);
        loop {
            let asked = tokio::select! {
                asked = asking.recv() => match asked {
                    Some(asked) => Some(asked),
                    None => return,
                },
                () = tokio::time::sleep(wait), if !manual => None,
                // A sender that is gone has nothing more to say.
                Ok(()) = plugins.changed(), if !manual => { wait = wait.min(TOGETHER); continue }
                Ok(()) = bundles.changed(), if !manual => { wait = wait.min(TOGETHER); continue }
                Ok(()) = log.changed(), if !manual => { wait = wait.min(TOGETHER); continue }
            };
            let sent = self.send().await;
            wait = if sent.is_ok() { PERIOD } else { retry };
            retry = if sent.is_ok() { RETRY } else { (retry * 2).min(LONGEST_RETRY) };
            if let Some(asked) = asked {
                // Who asked may have gone.
                let _gone = asked.send(sent);
            }
        }
    }

    fn document(&self) -> Value {
        let log = self.decision_log.as_ref();
        let families = self.app.metrics.text().map(|text| families::of(&text));
        document::of(Parts {
            labels: self.labels.clone(),
            bundles: self.bundles.borrow().clone(),
            plugins: self.app.plugins.all(),
            decision_logs: log
                .map(|log| log.watch().borrow().clone())
                .filter(|state: &UploadState| state.uploads > 0),
            counts: log.map(|log| log.counts()).unwrap_or_default(),
            families: families.unwrap_or_default(),
        })
    }

    async fn send(&self) -> Result<(), UploadError> {
        let document = self.document();
        if self.settings.console {
            self.write(&document);
        }
        let Some(collector) = &self.collector else { return Ok(()) };
        let sent = collector.post(&self.settings.path, document.to_string().into(), false).await;
        if let Err(error) = &sent {
            tracing::error!(error = chain(error), "the status could not be sent");
        }
        sent
    }

    fn write(&self, document: &Value) {
        let line = line(document, self.clock.now());
        let mut console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        let written = console.write_all(line.as_bytes()).and_then(|()| console.flush());
        if let Err(error) = written {
            tracing::error!(%error, "the status could not be written to the console");
        }
    }
}

/// The document with what OPA's logger adds, members sorted.
fn line(document: &Value, now: Timestamp) -> String {
    let mut line: Map<String, Value> = document.as_object().cloned().unwrap_or_default();
    let now = Timestamp::from_unix_seconds(now.unix_seconds()).unwrap_or(now);
    for (name, value) in [
        ("level", "info".to_owned()),
        ("msg", "Status Log".to_owned()),
        ("time", now.to_string()),
        ("type", CONSOLE_TYPE.to_owned()),
    ] {
        line.insert(name.to_owned(), value.into());
    }
    line.sort_keys();
    Value::Object(line).to_string() + "\n"
}

/// A log that says nothing.
fn never() -> watch::Receiver<UploadState> {
    watch::channel(UploadState::default()).1
}
