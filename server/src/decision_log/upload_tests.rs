use super::*;
use crate::decision_log::{DecisionLog, DecisionLogConfig, LogParts};
use referee_store::SystemClock;

#[derive(Debug)]
struct Breaking;

#[async_trait]
impl Collector for Breaking {
    async fn post(&self, _: &str, _: Bytes, _: bool) -> Result<(), UploadError> {
        panic!("a fault of its own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn uploading_that_breaks_down_is_told() {
    let text = r#"{"reporting": {"min_delay_seconds": 0, "max_delay_seconds": 0}}"#;
    let config: DecisionLogConfig = serde_json::from_str(text).unwrap();
    let settings = config.check(&["s".to_owned()], None).unwrap().unwrap();
    let parts = LogParts {
        collector: Some(Arc::new(Breaking)),
        console: Box::new(std::io::sink()),
        labels: std::collections::BTreeMap::new(),
        clock: Arc::new(SystemClock),
    };
    let log = DecisionLog::start(settings, parts).unwrap();
    assert!(!log.watch().borrow().has_broken);
    let event = Bytes::from_static(b"{}");
    locked(log.shared.buffer.as_ref().unwrap()).push(vec![event], &log.shared.counters);
    assert!(log.trigger().await.is_err());
    let mut state = log.watch();
    let told = tokio::time::timeout(Duration::from_secs(10), state.wait_for(|it| it.has_broken));
    let told = told.await.unwrap().unwrap().clone();
    assert_eq!(told.failure.unwrap().message, "uploading broke down");
}
