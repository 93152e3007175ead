//! Mail addresses in certificates: RFC 2821's mailbox, with the leniencies of RFC 3696.

use referee_rego_value::bytes::lossy;

/// The local part and the domain.
pub(super) fn parse(text: &str) -> Option<(Vec<u8>, String)> {
    let bytes = text.as_bytes();
    let (local, rest) = match bytes.split_first()? {
        (b'"', rest) => quoted(rest)?,
        _ => atoms(bytes)?,
    };
    let domain = rest.strip_prefix(b"@")?;
    let labels_are_fine = domain.is_empty()
        || domain
            .split(|&byte| byte == b'.')
            .all(|label| !label.is_empty() && label.iter().all(u8::is_ascii_graphic));
    labels_are_fine.then(|| (local, lossy(domain)))
}

fn quoted(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = bytes;
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some((local, rest)),
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                if !matches!(escaped, 1..=9 | 11 | 12 | 14..=127) {
                    return None;
                }
                local.push(escaped);
                rest = after;
            }
            1..=8 | 11 | 12 | 14..=33 | 35..=91 | 93..=127 => local.push(byte),
            _ => return None,
        }
    }
}

fn atoms(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut local = Vec::new();
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'\\' {
            let (&escaped, after) = after.split_first()?;
            local.push(escaped);
            rest = after;
        } else if byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte) {
            local.push(byte);
            rest = after;
        } else {
            break;
        }
    }
    let dotted_well = local.first()? != &b'.'
        && local.last()? != &b'.'
        && !local.windows(2).any(|pair| pair == b"..");
    dotted_well.then_some((local, rest))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn mailboxes_are_taken_apart_or_refused() {
        assert_eq!(parse("a.b@c.d"), Some((b"a.b".to_vec(), "c.d".to_owned())));
        assert_eq!(parse("\"a\\\"b\"@c"), Some((b"a\"b".to_vec(), "c".to_owned())));
        for text in ["", "@a", ".a@b", "a..b@c", "a@b.", "a@b..c", "a", "\"a@b", "a b@c"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
