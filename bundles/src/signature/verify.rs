//! Checks the signature of a bundle.

use super::SIGNATURES_FILE;
use super::document::{self, Listed, Token, cut};
use super::error::SignatureError;
use super::hash::{HashAlgorithm, Named, structured};
use super::policy::{Accepted, BundleKey, SignaturePolicy, SignedBy, Verification};
use crate::files::{BundleFile, Files};
use crate::glob::matches_file;
use crate::limits::BundleLimits;
use crate::path;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use referee_rego::Value;
use std::collections::BTreeMap;

/// The most files that one error names.
const MAX_TOLD: usize = 8;

/// What came of looking at the signature.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// Whose it is; `None` where none was demanded and none was there, or none was looked at.
    pub(crate) signed_by: Option<SignedBy>,
    /// The documents that had to be read for their hashes, by the paths of their files.
    pub(crate) parsed: BTreeMap<String, Value>,
}

/// Looks at the signature of a bundle as a policy has it. `folder` is what the names in a signature
/// may begin with: OPA signs a folder under the path by which it was given.
///
/// # Errors
/// [`SignatureError`].
pub(crate) fn check(
    files: &Files,
    policy: &SignaturePolicy,
    folder: Option<&str>,
) -> Result<Checked, SignatureError> {
    if matches!(policy, SignaturePolicy::Ignored) {
        return Ok(Checked::default());
    }
    let mut found = files.iter().filter(|file| file.base() == SIGNATURES_FILE);
    let token = match (found.next(), found.next()) {
        (Some(first), Some(second)) => {
            let (first, second) = (first.path.clone(), second.path.clone());
            return Err(SignatureError::SeveralFiles { first, second });
        }
        (Some(file), None) => document::read(&file.bytes)?,
        (None, _) => None,
    };
    let verification = match policy {
        SignaturePolicy::Checked(verification) => verification,
        _ if token.is_some() => return Err(SignatureError::NotConfigured),
        _ => return Ok(Checked::default()),
    };
    match token {
        Some(token) => verification.check(files, &token, folder),
        None if verification.required => Err(SignatureError::Missing),
        None => Ok(Checked::default()),
    }
}

impl Verification {
    fn check(
        &self,
        files: &Files,
        token: &Token,
        folder: Option<&str>,
    ) -> Result<Checked, SignatureError> {
        let (key_id, key) = self.signer(token)?;
        let wanted = self.scope.as_ref().or(key.scope.as_ref()).map_or("", String::as_str);
        if token.scope != wanted {
            let (wanted, found) = (wanted.to_owned(), cut(&token.scope));
            return Err(SignatureError::Scope { wanted, found });
        }
        let mut listed = by_path(&token.files, folder)?;
        let mut parsed = BTreeMap::new();
        for file in files.iter().filter(|file| file.base() != SIGNATURES_FILE) {
            let wanted = listed.remove(file.path.as_str());
            if self.excluded.iter().any(|pattern| matches_file(pattern, &file.path)) {
                continue;
            }
            let Some(wanted) = wanted else {
                return Err(SignatureError::NotListed { path: file.path.clone() });
            };
            if let Some(value) = holds(file, wanted)? {
                parsed.insert(file.path.clone(), value);
            }
        }
        if !listed.is_empty() {
            let others = listed.len().saturating_sub(MAX_TOLD);
            let paths = listed.into_keys().take(MAX_TOLD).collect();
            return Err(SignatureError::NotFound { paths, others });
        }
        let scope = (!token.scope.is_empty()).then(|| token.scope.clone());
        let algorithm = key.key.algorithm();
        let signed_by = Some(SignedBy { key_id: key_id.to_owned(), algorithm, scope });
        Ok(Checked { signed_by, parsed })
    }

    /// The key that made the signature.
    fn signer<'a>(&'a self, token: &Token) -> Result<(&'a str, &'a BundleKey), SignatureError> {
        let named = token.key_id.as_ref();
        let candidates: Vec<&str> = match (&self.accepted, named) {
            (Accepted::Only(ids), named) => match ids.iter().find(|id| Some(*id) == named) {
                Some(id) => vec![id],
                None => ids.iter().map(String::as_str).collect(),
            },
            (Accepted::Named, Some(id)) => match self.keys.get_key_value(id) {
                Some((id, _)) => vec![id],
                None => return Err(SignatureError::KeyUnknown { id: cut(id) }),
            },
            (Accepted::Named, None) => return Err(SignatureError::KeyNotNamed),
        };
        let keys = candidates.iter().filter_map(|id| Some((*id, self.keys.get(*id)?)));
        let mut made = keys.filter(|(_, key)| key.key.verify(&token.signed, &token.signature));
        made.next().ok_or_else(|| SignatureError::Invalid {
            keys: candidates.iter().map(|id| (*id).to_owned()).collect(),
        })
    }
}

/// The files that a signature lists, by their paths.
fn by_path<'a>(
    files: &'a [Listed],
    folder: Option<&str>,
) -> Result<BTreeMap<String, &'a Listed>, SignatureError> {
    let unusable = |name: &str| SignatureError::Name { name: cut(name) };
    // Of names the archive's limits hold; how long the list may be follows from the file's size.
    let limits = BundleLimits { max_path_bytes: 4096, ..BundleLimits::DEFAULT };
    let normal = |name: &str| {
        let path = path::normalized(name.as_bytes(), &limits).ok().flatten();
        path.ok_or_else(|| unusable(name))
    };
    // The names of a folder all begin with its path, or are those inside.
    let folder = folder.map(path::go_cleaned).filter(|folder| !folder.is_empty());
    let inside = |name: &'a str| {
        let name = name.strip_prefix('/').unwrap_or(name);
        name.strip_prefix(folder.as_deref()?)?.strip_prefix('/')
    };
    let below = files.iter().all(|file| inside(&file.name).is_some());
    let mut found = BTreeMap::new();
    for file in files {
        let name = if below { inside(&file.name).unwrap_or(&file.name) } else { &file.name };
        let path = normal(name)?;
        if found.contains_key(&path) {
            return Err(SignatureError::ListedTwice { path });
        }
        found.insert(path, file);
    }
    Ok(found)
}

/// Whether a file is the one that was signed; gives its document, where it was read for that.
fn holds(file: &BundleFile, listed: &Listed) -> Result<Option<Value>, SignatureError> {
    let path = || file.path.clone();
    let algorithm = match HashAlgorithm::named(&listed.algorithm) {
        Named::Known(algorithm) => algorithm,
        Named::Weak(algorithm) => {
            return Err(SignatureError::WeakHash { path: path(), algorithm });
        }
        Named::Unknown => {
            let algorithm = cut(&listed.algorithm);
            return Err(SignatureError::UnknownHash { path: path(), algorithm });
        }
    };
    let wanted = HEXLOWER_PERMISSIVE.decode(listed.hash.as_bytes());
    let wanted = wanted.map_err(|_| SignatureError::HashText { path: path() })?;
    let value = structured(&file.path, &file.bytes)
        .map_err(|source| SignatureError::Content { path: path(), source })?;
    let found = match &value {
        Some(value) => algorithm.of_value(value),
        None => algorithm.of_bytes(&file.bytes),
    };
    if wanted != found {
        let (wanted, found) = (cut(&HEXLOWER.encode(&wanted)), HEXLOWER.encode(&found));
        return Err(SignatureError::Digest { path: path(), wanted, found });
    }
    Ok(value)
}
