//! TLS: whose certificates are taken, and what becomes of unusable settings.

use crate::helpers::{BODY, config, place, store_with, tag};
use crate::server::{MANIFEST, Server, reply};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use referee_core::Limits;
use referee_store::{Environment, RegistryConfig, RegistryStore, Store, StoreError};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A server with a certificate of its own making, and a folder with that as `ca.pem`.
async fn server() -> (Server, TempDir) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
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
