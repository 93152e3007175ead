//! Sockets: accepting, bounding and winding down connections.

use crate::app::Server;
use crate::config::permits;
use crate::connection::{Accepted, Pace, Phase, serve};
use crate::crowd::Crowd;
use crate::listen::{Listener, Listeners, ServeError, watch};
use crate::pace::Limits;
use crate::route::Routes;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as channel;
use tokio::time::Instant;

/// How long to wait after an accept that failed, as when there are no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// How many connections still had a request under way when the grace was over.
    pub cut_off: usize,
    /// What was left of the grace when the last connection had ended.
    pub left: Duration,
}

impl Server {
    /// Listens where the configuration says.
    ///
    /// # Errors
    /// [`ServeError::Bind`] with the first address that cannot be listened on;
    /// [`ServeError::Tls`] where TLS cannot be set up.
    pub async fn bind(&self) -> Result<Listeners, ServeError> {
        Listeners::bind(&self.app.config).await
    }

    /// Serves until `shutdown` is ready and then winds down: `/health` answers 503 at once; after
    /// `shutdown_wait_ms` no connection is accepted any more and idle ones are closed; what is
    /// under way has `shutdown_grace_ms` to finish.
    pub async fn serve(self, listeners: Listeners, shutdown: impl Future<Output = ()>) -> Ended {
        let config = &self.app.config;
        let pace = Pace {
            limits: Limits {
                head: Duration::from_millis(config.header_read_timeout_ms),
                write: Duration::from_millis(config.write_timeout_ms),
            },
            idle: Duration::from_millis(config.idle_timeout_ms),
            h2c: config.h2c,
        };
        let connections = config.max_connections;
        let (main, routes) = (listeners.main, Routes::all(Arc::clone(&self.app)));
        let all = main.iter().chain(&listeners.diagnostic);
        let certificates = all.filter_map(|listener| listener.certificates.clone()).next();
        let watching = certificates.map(|certificates| tokio::spawn(watch(certificates)));
        let main = Acceptors::start(main, &routes, pace, connections);
        let routes = Routes::diagnostic(Arc::clone(&self.app));
        let diagnostic = Acceptors::start(listeners.diagnostic, &routes, pace, connections);
        shutdown.await;
        self.app.stop();
        tokio::time::sleep(Duration::from_millis(config.shutdown_wait_ms)).await;
        let grace = Duration::from_millis(config.shutdown_grace_ms);
        let over = Instant::now() + grace;
        let cut_off = main.end(grace).await;
        diagnostic.end(Duration::ZERO).await;
        watching.iter().for_each(tokio::task::JoinHandle::abort);
        if cut_off > 0 {
            tracing::warn!(connections = cut_off, "requests were cut off at the end of the grace");
        }
        Ended { cut_off, left: over.saturating_duration_since(Instant::now()) }
    }
}

/// Sockets with the connections that they accepted.
struct Acceptors {
    phase: channel::Sender<Phase>,
    /// Every connection holds a receiver: how many there are is how many receivers there are.
    alive: channel::Sender<()>,
}

impl Acceptors {
    fn start(listeners: Vec<Listener>, routes: &Routes, pace: Pace, connections: u32) -> Self {
        let (phase, phases) = channel::channel(Phase::Serving);
        let (alive, living) = channel::channel(());
        let crowd = Crowd::new(permits(connections));
        for listener in listeners {
            let (crowd, routes) = (Arc::clone(&crowd), routes.clone());
            tokio::spawn(accept(living.clone(), listener, routes, pace, crowd, phases.clone()));
        }
        Self { phase, alive }
    }

    /// Finishes what is under way within the grace; answers how many connections it cut off.
    async fn end(self, grace: Duration) -> usize {
        self.phase.send_replace(Phase::Draining);
        let finished = tokio::time::timeout(grace, self.alive.closed()).await;
        let left = if finished.is_ok() { 0 } else { self.alive.receiver_count() };
        self.phase.send_replace(Phase::Over);
        left
    }
}

/// `living` is given back last: when all of them are, no socket is listened on any more, and those
/// with a file have removed it.
async fn accept(
    living: channel::Receiver<()>,
    listener: Listener,
    routes: Routes,
    pace: Pace,
    crowd: Arc<Crowd>,
    mut phases: channel::Receiver<Phase>,
) {
    loop {
        let next = async {
            // First who comes: nobody has to leave for nobody.
            let accepted = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => return Err(error),
            };
            Ok(crowd.seat().await.map(|seat| (seat, accepted)))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            _ = phases.changed() => return,
        };
        match accepted {
            Ok(Some((seat, (stream, address)))) => {
                let tls = listener.certificates.as_ref().map(|all| all.config());
                let guest = Arc::clone(seat.guest());
                let accepted = Accepted { stream, address, tls, guest };
                let (routes, phases, living) = (routes.clone(), phases.clone(), living.clone());
                tokio::spawn(async move {
                    serve(accepted, routes, pace, phases).await;
                    drop((seat, living));
                });
            }
            Err(error) if of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted");
                // There may be no more descriptors, and one that does nothing holds one.
                crowd.ask_one_to_leave();
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Ok(None) => return,
        }
    }
}

/// Whether an error speaks of a connection that was gone before it was accepted.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
