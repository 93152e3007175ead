//! The stages, with one instance: time, certificate, certificate transparency, transparency log.

use super::{Instance, Services, raise, told};
use crate::primitive::memory::Memory;
use crate::primitive::x509::fulcio::{self, FulcioError, Identity};
use crate::primitive::x509::{Certificate, Path, Usage, path};
use crate::problem::{Code, Raised};
use crate::protocol::log_key::LogKey;
use crate::protocol::timestamp::TimestampError;
use crate::protocol::tlog::{Carrier, Content, Entry, Outcome, Signed};
use crate::protocol::{sct, timestamp, tlog};
use referee_core::Timestamp;
use referee_core::facts::{
    Check, SignatureStatus, TimestampFact, TimestampSource, TransparencyFact,
};
use referee_core::trust::{Requirement, Witness};
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
    /// What would be wrong if a timestamp of an authority were demanded.
    pub(crate) unstamped: Option<Raised>,
}

impl Backing {
    /// How far it came: to choose among instances.
    pub(super) fn progress(&self) -> usize {
        let reached = [self.certificate, self.sct, self.log, self.time]
            .iter()
            .filter(|check| matches!(check, Check::Passed | Check::NotNeeded))
            .count();
        let known = self.transparency.iter().filter(|entry| entry.verified).count();
        // The stages, then what else was recognised.
        reached * 100 + known.min(99)
    }
}

/// What is established under way.
struct Assessment<'a> {
    authorities: &'a [timestamp::Authority],
    witnesses: &'a [Witness],
    now: Timestamp,
    memory: &'a Memory,
    /// The times that are proven.
    times: Vec<Timestamp>,
    backing: Backing,
}

/// What one instance makes of a signature with a certificate.
pub(super) fn certified(
    instance: &Instance,
    signer: &Signer,
    proofs: &Proofs<'_>,
    signed: &Signed<'_>,
    now: Timestamp,
    memory: &Memory,
) -> Backing {
    let trusted = &instance.trusted;
    let mut assessment = Assessment::new(&instance.root.timestamps, now, memory);
    assessment.witnesses = &trusted.witnesses;
    let timestamps = assessment.timestamps(proofs.timestamps, signed, false);
    assessment.entries(proofs, signed, &instance.root.logs, trusted.log);
    assessment.time(timestamps, trusted.timestamp);
    let claimed: Vec<Timestamp> =
        proofs.entries.iter().filter_map(|entry| entry.integrated_time).collect();
    assessment.certificate(instance, signer, &claimed);
    assessment.backing
}

/// What stands behind a signature by a key, which vouches for itself: nothing is demanded here.
pub(super) fn keyed(
    services: &Services,
    proofs: &Proofs<'_>,
    signed: &Signed<'_>,
    now: Timestamp,
    memory: &Memory,
) -> Backing {
    let mut assessment = Assessment::new(&services.timestamps, now, memory);
    assessment.witnesses = &services.witnesses;
    let timestamps = assessment.timestamps(proofs.timestamps, signed, true);
    assessment.entries(proofs, signed, &services.logs, Requirement::Optional);
    assessment.timed(timestamps, Requirement::Optional);
    assessment.backing
}

impl<'a> Assessment<'a> {
    fn new(authorities: &'a [timestamp::Authority], now: Timestamp, memory: &'a Memory) -> Self {
        let backing = Backing {
            certificate: Check::NotNeeded,
            sct: Check::NotNeeded,
            log: Check::NotNeeded,
            time: Check::NotNeeded,
            transparency: Vec::new(),
            timestamps: Vec::new(),
            problems: Vec::new(),
            unlogged: None,
            unstamped: None,
        };
        Self { authorities, witnesses: &[], now, memory, times: Vec::new(), backing }
    }

    /// Verifies the log entries: the times that they prove, and whether they hold.
    fn entries(
        &mut self,
        proofs: &Proofs<'_>,
        signed: &Signed<'_>,
        logs: &[LogKey],
        required: Requirement,
    ) {
        let verify = |entry| tlog::verify(entry, signed, logs, self.now, self.memory);
        let outcomes: Vec<Outcome<'_>> = proofs.entries.iter().map(verify).collect();
        self.promised(&outcomes);
        self.log(proofs, &outcomes, required);
    }

    /// Verifies the timestamps; what is wrong with those that do not hold.
    fn timestamps(&mut self, tokens: &[Vec<u8>], signed: &Signed<'_>, by_key: bool) -> Vec<Raised> {
        let mut problems = Vec::new();
        for token in tokens {
            let verified =
                timestamp::verify(token, signed.signature, self.authorities, self.memory);
            let fact = match verified {
                Ok(stamp) => {
                    let early = (stamp.time > self.now).then(|| {
                        let message = format!(
                            "the authority {:?} states the time {}, which at {} is still to come",
                            stamp.authority, stamp.time, self.now
                        );
                        Raised::new(Code::TimestampInvalid, message)
                    });
                    let fact = TimestampFact {
                        authority: stamp.authority,
                        time: Some(stamp.time),
                        verified: early.is_none(),
                        ..told::stamp(early.as_ref())
                    };
                    match early {
                        None => self.times.push(stamp.time),
                        Some(problem) => problems.push(problem),
                    }
                    fact
                }
                Err(error) => {
                    let problem = raise::timestamp(&error);
                    let fact = told::stamp(Some(&problem));
                    let elsewhere = by_key && error == TimestampError::ImprintMismatch;
                    if !(elsewhere && self.is_of_another(token, signed)) {
                        problems.push(problem);
                    }
                    fact
                }
            };
            self.backing.timestamps.push(fact);
        }
        problems
    }

