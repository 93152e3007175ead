//! Signatures verified a second: the verifier over a whole referrer beside the bare library's
//! rate for the same signatures, in the same run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::BASE64;
use referee_core::facts::SignatureStatus;
use referee_core::oci::media_type;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{
    Budget, Descriptor, Digest, Evidence, FoundBy, Index, Job, Limits, Manifest, Outcome, Referrer,
    Repository, Step, Subject, Timestamp, Trust, Verifier,
};
use referee_verify::cosign::CosignVerifier;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn layout() -> PathBuf {
    referee_testkit::layouts().join("hundred-signatures")
}

fn blob(digest: &Digest) -> bytes::Bytes {
    std::fs::read(layout().join("blobs/sha256").join(digest.hex())).expect("a blob").into()
}

struct Case {
    subject: Subject,
    referrer: Referrer,
    evidence: Evidence,
    manifest: Manifest,
}

fn case() -> Case {
    let index: Index =
        serde_json::from_slice(&std::fs::read(layout().join("index.json")).unwrap()).unwrap();
    let named = |suffix: bool| {
        let name = |d: &&Descriptor| {
            d.annotations["org.opencontainers.image.ref.name"].ends_with(".sig") == suffix
        };
        index.manifests.iter().find(name).expect("a manifest").clone()
    };
    let (image, mut signature) = (named(false), named(true));
    signature.artifact_type = Some(media_type::COSIGN_SIGNATURE.into());
    let bytes = blob(&image.digest);
    let (document, _) = referee_core::oci::Document::parse(&bytes, &image.media_type).unwrap();
    let manifest_bytes = blob(&signature.digest);
    let manifest: Manifest = serde_json::from_slice(&manifest_bytes).unwrap();
    let subject = Subject {
        repository: Some(Repository::new("registry.example", "team/app").unwrap()),
        tag: None,
        descriptor: image.clone(),
        document,
        bytes,
    };
    let referrer = Referrer {
        descriptor: signature,
        subject: image.digest,
        depth: 1,
        found_by: FoundBy::CosignTag,
    };
    Case { subject, referrer, evidence: Evidence::default(), manifest }
}

fn trust() -> Trust {
    let path = referee_testkit::trust();
    let text = std::fs::read_to_string(&path)
        .unwrap()
        .replace("registry.example/ci", "registry.example/team");
    let document = TrustDocument::read("trust.yaml", &text).unwrap();
    let folder: &Path = path.parent().unwrap();
    let files: BTreeMap<_, _> = document
        .files()
        .map(|file| (file.to_owned(), std::fs::read_to_string(folder.join(file)).unwrap()))
        .collect();
    Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files }]).unwrap()
}

fn signatures(criterion: &mut Criterion) {
    let mut case = case();
    let verifier = CosignVerifier::new(&trust()).unwrap();
    let budget = Budget::new(&Limits::DEFAULT, Arc::new(AtomicBool::new(false)));
    let now = Timestamp::from_unix_seconds(1_800_000_000).unwrap();
    // Fetch what it asks for, once: what is measured is the step that verifies.
    let job = Job { subject: &case.subject, referrer: &case.referrer };
    while let Step::More(requests) = verifier.verify(&job, &case.evidence, now, &budget) {
        for request in requests {
            let bytes = blob(request.digest());
            case.evidence.insert(request, Outcome::Bytes(bytes));
        }
    }
    let keys: Vec<Vec<u8>> = ["release", "build", "qa", "security", "legal"]
        .map(|name| {
            let path = referee_testkit::layouts().join(format!("../keys/{name}.pub"));
            let pem = std::fs::read_to_string(path).unwrap();
            let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            let spki = BASE64.decode(base64.as_bytes()).unwrap();
            // The uncompressed point ends the SubjectPublicKeyInfo of a P-256 key.
            spki[spki.len() - 65..].to_vec()
        })
        .into();
    let bare: Vec<(Vec<u8>, bytes::Bytes, usize)> = case
        .manifest
        .layers
        .iter()
        .map(|layer| {
            let signature =
                BASE64.decode(layer.annotations["dev.cosignproject.cosign/signature"].as_bytes());
            let (signature, payload) = (signature.unwrap(), blob(&layer.digest));
            let made_by = |key: &Vec<u8>| {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
                    .verify(&payload, &signature)
                    .is_ok()
            };
            let key = keys.iter().position(made_by).expect("one of the keys made it");
            (signature, payload, key)
        })
        .collect();

    let mut group = criterion.benchmark_group("signatures");
    group.throughput(Throughput::Elements(100));
    group.bench_function("bare library, the right key at once", |bencher| {
        bencher.iter(|| {
            for (signature, payload, key) in &bare {
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &keys[*key]);
                key.verify(payload, signature).unwrap();
            }
        });
    });
    group.bench_function("bare library, five keys in turn", |bencher| {
        bencher.iter(|| {
            for (signature, payload, _) in &bare {
                let any = keys.iter().any(|key| {
                    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
                        .verify(payload, signature)
                        .is_ok()
                });
                assert!(any);
            }
        });
    });
    group.bench_function("the verifier, five keys", |bencher| {
        bencher.iter(|| {
            let step = verifier.verify(&job_of(&case), &case.evidence, now, &budget);
            let Step::Done(findings) = step else { panic!("it has all it needs") };
            assert_eq!(findings.signatures.len(), 100);
            assert!(findings.signatures.iter().all(|s| s.status == SignatureStatus::Trusted));
        });
    });
    group.finish();
}

fn job_of(case: &Case) -> Job<'_> {
    Job { subject: &case.subject, referrer: &case.referrer }
}

criterion_group!(benches, signatures);
criterion_main!(benches);
