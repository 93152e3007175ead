//! Ctrl-C: the first ends the work and leaves the terminal clean, the second ends the process.

use crate::error::CliError;
use crate::exit::Exit;

/// Does work until it is done or Ctrl-C is pressed.
///
/// # Errors
/// What the work answers; [`CliError::Interrupted`] where it was interrupted.
pub(crate) async fn until_interrupted<T>(
    work: impl Future<Output = Result<T, CliError>>,
) -> Result<T, CliError> {
    tokio::select! {
        done = work => done,
        () = pressed() => {
            // Whatever still takes its time after this can be cut short.
            tokio::spawn(second_kills());
            Err(CliError::Interrupted)
        }
    }
}

/// Waits for Ctrl-C, for ever where it cannot be waited for.
async fn pressed() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C cannot be waited for and ends the process at once");
        std::future::pending::<()>().await;
    }
}

/// Ends the process at the next Ctrl-C.
#[expect(clippy::exit, reason = "somebody asked twice, and nothing of ours is left half written")]
pub(crate) async fn second_kills() {
    pressed().await;
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Waits for the signal to shut down: Ctrl-C, or SIGTERM where there is such.
pub(crate) async fn shutdown() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                () = pressed() => {}
                _ = terminate.recv() => {}
            },
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be waited for");
                pressed().await;
            }
        }
    }
    #[cfg(not(unix))]
    pressed().await;
}
