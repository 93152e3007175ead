//! Trusted roots of which a part cannot serve: what makes the whole one unusable, and what does not.

use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Coded as _, Trust};
use referee_verify::CosignVerifier;
use serde_json::{Value, json};
use sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
use std::collections::BTreeMap;

/// What reading Sigstore's root comes to once it is altered: a code, or nothing.
fn reading(alter: impl FnOnce(&mut Value)) -> Result<(), &'static str> {
    let mut root: Value = serde_json::from_str(SIGSTORE_PRODUCTION_TRUSTED_ROOT).unwrap();
    alter(&mut root);
    let files = BTreeMap::from([("root".to_owned(), root.to_string())]);
    let document = "sigstore: [{name: instance, file: root}]\n";
    let document = TrustDocument::read("trust", document).unwrap();
    let source = TrustSource { name: "trust".to_owned(), document, files };
    let trust = Trust::new(&[source]).unwrap();
    CosignVerifier::new(&trust).map(drop).map_err(|error| error.code())
}

fn chain<'a>(root: &'a mut Value, of: &str) -> &'a mut Vec<Value> {
    let chain = root[of][0].pointer_mut("/certChain/certificates").unwrap();
    chain.as_array_mut().unwrap()
}

#[test]
fn a_timestamp_authority_with_one_certificate_does_not_make_a_root_unusable() {
    assert_eq!(reading(|_| {}), Ok(()));
    assert_eq!(reading(|root| chain(root, "timestampAuthorities").truncate(1)), Ok(()));
    let last = |root: &mut Value| drop(chain(root, "timestampAuthorities").drain(..1));
    assert_eq!(reading(last), Ok(()));
}

#[test]
fn an_authority_without_a_certificate_or_with_none_that_can_be_read_makes_it_unusable() {
    for of in ["timestampAuthorities", "certificateAuthorities"] {
        let none = reading(|root| chain(root, of).clear());
        assert_eq!(none, Err("trust_root_certificate"), "{of}");
        let broken = reading(|root| chain(root, of)[0] = json!({"rawBytes": "AAAA"}));
        assert_eq!(broken, Err("trust_root_certificate"), "{of}");
        let many = reading(|root| {
            let chain = chain(root, of);
            *chain = vec![chain[0].clone(); 11];
        });
        assert_eq!(many, Err("trust_root_certificate"), "{of}");
    }
}
