//! Private keys that are encrypted with a passphrase, in the two forms of PEM that there are.
//!
//! `ENCRYPTED PRIVATE KEY` is PKCS #8 with PBES2 (RFC 5958, RFC 8018): what OpenSSL writes today.
//! The other has headers (`Proc-Type`, `DEK-Info`, RFC 1421) in a block of an older kind, and a key
//! that is derived with one round of MD5: what OpenSSL wrote before, and all that OPA reads.
//!
//! Refused: ciphers that are none of AES with CBC, more than one block of a key. An error says
//! nothing of the passphrase, nor of what came out.

use crate::secret::Secret;
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey,
    UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use data_encoding::{BASE64, HEXUPPER_PERMISSIVE};
use md5::{Digest as _, Md5};
use pkcs8::EncryptedPrivateKeyInfo;

/// How much of a line is base64 in PEM (RFC 7468, section 2).
const LINE: usize = 64;

/// The label of PKCS #8 that is encrypted.
const ENCRYPTED: &str = "ENCRYPTED PRIVATE KEY";

/// How many bytes of the first block the older form derives its key with.
const SALT: usize = 8;

/// What is wrong with an encrypted key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    /// There is no passphrase.
    #[error("it is encrypted, and there is no private_key_passphrase")]
    NoPassphrase,
    /// It does not open.
    #[error("it cannot be decrypted with the private_key_passphrase")]
    Wrong,
    /// It is encrypted in a way that is not read.
    #[error("it is encrypted by {0}, and AES-128-CBC, AES-192-CBC and AES-256-CBC are read")]
    Cipher(String),
    /// It has not the form.
    #[error("it is no PEM block of an encrypted key")]
    Form,
}

/// One block of PEM.
struct Block<'a> {
    label: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    der: Vec<u8>,
}

/// A key as PEM that is not encrypted; `None` where it never was.
pub(super) fn opened(pem: &[u8], passphrase: &Secret) -> Result<Option<Vec<u8>>, Problem> {
    let Ok(text) = std::str::from_utf8(pem) else { return Ok(None) };
    let encrypted = text.contains(ENCRYPTED) || text.contains("Proc-Type: 4,ENCRYPTED");
    if !encrypted {
        return Ok(None);
    }
    if passphrase.is_empty() {
        return Err(Problem::NoPassphrase);
    }
    let block = block(text).ok_or(Problem::Form)?;
    if block.label == ENCRYPTED {
        let key = EncryptedPrivateKeyInfo::try_from(block.der.as_slice());
        let key = key.map_err(|_| Problem::Form)?.decrypt(passphrase.expose());
        let key = key.map_err(|_| Problem::Wrong)?;
        return Ok(Some(written("PRIVATE KEY", key.as_bytes())));
    }
    let info = block.headers.iter().find(|(name, _)| *name == "DEK-Info").ok_or(Problem::Form)?;
    let (cipher, vector) = info.1.split_once(',').ok_or(Problem::Form)?;
    let cipher = match cipher.trim() {
        "AES-128-CBC" => (&AES_128, 16),
        "AES-192-CBC" => (&AES_192, 24),
        "AES-256-CBC" => (&AES_256, 32),
        other => return Err(Problem::Cipher(other.chars().take(40).collect())),
    };
    let vector = HEXUPPER_PERMISSIVE.decode(vector.trim().as_bytes());
    let vector: [u8; 16] =
        vector.ok().and_then(|vector| vector.try_into().ok()).ok_or(Problem::Form)?;
    let mut der = block.der;
    let plain = decrypted(cipher, passphrase, vector, &mut der).ok_or(Problem::Wrong)?;
    // One passphrase in 256 leaves what ends like padding: a key is a SEQUENCE as a whole.
    if !is_sequence(plain) {
        return Err(Problem::Wrong);
    }
    Ok(Some(written(block.label, plain)))
}

/// What comes out under a cipher with a key of so many bytes.
fn decrypted<'a>(
    (algorithm, length): (&'static Algorithm, usize),
    passphrase: &Secret,
    vector: [u8; 16],
    der: &'a mut [u8],
) -> Option<&'a [u8]> {
    let salt = vector.get(..SALT)?;
    // OpenSSL's EVP_BytesToKey, as RFC 1421 is done everywhere.
    let mut key = Vec::new();
    let mut last = Vec::new();
    while key.len() < length {
        let hash = Md5::new().chain_update(&last).chain_update(passphrase.expose());
        last = hash.chain_update(salt).finalize().to_vec();
        key.extend_from_slice(&last);
    }
    let key = UnboundCipherKey::new(algorithm, key.get(..length)?).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let context = DecryptionContext::Iv128(FixedLength::from(vector));
    key.decrypt(der, context).ok().map(|plain| &*plain)
}

/// Whether bytes are one SEQUENCE of DER and nothing else.
fn is_sequence(bytes: &[u8]) -> bool {
    let length = |rest: &[u8], length: &[u8]| {
        let wanted = length.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
        rest.len() == wanted
    };
    match bytes {
        [0x30, 0x81, a, rest @ ..] => length(rest, &[*a]),
        [0x30, 0x82, a, b, rest @ ..] => length(rest, &[*a, *b]),
        [0x30, short @ 0..=0x7f, rest @ ..] => length(rest, &[*short]),
        _ => false,
    }
}

/// The one block of a private key.
fn block(text: &str) -> Option<Block<'_>> {
    let begin = |line: &&str| line.starts_with("-----BEGIN ") && line.contains("PRIVATE KEY");
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(begin)?;
    let label = first.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
    let end = format!("-----END {label}-----");
    let (mut headers, mut content) = (Vec::new(), String::new());
    loop {
        let line = lines.next()?;
        if line == end {
            break;
        }
        match line.split_once(": ") {
            Some(header) => headers.push(header),
            None => content.push_str(line),
        }
    }
    if lines.any(|line| begin(&line)) {
        return None;
    }
    Some(Block { label, headers, der: BASE64.decode(content.as_bytes()).ok()? })
}

fn written(label: &str, der: &[u8]) -> Vec<u8> {
    let content = BASE64.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in content.as_bytes().chunks(LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem.into_bytes()
}
