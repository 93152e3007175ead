//! A collector of decisions that counts what came.

use crate::upstream::{Upstream, send};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::{Arc, Mutex};

/// What came, by the id of the decision: the event, and how often.
pub(crate) type Arrived = BTreeMap<String, (Value, usize)>;

pub(crate) struct Collector {
    pub(crate) upstream: Upstream,
    arrived: Arc<Mutex<Arrived>>,
}

impl Collector {
    /// One that nobody reaches yet.
    pub(crate) fn start() -> Self {
        let upstream = Upstream::start(|_, _| Ok(()));
        Self { upstream, arrived: Arc::default() }
    }

    /// Takes what comes from now on.
    pub(crate) fn up(&self) {
        self.take_all_but(None);
    }

    /// Takes what comes from now on, but no chunk in which a word stands.
    pub(crate) fn refuse(&self, word: &'static str) {
        self.take_all_but(Some(word));
    }

    fn take_all_but(&self, refused: Option<&'static str>) {
        let arrived = Arc::clone(&self.arrived);
        self.upstream.behave(move |asked, stream| {
            if asked.path.starts_with("/logs") {
                let mut text = String::new();
                flate2::read::GzDecoder::new(&*asked.body).read_to_string(&mut text)?;
                if refused.is_some_and(|word| text.contains(word)) {
                    return send(stream, 413, &[], b"");
                }
                let events: Vec<Value> = serde_json::from_str(&text)?;
                let mut arrived = arrived.lock().unwrap();
                for event in events {
                    let id = event["decision_id"].as_str().unwrap().to_owned();
                    arrived.entry(id).or_insert((event, 0)).1 += 1;
                }
            }
            send(stream, 200, &[], b"")
        });
    }

    pub(crate) fn arrived(&self) -> Arrived {
        self.arrived.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.arrived.lock().unwrap().len()
    }
}
