//! Tokens that are signed to get a token of an OAuth 2 server, beside those of the real `opa`.

use crate::find::{skipped, tool};
use crate::server::{Server, reply};
use crate::service::config;
use crate::service_tls::{Authority, folder, url};
use data_encoding::BASE64URL_NOPAD;
use rcgen::KeyPair;
use referee_store::Secret;
use referee_store::service::{Service, ServiceRequest, SigningKeyConfig};
use referee_verify::primitive::jws::{JwsAlgorithm, JwsKey};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The members of a form.
fn members(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

/// Header and claims of a token whose signature holds.
fn opened(token: &str, key: &JwsKey) -> (Map<String, Value>, Map<String, Value>) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    assert!(key.verify(message.as_bytes(), &signature), "{token}");
    let (header, claims) = message.split_once('.').unwrap();
    let [header, claims] = [header, claims].map(|part| {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
    });
    (header, claims)
}

/// What a token is that must differ from one to the next, made the same.
fn settled(mut claims: Map<String, Value>) -> Map<String, Value> {
    let issued = claims.insert("iat".to_owned(), "then".into()).unwrap().as_i64().unwrap();
    let ends = claims.insert("exp".to_owned(), "later".into()).unwrap().as_i64().unwrap();
    assert_eq!(ends - issued, 600);
    if claims.contains_key("jti") {
        let name = claims.insert("jti".to_owned(), "its own".into()).unwrap();
        assert_eq!(name.as_str().unwrap().len(), 36);
    }
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_says_what_opas_says() {
    let (authority, folder) = (Authority::new(), folder());
    authority.write(folder.path());
    let tokens = authority
        .server(None, |_| {
            reply(200, &[], br#"{"access_token":"t","token_type":"bearer","expires_in":3600}"#)
        })
        .await;
    let pair = KeyPair::generate().unwrap();
    let key = JwsKey::new(JwsAlgorithm::Es256, &pair.public_key_pem()).unwrap();
    let opa = tool("opa");
    if opa.is_none() {
        skipped("signed tokens beside opa", "there is no opa");
    }
    let cases = [
        ("client_assertion", json!({"signing_key": "k", "client_id": "me"})),
        (
            "client_assertion",
            json!({
                "signing_key": "k", "include_jti_claim": true, "scopes": ["a", "b"],
                "grant_type": "client_credentials", "client_assertion_type": "other",
                "additional_claims": {"iss": "me", "sub": "me", "aud": ["x", "y"], "n": 1.5},
                "additional_parameters": {"resource": "r s"}, "thumbprint": "00ffab",
            }),
        ),
        (
            "assertion",
            json!({
                "signing_key": "k", "grant_type": "jwt_bearer", "client_id": "me",
                "client_secret": "unused", "scopes": ["a"], "additional_claims": {"iss": "me"},
            }),
        ),
    ];
    for (member, mut oauth2) in cases {
        let server = Server::start(|_| reply(200, &[], b"")).await;
        oauth2["token_url"] = format!("{}/token", url(&tokens)).into();
        let more = json!({
            "tls": {"ca_cert": folder.path().join("ca.pem")}, "credentials": {"oauth2": oauth2},
        });
        let place = format!("http://{}", server.host);
        let keys = BTreeMap::from([(
            "k".to_owned(),
            SigningKeyConfig::new("ES256", Secret::new(pair.serialize_pem())),
        )]);
        let service = Service::with_keys(&config(&place, &more), &keys).unwrap();
        let before = tokens.log().len();
        assert!(service.send(ServiceRequest::get("x")).await.unwrap().is_success());
        assert_eq!(server.log()[0].header("authorization"), "Bearer t");
        let ours = tokens.log()[before].clone();
        let mut form = members(&ours.body);
        let (header, claims) = opened(&form.remove(member).unwrap(), &key);
        let claims = settled(claims);
        assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("JWT")));
        assert_eq!(ours.header("authorization"), "");
        let Some(opa) = &opa else { continue };
        let mut config = json!({
            "services": {"s": more.clone()},
            "keys": {"k": {"algorithm": "ES256", "private_key": pair.serialize_pem()}},
            "bundles": {"b": {"service": "s", "resource": "b.tar.gz"}},
        });
        config["services"]["s"]["url"] = place.into();
        let path = folder.path().join("opa.json");
        std::fs::write(&path, config.to_string()).unwrap();
        let before = tokens.log().len();
        let mut child = Command::new(opa)
            .env_clear()
            .env("HOME", folder.path())
            .args(["run", "--server", "--disable-telemetry", "--addr", "127.0.0.1:0"])
            .arg("--config-file")
            .arg(path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let patience = Instant::now() + Duration::from_secs(20);
        while tokens.log().len() == before && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let theirs = tokens.log()[before].clone();
        let mut their_form = members(&theirs.body);
        let (mut their_header, their_claims) = opened(&their_form.remove(member).unwrap(), &key);
        assert_eq!(form, their_form);
        assert_eq!(claims, settled(their_claims));
        if let Some(Value::String(thumbprint)) = their_header.get_mut("x5t") {
            // RFC 7515, section 2: without padding, which OPA leaves.
            thumbprint.truncate(thumbprint.trim_end_matches('=').len());
        }
        assert_eq!(header, their_header);
    }
}

#[test]
fn a_service_that_is_to_sign_without_a_key_is_not_started_with() {
    for (oauth2, setting) in [
        (json!({"grant_type": "jwt_bearer"}), "signing_key"),
        (json!({"signing_key": "k"}), "signing_key"),
        (json!({"signing_key": "k", "client_secret": "s"}), ""),
        (json!({"grant_type": "password"}), "grant_type"),
        (json!({"aws_kms": {}}), "aws_kms"),
        (json!({"azure_keyvault": {}}), "azure_keyvault"),
    ] {
        let mut oauth2 = oauth2;
        oauth2["token_url"] = "https://t.example".into();
        let config = config("https://h", &json!({"credentials": {"oauth2": oauth2}}));
        let error = Service::new(&config).unwrap_err();
        let expected = format!("services.s.credentials.oauth2.{setting}");
        assert_eq!(error.target(), expected.trim_end_matches('.'), "{error}");
    }
}
