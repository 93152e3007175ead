//! Why a write is refused, in the words of OPA's API.

use referee_rego::{EditError, RegoErrors};

/// Why a write is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is no policy of that id.
    #[error("storage_not_found_error: policy id {id:?}")]
    NoPolicy {
        /// The id.
        id: String,
    },
    /// A policy without a single statement.
    #[error("{id}:0: rego_parse_error: empty module")]
    Empty {
        /// The id.
        id: String,
    },
    /// A policy does not parse, or the policies do not compile together.
    #[error("error(s) occurred while compiling module(s)")]
    Modules(#[source] RegoErrors),
    /// Without the policy that is to go the others do not compile.
    #[error("error(s) occurred while compiling module(s)")]
    Needed(#[source] RegoErrors),
    /// Rules stand where the data would.
    #[error("{0}")]
    Rules(RegoErrors),
    /// The path does not allow it.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A bundle owns the path.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A policy of the library would be written over.
    #[error("policy {id:?} is part of the library that comes with Referee")]
    Library {
        /// The id.
        id: String,
    },
    /// Two bundles own the same.
    #[error(
        "bundle {bundle:?} owns {root:?} and bundle {other:?} owns {other_root:?}: roots of two \
         bundles may not overlap"
    )]
    Overlap {
        /// The bundle that is to be activated.
        bundle: String,
        /// Its root.
        root: String,
        /// The bundle that is active.
        other: String,
        /// The root of that.
        other_root: String,
    },
    /// A policy of a bundle stands outside its roots.
    #[error(
        "policy {id:?} of bundle {bundle:?} has package {package}, which is under none of its roots"
    )]
    OutsideRoots {
        /// The bundle.
        bundle: String,
        /// The policy.
        id: String,
        /// Its package.
        package: String,
    },
    /// The change broke off: a defect, which the log tells of.
    #[error("the change broke off; nothing has changed")]
    Failed,
}

/// A path that only a bundle may change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// The whole document, where there are bundles.
    #[error("can't write to document root with bundle roots configured")]
    Root,
    /// A bundle owns everything.
    #[error("all paths owned by bundle {bundle:?}")]
    All {
        /// The bundle.
        bundle: String,
    },
    /// A bundle owns the path, or something below it.
    #[error("path {path} is owned by bundle {bundle:?}")]
    Path {
        /// The path, with slashes.
        path: String,
        /// The bundle.
        bundle: String,
    },
}
