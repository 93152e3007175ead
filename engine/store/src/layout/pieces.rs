//! The blobs of a layout, read piece by piece.

use super::LayoutStore;
use crate::error::StoreError;
use crate::http::Fault;
use crate::pieces::{Pieces, checked};
use crate::source::Place;
use bytes::BytesMut;
use futures_util::{StreamExt as _, stream};
use referee_core::Digest;
use tokio::io::AsyncReadExt as _;

/// How much is read at once.
const PIECE_BYTES: usize = 256 * 1024;

impl LayoutStore {
    /// The pieces of a blob, checked.
    pub(crate) async fn pieces(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
    ) -> Result<Pieces, Fault> {
        let wanted = digest.clone();
        let opened = self.with(place, move |layout| layout.open_blob(&wanted, size)).await;
        let file = tokio::fs::File::from_std(opened.map_err(Fault::lasting)?);
        let target = format!("{place} blob {digest}");
        let name = target.clone();
        let start = (file.take(size), name);
        let pieces = stream::try_unfold(start, |(mut file, target)| async move {
            let mut piece = BytesMut::with_capacity(PIECE_BYTES);
            match file.read_buf(&mut piece).await {
                Ok(0) => Ok(None),
                Ok(_) => Ok(Some((piece.freeze(), (file, target)))),
                Err(source) => Err(Fault::lasting(StoreError::File { target, source })),
            }
        });
        Ok(checked(pieces.boxed(), digest.clone(), size, target))
    }
}
