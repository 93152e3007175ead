//! Client certificates whose keys the real `openssl` encrypted.

use crate::find::{skipped, tool};
use crate::server::{Server, reply};
use crate::service::config;
use crate::service_tls::{Authority, folder, url};
use referee_core::Coded as _;
use referee_store::StoreError;
use referee_store::service::{Service, ServiceRequest};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Has `openssl` write `client.key` anew, as `to`.
fn encrypted(openssl: &Path, folder: &Path, to: &str, arguments: &[&str]) {
    let output = Command::new(openssl)
        .current_dir(folder)
        .args(arguments)
        .args(["-in", "client.key", "-out", to, "-passout", "pass:hunter2"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A service that asks with a key.
fn service(server: &Server, folder: &Path, key: &str, more: &str) -> Result<Service, StoreError> {
    let mut tls = json!({"cert": folder.join("client.pem"), "private_key": folder.join(key)});
    if !more.is_empty() {
        tls["private_key_passphrase"] = more.into();
    }
    let more = json!({
        "tls": {"ca_cert": folder.join("ca.pem")}, "credentials": {"client_tls": tls},
    });
    Service::new(&config(&url(server), &more))
}

#[tokio::test]
async fn a_key_that_is_encrypted_opens_with_its_passphrase_and_with_no_other() {
    let Some(openssl) = tool("openssl") else {
        return skipped("encrypted keys", "there is no openssl");
    };
    let (authority, folder) = (Authority::new(), folder());
    let folder = folder.path();
    authority.write(folder);
    authority.write_client(folder);
    let server = authority.server(Some(&authority), |_| reply(200, &[], b"in")).await;
    let forms: [(&str, &[&str]); 7] = [
        ("pkcs8-128", &["pkcs8", "-topk8", "-v2", "aes-128-cbc"]),
        ("pkcs8-256", &["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "10000"]),
        ("scrypt", &["pkcs8", "-topk8", "-scrypt", "-scrypt_N", "1024"]),
        ("pkey", &["pkey", "-aes256"]),
        ("old-128", &["pkey", "-traditional", "-aes128"]),
        ("old-192", &["pkey", "-traditional", "-aes192"]),
        ("old-256", &["pkey", "-traditional", "-aes256"]),
    ];
    for (key, arguments) in forms {
        encrypted(&openssl, folder, key, arguments);
        let text = std::fs::read_to_string(folder.join(key)).unwrap();
        assert!(text.contains("ENCRYPTED"), "{key}: {text}");
        let asking = service(&server, folder, key, "hunter2").unwrap();
        let answer = asking.send(ServiceRequest::get("x")).await.unwrap();
        assert_eq!(answer.body().as_ref(), b"in", "{key}");
        for (passphrase, told) in [
            ("", "it is encrypted, and there is no private_key_passphrase"),
            ("hunter3", "it cannot be decrypted with the private_key_passphrase"),
        ] {
            let error = service(&server, folder, key, passphrase).unwrap_err();
            let expected = format!(
                "services.s.credentials.client_tls.private_key: {}: {told}",
                folder.join(key).display()
            );
            assert_eq!((error.code(), error.to_string()), ("configuration", expected), "{key}");
            assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
        }
    }
    // A passphrase that nothing needs is not minded.
    assert!(service(&server, folder, "client.key", "hunter2").is_ok());
    encrypted(&openssl, folder, "des", &["pkey", "-traditional", "-des3"]);
    let error = service(&server, folder, "des", "hunter2").unwrap_err();
    assert!(error.to_string().contains("it is encrypted by DES-EDE3-CBC, and AES-"), "{error}");
    let text = std::fs::read_to_string(folder.join("old-256")).unwrap();
    for torn in [
        text.replace("DEK-Info", "DEK"),
        text.replace("-----END", "-----AND"),
        text.replacen("AES-256-CBC,", "AES-256-CBC,00", 1),
        format!("{text}{text}"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----".into(),
    ] {
        std::fs::write(folder.join("torn"), &torn).unwrap();
        let error = service(&server, folder, "torn", "hunter2").unwrap_err();
        assert!(error.to_string().ends_with(": it is no PEM block of an encrypted key"), "{error}");
    }
}
