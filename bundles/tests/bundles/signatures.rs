//! Signatures of bundles, those that hold and those that do not.

use crate::keys::{another, demanded, keys, pair, policy};
use crate::support::files;
use data_encoding::BASE64URL_NOPAD;
use referee_bundles::{
    Bundle, BundleKey, BundleLimits, Files, ReadOptions, SIGNATURES_FILE, SignaturePolicy,
    Snapshot, Verification, sign,
};
use referee_core::Coded as _;
use referee_rego::Value;
use referee_verify::primitive::jws::{JwsAlgorithm, JwsSigner};

const CONTENT: [(&str, &str); 3] = [
    (".manifest", r#"{"revision":"r","roots":["p"]}"#),
    ("p/data.json", r#"{"n": 1.0, "b": [1e3, {"q": null}], "a": "<&>é\u2028"}"#),
    ("p/x.rego", "package p\n\ny := 1\n"),
];

fn es256() -> BundleKey {
    pair(JwsAlgorithm::Es256).key(JwsAlgorithm::Es256)
}

fn signer() -> JwsSigner {
    pair(JwsAlgorithm::Es256).signer(JwsAlgorithm::Es256)
}

fn add(files: &mut Files, name: &str, bytes: &[u8]) {
    files.add(name, bytes.to_vec(), &BundleLimits::DEFAULT).unwrap();
}

/// Files with their signature.
fn signed(content: &[(&str, &str)], key_id: Option<&str>, claims: Option<&str>) -> Files {
    let mut found = files(content);
    let claims = claims.map(|claims| Value::from_json_str(claims).unwrap());
    let signature = sign(&found, &signer(), key_id, claims.as_ref(), "").unwrap();
    add(&mut found, SIGNATURES_FILE, &signature);
    found
}

fn read(files: Files, policy: &SignaturePolicy) -> Result<Snapshot, (&'static str, String)> {
    let bundle = Bundle::from_files(files, &ReadOptions::new(policy));
    let told = |error: referee_bundles::BundleError| (error.code(), error.to_string());
    bundle.map_err(told)?.into_snapshot().map_err(told)
}

/// Files with a token of our own making, signed well.
fn with_token(header: &str, payload: &str) -> Files {
    let mut found = files(&CONTENT);
    add(&mut found, SIGNATURES_FILE, token(header, payload).as_bytes());
    found
}

fn token(header: &str, payload: &str) -> String {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let signed = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    let signature = encode(&signer().sign(signed.as_bytes()).unwrap());
    format!(r#"{{"signatures":["{signed}.{signature}"]}}"#)
}

#[test]
fn what_is_signed_by_any_algorithm_is_taken_under_its_key_and_tells_whose_it_is() {
    for algorithm in JwsAlgorithm::ALL {
        let pair = pair(algorithm);
        let mut found = files(&CONTENT);
        let signature = sign(&found, &pair.signer(algorithm), None, None, "").unwrap();
        add(&mut found, SIGNATURES_FILE, &signature);
        let policy = policy(demanded("release", pair.key(algorithm)));
        let snapshot = read(found, &policy).unwrap();
        let by = snapshot.signed_by.unwrap();
        assert_eq!((by.key_id.as_str(), by.algorithm, by.scope), ("release", algorithm, None));
        assert_eq!(snapshot.data.get("p").unwrap().get("n").unwrap().to_json_string(), "1.0");
    }
}

#[test]
fn the_layout_of_documents_makes_no_difference_and_any_other_byte_does() {
    let policy = policy(demanded("k", es256()));
    let other = |name: &str, text: &str| {
        let mut found = Files::default();
        for file in signed(&CONTENT, None, None).iter() {
            let bytes = if file.path == name { text.as_bytes() } else { &file.bytes };
            add(&mut found, &file.path, bytes);
        }
        read(found, &policy).map(|_| ())
    };
    let laid_out = "{\n  \"a\": \"\\u003c&>é\\u2028\", \"b\": [1e3, {\"q\":null}],\n \"n\": 1.0}\n";
    assert_eq!(other("p/data.json", laid_out), Ok(()));
    assert_eq!(other(".manifest", "{\"roots\": [\"p\"], \"revision\": \"r\"}"), Ok(()));
    for (name, text) in [
        ("p/data.json", r#"{"n": 1, "b": [1e3, {"q": null}], "a": "<&>é\u2028"}"#),
        ("p/data.json", r#"{"n": 1.0, "b": [1000, {"q": null}], "a": "<&>é\u2028"}"#),
        (".manifest", r#"{"revision":"r","roots":[""]}"#),
        ("p/x.rego", "package p\n\ny := 1 \n"),
    ] {
        let (code, message) = other(name, text).unwrap_err();
        assert_eq!(code, "bundle_digest", "{message}");
        assert!(message.starts_with(&format!("{name}: digest mismatch (want: ")), "{message}");
    }
}

#[test]
fn files_and_signature_must_list_the_same() {
    let policy = policy(demanded("k", es256()));
    let mut more = signed(&CONTENT, None, None);
    add(&mut more, "p/README.md", b"");
    assert_eq!(
        read(more, &policy).unwrap_err(),
        ("bundle_file_not_signed", "file p/README.md not included in bundle signature".to_owned())
    );
    let mut less = signed(&CONTENT, None, None);
    less.retain(|path| path != "p/x.rego");
    assert_eq!(
        read(less, &policy).unwrap_err(),
        (
            "bundle_file_missing",
            "file(s) [p/x.rego] specified in bundle signatures but not found in the target bundle"
                .to_owned()
        )
    );
    let excluding = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        crate::keys::policy(demanded("k", es256()).with_excluded(patterns))
    };
    let mut altered = signed(&CONTENT, None, None);
    altered.retain(|path| path != "p/x.rego");
    add(&mut altered, "p/x.rego", b"package p\n");
    add(&mut altered, "p/y.rego", b"package p\n");
    assert_eq!(read(altered.clone(), &excluding(&["*.rego"])).unwrap_err().0, "bundle_digest");
    assert!(read(altered, &excluding(&["p/*.rego"])).is_ok());
}

#[test]
fn who_has_to_have_signed_follows_from_the_policy() {
    let named = |id: &str| policy(Verification::new(keys(&[(id, es256())])));
    // Nothing configured: signed bundles cannot be checked, and unsigned ones are taken.
    let unconfigured = SignaturePolicy::Unconfigured;
    assert!(read(files(&CONTENT), &unconfigured).is_ok());
    assert_eq!(
        read(signed(&CONTENT, None, None), &unconfigured).unwrap_err().0,
        "bundle_keys_not_configured"
    );
    assert!(read(signed(&CONTENT, None, None), &SignaturePolicy::Ignored).is_ok());
    // A key is demanded.
    let demanded = policy(demanded("k", es256()));
    let missing = (
        "bundle_unsigned",
        "bundle missing .signatures.json file: a signature is demanded".to_owned(),
    );
    assert_eq!(read(files(&CONTENT), &demanded).unwrap_err(), missing);
    let mut nothing = files(&CONTENT);
    add(&mut nothing, SIGNATURES_FILE, b"{}");
    assert_eq!(read(nothing, &demanded).unwrap_err(), missing);
    assert!(read(signed(&CONTENT, Some("other"), None), &demanded).is_ok());
    // The token names the key.
    assert!(read(files(&CONTENT), &named("a")).unwrap().signed_by.is_none());
    assert_eq!(
        read(signed(&CONTENT, Some("a"), None), &named("a")).unwrap().signed_by.unwrap().key_id,
        "a"
    );
    assert_eq!(
        read(signed(&CONTENT, Some("b"), None), &named("a")).unwrap_err().1,
        "verification key corresponding to ID \"b\" not found"
    );
    assert_eq!(
        read(signed(&CONTENT, None, None), &named("a")).unwrap_err().1,
        "verification key ID is empty: neither the configuration nor the signature names a key"
    );
    let claim = with_token(r#"{"alg":"ES256"}"#, r#"{"files":[],"keyid":"b"}"#);
    assert_eq!(read(claim, &named("a")).unwrap_err().0, "bundle_key_unknown");
    // Named and demanded.
    let SignaturePolicy::Checked(verification) = named("a") else { panic!("it is checked") };
    let required = policy(verification.with_required(true));
    assert_eq!(read(files(&CONTENT), &required).unwrap_err(), missing);
}

#[test]
fn of_several_keys_any_may_have_signed_so_that_keys_can_be_renewed() {
    let old = another();
    let both = keys(&[("old", old.key(JwsAlgorithm::Es256)), ("new", es256())]);
    let all = |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        Verification::new(both.clone()).with_key_ids(ids)
    };
    let accepted = policy(all(&["old", "new"]).unwrap());
    let by = |id| read(signed(&CONTENT, id, None), &accepted).map(|s| s.signed_by.unwrap().key_id);
    assert_eq!(by(None).unwrap(), "new");
    assert_eq!(by(Some("new")).unwrap(), "new");
    assert_eq!(by(Some("another name")).unwrap(), "new");
    // Where the token names one of them it is that one.
    assert_eq!(
        by(Some("old")).unwrap_err(),
        ("bundle_signature_invalid", "the signature is not one of the key \"old\"".to_owned())
    );
    let only_old = policy(all(&["old"]).unwrap());
    assert_eq!(
        read(signed(&CONTENT, Some("new"), None), &only_old).unwrap_err().1,
        "the signature is not one of the key \"old\""
    );
    assert_eq!(read(files(&CONTENT), &accepted).unwrap_err().0, "bundle_unsigned");
    assert_eq!(all(&["x"]).unwrap_err().code(), "bundle_key_unknown");
    assert_eq!(all(&[]).unwrap_err().code(), "bundle_keys_not_configured");
}

#[test]
fn the_scope_must_be_the_one_that_is_demanded() {
    let demand = |of_key: Option<&str>, of_bundle: Option<&str>| {
        let owned = |scope: Option<&str>| scope.map(str::to_owned);
        let key = es256().with_scope(owned(of_key));
        policy(demanded("k", key).with_scope(owned(of_bundle)))
    };
    let write = || signed(&CONTENT, None, Some(r#"{"scope":"write"}"#));
    assert_eq!(
        read(write(), &demand(None, Some("write"))).unwrap().signed_by.unwrap().scope.unwrap(),
        "write"
    );
    assert!(read(write(), &demand(Some("write"), None)).is_ok());
    assert!(read(write(), &demand(Some("read"), Some("write"))).is_ok());
    for (policy, files, wanted, found) in [
        (demand(None, None), write(), "", "write"),
        (demand(None, Some("read")), write(), "read", "write"),
        (demand(Some("write"), Some("read")), write(), "read", "write"),
        (demand(Some("write"), None), signed(&CONTENT, None, None), "write", ""),
    ] {
        let text =
            format!("scope mismatch: the signature is for {found:?}, and {wanted:?} is demanded");
        assert_eq!(read(files, &policy).unwrap_err(), ("bundle_scope", text));
    }
}

#[test]
fn the_algorithm_is_that_of_the_key_whatever_the_header_says() {
    let policy = policy(demanded("k", es256()));
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256"}"#, "{}"] {
        let error = read(with_token(header, r#"{"files":[]}"#), &policy).unwrap_err();
        assert_eq!(error.0, "bundle_file_not_signed", "{header}");
    }
    // The public key as a secret: what a reader falls for that believes the header.
    let public = pair(JwsAlgorithm::Es256).public;
    let mut found = files(&CONTENT);
    let hmac = JwsSigner::new(JwsAlgorithm::Hs256, &public).unwrap();
    let signature = sign(&found, &hmac, None, None, "").unwrap();
    add(&mut found, SIGNATURES_FILE, &signature);
    assert_eq!(read(found, &policy).unwrap_err().0, "bundle_signature_invalid");
    // Without any signature.
    let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let mut found = files(&CONTENT);
    let none = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(r#"{"files":[]}"#));
    add(&mut found, SIGNATURES_FILE, format!(r#"{{"signatures":["{none}"]}}"#).as_bytes());
    assert_eq!(read(found, &policy).unwrap_err().0, "bundle_signature_invalid");
}

#[test]
fn an_altered_signature_does_not_hold() {
    let policy = policy(demanded("k", es256()));
    let whole = signed(&CONTENT, None, None);
    let file = whole.iter().find(|file| file.path == SIGNATURES_FILE).unwrap();
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let token = document["signatures"][0].as_str().unwrap();
    let parts: Vec<Vec<u8>> =
        token.split('.').map(|part| BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).collect();
    for (part, bytes) in parts.iter().enumerate() {
        for at in (0..bytes.len()).step_by(17) {
            let mut altered = parts.clone();
            altered[part][at] ^= 1;
            let altered: Vec<String> =
                altered.iter().map(|part| BASE64URL_NOPAD.encode(part)).collect();
            let mut found = files(&CONTENT);
            let document = format!(r#"{{"signatures":["{}"]}}"#, altered.join("."));
            add(&mut found, SIGNATURES_FILE, document.as_bytes());
            let error = read(found, &policy).unwrap_err().0;
            assert!(
                matches!(error, "bundle_signature_invalid" | "bundle_signature_malformed"),
                "{part} {at}: {error}"
            );
        }
    }
}

#[test]
fn what_has_not_the_form_of_a_signature_is_refused() {
    let policy = policy(demanded("k", es256()));
    let told = |document: &str| {
        let mut found = files(&CONTENT);
        add(&mut found, SIGNATURES_FILE, document.as_bytes());
        read(found, &policy).unwrap_err()
    };
    for (document, code, text) in [
        ("{", "bundle_signature_malformed", ".signatures.json cannot be read"),
        ("[]", "bundle_signature_malformed", ".signatures.json must be an object"),
        (
            r#"{"signatures":"x"}"#,
            "bundle_signature_malformed",
            ".signatures.json: signatures must be a list of texts",
        ),
        (
            r#"{"signatures":[1]}"#,
            "bundle_signature_malformed",
            ".signatures.json: signatures must be a list of texts",
        ),
        (
            r#"{"signatures":[]}"#,
            "bundle_signature_malformed",
            ".signatures.json: missing JWT (expected exactly one)",
        ),
        (
            r#"{"plugin":"_default"}"#,
            "bundle_signature_malformed",
            ".signatures.json: missing JWT (expected exactly one)",
        ),
        (
            r#"{"signatures":["a","b"]}"#,
            "bundle_signature_malformed",
            ".signatures.json: multiple JWTs not supported (expected exactly one)",
        ),
        (
            r#"{"signatures":["a.b.c"],"plugin":"kms"}"#,
            "bundle_signature_malformed",
            ".signatures.json names the plugin \"kms\", which there is not",
        ),
        (
            r#"{"signatures":["a.b"]}"#,
            "bundle_signature_malformed",
            "the signature must be a JWT of three parts",
        ),
        (
            r#"{"signatures":["a.b.c.d"]}"#,
            "bundle_signature_malformed",
            "the signature must be a JWT of three parts",
        ),
        (
            r#"{"signatures":["e30=.e30.e30"]}"#,
            "bundle_signature_malformed",
            "the header of the signature must be base64url without padding",
        ),
        (
            r#"{"signatures":["W10.e30.e30"]}"#,
            "bundle_signature_malformed",
            "the header of the signature must be a JSON object",
        ),
    ] {
        assert_eq!(told(document), (code, text.to_owned()), "{document}");
    }
    let header = r#"{"alg":"ES256"}"#;
    let file = |rest: &str| format!(r#"{{"files":[{{"name":"p/x.rego",{rest}}}]}}"#);
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (header, payload, code, text) in [
        (
            r#"{"crit":["exp"]}"#,
            r#"{"files":[]}"#.to_owned(),
            "bundle_signature_malformed",
            "the header of the signature has \"crit\", which demands what is not known here",
        ),
        (
            r#"{"kid":7}"#,
            r#"{"files":[]}"#.to_owned(),
            "bundle_signature_malformed",
            "kid of the signature's header must be a text",
        ),
        (
            header,
            r#"{"files":{}}"#.to_owned(),
            "bundle_signature_malformed",
            "files of the signature's payload must be a list of objects",
        ),
        (
            header,
            r#"{"files":[7]}"#.to_owned(),
            "bundle_signature_malformed",
            "files of the signature's payload must be a list of objects",
        ),
        (
            header,
            r#"{"files":[{"name":"../x"}]}"#.to_owned(),
            "bundle_signature_malformed",
            "the signature lists a file with a name that cannot be: \"../x\"",
        ),
        (
            header,
            r#"{"files":[{"name":"a"},{"name":"/a"}]}"#.to_owned(),
            "bundle_signature_malformed",
            "a is listed twice in the signature",
        ),
    ] {
        let error = read(with_token(header, &payload), &policy).unwrap_err();
        assert_eq!(error, (code, text.to_owned()), "{payload}");
    }
    for (rest, code, text) in [
        (
            format!(r#""hash":"{empty}","algorithm":"MD5""#),
            "bundle_weak_hash",
            "the hash of p/x.rego is MD5, for which other files can be made",
        ),
        (
            format!(r#""hash":"{empty}","algorithm":"SHA-1""#),
            "bundle_weak_hash",
            "the hash of p/x.rego is SHA-1, for which other files can be made",
        ),
        (
            format!(r#""hash":"{empty}","algorithm":"sha256""#),
            "bundle_signature_malformed",
            "unsupported hashing algorithm for file p/x.rego: \"sha256\"",
        ),
        (
            format!(r#""hash":"{empty}""#),
            "bundle_signature_malformed",
            "unsupported hashing algorithm for file p/x.rego: \"\"",
        ),
        (
            r#""hash":"x","algorithm":"SHA-256""#.to_owned(),
            "bundle_signature_malformed",
            "the hash of p/x.rego in the signature is not hexadecimal",
        ),
    ] {
        let mut found = files(&[("p/x.rego", "package p\n")]);
        add(&mut found, SIGNATURES_FILE, token(header, &file(&rest)).as_bytes());
        assert_eq!(read(found, &policy).unwrap_err(), (code, text.to_owned()), "{rest}");
    }
    let mut two = files(&CONTENT);
    add(&mut two, SIGNATURES_FILE, b"{}");
    add(&mut two, "p/.signatures.json", b"{}");
    assert_eq!(
        read(two, &policy).unwrap_err().1,
        "there are several files of signatures: .signatures.json and p/.signatures.json"
    );
}

#[test]
fn hashes_of_the_whole_family_sha_2_are_taken() {
    let policy = policy(demanded("k", es256()));
    let hashes = [
        ("SHA-224", "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f"),
        ("SHA-256", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"),
        (
            "SHA-384",
            "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        ),
        (
            "SHA-512",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        ),
        ("SHA-512-224", "6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4"),
        ("SHA-512-256", "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a"),
    ];
    for (algorithm, hash) in hashes {
        let payload = format!(
            r#"{{"files":[{{"name":"README.md","hash":"{hash}","algorithm":"{algorithm}"}}]}}"#
        );
        let mut found = files(&[("README.md", "")]);
        add(&mut found, SIGNATURES_FILE, token(r#"{"alg":"ES256"}"#, &payload).as_bytes());
        assert!(read(found, &policy).is_ok(), "{algorithm}");
    }
}

#[test]
fn a_delta_is_held_to_the_same_signatures() {
    let policy = policy(demanded("k", es256()));
    let content = [("patch.json", r#"{"data":[]}"#)];
    let read = |files: Files| Bundle::from_files(files, &ReadOptions::new(&policy));
    assert_eq!(read(files(&content)).unwrap_err().code(), "bundle_unsigned");
    let Bundle::Delta(delta) = read(signed(&content, None, None)).unwrap() else {
        panic!("it is a delta")
    };
    assert_eq!(delta.signed_by.unwrap().key_id, "k");
}

#[test]
fn the_names_of_a_folder_may_begin_with_its_path() {
    let policy = policy(demanded("k", es256()));
    let mut found = files(&CONTENT);
    let signature = sign(&found, &signer(), None, None, "/tmp/foo/").unwrap();
    add(&mut found, SIGNATURES_FILE, &signature);
    let read = |folder: Option<&str>| {
        let options = ReadOptions { folder, ..ReadOptions::new(&policy) };
        Bundle::from_files(found.clone(), &options).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(read(Some("/tmp/foo")), Ok(()));
    assert_eq!(read(Some("foo")), Err("bundle_file_not_signed"));
    assert_eq!(read(None), Err("bundle_file_not_signed"));
}

#[test]
fn keys_that_are_none_are_refused_without_being_shown() {
    let rsa = pair(JwsAlgorithm::Rs256);
    for (algorithm, text, code) in [
        (JwsAlgorithm::Hs256, String::new(), "key_empty_secret"),
        (JwsAlgorithm::Rs256, "secret".to_owned(), "key_no_pem"),
        (JwsAlgorithm::Rs256, rsa.private.clone(), "key_private"),
        (JwsAlgorithm::Es256, rsa.public.clone(), "key_algorithm"),
        (JwsAlgorithm::Es384, pair(JwsAlgorithm::Es256).public, "key_algorithm"),
        (JwsAlgorithm::EdDsa, pair(JwsAlgorithm::Es256).public, "key_algorithm"),
    ] {
        let error = BundleKey::new(algorithm, &text).unwrap_err();
        assert_eq!(error.code(), code, "{algorithm}");
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(text.is_empty() || !shown.contains(&text), "{shown}");
    }
    for (algorithm, text, code) in [
        (JwsAlgorithm::Rs256, rsa.public.clone(), "key_no_private"),
        (JwsAlgorithm::Es256, rsa.private.clone(), "key_private_malformed"),
        (JwsAlgorithm::Rs256, pair(JwsAlgorithm::Es256).private, "key_private_malformed"),
        (JwsAlgorithm::Es512, pair(JwsAlgorithm::Es256).private, "key_private_malformed"),
        (JwsAlgorithm::Rs256, rsa.private.replace("PRIVATE", "ENCRYPTED PRIVATE"), "key_encrypted"),
        (JwsAlgorithm::Rs256, rsa.private.repeat(2), "key_several_pem"),
    ] {
        assert_eq!(JwsSigner::new(algorithm, &text).unwrap_err().code(), code, "{algorithm}");
    }
    assert!(
        !format!("{:?}", pair(JwsAlgorithm::Hs256).signer(JwsAlgorithm::Hs256))
            .contains("secret of")
    );
}
