//! `WWW-Authenticate`: what a registry asks for before it answers.
//!
//! RFC 9110, section 11.6.1: one header may hold several challenges, and there may be several
//! headers; parameters are tokens or quoted strings. Only the schemes `Bearer` (distribution
//! "Token Authentication Specification") and `Basic` (RFC 7617) are understood, the others are
//! passed over.

/// The longest header that is read, in bytes. Real ones are under 300.
const MAX_HEADER: usize = 8 * 1024;

/// One challenge that is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token is to be had at an address.
    Bearer {
        /// The address of the token server.
        realm: String,
        /// For which service.
        service: Option<String>,
        /// For which access.
        scope: Option<String>,
    },
    /// User name and password with each request.
    Basic,
}

/// The challenges of some headers that are understood, in order. A part that is not in the
/// grammar ends its header: what follows it could be read as anything.
pub(super) fn parse<'a>(headers: impl Iterator<Item = &'a str>) -> Vec<Challenge> {
    headers.filter(|header| header.len() <= MAX_HEADER).flat_map(parse_one).collect()
}

fn parse_one(header: &str) -> Vec<Challenge> {
    let mut cursor = Cursor { rest: header };
    let mut challenges = Vec::new();
    loop {
        cursor.skip(|c| c == ',' || is_space(c));
        let Some(scheme) = cursor.token() else { return challenges };
        let scheme = scheme.to_ascii_lowercase();
        let mut parameters = Vec::new();
        let whole = cursor.parameters(&mut parameters);
        let value = |name: &str| {
            parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        match scheme.as_str() {
            "basic" => challenges.push(Challenge::Basic),
            "bearer" => {
                if let Some(realm) = value("realm") {
                    let (service, scope) = (value("service"), value("scope"));
                    challenges.push(Challenge::Bearer { realm, service, scope });
                }
            }
            _ => {}
        }
        if !whole {
            return challenges;
        }
    }
}

struct Cursor<'a> {
    rest: &'a str,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// RFC 9110, section 5.6.2, and what stands in tokens of 68 characters (section 11.2).
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

impl<'a> Cursor<'a> {
    fn skip(&mut self, what: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(what);
    }

    fn token(&mut self) -> Option<&'a str> {
        let end = self.rest.find(|c| !is_token(c)).unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!token.is_empty()).then_some(token)
    }

    fn quoted(&mut self) -> Option<String> {
        let mut value = String::new();
        let mut characters = self.rest.strip_prefix('"')?.chars();
        loop {
            match characters.next()? {
                '"' => break,
                '\\' => value.push(characters.next()?),
                c => value.push(c),
            }
        }
        self.rest = characters.as_str();
        Some(value)
    }

    /// Reads `name=value` pairs up to the next scheme or the end; `false` where the grammar is
    /// left.
    fn parameters(&mut self, into: &mut Vec<(String, String)>) -> bool {
        loop {
            let before = self.rest;
            self.skip(|c| c == ',' || is_space(c));
            if self.rest.is_empty() {
                return true;
            }
            let Some(name) = self.token() else { return false };
            self.skip(is_space);
            let Some(rest) = self.rest.strip_prefix('=') else {
                // The name of the next scheme.
                self.rest = before;
                return true;
            };
            self.rest = rest;
            self.skip(is_space);
            let value = match self.quoted() {
                Some(value) => value,
                None => match self.token() {
                    Some(value) => value.to_owned(),
                    None => return false,
                },
            };
            into.push((name.to_ascii_lowercase(), value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        }
    }

    #[test]
    fn challenges_are_read_as_the_grammar_has_them() {
        let all = bearer("https://r.example/t", Some("s"), Some("repository:a/b:pull,push"));
        let cases: [(&str, Vec<Challenge>); 9] = [
            (
                r#"Bearer realm="https://r.example/t",service="s",scope="repository:a/b:pull,push""#,
                vec![all.clone()],
            ),
            (
                r#"bearer scope="repository:a/b:pull,push" , SERVICE = s,realm="https://r.example/t""#,
                vec![all.clone()],
            ),
            (r#"Basic realm="x, Bearer realm=y""#, vec![Challenge::Basic]),
            (
                r#"Negotiate, Basic realm="x", Bearer realm="https://r.example/t""#,
                vec![Challenge::Basic, bearer("https://r.example/t", None, None)],
            ),
            (r#"Bearer realm="a\"b""#, vec![bearer("a\"b", None, None)]),
            (r#"Bearer service="s""#, vec![]),
            (r#"Bearer realm="unclosed"#, vec![]),
            ("", vec![]),
            ("\u{e9}", vec![]),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(std::iter::once(header)), expected, "{header}");
        }
    }

    #[test]
    fn several_headers_are_read_one_after_the_other() {
        let found = parse(["Basic realm=x", "Bearer realm=\"y\""].into_iter());
        assert_eq!(found, [Challenge::Basic, bearer("y", None, None)]);
    }

    #[test]
    fn a_header_of_absurd_length_is_not_read() {
        let header = format!("Basic realm=\"{}\"", "x".repeat(MAX_HEADER));
        assert_eq!(parse(std::iter::once(header.as_str())), []);
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read_to_its_end(header in r#"[=," a-zB\\\\é\t]{0,60}"#) {
            let _challenges = parse(std::iter::once(header.as_str()));
        }

        #[test]
        fn a_challenge_that_was_written_is_read_back(
            realm in "[ -~&&[^\"\\\\]]{0,40}",
            scope in "[a-z:/, ]{0,40}",
        ) {
            let header = format!("Bearer realm=\"{realm}\", scope=\"{scope}\"");
            let expected = bearer(&realm, None, Some(&scope));
            proptest::prop_assert_eq!(parse(std::iter::once(header.as_str())), vec![expected]);
        }
    }
}
