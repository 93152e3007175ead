//! The `Link` header (RFC 8288), as far as paging needs it: the one link with `rel="next"`.
//!
//! What cannot be read is an error and not "no further page": a listing is complete only if it
//! is known to end.

/// A `Link` header that is not in the grammar, or names several next pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadLink;

/// The target of the link with relation `next`.
pub(super) fn next<'a>(headers: impl Iterator<Item = &'a str>) -> Result<Option<String>, BadLink> {
    let mut found: Option<String> = None;
    for header in headers {
        let mut rest = header.trim_matches([' ', '\t', ',']);
        while !rest.is_empty() {
            let (target, after) =
                rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or(BadLink)?;
            let (is_next, after) = parameters(after)?;
            if is_next {
                if found.as_deref().is_some_and(|found| found != target) {
                    return Err(BadLink);
                }
                found = Some(target.to_owned());
            }
            rest = after.trim_start_matches([' ', '\t', ',']);
        }
    }
    Ok(found)
}

/// Reads `; name=value` up to the comma before the next link. Whether one is `rel="next"`, and
/// what follows.
fn parameters(mut rest: &str) -> Result<(bool, &str), BadLink> {
    let mut relation: Option<bool> = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(after) = rest.strip_prefix(';') else {
            let ends = rest.is_empty() || rest.starts_with(',');
            return if ends { Ok((relation.unwrap_or(false), rest)) } else { Err(BadLink) };
        };
        let after = after.trim_start_matches([' ', '\t']);
        let end = after.find(['=', ';', ',', ' ', '\t']).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(end).ok_or(BadLink)?;
        let after = after.trim_start_matches([' ', '\t']);
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after.trim_start_matches([' ', '\t']))?,
            None => (String::new(), after),
        };
        // Of several `rel` the first counts (section 3.3).
        if name.eq_ignore_ascii_case("rel") && relation.is_none() {
            relation =
                Some(value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next")));
        }
        rest = after;
    }
}

fn value(text: &str) -> Result<(String, &str), BadLink> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end).ok_or(BadLink)?;
        return Ok((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next().ok_or(BadLink)? {
            '"' => return Ok((value, characters.as_str())),
            '\\' => value.push(characters.next().ok_or(BadLink)?),
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_link_is_found_among_others() {
        let cases = [
            (r#"</v2/a/referrers/x?n=1>; rel="next""#, Some("/v2/a/referrers/x?n=1")),
            ("</p>;rel=next", Some("/p")),
            (r#"</a>; rel="prev", </b,c;d>; title="x;y,z\""; REL="last Next""#, Some("/b,c;d")),
            ("</p>; rel=\"nextish\"", None),
            ("</p>; rel=prev; rel=next", None),
            ("</p>", None),
            ("</p>; flag; rel=next", Some("/p")),
            ("", None),
            ("<>; rel=next", Some("")),
        ];
        for (header, expected) in cases {
            let found = next(std::iter::once(header)).expect(header);
            assert_eq!(found.as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_the_end() {
        let cases = [
            "/p; rel=next",
            "</p; rel=next",
            "</p> rel=next",
            r#"</p>; rel="next"#,
            "</a>; rel=next, </b>; rel=next",
            "garbage",
        ];
        for header in cases {
            assert_eq!(next(std::iter::once(header)), Err(BadLink), "{header}");
        }
        let several = ["</a>; rel=next", "</b>; rel=next"];
        assert_eq!(next(several.into_iter()), Err(BadLink));
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_to_its_end(header in r#"[<>;=," a-z\\\\é\t]{0,60}"#) {
            let _answer = next(std::iter::once(header.as_str()));
        }

        #[test]
        fn a_link_that_was_written_is_read_back(
            target in "[a-z0-9/?=&,;]{0,40}",
            title in r#"[a-z;,<> ]{0,20}"#,
        ) {
            let header = format!("<x>; rel=prev, <{target}>; title=\"{title}\"; rel=\"next\"");
            proptest::prop_assert_eq!(next(std::iter::once(header.as_str())), Ok(Some(target)));
        }
    }
}
