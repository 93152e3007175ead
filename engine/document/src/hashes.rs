//! Hashes as documents state them: names and forms that all formats write differently, as one. One of
//! an algorithm that is not known, or that is not as long as its algorithm's, is no hash.

use referee_core::facts::PackageFact;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The algorithms of SPDX 2.3 (§7.10), CycloneDX 1.7 (`hash-alg`) and OpenVEX 0.2.0 ("Hash Names")
/// and the length of their hashes in hex digits; 0 where it may be any (MD6).
const ALGORITHMS: [(&str, usize); 21] = [
    ("adler32", 8),
    ("blake2b256", 64),
    ("blake2b384", 96),
    ("blake2b512", 128),
    ("blake2s256", 64),
    ("blake3", 64),
    ("md2", 32),
    ("md4", 32),
    ("md5", 32),
    ("md6", 0),
    ("sha1", 40),
    ("sha224", 56),
    ("sha256", 64),
    ("sha3224", 56),
    ("sha3256", 64),
    ("sha3384", 96),
    ("sha3512", 128),
    ("sha384", 96),
    ("sha512", 128),
    ("streebog256", 64),
    ("streebog512", 128),
];

/// Why a hash is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HashProblem {
    /// The algorithm is not one that is known.
    Algorithm,
    /// It is not the right number of hex digits.
    Digits,
    /// There is another of the same algorithm, and they differ: neither is kept.
    Conflict,
}

impl HashProblem {
    /// What is wrong.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Algorithm => "has an algorithm that is not known",
            Self::Digits => "has not the hex digits of its algorithm",
            Self::Conflict => "differs from another of the same algorithm",
        }
    }
}

/// A hash by its algorithm's one name, in lower-case hex.
pub(crate) fn hash(algorithm: &str, content: &str) -> Result<(&'static str, SmolStr), HashProblem> {
    let (name, length) = known(algorithm).ok_or(HashProblem::Algorithm)?;
    let content = content.trim();
    let right = if length == 0 { !content.is_empty() } else { content.len() == length };
    if !right || content.len() > 512 || !content.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(HashProblem::Digits);
    }
    let upper = content.bytes().any(|byte| byte.is_ascii_uppercase());
    Ok((name, if upper { content.to_ascii_lowercase().into() } else { content.into() }))
}

/// An algorithm by its name in any case, with or without `-` and `_`.
fn known(algorithm: &str) -> Option<(&'static str, usize)> {
    let is = |known: &str| {
        let letters = algorithm.trim().bytes().filter(|letter| !matches!(letter, b'-' | b'_'));
        known.bytes().eq(letters.map(|letter| letter.to_ascii_lowercase()))
    };
    ALGORITHMS.into_iter().find(|(known, _)| is(known))
}

/// The hashes of one package.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    kept: BTreeMap<SmolStr, SmolStr>,
    conflicts: Vec<&'static str>,
}

impl Hashes {
    /// Adds one: the algorithm as any format writes it, the hash in hex.
    pub(crate) fn add(&mut self, algorithm: &str, content: &str) -> Result<(), HashProblem> {
        let (name, content) = hash(algorithm, content)?;
        if self.conflicts.contains(&name) {
            return Err(HashProblem::Conflict);
        }
        match self.kept.get(name) {
            Some(other) if *other != content => {
                self.kept.remove(name);
                self.conflicts.push(name);
                Err(HashProblem::Conflict)
            }
            Some(_) => Ok(()),
            None => {
                self.kept.insert(SmolStr::new_static(name), content);
                Ok(())
            }
        }
    }

    /// Those that are kept.
    pub(crate) fn finish(self) -> BTreeMap<SmolStr, SmolStr> {
        self.kept
    }
}

/// The hashes of a package that are digests of OCI, as `sha256:…`.
pub(crate) fn digests(package: &PackageFact) -> Vec<SmolStr> {
    let of_oci = package.hashes.iter().filter(|(name, _)| is_digest_algorithm(name));
    of_oci.map(|(name, hash)| smol_str::format_smolstr!("{name}:{hash}")).collect()
}

/// OCI image specification, "Registered algorithms", and go-digest's `sha384`, which it does not list.
fn is_digest_algorithm(name: &str) -> bool {
    matches!(name, "sha256" | "sha384" | "sha512" | "blake3")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_formats_are_one() {
        let mut hashes = Hashes::default();
        let hash = "AB".repeat(32);
        for name in ["SHA-256", "SHA256", "sha256", "BLAKE2b-256", "SHA3-256", "Streebog-256"] {
            hashes.add(name, &hash).unwrap();
        }
        let kept = hashes.finish();
        let names: Vec<&str> = kept.keys().map(SmolStr::as_str).collect();
        assert_eq!(names, ["blake2b256", "sha256", "sha3256", "streebog256"]);
        assert_eq!(kept["sha256"], "ab".repeat(32));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let mut hashes = Hashes::default();
        assert_eq!(hashes.add("SHA-257", &"a".repeat(64)), Err(HashProblem::Algorithm));
        assert_eq!(hashes.add("SHA-256", &"a".repeat(63)), Err(HashProblem::Digits));
        assert_eq!(hashes.add("SHA-256", &"g".repeat(64)), Err(HashProblem::Digits));
        assert_eq!(hashes.add("MD6", ""), Err(HashProblem::Digits));
    }

    #[test]
    fn of_two_that_differ_neither_is_kept() {
        let mut hashes = Hashes::default();
        hashes.add("SHA-1", &"a".repeat(40)).unwrap();
        hashes.add("SHA1", &"A".repeat(40)).unwrap();
        assert_eq!(hashes.add("SHA-1", &"b".repeat(40)), Err(HashProblem::Conflict));
        assert_eq!(hashes.add("SHA-1", &"a".repeat(40)), Err(HashProblem::Conflict));
        assert!(hashes.finish().is_empty());
    }
}
