//! Referee's vocabulary: what every other part talks about.
//!
//! Digests and references, descriptors and manifests, the evidence a verifier asks for, the facts
//! it establishes, the decision a policy makes of them, the trust document, and the limits that
//! every read is held to.
//!
//! This crate is pure. It takes bytes and times as arguments and knows no network, no file
//! system, no environment and no clock; the tidy test holds it to that.

pub mod decision;
pub mod digest;
pub mod document;
pub mod error;
pub mod evidence;
pub mod facts;
pub mod json;
pub mod limits;
pub mod oci;
pub mod reference;
pub mod referrer;
pub mod subject;
pub mod timestamp;
pub mod trust;
pub mod unavailable;
pub mod verifier;

pub use decision::{Decision, Mode, Reason, Verdict};
pub use digest::{Algorithm, Digest};
pub use error::Coded;
pub use evidence::{Evidence, EvidenceRequest, Outcome};
pub use facts::Facts;
pub use limits::Limits;
pub use oci::{Descriptor, Index, Manifest, Platform};
pub use reference::{Reference, Repository, Selector, Source};
pub use referrer::{FoundBy, Referrer};
pub use subject::Subject;
pub use timestamp::Timestamp;
pub use trust::Trust;
pub use unavailable::{Unavailable, UnavailableCode, UnavailableKind};
pub use verifier::{Budget, Findings, Job, Step, Verifier};
