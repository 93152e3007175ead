//! All IO of the engine: registries, OCI layouts, caches, credentials, trust files and the clock.
//!
//! What comes out of this crate has been checked as far as bytes can be: what was asked for by
//! digest has that digest and size, nothing is larger than its limit, and "there are none" is
//! said only after a listing was read to its end.

pub mod bundle;
pub mod cache;
pub mod clock;
pub mod config;
pub mod copy;
mod entries;
pub mod env;
pub mod error;
pub mod evidence;
mod files;
mod flight;
mod http;
pub mod layout;
pub mod memory;
pub mod network;
mod pieces;
pub mod policy;
pub mod registry;
pub mod router;
pub mod secret;
pub mod service;
pub mod source;
pub mod spool;
pub mod tls;
pub mod trust;
pub mod tuf;

pub use cache::{CacheStats, Cached};
pub use clock::{Clock, FixedClock, SystemClock};
pub use config::{CacheConfig, RegistryConfig};
pub use copy::{Copied, Copier, CopyError, CopyProgress, Destination};
pub use env::Environment;
pub use error::StoreError;
pub use evidence::{EvidenceContext, EvidenceError, EvidenceFile, Recorder, Replay, SavedEvidence};
pub use layout::LayoutStore;
pub use memory::MemoryStore;
pub use network::{PolicyNetwork, Reach};
pub use policy::{PolicyFiles, PolicyLoadError, load_policies};
pub use registry::RegistryStore;
pub use router::Router;
pub use secret::Secret;
pub use source::{Fetched, Listing, Place, Store};
pub use trust::{TrustLoadError, TrustText, load_trust, read_trust, trust_of};
pub use tuf::{Asking, Supplied, TrustRoots, TufConfig, TufError};
