//! Directives, anchors, aliases and tags of YAML 1.1.

use super::scanner::{Kind, Scanned, Scanner};
use super::text::Mark;

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl Scanner {
    fn word(&mut self) -> String {
        let mut word = String::new();
        while is_word(self.text.next()) {
            self.text.read(&mut word);
        }
        word
    }

    pub(super) fn scan_directive(&mut self) -> Scanned<()> {
        let start = self.text.mark;
        self.text.skip();
        let name = self.word();
        if name.is_empty() {
            return self.problem("could not find expected directive name", start);
        }
        if !self.text.is_space_or_end(0) {
            return self.problem("found unexpected non-alphabetical character", start);
        }
        let kind = match name.as_str() {
            "YAML" => self.version(start)?,
            "TAG" => self.tag_directive(start)?,
            _ => return self.problem("found unknown directive name", start),
        };
        self.text.skip_blanks();
        self.text.skip_comment();
        if !self.text.is_break_or_end(0) {
            return self.problem("did not find expected comment or line break", start);
        }
        self.text.skip_line();
        self.push(kind, start);
        Ok(())
    }

    fn version(&mut self, start: Mark) -> Scanned<Kind> {
        self.text.skip_blanks();
        let major = self.version_number(start)?;
        if self.text.at(0) != b'.' {
            return self.problem("did not find expected digit or '.' character", start);
        }
        self.text.skip();
        let minor = self.version_number(start)?;
        Ok(Kind::Version((major, minor) == (1, 1)))
    }

    fn version_number(&mut self, start: Mark) -> Scanned<u8> {
        let mut number = None;
        let mut length = 0;
        while self.text.next().is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.problem("found extremely long version number", start);
            }
            let digit = self.text.at(0) - b'0';
            number = Some(number.unwrap_or(0) * 10 + digit);
            self.text.skip();
        }
        match number {
            Some(number) => Ok(number),
            None => self.problem("did not find expected version number", start),
        }
    }

    fn tag_directive(&mut self, start: Mark) -> Scanned<Kind> {
        self.text.skip_blanks();
        let handle = self.tag_handle(true, start)?;
        self.text.need(1);
        if !self.text.is_blank(0) {
            return self.problem("did not find expected whitespace", start);
        }
        self.text.skip_blanks();
        let prefix = self.tag_uri("", start)?;
        self.text.need(1);
        if !self.text.is_space_or_end(0) {
            return self.problem("did not find expected whitespace or line break", start);
        }
        Ok(Kind::TagDirective { handle, prefix })
    }

    pub(super) fn scan_anchor(&mut self, alias: bool) -> Scanned<()> {
        let start = self.text.mark;
        self.text.skip();
        let name = self.word();
        let ended = self.text.is_space_or_end(0) || b"?:,]}%@`".contains(&self.text.at(0));
        if name.is_empty() || !ended {
            return self.problem("did not find expected alphabetic or numeric character", start);
        }
        self.push(if alias { Kind::Alias(name) } else { Kind::Anchor(name) }, start);
        Ok(())
    }

    pub(super) fn scan_tag(&mut self) -> Scanned<()> {
        let start = self.text.mark;
        self.text.need(2);
        let (handle, suffix) = if self.text.at(1) == b'<' {
            self.text.skip();
            self.text.skip();
            let suffix = self.tag_uri("", start)?;
            if self.text.at(0) != b'>' {
                return self.problem("did not find the expected '>'", start);
            }
            self.text.skip();
            (String::new(), suffix)
        } else {
            let handle = self.tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.tag_uri("", start)?;
                (handle, suffix)
            } else {
                // What was read is the beginning of the tag, not a handle.
                let suffix = self.tag_uri(&handle, start)?;
                let bare = suffix.is_empty();
                if bare { (suffix, "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        self.text.need(1);
        if !self.text.is_space_or_end(0) {
            return self.problem("did not find expected whitespace or line break", start);
        }
        self.push(Kind::Tag { handle, suffix }, start);
        Ok(())
    }

    fn tag_handle(&mut self, directive: bool, start: Mark) -> Scanned<String> {
        if self.text.next() != b'!' {
            return self.problem("did not find expected '!'", start);
        }
        let mut handle = String::new();
        self.text.read(&mut handle);
        handle.push_str(&self.word());
        if self.text.at(0) == b'!' {
            self.text.read(&mut handle);
        } else if directive && handle != "!" {
            return self.problem("did not find expected '!'", start);
        }
        Ok(handle)
    }

    /// The rest of a tag, whose beginning was read with its `!`.
    fn tag_uri(&mut self, head: &str, start: Mark) -> Scanned<String> {
        let mut uri = head.get(1..).unwrap_or_default().as_bytes().to_vec();
        let mut found = !head.is_empty();
        loop {
            match self.text.next() {
                b'%' => self.escaped(&mut uri, start)?,
                byte if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.text.skip();
                }
                _ => break,
            }
            found = true;
        }
        if !found {
            return self.problem("did not find expected tag URI", start);
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// The escaped bytes of a character.
    fn escaped(&mut self, uri: &mut Vec<u8>, start: Mark) -> Scanned<()> {
        let mut left = None;
        while left != Some(0) {
            self.text.need(3);
            let digit = |ahead| char::from(self.text.at(ahead)).to_digit(16);
            let octet = match (self.text.at(0), digit(1), digit(2)) {
                (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).unwrap_or(0),
                _ => return self.problem("did not find URI escaped octet", start),
            };
            let width = match (left, octet) {
                (Some(_), octet) if octet & 0xc0 != 0x80 => {
                    return self.problem("found an incorrect trailing UTF-8 octet", start);
                }
                (Some(width), _) => width,
                (None, 0..0x80) => 1,
                (None, 0xc0..0xe0) => 2,
                (None, 0xe0..0xf0) => 3,
                (None, 0xf0..0xf8) => 4,
                (None, _) => {
                    return self.problem("found an incorrect leading UTF-8 octet", start);
                }
            };
            uri.push(octet);
            for _ in 0..3 {
                self.text.skip();
            }
            left = Some(width - 1);
        }
        Ok(())
    }
}
