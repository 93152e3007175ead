//! Bundles beside the repository, read with no help from the crate's own reader.
//!
//! `REFEREE_VECTORS` names the folder; without it is `../shared/vectors` beside the workspace.

use data_encoding::BASE64;
use referee_core::Timestamp;
use referee_verify::PublicKey;
use referee_verify::envelope::dsse::Envelope;
use referee_verify::primitive::memory::Memory;
use referee_verify::protocol::log_key::LogKey;
use referee_verify::protocol::tlog::{
    Carrier, Content, Digests, Entry, InclusionProof, LogError, Outcome, Signed, Verifier, verify,
};
use serde_json::Value;
use sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Writes past the test harness's capture: a skip must be seen.
pub(crate) fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

/// A folder of vectors, if it is there.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let named = std::env::var_os("REFEREE_VECTORS").map(PathBuf::from);
    let folder = named.unwrap_or_else(beside).join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    aloud(&format!("SKIPPED log entries: no folder {}; set REFEREE_VECTORS", folder.display()));
    None
}

/// A bundle as far as the log is concerned, with the logs to hold it against.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) carrier: Carrier,
    pub(crate) entries: Vec<Entry>,
    pub(crate) signature: Vec<u8>,
    pub(crate) verifier: By,
    pub(crate) content: Over,
    pub(crate) logs: Vec<LogKey>,
}

#[derive(Clone)]
pub(crate) enum By {
    Certificate(Vec<u8>),
    Key(PublicKey),
}

#[derive(Clone)]
pub(crate) enum Over {
    Message(Digests),
    Envelope(Envelope),
}

impl Case {
    /// A case of the suite; `None` where its bundle cannot be read at all.
    pub(crate) fn of_suite(folder: &Path) -> Option<Self> {
        let own = folder.join("artifact");
        let artifact = if own.exists() { own } else { folder.join("../a.txt") };
        let root = folder.join("trusted_root.json");
        let root = fs::read_to_string(root).unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT.into());
        let key = fs::read_to_string(folder.join("key.pub")).ok();
        Self::read(
            &folder.join("bundle.sigstore.json"),
            &fs::read(artifact).unwrap(),
            &root,
            key.as_deref(),
        )
    }

    pub(crate) fn read(
        bundle: &Path,
        artifact: &[u8],
        root: &str,
        key: Option<&str>,
    ) -> Option<Self> {
        let bundle: Value = serde_json::from_slice(&fs::read(bundle).unwrap()).ok()?;
        let carrier = match bundle["mediaType"].as_str()?.trim_end_matches("+json") {
            text if text.ends_with("0.1") => Carrier::BundleV01,
            text if text.ends_with("0.2") => Carrier::BundleV02,
            text if text.ends_with("0.3") => Carrier::BundleV03,
            _ => return None,
        };
        let material = &bundle["verificationMaterial"];
        let chain = &material["x509CertificateChain"]["certificates"][0]["rawBytes"];
        let certificate = [&material["certificate"]["rawBytes"], chain];
        let certificate = certificate.into_iter().find_map(|text| text.as_str());
        let verifier = match (certificate, key) {
            (Some(text), _) => By::Certificate(BASE64.decode(text.as_bytes()).unwrap()),
            (None, Some(pem)) => By::Key(PublicKey::from_pem(pem).ok()?),
            (None, None) => By::Certificate(Vec::new()),
        };
        let (signature, content) = match &bundle["dsseEnvelope"] {
            Value::Null => (
                bytes(&bundle["messageSignature"]["signature"]),
                Over::Message(Digests::of(artifact)),
            ),
            written => {
                let envelope = Envelope::parse(written.to_string().as_bytes()).unwrap();
                (envelope.signatures[0].clone().unwrap(), Over::Envelope(envelope))
            }
        };
        let entries = material["tlogEntries"].as_array().map_or(&[][..], Vec::as_slice);
        let entries: Option<Vec<_>> = entries.iter().map(entry).collect();
        Some(Self { carrier, entries: entries?, signature, verifier, content, logs: logs(root) })
    }

    pub(crate) fn signed(&self) -> Signed<'_> {
        Signed {
            signature: &self.signature,
            verifier: match &self.verifier {
                By::Certificate(der) => Verifier::Certificate(der),
                By::Key(key) => Verifier::Key(key),
            },
            content: match &self.content {
                Over::Message(digests) => Content::Message(digests),
                Over::Envelope(envelope) => Content::Envelope { envelope, written: None },
            },
        }
    }

    pub(crate) fn outcome(&self, entry: &Entry) -> Outcome<'_> {
        verify(entry, &self.signed(), &self.logs, now(), &Memory::default())
    }

    /// The one entry, judged.
    pub(crate) fn judge(&self, entry: &Entry) -> Result<(), LogError> {
        self.outcome(entry).judge(self.carrier)
    }
}

/// The logs of a trusted root.
pub(crate) fn logs(root: &str) -> Vec<LogKey> {
    let root: Value = serde_json::from_str(root).unwrap();
    let read = |log: &Value| {
        let time = |name: &str| {
            let text = log["publicKey"]["validFor"][name].as_str()?;
            Some(text.parse().unwrap())
        };
        LogKey {
            id: bytes(&log["logId"]["keyId"]).try_into().unwrap(),
            key: PublicKey::from_spki(&bytes(&log["publicKey"]["rawBytes"])).unwrap(),
            valid_from: time("start"),
            valid_until: time("end"),
            name: log["baseUrl"].as_str().unwrap().to_owned(),
        }
    };
    root["tlogs"].as_array().unwrap().iter().map(read).collect()
}

fn entry(written: &Value) -> Option<Entry> {
    let seconds = i64::try_from(number(&written["integratedTime"])?).ok()?;
    let promise = &written["inclusionPromise"]["signedEntryTimestamp"];
    let proof = &written["inclusionProof"];
    let hashes = proof["hashes"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(Entry {
        log_index: number(&written["logIndex"])?,
        log_id: bytes(&written["logId"]["keyId"]),
        kind: text(&written["kindVersion"]["kind"]),
        version: text(&written["kindVersion"]["version"]),
        integrated_time: (seconds > 0).then(|| Timestamp::from_unix_seconds(seconds).unwrap()),
        promise: promise.is_string().then(|| bytes(promise)),
        proof: proof.is_object().then(|| InclusionProof {
            log_index: number(&proof["logIndex"]).unwrap(),
            root_hash: bytes(&proof["rootHash"]),
            tree_size: number(&proof["treeSize"]).unwrap(),
            hashes: hashes.iter().map(bytes).collect(),
            checkpoint: text(&proof["checkpoint"]["envelope"]),
        }),
        canonicalized_body: bytes(&written["canonicalizedBody"]),
    })
}

/// A 64-bit integer of ProtoJSON; absent is zero, negative is none.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Null => Some(0),
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap_or_default().as_bytes()).unwrap()
}