    /// Whether a timestamp is for another signature of the same envelope: keys may have made
    /// several, and what stands beside them does not say which it is for.
    fn is_of_another(&self, token: &[u8], signed: &Signed<'_>) -> bool {
        let Content::Envelope { envelope, .. } = signed.content else { return false };
        envelope.signatures.iter().flatten().any(|other| {
            let without = timestamp::verify(token, other, &[], self.memory);
            matches!(without, Err(TimestampError::NoAuthority))
        })
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
                error: None,
            });
        }
    }

    /// Do the timestamps hold, and is there one where there must be?
    ///
    /// What is wrong with a timestamp denies, but for that nobody knows its authority.
    fn timed(&mut self, wrong: Vec<Raised>, required: Requirement) {
        let mut told = self.backing.timestamps.iter();
        if !told.any(|t| t.verified && t.source == TimestampSource::Rfc3161) {
            let missing = || {
                let message = "there is no timestamp of an authority, and one is required";
                Raised::new(Code::TimestampMissing, message)
            };
            self.backing.unstamped = Some(wrong.first().cloned().unwrap_or_else(missing));
        }
        let invalid = |raised: &Raised| raised.status() == SignatureStatus::Invalid;
        let demanded = self.backing.unstamped.clone().filter(|_| required.is_required());
        let mut problems: Vec<Raised> = Vec::new();
        for problem in wrong.into_iter().filter(invalid).chain(demanded) {
            // What is wrong with several in the same way is told once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        self.backing.time = match (self.times.is_empty(), problems.is_empty()) {
            (false, true) => Check::Passed,
            (true, true) => Check::NotNeeded,
            (_, false) => Check::Failed,
        };
        self.backing.problems.extend(problems);
    }

    /// When was it made? Without an answer a certificate proves nothing.
    fn time(&mut self, wrong: Vec<Raised>, required: Requirement) {
        let first = wrong.first().cloned();
        let logged = self.backing.problems.is_empty();
        self.timed(wrong, required);
        if self.backing.time != Check::NotNeeded {
            return;
        }
        self.backing.time = Check::NotReached;
        // Where a log would have proven it, what is wrong with the log's entry says it all.
        if logged {
            self.backing.time = Check::Failed;
            let unproven = || {
                let message = "no transparency log and no timestamp authority of the trusted root \
                               proves when the signature was made";
                Raised::new(Code::TimeUnproven, message)
                    .hint("sign with a log that states the time, or with a timestamp authority")
            };
            let foreign = self.backing.unlogged.clone();
            let foreign = foreign.filter(|_| !self.backing.transparency.is_empty());
            self.backing.problems.push(first.or(foreign).unwrap_or_else(unproven));
        }
    }

    /// Who issued the certificate, and was it valid at every proven time?
    ///
    /// Times that logs claim without proving them (an inclusion proof does not cover the time) must
    /// not speak against it either.
    fn certificate(&mut self, instance: &Instance, signer: &Signer, claimed: &[Timestamp]) {
        let Some((first, others)) = self.times.split_first() else {
            self.backing.certificate = Check::NotReached;
            self.backing.sct = Check::NotReached;
            return;
        };
        let path = |at| self.path(instance, signer, at);
        let found = path(*first).and_then(|found| {
            for time in others.iter().filter(|time| !found.is_valid_at(**time)) {
                path(*time)?;
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
            Ok(found) => self.sct(instance, signer, &found),
            Err(_) => self.backing.sct = Check::NotReached,
        }
    }

    fn path(&self, instance: &Instance, signer: &Signer, at: Timestamp) -> Result<Path, Raised> {
        let trusted = instance.root.authorities.iter().filter(|a| a.is_valid_at(at));
        let anchors: Vec<Certificate> =
            trusted.flat_map(|authority| authority.certificates.iter().cloned()).collect();
        let usage = Usage::CodeSigning;
        path(&signer.leaf, &signer.intermediates, &anchors, usage, at, self.memory)
            .map_err(|error| raise::path(&error))
    }

    /// Was the certificate told to a log?
    fn sct(&mut self, instance: &Instance, signer: &Signer, path: &Path) {
        let logs = &instance.root.certificate_logs;
        let optional = !instance.trusted.sct.is_required();
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
            let mut fact = told::entry(entry, outcome, judged.is_ok());
            if let (Some(Ok(_)), Some(proof)) = (&outcome.inclusion, &entry.proof) {
                fact.witnesses = tlog::cosigned(proof, self.witnesses, self.memory);
            }
            self.backing.transparency.push(fact);
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
