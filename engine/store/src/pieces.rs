//! A blob as a stream of pieces, checked while it passes: no blob is ever held as a whole.
//!
//! The last piece is held back until digest and size of the whole are known to be right. Whoever
//! passes the stream on has therefore not passed on everything where they are not, and no reader
//! at the other end can take what came for complete.

use crate::error::StoreError;
use crate::files::length;
use crate::http::Fault;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use referee_core::Digest;
use referee_core::digest::Hasher;

/// The pieces of a blob.
pub(crate) type Pieces = BoxStream<'static, Result<Bytes, Fault>>;

struct Check {
    pieces: Pieces,
    hasher: Hasher,
    seen: u64,
    held: Option<Bytes>,
    ended: bool,
    digest: Digest,
    size: u64,
    target: String,
}

/// The same pieces, held to a digest and a size.
///
/// The stream ends in [`StoreError::SizeMismatch`] or [`StoreError::DigestMismatch`] where they
/// are others. More than `size` bytes are never passed on.
pub(crate) fn checked(pieces: Pieces, digest: Digest, size: u64, target: String) -> Pieces {
    let hasher = Hasher::new(digest.algorithm());
    let check = Check { pieces, hasher, seen: 0, held: None, ended: false, digest, size, target };
    stream::try_unfold(check, |mut check| async move {
        let piece = check.next().await?;
        Ok(piece.map(|piece| (piece, check)))
    })
    .boxed()
}

impl Check {
    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        while !self.ended {
            let Some(piece) = self.pieces.next().await else {
                self.ended = true;
                self.check_whole()?;
                break;
            };
            let piece = piece?;
            self.seen = self.seen.saturating_add(length(&piece));
            if self.seen > self.size {
                return Err(self.wrong_size());
            }
            self.hasher.update(&piece);
            if piece.is_empty() {
                continue;
            }
            if let Some(before) = self.held.replace(piece) {
                return Ok(Some(before));
            }
        }
        Ok(self.held.take())
    }

    fn check_whole(&self) -> Result<(), Fault> {
        if self.seen != self.size {
            return Err(self.wrong_size());
        }
        let found = self.hasher.clone().finish();
        if found == self.digest {
            return Ok(());
        }
        Err(StoreError::DigestMismatch { target: self.target.clone(), found }.into())
    }

    fn wrong_size(&self) -> Fault {
        let (target, expected, found) = (self.target.clone(), self.size, self.seen);
        Fault::lasting(StoreError::SizeMismatch { target, expected, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(parts: &[&'static [u8]], digest: Digest, size: u64) -> (Vec<u8>, Option<Fault>) {
        let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from_static(part))).collect();
        let mut pieces = checked(stream::iter(parts).boxed(), digest, size, "x".into());
        let mut passed = Vec::new();
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => passed.extend_from_slice(&piece),
                Err(fault) => return (passed, Some(fault)),
            }
        }
        (passed, None)
    }

    #[tokio::test]
    async fn what_is_right_is_passed_on_whole() {
        for parts in [&[&b"ab"[..], b"", b"c"][..], &[b"abc"], &[b"a", b"b", b"c"]] {
            let (passed, fault) = read(parts, Digest::sha256(b"abc"), 3).await;
            assert_eq!(passed, b"abc");
            assert!(fault.is_none());
        }
        let (passed, fault) = read(&[], Digest::sha256(b""), 0).await;
        assert!(passed.is_empty() && fault.is_none());
    }

    #[tokio::test]
    async fn of_what_is_wrong_the_last_piece_is_never_passed_on() {
        let (passed, fault) = read(&[b"ab", b"d"], Digest::sha256(b"abc"), 3).await;
        assert_eq!(passed, b"ab");
        assert!(matches!(*fault.unwrap().error, StoreError::DigestMismatch { .. }));
        let (passed, fault) = read(&[b"ab"], Digest::sha256(b"ab"), 3).await;
        assert!(passed.is_empty());
        let error = fault.unwrap().error;
        assert!(matches!(*error, StoreError::SizeMismatch { expected: 3, found: 2, .. }));
        let (passed, fault) = read(&[b"ab", b"cd"], Digest::sha256(b"abcd"), 3).await;
        assert!(passed.is_empty());
        let error = fault.unwrap().error;
        assert!(matches!(*error, StoreError::SizeMismatch { expected: 3, found: 4, .. }));
    }
}
