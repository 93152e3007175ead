//! Where the server listens, and what it speaks there.

use crate::client::Client;
use crate::stand::Stand;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use referee_server::{Authentication, Server, ServerConfig, TlsVersion};
use reqwest::{Certificate, Identity, Version};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// An authority, and what it certifies.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "an authority");
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a name of this machine, and its key.
    pub(crate) fn certify(&self, common_name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::OrganizationName, "Example");
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// Files of certificates.
pub(crate) struct Files {
    pub(crate) folder: TempDir,
    pub(crate) authority: Authority,
}

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self { folder: TempDir::new().unwrap(), authority: Authority::new() };
        std::fs::write(files.path("ca.pem"), files.authority.pem()).unwrap();
        files.renew(&files.authority, "server");
        files
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts another certificate and key there.
    fn renew(&self, authority: &Authority, common_name: &str) {
        let (certificate, key) = authority.certify(common_name);
        std::fs::write(self.path("server.pem"), certificate).unwrap();
        std::fs::write(self.path("server.key"), key).unwrap();
    }

    pub(crate) fn configure(&self, config: &mut ServerConfig) {
        config.tls.certificate = Some(self.path("server.pem"));
        config.tls.key = Some(self.path("server.key"));
        config.tls.client_ca = Some(self.path("ca.pem"));
        config.tls.refresh_ms = 20;
    }

    /// A client that trusts the authority, with or without a certificate of its own.
    pub(crate) fn client(&self, common_name: Option<&str>) -> reqwest::Client {
        let root = Certificate::from_pem(self.authority.pem().as_bytes()).unwrap();
        let mut client = reqwest::Client::builder().tls_certs_only([root]).no_proxy();
        if let Some(common_name) = common_name {
            let (certificate, key) = self.authority.certify(common_name);
            let identity = Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap();
            client = client.identity(identity);
        }
        client.build().unwrap()
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    referee_core::error::chain(error)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_an_address_speaks_tls_and_both_http_1_and_2() {
    let files = Files::new();
    let stand = Stand::with(|config, _| files.configure(config)).await;
    let url = format!("https://localhost:{}/v1/data/demo/greeting", stand.address.port());
    let answer = files.client(None).post(&url).json(&json!({"input": {"name": "a"}}));
    let answer = answer.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert_eq!(answer.text().await.unwrap(), "{\"result\":\"hello, a\"}\n");

    let root = Certificate::from_pem(files.authority.pem().as_bytes()).unwrap();
    let old = reqwest::Client::builder().tls_certs_only([root]).http1_only().build().unwrap();
    let answer = old.get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_11));

    let mut plain = stand.client().await;
    let request = plain.request("GET /health", &[], "");
    plain.send(request.as_bytes()).await;
    assert!(plain.answer().await.is_none(), "who does not speak TLS is not answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_on_one_connection_of_http_2_are_answered_side_by_side() {
    let files = Files::new();
    let stand = Stand::with(|config, _| files.configure(config)).await;
    let client = files.client(None);
    let url = format!("https://localhost:{}/v1/data/demo/echo", stand.address.port());
    let large = "x".repeat(300_000);
    let asks = (0..60).map(|number| {
        let body = json!({"input": {"number": number, "text": large}});
        let asked = client.post(&url).json(&body).send();
        async move { asked.await.unwrap().json::<serde_json::Value>().await.unwrap() }
    });
    for (number, body) in futures_util::future::join_all(asks).await.into_iter().enumerate() {
        assert_eq!(body["result"]["number"], number);
        assert_eq!(body["result"]["text"].as_str().unwrap().len(), large.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_while_serving_and_a_broken_one_is_not() {
    let files = Files::new();
    let stand = Stand::with(|config, _| files.configure(config)).await;
    let url = format!("https://localhost:{}/health", stand.address.port());
    assert_eq!(files.client(None).get(&url).send().await.unwrap().status(), 200);

    std::fs::write(files.path("server.pem"), "no certificate").unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(files.client(None).get(&url).send().await.unwrap().status(), 200);

    files.renew(&Authority::new(), "server");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    let error = loop {
        match files.client(None).get(&url).send().await {
            Err(error) => break chain(&error),
            Ok(_) => assert!(tokio::time::Instant::now() < deadline, "it was never taken"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // The authorities have one name.
    assert!(error.contains("BadSignature"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_certificates_are_asked_for_nobody_connects_without_one() {
    let files = Files::new();
    let stand = Stand::with(|config, _| {
        files.configure(config);
        config.authentication = Authentication::Tls;
        config.tls.min_version = TlsVersion::V13;
    })
    .await;
    let url = format!("https://localhost:{}/health", stand.address.port());
    assert_eq!(files.client(Some("a client")).get(&url).send().await.unwrap().status(), 200);

    let port = stand.address.port();
    assert_eq!(alert(&files.authority, None, port).await, "CertificateRequired");
    let stranger = Authority::new();
    assert_eq!(alert(&files.authority, Some(&stranger), port).await, "DecryptError");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authorities_of_clients_are_renewed_though_the_certificate_is_broken_and_the_other_way_round()
 {
    let files = Files::new();
    let stand = Stand::with(|config, _| {
        files.configure(config);
        config.authentication = Authentication::Tls;
    })
    .await;
    let port = stand.address.port();
    let url = format!("https://localhost:{port}/health");
    assert_eq!(files.client(Some("a client")).get(&url).send().await.unwrap().status(), 200);

    // Whoever trusted the clients so far is not to be trusted any more.
    let next = Authority::new();
    std::fs::write(files.path("server.pem"), "no certificate").unwrap();
    std::fs::write(files.path("ca.pem"), next.pem()).unwrap();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while files.client(Some("a client")).get(&url).send().await.is_ok() {
        assert!(tokio::time::Instant::now() < deadline, "the old authority stays in force");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(alert(&files.authority, Some(&files.authority), port).await, "DecryptError");

    // The server's own certificate comes from another authority now; that of clients is gone.
    std::fs::write(files.path("ca.pem"), "no authority").unwrap();
    files.renew(&next, "server");
    let trusting_next = Files { folder: TempDir::new().unwrap(), authority: next };
    loop {
        match trusting_next.client(Some("a client")).get(&url).send().await {
            Ok(answer) => break assert_eq!(answer.status(), 200),
            Err(error) => assert!(tokio::time::Instant::now() < deadline, "{}", chain(&error)),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_show_the_certificate_that_is_itself_the_authority() {
    let files = Files::new();
    let stand = Stand::with(|config, _| {
        files.configure(config);
        config.authentication = Authentication::Tls;
    })
    .await;
    let url = format!("https://localhost:{}/health", stand.address.port());
    let root = Certificate::from_pem(files.authority.pem().as_bytes()).unwrap();
    let own = format!("{}{}", files.authority.pem(), files.authority.issuer.key().serialize_pem());
    let client = reqwest::Client::builder().tls_certs_only([root]).no_proxy();
    let client = client.identity(Identity::from_pem(own.as_bytes()).unwrap()).build().unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_version_1_is_served_and_one_with_another_key_is_not() {
    let files = Files::new();
    let ran = |arguments: &[&str]| {
        let ran = std::process::Command::new("openssl")
            .args(arguments)
            .current_dir(files.folder.path())
            .output();
        ran.is_ok_and(|ran| ran.status.success())
    };
    let asked = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", "v1.key", "-out", "v1.csr"];
    let signed = ["x509", "-req", "-in", "v1.csr", "-signkey", "v1.key", "-out", "v1.pem"];
    if !ran(&[&asked[..], &["-subj", "/CN=localhost"]].concat()) || !ran(&signed) {
        println!("SKIPPED: there is no openssl that makes certificates of version 1");
        return;
    }
    let stand = Stand::with(|config, _| {
        files.configure(config);
        config.tls.certificate = Some(files.path("v1.pem"));
        config.tls.key = Some(files.path("v1.key"));
    })
    .await;
    let url = format!("https://localhost:{}/health", stand.address.port());
    let client = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).no_proxy();
    assert_eq!(client.build().unwrap().get(&url).send().await.unwrap().status(), 200);

    let error = refused(|config| {
        files.configure(config);
        config.tls.certificate = Some(files.path("v1.pem"));
    });
    let told = "the private key is not that of the certificate";
    assert!(error.await.ends_with(told));
}

/// The alert (RFC 8446, section 6.2) with which a server ends a connection, once a client that
/// shows a certificate of an authority or none has asked for something.
async fn alert(trusted: &Authority, of: Option<&Authority>, port: u16) -> String {
    use tokio_rustls::rustls;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match of {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let (certificate, key) = authority.certify("a client");
            let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    // Whether this is still taken is a matter of time.
    let _sent = stream.write_all(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let error = stream.read_u8().await.unwrap_err();
    match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => format!("{alert:?}"),
        _ => panic!("{error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_finishes_its_handshake_is_cut_off() {
    let files = Files::new();
    let stand = Stand::with(|config, _| {
        files.configure(config);
        config.header_read_timeout_ms = 200;
    })
    .await;
    let mut client = stand.client().await;
    client.send(&[0x16, 3, 1]).await;
    let ended = tokio::time::timeout(Duration::from_secs(20), client.answer()).await;
    assert!(ended.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_without_tls_is_spoken_where_it_is_configured() {
    let stand = Stand::with(|config, _| config.h2c = true).await;
    let url = format!("http://{}/v1/data/demo/sum", stand.address);
    let direct = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let answer = direct.get(&url).send().await.unwrap();
    assert_eq!(answer.version(), Version::HTTP_2);
    assert_eq!(answer.text().await.unwrap(), "{\"result\":3}\n");
    let mut old = stand.client().await;
    assert_eq!(old.get("/v1/data/demo/sum").await.status, 200);

    let stand = Stand::new().await;
    let url = format!("http://{}/v1/data/demo/sum", stand.address);
    assert!(direct.get(&url).send().await.unwrap_err().is_request());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_http_2_that_nobody_uses_is_closed() {
    let stand = Stand::with(|config, _| {
        config.h2c = true;
        config.idle_timeout_ms = 200;
        config.write_timeout_ms = 200;
    })
    .await;
    let mut client = Client::connect(stand.address).await;
    // The preface, settings without a setting, and then nothing.
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), client.answer()).await;
    assert!(ended.unwrap().is_none());
}

/// Frames of HTTP/2 by hand: settings that allow no byte of an answer, and a request.
fn frugal(path: &str) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // SETTINGS: SETTINGS_INITIAL_WINDOW_SIZE (4) is 0 (RFC 9113, section 6.5.2).
    bytes.extend_from_slice(b"\0\0\x06\x04\0\0\0\0\0\0\x04\0\0\0\0");
    // HPACK (RFC 7541): `:method: GET` and `:scheme: http` from the static table, then `:path` and
    // `:authority` in plain text.
    let mut fields = vec![0x82, 0x86, 0x04, u8::try_from(path.len()).unwrap()];
    fields.extend_from_slice(path.as_bytes());
    fields.extend_from_slice(&[0x01, 1, b'a']);
    // HEADERS with END_STREAM and END_HEADERS on stream 1.
    bytes.extend_from_slice(&[0, 0, u8::try_from(fields.len()).unwrap(), 1, 5, 0, 0, 0, 1]);
    bytes.extend_from_slice(&fields);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_of_an_answer_over_http_2_is_cut_off() {
    let stand = Stand::with(|config, _| {
        config.h2c = true;
        config.write_timeout_ms = 300;
    })
    .await;
    let mut client = Client::connect(stand.address).await;
    client.send(&frugal("/v1/data/base")).await;
    let ended = tokio::time::timeout(Duration::from_secs(20), client.answer()).await;
    assert!(ended.unwrap().is_none());
}

async fn over(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn unix_sockets_are_served_with_their_permissions_and_taken_away_at_the_end() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let (main, diagnostic) = (folder.path().join("main"), folder.path().join("diagnostic"));
    // What a process that was killed left behind.
    drop(std::os::unix::net::UnixListener::bind(&main).unwrap());
    let mut stand = Stand::with(|config, _| {
        config.listen.push(format!("unix://{}", main.display()).parse().unwrap());
        config.diagnostic_listen =
            vec![format!("unix://{}", diagnostic.display()).parse().unwrap()];
        config.unix_socket_permissions = "700".into();
    })
    .await;
    for socket in [&main, &diagnostic] {
        let text = over(socket).await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("{}\n"), "{text}");
        let mode = std::fs::metadata(socket).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    stand.stop();
    stand.ended().await;
    assert!(!main.exists());
}

/// What listening there fails with.
async fn refused(change: impl FnOnce(&mut ServerConfig)) -> String {
    let stand = Stand::new().await;
    let mut config = ServerConfig::default();
    change(&mut config);
    let server = Server::new(config, stand.engine.clone(), None, Default::default());
    chain(&server.unwrap().bind().await.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_listened_on_is_told_with_its_reason() {
    let folder = TempDir::new().unwrap();
    let taken = folder.path().join("taken");
    let _listening = std::os::unix::net::UnixListener::bind(&taken).unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "keep me").unwrap();
    let unix = |path: &Path| format!("unix://{}", path.display());
    for (address, error) in [
        (unix(&taken), format!("{} cannot be listened on: address in use", unix(&taken))),
        (
            unix(&file),
            format!("{} cannot be listened on: what stands there is no socket", unix(&file)),
        ),
        ("https://127.0.0.1:0".into(), "server.tls.certificate is not set".into()),
    ] {
        let found = refused(|config| config.listen = vec![address.parse().unwrap()]).await;
        assert_eq!(found, error);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "keep me");
    let missing = folder.path().join("missing");
    let found = refused(|config| {
        config.tls.certificate = Some(missing.clone());
        config.tls.key = Some(missing.clone());
    })
    .await;
    let expected = format!("server.tls.certificate: {} cannot be read: ", missing.display());
    assert!(found.starts_with(&expected), "{found}");
    let files = Files::new();
    let found = refused(|config| {
        files.configure(config);
        config.tls.cipher_suites = vec!["TLS_RSA_WITH_RC4_128_SHA".into()];
    })
    .await;
    assert_eq!(found, "server.tls.cipher_suites: there is no \"TLS_RSA_WITH_RC4_128_SHA\"");
}
