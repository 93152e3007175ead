//! Signs a bundle: writes `.signatures.json` as `opa sign` and `opa build` do.

use super::SIGNATURES_FILE;
use super::error::SigningError;
use super::hash::{HashAlgorithm, structured};
use crate::files::{BundleFile, Files};
use crate::path;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use referee_rego::Value;
use referee_verify::primitive::jws::JwsSigner;
use serde::Serialize;

/// What a signature says of one file.
#[derive(Serialize)]
struct Listed {
    name: String,
    hash: String,
    algorithm: &'static str,
}

/// The header of a token (RFC 7515 section 4.1).
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    typ: &'static str,
}

/// Signs files, and gives what `.signatures.json` has to hold. Files of signatures are left out.
///
/// `key_id` is the name of the key for those who verify: it stands in the header, and as OPA does
/// it in the claim `keyid` where there are no other claims. `claims` is an object that is put into
/// the payload, for example with a `scope`. `prefix` stands before the names of the files: OPA
/// signs a folder under the path by which it was given. Files are listed by their names, sorted.
///
/// # Errors
/// [`SigningError`]: of documents that cannot be read, and of a key that does not sign.
pub fn sign(
    files: &Files,
    signer: &JwsSigner,
    key_id: Option<&str>,
    claims: Option<&Value>,
    prefix: &str,
) -> Result<Vec<u8>, SigningError> {
    let mut listed = Vec::with_capacity(files.len());
    let prefix = path::go_cleaned(prefix);
    for file in files.iter().filter(|file| file.base() != SIGNATURES_FILE) {
        listed.push(hashed(file, &prefix)?);
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    let header = Header { alg: signer.algorithm().as_str(), kid: key_id, typ: "JWT" };
    let header = serde_json::to_string(&header).map_err(SigningError::Write)?;
    let payload = payload(&listed, key_id, claims)?;
    let encode = |text: String| BASE64URL_NOPAD.encode(text.as_bytes());
    let mut token = format!("{}.{}", encode(header), encode(payload));
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&BASE64URL_NOPAD.encode(&signature));
    let document = serde_json::json!({ "signatures": [token] });
    let mut written = serde_json::to_vec_pretty(&document).map_err(SigningError::Write)?;
    written.push(b'\n');
    Ok(written)
}

fn hashed(file: &BundleFile, prefix: &str) -> Result<Listed, SigningError> {
    let algorithm = HashAlgorithm::Sha256;
    let value = structured(&file.path, &file.bytes)
        .map_err(|source| SigningError::Content { path: file.path.clone(), source })?;
    let hash = match value {
        Some(value) => algorithm.of_value(&value),
        None => algorithm.of_bytes(&file.bytes),
    };
    let name =
        if prefix.is_empty() { file.path.clone() } else { format!("{prefix}/{}", file.path) };
    Ok(Listed { name, hash: HEXLOWER.encode(&hash), algorithm: algorithm.as_str() })
}

/// The payload: the files, and then whatever is claimed besides. Unlike in OPA no claim takes the
/// place of the files.
fn payload(
    listed: &[Listed],
    key_id: Option<&str>,
    claims: Option<&Value>,
) -> Result<String, SigningError> {
    let text = |error: serde_json::Error| SigningError::Write(error);
    let mut payload = format!("{{\"files\":{}", serde_json::to_string(listed).map_err(text)?);
    let mut claim = |name: &str, value: &Value| {
        let (name, value) = (serde_json::to_string(name)?, serde_json::to_string(value)?);
        payload.push_str(&format!(",{name}:{value}"));
        Ok(())
    };
    match claims {
        Some(claims) => {
            for (name, value) in claims.entries().ok_or(SigningError::Claims)? {
                let name = name.as_str().unwrap_or_default().into_owned();
                if name != "files" {
                    claim(&name, &value).map_err(text)?;
                }
            }
        }
        None => {
            if let Some(key_id) = key_id {
                claim("keyid", &Value::from(key_id)).map_err(text)?;
            }
        }
    }
    payload.push('}');
    Ok(payload)
}
