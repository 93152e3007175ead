use super::*;
use crate::decision_log::event::Asked;
use crate::decision_log::mask::Maskable;
use referee_core::Timestamp;
use referee_rego::{CompileOptions, Module, RegoEngine};

pub(crate) fn decision(policy: &str, input: &str) -> Decision {
    let modules = [Module::new("log.rego", policy)];
    let data = Value::object([]);
    let program = RegoEngine::compile(&modules, data, CompileOptions::DEFAULT).unwrap();
    let value = |text| Some(Value::from_json_str(text).unwrap());
    Decision {
        decision_id: "id".into(),
        batch_decision_id: None,
        trace: None,
        program,
        bundles: std::sync::Arc::default(),
        asked: Asked::Path("demo/allow".into()),
        maskable: Maskable {
            input: value(input),
            result: value("{\"r\": 1}"),
            nd_builtin_cache: None,
        },
        error: None,
        requested_by: Some("127.0.0.1:5".into()),
        timestamp: Timestamp::UNIX_EPOCH,
        metrics: [("timer_server_handler_ns", 7)].into(),
        measures: referee_rego::Measures::default(),
        request_id: 1,
        headers: std::collections::BTreeMap::new(),
        custom: None,
        erased: Vec::new(),
        masked: Vec::new(),
    }
}

fn filtered(policy: &str, input: &str) -> (bool, Decision, Vec<(&'static str, u64)>) {
    let filter = Filter {
        mask: "data.system.log.mask".into(),
        drop: "data.system.log.drop".into(),
        labels: Value::from_json_str(r#"{"app": "demo"}"#).unwrap(),
    };
    let (mut decision, counters) = (decision(policy, input), Counters::default());
    let kept = filter.keeps(&mut decision, &counters, &AtomicBool::new(false));
    (kept, decision, counters.all().into_iter().collect())
}

#[test]
fn without_policies_for_it_everything_is_logged() {
    let (kept, found, counts) = filtered("package other", r#"{"a": 1}"#);
    assert!(kept && counts.is_empty());
    assert_eq!(found.maskable, decision("package other", r#"{"a": 1}"#).maskable);
}

#[test]
fn mask_and_drop_see_the_event() {
    let policy = r#"package system.log

mask contains "/input/secret" if {
	input.path == "demo/allow"
	input.labels.app == "demo"
	input.result.r == 1
	input.requested_by == "127.0.0.1:5"
	input.timestamp == "1970-01-01T00:00:00Z"
	input.metrics.timer_server_handler_ns == 7
	input.req_id == 1
	input.decision_id == "id"
}

drop if input.input.noise
"#;
    let (kept, found, _) = filtered(policy, r#"{"secret": 1, "x": 2}"#);
    assert!(kept);
    assert_eq!(found.maskable.input.unwrap().to_json_string(), r#"{"x":2}"#);
    assert_eq!(found.erased, ["/input/secret"]);
    let (kept, _, counts) = filtered(policy, r#"{"noise": true}"#);
    assert!(!kept);
    assert_eq!(counts, [("referee_decision_logs_dropped_by_policy", 1)]);
    // Only `true` drops.
    let (kept, ..) = filtered("package system.log\n\ndrop := \"yes\"", "{}");
    assert!(kept);
}

#[test]
fn a_mask_that_fails_lets_nothing_out_that_it_might_hide() {
    for (policy, code) in [
        // It fails while it is evaluated.
        (
            "package system.log\n\nmask := [\"/input/a\"] if input.path\n\nmask := [] if input.path",
            "mask_failed",
        ),
        // It does not end within its time.
        (
            "package system.log\n\nmask := count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i == j + 200000])",
            "mask_failed",
        ),
        // It is no mask.
        ("package system.log\n\nmask := true", "mask_invalid"),
        ("package system.log\n\nmask := [\"/labels\"]", "mask_invalid"),
        ("package system.log\n\nmask := [\"/input/a\", 7]", "mask_invalid"),
    ] {
        let filter = Filter {
            mask: "data.system.log.mask".into(),
            drop: "data.system.log.drop".into(),
            labels: Value::object([]),
        };
        let counters = Counters::default();
        let begun = Instant::now();
        let mut found = decision(policy, r#"{"a": "SECRET"}"#);
        let error = r#"{"code": "eval_builtin_error", "message": "parsing SECRET"}"#;
        found.error = Some(Value::from_json_str(error).unwrap());
        found.custom = Some(Value::from("SECRET"));
        assert!(filter.keeps(&mut found, &counters, &AtomicBool::new(false)));
        // One that did not end is not asked again.
        assert!(begun.elapsed() < TIME * 2, "{policy}: {:?}", begun.elapsed());
        for text in [found.uploaded("{}"), found.on_console("{}", Timestamp::UNIX_EPOCH)] {
            assert!(!text.contains("SECRET"), "{text}");
            let event: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(event["erased"], serde_json::json!(["/input", "/result"]));
            assert_eq!(event["custom"]["referee"]["mask_error"]["code"], code);
            assert!(event.get("input").or(event.get("result")).is_none());
            assert_eq!(event["path"], "demo/allow");
        }
        assert_eq!(counters.get(Count::MaskFailed), 1);
    }
}

#[test]
fn a_drop_that_fails_keeps_the_event_and_masks_it() {
    let policy = r#"package system.log

mask contains "/input/a"

drop := true if input.path

drop := false if input.path
"#;
    let (kept, found, counts) = filtered(policy, r#"{"a": 1}"#);
    assert!(kept);
    assert_eq!(found.erased, ["/input/a"]);
    assert_eq!(counts, [("referee_decision_logs_drop_failed", 1)]);
}

#[test]
fn in_a_hurry_nothing_is_asked_and_nothing_let_out() {
    let filter = Filter {
        mask: "data.system.log.mask".into(),
        drop: "data.system.log.drop".into(),
        labels: Value::object([]),
    };
    let endless = "package system.log\n\nmask := count([1 | some i in numbers.range(1, 100000); some j in numbers.range(1, 100000); i == j + 200000])";
    let (counters, hurried) = (Counters::default(), AtomicBool::new(true));
    let mut found = decision("package system.log\n\ndrop := true", r#"{"a": "SECRET"}"#);
    assert!(filter.keeps(&mut found, &counters, &hurried));
    assert!(!found.uploaded("{}").contains("SECRET"));
    assert_eq!(counters.get(Count::MaskFailed), 1);
    // What is being asked then ends.
    let (begun, hurried) = (Instant::now(), AtomicBool::new(false));
    let mut found = decision(endless, r#"{"a": "SECRET"}"#);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            hurried.store(true, Ordering::Relaxed);
        });
        assert!(filter.keeps(&mut found, &counters, &hurried));
    });
    assert!(begun.elapsed() < Duration::from_millis(800), "{:?}", begun.elapsed());
    assert!(!found.uploaded("{}").contains("SECRET"));
}
