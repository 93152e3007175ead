//! Why a copy was not made.

use crate::error::StoreError;
use referee_core::oci::ManifestError;
use referee_core::{Coded, Digest};
use std::sync::Arc;

/// Why a copy was not made. What was pushed before stays and is used when the copy is made again;
/// the destination's tags are set last, so none points at half a copy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Something could not be read at the source.
    #[error("it could not be read: {0}")]
    Source(#[source] Arc<StoreError>),
    /// Something could not be written at the destination.
    #[error("it could not be written: {0}")]
    Destination(#[source] Arc<StoreError>),
    /// The client could not be set up.
    #[error(transparent)]
    Setup(StoreError),
    /// What refers to something is not known to the last, so the copy would silently be shorter.
    #[error("the referrers of {digest} at {place} cannot be listed completely: {source}")]
    Incomplete {
        /// Whose referrers.
        digest: Digest,
        /// Where.
        place: String,
        /// Why not.
        source: Arc<StoreError>,
    },
    /// There is more below the greatest depth that is followed.
    #[error("what refers to {digest} stands deeper than {limit} referrers below the artifact")]
    TooDeep {
        /// The referrer that is referred to.
        digest: Digest,
        /// The greatest depth.
        limit: u32,
    },
    /// More than a copy may consist of.
    #[error("{place} holds more than {limit} {unit} to copy")]
    TooMuch {
        /// The source.
        place: String,
        /// How much may be.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// A manifest that cannot be read, so that what belongs to it is not known.
    #[error("{digest} at {place} cannot be copied: {source}")]
    Manifest {
        /// Which.
        digest: Digest,
        /// Where.
        place: String,
        /// What is wrong with it.
        source: ManifestError,
    },
    /// A tag of the destination points at something else.
    #[error("{destination}: the tag {tag} stands at {found} and not at {wanted}")]
    TagTaken {
        /// The destination.
        destination: String,
        /// The tag.
        tag: String,
        /// What it points at.
        found: Digest,
        /// What it was to point at.
        wanted: Digest,
    },
    /// The destination does not list what was pushed, so nobody would find it there.
    #[error(
        "{destination} does not list {} of the referrers of {digest} that it took, {} among them",
        missing.len(),
        missing.first().map_or("none", Digest::as_str)
    )]
    NotListed {
        /// The destination.
        destination: String,
        /// Whose referrers.
        digest: Digest,
        /// Those it does not list.
        missing: Vec<Digest>,
    },
    /// A destination is named by its tag.
    #[error("{destination} names a digest, and what is copied brings its own")]
    DigestNamed {
        /// What was given.
        destination: String,
    },
    /// Neither a registry nor a layout.
    #[error("{target} cannot be copied from or to")]
    Unsupported {
        /// What was given.
        target: String,
    },
}

impl Coded for CopyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Source(error) | Self::Destination(error) => error.code(),
            Self::Setup(error) => error.code(),
            Self::Incomplete { .. } => "listing_incomplete",
            Self::TooDeep { .. } => "referrers_too_deep",
            Self::TooMuch { .. } => "too_large",
            Self::Manifest { source, .. } => source.code(),
            Self::TagTaken { .. } => "tag_taken",
            Self::NotListed { .. } => "referrers_not_listed",
            Self::DigestNamed { .. } => "invalid_reference",
            Self::Unsupported { .. } => "unserved",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Destination(error) if matches!(**error, StoreError::Denied { .. }) => Some(
                "the credentials must allow pushing there: `docker login`, or point DOCKER_CONFIG \
                 at others"
                    .into(),
            ),
            Self::Source(error) | Self::Destination(error) => error.hint(),
            Self::Setup(error) => error.hint(),
            Self::Incomplete { source, .. } => {
                Some(source.hint().unwrap_or_else(|| "nothing was copied".into()))
            }
            Self::TooDeep { .. } => Some("limits.max_depth is a setting".into()),
            Self::TooMuch { unit: "referrers", .. } => {
                Some("limits.max_referrers is a setting".into())
            }
            Self::TagTaken { .. } => {
                Some("nothing was copied; --force points the tag at what is copied".into())
            }
            Self::NotListed { .. } => Some(
                "the registry's referrers API leaves them out, so signatures would not be found \
                 there"
                    .into(),
            ),
            Self::DigestNamed { .. } => Some("name the repository, with a tag or without".into()),
            Self::Manifest { source, .. } => source.hint(),
            Self::TooMuch { .. } | Self::Unsupported { .. } => None,
        }
    }
}
