//! Real certificates of Sigstore's authorities, and what the conformance cases want of them.

use super::support::{time, vectors};
use data_encoding::BASE64;
use referee_core::Timestamp;
use referee_verify::PublicKey;
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::fulcio::{IdentityKind, claims, identity};
use referee_verify::primitive::x509::{Certificate, PathError, Usage, path};
use referee_verify::protocol::log_key::LogKey;
use referee_verify::protocol::sct::{self, SctError};
use serde_json::Value;
use sigstore_trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT};
use std::fs;
use std::path::Path;

fn bytes(value: &Value) -> Vec<u8> {
    BASE64.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn key(key: &Value) -> PublicKey {
    let der = bytes(&key["rawBytes"]);
    match key["keyDetails"].as_str() {
        Some("PKCS1_RSA_PKCS1V5") => PublicKey::from_pkcs1(&der).unwrap(),
        _ => PublicKey::from_spki(&der).unwrap(),
    }
}

/// The authorities and certificate transparency logs of a trusted root.
struct Trusted {
    anchors: Vec<Certificate>,
    logs: Vec<LogKey>,
}

impl Trusted {
    fn read(text: &str) -> Self {
        let root: Value = serde_json::from_str(text).unwrap();
        let chains = list(&root, "/certificateAuthorities");
        let anchors = chains.iter().flat_map(|chain| list(chain, "/certChain/certificates"));
        let anchors = anchors.map(|c| Certificate::from_der(&bytes(&c["rawBytes"])).unwrap());
        let end = |log: &Value, end| -> Option<Timestamp> {
            log.pointer(&format!("/publicKey/validFor/{end}"))?.as_str().map(time)
        };
        let logs = list(&root, "/ctlogs").iter().map(|log| LogKey {
            id: bytes(&log["logId"]["keyId"]).try_into().unwrap(),
            key: key(&log["publicKey"]),
            valid_from: end(log, "start"),
            valid_until: end(log, "end"),
            name: log["baseUrl"].as_str().unwrap().to_owned(),
        });
        Self { anchors: anchors.collect(), logs: logs.collect() }
    }

    /// Path and timestamp of the certificate in a bundle, at the start of its validity.
    fn judge(&self, certificates: &[Certificate]) -> Result<(), Failed> {
        let (leaf, intermediates) = certificates.split_first().unwrap();
        let (memory, at) = (Memory::default(), leaf.not_before());
        let found = path(leaf, intermediates, &self.anchors, Usage::CodeSigning, at, &memory)
            .map_err(Failed::Path)?;
        sct::verify(leaf, found.issuer(), &self.logs, &memory).map_err(Failed::Sct)?;
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
enum Failed {
    Path(PathError),
    Sct(SctError),
}

/// The certificates in a bundle; none where it has a key, is no JSON, or has an empty chain.
fn certificates(bundle: &Path) -> Vec<Certificate> {
    let Ok(bundle) = serde_json::from_slice::<Value>(&fs::read(bundle).unwrap()) else {
        return Vec::new();
    };
    let material = &bundle["verificationMaterial"];
    let one = material["certificate"].as_object().map(|_| &material["certificate"]);
    let several = list(material, "/x509CertificateChain/certificates");
    let all = one.into_iter().chain(several);
    all.map(|c| Certificate::from_der(&bytes(&c["rawBytes"])).unwrap()).collect()
}

fn trusted_root(folder: &Path) -> Trusted {
    let own = fs::read_to_string(folder.join("trusted_root.json"));
    Trusted::read(own.as_deref().unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT))
}

/// The cases that fail at the certificate, and how; every other one fails later, or holds.
fn expected(case: &str, found: &Failed) -> bool {
    match case {
        "invalid-ct-key_fail" => matches!(found, Failed::Sct(SctError::UnknownLog { .. })),
        "bundle-from-wrong-instance_fail" => {
            matches!(found, Failed::Path(PathError::NoIssuer { .. }))
        }
        // Its authority is as expired as the certificate is.
        "intoto-expired-certificate_fail" => {
            matches!(found, Failed::Path(PathError::Expired { .. }))
        }
        _ => false,
    }
}

#[test]
fn the_certificates_of_the_conformance_cases_hold_but_for_those_that_must_not() {
    let Some(folder) = vectors() else { return };
    let (mut held, mut failed) = (0, Vec::new());
    for case in fs::read_dir(folder.join("sigstore-bundle-verify")).unwrap() {
        let case = case.unwrap();
        if !case.path().join("bundle.sigstore.json").is_file() {
            continue;
        }
        let certificates = certificates(&case.path().join("bundle.sigstore.json"));
        if certificates.is_empty() {
            continue;
        }
        let name = case.file_name().into_string().unwrap();
        match trusted_root(&case.path()).judge(&certificates) {
            Ok(()) => held += 1,
            Err(found) => {
                assert!(expected(&name, &found), "{name}: {found:?}");
                failed.push(name);
            }
        }
    }
    failed.sort();
    assert_eq!(
        failed,
        [
            "bundle-from-wrong-instance_fail",
            "intoto-expired-certificate_fail",
            "invalid-ct-key_fail"
        ]
    );
    assert!(held > 40, "{held}");
}

#[test]
fn a_certificate_of_the_staging_authority_holds_under_its_own_root() {
    let Some(folder) = vectors() else { return };
    let bundle =
        folder.join("sigstore-bundle-verify/bundle-from-wrong-instance_fail/bundle.sigstore.json");
    let staging = Trusted::read(SIGSTORE_STAGING_TRUSTED_ROOT);
    assert_eq!(staging.judge(&certificates(&bundle)), Ok(()));
}

#[test]
fn the_certificates_of_a_private_instance_hold() {
    let Some(folder) = vectors() else { return };
    let folder = folder.join("sigstore-mock");
    let trusted = trusted_root(&folder);
    let mut held = 0;
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        if !file.to_string_lossy().ends_with(".sigstore.json") {
            continue;
        }
        assert_eq!(trusted.judge(&certificates(&file)), Ok(()), "{}", file.display());
        held += 1;
    }
    assert_eq!(held, 6);
}

#[test]
fn a_workflow_signed_and_its_claims_say_which() {
    let Some(folder) = vectors() else { return };
    let bundle = folder.join("sigstore-bundle-verify/rekor2-happy-path/bundle.sigstore.json");
    let certificate = certificates(&bundle).remove(0);
    let signer = identity(&certificate).unwrap();
    let workflow = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/\
                    .github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    assert_eq!((signer.subject.as_str(), signer.kind), (workflow, IdentityKind::Uri));
    assert_eq!(signer.issuer.as_deref(), Some("https://token.actions.githubusercontent.com"));
    let claims = claims(&certificate).unwrap();
    assert_eq!(claims.len(), 20);
    assert_eq!(claims["buildSignerURI"], workflow);
    assert_eq!(claims["githubWorkflowRef"], "refs/heads/main");
    assert_eq!(claims["runnerEnvironment"], "github-hosted");
    assert_eq!(claims["sourceRepositoryVisibilityAtSigning"], "public");
}
