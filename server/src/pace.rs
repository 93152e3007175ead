//! A connection whose client must keep pace.
//!
//! hyper has one timeout for the time between two requests and the time in which the head of a
//! request comes in. They are different things: an idle connection costs next to nothing and is
//! best closed by its client, while a head that trickles in is how one client holds many
//! connections ("slow loris"). So hyper's is the former here, and this is the latter. hyper has
//! none at all for a client that does not take its answer; that is here as well.
//!
//! A head is small and has one limit. Bodies and answers may be large, so what counts there is that
//! they move: a body must also move at a least rate, since a request holds a place among those that
//! are under way until its body is there.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

const HEAD: u8 = 0;
const BUSY: u8 = 1;
const IDLE: u8 = 2;
const MANY: u8 = 3;

/// Where a connection stands, told by who serves it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage(Arc<AtomicU8>);

impl Stage {
    /// A request has come in; its body is held to [`Steady`].
    pub(crate) fn busy(&self) {
        self.becomes(BUSY);
    }

    /// The request is answered.
    pub(crate) fn idle(&self) {
        self.becomes(IDLE);
    }

    /// Requests come between one another from now on, and no head is timed any more.
    pub(crate) fn many(&self) {
        self.0.store(MANY, Ordering::Relaxed);
    }

    fn becomes(&self, stage: u8) {
        if self.0.load(Ordering::Relaxed) != MANY {
            self.0.store(stage, Ordering::Relaxed);
        }
    }

    /// Bytes came in; whether they are the first of a head.
    fn begins_head(&self) -> bool {
        self.0.compare_exchange(IDLE, HEAD, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn is_head(&self) -> bool {
        self.0.load(Ordering::Relaxed) == HEAD
    }
}

/// What a client is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// From the first byte of a head to its last.
    pub(crate) head: Duration,
    /// In which at least some byte of an answer must be taken.
    pub(crate) write: Duration,
}

/// How many of its pauses a body may last before it is held to a least rate, and that rate in bytes
/// a second: what a modem has (56 kbit/s). With the default pause the first is 20 seconds, which
/// Apache's `RequestReadTimeout` gives a body as well.
const PAUSES: u32 = 4;
const LEAST_RATE: u64 = 4 * 1024;

/// What the body of a request is held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steady {
    begun: Instant,
    pause: Duration,
}

/// How a body failed to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lag {
    /// Nothing came in the longest pause.
    Paused,
    /// It came at less than the least rate.
    Trickled,
}

impl Steady {
    /// A body that begins now, and may pause so long.
    pub(crate) fn begin(pause: Duration) -> Self {
        Self { begun: Instant::now(), pause }
    }

    /// Waits for the next piece, where so many bytes have come.
    ///
    /// # Errors
    /// [`Lag`] where it does not come in time.
    pub(crate) async fn next<T>(
        self,
        bytes: usize,
        next: impl Future<Output = T>,
    ) -> Result<T, Lag> {
        let millis = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(1_000) / LEAST_RATE;
        let earned = Duration::from_millis(millis);
        let whole = self.begun + self.pause.saturating_mul(PAUSES).saturating_add(earned);
        let pause = Instant::now() + self.pause;
        let lag = if whole < pause { Lag::Trickled } else { Lag::Paused };
        // Where both are there the end of the time wins: what came is not looked at first, or who
        // always has a byte ready is never too slow.
        if Instant::now() >= whole {
            return Err(Lag::Trickled);
        }
        tokio::time::timeout_at(whole.min(pause), next).await.map_err(|_| lag)
    }
}

/// A stream that fails to read when the head of a request is not there in time, and to write when
/// nobody reads. The first head counts from the start of the connection.
#[derive(Debug)]
pub(crate) struct Paced<S> {
    stream: S,
    stage: Stage,
    limits: Limits,
    head: Pin<Box<Sleep>>,
    /// There only while a write waits, which hardly any does.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(crate) fn new(stream: S, stage: Stage, limits: Limits) -> Self {
        Self { stream, stage, limits, head: Box::pin(sleep(limits.head)), stalled: None }
    }

    /// Lets the outcome of a write through, but no wait that is too long.
    fn written<T>(
        &mut self,
        outcome: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let limit = self.limits.write;
        let timer = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() {
            if self.stage.is_head() && self.head.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        } else if buffer.filled().len() > before && self.stage.begins_head() {
            let due = Instant::now() + self.limits.head;
            self.head.as_mut().reset(due);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(outcome, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(outcome, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    const LIMIT: Duration = Duration::from_secs(5);
    const LIMITS: Limits = Limits { head: LIMIT, write: Duration::from_secs(7) };

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_in_is_cut_off_at_the_limit() {
        let (mut client, server) = duplex(64);
        let mut paced = Paced::new(server, Stage::default(), LIMITS);
        let started = Instant::now();
        let trickle = tokio::spawn(async move {
            for _ in 0..20 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if client.write_all(b"x").await.is_err() {
                    break;
                }
            }
        });
        let error = loop {
            if let Err(error) = paced.read_u8().await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 5);
        trickle.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_or_busy_connection_is_not_cut_off_and_the_next_head_counts_anew() {
        let (mut client, server) = duplex(64);
        let stage = Stage::default();
        let mut paced = Paced::new(server, stage.clone(), LIMITS);
        client.write_all(b"x").await.unwrap();
        paced.read_u8().await.unwrap();
        for stand in [Stage::busy, Stage::idle] {
            stand(&stage);
            let wait = tokio::time::timeout(LIMIT * 10, paced.read_u8()).await;
            assert!(wait.is_err(), "nothing came, and nothing was cut off");
        }
        client.write_all(b"y").await.unwrap();
        let started = Instant::now();
        paced.read_u8().await.unwrap();
        let error = paced.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_of_its_answer_is_cut_off_and_one_that_is_slow_is_not() {
        let (mut client, server) = duplex(1);
        let mut paced = Paced::new(server, Stage::default(), LIMITS);
        let started = Instant::now();
        let reader = tokio::spawn(async move {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(6)).await;
                client.read_u8().await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
        });
        let error = paced.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 3 * 6 + 7);
        reader.abort();
    }
}
