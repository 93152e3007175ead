use super::*;

fn checked(text: &str) -> Result<Option<DecisionLogSettings>, LogConfigError> {
    let config: DecisionLogConfig = serde_json::from_str(text).unwrap();
    config.check(&["first".to_owned(), "second".to_owned()], None)
}

fn settings(text: &str) -> DecisionLogSettings {
    checked(text).unwrap().unwrap()
}

#[test]
fn the_defaults_are_those_of_opa() {
    let found = settings(r#"{"something": "nobody knows"}"#);
    assert_eq!(found.service(), Some("first"));
    assert_eq!(found.resource, "/logs");
    assert_eq!((&*found.mask, &*found.drop), ("data.system.log.mask", "data.system.log.drop"));
    assert_eq!(found.upload_limit, 32_768);
    assert_eq!(found.min_delay, Duration::from_secs(300));
    assert_eq!(found.max_delay, Duration::from_secs(600));
    assert_eq!(found.trigger, Trigger::Periodic);
    assert_eq!(found.waiting, Waiting::Chunks { max_bytes: BUFFER_BYTES });
    assert!(!found.console && !found.logs_nd_builtin_cache());
}

#[test]
fn without_a_service_and_a_console_there_is_nothing_to_do() {
    assert_eq!(DecisionLogConfig::default().check(&[], None), Ok(None));
    let console = settings(r#"{"console": true}"#);
    assert_eq!((console.service(), console.console), (None, true));
}

#[test]
fn what_is_said_is_taken() {
    let found = settings(
        r#"{"service": "second", "partition_name": "p", "resource": "/x", "console": true,
            "mask_decision": "a/b-c", "drop_decision": "/d", "nd_builtin_cache": true,
            "request_context": {"http": {"headers": ["X-A"]}},
            "reporting": {"buffer_type": "event", "upload_size_limit_bytes": 1, "trigger": "immediate",
                "min_delay_seconds": 0, "max_delay_seconds": 2, "max_decisions_per_second": 0.5}}"#,
    );
    assert_eq!((found.service(), &*found.resource), (Some("second"), "/logs/p"));
    assert_eq!((&*found.mask, &*found.drop), ("data.a[\"b-c\"]", "data.d"));
    assert_eq!(found.headers, ["X-A"]);
    assert_eq!(found.upload_limit, 90);
    assert_eq!((found.min_delay, found.max_delay), (LEAST_DELAY, Duration::from_secs(2)));
    assert_eq!((found.rate, found.trigger), (Some(0.5), Trigger::Immediate));
    let events = Waiting::Events { max_events: 10_000, max_bytes: BUFFER_BYTES };
    assert_eq!(found.waiting, events);
    let spool = settings(r#"{"reporting": {"spool": {"directory": "d", "sync_interval_ms": 0}}}"#);
    let spool_config =
        SpoolConfig { directory: "d".into(), max_bytes: SPOOL_BYTES, sync: SpoolSync::Always };
    assert_eq!(spool.waiting, Waiting::Spool { spool: spool_config, max_bytes: BUFFER_BYTES });
}

#[test]
fn what_cannot_be_used_is_named() {
    for (text, code, message) in [
        (
            r#"{"service": "third"}"#,
            "unknown_service",
            "invalid service name \"third\" in decision_logs",
        ),
        (
            r#"{"plugin": "mine"}"#,
            "unknown_plugin",
            "invalid plugin name \"mine\" in decision_logs",
        ),
        (
            r#"{"reporting": {"min_delay_seconds": 2}}"#,
            "settings_conflict",
            "decision_logs.reporting: min_delay_seconds is given, max_delay_seconds is missing",
        ),
        (
            r#"{"reporting": {"min_delay_seconds": 2, "max_delay_seconds": 1}}"#,
            "settings_conflict",
            "decision_logs.reporting: max_delay_seconds must not be less than min_delay_seconds",
        ),
        (
            r#"{"reporting": {"min_delay_seconds": -2, "max_delay_seconds": -1}}"#,
            "setting_out_of_range",
            "decision_logs.reporting.min_delay_seconds must be 0 or more",
        ),
        (
            r#"{"reporting": {"min_delay_seconds": 1, "max_delay_seconds": 9223372036854775807}}"#,
            "setting_out_of_range",
            "decision_logs.reporting.max_delay_seconds must be 31536000 or less, which is a year",
        ),
        (
            r#"{"reporting": {"buffer_size_limit_bytes": 0}}"#,
            "setting_out_of_range",
            "decision_logs.reporting.buffer_size_limit_bytes must be higher than 0",
        ),
        (
            r#"{"reporting": {"buffer_size_limit_events": 5}}"#,
            "settings_conflict",
            "decision_logs.reporting: buffer_size_limit_events isn't supported for the size buffer \
             type",
        ),
        (
            r#"{"reporting": {"buffer_type": "event", "buffer_size_limit_bytes": 5}}"#,
            "settings_conflict",
            "decision_logs.reporting: buffer_size_limit_bytes isn't supported for the event buffer \
             type",
        ),
        (
            r#"{"reporting": {"buffer_size_limit_bytes": 5, "max_decisions_per_second": 5}}"#,
            "settings_conflict",
            "decision_logs.reporting: specify either buffer_size_limit_bytes or \
             max_decisions_per_second",
        ),
        (
            r#"{"reporting": {"spool": {"directory": "x", "max_bytes": 5}}}"#,
            "setting_out_of_range",
            "decision_logs.reporting.spool.max_bytes must be 65536 or more",
        ),
        (
            r#"{"mask_decision": "/a//b"}"#,
            "invalid_decision_path",
            "decision_logs.mask_decision: \"/a//b\" is no path of a document",
        ),
    ] {
        let error = checked(text).unwrap_err();
        assert_eq!((error.code(), &*error.to_string()), (code, message), "{text}");
    }
    let config: DecisionLogConfig =
        serde_json::from_str(r#"{"reporting": {"trigger": "manual"}}"#).unwrap();
    let error = config.check(&["a".into()], Some(Trigger::Periodic)).unwrap_err();
    assert_eq!(error.to_string(), "decision_logs: trigger mode mismatch: periodic and manual");
    // To OPA nothing is the default.
    assert!(checked(r#"{"reporting": {"buffer_type": ""}}"#).is_ok());
    let refused =
        serde_json::from_str::<DecisionLogConfig>(r#"{"reporting": {"buffer_type": "x"}}"#);
    assert!(refused.unwrap_err().to_string().contains("unknown variant `x`"));
}
