//! Tokens made by openssl on the spot, over a matrix of keys, hashes and options; and what
//! openssl does not verify, we do not verify.

use super::support::{aloud, certificates};
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::Certificate;
use referee_verify::protocol::timestamp::{Authority, Stamp, TimestampError, verify};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const MESSAGE: &[u8] = b"a signature";

/// The ways to make a key.
const KEYS: [(&str, &[&str]); 4] = [
    ("p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("rsa", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
];

/// A folder in which openssl is an authority.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Option<Self> {
        let version = Command::new("openssl").arg("version").stdout(Stdio::null()).status();
        if !version.is_ok_and(|status| status.success()) {
            aloud("SKIPPED timestamps of openssl: it is not installed");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("timestamp").join(name);
        let _none = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let folder = Self(folder);
        fs::write(folder.0.join("message"), MESSAGE).unwrap();
        let extensions = "keyUsage=critical,digitalSignature\n\
                          extendedKeyUsage=critical,timeStamping\n";
        fs::write(folder.0.join("leaf.cnf"), extensions).unwrap();
        let (_, curve) = KEYS[0];
        folder.run(&[&["genpkey", "-out", "ca.key"], curve].concat());
        let root = "req -x509 -key ca.key -subj /CN=root -days 30 -out ca.pem";
        folder.run(&root.split(' ').collect::<Vec<_>>());
        for (key, options) in KEYS {
            let (private, request) = (format!("{key}.key"), format!("{key}.csr"));
            folder.run(&[&["genpkey", "-out", &private], options].concat());
            let subject = format!("/CN={key}");
            folder.run(&["req", "-new", "-key", &private, "-subj", &subject, "-out", &request]);
            let line = format!(
                "x509 -req -in {request} -CA ca.pem -CAkey ca.key -days 20 -extfile leaf.cnf \
                 -out {key}.pem"
            );
            folder.run(&line.split(' ').collect::<Vec<_>>());
        }
        Some(folder)
    }

    fn succeeds(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(&self.0).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().success()
    }

    fn run(&self, arguments: &[&str]) {
        assert!(self.succeeds(arguments), "openssl {arguments:?}");
    }

    fn certificate(&self, name: &str) -> Certificate {
        certificates(&self.0.join(name)).remove(0)
    }

    /// A token by this key. `options` are further lines of the configuration.
    fn stamp(&self, key: &str, imprint: &str, embed: bool, bare: bool, options: &str) -> Vec<u8> {
        let configuration = format!(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=./serial\ncrypto_device=builtin\n\
             signer_cert=./{key}.pem\nsigner_key=./{key}.key\n\
             default_policy=1.2.3.4.1\ndigests=sha1,sha256,sha384,sha512\n{options}"
        );
        fs::write(self.0.join("tsa.cnf"), configuration).unwrap();
        let imprint = format!("-{imprint}");
        let query = ["ts", "-query", "-data", "message", &imprint, "-out", "query"];
        self.run(&[&query[..], if embed { &["-cert"] } else { &[] }].concat());
        let reply = "ts -reply -config tsa.cnf -queryfile query -out token";
        let reply: Vec<_> = reply.split(' ').chain(bare.then_some("-token_out")).collect();
        self.run(&reply);
        fs::read(self.0.join("token")).unwrap()
    }

    fn verify(&self, token: &[u8], pinned: Option<&str>) -> Result<Stamp, TimestampError> {
        let root = self.certificate("ca.pem");
        let authority = match pinned {
            Some(key) => {
                let leaf = self.certificate(&format!("{key}.pem"));
                Authority::pinned("pinned".into(), &[leaf, root]).unwrap()
            }
            None => Authority::anchored("anchored".into(), vec![root]),
        };
        verify(token, MESSAGE, &[authority], &Memory::default())
    }
}

