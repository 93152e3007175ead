//! Every algorithm that an authority signs with, by openssl; see `tests/data/x509/make.sh`.

use super::support::time;
use referee_verify::KeyError;
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::algorithm::AlgorithmError;
use referee_verify::primitive::x509::{Certificate, Path, PathError, Usage, path};
use std::fs;

fn read(name: &str) -> Vec<Certificate> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/x509");
    Certificate::from_pem(&fs::read_to_string(format!("{folder}/{name}.pem")).unwrap()).unwrap()
}

fn find(name: &str) -> Result<Path, PathError> {
    let at = time("2027-01-01T00:00:00Z");
    path(&read(name)[0], &[], &read("roots"), Usage::CodeSigning, at, &Memory::default())
}

#[test]
fn every_curve_goes_with_every_hash_and_rsa_with_both_paddings() {
    for name in ["p256", "p384", "p521", "rsa", "pss"] {
        for hash in ["sha256", "sha384", "sha512"] {
            let found = find(&format!("{name}-{hash}")).unwrap();
            let root = if name == "pss" { "rsa" } else { name };
            assert_eq!(found.anchor().subject(), format!("CN={root}"));
        }
    }
    assert_eq!(find("ed25519").unwrap().anchor().subject(), "CN=ed25519");
}

#[test]
fn a_signature_that_was_changed_holds_under_no_algorithm() {
    for name in ["p256-sha384", "p384-sha256", "p521-sha384", "rsa-sha256", "pss-sha512", "ed25519"]
    {
        let mut der = read(name)[0].der().to_vec();
        *der.last_mut().unwrap() ^= 1;
        let leaf = Certificate::from_der(&der).unwrap();
        let at = time("2027-01-01T00:00:00Z");
        let memory = Memory::default();
        let error = path(&leaf, &[], &read("roots"), Usage::CodeSigning, at, &memory).unwrap_err();
        assert!(matches!(error, PathError::SignatureInvalid { .. }), "{name}: {error}");
    }
}

#[test]
fn sha_1_has_an_error_of_its_own() {
    for name in ["p256-sha1", "p384-sha1", "p521-sha1", "rsa-sha1", "pss-sha1"] {
        let error = find(name).unwrap_err();
        let PathError::Algorithm { error, .. } = error else { panic!("{name}: {error}") };
        assert!(matches!(error, AlgorithmError::Sha1 { .. }), "{name}: {error}");
    }
}

#[test]
fn other_algorithms_and_parameters_are_refused() {
    let algorithm = |name| match find(name).unwrap_err() {
        PathError::Algorithm { error, .. } => error,
        error => panic!("{name}: {error}"),
    };
    assert!(matches!(algorithm("p256-sha3"), AlgorithmError::Unsupported { .. }));
    for name in ["pss-salt", "pss-mgf"] {
        assert!(matches!(algorithm(name), AlgorithmError::Parameters { .. }), "{name}");
    }
}

#[test]
fn an_authority_with_a_short_key_can_be_read_and_not_used() {
    let error = find("rsa1024-sha256").unwrap_err();
    let key = KeyError::RsaSize { bits: 1024 };
    assert_eq!(error, PathError::Key { subject: "CN=rsa1024".to_owned(), error: key });
}
