//! Trusted roots for a command: renewed where that is due, with a note where it failed.

use crate::config::Config;
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::setup::Reach;
use referee_core::trust::TrustedSigstore;
use referee_core::{Coded as _, Trust};
use referee_store::{Asking, Clock as _, Environment, Supplied, SystemClock, TrustRoots};
use referee_verify::protocol::sigstore::Root;
use std::time::{Duration, Instant};

/// The part of a command's deadline that renewing may take: the rest is for what was asked.
const SHARE: u32 = 4;

/// Trust with its roots, and how long they took.
pub(crate) struct Renewed {
    /// The trust.
    pub(crate) trust: Trust,
    took: Duration,
}

impl Renewed {
    /// What is left of a deadline, counted in milliseconds as deadlines are.
    pub(crate) fn left_of(&self, deadline: Option<Duration>) -> Option<Duration> {
        let took = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX);
        deadline.map(|deadline| deadline.saturating_sub(Duration::from_millis(took)))
    }
}

/// Where roots come from.
///
/// # Errors
/// Where a setting cannot be used.
pub(crate) fn of(config: &Config) -> Result<TrustRoots, CliError> {
    let environment = Environment::of_process();
    Ok(TrustRoots::new(&config.tuf, &config.registry, &config.limits, &environment)?)
}

/// Trust with the roots by which signatures can come to be trusted. What could not be renewed is
/// told on standard error.
///
/// # Errors
/// Where a root cannot be had and nothing may stand in its place.
pub(crate) async fn renewed(
    trust: Trust,
    config: &Config,
    reach: Reach,
    console: &mut Console,
) -> Result<Renewed, CliError> {
    if !trust.instances_in_force().any(|instance| instance.keeper().is_some()) {
        return Ok(Renewed { trust, took: Duration::ZERO });
    }
    let started = Instant::now();
    let asking = if reach == Reach::Offline { Asking::Never } else { Asking::Allowed };
    let within = config.deadline / SHARE;
    let supplied = supply(&of(config)?, trust, asking, within).await?;
    for note in &supplied.notes {
        let warning = console.err_paint.show(Role::Warn, "warning");
        writeln!(console.err(), "{warning}: {}", Safe(&note.to_string()))?;
        if let Some(hint) = note.error.hint() {
            writeln!(console.err(), "  hint: {}", Safe(&hint))?;
        }
    }
    Ok(Renewed { trust: supplied.trust, took: started.elapsed() })
}

/// Trust with its roots as of now.
///
/// # Errors
/// As [`renewed`].
pub(crate) async fn supply(
    roots: &TrustRoots,
    trust: Trust,
    asking: Asking,
    within: Duration,
) -> Result<Supplied, CliError> {
    Ok(roots.supply(trust, SystemClock.now(), asking, within, usable).await?)
}

fn usable(
    instance: &TrustedSigstore,
) -> Result<(), Box<dyn std::error::Error + Send + Sync + 'static>> {
    Root::new(instance).map(|_root| ()).map_err(|error| error.problem.into())
}
