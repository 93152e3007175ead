//! Cosignatures: witnesses who saw a log's checkpoint, and that it follows from those before it
//! (C2SP `tlog-cosignature.md`, v1.0.0).
//!
//! What nobody of the trust document's witnesses made says nothing, and neither does a line that
//! does not hold: anybody may add lines to a checkpoint.

use super::checkpoint::Checkpoint;
use super::entry::InclusionProof;
use crate::primitive::key::PublicKey;
use crate::primitive::memory::Memory;
use crate::primitive::signature::Scheme;
use referee_core::Timestamp;
use referee_core::facts::WitnessFact;
use referee_core::trust::Witness;

/// The DER before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410, section 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The most lines with the id of one witness that are tried.
const MAX_TRIES: usize = 2;

/// The witnesses that cosigned the checkpoint of an inclusion proof, in the order of the trust
/// document.
pub(crate) fn cosigned(
    proof: &InclusionProof,
    witnesses: &[Witness],
    memory: &Memory,
) -> Vec<WitnessFact> {
    if witnesses.is_empty() {
        return Vec::new();
    }
    let Ok(checkpoint) = Checkpoint::parse(&proof.checkpoint) else { return Vec::new() };
    let cosigned = |witness: &Witness| {
        let time = time_of(witness, &checkpoint, memory)?;
        Some(WitnessFact { name: witness.name.clone(), time })
    };
    witnesses.iter().filter_map(cosigned).collect()
}

/// When a witness cosigned; `None` where it did not.
fn time_of(witness: &Witness, checkpoint: &Checkpoint<'_>, memory: &Memory) -> Option<Timestamp> {
    let key = PublicKey::from_spki(&[&SPKI[..], &witness.key].concat()).ok()?;
    let lines = checkpoint.lines.iter();
    let own = lines.filter(|line| line.name == witness.name && line.hint == witness.id);
    own.take(MAX_TRIES).find_map(|line| {
        let (seconds, signature) = line.signature.split_first_chunk::<8>()?;
        let seconds = u64::from_be_bytes(*seconds);
        // "Format": the version, the time in decimal, and the text of the note.
        let message = format!("cosignature/v1\ntime {seconds}\n{}", checkpoint.text);
        let holds = memory.verify(&key, Scheme::Ed25519, message.as_bytes(), signature);
        let seconds = i64::try_from(seconds).ok().filter(|_| holds)?;
        Timestamp::from_unix_seconds(seconds)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the witnesses' own library.
    const MADE: &str = include_str!("../../../tests/data/witness/made.txt");

    fn witnesses() -> Vec<Witness> {
        let keys = MADE.lines().filter(|line| line.starts_with("witness.example/"));
        let witnesses: Vec<_> = keys.map(|key| Witness::parse(key).unwrap()).collect();
        // Each is there in both forms.
        assert_eq!((witnesses.len(), &witnesses[0]), (4, &witnesses[1]));
        vec![witnesses[0].clone(), witnesses[2].clone()]
    }

    fn checkpoint() -> &'static str {
        MADE.get(MADE.find("log.example\n").unwrap()..).unwrap()
    }

    fn cosigners(checkpoint: &str) -> Vec<String> {
        let proof =
            InclusionProof { checkpoint: checkpoint.to_owned(), ..InclusionProof::default() };
        let facts = cosigned(&proof, &witnesses(), &Memory::default());
        facts.into_iter().map(|fact| fact.name).collect()
    }

    #[test]
    fn witnesses_of_the_trust_document_are_told_with_the_time_at_which_they_cosigned() {
        assert_eq!(cosigners(checkpoint()), ["witness.example/w1", "witness.example/w2"]);
        let proof = InclusionProof { checkpoint: checkpoint().into(), ..InclusionProof::default() };
        let fact = cosigned(&proof, &witnesses(), &Memory::default()).remove(0);
        assert!(fact.time > "2026-11-22T00:00:00Z".parse().unwrap(), "{fact:?}");
        assert_eq!(cosigned(&proof, &[], &Memory::default()), []);
    }

    #[test]
    fn a_cosignature_over_another_tree_or_of_another_name_is_none() {
        let whole = checkpoint();
        let (_, second) = whole.split_once("w1 ").unwrap();
        let alone = ["witness.example/w2"];
        assert_eq!(cosigners(&whole.replacen("log.example\n1", "log.example\n2", 1)), [""; 0]);
        assert_eq!(cosigners(&whole.replacen("example/w1 ", "example/w3 ", 1)), alone);
        let (signature, _) = second.split_once('\n').unwrap();
        let (_, last) = whole.split_once("w2 ").unwrap();
        let swapped = whole.replacen(signature, last.trim_end(), 1);
        assert_eq!(cosigners(&swapped), alone);
        assert_eq!(cosigners("no checkpoint"), [""; 0]);
    }
}
