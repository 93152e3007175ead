use super::super::filter::tests::decision;
use super::*;

fn value(text: &str) -> Value {
    Value::from_json_str(text).unwrap()
}

#[test]
fn members_stand_in_the_order_of_opa() {
    let mut event = decision("package a", r#"{"n": 1.50, "s": "<ä>"}"#);
    event.batch_decision_id = Some("batch".into());
    event.trace = Some(TraceContext { trace_id: "4bf9".into(), span_id: "00f0".into() });
    event.bundles = Arc::new([("b".into(), "r1".into()), ("a".into(), String::new())].into());
    event.maskable.nd_builtin_cache = Some(value(r#"{"time.now_ns": {"[]": 1}}"#));
    event.erased = vec!["/input/x".into()];
    event.masked = vec!["/input/y".into()];
    event.error = Some(value(r#"{"code": "c", "message": "m"}"#));
    event.headers = [("X-A".to_owned(), vec!["1".to_owned(), "2".to_owned()])].into();
    event.custom = Some(value(r#"{"x": 1}"#));
    event.timestamp = "2026-01-02T03:04:05.120Z".parse().unwrap();
    let expected = concat!(
        r#"{"labels":{"id":"i"},"decision_id":"id","batch_decision_id":"batch","#,
        r#""trace_id":"4bf9","span_id":"00f0","#,
        r#""bundles":{"a":{},"b":{"revision":"r1"}},"path":"demo/allow","#,
        r#""input":{"n":1.50,"s":"<ä>"},"result":{"r":1},"nd_builtin_cache":{"time.now_ns":{"[]":1}},"#,
        r#""erased":["/input/x"],"masked":["/input/y"],"error":{"code":"c","message":"m"},"#,
        r#""requested_by":"127.0.0.1:5","timestamp":"2026-01-02T03:04:05.12Z","#,
        r#""metrics":{"timer_server_handler_ns":7},"req_id":1,"#,
        r#""request_context":{"http":{"headers":{"X-A":["1","2"]}}},"custom":{"x":1}}"#
    );
    assert_eq!(event.uploaded(r#"{"id":"i"}"#), expected);
}

#[test]
fn what_there_is_nothing_to_say_about_is_left_out() {
    let mut event = decision("package a", "1");
    event.asked = Asked::Path(String::new());
    event.maskable = Maskable::default();
    event.requested_by = None;
    event.metrics.clear();
    event.request_id = 0;
    let expected = r#"{"labels":{},"decision_id":"id","timestamp":"1970-01-01T00:00:00Z"}"#;
    assert_eq!(event.uploaded("{}"), expected);
    event.asked = Asked::Query("x = 1".into());
    let text = event.uploaded("{}");
    assert!(text.contains(r#""decision_id":"id","query":"x = 1","timestamp""#), "{text}");
}

#[test]
fn a_line_of_the_console_is_sorted_and_has_the_error_as_text() {
    let mut event = decision("package a", "1");
    event.error = Some(value(
        r#"{"code": "eval_conflict_error", "message": "m", "location": {"file": "p.rego", "row": 10, "col": 1}}"#,
    ));
    let now = "2026-01-02T03:04:05.999Z".parse().unwrap();
    let expected = concat!(
        r#"{"decision_id":"id","error":"p.rego:10: eval_conflict_error: m","input":1,"#,
        r#""labels":{"a":"b"},"level":"info","metrics":{"timer_server_handler_ns":7},"#,
        r#""msg":"Decision Log","path":"demo/allow","req_id":1,"requested_by":"127.0.0.1:5","#,
        r#""result":{"r":1},"time":"2026-01-02T03:04:05Z","timestamp":"1970-01-01T00:00:00Z","#,
        r#""type":"openpolicyagent.org/decision_logs"}"#
    );
    assert_eq!(event.on_console(r#"{"a":"b"}"#, now), expected);
    event.error = Some(value(r#"{"code": "undefined_document", "message": "document missing"}"#));
    let text = event.on_console("{}", now);
    assert!(text.contains(r#""error":"undefined_document: document missing""#), "{text}");
    assert!(!text.contains("labels"));
    for (error, told) in [
        (
            r#"[{"code": "c", "message": "m", "location": {"file": "", "row": 1, "col": 7}}]"#,
            "1 error occurred: 1:7: c: m",
        ),
        (
            r#"[{"code": "c", "message": "m"}, {"code": "d", "message": "n"}]"#,
            r"2 errors occurred:\nc: m\nd: n",
        ),
    ] {
        event.error = Some(value(error));
        let text = event.on_console("{}", now);
        assert!(text.contains(&format!(r#""error":"{told}""#)), "{text}");
    }
}
