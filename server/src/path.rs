//! The path of a request, in the one form in which everything here reads it: who authorizes, who
//! answers, and who logs.
//!
//! Empty segments and dots are taken out as Go's `path.Clean` does (RFC 3986, section 5.2.4), and
//! what is percent-encoded without need is decoded (section 6.2.2), so that two ways of writing one
//! path are one path. An encoded slash or dot is a character of a name and stays one, as in OPA:
//! `a%2Fb` is one segment, and `%2e%2e` is a name of two dots, not the way up. What is not
//! percent-encoded UTF-8 is no path.

use crate::query::{EncodingError, decoded};
use std::borrow::Cow;

/// A path without empty segments and dots, each segment in its shortest encoding: `/`, or segments
/// that a slash stands before. Above its root there is nothing.
pub(crate) fn clean(raw: &str) -> Result<Cow<'_, str>, EncodingError> {
    if is_clean(raw) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut kept: Vec<String> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            name => kept.push(encoded(&decoded(name)?)),
        }
    }
    Ok(Cow::Owned(format!("/{}", kept.join("/"))))
}

/// Whether there is nothing to do. Where anything is encoded it is looked at closely.
fn is_clean(raw: &str) -> bool {
    let Some(rest) = raw.strip_prefix('/') else { return false };
    let is_name = |segment: &str| {
        !matches!(segment, "" | "." | "..") && segment.bytes().all(stands_for_itself)
    };
    rest.is_empty() || rest.split('/').all(is_name)
}

/// A name as a segment. It is not empty: an encoded segment holds at least one character.
fn encoded(name: &str) -> String {
    let dots = matches!(name, "." | "..");
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if stands_for_itself(byte) && !dots {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What Go's `net/url` leaves in a path as it is: RFC 3986's `pchar`, and brackets.
fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@[]".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_form_however_it_is_written() {
        for (raw, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/v1/data", "/v1/data"),
            ("/v1/data/w//x", "/v1/data/w/x"),
            ("//v1/.//data/a/", "/v1/data/a"),
            ("/v1/data/w/../z", "/v1/data/z"),
            ("/v1/data/w/./y/.", "/v1/data/w/y"),
            ("/v1/..", "/"),
            ("/../../v1", "/v1"),
            ("/./health", "/health"),
            ("/a/.../..b", "/a/.../..b"),
            ("/a%2Fb/%2f", "/a%2Fb/%2F"),
            ("/a/%2e%2e/.%2E/%2e", "/a/%2E%2E/%2E%2E/%2E"),
            ("/wh%6F/%c3%A4", "/who/%C3%A4"),
            ("/ä\"{", "/%C3%A4%22%7B"),
            ("/a%21b!/%5b%25%20+", "/a!b!/[%25%20+"),
            ("/%00", "/%00"),
        ] {
            assert_eq!(clean(raw).as_deref(), Ok(expected), "{raw}");
        }
        for raw in ["/%", "/a/%1", "/%zz", "/%ff", "/%c3/%a4", "/%2"] {
            assert_eq!(clean(raw), Err(EncodingError), "{raw}");
        }
    }

    /// Every path of up to so many of these pieces.
    const PIECES: [&str; 9] = ["/", "//", ".", "..", "%2e", "%2F", "a", "%61", "%c3%a4"];

    #[test]
    fn a_clean_path_is_clean_and_has_no_way_up_and_names_what_the_raw_one_names() {
        let mut paths = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> = paths
                .iter()
                .flat_map(|path| PIECES.map(|piece| format!("{path}{piece}")))
                .collect();
            for raw in &longer {
                let once = clean(raw).unwrap();
                assert_eq!(clean(&once).unwrap(), once, "{raw}");
                assert!(once.starts_with('/') && (once == "/" || !once.ends_with('/')), "{raw}");
                let names = once.split('/').skip(1).filter(|_| once != "/");
                for name in names.clone() {
                    assert!(!["", ".", ".."].contains(&name), "{raw}: {once}");
                }
                // Cleaning first and decoding then is decoding each that path.Clean leaves.
                let mut left: Vec<String> = Vec::new();
                for segment in raw.split('/').filter(|segment| !["", "."].contains(segment)) {
                    match segment {
                        ".." => drop(left.pop()),
                        name => left.push(decoded(name).unwrap()),
                    }
                }
                let names: Vec<String> = names.map(|name| decoded(name).unwrap()).collect();
                assert_eq!(names, left, "{raw}");
            }
            paths = longer;
        }
    }
}
