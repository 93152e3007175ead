//! PEM as Go's `encoding/pem` reads it (RFC 1421 with headers, RFC 7468): what stands between
//! blocks is skipped, a block that is broken is skipped too.

use data_encoding::BASE64;
use referee_rego_go::base64::{self, Alphabet};
use std::borrow::Cow;

/// A block and what it says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// `CERTIFICATE`.
    pub(crate) kind: Vec<u8>,
    /// What it holds.
    pub(crate) bytes: Vec<u8>,
}

const START: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// The first block and what follows it; no block and everything where there is none.
pub(crate) fn decode(data: &[u8]) -> (Option<Block>, &[u8]) {
    let mut from = 0_usize;
    // Each round goes on behind the end it looked at, so that no part is searched twice.
    while let Some((end, next)) = find_end(data, from) {
        if let Some(begin) = find_begin(data, from, end) {
            match block(data, begin, end) {
                Attempt::Block(block, rest) => return (Some(block), rest),
                Attempt::Nothing => return (None, data),
                Attempt::Broken => {}
            }
        }
        from = next;
    }
    (None, data)
}

enum Attempt<'a> {
    Block(Block, &'a [u8]),
    Broken,
    Nothing,
}

/// The block whose type begins at `begin` and whose end line begins at `end`.
fn block(data: &[u8], begin: usize, end: usize) -> Attempt<'_> {
    let (type_line, mut body) = line(data.get(begin..).unwrap_or_default());
    let Some(kind) = type_line.strip_suffix(DASHES) else { return Attempt::Broken };
    let mut headers = false;
    loop {
        if body.is_empty() {
            return Attempt::Nothing;
        }
        let (candidate, next) = line(body);
        if !candidate.contains(&b':') {
            break;
        }
        headers = true;
        body = next;
    }
    let body_at = data.len() - body.len();
    if headers && end < body_at {
        return Attempt::Broken;
    }
    let trailer = data.get(end + END.len()..).unwrap_or_default();
    let Some(after_kind) = trailer.strip_prefix(kind) else { return Attempt::Broken };
    let Some(after) = after_kind.strip_prefix(DASHES) else { return Attempt::Broken };
    let (left, rest) = line(after);
    if !left.is_empty() {
        return Attempt::Broken;
    }
    let encoded = without_spaces(data.get(body_at..end).unwrap_or_default());
    match base64::decode(&encoded, Alphabet::Standard) {
        Ok(bytes) => Attempt::Block(Block { kind: kind.to_vec(), bytes }, rest),
        Err(_) => Attempt::Broken,
    }
}

/// Where the next end line begins, and where what follows its mark begins.
fn find_end(data: &[u8], from: usize) -> Option<(usize, usize)> {
    let rest = data.get(from..)?;
    let at = from + rest.windows(END.len()).position(|window| window == END)?;
    Some((at, at + END.len()))
}

/// Where the type of the last block begins that starts at the start of a line before `end`.
fn find_begin(data: &[u8], from: usize, end: usize) -> Option<usize> {
    let before = data.get(from..end)?;
    let at = before.windows(START.len()).rposition(|window| window == START)?;
    if at > 0 && before.get(at - 1) != Some(&b'\n') {
        return None;
    }
    Some(from + at + START.len())
}

/// Writes a block.
pub(crate) fn encode(kind: &str, bytes: &[u8]) -> Vec<u8> {
    let mut text = format!("-----BEGIN {kind}-----\n").into_bytes();
    for line in BASE64.encode(bytes).as_bytes().chunks(64) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(format!("-----END {kind}-----\n").as_bytes());
    text
}

/// A line without white space at its end, and what follows it.
fn line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|&byte| byte == b'\n') {
        Some(at) => {
            let (line, rest) = data.split_at(at);
            (trim_end(line), rest.get(1..).unwrap_or_default())
        }
        None => (trim_end(data), &[]),
    }
}

fn trim_end(mut line: &[u8]) -> &[u8] {
    while let Some((b' ' | b'\t' | b'\r', rest)) = line.split_last() {
        line = rest;
    }
    line
}

fn without_spaces(data: &[u8]) -> Cow<'_, [u8]> {
    if data.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
        Cow::Owned(data.iter().copied().filter(|byte| !matches!(byte, b' ' | b'\t')).collect())
    } else {
        Cow::Borrowed(data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_one_another_and_broken_ones_are_skipped() {
        let mut data = b"text\n-----BEGIN A-----\n!!!\n-----END A-----\n".to_vec();
        data.extend(encode("B", &[0; 60]));
        data.extend(b"rest");
        let (block, rest) = decode(&data);
        assert_eq!(block, Some(Block { kind: b"B".to_vec(), bytes: vec![0; 60] }));
        assert_eq!(rest, b"rest");
        assert_eq!(decode(rest), (None, &b"rest"[..]));
    }

    #[test]
    fn headers_are_skipped() {
        let data = b"-----BEGIN A-----\nProc-Type: 4\nX: y\n\nAAAA\n-----END A-----";
        assert_eq!(decode(data).0, Some(Block { kind: b"A".to_vec(), bytes: vec![0; 3] }));
    }
}
