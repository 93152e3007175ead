//! TLS: whose certificates are taken, and what becomes of unusable settings.

use crate::helpers::{BODY, config, place, store_with, tag};
use crate::server::{MANIFEST, Server, reply};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, CustomExtension, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, date_time_ymd, generate_simple_self_signed,
};
use referee_core::Limits;
use referee_core::error::chain;
use referee_store::service::{Service, ServiceRequest};
use referee_store::{Environment, RegistryConfig, RegistryStore, Store, StoreError};
use serde_json::json;
use std::sync::Arc;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{self, ServerConfig};

/// A server with a certificate of its own making, and a folder with that as `ca.pem`.
async fn server() -> (Server, TempDir) {
    with(generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap()).await
}

/// The same with what `openssl req -x509` makes: the certificate is an authority's.
async fn authority(change: impl FnOnce(&mut CertificateParams)) -> (Server, TempDir) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    with(CertifiedKey { cert, signing_key }).await
}

async fn with(certified: CertifiedKey<KeyPair>) -> (Server, TempDir) {
    let CertifiedKey { cert, signing_key } = certified;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    // Put together here: what is refused to be served is to be refused by who asks, too.
    let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![cert.der().clone()], key);
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let handler = Arc::new(|_: &crate::server::Request| reply(200, &[MANIFEST], BODY));
    let server = Server::start_with(handler, Some(acceptor)).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), cert.pem()).unwrap();
    (server, folder)
}

fn trusting(folder: &TempDir, only: bool) -> RegistryConfig {
    let mut config = config(&[]);
    config.ca_files = vec![folder.path().join("ca.pem")];
    config.only_ca_files = only;
    config
}

#[tokio::test]
async fn a_server_of_a_configured_authority_is_trusted() {
    let (server, folder) = server().await;
    for only in [false, true] {
        let store = store_with(&trusting(&folder, only), &Limits::default());
        store.manifest(&place(&server), tag("1").as_ref()).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not_and_is_not_asked_again() {
    let (server, _folder) = server().await;
    let (_other, other_folder) = self::server().await;
    for (number, config) in [config(&[]), trusting(&other_folder, true)].into_iter().enumerate() {
        let store = store_with(&config, &Limits::default());
        let error = store.manifest(&place(&server), tag("1").as_ref()).await.unwrap_err();
        assert!(matches!(*error, StoreError::Connection { .. }), "{error:?}");
        assert_eq!(server.connections(), number + 1, "a certificate is not tried again");
    }
    assert_eq!(server.log().len(), 0);
}

#[tokio::test]
async fn an_authoritys_own_certificate_is_taken_where_it_is_configured_byte_for_byte() {
    let (server, folder) = authority(|_| ()).await;
    for only in [false, true] {
        let store = store_with(&trusting(&folder, only), &Limits::default());
        store.manifest(&place(&server), tag("1").as_ref()).await.unwrap();
    }
    let (_other, other_folder) = authority(|_| ()).await;
    let store = store_with(&trusting(&other_folder, true), &Limits::default());
    let error = store.manifest(&place(&server), tag("1").as_ref()).await.unwrap_err();
    let words = "the server's certificate is an authority's, and none of those that are configured";
    assert!(chain(&*error).ends_with(words), "{}", chain(&*error));
}

#[tokio::test]
async fn an_authoritys_own_certificate_is_held_to_its_time_its_name_and_its_use() {
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, &str); 5] = [
        (|p| p.not_after = date_time_ymd(2020, 1, 1), "was valid until 2020-01-01T00:00:00Z"),
        (|p| p.not_before = date_time_ymd(2999, 1, 1), "is valid from 2999-01-01T00:00:00Z on"),
        (
            |p| {
                p.subject_alt_names =
                    CertificateParams::new(["a.example".into()]).unwrap().subject_alt_names
            },
            "is not for 127.0.0.1, but for a.example",
        ),
        (
            |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            "is not for servers: its extended key usage is another",
        ),
        (
            |p| {
                let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
                unknown.set_criticality(true);
                p.custom_extensions.push(unknown);
            },
            "has a critical extension that is not known",
        ),
    ];
    for (change, expected) in cases {
        let (server, folder) = authority(change).await;
        let store = store_with(&trusting(&folder, true), &Limits::default());
        let error = store.manifest(&place(&server), tag("1").as_ref()).await.unwrap_err();
        let told = chain(&*error);
        assert!(told.ends_with(&format!("the server's certificate {expected}")), "{told}");
        assert_eq!(server.log().len(), 0);
    }
    for purpose in [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Any] {
        let (server, folder) = authority(|p| p.extended_key_usages = vec![purpose]).await;
        let store = store_with(&trusting(&folder, true), &Limits::default());
        store.manifest(&place(&server), tag("1").as_ref()).await.unwrap();
    }
}

#[tokio::test]
async fn a_service_may_be_its_own_authority() {
    let (server, folder) = authority(|_| ()).await;
    let url = format!("https://{}", server.host);
    let ca_cert = folder.path().join("ca.pem");
    let config = crate::service::config(&url, &json!({"tls": {"ca_cert": ca_cert}}));
    let answer = Service::new(&config).unwrap().send(ServiceRequest::get("x")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let config = crate::service::config(&url, &json!({"allow_insecure_tls": true}));
    let answer = Service::new(&config).unwrap().send(ServiceRequest::get("x")).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_host_that_is_not_listed_as_plain_is_spoken_to_with_tls_only() {
    let plain = Server::start(|_| reply(200, &[MANIFEST], BODY)).await;
    let store = store_with(&config(&[]), &Limits::default());
    let error = store.manifest(&place(&plain), tag("1").as_ref()).await.unwrap_err();
    assert!(matches!(*error, StoreError::Connection { .. }), "{error:?}");
    assert_eq!(plain.log().len(), 0);
}

#[tokio::test]
async fn certificate_files_that_cannot_be_used_are_errors() {
    let (_server, folder) = server().await;
    for content in [None, Some(""), Some("no certificate"), Some(BROKEN)] {
        let path = folder.path().join("ca.pem");
        std::fs::remove_file(&path).ok();
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let config = trusting(&folder, false);
        let error =
            RegistryStore::new(&config, &Limits::default(), &Environment::empty()).unwrap_err();
        assert!(matches!(error, StoreError::Configuration { .. }), "{content:?}: {error:?}");
        assert!(error.target().contains("ca"), "{error:?}");
    }
}

const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[tokio::test]
async fn settings_that_cannot_be_used_are_errors_that_name_them() {
    type Change = fn(&mut RegistryConfig);
    let cases: [(Change, &str); 6] = [
        (|c| c.attempts = 0, "attempts"),
        (|c| c.total_timeout_ms = 0, "total_timeout_ms"),
        (|c| c.max_concurrent_per_host = 0, "max_concurrent_per_host"),
        (|c| c.only_ca_files = true, "only_ca_files"),
        (|c| c.plain_http = vec!["http://x".into()], "plain_http"),
        (|c| c.plain_http = vec!["*".into()], "plain_http"),
    ];
    for (change, expected) in cases {
        let mut config = config(&[]);
        change(&mut config);
        let error =
            RegistryStore::new(&config, &Limits::default(), &Environment::empty()).unwrap_err();
        let StoreError::Configuration { setting, .. } = error else { panic!("{error:?}") };
        assert_eq!(setting, expected);
    }
}
