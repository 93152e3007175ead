//! A client for a service over TLS: authorities, client certificates, tokens of an OAuth 2 server.

use crate::server::{Request, Script, Server, Step, reply};
use crate::service::config;
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use referee_core::Coded as _;
use referee_store::StoreError;
use referee_store::service::{Service, ServiceRequest};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for a name, and its key.
    fn issue(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap(), key)
    }

    pub(crate) fn write(&self, folder: &Path) {
        std::fs::write(folder.join("ca.pem"), self.0.pem()).unwrap();
    }

    /// Writes `client.pem` and `client.key`.
    pub(crate) fn write_client(&self, folder: &Path) {
        let (certificate, key) = self.issue("client");
        std::fs::write(folder.join("client.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("client.key"), key.serialize_pem()).unwrap();
    }

    pub(crate) async fn server(
        &self,
        clients: Option<&Self>,
        handler: impl Fn(&Request) -> Script + Send + Sync + 'static,
    ) -> Server {
        let (certificate, key) = self.issue("127.0.0.1");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let builder = ServerConfig::builder();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.0.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let tls = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        Server::start_with(Arc::new(handler), Some(TlsAcceptor::from(Arc::new(tls)))).await
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) fn url(server: &Server) -> String {
    format!("https://{}", server.host)
}

#[tokio::test]
async fn a_service_is_trusted_by_its_configured_authority_or_not_at_all() {
    let (authority, folder) = (Authority::new(), folder());
    authority.write(folder.path());
    let server = authority.server(None, |_| reply(200, &[], b"")).await;
    let ca = folder.path().join("ca.pem");
    for (more, taken) in [
        (json!({}), false),
        (json!({"tls": {"ca_cert": ca}}), true),
        (json!({"tls": {"ca_cert": ca, "system_ca_required": true}}), true),
        (json!({"allow_insecure_tls": true}), true),
    ] {
        let service = Service::new(&config(&url(&server), &more)).unwrap();
        let answer = service.send(ServiceRequest::get("x")).await;
        match answer {
            Ok(response) => assert!(taken && response.is_success(), "{more}"),
            Err(error) => assert!(!taken && error.code() == "connection_failed", "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_a_renewed_one_is_used_with_the_next_request() {
    let (authority, strangers, folder) = (Authority::new(), Authority::new(), folder());
    authority.write(folder.path());
    strangers.write_client(folder.path());
    let server = authority.server(Some(&authority), |_| reply(200, &[], b"in")).await;
    let more = json!({
        "tls": {"ca_cert": folder.path().join("ca.pem")},
        "credentials": {"client_tls": {
            "cert": folder.path().join("client.pem"),
            "private_key": folder.path().join("client.key"),
        }},
    });
    let service = Service::new(&config(&url(&server), &more)).unwrap();
    let error = service.send(ServiceRequest::get("x")).await.unwrap_err();
    assert_eq!(error.code(), "connection_failed", "{error:?}");
    authority.write_client(folder.path());
    let response = service.send(ServiceRequest::get("x")).await.unwrap();
    assert_eq!(response.body().as_ref(), b"in");
    std::fs::write(folder.path().join("client.key"), "hunter2, and no key").unwrap();
    let error = service.send(ServiceRequest::get("x")).await.unwrap_err();
    assert_eq!(error.code(), "configuration");
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_client_certificate_is_not_shown_where_a_redirect_leads_elsewhere() {
    let (authority, folder) = (Authority::new(), folder());
    authority.write(folder.path());
    authority.write_client(folder.path());
    let other = authority.server(Some(&authority), |_| reply(200, &[], b"in")).await;
    let place = format!("Location: {}/x", url(&other));
    let server = authority.server(Some(&authority), move |_| reply(302, &[&place], b"")).await;
    let more = json!({
        "tls": {"ca_cert": folder.path().join("ca.pem")},
        "credentials": {"client_tls": {
            "cert": folder.path().join("client.pem"),
            "private_key": folder.path().join("client.key"),
        }},
    });
    let service = Service::new(&config(&url(&server), &more)).unwrap();
    let error = service.send(ServiceRequest::get("x")).await.unwrap_err();
    assert_eq!(error.code(), "connection_failed", "{error:?}");
    assert_eq!((server.log().len(), other.log().len()), (1, 0));
}

#[tokio::test]
async fn a_token_is_fetched_once_kept_and_fetched_anew_when_it_is_refused() {
    let (authority, folder) = (Authority::new(), folder());
    authority.write(folder.path());
    let fetched = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&fetched);
    let tokens = authority
        .server(None, move |_| {
            let number = counter.fetch_add(1, Ordering::SeqCst);
            let body = json!({
                "access_token": format!("t{number}"), "token_type": "Bearer", "expires_in": 3600,
            });
            reply(200, &[], body.to_string().as_bytes())
        })
        .await;
    let server = Server::start(|request| {
        let refused = request.header("authorization") == "Bearer t0" && request.before >= 8;
        reply(if refused { 401 } else { 200 }, &[], b"")
    })
    .await;
    let more = json!({
        "tls": {"ca_cert": folder.path().join("ca.pem")},
        "credentials": {"oauth2": {
            "token_url": format!("{}/token", url(&tokens)), "client_id": "me",
            "client_secret": "hunter2", "scopes": ["a", "b"],
            "additional_headers": {"X-A": "1"}, "additional_parameters": {"audience": "x y"},
        }},
    });
    let service = Service::new(&config(&format!("http://{}", server.host), &more)).unwrap();
    let ask = || service.send(ServiceRequest::get("x"));
    let answers = futures_util::future::join_all((0..8).map(|_| ask())).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().is_success()));
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
    let sent = &tokens.log()[0];
    assert_eq!(sent.body, "scope=a+b&audience=x+y&grant_type=client_credentials");
    assert_eq!(sent.header("x-a"), "1");
    let basic = format!("Basic {}", data_encoding::BASE64.encode(b"me:hunter2"));
    assert_eq!(sent.header("authorization"), basic);
    assert!(ask().await.unwrap().is_success(), "a refused token is fetched anew");
    assert_eq!(fetched.load(Ordering::SeqCst), 2);
    assert_eq!(server.log().last().unwrap().header("authorization"), "Bearer t1");
    assert!(!format!("{service:?}").contains("hunter2"));
}

#[tokio::test]
async fn an_assertion_is_read_from_its_file_and_a_token_without_a_future_is_not_kept() {
    let (authority, folder) = (Authority::new(), folder());
    authority.write(folder.path());
    let tokens = authority
        .server(None, |_| reply(200, &[], br#"{"access_token":"t","token_type":"bearer"}"#))
        .await;
    let server = Server::start(|_| reply(200, &[], b"")).await;
    let assertion = folder.path().join("assertion");
    std::fs::write(&assertion, "a.b.c\n").unwrap();
    let more = json!({
        "tls": {"ca_cert": folder.path().join("ca.pem")},
        "credentials": {"oauth2": {
            "token_url": url(&tokens), "client_id": "me", "client_assertion_path": assertion,
        }},
    });
    let service = Service::new(&config(&format!("http://{}", server.host), &more)).unwrap();
    for _ in 0..2 {
        assert!(service.send(ServiceRequest::get("x")).await.unwrap().is_success());
    }
    assert_eq!(tokens.log().len(), 2);
    assert_eq!(
        tokens.log()[0].body,
        "grant_type=client_credentials&client_id=me&client_assertion_type=urn%3Aietf%3Aparams\
         %3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c"
    );
}

#[tokio::test]
async fn where_there_is_no_token_the_service_is_not_asked_and_the_error_shows_no_secret() {
    let (authority, folder) = (Authority::new(), folder());
    authority.write(folder.path());
    type Answer = (u16, &'static [u8], &'static str);
    let cases: [Answer; 6] = [
        (
            400,
            br#"{"error":"invalid_client","error_description":"no\nsuch","x":"hunter2"}"#,
            "denied",
        ),
        (500, b"hunter2", "server_failed"),
        (302, b"", "denied"),
        (200, b"hunter2", "malformed"),
        (200, br#"{"access_token":"hunter2","token_type":"mac"}"#, "malformed"),
        (200, br#"{"access_token":"hunter2\n\n2","token_type":"bearer"}"#, "malformed"),
    ];
    for (status, body, code) in cases {
        let tokens = authority
            .server(None, move |_| reply(status, &["Location: https://elsewhere.example/"], body))
            .await;
        let server = Server::start(|_| vec![Step::Hang]).await;
        let more = json!({
            "tls": {"ca_cert": folder.path().join("ca.pem")},
            "credentials": {"oauth2": {
                "token_url": format!("{}/?key=hunter2", url(&tokens)), "client_id": "me",
                "client_secret": "hunter2",
            }},
        });
        let service = Service::new(&config(&format!("http://{}", server.host), &more)).unwrap();
        let error = service.send(ServiceRequest::get("x")).await.unwrap_err();
        assert_eq!(error.code(), code, "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert_eq!(server.log().len(), 0);
        if status == 400 {
            let StoreError::Denied { detail, .. } = error.as_ref() else { panic!("{error:?}") };
            assert_eq!(detail.as_deref(), Some("invalid_client nosuch"));
        }
    }
}
