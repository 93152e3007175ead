//! The stages, with one instance: time, certificate, certificate transparency, transparency log.

use super::{Instance, raise};
use crate::primitive::memory::Memory;
use crate::primitive::x509::fulcio::{self, FulcioError, Identity};
use crate::primitive::x509::{Certificate, Path, Usage, path};
use crate::problem::{Code, Raised};
use crate::protocol::tlog::{Carrier, Entry, Kind, Outcome, Signed};
use crate::protocol::{sct, timestamp, tlog};
use data_encoding::HEXLOWER;
use referee_core::Timestamp;
use referee_core::facts::{
    Check, Proof, SignatureStatus, TimestampFact, TimestampSource, TransparencyFact,
};
use referee_core::trust::Requirement;
use serde_json::{Map, Value};

/// Who signed with a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    /// The signing certificate.
    pub(crate) leaf: Certificate,
    /// What was sent with it towards an authority.
    pub(crate) intermediates: Vec<Certificate>,
    /// Who it says that it is.
    pub(crate) identity: Result<Identity, FulcioError>,
    /// What else it says. Empty where that cannot be read, which `identity` tells then.
    pub(crate) claims: Map<String, Value>,
}

impl Signer {
    pub(crate) fn new(leaf: Certificate, intermediates: Vec<Certificate>) -> Self {
        let (identity, claims) = match fulcio::claims(&leaf) {
            Ok(claims) => (fulcio::identity(&leaf), claims),
            Err(error) => (Err(error), Map::new()),
        };
        Self { leaf, intermediates, identity, claims }
    }
}

/// What came with a signature to prove it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proofs<'a> {
    /// What carries it.
    pub(crate) carrier: Carrier,
    /// Entries in transparency logs.
    pub(crate) entries: &'a [Entry],
    /// RFC 3161 timestamps, DER.
    pub(crate) timestamps: &'a [Vec<u8>],
}

/// What stands behind a signature, as one instance sees it.
#[derive(Clone, Debug)]
pub(crate) struct Backing {
    /// The instance's name.
    pub(crate) instance: String,
    pub(crate) certificate: Check,
    pub(crate) sct: Check,
    pub(crate) log: Check,
    pub(crate) time: Check,
    pub(crate) transparency: Vec<TransparencyFact>,
    pub(crate) timestamps: Vec<TimestampFact>,
    /// What is wrong, most important first.
    pub(crate) problems: Vec<Raised>,
    /// What would be wrong if a log entry were demanded.
    pub(crate) unlogged: Option<Raised>,
}

impl Backing {
    /// How far it came: to choose among instances.
    pub(super) fn progress(&self) -> usize {
        let reached = [self.certificate, self.sct, self.log, self.time]
            .iter()
            .filter(|check| matches!(check, Check::Passed | Check::NotNeeded))
            .count();
        let known = self.transparency.iter().filter(|entry| entry.verified).count();
        // Nothing wrong comes before all else, then the stages, then what else was recognised.
        usize::from(self.problems.is_empty()) * 1_000 + reached * 100 + known.min(99)
    }
}

/// What is established under way.
struct Assessment<'a> {
    instance: &'a Instance,
    now: Timestamp,
    memory: &'a Memory,
    /// The times that are proven.
    times: Vec<Timestamp>,
    backing: Backing,
}

pub(super) fn assess(
    instance: &Instance,
    signer: Option<&Signer>,
    proofs: &Proofs<'_>,
    signed: &Signed<'_>,
    now: Timestamp,
    memory: &Memory,
) -> Backing {
    let backing = Backing {
        instance: instance.trusted.name.clone(),
        certificate: Check::NotNeeded,
        sct: Check::NotNeeded,
        log: Check::NotNeeded,
        time: Check::NotNeeded,
        transparency: Vec::new(),
        timestamps: Vec::new(),
        problems: Vec::new(),
        unlogged: None,
    };
    let mut assessment = Assessment { instance, now, memory, times: Vec::new(), backing };
    let timestamps = assessment.timestamps(proofs.timestamps, signed.signature);
    let outcomes: Vec<Outcome<'_>> = proofs
        .entries
        .iter()
        .map(|entry| tlog::verify(entry, signed, &instance.root.logs, now, memory))
        .collect();
    assessment.promised(&outcomes);
    match signer {
        None => {
            assessment.log(proofs, &outcomes, Requirement::Optional);
            if !assessment.times.is_empty() {
                assessment.backing.time = Check::Passed;
            }
        }
        Some(signer) => {
            assessment.log(proofs, &outcomes, instance.trusted.log);
            assessment.time(&timestamps);
            let claimed: Vec<Timestamp> =
                proofs.entries.iter().filter_map(|entry| entry.integrated_time).collect();
            assessment.certificate(signer, &claimed);
        }
    }
    assessment.backing
}

