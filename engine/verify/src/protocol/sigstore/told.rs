//! What facts say of log entries and timestamps.

use super::Proofs;
use crate::problem::Raised;
use crate::protocol::tlog::{Entry, Kind, Outcome};
use data_encoding::HEXLOWER;
use referee_core::facts::{Proof, TimestampFact, TimestampSource, TransparencyFact};

/// What came with a signature that nobody made who is known: told, not verified.
pub(crate) fn unverified(proofs: &Proofs<'_>) -> (Vec<TransparencyFact>, Vec<TimestampFact>) {
    let entries = proofs.entries.iter().map(|entry| TransparencyFact {
        kind: Kind::find(&entry.kind, &entry.version).map(|kind| kind.name().to_owned()),
        ..told(entry)
    });
    let timestamps = proofs.timestamps.iter().map(|_| stamp(None));
    (entries.collect(), timestamps.collect())
}

/// A timestamp that does not hold, as far as is known.
pub(super) fn stamp(problem: Option<&Raised>) -> TimestampFact {
    TimestampFact {
        source: TimestampSource::Rfc3161,
        authority: String::new(),
        time: None,
        verified: false,
        error: problem.cloned().map(Raised::into_problem),
    }
}

/// What is established about an entry.
pub(super) fn entry(entry: &Entry, outcome: &Outcome<'_>, verified: bool) -> TransparencyFact {
    let held = [
        (matches!(outcome.promise, Some(Ok(()))), Proof::Set),
        (matches!(outcome.inclusion, Some(Ok(_))), Proof::Inclusion),
    ];
    TransparencyFact {
        name: outcome.log.map(|log| log.name.clone()),
        kind: outcome.kind.map(|kind| kind.name().to_owned()),
        proofs: held.into_iter().filter(|(held, _)| *held).map(|(_, proof)| proof).collect(),
        verified,
        ..told(entry)
    }
}

/// What an entry says of itself.
fn told(entry: &Entry) -> TransparencyFact {
    TransparencyFact {
        log: HEXLOWER.encode(entry.log_id.get(..32).unwrap_or(&entry.log_id)),
        name: None,
        kind: None,
        index: entry.log_index,
        integrated_at: entry.integrated_time,
        proof: match (&entry.proof, &entry.promise) {
            (Some(_), _) => Some(Proof::Inclusion),
            (None, Some(_)) => Some(Proof::Set),
            (None, None) => None,
        },
        proofs: Vec::new(),
        witnesses: Vec::new(),
        verified: false,
    }
}
