//! Answers over HTTP/2 that are not sent yet.
//!
//! A client of HTTP/2 says how much it takes of each answer (RFC 9113, section 5.2). One that
//! takes nothing keeps the answer here while the connection looks alive, so who serves must know
//! what lies there and whether any of it moves.

use crate::connection::Waste;
use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// In pieces of so many bytes answers are handed on, so that it shows how far they are: the
/// smallest frame that everybody takes (RFC 9113, section 4.2).
const PIECE: usize = 16 * 1024;

/// What is under way on a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsent(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// Requests that came and whose answers are not all handed on.
    open: AtomicUsize,
    /// Answers of them that are ready.
    ready: AtomicUsize,
    /// Counts whatever happens.
    moves: AtomicU64,
}

impl Unsent {
    /// A request has come.
    pub(crate) fn begin(&self) -> Sending {
        self.0.open.fetch_add(1, Ordering::Relaxed);
        self.0.moves.fetch_add(1, Ordering::Relaxed);
        Sending { counts: Arc::clone(&self.0), ready: false }
    }

    /// Ends when nothing was asked for in the time `idle`, or nothing was taken of what is ready
    /// in the time `stalled`.
    pub(crate) async fn wasted(self, idle: Duration, stalled: Duration) -> Waste {
        let counts = self.0;
        let step = (idle.min(stalled) / 4).max(Duration::from_millis(1));
        let (mut moves, mut since) = (0, Instant::now());
        loop {
            tokio::time::sleep(step).await;
            let now = counts.moves.load(Ordering::Relaxed);
            if now != moves {
                (moves, since) = (now, Instant::now());
                continue;
            }
            if counts.open.load(Ordering::Relaxed) == 0 {
                if since.elapsed() >= idle {
                    return Waste::Idle(stalled);
                }
            } else if counts.ready.load(Ordering::Relaxed) == 0 {
                // The server's own time.
                since = Instant::now();
            } else if since.elapsed() >= stalled {
                return Waste::Stalled;
            }
        }
    }
}

/// A request, from its coming until its answer is handed on.
#[derive(Debug)]
pub(crate) struct Sending {
    counts: Arc<Counts>,
    ready: bool,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
        if self.ready {
            self.counts.ready.fetch_sub(1, Ordering::Relaxed);
        }
        self.counts.moves.fetch_add(1, Ordering::Relaxed);
    }
}

/// The body of an answer, handed on in pieces that are counted.
#[derive(Debug)]
pub(crate) struct Watched {
    body: Body,
    /// What the body gave and is not handed on.
    held: Bytes,
    sending: Sending,
}

impl Watched {
    pub(crate) fn new(body: Body, mut sending: Sending) -> Self {
        sending.ready = true;
        sending.counts.ready.fetch_add(1, Ordering::Relaxed);
        sending.counts.moves.fetch_add(1, Ordering::Relaxed);
        Self { body, held: Bytes::new(), sending }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.held.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.held = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                other => return other,
            }
        }
        this.sending.counts.moves.fetch_add(1, Ordering::Relaxed);
        let piece = this.held.split_to(this.held.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let held = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(held));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }
}
