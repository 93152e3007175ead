//! Dates and times, as Go's `time.Parse` reads them by RFC 3339's layouts: an hour may have one
//! digit, a fraction may follow a comma, an offset may be of 24 hours and 60 minutes.

/// What is left of a text.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn eat(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn digit(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first()?;
        let digit = first.is_ascii_digit().then(|| u32::from(first - b'0'))?;
        self.0 = rest;
        Some(digit)
    }

    fn digits(&mut self, count: u32) -> Option<u32> {
        let mut number = 0;
        for _ in 0..count {
            number = number * 10 + self.digit()?;
        }
        Some(number)
    }

    fn date(&mut self) -> Option<()> {
        let year = self.digits(4)?;
        self.eat(b'-')?;
        let month = self.digits(2)?;
        self.eat(b'-')?;
        let day = self.digits(2)?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(())
    }

    fn clock(&mut self) -> Option<()> {
        let mut hour = self.digit()?;
        if let Some(second) = self.digit() {
            hour = hour * 10 + second;
        }
        self.eat(b':')?;
        let minute = self.digits(2)?;
        self.eat(b':')?;
        let second = self.digits(2)?;
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        if let [b'.' | b',', b'0'..=b'9', ..] = self.0 {
            self.0 = self.0.get(1..)?;
            while self.digit().is_some() {}
        }
        Some(())
    }

    fn offset(&mut self) -> Option<()> {
        if self.eat(b'Z').is_some() {
            return Some(());
        }
        if self.eat(b'+').is_none() {
            self.eat(b'-')?;
        }
        let hours = self.digits(2)?;
        self.eat(b':')?;
        let minutes = self.digits(2)?;
        (hours <= 24 && minutes <= 60).then_some(())
    }

    fn end(&self) -> bool {
        self.0.is_empty()
    }
}

/// `2006-01-02`.
pub(super) fn is_date(text: &str) -> bool {
    let mut reader = Reader(text.as_bytes());
    reader.date().is_some() && reader.end()
}

/// `15:04:05`, with an offset or without.
pub(super) fn is_time(text: &str) -> bool {
    let mut reader = Reader(text.as_bytes());
    reader.clock().is_some() && (reader.end() || reader.offset().is_some() && reader.end())
}

/// `2006-01-02T15:04:05Z`, or a date or a time alone, as OPA's validator takes them too.
pub(super) fn is_any(text: &str) -> bool {
    let mut reader = Reader(text.as_bytes());
    let whole = reader.date().is_some()
        && reader.eat(b'T').is_some()
        && reader.clock().is_some()
        && reader.offset().is_some()
        && reader.end();
    whole || is_date(text) || is_time(text)
}
