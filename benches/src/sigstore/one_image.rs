//! One image with signatures in cosign's old layout: a manifest with a layer for each.

use super::hundred::budget;
use super::now;
use bytes::Bytes;
use referee_core::oci::{Document, media_type};
use referee_core::{
    Descriptor, Digest, Evidence, FoundBy, Job, Outcome, Referrer, Repository, Step, Subject,
    Verifier as _,
};
use referee_testkit::sigstore::{Instance, Signer};
use referee_verify::CosignVerifier;
use serde_json::json;
use std::collections::BTreeMap;

/// An image and two manifests of signatures: one has them all, the other the first alone.
pub(super) struct Image {
    subject: Subject,
    one: Signatures,
    all: Signatures,
}

struct Signatures {
    referrer: Referrer,
    blobs: BTreeMap<Digest, Bytes>,
    evidence: Evidence,
    count: usize,
}

impl Image {
    pub(super) fn new(instance: &mut Instance, signers: &[Signer]) -> Self {
        let bytes = manifest(&[]);
        let descriptor = descriptor(media_type::IMAGE_MANIFEST, &bytes);
        let (document, _) = Document::parse(&bytes, media_type::IMAGE_MANIFEST).expect("an image");
        let repository = Repository::new("registry.example", "team/app").expect("a name");
        let repository = Some(repository);
        let image = descriptor.digest.clone();
        let subject = Subject { repository, tag: None, descriptor, document, bytes };
        let layers: Vec<(Descriptor, Bytes)> = signers
            .iter()
            .map(|signer| {
                let (payload, annotations) = instance.layer(signer, image.as_str());
                let mut layer = self::descriptor(media_type::COSIGN_SIMPLE_SIGNING, &payload);
                let owned = annotations.into_iter().map(|(name, value)| (name.to_owned(), value));
                layer.annotations.extend(owned);
                (layer, Bytes::from(payload))
            })
            .collect();
        let one = Signatures::new(&image, layers.get(..1).expect("a layer"));
        Self { one, all: Signatures::new(&image, &layers), subject }
    }

    /// Fetches what a verifier asks for: what is measured is the step that verifies.
    pub(super) fn fetch(&mut self, verifier: &CosignVerifier) {
        for signatures in [&mut self.one, &mut self.all] {
            let job = Job { subject: &self.subject, referrer: &signatures.referrer };
            let evidence = &mut signatures.evidence;
            while let Step::More(requests) = verifier.verify(&job, evidence, now(), &budget()) {
                for request in requests {
                    let bytes = signatures.blobs[request.digest()].clone();
                    evidence.insert(request, Outcome::Bytes(bytes));
                }
            }
        }
    }

    pub(super) fn judge_one(&self, verifier: &CosignVerifier) {
        self.judge(verifier, &self.one);
    }

    pub(super) fn judge_all(&self, verifier: &CosignVerifier) {
        self.judge(verifier, &self.all);
    }

    fn judge(&self, verifier: &CosignVerifier, signatures: &Signatures) {
        let job = Job { subject: &self.subject, referrer: &signatures.referrer };
        let step = verifier.verify(&job, &signatures.evidence, now(), &budget());
        let Step::Done(findings) = step else { panic!("it has all that it needs: {step:?}") };
        let trusted = findings.signatures.iter().filter(|signature| signature.trusted);
        assert_eq!(trusted.count(), signatures.count, "{:?}", findings.signatures);
    }
}

impl Signatures {
    fn new(image: &Digest, layers: &[(Descriptor, Bytes)]) -> Self {
        let listed: Vec<&Descriptor> = layers.iter().map(|(layer, _)| layer).collect();
        let bytes = manifest(&listed);
        let mut descriptor = descriptor(media_type::IMAGE_MANIFEST, &bytes);
        descriptor.artifact_type = Some(media_type::COSIGN_SIGNATURE.to_owned());
        let payloads =
            layers.iter().map(|(layer, payload)| (layer.digest.clone(), payload.clone()));
        let blobs = payloads.chain([(descriptor.digest.clone(), bytes)]).collect();
        let subject = image.clone();
        let referrer = Referrer { descriptor, subject, depth: 1, found_by: FoundBy::CosignTag };
        Self { referrer, blobs, evidence: Evidence::default(), count: layers.len() }
    }
}

fn manifest(layers: &[&Descriptor]) -> Bytes {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE_MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": layers,
    });
    Bytes::from(manifest.to_string())
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest: Digest::sha256(bytes),
        size: u64::try_from(bytes.len()).expect("a size"),
        artifact_type: None,
        annotations: BTreeMap::new(),
        platform: None,
    }
}
