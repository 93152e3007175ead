//! One root: from the copy where that will do, from the repository where it will not.

use super::copy::{Copy, Files};
use super::error::TufProblem;
use super::repository::Remote;
use super::{Asking, TrustRoots};
use crate::error::StoreError;
use crate::http::{Deadline, Retries};
use referee_core::Timestamp;
use referee_core::facts::TrustRootSource;
use referee_core::trust::SuppliedRoot;
use sigstore_tuf::cache::StoreRepository;
use sigstore_tuf::metadata::Role as _;
use sigstore_tuf::{Error, Repository, Updater, UpdaterConfig};
use std::sync::Arc;
use std::time::Duration;

/// What Sigstore's repositories call their trusted root.
const TARGET: &str = "trusted_root.json";

/// The most rotations of a repository's root that are followed at once: Sigstore's had 15 in five
/// years.
const MAX_ROTATIONS: u32 = 64;

/// Where to ask, and by what the answer is trusted.
#[derive(Debug)]
pub(super) struct Keeper {
    /// What its copy is called.
    pub(super) name: String,
    pub(super) url: String,
    /// The first `root.json` that is trusted.
    pub(super) anchor: Vec<u8>,
}

/// What was had of a root.
#[derive(Debug)]
pub(super) struct Had {
    /// The root; `None` where neither the repository nor a copy has it.
    pub(super) root: Option<SuppliedRoot>,
    /// Why it is not as new as it should be.
    pub(super) problem: Option<TufProblem>,
    /// When to ask again.
    pub(super) again_at: Timestamp,
}

/// Has a root. It never takes longer than `limit`, but for the verification of a copy.
pub(super) async fn have(
    roots: &TrustRoots,
    keeper: &Keeper,
    now: Timestamp,
    asking: Asking,
    limit: Duration,
) -> Had {
    let config = &roots.config;
    let copy = roots.shelf.load(&keeper.name, &keeper.anchor).await;
    let lately = |at: Timestamp, during: Duration| at <= now && now < at.saturating_add(during);
    let checked_lately = copy.checked_at.is_some_and(|at| lately(at, config.interval()));
    if asking != Asking::Anew
        && let Some(checked_at) =
            copy.checked_at.filter(|_| checked_lately || asking == Asking::Never)
        && let Ok(root) = from_copy(roots, keeper, &copy, now).await
    {
        // A copy that nobody renews from here may be renewed by somebody else.
        let again_at = match asking {
            Asking::Never => now.saturating_add(config.retry()),
            _ => checked_at.saturating_add(config.interval()),
        };
        let again_at = root.expires_at.map_or(again_at, |end| again_at.min(end));
        return Had { root: Some(root), problem: None, again_at };
    }
    let again_at = now.saturating_add(config.retry());
    let failed_lately = copy.failed_at.filter(|at| lately(*at, config.retry()));
    let problem = match (asking, failed_lately) {
        (Asking::Never, _) => TufProblem::NotAsked,
        (Asking::Allowed, Some(failed_at)) => TufProblem::Waiting {
            url: keeper.url.clone(),
            failed_at,
            again_at: failed_at.saturating_add(config.retry()),
        },
        _ => match from_repository(roots, keeper, &copy, now, limit).await {
            Ok((root, copy)) => {
                roots.shelf.keep(&keeper.name, copy).await;
                let again_at = now.saturating_add(config.interval());
                let again_at = root.expires_at.map_or(again_at, |end| again_at.min(end));
                return Had { root: Some(root), problem: None, again_at };
            }
            Err(problem) => {
                roots.shelf.keep(&keeper.name, copy.clone().failed(now)).await;
                problem
            }
        },
    };
    // What held when it was checked last. That it may be past its time is told.
    let root = match copy.checked_at {
        Some(checked_at) => from_copy(roots, keeper, &copy, checked_at).await.ok(),
        None => None,
    };
    let problem = match (problem, root.as_ref().and_then(|root| root.expires_at)) {
        (TufProblem::NotAsked, Some(expires_at)) => TufProblem::Expired { expires_at },
        (problem, _) => problem,
    };
    Had { root, problem: Some(problem), again_at }
}

/// The root of a copy, verified as of a time.
async fn from_copy(
    roots: &TrustRoots,
    keeper: &Keeper,
    copy: &Copy,
    at: Timestamp,
) -> Result<SuppliedRoot, TufProblem> {
    let files = Arc::new(copy.files());
    let repository = StoreRepository::new(Arc::clone(&files));
    verified(roots, keeper, repository, files, at).await
}

async fn from_repository(
    roots: &TrustRoots,
    keeper: &Keeper,
    copy: &Copy,
    now: Timestamp,
    limit: Duration,
) -> Result<(SuppliedRoot, Copy), TufProblem> {
    let unusable = |error| TufProblem::Unavailable(Arc::new(error));
    let remote = Remote {
        http: roots.http().await.map_err(unusable)?,
        retries: Retries::new(&roots.registry),
        url: keeper.url.clone(),
        deadline: Deadline::after(limit),
    };
    let files = Arc::new(copy.files());
    let work = verified(roots, keeper, remote, Arc::clone(&files), now);
    let root = tokio::time::timeout(limit, work)
        .await
        .map_err(|_elapsed| TufProblem::Timeout { url: keeper.url.clone(), limit })??;
    Ok((root, Copy::checked(&keeper.anchor, &files, now)))
}

async fn verified(
    roots: &TrustRoots,
    keeper: &Keeper,
    repository: impl Repository + 'static,
    files: Arc<Files>,
    at: Timestamp,
) -> Result<SuppliedRoot, TufProblem> {
    let problem = |error| problem(&keeper.url, error);
    let now = jiff::Timestamp::from_nanosecond(at.unix_nanoseconds())
        .map_err(|error| problem(Error::Malformed(error.to_string())))?;
    let mut config = UpdaterConfig::default();
    config.target_max_length = roots.max_bytes;
    config.max_root_rotations = MAX_ROTATIONS;
    let mut updater = Updater::new(repository, &keeper.anchor)
        .map_err(problem)?
        .with_config(config)
        .with_store(files);
    updater.refresh(now).await.map_err(problem)?;
    let bytes = updater.get_target(TARGET, now).await.map_err(problem)?;
    let json = String::from_utf8(bytes)
        .map_err(|_| problem(Error::Malformed(format!("{TARGET} is not UTF-8"))))?;
    Ok(SuppliedRoot { json, source: TrustRootSource::Tuf, expires_at: ends(&updater) })
}

/// When the first of the metadata ends that vouch for a target.
fn ends(updater: &Updater) -> Option<Timestamp> {
    let trusted = updater.trusted();
    let ends = [
        Some(trusted.root().expires()),
        trusted.timestamp().map(sigstore_tuf::Role::expires),
        trusted.snapshot().map(sigstore_tuf::Role::expires),
        trusted.targets_role("targets").map(sigstore_tuf::Role::expires),
    ];
    let first = ends.into_iter().flatten().min()?;
    Timestamp::from_unix_nanoseconds(first.as_nanosecond())
}

/// What failed: the way there, or what came.
fn problem(url: &str, error: Error) -> TufProblem {
    if let Error::Transport { source: Some(source), .. } = &error
        && let Some(store) = source.downcast_ref::<Arc<StoreError>>()
    {
        let url = url.to_owned();
        return match &**store {
            StoreError::Timeout { limit, .. } => TufProblem::Timeout { url, limit: *limit },
            _ => TufProblem::Unavailable(Arc::clone(store)),
        };
    }
    TufProblem::Refused { url: url.to_owned(), source: Box::new(error) }
}
