//! A cold ruling over a registry on loopback: nothing cached, one signature and a hundred, beside
//! four bare round trips to the same registry.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use referee_benches::client::Client;
use referee_benches::stand::{Stand, Tuning};
use referee_core::Verdict;
use referee_engine::Request;
use referee_testkit::Options;

fn cold(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let layouts = ["signed-one", "signed-one-bundle", "hundred-signatures"];
    let stand = runtime.block_on(Stand::start(Options::default(), &layouts, Tuning::cold()));
    let mut group = criterion.benchmark_group("cold");
    group.bench_function("four round trips to an empty handler", |bencher| {
        bencher.iter_custom(|iterations| {
            runtime.block_on(async {
                let mut client = Client::connect(stand.empty).await;
                let started = std::time::Instant::now();
                for _ in 0..iterations * 4 {
                    client.post("/v1/verify", &[], Bytes::new()).await;
                }
                started.elapsed()
            })
        });
    });
    for layout in layouts {
        group.bench_function(layout, |bencher| {
            let request = Request::new(stand.reference(layout, 0).parse().unwrap());
            bencher.iter(|| {
                let ruled = runtime.block_on(stand.engine.rule(&request, &stand.policy));
                assert_eq!(ruled.decision.verdict, Verdict::Allow, "{:?}", ruled.decision.reasons);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, cold);
criterion_main!(benches);
