//! What signatures are examined for: a referrer of an artifact in a registry, or a file.

use crate::protocol::tlog::Digests;
use referee_core::{Digest, Job, Repository, Unavailable};

/// What carries the signatures, and what they must be about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    /// What carries them: the referrer's manifest, or the bundle.
    pub(super) referrer: &'a Digest,
    /// What they must be about.
    pub(super) subject: &'a Digest,
    /// Digests of the same by other algorithms.
    pub(super) also: &'a [Digest],
    /// Where it stands, or what it is to be judged as.
    pub(super) repository: Option<&'a Repository>,
}

impl<'a> Target<'a> {
    pub(super) fn of(job: &Job<'a>) -> Self {
        Self {
            referrer: &job.referrer.descriptor.digest,
            subject: &job.referrer.subject,
            also: &[],
            repository: job.subject.repository.as_ref(),
        }
    }

    /// The digests of what the signatures must be about.
    pub(super) fn digests(&self) -> impl Iterator<Item = &'a Digest> {
        std::iter::once(self.subject).chain(self.also)
    }
}

/// What is at hand of the artifact, where its bytes are signed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Artifact<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// Its digests alone.
    Digests(&'a Digests),
    /// Nothing: it could not be had.
    Unavailable(&'a Unavailable),
}
