//! Sockets: accepting, bounding and winding down connections.

use crate::app::Server;
use crate::config::permits;
use crate::pace::{Limits, Paced, Stage};
use crate::route;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use referee_core::Coded;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service as _;

/// How long to wait after an accept that failed, as when there are no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The largest head of a request, in bytes: an `input` in the query is part of it.
const MAX_HEAD: usize = 64 * 1024;

/// Sockets that are listened on.
#[derive(Debug)]
pub struct Listeners {
    main: TcpListener,
    address: SocketAddr,
    diagnostic: Option<(TcpListener, SocketAddr)>,
}

impl Listeners {
    /// A socket of one's own for everything.
    ///
    /// # Errors
    /// Where the socket does not tell its address.
    pub fn new(main: TcpListener) -> io::Result<Self> {
        let address = main.local_addr()?;
        Ok(Self { main, address, diagnostic: None })
    }

    /// The address of the server, with its true port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the diagnostic listener.
    #[must_use]
    pub fn diagnostic_address(&self) -> Option<SocketAddr> {
        self.diagnostic.as_ref().map(|(_, address)| *address)
    }
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl Coded for ServeError {
    fn code(&self) -> &'static str {
        "listen_failed"
    }

    fn hint(&self) -> Option<String> {
        let Self::Bind { source, .. } = self;
        match source.kind() {
            io::ErrorKind::AddrInUse => {
                Some("another process listens there: stop it or choose another port".into())
            }
            io::ErrorKind::PermissionDenied => Some("choose a port above 1023".into()),
            _ => None,
        }
    }
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// How many connections still had a request under way when the grace was over.
    pub cut_off: usize,
}

/// How far the server is with winding down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Serving,
    /// Requests under way are finished, new ones are not taken.
    Draining,
    /// What is left is cut off.
    Over,
}

/// What a connection is held to.
#[derive(Clone, Copy, Debug)]
struct Pace {
    limits: Limits,
    idle: Duration,
    /// Whether requests are to know who sends them.
    peers: bool,
}

/// Who sends a request: the other end of its connection. Only where the decision log wants it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

impl Server {
    /// Listens where the configuration says.
    ///
    /// # Errors
    /// [`ServeError::Bind`] with the first address that cannot be listened on.
    pub async fn bind(&self) -> Result<Listeners, ServeError> {
        let (main, address) = bind(self.app.config.listen).await?;
        let diagnostic = match self.app.config.diagnostic_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Listeners { main, address, diagnostic })
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
            peers: self.app.sink.get().is_some(),
        };
        let connections = config.max_connections;
        let main = Acceptor::start(listeners.main, self.router(), pace, connections);
        let diagnostic = listeners.diagnostic.map(|(listener, _)| {
            let router = route::diagnostic(Arc::clone(&self.app));
            Acceptor::start(listener, router, pace, connections)
        });
        shutdown.await;
        self.app.stop();
        tokio::time::sleep(Duration::from_millis(config.shutdown_wait_ms)).await;
        let cut_off = main.end(Duration::from_millis(config.shutdown_grace_ms)).await;
        if let Some(diagnostic) = diagnostic {
            diagnostic.end(Duration::ZERO).await;
        }
        if cut_off > 0 {
            tracing::warn!(connections = cut_off, "requests were cut off at the end of the grace");
        }
        Ended { cut_off }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let fail = |source| ServeError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    Ok((listener, address))
}

/// A socket with the connections it accepted.
struct Acceptor {
    phase: watch::Sender<Phase>,
    /// Every connection holds a receiver: how many there are is how many receivers there are.
    alive: watch::Sender<()>,
}

impl Acceptor {
    fn start(listener: TcpListener, router: Router, pace: Pace, connections: u32) -> Self {
        let (phase, phases) = watch::channel(Phase::Serving);
        let (alive, living) = watch::channel(());
        tokio::spawn(accept(listener, router, pace, permits(connections), phases, living));
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

async fn accept(
    listener: TcpListener,
    router: Router,
    pace: Pace,
    connections: usize,
    mut phases: watch::Receiver<Phase>,
    living: watch::Receiver<()>,
) {
    let room = Arc::new(Semaphore::new(connections));
    loop {
        let next = async {
            // Never closed; if it were, nothing could be accepted.
            let permit = Arc::clone(&room).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let accepted = tokio::select! {
            accepted = next => accepted,
            _ = phases.changed() => return,
        };
        match accepted {
            Some((permit, Ok((stream, _)))) => {
                let (router, phases, living) = (router.clone(), phases.clone(), living.clone());
                tokio::spawn(connection(stream, router, pace, phases, (permit, living)));
            }
            Some((_, Err(error))) if of_one_connection(&error) => {}
            Some((_, Err(error))) => {
                tracing::error!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            None => return,
        }
    }
}

/// Whether an error speaks of a connection that was gone before it was accepted.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    router: Router,
    pace: Pace,
    mut phases: watch::Receiver<Phase>,
    _held: (OwnedSemaphorePermit, watch::Receiver<()>),
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection without TCP_NODELAY");
    }
    let peer = stream.peer_addr().ok().filter(|_| pace.peers).map(Peer);
    let stage = Stage::default();
    let io = TokioIo::new(Paced::new(stream, stage.clone(), pace.limits));
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        let (mut router, stage) = (router.clone(), stage.clone());
        stage.busy();
        async move {
            let response = router.call(request.map(Body::new)).await;
            stage.idle();
            response
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        // hyper counts from the end of the last request to the end of the next head.
        .header_read_timeout(pace.idle.saturating_add(pace.limits.head))
        .max_header_size(MAX_HEAD)
        .serve_connection(io, service);
    let mut serving = std::pin::pin!(serving);
    loop {
        let changed = tokio::select! {
            ended = serving.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            changed = phases.changed() => changed,
        };
        match *phases.borrow_and_update() {
            _ if changed.is_err() => return,
            Phase::Over => return,
            Phase::Draining => serving.as_mut().graceful_shutdown(),
            Phase::Serving => {}
        }
    }
}
