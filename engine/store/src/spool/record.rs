//! Records as they stand in a segment: a mark, the length, a checksum, the bytes.
//!
//! The mark begins and ends with bytes that no UTF-8 text has, so it never occurs in a record that
//! is text, and after damage of any length the next whole record is found again. What carries the
//! mark by accident still has to have the right checksum.

use bytes::Bytes;

/// What a record begins with. 0xF5 and 0xF6 occur in no UTF-8 (RFC 3629, section 1).
const MARK: [u8; 4] = [0xF5, b'R', b'F', 0xF6];

/// Mark, length and checksum.
pub(super) const HEAD: usize = 12;

/// What stands at a place of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole record, and where the next begins.
    Record { payload: Bytes, end: usize },
    /// Damage, and where the next whole record begins.
    Damage { end: usize },
    /// No whole record from here on: a torn tail, or nothing at all.
    Rest,
}

/// Writes a record behind what is there.
pub(super) fn push(out: &mut Vec<u8>, payload: &[u8], length: u32) {
    out.extend_from_slice(&MARK);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(length, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

/// What stands at `at`. `bytes` is the segment from its first record on, as far as it was read.
pub(super) fn at(bytes: &Bytes, at: usize) -> Found {
    if let Some((payload, end)) = whole(bytes, at) {
        return Found::Record { payload, end };
    }
    let mut from = at;
    while let Some(next) = next_mark(bytes, from.saturating_add(1)) {
        if whole(bytes, next).is_some() {
            return Found::Damage { end: next };
        }
        from = next;
    }
    Found::Rest
}

fn whole(bytes: &Bytes, at: usize) -> Option<(Bytes, usize)> {
    let head = bytes.get(at..at.checked_add(HEAD)?)?;
    let (mark, rest) = head.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (sum, _) = rest.split_first_chunk::<4>()?;
    if *mark != MARK {
        return None;
    }
    let length = u32::from_le_bytes(*length);
    let start = at + HEAD;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    if end > bytes.len() {
        return None;
    }
    let payload = bytes.slice(start..end);
    (checksum(length, &payload) == u32::from_le_bytes(*sum)).then_some((payload, end))
}

fn next_mark(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(MARK.len()).position(|window| window == MARK).map(|found| from + found)
}

/// The length is summed too: a changed length must not make another record of the same bytes.
fn checksum(length: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut out = Vec::new();
        for payload in payloads {
            push(&mut out, payload, u32::try_from(payload.len()).unwrap());
        }
        out
    }

    fn read(bytes: Vec<u8>) -> (Vec<Vec<u8>>, u32) {
        let bytes = Bytes::from(bytes);
        let (mut records, mut damage, mut place) = (Vec::new(), 0, 0);
        loop {
            match at(&bytes, place) {
                Found::Record { payload, end } => {
                    records.push(payload.to_vec());
                    place = end;
                }
                Found::Damage { end } => {
                    damage += 1;
                    place = end;
                }
                Found::Rest => return (records, damage),
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            prop_assert_eq!(read(written(&payloads)), (payloads, 0));
        }

        #[test]
        fn a_torn_tail_costs_the_last_record_only(texts in prop::collection::vec("[a-z]{0,20}", 1..8), cut in 1usize..12) {
            let payloads: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let mut bytes = written(&payloads);
            bytes.truncate(bytes.len() - cut);
            let (records, damage) = read(bytes);
            prop_assert_eq!(damage, 0);
            // 12 bytes of head: a cut of at most 11 reaches no record but the last.
            prop_assert_eq!(&records, &payloads[..payloads.len() - 1]);
        }

        #[test]
        fn one_changed_byte_costs_one_record(texts in prop::collection::vec("[a-z]{0,20}", 3..8), place in any::<prop::sample::Index>(), flip in 1u8..) {
            let payloads: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
            let mut bytes = written(&payloads);
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
            let (records, damage) = read(bytes);
            let mut end = 0;
            let hit = payloads.iter().position(|payload| {
                end += HEAD + payload.len();
                place < end
            }).unwrap();
            let mut left = payloads.clone();
            left.remove(hit);
            prop_assert_eq!(&records, &left);
            // Damage at the very end cannot be told from a torn tail.
            prop_assert_eq!(damage, u32::from(hit + 1 < payloads.len()));
        }
    }
}
