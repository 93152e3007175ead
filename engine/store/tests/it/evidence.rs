//! Evidence: saved, read again, and altered in every way.

use crate::helpers::{by_digest, digest, tag};
use referee_core::facts::TrustRootSource;
use referee_core::trust::{RootKeeper, SuppliedRoot, TufRepository, WellKnown};
use referee_core::{
    Coded, Descriptor, Digest, FoundBy, Limits, Selector, Timestamp, UnavailableCode,
};
use referee_core::{UnavailableKind, oci::media_type};
use referee_store::memory::Question;
use referee_store::{
    EvidenceContext, EvidenceError, MemoryStore, Place, Recorder, Replay, SavedEvidence, Store,
    StoreError, TrustText,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn place() -> Place {
    Place::Registry(
        "registry.example/team/app"
            .parse::<referee_core::Reference>()
            .unwrap()
            .repository()
            .clone(),
    )
}

const MANIFEST: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}"#;

fn context() -> EvidenceContext {
    let mut context = EvidenceContext::new(
        "registry.example/team/app:1".into(),
        "2026-01-31T12:00:00Z".parse().unwrap(),
        digest(0),
        Limits::default(),
    );
    context.judged_as = Some("registry.example/other/app:1".into());
    context.namespace = Some("prod".into());
    context.parameters.insert("n".into(), json!(1));
    let root = SuppliedRoot {
        json: "{}".into(),
        source: TrustRootSource::Embedded,
        expires_at: Some(Timestamp::UNIX_EPOCH),
    };
    context.roots.insert(RootKeeper::WellKnown(WellKnown::Github), root.clone());
    let repository = TufRepository { url: "https://tuf.example".into(), anchor: digest(0) };
    context.roots.insert(RootKeeper::Repository(repository), root);
    context.trust = vec![TrustText {
        name: "trust.yaml".into(),
        text: "keys: [{name: a, file: a.pub, scopes: ['**']}]".into(),
        files: [("a.pub".to_owned(), "PEM".to_owned())].into(),
    }];
    context
}

/// What the tests ask for, with what it is answered with.
async fn ask_all(store: &dyn Store) -> Vec<String> {
    let place = place();
    let manifest = Digest::sha256(MANIFEST.as_bytes());
    let told = |error: Arc<StoreError>| {
        let fact = error.to_unavailable(UnavailableKind::Blob);
        let absent = matches!(*error, StoreError::NotFound { .. });
        format!(
            "{absent} {} {} {} {}",
            fact.target,
            fact.code.as_str(),
            fact.message,
            fact.retryable
        )
    };
    let mut answers = Vec::new();
    for selector in [tag("1"), by_digest(&manifest), None, tag("absent"), tag("denied")] {
        let answer = store.manifest(&place, selector.as_ref()).await;
        answers.push(answer.map_or_else(told, |fetched| format!("{fetched:?}")));
    }
    for blob in ["payload", "slow"] {
        let digest = Digest::sha256(blob.as_bytes());
        let size = u64::try_from(blob.len()).unwrap();
        let answer = store.blob(&place, &digest, size, 100).await;
        answers.push(answer.map_or_else(told, |bytes| format!("{bytes:?}")));
    }
    let large = store.blob(&place, &digest(1), 10, 5).await;
    answers.push(large.map_or_else(told, |_| String::new()));
    for subject in [&manifest, &digest(7), &digest(8)] {
        let answer = store.referrers(&place, subject).await;
        answers.push(answer.map_or_else(told, |listing| {
            let cut = listing.incomplete.map(told);
            format!("{:?} {:?} {cut:?}", listing.descriptors, listing.found_by)
        }));
    }
    answers
}

fn store() -> Arc<MemoryStore> {
    let (store, place) = (MemoryStore::new(), place());
    let manifest = store.push_manifest(&place, media_type::IMAGE_MANIFEST, MANIFEST);
    store.tag(&place, "1", &manifest);
    let referrer = format!(
        r#"{{"schemaVersion":2,"layers":[],"annotations":{{"a":"b"}},"artifactType":"a/b","subject":{{"digest":"{manifest}","size":1}}}}"#
    );
    store.push_manifest(&place, media_type::IMAGE_MANIFEST, referrer);
    store.push_blob(&place, "payload");
    let denied = StoreError::Denied { target: "x:denied".into(), status: Some(403), detail: None };
    store.fail(&place, Question::Manifest(tag("denied")), denied);
    let slow = std::time::Duration::from_millis(5);
    let slow = StoreError::Timeout { target: "y".into(), stage: "connecting", limit: slow };
    store.fail(&place, Question::Blob(Digest::sha256(b"slow")), slow);
    let cut = StoreError::TooLarge { target: "z".into(), limit: 3, unit: "pages" };
    store.cut_listing(&place, &digest(7), cut);
    let server = StoreError::Server { target: "w".into(), status: 503 };
    store.fail(&place, Question::Referrers(digest(8)), server);
    Arc::new(store)
}

