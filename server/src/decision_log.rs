//! The decision log: what was decided, told to a collector and to the console, as OPA tells it.
//!
//! A decision is handed over by whoever made it ([`crate::DecisionSink`]) and leaves the thread
//! that serves at once. Threads of the log ask the policies what to hide of it, write it as OPA's
//! event, and keep it until the collector has it: in memory, or in a spool on disk that outlives an
//! outage of the collector and of the server. Delivery is at least once and in order. Whatever is
//! not delivered as it was is counted, under OPA's names, and told by status.
//!
//! What it refuses: to let a decision wait for its log, to let an event out whose mask failed, and
//! to take more memory than it was given.

mod buffer;
mod chunk;
mod config;
mod counters;
mod edited;
mod event;
mod filter;
mod limiter;
mod mask;
mod pipeline;
mod shrink;
mod sink;
mod spooled;
mod upload;

pub use config::{
    BufferType, DecisionLogConfig, DecisionLogSettings, HttpContextConfig, LogConfigError,
    ReportingConfig, RequestContextConfig, SpoolSettings, Trigger,
};
pub(crate) use config::{service_of, trigger_of};
pub use upload::{Collector, UploadError, UploadFailure, UploadState};

use buffer::Buffer;
use counters::Counters;
use filter::Filter;
use limiter::Limiter;
use pipeline::{Console, Pipeline, QUEUE_BYTES, Shared};
use referee_core::error::chain;
use referee_rego::Value;
use referee_store::Clock;
use referee_store::spool::SpoolError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use upload::{Asked, Uploader};

/// How long to wait after an upload while the log is ended.
const LAST_RETRY: Duration = Duration::from_millis(500);

/// The most requests a second that are logged though they were not let through: enough to see who
/// tries what, too few to push out decisions.
const DENIALS: f64 = 50.0;

/// What a decision log needs beside its settings.
pub struct LogParts {
    /// The service that the settings name; without one nothing is uploaded.
    pub collector: Option<Arc<dyn Collector>>,
    /// Where lines go if the settings want a console.
    pub console: Box<dyn Write + Send>,
    /// What each event says about this server: `id`, `version` and what is configured.
    pub labels: BTreeMap<String, String>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for LogParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogParts").field("collector", &self.collector).finish_non_exhaustive()
    }
}

/// A decision log at work.
#[derive(Debug)]
pub struct DecisionLog {
    settings: DecisionLogSettings,
    pipeline: Arc<Pipeline>,
    shared: Arc<Shared>,
    uploader: Option<Arc<Uploader>>,
    /// Until the log is ended.
    running: Mutex<Option<Running>>,
    /// How many requests that were not let through may still be logged.
    denials: Mutex<Limiter>,
    /// The headers that are logged, in lower case.
    headers: Vec<String>,
    /// How the configuration writes them: one can be named in several spellings.
    header_names: Arc<BTreeMap<String, BTreeSet<String>>>,
    state: watch::Receiver<UploadState>,
}

#[derive(Debug)]
struct Running {
    asked: mpsc::Sender<Asked>,
    /// Whether it ended in order.
    task: JoinHandle<bool>,
}

