//! `http.send` over a host that answers from a list: what is sent, what is remembered, and what a
//! policy sees of the answers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{
    Context, Host, HostError, HttpRequest, HttpResponse, Implementation, Meter, Result,
};
use referee_rego_security::{InterQueryCache, MemoryCache};
use referee_rego_value::{JsonLimits, Value};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NOW: i64 = 1_700_000_000_000_000_000;

type Answer = std::result::Result<HttpResponse, HostError>;

/// Gives its answers in turn, and remembers what was asked.
#[derive(Default)]
struct Listed {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<HttpRequest>>,
    waits: Mutex<Vec<Duration>>,
}

impl Host for Listed {
    fn http(&self, request: &HttpRequest) -> Answer {
        self.asked.lock().unwrap().push(request.clone());
        self.answers.lock().unwrap().pop_front().unwrap_or(Err(HostError::Forbidden))
    }

    fn lookup(&self, _: &str) -> std::result::Result<Vec<IpAddr>, HostError> {
        Err(HostError::Forbidden)
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn wait(&self, pause: Duration) {
        self.waits.lock().unwrap().push(pause);
    }
}

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    Ok(HttpResponse {
        status_code: status,
        status: format!("{status} Some Words"),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.as_bytes().to_vec(),
    })
}

fn json(text: &str) -> Value {
    Value::from_json(text, &JsonLimits::DEFAULT).unwrap()
}

/// The answers of the calls of one query.
fn query(
    host: &Listed,
    cache: Option<&Arc<MemoryCache>>,
    now: i64,
    requests: &[&str],
) -> Vec<Result<Value>> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 30, 1 << 30, None);
    let mut context = Context::new(meter, now, 7, host, &runtime);
    if let Some(cache) = cache {
        *context.cache::<InterQueryCache>() =
            InterQueryCache::new(Arc::<MemoryCache>::clone(cache));
    }
    let mut found = referee_rego_security::TABLES.iter().flat_map(|table| table.iter());
    let Some((_, Implementation::Function(send))) = found.find(|(name, _)| *name == "http.send")
    else {
        panic!("no http.send");
    };
    let mut send = |request: &str| Ok(send(&mut context, &[json(request)])?.unwrap());
    requests.iter().map(|request| send(request)).collect()
}

fn host(answers: impl IntoIterator<Item = Answer>) -> Listed {
    Listed { answers: Mutex::new(answers.into_iter().collect()), ..Listed::default() }
}

fn asked(host: &Listed) -> usize {
    host.asked.lock().unwrap().len()
}

const GET: &str = r#"{"method": "get", "url": "http://h/x"}"#;

