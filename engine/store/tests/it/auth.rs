//! Challenges, tokens, credentials and the helpers that keep them.

use crate::helpers::{BODY, config, place, tag};
use crate::server::{HTML, JSON, MANIFEST, Request, Script, Server, error, reply};
use referee_core::Limits;
use referee_store::{Environment, RegistryConfig, RegistryStore, Store, StoreError};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;

/// A registry and its token server in one.
async fn registry(token: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Server {
    let own = Arc::new(OnceLock::<String>::new());
    let host = Arc::clone(&own);
    let server = Server::start(move |request: &Request| {
        if request.path.starts_with("/token") {
            return token(request);
        }
        if request.header("authorization") == "Bearer t0ken" {
            return reply(200, &[MANIFEST], BODY);
        }
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\",scope=\"repository:team/app:pull\"",
            host.get().unwrap()
        );
        reply(401, &[&challenge], b"")
    })
    .await;
    own.set(server.host.clone()).unwrap();
    server
}

fn token() -> Script {
    reply(200, &[JSON], br#"{"token":"t0ken","expires_in":300}"#)
}

/// A folder with a `config.json`.
fn docker_config(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), text).unwrap();
    folder
}

fn with_config(server: &Server, folder: &Path) -> RegistryConfig {
    let mut config = config(&[server]);
    config.anonymous = false;
    config.docker_config = Some(folder.to_owned());
    config
}

fn open(config: &RegistryConfig, environment: &Environment) -> RegistryStore {
    RegistryStore::new(config, &Limits::default(), environment).unwrap()
}

async fn ask(store: &RegistryStore, server: &Server) -> Result<(), Arc<StoreError>> {
    store.manifest(&place(server), tag("1").as_ref()).await.map(drop)
}

#[tokio::test]
async fn an_anonymous_token_is_fetched_once_and_used_again() {
    let server = registry(|_| token()).await;
    let store = open(&config(&[&server]), &Environment::empty());
    ask(&store, &server).await.unwrap();
    ask(&store, &server).await.unwrap();
    assert_eq!(server.count("/token"), 1);
    assert_eq!(server.log().len(), 4, "challenge, token, answer; answer");
    let asked = server.log().into_iter().find(|r| r.path.starts_with("/token")).unwrap();
    assert_eq!(asked.path, "/token?service=s&scope=repository%3Ateam%2Fapp%3Apull");
    assert_eq!(asked.header("authorization"), "");
}