impl DecisionLog {
    /// Starts a log. It has to be called within a runtime, and reads a spool, which blocks.
    ///
    /// # Errors
    /// [`SpoolError`] where the spool cannot be used.
    pub fn start(settings: DecisionLogSettings, parts: LogParts) -> Result<Self, SpoolError> {
        let LogParts { collector, console, labels, clock } = parts;
        let counters = Arc::new(Counters::default());
        let buffer = match &collector {
            Some(_) => Some(open(&settings, &counters)?),
            None => None,
        };
        let label_values =
            labels.iter().map(|(name, it)| (name.as_str(), Value::from(it.as_str())));
        let console: Option<Mutex<Console>> = settings.console.then(|| Mutex::new(console));
        let label_values = Value::object(label_values);
        let shared = Arc::new(Shared {
            labels: label_values.to_json_string(),
            filter: Filter {
                mask: settings.mask.clone(),
                drop: settings.drop.clone(),
                labels: label_values,
            },
            counters,
            clock,
            buffer,
            console,
            limiter: settings
                .rate
                .map(|rate| Mutex::new(Limiter::new(rate, std::time::Instant::now()))),
            ready: Notify::new(),
            hurried: AtomicBool::new(false),
        });
        let (sender, state) = watch::channel(UploadState::default());
        let uploader = collector.map(|collector| {
            Arc::new(Uploader {
                shared: Arc::clone(&shared),
                collector,
                resource: settings.resource.clone(),
                trigger: settings.trigger,
                min_delay: settings.min_delay,
                max_delay: settings.max_delay,
                state: sender,
                refused: Mutex::default(),
            })
        });
        let running = uploader.as_ref().map(|uploader| {
            let (asked, asking) = mpsc::channel(1);
            let task = tokio::spawn(Arc::clone(uploader).watched(asking));
            Running { asked, task }
        });
        let pipeline = Arc::new(Pipeline::start(&shared, QUEUE_BYTES));
        let running = Mutex::new(running);
        let mut header_names = BTreeMap::<String, BTreeSet<String>>::new();
        for name in &settings.headers {
            let spellings = header_names.entry(name.to_ascii_lowercase()).or_default();
            spellings.insert(name.clone());
        }
        // The host is no header to OPA: Go keeps it elsewhere.
        header_names.remove("host");
        let headers = header_names.keys().cloned().collect();
        let header_names = Arc::new(header_names);
        let denials = Mutex::new(Limiter::new(DENIALS, std::time::Instant::now()));
        Ok(Self {
            settings,
            pipeline,
            shared,
            uploader,
            running,
            denials,
            headers,
            header_names,
            state,
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &DecisionLogSettings {
        &self.settings
    }

    /// What became of events that were not delivered as they were, by OPA's names; those that are
    /// zero are left out.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.shared.counters.all()
    }

    /// How the last upload ended, and word of each that follows.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<UploadState> {
        self.state.clone()
    }

    /// Uploads all that waits now, as OPA's manual trigger.
    ///
    /// # Errors
    /// [`UploadError`] with what did not arrive.
    pub async fn trigger(&self) -> Result<(), UploadError> {
        let asked = {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.as_ref().map(|running| running.asked.clone())
        };
        let Some(asked) = asked else { return Ok(()) };
        let (done, answer) = oneshot::channel();
        asked.send(done).await.map_err(|_| UploadError::Ended)?;
        answer.await.unwrap_or(Err(UploadError::Ended))
    }

    /// Ends the log: takes nothing more, writes what was handed over, and uploads until all is
    /// delivered or `grace` is over. For half of it policies are asked what to mask; what is left
    /// then is logged as where a mask fails. What at the end is in a spool stays there; what is in
    /// memory only is lost, counted and told: how many events.
    pub async fn end(&self, grace: Duration) -> usize {
        let (begun, deadline) = (std::time::Instant::now(), tokio::time::Instant::now() + grace);
        let (hurry, until) = (begun + grace / 2, begun + grace / 4 * 3);
        let pipeline = Arc::clone(&self.pipeline);
        let mut closing = tokio::task::spawn_blocking(move || pipeline.close(hurry, until));
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((running, uploader)) = running.zip(self.uploader.clone()) else {
            let closed = tokio::time::timeout_at(deadline, closing).await;
            return closed.map_or(0, left_out);
        };
        drop(running.asked);
        let mut unwritten = None;
        let last = async {
            // What is being sent is sent to its end: sending it twice at a time would mix it up.
            if !running.task.await.unwrap_or_default() {
                tracing::error!("uploading had ended before");
            }
            loop {
                // What is in the buffer is sent while others are still written.
                if unwritten.is_some() {
                    tokio::time::sleep(LAST_RETRY).await;
                } else if let Ok(closed) = tokio::time::timeout(LAST_RETRY, &mut closing).await {
                    unwritten = Some(left_out(closed));
                }
                let sent = uploader.send_all(true).await;
                if unwritten.is_some() && sent.is_ok() {
                    return;
                }
            }
        };
        if tokio::time::timeout_at(deadline, last).await.is_err() {
            tracing::error!("the server ends before all decisions were uploaded");
        }
        let unwritten = match unwritten {
            Some(unwritten) => unwritten,
            // It gave up before.
            None => tokio::time::timeout(Duration::ZERO, closing).await.map_or(0, left_out),
        };
        self.shared.look_after_at_end();
        let in_memory = self.shared.count_lost();
        if in_memory > 0 {
            let why = match self.settings.waiting {
                config::Waiting::Spool { .. } => "the spool could not take them",
                _ => "no spool is configured",
            };
            tracing::error!(events = in_memory, "decisions in memory are lost: {why}");
        }
        in_memory.saturating_add(unwritten)
    }
}

/// How many decisions did not come into the buffer.
fn left_out(closed: Result<usize, tokio::task::JoinError>) -> usize {
    closed.unwrap_or_else(|_| {
        tracing::error!("the log was not closed properly");
        0
    })
}

fn open(settings: &DecisionLogSettings, counters: &Counters) -> Result<Mutex<Buffer>, SpoolError> {
    let (buffer, recovered) = Buffer::open(&settings.waiting, settings.upload_limit)
        .inspect_err(|error| tracing::error!(error = chain(error), "the spool cannot be used"))?;
    counters.add(counters::Count::SpoolDamaged, recovered.damaged);
    if recovered.records > 0 || recovered.damaged > 0 || recovered.torn_bytes > 0 {
        tracing::info!(
            events = recovered.records,
            damaged = recovered.damaged,
            torn_bytes = recovered.torn_bytes,
            "decisions of an earlier run are in the spool"
        );
    }
    Ok(Mutex::new(buffer))
}
