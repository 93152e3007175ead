//! What a Sigstore instance vouches for: who signed, when, and that it stands in a log
//! (sigstore/architecture-docs `client-spec.md`, "Verification").
//!
//! The stages are examined one by one and each has its own outcome, so that a fact says all that
//! is known of a signature that fails. What is demanded stands in the trust document; what is
//! there is verified whether it is demanded or not. A log entry or a timestamp of somebody whom no
//! trusted root knows counts as if it were not there: anybody may add such.

mod assess;
mod identity;
mod raise;
mod root;
mod told;

pub use root::{Root, RootError, RootProblem, embedded};

pub(crate) use assess::{Backing, Proofs, Signer};
pub(crate) use identity::Recognised;
pub(crate) use told::unverified;

use crate::primitive::memory::Memory;
use crate::protocol::log_key::LogKey;
use crate::protocol::timestamp;
use crate::protocol::tlog::Signed;
use referee_core::facts::TrustRootFact;
use referee_core::trust::{TrustedIdentity, TrustedSigstore, Witness};
use referee_core::{Repository, Timestamp, Trust};

/// The Sigstore instances and the identities of a trust document, made ready.
#[derive(Debug, Default)]
pub struct Sigstore {
    instances: Vec<Instance>,
    /// The logs and timestamp authorities of all instances: what stands beside a signature by a
    /// key is nobody's in particular.
    all: Services,
    identities: Vec<TrustedIdentity>,
    memory: Memory,
}

#[derive(Debug)]
struct Instance {
    trusted: TrustedSigstore,
    root: Root,
}

/// Who enters signatures into logs, and who stamps them.
#[derive(Debug, Default)]
struct Services {
    logs: Vec<LogKey>,
    timestamps: Vec<timestamp::Authority>,
    witnesses: Vec<Witness>,
}

impl Sigstore {
    /// Reads the trusted roots of a trust document.
    ///
    /// # Errors
    /// [`RootError`] for the first that cannot be used.
    pub fn new(trust: &Trust) -> Result<Self, RootError> {
        let instances = trust
            .sigstore()
            .iter()
            .map(|trusted| Ok(Instance { trusted: trusted.clone(), root: Root::new(trusted)? }));
        let instances = instances.collect::<Result<Vec<Instance>, RootError>>()?;
        let mut all = Services::default();
        for Instance { root, trusted } in &instances {
            all.logs.extend_from_slice(&root.logs);
            all.timestamps.extend_from_slice(&root.timestamps);
            let more = trusted.witnesses.iter().filter(|witness| !all.witnesses.contains(witness));
            let more: Vec<Witness> = more.cloned().collect();
            all.witnesses.extend(more);
        }
        Ok(Self {
            instances,
            all,
            identities: trust.identities().to_vec(),
            memory: Memory::default(),
        })
    }

    /// What facts say of the trusted roots at a point in time.
    #[must_use]
    pub fn roots(&self, now: Timestamp) -> Vec<TrustRootFact> {
        self.instances.iter().map(|instance| instance.root.fact(now)).collect()
    }

    /// Which signatures were found to hold.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Examines what stands behind a signature by a key. Logs and timestamp authorities of all
    /// instances count, so that what one knows to be broken is not nobody's under another.
    pub(crate) fn keyed(
        &self,
        proofs: &Proofs<'_>,
        signed: &Signed<'_>,
        now: Timestamp,
    ) -> Backing {
        assess::keyed(&self.all, proofs, signed, now, &self.memory)
    }

    /// Examines what stands behind a signature with a certificate under each instance, and whom
    /// the certificate names. `None` where there is no instance.
    ///
    /// Every identity counts that counts in an instance under which all holds. Of those instances
    /// the first is told in which an identity trusts the signer, else the first; where there is
    /// none, the first under which the signature came furthest.
    pub(crate) fn certified(
        &self,
        signer: &Signer,
        proofs: &Proofs<'_>,
        signed: &Signed<'_>,
        repository: Option<&Repository>,
        now: Timestamp,
    ) -> Option<(Backing, Recognised)> {
        let trusts = |names: &[&str]| self.recognise(signer, names, repository);
        let mut best: Option<(Rank, Backing, &str)> = None;
        let mut holding = Vec::new();
        for instance in &self.instances {
            let backing = assess::certified(instance, signer, proofs, signed, now, &self.memory);
            let name = instance.trusted.name.as_str();
            let holds = backing.problems.is_empty();
            if holds {
                holding.push(name);
            }
            let rank = Rank {
                holds,
                // Under all under which it holds it came as far as was demanded.
                progress: if holds { 0 } else { backing.progress() },
                trusted: !trusts(&[name]).trusted_by.is_empty(),
            };
            if best.as_ref().is_none_or(|(best, ..)| rank > *best) {
                best = Some((rank, backing, name));
            }
        }
        let (_, backing, name) = best?;
        let recognised = if holding.is_empty() { trusts(&[name]) } else { trusts(&holding) };
        Some((backing, recognised))
    }
}

/// Which instance is told of several: compared from the first member to the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    holds: bool,
    progress: usize,
    trusted: bool,
}
