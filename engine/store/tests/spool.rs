//! Spools over real folders: what survives, what is given up, and what is told about it. Some start
//! this program again, as a process that is killed or has no room: so it is a target of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking, and a child tells how far it is"
)]

use referee_core::Coded as _;
use referee_store::spool::{
    Appended, MIN_SPOOL_BYTES, Recovered, Spool, SpoolConfig, SpoolError, SpoolSync,
};
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn config(directory: &Path, max_bytes: u64) -> SpoolConfig {
    SpoolConfig { directory: directory.to_owned(), max_bytes, sync: SpoolSync::Never }
}

fn open(directory: &Path) -> (Spool, Recovered) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        match Spool::open(config(directory, 1 << 20)) {
            // A process that another test is starting holds what this one has open until it has
            // become another program, locks included.
            Err(SpoolError::InUse { .. }) if Instant::now() < patience => {
                std::thread::sleep(Duration::from_millis(10));
            }
            opened => return opened.unwrap(),
        }
    }
}

fn put(spool: &mut Spool, records: &[String]) -> Appended {
    let appended = spool.append(records);
    assert!(appended.error.is_none(), "{appended:?}");
    assert_eq!(appended.done, records.len());
    appended
}

fn numbered(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("record {number}")).collect()
}

fn waiting(spool: &mut Spool) -> Vec<String> {
    let start = spool.start();
    let found = spool.waiting(start, u64::MAX).unwrap();
    found.iter().map(|record| String::from_utf8(record.payload.to_vec()).unwrap()).collect()
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "spool"))
        .collect();
    paths.sort();
    paths
}

#[test]
fn records_come_out_in_their_order_and_are_gone_once_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, recovered) = open(folder.path());
    assert_eq!(recovered, Recovered::default());
    put(&mut spool, &numbered(0..5));
    assert_eq!((spool.len(), waiting(&mut spool)), (5, numbered(0..5)));
    // Reading on after what was read.
    let start = spool.start();
    let first = spool.waiting(start, 10).unwrap();
    assert_eq!(first.len(), 1);
    let second = spool.waiting(first[0].end, 10).unwrap();
    assert_eq!(&*second[0].payload, b"record 1");
    spool.take_away(second[0].end).unwrap();
    assert_eq!((spool.len(), waiting(&mut spool)), (3, numbered(2..5)));
    // An old place takes nothing away again.
    spool.take_away(first[0].end).unwrap();
    assert_eq!(spool.len(), 3);
    drop(spool);

    let (mut spool, recovered) = open(folder.path());
    assert_eq!(recovered, Recovered { records: 3, ..Recovered::default() });
    assert_eq!(waiting(&mut spool), numbered(2..5));
}

#[test]
fn segments_are_given_back_and_a_long_life_takes_no_more_room() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(config(folder.path(), MIN_SPOOL_BYTES)).unwrap();
    let large = "x".repeat(5_000);
    for round in 0..200 {
        let appended = put(&mut spool, &[format!("{round} {large}"), format!("{round} more")]);
        assert_eq!(appended.dropped, 0);
        let start = spool.start();
        let found = spool.waiting(start, u64::MAX).unwrap();
        assert_eq!(found.len(), 2, "{round}");
        spool.take_away(found[1].end).unwrap();
        assert!(spool.is_empty());
        assert!(spool.bytes() <= MIN_SPOOL_BYTES && segments(folder.path()).len() <= 2);
    }
}

#[test]
fn over_its_limit_the_oldest_go_and_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(config(folder.path(), MIN_SPOOL_BYTES)).unwrap();
    let records: Vec<_> = (0..1_000).map(|n| format!("{n:04} {}", "y".repeat(495))).collect();
    let mut dropped = 0;
    for batch in records.chunks(7) {
        dropped += put(&mut spool, batch).dropped;
        let on_disk: u64 =
            segments(folder.path()).iter().map(|path| path.metadata().unwrap().len()).sum();
        assert!(on_disk <= MIN_SPOOL_BYTES, "{on_disk}");
        assert_eq!(on_disk, spool.bytes());
    }
    assert_eq!(dropped + spool.len(), 1_000);
    assert!(spool.len() > 60, "{}", spool.len());
    let left = usize::try_from(dropped).unwrap();
    assert_eq!(waiting(&mut spool), &records[left..]);
}

#[test]
fn what_was_read_but_given_up_meanwhile_is_not_taken_away_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(config(folder.path(), MIN_SPOOL_BYTES)).unwrap();
    put(&mut spool, &["first".to_owned()]);
    let start = spool.start();
    let read = spool.waiting(start, u64::MAX).unwrap();
    let large: Vec<_> = (0..30).map(|n| format!("{n} {}", "z".repeat(5_000))).collect();
    let dropped = put(&mut spool, &large).dropped;
    assert!(dropped > 1);
    let left = spool.len();
    spool.take_away(read[0].end).unwrap();
    assert_eq!(spool.len(), left);
    assert_eq!(left, 31 - dropped);
}

