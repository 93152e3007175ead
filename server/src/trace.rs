//! Which trace a request belongs to: the header `traceparent` of W3C's Trace Context, section 3.2.
//!
//! Refused, as that section wants it: the version `ff`, ids of zeros, letters in upper case, and
//! with version 00 anything behind the flags. A request whose header is none belongs to no trace.

use axum::http::HeaderMap;

/// The header.
const TRACEPARENT: &str = "traceparent";

/// A place in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceContext {
    /// The trace: 32 hexadecimal digits.
    pub trace_id: String,
    /// The span of the caller in it: 16 hexadecimal digits.
    pub span_id: String,
}

/// What a request says of it. Several headers contradict one another, and count as none.
pub(crate) fn of(headers: &HeaderMap) -> Option<TraceContext> {
    let mut given = headers.get_all(TRACEPARENT).iter();
    let (Some(text), None) = (given.next(), given.next()) else { return None };
    parsed(text.to_str().ok()?.trim())
}

fn parsed(text: &str) -> Option<TraceContext> {
    let mut parts = text.splitn(5, '-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let rest = parts.next();
    let well = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    let known = version != "ff" && (version != "00" || rest.is_none());
    let there = |id: &str| id.bytes().any(|digit| digit != b'0');
    (well && known && there(trace) && there(span))
        .then(|| TraceContext { trace_id: trace.to_owned(), span_id: span.to_owned() })
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn what_is_well_formed_is_taken_and_what_is_not_belongs_to_no_trace() {
        let zeros = "0".repeat(32);
        let cases = [
            (format!("00-{TRACE}-{SPAN}-01"), true),
            (format!("cc-{TRACE}-{SPAN}-01-what-comes-later"), true),
            (format!("00-{TRACE}-{SPAN}-01-more"), false),
            (format!("ff-{TRACE}-{SPAN}-01"), false),
            (format!("00-{zeros}-{SPAN}-01"), false),
            (format!("00-{TRACE}-0000000000000000-01"), false),
            (format!("00-{}-{SPAN}-01", TRACE.to_ascii_uppercase()), false),
            (format!("00-{TRACE}-{SPAN}"), false),
            (format!("00-{TRACE}{SPAN}-01"), false),
            (String::new(), false),
        ];
        for (text, taken) in cases {
            let found = parsed(&text).map(|context| (context.trace_id, context.span_id));
            let expected = taken.then(|| (TRACE.to_owned(), SPAN.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn two_headers_are_none() {
        let mut headers = HeaderMap::new();
        let text = format!("00-{TRACE}-{SPAN}-01");
        headers.append(TRACEPARENT, text.parse().unwrap());
        assert!(of(&headers).is_some());
        headers.append(TRACEPARENT, text.parse().unwrap());
        assert_eq!(of(&headers), None);
    }
}