#[tokio::test]
async fn many_who_need_the_same_token_fetch_it_once() {
    let server = registry(|_| {
        let mut script = vec![crate::server::Step::Wait(std::time::Duration::from_millis(100))];
        script.extend(token());
        script
    })
    .await;
    let store = open(&config(&[&server]), &Environment::empty());
    let asked: Vec<_> = (0..8)
        .map(|number| {
            let (store, place) = (store.clone(), place(&server));
            let tag = tag(&format!("{number}"));
            tokio::spawn(async move { store.manifest(&place, tag.as_ref()).await })
        })
        .collect();
    for answer in asked {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(server.count("/token"), 1);
}

#[tokio::test]
async fn a_token_that_the_registry_no_longer_takes_is_replaced() {
    let server = registry(|request| match request.before {
        0 => reply(200, &[JSON], br#"{"access_token":"old"}"#),
        _ => token(),
    })
    .await;
    let store = open(&config(&[&server]), &Environment::empty());
    let refused = ask(&store, &server).await.unwrap_err();
    assert!(matches!(*refused, StoreError::Denied { status: Some(401), .. }), "{refused:?}");
    ask(&store, &server).await.unwrap();
}

#[tokio::test]
async fn a_user_name_and_password_go_to_the_token_server_only() {
    let server = registry(|request| {
        assert_eq!(request.header("authorization"), "Basic dTpw");
        token()
    })
    .await;
    let file = format!(r#"{{"auths":{{"{}":{{"auth":"dTpw"}}}}}}"#, server.host);
    let folder = docker_config(&file);
    ask(&open(&with_config(&server, folder.path()), &Environment::empty()), &server).await.unwrap();
    let to_registry = server.log().into_iter().filter(|r| r.path.starts_with("/v2/"));
    for request in to_registry {
        assert!(!request.header("authorization").starts_with("Basic"), "{request:?}");
    }
    let asked = server.log().into_iter().find(|r| r.path.starts_with("/token")).unwrap();
    assert!(asked.path.ends_with("&account=u"), "{}", asked.path);
}

#[tokio::test]
async fn anonymous_sends_no_credentials_though_there_are_some() {
    let server = registry(|request| {
        assert_eq!(request.header("authorization"), "");
        token()
    })
    .await;
    let folder = docker_config(&format!(r#"{{"auths":{{"{}":{{"auth":"dTpw"}}}}}}"#, server.host));
    let mut config = with_config(&server, folder.path());
    config.anonymous = true;
    ask(&open(&config, &Environment::empty()), &server).await.unwrap();
}

#[tokio::test]
async fn an_identity_token_is_exchanged_by_post() {
    let server = registry(|request| {
        assert_eq!(request.method, "POST");
        for part in ["grant_type=refresh_token", "refresh_token=r3fresh", "service=s", "client_id="]
        {
            assert!(request.body.contains(part), "{}", request.body);
        }
        reply(200, &[JSON], br#"{"access_token":"t0ken"}"#)
    })
    .await;
    let file = format!(r#"{{"auths":{{"{}":{{"identitytoken":"r3fresh"}}}}}}"#, server.host);
    let folder = docker_config(&file);
    ask(&open(&with_config(&server, folder.path()), &Environment::empty()), &server).await.unwrap();
    assert!(server.log().iter().all(|request| !request.path.contains("r3fresh")));
}

#[tokio::test]
async fn basic_authentication_is_answered_with_what_is_configured() {
    let server = Server::start(|request: &Request| match request.header("authorization") {
        "Basic dTpw" => reply(200, &[MANIFEST], BODY),
        _ => reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b""),
    })
    .await;
    let folder = docker_config(&format!(r#"{{"auths":{{"{}":{{"auth":"dTpw"}}}}}}"#, server.host));
    let store = open(&with_config(&server, folder.path()), &Environment::empty());
    ask(&store, &server).await.unwrap();
    let nothing = open(&config(&[&server]), &Environment::empty());
    let error = ask(&nothing, &server).await.unwrap_err();
    assert!(matches!(*error, StoreError::Denied { status: Some(401), .. }), "{error:?}");
}

#[tokio::test]
async fn refused_credentials_are_not_sent_over_and_over() {
    let server = Server::start(|_| reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b"")).await;
    let folder = docker_config(&format!(r#"{{"auths":{{"{}":{{"auth":"dTpw"}}}}}}"#, server.host));
    let store = open(&with_config(&server, folder.path()), &Environment::empty());
    let error = ask(&store, &server).await.unwrap_err();
    assert!(matches!(*error, StoreError::Denied { status: Some(401), .. }), "{error:?}");
    assert_eq!(server.log().len(), 2);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_server_is_told_as_what_it_is() {
    type Case = (fn() -> Script, fn(&StoreError) -> bool);
    let cases: [Case; 8] = [
        (
            || error(401, "UNAUTHORIZED"),
            |e| matches!(e, StoreError::Denied { status: Some(401), .. }),
        ),
        (|| error(403, "DENIED"), |e| matches!(e, StoreError::Denied { status: Some(403), .. })),
        (|| error(500, "UNKNOWN"), |e| matches!(e, StoreError::Server { status: 500, .. })),
        (|| reply(429, &[], b""), |e| matches!(e, StoreError::Throttled { .. })),
        (|| reply(200, &[HTML], b"<html>"), |e| matches!(e, StoreError::Malformed { .. })),
        (|| reply(200, &[JSON], b"{}"), |e| matches!(e, StoreError::Malformed { .. })),
        (
            || reply(200, &[JSON], format!("{{\"token\":\"{}\"}}", "x".repeat(70_000)).as_bytes()),
            |e| matches!(e, StoreError::TooLarge { unit: "bytes", .. }),
        ),
        (
            || reply(302, &["Location: http://127.0.0.1:1/"], b""),
            |e| matches!(e, StoreError::Malformed { .. }),
        ),
    ];
    for (number, (script, expected)) in cases.into_iter().enumerate() {
        let server = registry(move |_| script()).await;
        let store = open(&config(&[&server]), &Environment::empty());
        let error = ask(&store, &server).await.unwrap_err();
        assert!(expected(&error), "{number}: {error:?}");
        assert!(error.target().starts_with("token server 127.0.0.1"), "{number}: {error:?}");
    }
}

#[tokio::test]
async fn a_token_server_without_tls_is_not_asked_unless_listed() {
    let server = Server::start(|_| {
        let header = "WWW-Authenticate: Bearer realm=\"http://registry.example/token\"";
        reply(401, &[header], b"")
    })
    .await;
    let store = open(&config(&[&server]), &Environment::empty());
    let error = ask(&store, &server).await.unwrap_err();
    assert!(matches!(*error, StoreError::Malformed { .. }), "{error:?}");
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn an_unknown_scheme_of_authentication_is_denied() {
    let server = Server::start(|_| reply(401, &["WWW-Authenticate: Negotiate"], b"")).await;
    let store = open(&config(&[&server]), &Environment::empty());
    let error = ask(&store, &server).await.unwrap_err();
    assert!(matches!(*error, StoreError::Denied { status: Some(401), .. }), "{error:?}");
}

#[tokio::test]
async fn a_broken_credentials_file_is_an_error_and_not_anonymous() {
    let server = registry(|_| token()).await;
    let folder = docker_config("{ broken");
    let store = open(&with_config(&server, folder.path()), &Environment::empty());
    let error = ask(&store, &server).await.unwrap_err();
    assert!(matches!(*error, StoreError::Configuration { .. }), "{error:?}");
    assert!(error.target().ends_with("config.json"), "{error:?}");
    assert_eq!(server.count("/token"), 0);
}

#[tokio::test]
async fn the_environment_says_where_credentials_are() {
    let basic = || {
        Server::start(|request: &Request| match request.header("authorization") {
            "Basic dTpw" => reply(200, &[MANIFEST], BODY),
            _ => reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b""),
        })
    };
    let server = basic().await;
    let file = format!(r#"{{"auths":{{"{}/team":{{"auth":"dTpw"}}}}}}"#, server.host);
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str| {
        let path = home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &file).unwrap();
        path
    };
    let mut config = config(&[&server]);
    config.anonymous = false;
    let environment = |set: &dyn Fn(&mut Environment)| {
        let mut environment = Environment::empty();
        set(&mut environment);
        environment
    };
    write(".docker/config.json");
    let by_home = environment(&|e| e.home = Some(home.path().into()));
    ask(&open(&config, &by_home), &server).await.unwrap();
    write("docker/config.json");
    let by_docker = environment(&|e| e.docker_config = Some(home.path().join("docker")));
    ask(&open(&config, &by_docker), &server).await.unwrap();
    let auth_file = write("auth.json");
    let by_file = environment(&|e| e.registry_auth_file = Some(auth_file.clone()));
    ask(&open(&config, &by_file), &server).await.unwrap();
    write("containers/auth.json");
    let by_runtime = environment(&|e| e.xdg_runtime_dir = Some(home.path().into()));
    ask(&open(&config, &by_runtime), &server).await.unwrap();
    let error = ask(&open(&config, &Environment::empty()), &server).await.unwrap_err();
    assert!(matches!(*error, StoreError::Denied { .. }), "{error:?}");
}

#[cfg(unix)]
mod helper {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A folder with a credential helper, and a configuration that names it.
    fn with_helper(server: &Server, script: &str) -> (TempDir, RegistryConfig, Environment) {
        let file = format!(r#"{{"credHelpers":{{"{}":"test"}}}}"#, server.host);
        let folder = docker_config(&file);
        let program = folder.path().join("docker-credential-test");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let mut environment = Environment::empty();
        environment.path = Some(folder.path().into());
        let config = with_config(server, folder.path());
        (folder, config, environment)
    }

    async fn basic() -> Server {
        Server::start(|request: &Request| match request.header("authorization") {
            "Basic dTpw" => reply(200, &[MANIFEST], BODY),
            _ => reply(401, &["WWW-Authenticate: Basic realm=\"r\""], b""),
        })
        .await
    }

    #[tokio::test]
    async fn a_helper_is_asked_for_the_registry_and_answers() {
        let server = basic().await;
        let script = r#"read address
case "$1 $address" in "get 127.0.0.1:"*) echo '{"ServerURL":"x","Username":"u","Secret":"p"}';; *) exit 1;; esac"#;
        let (_folder, config, environment) = with_helper(&server, script);
        ask(&open(&config, &environment), &server).await.unwrap();
    }

    #[tokio::test]
    async fn a_helper_may_hand_out_an_identity_token() {
        let server = registry(|request| {
            assert!(request.body.contains("refresh_token=r3fresh"), "{}", request.body);
            token()
        })
        .await;
        let script = r#"echo '{"Username":"<token>","Secret":"r3fresh"}'"#;
        let (_folder, config, environment) = with_helper(&server, script);
        ask(&open(&config, &environment), &server).await.unwrap();
    }

    #[tokio::test]
    async fn a_helper_with_nothing_for_the_registry_means_anonymous() {
        let server = registry(|_| token()).await;
        let script = "echo 'credentials not found in native keychain'; exit 1";
        let (_folder, config, environment) = with_helper(&server, script);
        ask(&open(&config, &environment), &server).await.unwrap();
    }

    #[tokio::test]
    async fn a_helper_that_fails_is_an_error_that_does_not_show_what_it_printed() {
        let scripts = [
            "echo hunter2; exit 1",
            "echo '{\"Username\":\"hunter2\"'",
            "exec sleep 60",
            "while :; do echo hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter2; done",
        ];
        for script in scripts {
            let server = registry(|_| token()).await;
            let (_folder, mut config, mut environment) = with_helper(&server, script);
            config.helper_timeout_ms = 2_000;
            let mut path = environment.path.take().unwrap();
            path.push(":/usr/bin:/bin");
            environment.path = Some(path);
            let error = ask(&open(&config, &environment), &server).await.unwrap_err();
            let StoreError::Configuration { setting, .. } = &*error else { panic!("{error:?}") };
            assert!(setting.ends_with("docker-credential-test"), "{setting}");
            assert!(!referee_core::error::chain(&*error).contains("hunter2"), "{error:?}");
            assert_eq!(server.count("/token"), 0);
        }
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_or_is_no_name_is_an_error() {
        for name in ["missing", "../../bin/sh"] {
            let server = registry(|_| token()).await;
            let folder = docker_config(&format!(r#"{{"credsStore":"{name}"}}"#));
            let store = open(&with_config(&server, folder.path()), &Environment::empty());
            let error = ask(&store, &server).await.unwrap_err();
            assert!(matches!(*error, StoreError::Configuration { .. }), "{error:?}");
        }
    }
}
