//! One connection: TLS, which HTTP it speaks, its requests, and its end.
//!
//! HTTP/2 is spoken where TLS agreed on it (ALPN, RFC 7301), and without TLS by those who begin
//! with its preface (RFC 9113, section 3.3) where that is configured. There is no upgrade.

use crate::crowd::{Guest, LEAVING};
use crate::listen::{Certified, Peer, Stream};
use crate::pace::{Limits, Paced, Stage};
use crate::prefixed::Prefixed;
use crate::route::Routes;
use crate::unsent::{Unsent, Watched};
use axum::body::Body;
use axum::http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use referee_store::tls::{Whose, in_words};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{self, ServerConfig};

/// The largest head of a request, in bytes: an `input` in the query is part of it.
const MAX_HEAD: usize = 64 * 1024;

/// The most requests at a time on one connection of HTTP/2 (RFC 9113, section 6.5.2, asks for no
/// less than 100).
const MAX_STREAMS: u32 = 128;

/// How many bytes of answers HTTP/2 holds for one connection before it asks for no more.
const SEND_BUFFER: usize = 64 * 1024;

/// What agrees on HTTP/2 in TLS.
const H2: &[u8] = b"h2";

/// How far the server is with winding down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Serving,
    /// Requests under way are finished, new ones are not taken.
    Draining,
    /// What is left is cut off.
    Over,
}

/// What a connection is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) limits: Limits,
    /// How long it may do nothing.
    pub(crate) idle: Duration,
    /// Whether HTTP/2 is spoken without TLS.
    pub(crate) h2c: bool,
}

/// A connection that has just come.
pub(crate) struct Accepted {
    pub(crate) stream: Stream,
    pub(crate) address: String,
    /// What it speaks TLS with.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) guest: Arc<Guest>,
}

/// Serves a connection to its end.
pub(crate) async fn serve(
    accepted: Accepted,
    routes: Routes,
    pace: Pace,
    mut phases: watch::Receiver<Phase>,
) {
    let Accepted { stream, address, tls, guest } = accepted;
    let stage = Stage::default();
    let stream = Paced::new(stream, stage.clone(), pace.limits);
    let opening = async move {
        match tls {
            Some(config) => secured(stream, address, config).await,
            None => plain(stream, address, pace).await,
        }
    };
    // The limit on the first head bounds the handshake, too: the stream breaks at its end.
    let opened = tokio::select! {
        opened = opening => opened,
        _ = ended(&mut phases) => return,
        () = guest.asked_to_leave() => return,
    };
    let Some(Opened { stream, peer, http2 }) = opened else { return };
    let (unsent, peer) = (Unsent::default(), Arc::new(peer));
    let connection = Connection { routes, stage, unsent, peer, guest };
    if http2 {
        connection.serve_2(stream, pace, phases).await;
    } else {
        connection.serve_1(stream, pace, phases).await;
    }
}

/// A stream of bytes in either direction.
trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Bytes for S {}

/// A connection whose first bytes were understood.
struct Opened {
    stream: Box<dyn Bytes>,
    peer: Peer,
    http2: bool,
}

async fn secured(stream: Paced<Stream>, address: String, tls: Arc<ServerConfig>) -> Option<Opened> {
    let stream = match TlsAcceptor::from(tls).accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            not_agreed(&error, &address);
            return None;
        }
    };
    let session = stream.get_ref().1;
    let http2 = session.alpn_protocol() == Some(H2);
    let certified = match session.peer_certificates() {
        None | Some([]) => None,
        Some(shown) => {
            let certified = Certified::read(shown);
            if certified.is_none() {
                tracing::warn!(peer = address, "a client certificate cannot be read");
                return None;
            }
            certified
        }
    };
    Some(Opened { stream: Box::new(stream), peer: Peer { address, certified }, http2 })
}

/// Tells why a client did not come to speak. Its certificate is somebody's business; anything else
/// is what strangers send to a port, as often as they like.
fn not_agreed(error: &std::io::Error, peer: &str) {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let told = tls.map_or_else(|| error.to_string(), |error| in_words(error, Whose::Client));
    match tls {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            tracing::info!(error = told, peer, "TLS was not agreed on");
        }
        _ => tracing::debug!(error = told, peer, "TLS was not agreed on"),
    }
}

async fn plain(stream: Paced<Stream>, address: String, pace: Pace) -> Option<Opened> {
    let peer = Peer { address, certified: None };
    if !pace.h2c {
        return Some(Opened { stream: Box::new(stream), peer, http2: false });
    }
    match Prefixed::sniff(stream).await {
        Ok((stream, http2)) => Some(Opened { stream: Box::new(stream), peer, http2 }),
        Err(error) => {
            tracing::debug!(%error, peer = peer.address, "a connection broke");
            None
        }
    }
}

