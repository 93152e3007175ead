//! Addresses of mail, as Go's `net/mail` reads a single one by RFC 5322: with names, comments,
//! quoted texts, encoded words and groups of one.

use super::is_ip;
use referee_rego_go::base64::{self, Alphabet};

/// What is left of a text. Each part is eaten where it is there; `None` where it is malformed.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a str);

/// A word that is encoded (RFC 2047).
#[derive(PartialEq, Eq)]
enum Encoded {
    /// It is none.
    No,
    /// It is, and stands for no text or for some.
    Yes { empty: bool },
    /// In characters that nobody knows.
    Unknown,
}

/// Whether a text is one address.
pub(super) fn is_address(text: &str) -> bool {
    let mut reader = Reader(text);
    reader.address(true) == Some(1) && reader.comments().is_some() && reader.0.is_empty()
}

fn is_visible(c: char) -> bool {
    c.is_ascii_graphic() || !c.is_ascii()
}

fn is_atom(c: char) -> bool {
    is_visible(c) && !"()<>[]:;@\\,\"".contains(c)
}

impl<'a> Reader<'a> {
    fn spaces(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t']);
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.0.strip_prefix(c);
        self.0 = found.unwrap_or(self.0);
        found.is_some()
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.0.split_at_checked(bytes).unwrap_or((self.0, ""));
        self.0 = rest;
        taken
    }

    /// Spaces and comments.
    fn comments(&mut self) -> Option<()> {
        self.spaces();
        while self.eat('(') {
            self.comment()?;
            self.spaces();
        }
        Some(())
    }

    /// The rest of a comment: what stands in it.
    fn comment(&mut self) -> Option<String> {
        let mut depth = 1_usize;
        let mut comment = String::new();
        let mut rest = self.0.chars();
        while let Some(mut c) = rest.next() {
            if c == '\\' && !rest.as_str().is_empty() {
                c = rest.next()?;
            } else if c == '(' {
                depth = depth.saturating_add(1);
            } else if c == ')' {
                depth = depth.saturating_sub(1);
            }
            if depth == 0 {
                self.0 = rest.as_str();
                return Some(comment);
            }
            comment.push(c);
        }
        None
    }

    /// An address, or a group where there may be one: how many addresses it is.
    fn address(&mut self, group: bool) -> Option<usize> {
        self.spaces();
        if self.0.is_empty() {
            return None;
        }
        let start = *self;
        if self.plain().is_some() {
            self.spaces();
            if self.eat('(') {
                let comment = self.comment()?;
                let mut words = comment.split([' ', '\t']).filter(|word| !word.is_empty());
                if words.any(|word| encoded(word) == Encoded::Unknown) {
                    return None;
                }
            }
            return Some(1);
        }
        *self = start;
        if !self.0.starts_with('<') {
            self.phrase()?;
        }
        self.spaces();
        if group && self.eat(':') {
            return self.group();
        }
        let closed = self.eat('<') && self.plain().is_some() && self.eat('>');
        closed.then_some(1)
    }

    fn group(&mut self) -> Option<usize> {
        self.spaces();
        let mut count = 0;
        if self.eat(';') {
            self.comments()?;
            return Some(count);
        }
        loop {
            self.spaces();
            count += self.address(false)?;
            self.comments()?;
            if self.eat(';') {
                self.comments()?;
                return Some(count);
            }
            if !self.eat(',') {
                return None;
            }
        }
    }

    /// `local@domain`.
    fn plain(&mut self) -> Option<()> {
        self.spaces();
        if self.0.starts_with('"') {
            if self.quoted()? == 0 {
                return None;
            }
        } else {
            self.dotted()?;
        }
        if !self.eat('@') {
            return None;
        }
        self.spaces();
        if self.eat('[') {
            let end = self.0.find(|c| !is_visible(c) || matches!(c, '[' | ']' | '\\'))?;
            let address = self.take(end);
            return (self.eat(']') && is_ip(address)).then_some(());
        }
        self.dotted().map(drop)
    }

    /// An atom with dots: none at its ends, nor two together.
    fn dotted(&mut self) -> Option<()> {
        let atom = self.atom()?;
        let refused = atom.starts_with('.') || atom.ends_with('.') || atom.contains("..");
        (!refused).then_some(())
    }

    fn atom(&mut self) -> Option<&'a str> {
        let end = self.0.find(|c| !is_atom(c)).unwrap_or(self.0.len());
        if end == 0 { None } else { Some(self.take(end)) }
    }

    /// A text in quotes: how many characters it has.
    fn quoted(&mut self) -> Option<usize> {
        let mut rest = self.0.chars();
        rest.next();
        let mut count = 0;
        let mut escaped = false;
        loop {
            let c = rest.next()?;
            let plain = is_visible(c) || c == ' ' || c == '\t';
            match c {
                _ if escaped && plain => {
                    count += 1;
                    escaped = false;
                }
                _ if escaped => return None,
                '"' => {
                    self.0 = rest.as_str();
                    return Some(count);
                }
                '\\' => escaped = true,
                _ if plain => count += 1,
                _ => return None,
            }
        }
    }

    /// Words before an address. What follows the last one is left.
    fn phrase(&mut self) -> Option<()> {
        // Encoded words join into one, which is a word only once another follows or the end.
        let (mut words, mut joined) = (false, false);
        let mut malformed = false;
        loop {
            if words {
                self.comments()?;
            }
            self.spaces();
            if self.0.is_empty() {
                break;
            }
            let word = if self.0.starts_with('"') {
                self.quoted().map(|_| Encoded::No)
            } else {
                self.atom().map(encoded)
            };
            match word {
                Some(Encoded::Yes { empty }) => joined |= !empty,
                Some(Encoded::No) => words = true,
                Some(Encoded::Unknown) | None => {
                    malformed = true;
                    break;
                }
            }
        }
        (words || joined || !malformed).then_some(())
    }
}

/// `=?utf-8?q?text?=`.
fn encoded(word: &str) -> Encoded {
    let inner = word.strip_prefix("=?").and_then(|word| word.strip_suffix("?="));
    let Some(inner) = inner.filter(|_| word.len() >= 8 && word.matches('?').count() == 4) else {
        return Encoded::No;
    };
    let mut parts = inner.split('?');
    let (Some(charset), Some(encoding), Some(text)) = (parts.next(), parts.next(), parts.next())
    else {
        return Encoded::No;
    };
    let valid = match encoding {
        "B" | "b" => base64::decode(text.as_bytes(), Alphabet::Standard).is_ok(),
        "Q" | "q" => is_quoted_printable(text),
        _ => false,
    };
    if !valid || charset.is_empty() {
        return Encoded::No;
    }
    let known = ["utf-8", "iso-8859-1", "us-ascii"];
    if known.iter().any(|known| charset.eq_ignore_ascii_case(known)) {
        Encoded::Yes { empty: text.trim_matches(['\r', '\n']).is_empty() }
    } else {
        Encoded::Unknown
    }
}

fn is_quoted_printable(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let valid = match byte {
            b'=' => {
                let mut digit = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                digit() && digit()
            }
            b'\n' | b'\r' | b'\t' => true,
            other => (b' '..=b'~').contains(&other),
        };
        if !valid {
            return false;
        }
    }
    true
}
