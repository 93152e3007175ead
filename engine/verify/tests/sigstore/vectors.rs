//! The cases, where they are at hand: `REFEREE_VECTORS` names the folder of other projects' data,
//! else it is looked for beside the project.

use referee_core::facts::SignatureFact;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Budget, Digest, Limits, Trust};
use referee_verify::CosignVerifier;
use referee_verify::cosign::Blob;
use referee_verify::protocol::tlog::Digests;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const IDENTITY: &str = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) bundle: Vec<u8>,
    pub(crate) artifact: Vec<u8>,
    pub(crate) key: Option<String>,
    pub(crate) root: Option<String>,
    identity: String,
    issuer: String,
}

/// The cases, or none where they are not at hand.
pub(crate) fn cases() -> Vec<Case> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors");
    let vectors = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    let suite = vectors.join("sigstore-bundle-verify");
    if !suite.is_dir() {
        println!("SKIPPED sigstore: {} is no folder", suite.display());
        return Vec::new();
    }
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(&suite).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders.iter().map(|folder| Case::read(&suite, folder)).collect()
}

impl Case {
    fn read(suite: &Path, folder: &Path) -> Self {
        let optional = |name: &str| std::fs::read(folder.join(name)).ok();
        let text = |name: &str| optional(name).map(|bytes| String::from_utf8(bytes).unwrap());
        let word = |name: &str, fallback: &str| {
            text(name).map_or_else(|| fallback.to_owned(), |text| text.trim().to_owned())
        };
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            bundle: optional("bundle.sigstore.json").unwrap(),
            artifact: optional("artifact")
                .unwrap_or_else(|| std::fs::read(suite.join("a.txt")).unwrap()),
            key: text("key.pub"),
            root: text("trusted_root.json"),
            identity: word("identity", IDENTITY),
            issuer: word("issuer", ISSUER),
        }
    }

    pub(crate) fn must_fail(&self) -> bool {
        self.name.ends_with("_fail")
    }

    /// A verifier that trusts the case's signer; `None` where the case's own trust is broken.
    pub(crate) fn verifier(&self) -> Option<CosignVerifier> {
        let mut files = BTreeMap::new();
        let mut document = match &self.key {
            Some(key) => {
                files.insert("key".to_owned(), key.clone());
                "keys: [{name: signer, file: key, log: required, scopes: ['**']}]\n".to_owned()
            }
            None => format!(
                "identities: [{{name: signer, issuer: '{}', subject: '{}', scopes: ['**']}}]\n",
                self.issuer, self.identity
            ),
        };
        if let Some(root) = &self.root {
            files.insert("root".to_owned(), root.clone());
            document += "sigstore: [{name: case, file: root}]\n";
        }
        let document = TrustDocument::read("trust", &document).unwrap();
        let source = TrustSource { name: "trust".to_owned(), document, files };
        CosignVerifier::new(&Trust::new(&[source]).unwrap()).ok()
    }

    /// What is told of the signatures of a bundle for the case's artifact.
    pub(crate) fn examine(&self, verifier: &CosignVerifier, bundle: &[u8]) -> Vec<SignatureFact> {
        let digest = Digest::sha256(&self.artifact);
        let digests = Digests::of(&self.artifact);
        let bytes = Some(self.artifact.as_slice());
        let blob = Blob { digest: &digest, digests: &digests, bytes, repository: None };
        let budget = Budget::new(&Limits::DEFAULT, std::sync::Arc::default());
        let now = "2026-11-01T00:00:00Z".parse().unwrap();
        verifier.verify_blob(&blob, bundle, now, &budget).signatures
    }

    /// Whether a bundle is trusted for the case's artifact.
    pub(crate) fn trusts(&self, verifier: &CosignVerifier, bundle: &[u8]) -> bool {
        let signatures = self.examine(verifier, bundle);
        !signatures.is_empty() && signatures.iter().all(|signature| signature.trusted)
    }
}
