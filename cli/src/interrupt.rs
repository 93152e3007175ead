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
        // First, so that Ctrl-C is listened for before the work begins.
        biased;
        () = pressed() => {
            // Whatever still takes its time after this can be cut short.
            tokio::spawn(second_kills());
            Err(CliError::Interrupted)
        }
        done = work => done,
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

/// The signals to shut down: Ctrl-C, and SIGTERM where there is such.
pub(crate) struct Shutdown {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Shutdown {
    /// Begins to listen. From here on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// [`CliError::Runtime`] where they cannot be listened for: a server that could not end well
    /// does not begin.
    pub(crate) fn listen() -> Result<Self, CliError> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let listen = |kind| signal(kind).map_err(CliError::Runtime);
            Ok(Self {
                terminate: listen(SignalKind::terminate())?,
                interrupt: listen(SignalKind::interrupt())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the first of them.
    #[cfg(unix)]
    pub(crate) async fn signalled(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for the first of them.
    #[cfg(not(unix))]
    pub(crate) async fn signalled(self) {
        pressed().await;
    }
}
