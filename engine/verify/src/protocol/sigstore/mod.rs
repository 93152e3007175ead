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

pub use root::{Root, RootError, RootProblem, embedded};

pub(crate) use assess::{Backing, Proofs, Signer, unverified};
pub(crate) use identity::Recognised;

use crate::primitive::memory::Memory;
use crate::protocol::tlog::Signed;
use referee_core::facts::TrustRootFact;
use referee_core::trust::{TrustedIdentity, TrustedSigstore};
use referee_core::{Timestamp, Trust};

/// The Sigstore instances and the identities of a trust document, made ready.
#[derive(Debug, Default)]
pub struct Sigstore {
    instances: Vec<Instance>,
    identities: Vec<TrustedIdentity>,
    memory: Memory,
}

#[derive(Debug)]
struct Instance {
    trusted: TrustedSigstore,
    root: Root,
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
        Ok(Self {
            instances: instances.collect::<Result<_, RootError>>()?,
            identities: trust.identities().to_vec(),
            memory: Memory::default(),
        })
    }

    /// What facts say of the trusted roots at a point in time.
    #[must_use]
    pub fn roots(&self, now: Timestamp) -> Vec<TrustRootFact> {
        self.instances.iter().map(|instance| instance.root.fact(now)).collect()
    }

    /// Examines what stands behind a signature, with each instance: what the one found that comes
    /// furthest. `None` where there is no instance.
    pub(crate) fn assess(
        &self,
        signer: Option<&Signer>,
        proofs: &Proofs<'_>,
        signed: &Signed<'_>,
        now: Timestamp,
    ) -> Option<Backing> {
        let mut best: Option<Backing> = None;
        for instance in &self.instances {
            let backing = assess::assess(instance, signer, proofs, signed, now, &self.memory);
            if best.as_ref().is_none_or(|best| backing.progress() > best.progress()) {
                best = Some(backing);
            }
            if best.as_ref().is_some_and(|best| best.problems.is_empty()) {
                break;
            }
        }
        best
    }
}