#[test]
fn an_answer_has_its_status_its_fields_and_its_body() {
    let host = host([response(201, &[("content-type", "application/json")], r#"{"a": [1.0]}"#)]);
    let answers = query(&host, None, NOW, &[GET]);
    let expected = r#"{"status": "201 Some Words", "status_code": 201, "body": {"a": [1.0]},
        "raw_body": "{\"a\": [1.0]}", "headers": {"content-type": ["application/json"]}}"#;
    assert_eq!(answers, [Ok(json(expected))]);
}

#[test]
fn a_body_is_decoded_by_its_type_or_by_force() {
    let bodies = |field: &str, request: &str, body: &str| {
        let host = host([response(200, &[("content-type", field)], body)]);
        let answer = query(&host, None, NOW, &[request]).remove(0).unwrap();
        answer.as_object().unwrap().get_str("body").unwrap().clone()
    };
    assert_eq!(bodies("text/plain", GET, "[1]"), Value::Null);
    assert_eq!(bodies("application/yaml", GET, "a: yes"), json(r#"{"a": true}"#));
    let forced = r#"{"method": "get", "url": "http://h/x", "force_yaml_decode": true}"#;
    assert_eq!(bodies("text/plain", forced, "- 1\n- b"), json(r#"[1, "b"]"#));
    let forced = r#"{"method": "get", "url": "http://h/x", "force_json_decode": true}"#;
    assert_eq!(bodies("text/plain", forced, "[1]"), json("[1]"));
    assert_eq!(bodies("text/plain", forced, "[1"), Value::Null);
}

#[test]
fn a_request_is_sent_as_the_policy_says() {
    let host = host([response(200, &[], "")]);
    let request = r#"{"method": "Post", "url": "http://user@h:1/a b?c=d", "body": {"b": 1},
        "headers": {"x-y": "z"}, "timeout": "2s", "enable_redirect": true,
        "tls_insecure_skip_verify": true, "tls_server_name": "name"}"#;
    query(&host, None, NOW, &[request]).remove(0).unwrap();
    let asked = host.asked.lock().unwrap();
    let sent = &asked[0];
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("POST", "http://user@h:1/a%20b?c=d"));
    assert_eq!(sent.body.as_deref(), Some(br#"{"b":1}"#.as_slice()));
    assert!(sent.headers.contains(&("X-Y".to_owned(), "z".to_owned())));
    assert_eq!(sent.timeout, Duration::from_secs(2));
    assert!(sent.follow_redirects && sent.tls.insecure_skip_verify);
    assert_eq!(sent.tls.server_name.as_deref(), Some("name"));
}

#[test]
fn a_query_asks_once_for_the_same() {
    let host = host([response(200, &[], "1"), response(200, &[], "2")]);
    let other = r#"{"method": "get", "url": "http://h/other"}"#;
    let answers = query(&host, None, NOW, &[GET, GET, other]);
    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[1], answers[2]);
    assert_eq!(asked(&host), 2);
}

#[test]
fn ignored_fields_make_no_other_request() {
    let host = host([response(200, &[], "1")]);
    let with = |id: u32| {
        format!(
            r#"{{"method": "get", "url": "http://h/x", "headers": {{"id": "{id}"}},
                "cache_ignored_headers": ["id"]}}"#
        )
    };
    let answers = query(&host, None, NOW, &[&with(1), &with(2)]);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(asked(&host), 1);
}

const CACHED: &str = r#"{"method": "get", "url": "http://h/x", "cache": true}"#;

#[test]
fn a_fresh_answer_is_used_by_later_queries() {
    let date = ("date", "Tue, 14 Nov 2023 22:13:20 GMT");
    let fields = [date, ("cache-control", "max-age=60")];
    let host = host([response(200, &fields, "1"), response(200, &fields, "2")]);
    let cache = Arc::new(MemoryCache::new(1 << 20));
    let first = query(&host, Some(&cache), NOW, &[CACHED]);
    assert_eq!(query(&host, Some(&cache), NOW + 59_000_000_000, &[CACHED]), first);
    assert_eq!(asked(&host), 1);
    assert_ne!(query(&host, Some(&cache), NOW + 61_000_000_000, &[CACHED]), first);
    assert_eq!(asked(&host), 2);
    // Who does not ask for the cache is not served from it.
    query(&host, Some(&cache), NOW, &[GET]);
    assert_eq!(asked(&host), 3);
}

#[test]
fn an_answer_with_a_tag_is_asked_about_again() {
    let date = ("date", "Tue, 14 Nov 2023 22:13:20 GMT");
    let fields = [date, ("cache-control", "max-age=1"), ("etag", "\"t\"")];
    let host = host([response(200, &fields, "1"), response(304, &[date], "")]);
    let cache = Arc::new(MemoryCache::new(1 << 20));
    let body = |answers: Vec<Result<Value>>| {
        answers[0].clone().unwrap().as_object().unwrap().get_str("raw_body").unwrap().clone()
    };
    assert_eq!(body(query(&host, Some(&cache), NOW, &[CACHED])), Value::from("1"));
    let later = NOW + 10_000_000_000;
    assert_eq!(body(query(&host, Some(&cache), later, &[CACHED])), Value::from("1"));
    let condition = ("If-None-Match".to_owned(), "\"t\"".to_owned());
    assert!(host.asked.lock().unwrap()[1].headers.contains(&condition));
}

#[test]
fn what_must_not_be_stored_is_not() {
    let fields = [("cache-control", "no-store")];
    let host = host([response(200, &fields, "1"), response(200, &fields, "2")]);
    let cache = Arc::new(MemoryCache::new(1 << 20));
    let first = query(&host, Some(&cache), NOW, &[CACHED]);
    assert_ne!(query(&host, Some(&cache), NOW, &[CACHED]), first);
}

#[test]
fn a_forced_cache_keeps_what_the_server_would_not() {
    let fields = [("cache-control", "no-store")];
    let host = host([response(200, &fields, "1"), response(200, &fields, "2")]);
    let cache = Arc::new(MemoryCache::new(1 << 20));
    let forced = r#"{"method": "get", "url": "http://h/x", "force_cache": true,
        "force_cache_duration_seconds": 10}"#;
    let first = query(&host, Some(&cache), NOW, &[forced]);
    assert_eq!(query(&host, Some(&cache), NOW + 9_000_000_000, &[forced]), first);
    assert_ne!(query(&host, Some(&cache), NOW + 11_000_000_000, &[forced]), first);
}

#[test]
fn a_full_cache_forgets_its_oldest() {
    let forced = |path: u32| {
        format!(
            r#"{{"method": "get", "url": "http://h/{path}", "force_cache": true,
                "force_cache_duration_seconds": 10}}"#
        )
    };
    let body = "x".repeat(400);
    let host = host((0..4).map(|_| response(200, &[], &body)));
    let cache = Arc::new(MemoryCache::new(1_000));
    for path in [1, 2, 3, 3, 1] {
        query(&host, Some(&cache), NOW, &[&forced(path)]);
    }
    // The second 3 was still there, the second 1 was not.
    assert_eq!(asked(&host), 4);
}

