//! The preface of HTTP/2, looked for before anything else is read.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// How a client begins that speaks HTTP/2 (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose first bytes were read already.
#[derive(Debug)]
pub(crate) struct Prefixed<S> {
    /// What is still to be read of them, from `at` on.
    before: Vec<u8>,
    at: usize,
    stream: S,
}

impl<S: AsyncRead + Unpin> Prefixed<S> {
    /// Reads until it is certain whether the stream begins with the preface.
    pub(crate) async fn sniff(mut stream: S) -> io::Result<(Self, bool)> {
        let mut before = Vec::with_capacity(PREFACE.len());
        while PREFACE.starts_with(&before) && before.len() < PREFACE.len() {
            let missing = PREFACE.len().saturating_sub(before.len());
            let missing = u64::try_from(missing).unwrap_or_default();
            // What stays after this is read by whoever serves: no byte is taken that is not kept.
            if (&mut stream).take(missing).read_buf(&mut before).await? == 0 {
                break;
            }
        }
        let http2 = before == PREFACE;
        Ok((Self { before, at: 0, stream }, http2))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let rest = this.before.get(this.at..).unwrap_or_default();
        if rest.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buffer);
        }
        let taken = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..taken).unwrap_or_default());
        this.at = this.at.saturating_add(taken);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    #[tokio::test]
    async fn the_preface_is_found_however_it_comes_and_nothing_is_lost() {
        for (sent, http2) in [
            (PREFACE.as_slice(), true),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nand more", true),
            (b"PRI * HTTP/1.1\r\n", false),
            (b"GET / HTTP/1.1\r\n\r\n", false),
            (b"PRI", false),
            (b"", false),
        ] {
            for step in [1, 7, 1000] {
                let (mut client, server) = tokio::io::duplex(64);
                let sending = tokio::spawn(async move {
                    for part in sent.chunks(step) {
                        client.write_all(part).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                });
                let (mut stream, found) = Prefixed::sniff(server).await.unwrap();
                let mut read = Vec::new();
                stream.read_to_end(&mut read).await.unwrap();
                sending.await.unwrap();
                assert_eq!((read.as_slice(), found), (sent, http2));
            }
        }
    }
}
