//! What a plan says of what it could not have or did not look at.

use referee_core::{Digest, Limits, Unavailable, UnavailableCode, UnavailableKind};

pub(crate) fn affecting(mut trouble: Unavailable, lists: &[&str]) -> Unavailable {
    trouble.affects.extend(lists.iter().map(|list| (*list).to_owned()));
    trouble
}

pub(crate) fn overflow(subject: &Digest, message: String) -> Unavailable {
    let trouble = Unavailable::new(
        UnavailableKind::Registry,
        format!("referrers of {subject}"),
        UnavailableCode::TooLarge,
        message,
    );
    affecting(trouble, &["referrers", "signatures", "attestations"])
}

pub(crate) fn no_room(limits: &Limits) -> String {
    let limit = limits.max_facts_bytes;
    format!("the facts would be larger than {limit} bytes, the rest is not in them")
}

/// What refers to a referrer at the greatest depth was not asked for.
pub(crate) fn too_deep(referrer: &Digest, depth: u32) -> Unavailable {
    let trouble = Unavailable::new(
        UnavailableKind::Registry,
        format!("referrers of {referrer}"),
        UnavailableCode::TooLarge,
        format!("it stands at depth {depth}, the greatest that is followed"),
    );
    affecting(trouble, &["referrers", "signatures", "attestations"])
}

/// An index in an index: its own platforms are not looked at.
pub(crate) fn unopened(index: &Digest) -> Unavailable {
    let trouble = Unavailable::new(
        UnavailableKind::Registry,
        index.as_str(),
        UnavailableCode::TooLarge,
        "it is an index in an index, and what it holds was not looked at",
    );
    affecting(trouble, &["referrers", "signatures", "attestations"])
}
