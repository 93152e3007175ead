//! Others' tokens, what they are about, and who is trusted with them.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::Certificate;
use referee_verify::protocol::timestamp::{Authority, Stamp, TimestampError, verify};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes past the test harness's capture: a skip, or a figure, must be seen.
pub(crate) fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

/// The folder of others' test data; `REFEREE_VECTORS` names another.
pub(crate) fn vectors() -> Option<PathBuf> {
    let named = std::env::var_os("REFEREE_VECTORS").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let folder = named.unwrap_or(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    aloud(&format!("SKIPPED vectors: no folder {}; set REFEREE_VECTORS", folder.display()));
    None
}

/// A token, what it should be about, and who is trusted.
pub(crate) struct Case {
    pub(crate) token: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) authorities: Vec<Authority>,
}

impl Case {
    pub(crate) fn verify(&self) -> Result<Stamp, TimestampError> {
        verify(&self.token, &self.message, &self.authorities, &Memory::default())
    }

    /// The bundle's first timestamp over its first signature.
    pub(crate) fn of_bundle(bundle: &Path, root: &str) -> Option<Self> {
        let bundle: Value = serde_json::from_slice(&fs::read(bundle).ok()?).ok()?;
        let times = &bundle["verificationMaterial"]["timestampVerificationData"];
        let token = times["rfc3161Timestamps"][0]["signedTimestamp"].as_str()?;
        let signature = bundle["messageSignature"]["signature"]
            .as_str()
            .or(bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str())?;
        Some(Self {
            // One of the bundles has line ends in it.
            token: BASE64.decode(token.replace('\n', "").as_bytes()).unwrap(),
            message: BASE64.decode(signature.as_bytes()).unwrap(),
            authorities: authorities(root),
        })
    }

    /// The countersignature of a Notary Project signature in JWS.
    pub(crate) fn of_notary(envelope: &Path, root: &Path) -> Self {
        let envelope: Value = serde_json::from_slice(&fs::read(envelope).unwrap()).unwrap();
        let token = envelope["header"]["io.cncf.notary.timestampSignature"].as_str().unwrap();
        let signature = envelope["signature"].as_str().unwrap();
        Self {
            token: BASE64.decode(token.as_bytes()).unwrap(),
            message: BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap(),
            authorities: vec![Authority::anchored("notary".into(), certificates(root))],
        }
    }
}

/// The timestamp authorities of a `trusted_root.json`.
pub(crate) fn authorities(root: &str) -> Vec<Authority> {
    let root: Value = serde_json::from_str(root).unwrap();
    let list = root["timestampAuthorities"].as_array().cloned().unwrap_or_default();
    let authority = |entry: &Value| {
        let chain: Vec<_> = entry["certChain"]["certificates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| BASE64.decode(one["rawBytes"].as_str().unwrap().as_bytes()).unwrap())
            .map(|der| Certificate::from_der(&der).unwrap())
            .collect();
        let time =
            |field: &str| entry["validFor"][field].as_str().map(|text| text.parse().unwrap());
        let name = entry["uri"].as_str().unwrap_or("unnamed").to_owned();
        Authority::pinned(name, &chain).unwrap().during(time("start"), time("end"))
    };
    list.iter().map(authority).collect()
}

/// The certificates in a file, PEM or DER.
pub(crate) fn certificates(file: &Path) -> Vec<Certificate> {
    let bytes = fs::read(file).unwrap();
    match std::str::from_utf8(&bytes) {
        Ok(text) => Certificate::from_pem(text).unwrap(),
        Err(_) => vec![Certificate::from_der(&bytes).unwrap()],
    }
}