async fn saved() -> (SavedEvidence, Vec<String>) {
    let recorder = Recorder::new(store());
    let answers = ask_all(&recorder).await;
    (recorder.evidence(&context()).unwrap(), answers)
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Alters the index and seals it anew, as somebody would who knows how.
fn forge(root: &Path, alter: impl Fn(&mut Value)) -> EvidenceError {
    let path = root.join("evidence.json");
    let before = std::fs::read(&path).unwrap();
    let mut index: Value = serde_json::from_slice(&before).unwrap();
    alter(&mut index);
    let text = index.to_string();
    let seal = format!("{}  evidence.json\n", Digest::sha256(text.as_bytes()).hex());
    let sealed = std::fs::read(root.join("evidence.sha256")).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::write(root.join("evidence.sha256"), seal).unwrap();
    let error = Replay::open(root).unwrap_err();
    std::fs::write(&path, before).unwrap();
    std::fs::write(root.join("evidence.sha256"), sealed).unwrap();
    error
}

#[tokio::test]
async fn what_was_answered_is_answered_again_failures_and_absences_included() {
    let (evidence, answers) = saved().await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["evidence", "evidence.tar"] {
        let path = folder.path().join(name);
        evidence.write(&path).unwrap();
        let replay = Replay::open(&path).unwrap();
        assert_eq!(ask_all(&replay).await, answers, "{name}");
        assert_eq!(*replay.context(), context());
    }
    assert_eq!(answers.iter().filter(|answer| answer.starts_with("true ")).count(), 1);
    assert_eq!(ask_all(&evidence.replay().unwrap()).await, answers);
}

#[tokio::test]
async fn the_same_evidence_is_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("1.tar"), folder.path().join("2.tar"));
    saved().await.0.write(&one).unwrap();
    saved().await.0.write(&two).unwrap();
    assert_eq!(std::fs::read(one).unwrap(), std::fs::read(two).unwrap());
}

#[tokio::test]
async fn every_altered_byte_is_an_error_that_names_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("e");
    saved().await.0.write(&root).unwrap();
    let files = files(&root);
    assert_eq!(files.len(), 7, "index, seal, manifest, blob, trust, key and root: {files:?}");
    for path in files {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let before = std::fs::read(&path).unwrap();
        // Of a long file not every byte, for the sake of time.
        for position in (0..before.len()).step_by(before.len().div_ceil(200)) {
            let mut altered = before.clone();
            altered[position] ^= 1;
            std::fs::write(&path, altered).unwrap();
            let error = Replay::open(&root).unwrap_err();
            match &error {
                EvidenceError::Altered { file, .. } if *file == name => {}
                // The seal says of the index what it should be.
                EvidenceError::Altered { file, .. } if name == "evidence.sha256" => {
                    assert_eq!(file, "evidence.json");
                }
                EvidenceError::Malformed { file, .. } if name == "evidence.sha256" => {
                    assert_eq!(file, "evidence.sha256");
                }
                other => panic!("{name} {position}: {other}"),
            }
        }
        for other in [&before[..before.len() - 1], &[&before[..], b"x"].concat()] {
            std::fs::write(&path, other).unwrap();
            let code = Replay::open(&root).unwrap_err().code();
            assert!(matches!(code, "evidence_altered" | "evidence_malformed"), "{name}: {code}");
        }
        std::fs::remove_file(&path).unwrap();
        let code = Replay::open(&root).unwrap_err().code();
        let expected =
            if name.starts_with("blobs") { "evidence_incomplete" } else { "not_evidence" };
        assert_eq!(code, expected, "{name}");
        std::fs::write(&path, before).unwrap();
    }
    Replay::open(&root).unwrap();
}

#[tokio::test]
async fn an_altered_byte_in_a_tar_file_is_found_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.tar");
    saved().await.0.write(&path).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(7).position(|window| window == b"payload").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let error = Replay::open(&path).unwrap_err();
    let name = format!("blobs/sha256/{}", Digest::sha256(b"payload").hex());
    assert!(matches!(&error, EvidenceError::Altered { file, .. } if *file == name), "{error}");
    std::fs::write(&path, b"no tar file").unwrap();
    assert_eq!(Replay::open(&path).unwrap_err().code(), "malformed");
    let missing = Replay::open(&folder.path().join("absent")).unwrap_err();
    assert!(matches!(missing, EvidenceError::File(StoreError::File { .. })), "{missing}");
}