#[test]
fn tokens_of_openssl_hold_for_every_key_and_hash() {
    let Some(folder) = Folder::new("matrix") else { return };
    let mut count = 0;
    for (key, _) in KEYS {
        for (number, digest) in ["sha256", "sha384", "sha512"].into_iter().enumerate() {
            let ess = ["sha1", "sha256", "sha512"][number];
            let imprint = ["sha512", "sha256", "sha384"][number];
            let options = format!(
                "certs=./ca.pem\nsigner_digest={digest}\ness_cert_id_alg={ess}\n\
                 ess_cert_id_chain=yes\naccuracy=secs:1,millisecs:500\nordering=yes\n\
                 tsa_name=yes\nclock_precision_digits=6\n"
            );
            for (embed, bare) in [(true, false), (true, true), (false, false)] {
                let token = folder.stamp(key, imprint, embed, bare, &options);
                let pinned = folder.verify(&token, Some(key)).unwrap();
                assert_eq!(pinned.signer, folder.certificate(&format!("{key}.pem")));
                assert_eq!(pinned.accuracy, Some(Duration::from_millis(1500)));
                let anchored = folder.verify(&token, None);
                if embed {
                    assert_eq!(anchored.unwrap().time, pinned.time);
                } else {
                    assert_eq!(anchored, Err(TimestampError::CertificateMissing));
                }
                let other = if key == "rsa" { "p256" } else { "rsa" };
                let error = folder.verify(&token, Some(other)).unwrap_err();
                assert_eq!(error, TimestampError::SignerMismatch);
                count += 1;
            }
        }
    }
    aloud(&format!("FIGURE tokens of openssl that hold: {count}"));
}

#[test]
fn sha_1_is_refused_in_imprint_and_signature() {
    let Some(folder) = Folder::new("sha1") else { return };
    let oid = "1.3.14.3.2.26".parse().unwrap();
    let token = folder.stamp("p256", "sha1", true, false, "signer_digest=sha256\n");
    assert_eq!(folder.verify(&token, None), Err(TimestampError::ImprintAlgorithm { oid }));
    let token = folder.stamp("rsa", "sha256", true, false, "signer_digest=sha1\n");
    assert_eq!(folder.verify(&token, None), Err(TimestampError::DigestAlgorithm { oid }));
}

#[test]
fn a_request_that_is_not_granted_is_refused_with_its_status() {
    let Some(folder) = Folder::new("status") else { return };
    let granting = "signer_digest=sha256\n";
    folder.stamp("p256", "sha256", true, false, granting);
    // A policy that this authority does not have.
    folder.run(&["ts", "-query", "-data", "message", "-tspolicy", "1.2.3.9", "-out", "query"]);
    folder.run(&["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "token"]);
    let token = fs::read(folder.0.join("token")).unwrap();
    assert_eq!(folder.verify(&token, None), Err(TimestampError::Status { code: 2 }));
}

#[test]
fn what_openssl_refuses_is_refused() {
    let Some(folder) = Folder::new("both") else { return };
    let options = "signer_digest=sha256\ness_cert_id_alg=sha256\n";
    let mut token = folder.stamp("p256", "sha256", true, false, options);
    let verified = "ts -verify -data message -in changed -CAfile ca.pem";
    let verified: Vec<_> = verified.split(' ').collect();
    let openssl = |token: &[u8]| {
        fs::write(folder.0.join("changed"), token).unwrap();
        folder.succeeds(&verified)
    };
    assert!(openssl(&token) && folder.verify(&token, None).is_ok());
    let mut both = 0;
    for at in (0..token.len()).step_by(7) {
        token[at] ^= 0x01;
        let (ours, theirs) = (folder.verify(&token, None).is_ok(), openssl(&token));
        assert!(theirs || !ours, "byte {at}");
        both += usize::from(theirs == ours);
        token[at] ^= 0x01;
    }
    let all = token.len().div_ceil(7);
    aloud(&format!("FIGURE changed tokens judged alike by openssl: {both} of {all}"));
}
