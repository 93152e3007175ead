//! A client for a service against servers that misbehave.

use crate::server::{Server, Step, TEXT, head, reply};
use referee_core::Coded as _;
use referee_store::StoreError;
use referee_store::service::{Service, ServiceConfig, ServiceRequest};
use serde_json::{Value, json};
use std::time::Duration;

/// A service at an address, with further members.
pub(crate) fn config(url: &str, more: &Value) -> ServiceConfig {
    let mut config = json!({ "name": "s", "url": url });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

pub(crate) fn service(server: &Server, more: &Value) -> Service {
    Service::new(&config(&format!("http://{}/base/", server.host), more)).unwrap()
}

#[tokio::test]
async fn a_request_goes_below_the_address_with_headers_and_token() {
    let server = Server::start(|_| reply(200, &[TEXT, "ETag: e"], b"body")).await;
    let more = json!({
        "headers": {"X-One": "1", "Prefer": "nothing"},
        "credentials": {"bearer": {"token": "t0", "scheme": "Token"}},
    });
    let service = service(&server, &more);
    let request = ServiceRequest::get("/a/b.tar.gz?x=y").header("Prefer", "wait=3").unwrap();
    let response = service.send(request).await.unwrap();
    assert_eq!((response.status(), response.is_success()), (200, true));
    assert_eq!((response.header("etag"), response.body().as_ref()), (Some("e"), &b"body"[..]));
    let log = server.log();
    assert_eq!(log[0].path, "/base/a/b.tar.gz?x=y");
    assert_eq!(log[0].header("authorization"), "Token t0");
    assert_eq!((log[0].header("x-one"), log[0].header("prefer")), ("1", "wait=3"));
    let response = service.send(ServiceRequest::post("logs", "[]".into())).await.unwrap();
    assert_eq!(response.status(), 200);
    let log = server.log();
    assert_eq!((log[1].method.as_str(), log[1].body.as_str()), ("POST", "[]"));
}

#[tokio::test]
async fn any_status_is_an_answer_and_what_stands_beside_it_is_bounded() {
    let server = Server::start(|request| match request.path.as_str() {
        "/base/cut" => vec![head(503, &["Content-Length: 100"]), Step::Send(b"x".to_vec())],
        "/base/long" => reply(500, &[], &[b'x'; 100_000]),
        _ => reply(404, &[TEXT], b"nothing"),
    })
    .await;
    let service = service(&server, &json!({}));
    for (path, status, body) in [("cut", 503, ""), ("long", 500, ""), ("x", 404, "nothing")] {
        let response = service.send(ServiceRequest::get(path)).await.unwrap();
        assert_eq!((response.status(), response.body().as_ref()), (status, body.as_bytes()));
        assert!(!response.is_success());
    }
}

#[tokio::test]
async fn hung_and_slow_and_cut_and_endless_answers_are_errors_that_say_so() {
    let server = Server::start(|request| match request.path.as_str() {
        "/base/hang" => vec![Step::Hang],
        "/base/late" => {
            let mut late = vec![Step::Wait(Duration::from_millis(1_300))];
            late.extend(reply(200, &[], b"late"));
            late
        }
        "/base/drip" => {
            vec![head(200, &["Content-Length: 9"]), Step::Send(b"x".to_vec()), Step::Hang]
        }
        "/base/cut" => vec![head(200, &["Content-Length: 9"]), Step::Send(b"x".to_vec())],
        "/base/announced" => vec![head(200, &["Content-Length: 9000"]), Step::Hang],
        _ => {
            let mut steps = vec![head(200, &[])];
            steps.extend((0..1_000).map(|_| Step::Send(vec![0; 1_000])));
            steps.push(Step::Hang);
            steps
        }
    })
    .await;
    let service = service(&server, &json!({"response_header_timeout_seconds": 1}));
    let ask = |path: &str| {
        let request = ServiceRequest::get(path).max_bytes(8_000).within(Duration::from_secs(2));
        let service = service.clone();
        async move { service.send(request).await }
    };
    let error = ask("hang").await.unwrap_err();
    assert!(
        matches!(*error, StoreError::Timeout { stage: "waiting for an answer", .. }),
        "{error}"
    );
    let error = ask("late").await.unwrap_err();
    assert!(
        matches!(*error, StoreError::Timeout { stage: "waiting for an answer", .. }),
        "{error}"
    );
    let error = ask("drip").await.unwrap_err();
    assert!(matches!(*error, StoreError::Timeout { stage: "the whole request", .. }), "{error}");
    let error = ask("cut").await.unwrap_err();
    assert!(matches!(*error, StoreError::SizeMismatch { expected: 9, found: 1, .. }), "{error}");
    for path in ["announced", "endless"] {
        let error = ask(path).await.unwrap_err();
        assert!(matches!(*error, StoreError::TooLarge { limit: 8_000, .. }), "{error}");
    }
    let waiting = ServiceRequest::get("late").wait(Duration::from_secs(1));
    assert_eq!(service.send(waiting).await.unwrap().body().as_ref(), b"late");
}

#[tokio::test]
async fn where_the_status_is_the_answer_no_body_makes_it_another() {
    let server = Server::start(|request| {
        let (status, rest) = request.path.rsplit_once('/').unwrap().1.split_once('-').unwrap();
        let status = status.parse().unwrap();
        match rest {
            "long" => reply(status, &[], &[b'x'; 100_000]),
            "cut" => vec![head(status, &["Content-Length: 9"]), Step::Send(b"x".to_vec())],
            "chunk" => {
                vec![head(status, &["Transfer-Encoding: chunked"]), Step::Send(b"zz\r\n".to_vec())]
            }
            "drip" => {
                vec![head(status, &["Content-Length: 9"]), Step::Send(b"x".to_vec()), Step::Hang]
            }
            _ => reply(status, &[], b"short"),
        }
    })
    .await;
    let service = service(&server, &json!({}));
    for status in [200, 204, 500] {
        for (rest, body) in
            [("long", ""), ("cut", ""), ("chunk", ""), ("drip", ""), ("short", "short")]
        {
            let path = format!("{status}-{rest}");
            let begun = std::time::Instant::now();
            let request = ServiceRequest::post(&path, "[]".into()).by_status();
            let response = service.send(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            if status != 204 {
                assert_eq!(response.body().as_ref(), body.as_bytes(), "{path}");
            }
            assert!(begun.elapsed() < Duration::from_secs(3), "{path}");
        }
    }
}

#[tokio::test]
async fn credentials_go_to_the_services_own_origin_only() {
    let other = Server::start(|_| reply(200, &[], b"elsewhere")).await;
    let place = format!("Location: http://{}/away", other.host);
    let server = Server::start(move |request| match request.path.as_str() {
        "/base/away" => reply(302, &[&place], b""),
        "/base/near" => reply(307, &["Location: /near"], b""),
        "/base/round" => reply(302, &["Location: /base/round"], b""),
        "/base/file" => reply(302, &["Location: file:///etc/passwd"], b""),
        "/base/nowhere" => reply(302, &[], b""),
        _ => reply(200, &[], b"here"),
    })
    .await;
    let more = json!({"headers": {"X-Key": "k"}, "credentials": {"bearer": {"token": "t"}}});
    let service = service(&server, &more);
    let request = ServiceRequest::get("away").header("If-None-Match", "e").unwrap();
    assert_eq!(service.send(request).await.unwrap().body().as_ref(), b"elsewhere");
    let log = other.log();
    assert_eq!((log[0].header("authorization"), log[0].header("x-key")), ("", ""));
    assert_eq!(log[0].header("if-none-match"), "e");
    service.send(ServiceRequest::get("near")).await.unwrap();
    let log = server.log();
    let near = log.iter().find(|request| request.path == "/near").unwrap();
    assert_eq!((near.header("authorization"), near.header("x-key")), ("Bearer t", "k"));
    for (path, problem) in [
        ("round", "more than 5 redirects"),
        ("file", "a redirect to another scheme than https is refused"),
        ("nowhere", "a redirect without a usable address"),
    ] {
        let error = service.send(ServiceRequest::get(path)).await.unwrap_err();
        assert_eq!(error.code(), "malformed");
        assert!(error.to_string().ends_with(problem), "{error}");
    }
    let posted = service.send(ServiceRequest::post("away", "secret".into())).await.unwrap();
    assert_eq!((posted.status(), other.log().len()), (302, 1), "the body would be lost");
}

#[tokio::test]
async fn a_body_is_sent_again_where_a_redirect_keeps_it() {
    let other = Server::start(|_| reply(200, &[], b"elsewhere")).await;
    let place = format!("Location: http://{}/away", other.host);
    let server = Server::start(move |request| match request.path.as_str() {
        "/base/away" => reply(307, &[&place], b""),
        "/base/near" => reply(308, &["Location: /near"], b""),
        "/base/round" => reply(308, &["Location: /base/round"], b""),
        _ => reply(200, &[], b"here"),
    })
    .await;
    let more = json!({"headers": {"X-Key": "k"}, "credentials": {"bearer": {"token": "t"}}});
    let service = service(&server, &more);
    let post = |path: &str| {
        let request = ServiceRequest::post(path, "an event".into());
        let request = request.header("Content-Encoding", "gzip").unwrap();
        let service = service.clone();
        async move { service.send(request).await }
    };
    assert_eq!(post("away").await.unwrap().body().as_ref(), b"elsewhere");
    let log = other.log();
    assert_eq!((log[0].method.as_str(), log[0].body.as_str()), ("POST", "an event"));
    assert_eq!(log[0].header("content-encoding"), "gzip");
    assert_eq!((log[0].header("authorization"), log[0].header("x-key")), ("", ""));
    assert_eq!(post("near").await.unwrap().body().as_ref(), b"here");
    let log = server.log();
    let near = log.iter().find(|request| request.path == "/near").unwrap();
    assert_eq!((near.method.as_str(), near.body.as_str()), ("POST", "an event"));
    assert_eq!((near.header("authorization"), near.header("x-key")), ("Bearer t", "k"));
    let error = post("round").await.unwrap_err();
    assert!(error.to_string().ends_with("more than 5 redirects"), "{error}");
}

#[tokio::test]
async fn a_header_of_the_configuration_authorizes_before_a_token_does() {
    let server = Server::start(|_| reply(200, &[], b"")).await;
    let more = json!({
        "headers": {"authorization": "Basic eDp5"}, "credentials": {"bearer": {"token": "t"}},
    });
    service(&server, &more).send(ServiceRequest::get("x")).await.unwrap();
    assert_eq!(server.log()[0].header("authorization"), "Basic eDp5");
}

#[tokio::test]
async fn a_token_in_a_file_is_read_for_each_request() {
    let server = Server::start(|_| reply(200, &[], b"")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let service = service(&server, &json!({"credentials": {"bearer": {"token_path": path}}}));
    let error = service.send(ServiceRequest::get("x")).await.unwrap_err();
    assert!(matches!(*error, StoreError::File { .. }), "{error}");
    for token in ["one", "two\n"] {
        std::fs::write(&path, token).unwrap();
        service.send(ServiceRequest::get("x")).await.unwrap();
    }
    std::fs::write(&path, "\n").unwrap();
    let error = service.send(ServiceRequest::get("x")).await.unwrap_err();
    assert_eq!(error.code(), "configuration");
    let sent: Vec<_> =
        server.log().iter().map(|request| request.header("authorization").to_owned()).collect();
    assert_eq!(sent, ["Bearer one", "Bearer two"]);
}

#[tokio::test]
async fn a_user_name_in_the_address_is_sent_and_not_shown() {
    let server = Server::start(|_| reply(200, &[], b"")).await;
    let url = format!("http://me:hunt%26r2@{}", server.host);
    let service = Service::new(&config(&url, &json!({}))).unwrap();
    let response = service.send(ServiceRequest::get("x?signature=hunter2")).await.unwrap();
    let sent = server.log()[0].header("authorization").to_owned();
    assert_eq!(sent, format!("Basic {}", data_encoding::BASE64.encode(b"me:hunt&r2")));
    let shown = format!("{service:?} {response:?} {}", response.target());
    assert!(!shown.contains("hunt"), "{shown}");
}

#[test]
fn settings_that_cannot_be_used_are_errors_that_name_them() {
    let bearer = |value: Value| json!({"credentials": {"bearer": value}});
    let oauth = |value: Value| {
        let mut oauth = json!({
            "token_url": "https://t.example", "client_id": "i", "client_secret": "hunter2",
        });
        for (name, value) in value.as_object().unwrap() {
            oauth[name] = value.clone();
        }
        json!({"credentials": {"oauth2": oauth}})
    };
    let cases = [
        ("", json!({}), "services.s.url: the service has no address"),
        ("example", json!({}), "services.s.url: it is no address: relative URL without a base"),
        (
            "ftp://h",
            json!({}),
            "services.s.url: its scheme is \"ftp\", and http or https is needed",
        ),
        ("http://h?q", json!({}), "services.s.url: paths are appended to it, so it has no query"),
        (
            "http://h",
            json!({"headers": {"a b": ""}}),
            "services.s.headers.a b: that is no name of a header",
        ),
        (
            "http://h",
            json!({"headers": {"a": "\n"}}),
            "services.s.headers.a: its value cannot stand in a header",
        ),
        (
            "http://h",
            bearer(json!({})),
            "services.s.credentials.bearer: there is neither token nor token_path",
        ),
        (
            "http://h",
            bearer(json!({"token": "hunter2", "token_path": "p"})),
            "services.s.credentials.bearer: there are both token and token_path, and one is the \
             most",
        ),
        (
            "http://h",
            bearer(json!({"token": "hunter2\n"})),
            "services.s.credentials.bearer: the token cannot stand in a header",
        ),
        (
            "http://h",
            json!({"credentials": {"bearer": {"token": "hunter2"}, "oauth2": {}}}),
            "services.s.credentials: there are several ways to authenticate, and one is the most",
        ),
        (
            "http://h",
            json!({"credentials": {"s3_signing": {"environment_credentials": {}}}}),
            "services.s.credentials.s3_signing: this way to authenticate is not supported; there \
             are bearer, client_tls and oauth2",
        ),
        (
            "http://h",
            oauth(json!({"token_url": "http://t.example"})),
            "services.s.credentials.oauth2.token_url: it must begin with https://",
        ),
        (
            "http://h",
            oauth(json!({"grant_type": "jwt_bearer"})),
            "services.s.credentials.oauth2.signing_key: it is needed for the grant_type jwt_bearer",
        ),
        (
            "http://h",
            oauth(json!({"client_assertion": "x"})),
            "services.s.credentials.oauth2: exactly one of client_secret, signing_key, \
             client_assertion and client_assertion_path is needed",
        ),
        (
            "http://h",
            oauth(json!({"client_id": ""})),
            "services.s.credentials.oauth2.client_id: it is needed",
        ),
        (
            "http://h",
            oauth(json!({"signing_key": "k", "client_secret": ""})),
            "services.s.credentials.oauth2.signing_key: keys has no \"k\"",
        ),
        (
            "http://h",
            oauth(json!({"aws_kms": {"name": "hunter2"}})),
            "services.s.credentials.oauth2.aws_kms: signing with a key of a cloud is not \
             supported; there are client_secret, signing_key, client_assertion and \
             client_assertion_path",
        ),
        (
            "http://h",
            json!({"credentials": {"client_tls": {"cert": "c"}}}),
            "services.s.credentials.client_tls.private_key: a client certificate needs it",
        ),
        (
            "http://h",
            json!({"tls": {"ca_cert": "/no/such"}}),
            "services.s.tls.ca_cert: the authorities cannot be used",
        ),
    ];
    for (url, more, expected) in cases {
        let error = Service::new(&config(url, &more)).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
