//! Where callers may send the server.

use crate::stand::Stand;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_registries_are_asked() {
    let stand = Stand::with(|config, host| {
        config.registries = vec![host.to_owned(), "*.internal.example".to_owned()];
    })
    .await;
    let references = [stand.reference("signed-one"), "169.254.169.254/latest/meta-data".to_owned()];
    let mut client = stand.client().await;
    let body = client.verify(&json!({"references": references})).await.json();
    assert_eq!(body["decisions"][0]["verdict"], "allow");
    let refused = &body["decisions"][1];
    assert_eq!(refused["verdict"], "error");
    assert_eq!(refused["reasons"][0]["code"], "registry_not_allowed");
    assert_eq!(
        refused["reasons"][0]["message"],
        "registry 169.254.169.254 is not one of those that this server may ask"
    );
    let answer = client
        .post("/v1/data/demo/echo", r#"{"subject": "169.254.169.254/latest/meta-data"}"#)
        .await;
    let expected = (
        403,
        "registry_not_allowed".to_owned(),
        "subject: registry 169.254.169.254 is not one of those that this server may ask".to_owned(),
    );
    assert_eq!(answer.error(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layout_is_not_read_for_a_caller() {
    let stand = Stand::new().await;
    let layout = referee_testkit::layouts().join("signed-one");
    let subject = format!("oci-layout:{}", layout.display());
    let mut client = stand.client().await;
    let answer = client.verify(&json!({"reference": subject})).await.json();
    assert_eq!(answer["decisions"][0]["reasons"][0]["code"], "layout_not_allowed");
    let answer = client.post("/v1/data/demo/echo", &json!({"subject": subject}).to_string()).await;
    let expected = (
        403,
        "layout_not_allowed".to_owned(),
        "subject: this server does not read layouts for its callers".to_owned(),
    );
    assert_eq!(answer.error(), expected);
}