/// Waits for the end of the server's patience with connections that have not begun.
async fn ended(phases: &mut watch::Receiver<Phase>) {
    // Where nobody is left to tell, it is over as well.
    while phases.changed().await.is_ok() && *phases.borrow_and_update() == Phase::Serving {}
}

/// What answers the requests of a connection.
#[derive(Clone)]
struct Connection {
    routes: Routes,
    stage: Stage,
    unsent: Unsent,
    peer: Arc<Peer>,
    guest: Arc<Guest>,
}

impl Connection {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let http2 = request.version() == Version::HTTP_2;
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        self.stage.busy();
        let under_way = UnderWay::begin(self.guest);
        let sending = http2.then(|| self.unsent.begin());
        let response = self.routes.answer(request).await;
        self.stage.idle();
        drop(under_way);
        Ok(match sending {
            Some(sending) => response.map(|body| Body::new(Watched::new(body, sending))),
            None => response,
        })
    }

    async fn serve_1(self, stream: Box<dyn Bytes>, pace: Pace, phases: watch::Receiver<Phase>) {
        let guest = Arc::clone(&self.guest);
        let service = service_fn(move |request| self.clone().answer(request));
        let serving = http1::Builder::new()
            .timer(TokioTimer::new())
            // Who says that nothing more is to come still wants the answer, as from Go's server.
            .half_close(true)
            // hyper counts from the end of the last request to the end of the next head.
            .header_read_timeout(pace.idle.saturating_add(pace.limits.head))
            .max_header_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let never = std::future::pending();
        let wind_down = http1::Connection::graceful_shutdown;
        drive(std::pin::pin!(serving), wind_down, never, &guest, phases).await;
    }

    async fn serve_2(self, stream: Box<dyn Bytes>, pace: Pace, phases: watch::Receiver<Phase>) {
        // Heads come between one another's bytes here, so none has a limit of its own.
        self.stage.many();
        let (unsent, guest) = (self.unsent.clone(), Arc::clone(&self.guest));
        let service = service_fn(move |request| self.clone().answer(request));
        let serving = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
            .max_concurrent_streams(MAX_STREAMS)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(pace.idle)
            .keep_alive_timeout(pace.limits.write)
            .serve_connection(TokioIo::new(stream), service);
        let waste = unsent.wasted(pace.idle, pace.limits.write);
        let wind_down = http2::Connection::graceful_shutdown;
        drive(std::pin::pin!(serving), wind_down, waste, &guest, phases).await;
    }
}

/// A request, until it is answered or given up.
struct UnderWay(Arc<Guest>);

impl UnderWay {
    fn begin(guest: Arc<Guest>) -> Self {
        guest.begin();
        Self(guest)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Drives a connection until it ends, winds it down when the server does, it is idle or others need
/// its place, and cuts it off when nobody takes its answers.
async fn drive<C>(
    mut serving: Pin<&mut C>,
    wind_down: impl Fn(Pin<&mut C>),
    waste: impl Future<Output = Waste>,
    guest: &Guest,
    mut phases: watch::Receiver<Phase>,
) where
    C: Future<Output = hyper::Result<()>>,
{
    let mut waste = std::pin::pin!(waste);
    let mut cut_at: Option<Instant> = None;
    loop {
        tokio::select! {
            ended = serving.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            changed = phases.changed() => match *phases.borrow_and_update() {
                _ if changed.is_err() => return,
                Phase::Over => return,
                Phase::Draining => wind_down(serving.as_mut()),
                Phase::Serving => {}
            },
            wasted = waste.as_mut(), if cut_at.is_none() => match wasted {
                Waste::Idle(grace) => {
                    wind_down(serving.as_mut());
                    cut_at = Some(Instant::now() + grace);
                }
                Waste::Stalled => {
                    tracing::debug!("a client takes nothing of its answers");
                    return;
                }
            },
            () = guest.asked_to_leave() => {
                wind_down(serving.as_mut());
                let leaving = Instant::now() + LEAVING;
                cut_at = Some(cut_at.map_or(leaving, |at| at.min(leaving)));
            }
            () = until(cut_at) => {
                // What came at the last moment is answered all the same.
                if !guest.is_busy() {
                    return;
                }
                cut_at = Some(Instant::now() + LEAVING);
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Why a connection of HTTP/2 is given up.
pub(crate) enum Waste {
    /// Nothing was asked for; it may wind down in so much time.
    Idle(Duration),
    /// Nothing is taken of its answers.
    Stalled,
}
