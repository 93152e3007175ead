//! What a warm ruling costs beside an HTTP round trip that does nothing.
//!
//! Times mean something only in a release build on a quiet machine:
//! `RUST_BACKTRACE=0 cargo test --release -p referee-server --test it warm -- --ignored --nocapture`
//! (with backtraces on, every error inside the evaluator takes one, and an undefined value is an
//! error to it). It prints and asserts nothing: `benches`' load driver holds the ratio to account.

use crate::client::Client;
use crate::stand::Stand;
use serde_json::json;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5_000;

async fn round_trips(client: &mut Client, head: &str, body: &str) -> (Duration, Duration) {
    let request = client.request(head, &[], body);
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS + 500 {
        let started = Instant::now();
        client.send(request.as_bytes()).await;
        let answer = client.answer().await.unwrap();
        if round >= 500 {
            times.push(started.elapsed());
        }
        assert_eq!(answer.status, 200);
    }
    times.sort_unstable();
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures: run it alone, in a release build"]
async fn what_a_warm_ruling_costs_beside_an_empty_round_trip() {
    let stand = Stand::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let empty = axum::Router::new().route("/", axum::routing::post(async || "{}"));
    tokio::spawn(async move { axum::serve(listener, empty).await.unwrap() });
    let mut empty = Client::connect(address).await;
    let mut client = stand.client().await;
    let body = json!({"reference": stand.reference("signed-one")}).to_string();
    // In turns, so that both see the same machine.
    for _ in 0..3 {
        let base = round_trips(&mut empty, "POST /", &body).await;
        let health = round_trips(&mut client, "GET /health", "").await;
        let data = round_trips(&mut client, "POST /v1/data/demo/sum", r#"{"input": 1}"#).await;
        let warm = round_trips(&mut client, "POST /v1/verify", &body).await;
        println!("empty {base:?} health {health:?} data {data:?} verify {warm:?}");
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
        println!("verify/empty: p50 {:.2} p99 {:.2}", ratio(warm.0, base.0), ratio(warm.1, base.1));
    }
}