#[test]
fn a_torn_tail_is_cut_and_damage_is_passed_over_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(folder.path());
    put(&mut spool, &numbered(0..10));
    drop(spool);
    let [segment] = &segments(folder.path())[..] else { panic!("one segment") };
    // A record half written, and one changed in the middle.
    let mut bytes = fs::read(segment).unwrap();
    let at = bytes.windows(8).position(|window| window == b"record 4").unwrap();
    bytes[at] = b'R';
    fs::write(segment, &bytes).unwrap();
    OpenOptions::new()
        .append(true)
        .open(segment)
        .unwrap()
        .write_all(b"\xF5RF\xF6\x08\0\0")
        .unwrap();

    let (mut spool, recovered) = open(folder.path());
    assert_eq!(recovered, Recovered { records: 9, damaged: 1, torn_bytes: 7 });
    put(&mut spool, &["after".to_owned()]);
    let mut expected = numbered(0..10);
    expected.remove(4);
    expected.push("after".to_owned());
    assert_eq!(waiting(&mut spool), expected);
    assert_eq!(spool.damaged(), 1, "what was counted at the start is not counted again");
}

#[test]
fn zeros_where_a_machine_lost_power_are_no_records() {
    let folder = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(folder.path());
    put(&mut spool, &numbered(0..3));
    drop(spool);
    let segment = &segments(folder.path())[0];
    OpenOptions::new().append(true).open(segment).unwrap().write_all(&[0; 4_096]).unwrap();
    let (mut spool, recovered) = open(folder.path());
    assert_eq!(recovered, Recovered { records: 3, damaged: 0, torn_bytes: 4_096 });
    assert_eq!(waiting(&mut spool), numbered(0..3));
}

#[test]
fn a_folder_is_used_by_one_process_and_read_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("made/here");
    let (mut spool, _) = open(&directory);
    put(&mut spool, &numbered(0..1));
    let error = Spool::open(config(&directory, 1 << 20)).unwrap_err();
    assert_eq!(error.code(), "spool_in_use");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&segments(&directory)[0]), 0o600);
    }
    drop(spool);
    open(&directory);
}

#[test]
fn what_is_too_large_is_refused_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = Spool::open(config(folder.path(), 100)).unwrap_err();
    assert!(matches!(error, SpoolError::TooSmall { found: 100, least: MIN_SPOOL_BYTES }));
    let (mut spool, _) = Spool::open(config(folder.path(), MIN_SPOOL_BYTES)).unwrap();
    let records = ["small".to_owned(), "x".repeat(20_000), "small too".to_owned()];
    let appended = put(&mut spool, &records);
    assert_eq!(appended.refused, 1);
    assert_eq!(waiting(&mut spool), ["small", "small too"]);
    assert_eq!(spool.len(), 2);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_keeps_what_is_there_and_says_so() {
    // Files of this process may not grow past 40 KiB: what a full disk does to a write.
    let folder = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let status = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 80; exec \"$0\" --ignored --exact child_on_a_full_disk")
        .arg(test)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert!(String::from_utf8_lossy(&status.stdout).contains("1 passed"), "{status:?}");
}

#[test]
#[ignore = "run in a process of its own by a_full_disk_keeps_what_is_there_and_says_so"]
fn child_on_a_full_disk() {
    let (mut spool, _) = Spool::open(config(Path::new("spool"), 1 << 20)).unwrap();
    let records: Vec<_> = (0..30).map(|n| format!("{n:02} {}", "f".repeat(3_000))).collect();
    let mut kept = 0;
    let error = loop {
        let appended = spool.append(&records[kept..=kept]);
        kept += appended.done;
        if let Some(error) = appended.error {
            break error;
        }
    };
    assert_eq!(error.code(), "spool_io");
    assert!(kept > 10, "{kept}");
    assert_eq!(waiting(&mut spool), &records[..kept]);
    // What was taken away makes room for more.
    let start = spool.start();
    let found = spool.waiting(start, u64::MAX).unwrap();
    spool.take_away(found.last().unwrap().end).unwrap();
    let again = put(&mut spool, &records[..5]);
    assert_eq!((again.done, again.dropped), (5, 0));
    assert_eq!(waiting(&mut spool), &records[..5]);
    drop(spool);
    let (mut spool, recovered) = Spool::open(config(Path::new("spool"), 1 << 20)).unwrap();
    assert_eq!(recovered, Recovered { records: 5, ..Recovered::default() });
    assert_eq!(waiting(&mut spool), &records[..5]);
}

#[test]
fn nothing_that_was_appended_is_lost_when_the_process_is_killed() {
    for round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "child_that_is_killed"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = 0;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        for line in lines {
            if let Some(number) = line.strip_prefix("appended ") {
                told = number.parse().unwrap();
            }
            if told > 300 + 100 * round {
                // SIGKILL on Unix.
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        let (mut spool, recovered) =
            Spool::open(config(&folder.path().join("spool"), 64 << 20)).unwrap();
        let found = waiting(&mut spool);
        assert_eq!(recovered.damaged, 0);
        assert!(found.len() > told, "{} of {told}", found.len());
        for (number, record) in found.iter().enumerate() {
            assert_eq!(record, &killed_record(number));
        }
    }
}

fn killed_record(number: usize) -> String {
    format!("{number} {}", "k".repeat(number % 3_000))
}

#[test]
#[ignore = "run in a process of its own by nothing_that_was_appended_is_lost_when_the_process_is_killed"]
fn child_that_is_killed() {
    let (mut spool, _) = Spool::open(SpoolConfig {
        sync: SpoolSync::Every(Duration::from_millis(20)),
        ..config(Path::new("spool"), 64 << 20)
    })
    .unwrap();
    for number in 0..100_000 {
        assert!(spool.append(&[killed_record(number)]).error.is_none());
        println!("appended {number}");
    }
}