impl Assessment<'_> {
    /// Verifies the timestamps; what is wrong with those that do not hold.
    fn timestamps(&mut self, tokens: &[Vec<u8>], signature: &[u8]) -> Vec<Raised> {
        let mut problems = Vec::new();
        for token in tokens {
            let authorities = &self.instance.root.timestamps;
            let mut fact = TimestampFact {
                source: TimestampSource::Rfc3161,
                authority: String::new(),
                time: None,
                verified: false,
            };
            match timestamp::verify(token, signature, authorities, self.memory) {
                Ok(stamp) if stamp.time > self.now => {
                    let message = format!(
                        "the authority {:?} states the time {}, which at {} is still to come",
                        stamp.authority, stamp.time, self.now
                    );
                    (fact.authority, fact.time) = (stamp.authority, Some(stamp.time));
                    problems.push(Raised::new(Code::TimestampInvalid, message));
                }
                Ok(stamp) => {
                    self.times.push(stamp.time);
                    (fact.authority, fact.time) = (stamp.authority, Some(stamp.time));
                    fact.verified = true;
                }
                Err(error) => problems.push(raise::timestamp(&error)),
            }
            self.backing.timestamps.push(fact);
        }
        problems
    }

    /// Takes the times that logs prove.
    fn promised(&mut self, outcomes: &[Outcome<'_>]) {
        for outcome in outcomes {
            let (Some(time), Some(log)) = (outcome.integrated_at, outcome.log) else { continue };
            // The time is that of another signature where the entry is.
            if outcome.body.is_err() {
                continue;
            }
            self.times.push(time);
            self.backing.timestamps.push(TimestampFact {
                source: TimestampSource::Rekor,
                authority: log.name.clone(),
                time: Some(time),
                verified: true,
            });
        }
    }

    /// When was it made?
    fn time(&mut self, wrong: &[Raised]) {
        let mut told = self.backing.timestamps.iter();
        let stamped = told.any(|t| t.verified && t.source == TimestampSource::Rfc3161);
        let invalid = wrong.iter().filter(|raised| raised.status() == SignatureStatus::Invalid);
        let mut problems: Vec<Raised> = invalid.cloned().collect();
        if !stamped && self.instance.trusted.timestamp.is_required() {
            let missing = || {
                let message = "there is no timestamp of an authority, and one is required";
                Raised::new(Code::TimestampMissing, message)
            };
            problems.push(wrong.first().cloned().unwrap_or_else(missing));
        }
        // Where a log would have proven it, what is wrong with the log's entry says it all.
        if self.times.is_empty() && problems.is_empty() && self.backing.problems.is_empty() {
            let unproven = || {
                let message = "no transparency log and no timestamp authority of the trusted root \
                               proves when the signature was made";
                Raised::new(Code::TimeUnproven, message)
                    .hint("sign with a log that states the time, or with a timestamp authority")
            };
            let foreign = self.backing.unlogged.clone();
            let foreign = foreign.filter(|_| !self.backing.transparency.is_empty());
            problems.push(wrong.first().cloned().or(foreign).unwrap_or_else(unproven));
        }
        self.backing.time = match (self.times.is_empty(), problems.is_empty()) {
            (false, true) => Check::Passed,
            (true, true) => Check::NotReached,
            (_, false) => Check::Failed,
        };
        self.backing.problems.extend(problems);
    }

    /// Who issued the certificate, and was it valid at every proven time?
    ///
    /// Times that logs claim without proving them (an inclusion proof does not cover the time) must
    /// not speak against it either.
    fn certificate(&mut self, signer: &Signer, claimed: &[Timestamp]) {
        let Some((first, others)) = self.times.split_first() else {
            self.backing.certificate = Check::NotReached;
            self.backing.sct = Check::NotReached;
            return;
        };
        let found = self.path(signer, *first).and_then(|found| {
            for time in others.iter().filter(|time| !found.is_valid_at(**time)) {
                self.path(signer, *time)?;
            }
            Ok(found)
        });
        let nobody = signer.identity.as_ref().err().map(raise::identity);
        let claimed = claimed.iter().find_map(|time| outside(&signer.leaf, *time));
        let problems: Vec<Raised> =
            found.as_ref().err().cloned().into_iter().chain(nobody).chain(claimed).collect();
        self.backing.certificate = if problems.is_empty() { Check::Passed } else { Check::Failed };
        self.backing.problems.extend(problems);
        match found {
            Ok(found) => self.sct(signer, &found),
            Err(_) => self.backing.sct = Check::NotReached,
        }
    }

    fn path(&self, signer: &Signer, at: Timestamp) -> Result<Path, Raised> {
        let trusted = self.instance.root.authorities.iter().filter(|a| a.is_valid_at(at));
        let anchors: Vec<Certificate> =
            trusted.flat_map(|authority| authority.certificates.iter().cloned()).collect();
        let usage = Usage::CodeSigning;
        path(&signer.leaf, &signer.intermediates, &anchors, usage, at, self.memory)
            .map_err(|error| raise::path(&error))
    }

    /// Was the certificate told to a log?
    fn sct(&mut self, signer: &Signer, path: &Path) {
        let logs = &self.instance.root.certificate_logs;
        let optional = !self.instance.trusted.sct.is_required();
        self.backing.sct = match sct::verify(&signer.leaf, path.issuer(), logs, self.memory) {
            Ok(_) => Check::Passed,
            Err(error) => {
                let raised = raise::sct(&error);
                // One of a log that nobody knows counts as if it were not there.
                if optional && raised.status() == SignatureStatus::Untrusted {
                    Check::NotNeeded
                } else {
                    self.backing.problems.push(raised);
                    Check::Failed
                }
            }
        };
    }

    /// Is this very signature in a log?
    fn log(&mut self, proofs: &Proofs<'_>, outcomes: &[Outcome<'_>], required: Requirement) {
        let mut foreign = None;
        let mut wrong = None;
        let mut logged = false;
        for (entry, outcome) in proofs.entries.iter().zip(outcomes) {
            let judged = outcome.judge(proofs.carrier).map_err(|error| raise::log(&error));
            let judged = judged.and_then(|()| self.in_time(outcome));
            self.backing.transparency.push(fact(entry, outcome, judged.is_ok()));
            match judged {
                Ok(()) => logged = true,
                Err(raised) if outcome.log.is_none() => foreign = foreign.or(Some(raised)),
                Err(raised) => wrong = wrong.or(Some(raised)),
            }
        }
        let missing =
            || Raised::new(Code::LogEntryMissing, "the signature stands in no transparency log");
        if !logged {
            let problem = wrong.clone().or(foreign);
            self.backing.unlogged = Some(problem.unwrap_or_else(missing));
        }
        let demanded = self.backing.unlogged.clone().filter(|_| required.is_required());
        let problem = wrong.or(demanded);
        self.backing.log = match (&problem, logged) {
            (Some(_), _) => Check::Failed,
            (None, true) => Check::Passed,
            (None, false) => Check::NotNeeded,
        };
        self.backing.problems.extend(problem);
    }

    /// Where the log states no time of its own, it must be trusted for a time that is proven.
    fn in_time(&self, outcome: &Outcome<'_>) -> Result<(), Raised> {
        let (None, Some(log)) = (outcome.integrated_at, outcome.log) else { return Ok(()) };
        if self.times.is_empty() || self.times.iter().any(|time| log.is_valid_at(*time)) {
            return Ok(());
        }
        let message =
            format!("the log {:?} is not trusted for the time of the signature", log.name);
        Err(Raised::new(Code::LogUntrusted, message))
    }
}

/// The problem of a certificate that is not valid at a time that a log claims.
fn outside(leaf: &Certificate, time: Timestamp) -> Option<Raised> {
    (!leaf.is_valid_at(time)).then(|| {
        let message = format!(
            "the certificate is valid from {} to {}, and a log entry claims {time}",
            leaf.not_before(),
            leaf.not_after(),
        );
        Raised::new(Code::CertificateExpired, message)
    })
}

/// What came with a signature that nobody made who is known: told, not verified.
pub(crate) fn unverified(proofs: &Proofs<'_>) -> (Vec<TransparencyFact>, Vec<TimestampFact>) {
    let entries = proofs.entries.iter().map(|entry| TransparencyFact {
        kind: Kind::find(&entry.kind, &entry.version).map(|kind| kind.name().to_owned()),
        ..told(entry)
    });
    let timestamps = proofs.timestamps.iter().map(|_| TimestampFact {
        source: TimestampSource::Rfc3161,
        authority: String::new(),
        time: None,
        verified: false,
    });
    (entries.collect(), timestamps.collect())
}

fn fact(entry: &Entry, outcome: &Outcome<'_>, verified: bool) -> TransparencyFact {
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
        verified: false,
    }
}
