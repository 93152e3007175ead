use super::*;
use flate2::read::GzDecoder;
use proptest::prelude::*;
use serde_json::value::RawValue;
use std::io::Read as _;

/// The events of a chunk as they are written.
fn events(chunk: &Chunk) -> Vec<String> {
    let Some(body) = &chunk.body else { return Vec::new() };
    let mut text = String::new();
    GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    let events: Vec<Box<RawValue>> = serde_json::from_str(&text).unwrap();
    assert_eq!(events.len(), chunk.events);
    events.into_iter().map(|event| event.get().to_owned()).collect()
}

/// Text that does not compress.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + u8::try_from((state >> 33) % 75).unwrap())
    };
    (0..length).map(|_| next()).filter(|c| !matches!(c, '\\' | '"')).collect()
}

fn encode(limit: u64, input: &[String], flush_every: usize) -> (Vec<Chunk>, Counters) {
    let (mut encoder, counters) = (Encoder::new(limit), Counters::default());
    let mut chunks = Vec::new();
    for (number, event) in input.iter().enumerate() {
        chunks.extend(encoder.push(Bytes::from(event.clone()), &counters));
        if number % flush_every == flush_every - 1 {
            chunks.extend(encoder.flush(&counters));
            assert_eq!(encoder.pending(), 0);
        }
    }
    chunks.extend(encoder.flush(&counters));
    (chunks, counters)
}

proptest! {
    #[test]
    fn chunks_together_are_exactly_the_events_and_none_is_over_the_limit(
        sizes in prop::collection::vec((0usize..2_000, any::<bool>()), 0..60),
        limit in 90u64..4_000,
        flush_every in 1usize..40,
    ) {
        let input: Vec<String> = sizes.iter().enumerate().map(|(number, (size, noisy))| {
            let text = if *noisy { noise(number as u64, *size) } else { "a".repeat(*size) };
            format!("{{\"decision_id\":{number},\"labels\":\"{text}\"}}")
        }).collect();
        let (chunks, counters) = encode(limit, &input, flush_every);
        let mut left = input.iter();
        let mut dropped = 0;
        for chunk in &chunks {
            if chunk.body.is_none() {
                prop_assert_eq!(chunk.events, 1);
                let event = left.next().unwrap();
                prop_assert!(compressed(&[Bytes::from(event.clone())]).len() as u64 > limit);
                dropped += 1;
                continue;
            }
            prop_assert!(chunk.body.as_ref().unwrap().len() as u64 <= limit);
            for event in events(chunk) {
                prop_assert_eq!(&event, left.next().unwrap());
            }
        }
        prop_assert!(left.next().is_none());
        prop_assert_eq!(counters.get(Count::TooLarge), dropped);
        prop_assert_eq!(counters.get(Count::EncodingFailure), dropped);
    }
}

#[test]
fn after_the_first_chunk_the_guess_fills_them() {
    let input: Vec<String> = (0..20_000)
        .map(|number| format!("{{\"decision_id\":\"{number:09}\",\"path\":\"demo/allow\",\"input\":{{\"user\":\"{}\"}}}}", noise(number, 12)))
        .collect();
    let (chunks, _) = encode(32_768, &input, usize::MAX);
    let sizes: Vec<usize> = chunks.iter().map(|chunk| chunk.body.as_ref().unwrap().len()).collect();
    // All but the first, and what was left at the end.
    for size in &sizes[1..sizes.len() - 2] {
        assert!((26_000..=32_768).contains(size), "{sizes:?}");
    }
    let all: Vec<String> = chunks.iter().flat_map(events).collect();
    assert_eq!(all, input);
}

#[test]
fn an_event_over_the_limit_loses_the_cache_first_and_says_what_else_it_lost() {
    let (small, large) = (noise(1, 20), noise(2, 2_000));
    let event = |cache: &str, input: &str, result: &str, labels: &str| {
        format!(
            "{{\"labels\":\"{labels}\",\"input\":\"{input}\",\"result\":\"{result}\",\"nd_builtin_cache\":\"{cache}\",\"timestamp\":1}}"
        )
    };
    let one = |text: String| {
        let (chunks, counters) = encode(1_000, &[text], 1);
        let [chunk] = &chunks[..] else { panic!("{chunks:?}") };
        (events(chunk).pop(), counters.all().into_iter().collect::<Vec<_>>())
    };
    let cache = ("decision_logs_nd_builtin_cache_dropped", 1);
    let failure = ("decision_logs_encoding_failure", 1);
    let (told, counted) = one(event(&large, &small, &small, &small));
    assert_eq!(
        told.unwrap(),
        format!(
            "{{\"labels\":\"{small}\",\"input\":\"{small}\",\"result\":\"{small}\",\"timestamp\":1}}"
        )
    );
    assert_eq!(counted, [cache]);
    let (told, counted) = one(event(&small, &large, &small, &small));
    assert_eq!(
        told.unwrap(),
        format!(
            "{{\"labels\":\"{small}\",\"result\":\"{small}\",\"erased\":[\"/input\",\"/nd_builtin_cache\"],\"timestamp\":1}}"
        )
    );
    assert_eq!(counted, [failure]);
    let (told, _) = one(event(&small, &small, &large, &small));
    assert!(told.unwrap().contains(r#""erased":["/input","/result","/nd_builtin_cache"]"#));
    let (told, counted) = one(event(&small, &small, &small, &large));
    assert_eq!(
        (told, counted),
        (None, vec![failure, ("referee_decision_logs_dropped_too_large", 1)])
    );
}
