use super::*;
use referee_store::spool::{MIN_SPOOL_BYTES, SpoolConfig, SpoolSync};
use std::io::Read as _;
use std::path::Path;

fn event(number: usize) -> Bytes {
    // Varied, so that it does not compress to nothing.
    let text: String =
        (0..20).map(|n| format!("{:x}", (number * 7_919 + n * 104_729) % 65_536)).collect();
    Bytes::from(format!("{{\"n\":{number},\"text\":\"{text}\"}}"))
}

fn numbers(body: &[u8]) -> Vec<usize> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap();
    let events: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    events.iter().map(|event| usize::try_from(event["n"].as_u64().unwrap()).unwrap()).collect()
}

fn drain(buffer: &mut Buffer, counters: &Counters) -> Vec<usize> {
    let mut all = Vec::new();
    while let Some(chunk) = buffer.next(true, counters).unwrap() {
        let found = numbers(&chunk.body);
        assert_eq!(found.len(), chunk.events);
        // What did not arrive comes again.
        assert_eq!(buffer.next(true, counters).unwrap().unwrap().body, chunk.body);
        all.extend(found);
        buffer.delivered(&chunk);
    }
    all
}

fn spool(directory: &Path, max_bytes: u64) -> Waiting {
    let spool = SpoolConfig { directory: directory.to_owned(), max_bytes, sync: SpoolSync::Never };
    Waiting::Spool { spool, max_bytes: 1 << 20 }
}

fn kinds(directory: &Path) -> [Waiting; 3] {
    [
        Waiting::Chunks { max_bytes: 1 << 20 },
        Waiting::Events { max_events: 10_000, max_bytes: 1 << 20 },
        spool(directory, 1 << 20),
    ]
}

fn nothing_is_lost(counters: &Counters) -> bool {
    counters.all().keys().all(|name| *name == "referee_decision_logs_spooled")
}

#[test]
fn events_come_out_once_and_in_order_however_they_wait() {
    let folder = tempfile::tempdir().unwrap();
    for waiting in kinds(folder.path()) {
        let (mut buffer, _) = Buffer::open(&waiting, 2_000).unwrap();
        let counters = Counters::default();
        let mut delivered = Vec::new();
        for round in 0..40 {
            let batch = (round * 50..(round + 1) * 50).map(event).collect();
            buffer.push(batch, &counters);
            if round % 7 == 0 {
                delivered.extend(drain(&mut buffer, &counters));
            } else if let Some(chunk) = buffer.next(false, &counters).unwrap() {
                delivered.extend(numbers(&chunk.body));
                buffer.delivered(&chunk);
            }
        }
        delivered.extend(drain(&mut buffer, &counters));
        assert_eq!(delivered, (0..2_000).collect::<Vec<_>>(), "{waiting:?}");
        assert!(nothing_is_lost(&counters));
        assert_eq!(buffer.in_memory(), 0);
    }
}

#[test]
fn what_is_being_sent_stays_when_there_is_no_room_and_the_oldest_others_go() {
    for (waiting, limit) in [
        (Waiting::Chunks { max_bytes: 8_000 }, 2_000),
        (Waiting::Events { max_events: 100, max_bytes: 1 << 20 }, 2_000),
        (Waiting::Events { max_events: 10_000, max_bytes: 12_000 }, 2_000),
    ] {
        let (mut buffer, _) = Buffer::open(&waiting, limit).unwrap();
        let counters = Counters::default();
        buffer.push((0..60).map(event).collect(), &counters);
        let sending = buffer.next(true, &counters).unwrap().unwrap();
        for number in 60..1_000 {
            buffer.push(vec![event(number)], &counters);
        }
        let first = numbers(&sending.body);
        assert_eq!(first[0], 0, "{waiting:?}");
        buffer.delivered(&sending);
        let rest = drain(&mut buffer, &counters);
        let dropped = counters.get(Count::BufferFull);
        assert!(dropped > 100, "{waiting:?}");
        assert_eq!(wide(first.len() + rest.len()) + dropped, 1_000, "{waiting:?}");
        assert_eq!(rest.last(), Some(&999));
        assert!(rest.is_sorted());
    }
}

#[test]
fn what_was_not_delivered_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let waiting = spool(folder.path(), 1 << 20);
    let counters = Counters::default();
    let (mut buffer, _) = Buffer::open(&waiting, 2_000).unwrap();
    buffer.push((0..300).map(event).collect(), &counters);
    let sent = buffer.next(true, &counters).unwrap().unwrap();
    let first = numbers(&sent.body);
    buffer.delivered(&sent);
    let under_way = buffer.next(true, &counters).unwrap().unwrap();
    assert!(under_way.events > 0 && buffer.in_memory() == 0);
    drop(buffer);
    let (mut buffer, recovered) = Buffer::open(&waiting, 2_000).unwrap();
    assert_eq!(recovered.records, 300 - wide(first.len()));
    let rest = drain(&mut buffer, &counters);
    assert_eq!(first.into_iter().chain(rest).collect::<Vec<_>>(), (0..300).collect::<Vec<_>>());
}

#[test]
fn over_the_limit_of_a_spool_the_oldest_go_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut buffer, _) = Buffer::open(&spool(folder.path(), MIN_SPOOL_BYTES), 2_000).unwrap();
    let counters = Counters::default();
    for number in 0..2_000 {
        buffer.push(vec![event(number)], &counters);
    }
    let rest = drain(&mut buffer, &counters);
    let dropped = counters.get(Count::BufferFull);
    assert_eq!(wide(rest.len()) + dropped, 2_000);
    assert_eq!(rest, (2_000 - rest.len()..2_000).collect::<Vec<_>>());
}

#[test]
#[cfg(target_os = "linux")]
fn what_a_disk_does_not_take_waits_in_memory_behind_what_it_took() {
    // Files of the child may not grow past 16 KiB: what a full disk does to a write.
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 32; exec \"$0\" --ignored --exact \"$1\"")
        .arg(std::env::current_exe().unwrap())
        .arg("decision_log::buffer::tests::child_on_a_full_disk")
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
}

#[test]
#[ignore = "run in a process of its own by what_a_disk_does_not_take_waits_in_memory_behind_what_it_took"]
fn child_on_a_full_disk() {
    let waiting = spool(Path::new("spool"), 1 << 20);
    let counters = Counters::default();
    let (mut buffer, _) = Buffer::open(&waiting, 2_000).unwrap();
    for number in 0..300 {
        buffer.push(vec![event(number)], &counters);
    }
    let in_memory = buffer.in_memory();
    assert!((100..250).contains(&in_memory), "{in_memory}");
    let mut all = Vec::new();
    // Until a chunk of what is in memory is under way.
    loop {
        let chunk = buffer.next(true, &counters).unwrap().unwrap();
        let found = numbers(&chunk.body);
        let from_memory = found[0] >= 300 - in_memory;
        all.extend(found);
        buffer.delivered(&chunk);
        if from_memory {
            break;
        }
    }
    // The disk takes some again, and what is in memory is older than that.
    buffer.push((300..350).map(event).collect(), &counters);
    all.extend(drain(&mut buffer, &counters));
    assert_eq!(all, (0..350).collect::<Vec<_>>());
    assert!(nothing_is_lost(&counters));
}
