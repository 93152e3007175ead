use super::super::config::Waiting;
use super::super::filter::tests::decision;
use super::*;
use referee_rego::Value;
use referee_store::SystemClock;
use std::sync::mpsc;

fn shared() -> Arc<Shared> {
    let waiting = Waiting::Events { max_events: 1_000_000, max_bytes: 1 << 30 };
    Arc::new(Shared {
        filter: Filter {
            mask: "data.system.log.mask".into(),
            drop: "data.system.log.drop".into(),
            labels: Value::object([]),
        },
        labels: "{}".into(),
        counters: Arc::default(),
        clock: Arc::new(SystemClock),
        buffer: Some(Mutex::new(Buffer::open(&waiting, 32_768).unwrap().0)),
        console: None,
        limiter: None,
        ready: Notify::new(),
        hurried: AtomicBool::new(false),
    })
}

fn numbered(number: usize) -> Make {
    Box::new(move || {
        let mut decision = decision("package other", "{}");
        decision.decision_id = number.to_string();
        Box::new(decision)
    })
}

/// The numbers of all decisions in the buffer, in their order.
fn logged(shared: &Shared) -> Vec<usize> {
    let mut buffer = locked(shared.buffer.as_ref().unwrap());
    let mut numbers = Vec::new();
    while let Some(chunk) = buffer.next(true, &shared.counters).unwrap() {
        let gzip = flate2::read::GzDecoder::new(&chunk.body[..]);
        let events: Vec<serde_json::Value> = serde_json::from_reader(gzip).unwrap();
        let ids =
            events.iter().map(|event| event["decision_id"].as_str().unwrap().parse::<usize>());
        numbers.extend(ids.map(Result::unwrap));
        buffer.delivered(&chunk);
    }
    numbers
}

#[test]
fn several_threads_keep_the_order_in_which_decisions_were_handed_over() {
    let shared = shared();
    let pipeline = Pipeline::with_threads(&shared, usize::MAX, 4);
    for number in 0..2_000 {
        // Some take longer than those that follow.
        let make = numbered(number);
        let slow = number % 97 == 0;
        pipeline.push(
            10,
            Box::new(move || {
                if slow {
                    std::thread::sleep(std::time::Duration::from_millis(3));
                }
                make()
            }),
        );
    }
    pipeline.close(soon(), soon());
    assert_eq!(logged(&shared), (0..2_000).collect::<Vec<_>>());
    assert_eq!(pipeline.queued.load(Ordering::Relaxed), 0);
}

#[test]
fn a_log_that_stands_still_holds_nobody_up_and_takes_no_more_than_it_may() {
    let shared = shared();
    let pipeline = Pipeline::with_threads(&shared, 50 * (EACH + 1_000), 1);
    let (go_on, wait) = mpsc::channel::<()>();
    let first = numbered(0);
    pipeline.push(
        1_000,
        Box::new(move || {
            wait.recv().unwrap();
            first()
        }),
    );
    for number in 1..500 {
        pipeline.push(1_000, numbered(number));
    }
    assert!(pipeline.queued.load(Ordering::Relaxed) <= 50 * (EACH + 1_000));
    go_on.send(()).unwrap();
    pipeline.close(soon(), soon());
    assert_eq!(logged(&shared), (0..50).collect::<Vec<_>>());
    assert_eq!(shared.counters.get(Count::BufferFull), 450);
    assert_eq!(shared.counters.get(Count::BufferBytes), 450);
    pipeline.push(1, numbered(1));
    assert_eq!(shared.counters.get(Count::BufferFull), 451, "a log that was closed takes nothing");
}

/// Time enough.
fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}