#[test]
fn a_failure_is_tried_again_as_often_as_the_request_says() {
    let failed = || Err(HostError::Failed("connection refused".to_owned()));
    let host = host([failed(), failed(), failed(), response(200, &[], "1")]);
    let request = r#"{"method": "get", "url": "http://h/x", "max_retry_attempts": 2}"#;
    let more = r#"{"method": "get", "url": "http://h/x", "max_retry_attempts": 3}"#;
    let answers = query(&host, None, NOW, &[request, more]);
    let error = answers[0].clone().unwrap_err();
    assert_eq!(error.message, "Get \"http://h/x\": connection refused");
    assert!(answers[1].is_ok());
    let pauses = host.waits.lock().unwrap().clone();
    assert_eq!(pauses, [Duration::ZERO, Duration::from_millis(160)]);
}

#[test]
fn an_error_can_be_a_value() {
    let host = host([Err(HostError::Timeout), Err(HostError::Failed("gone".to_owned()))]);
    let request = |path: &str| {
        format!(r#"{{"method": "get", "url": "http://h/{path}", "raise_error": false}}"#)
    };
    let answers = query(&host, None, NOW, &[&request("a"), &request("b")]);
    let expected = |message: &str| {
        Ok(Value::object([
            (
                "error",
                Value::object([
                    ("code", Value::from("eval_http_send_network_error")),
                    ("message", Value::from(message)),
                ]),
            ),
            ("status_code", Value::from(0)),
        ]))
    };
    let why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    assert_eq!(answers[0], expected(&format!("Get \"http://h/a\": {why}")));
    assert_eq!(answers[1], expected("Get \"http://h/b\": gone"));
}

/// Never answers: it waits until the evaluation has ended.
struct Silent<'a>(&'a std::sync::atomic::AtomicBool);

impl Host for Silent<'_> {
    fn http(&self, _: &HttpRequest) -> Answer {
        Err(HostError::Timeout)
    }

    fn http_until(&self, _: &HttpRequest, ended: referee_rego_builtin::Ended<'_>) -> Answer {
        assert!(!ended());
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        while !ended() {}
        Err(HostError::Timeout)
    }

    fn lookup(&self, _: &str) -> std::result::Result<Vec<IpAddr>, HostError> {
        Err(HostError::Forbidden)
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }
}

#[test]
fn a_request_that_is_waited_for_ends_with_the_evaluation_and_is_no_error_of_its_own() {
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let host = Silent(&cancel);
    let clock = || Duration::ZERO;
    let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 30, 1 << 30, Some(&cancel));
    let mut context = Context::new(meter, NOW, 7, &host, &Value::Null);
    let mut found = referee_rego_security::TABLES.iter().flat_map(|table| table.iter());
    let Some((_, Implementation::Function(send))) = found.find(|(name, _)| *name == "http.send")
    else {
        panic!("no http.send");
    };
    // Not even where errors are to be shown as an answer.
    let request = json(
        r#"{"method": "get", "url": "http://a.example/", "raise_error": false, "max_retry_attempts": 3}"#,
    );
    let error = send(&mut context, &[request]).unwrap_err();
    let cancelled = referee_rego_builtin::Cancelled::Caller;
    assert_eq!(error.kind, referee_rego_builtin::ErrorKind::Cancel(cancelled));
}