#[tokio::test]
async fn an_index_that_was_sealed_anew_cannot_lend_bytes_another_digest() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("e");
    saved().await.0.write(&root).unwrap();
    assert!(matches!(
        forge(&root, |v| v["version"] = json!(2)),
        EvidenceError::Version { found: 2 }
    ));
    let unknown = forge(&root, |v| v["more"] = json!(1));
    assert!(matches!(unknown, EvidenceError::Malformed { .. }), "{unknown}");
    let payload = Digest::sha256(b"payload");
    let of = |v: &mut Value, kind: &str, answer: &str, change: &dyn Fn(&mut Value)| {
        let requests = v["requests"].as_array_mut().unwrap();
        let found = requests.iter_mut().find(|r| {
            r["ask"].get(kind).is_some()
                && r["answer"].get(answer).is_some()
                && (kind != "manifest"
                    || r["ask"]["manifest"]["selector"].as_str().is_some_and(|s| s.contains(':')))
        });
        change(found.unwrap());
    };
    let swapped = forge(&root, |v| {
        of(v, "manifest", "manifest", &|r| {
            r["answer"]["manifest"]["digest"] = json!(payload);
            r["answer"]["manifest"]["size"] = json!(7);
        });
    });
    assert!(swapped.to_string().contains("does not fit its question"), "{swapped}");
    let shorter =
        forge(&root, |v| of(v, "blob", "blob", &|r| r["answer"]["blob"]["size"] = json!(6)));
    assert!(shorter.to_string().contains("does not fit its question"), "{shorter}");
    let crossed = forge(&root, |v| {
        of(v, "blob", "blob", &|r| {
            r["answer"] = json!({ "listing": { "found_by": "referrers-api", "descriptors": [] } })
        });
    });
    assert!(crossed.to_string().contains("does not fit its question"), "{crossed}");
    let twice = forge(&root, |v| {
        let requests = v["requests"].as_array_mut().unwrap();
        requests.push(requests[0].clone());
    });
    assert!(twice.to_string().contains("it answers twice"), "{twice}");
    let huge = forge(&root, |v| v["trust"][0]["document"]["size"] = json!(u64::MAX));
    assert!(matches!(huge, EvidenceError::TooLarge { .. }), "{huge}");
    let outside = forge(&root, |v| v["trust"][0]["document"]["digest"] = json!("sha256:../../x"));
    assert!(matches!(outside, EvidenceError::Malformed { .. }), "{outside}");
}

#[tokio::test]
async fn what_was_not_asked_for_is_unavailable_and_never_absent() {
    let (evidence, _) = saved().await;
    let replay = evidence.replay().unwrap();
    let other: Option<Selector> = tag("2");
    let error = replay.manifest(&place(), other.as_ref()).await.unwrap_err();
    assert!(matches!(&*error, StoreError::NotRecorded { .. }), "{error}");
    assert_eq!(error.unavailable_code(), UnavailableCode::NotFound);
    let text = "registry.example/team/app:2 is not in the evidence: it was not asked for when that was saved";
    assert_eq!(error.to_string(), text);
    let error = replay.referrers(&place(), &digest(99)).await.unwrap_err();
    assert!(matches!(&*error, StoreError::NotRecorded { .. }), "{error}");
    let error = replay.blob(&place(), &digest(99), 1, 1).await.unwrap_err();
    assert!(matches!(&*error, StoreError::NotRecorded { .. }), "{error}");
}

#[tokio::test]
async fn a_question_has_one_answer_while_it_is_recorded() {
    let store = store();
    let recorder = Recorder::new(store.clone());
    let subject = digest(50);
    let before = recorder.referrers(&place(), &subject).await.unwrap();
    let late = format!(r#"{{"layers":[],"subject":{{"digest":"{subject}","size":1}}}}"#);
    store.push_manifest(&place(), media_type::IMAGE_MANIFEST, late);
    let after = recorder.referrers(&place(), &subject).await.unwrap();
    let none: [Descriptor; 0] = [];
    assert_eq!((&before.descriptors[..], &after.descriptors[..]), (&none[..], &none[..]));
    assert_eq!(store.referrers(&place(), &subject).await.unwrap().descriptors.len(), 1);
    assert_eq!(after.found_by, FoundBy::ReferrersApi);
}

#[tokio::test]
async fn evidence_is_not_written_over_anything() {
    let (evidence, _) = saved().await;
    let folder = tempfile::tempdir().unwrap();
    let (full, empty) = (folder.path().join("full"), folder.path().join("empty"));
    for path in [&full, &empty] {
        std::fs::create_dir(path).unwrap();
    }
    std::fs::write(full.join("file"), "x").unwrap();
    let (tar, file) = (folder.path().join("e.tar"), folder.path().join("file"));
    for path in [&tar, &file] {
        std::fs::write(path, "x").unwrap();
    }
    for path in [&full, &tar, &file] {
        let error = evidence.write(path).unwrap_err();
        assert!(matches!(&error, EvidenceError::Exists { path: told } if told == path), "{error}");
    }
    assert_eq!(std::fs::read(&tar).unwrap(), b"x");
    evidence.write(&empty).unwrap();
    evidence.write(&folder.path().join("new/deep")).unwrap();
    let error = evidence.write(&file.join("below")).unwrap_err();
    assert!(matches!(error, EvidenceError::File(StoreError::Unwritable { .. })), "{error}");
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left =
        left.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("partial"));
    assert_eq!(left.count(), 0);
}
