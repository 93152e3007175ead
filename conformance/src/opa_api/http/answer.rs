//! An answer, read from a connection: its head, and a body that has a length, comes in chunks, or
//! ends with the connection (RFC 9112, sections 6 and 7).

use std::io::{self, Read};
use std::net::TcpStream;

/// The most bytes of a head: what Go's servers write is well under it.
const HEAD: usize = 64 << 10;
/// The most bytes of a body; the largest answer of the suite is a few megabytes.
const BODY: usize = 64 << 20;
/// The most fields of a head.
const FIELDS: usize = 100;

/// What a server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields, names in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// The body as it came, still encoded.
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a field, whose name is in lower case, joined as a list is.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> = self
            .headers
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect();
        if values.is_empty() { None } else { Some(values.join(", ")) }
    }
}

/// A connection and what was read of it and not used yet.
#[derive(Debug)]
pub(super) struct Reader {
    stream: TcpStream,
    rest: Vec<u8>,
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Reader {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, rest: Vec::new() }
    }

    pub(super) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Reads an answer, and tells whether the connection can be used again.
    pub(super) fn answer(&mut self, method: &str) -> io::Result<(Answer, bool)> {
        let mut answer = self.head()?;
        while (100..200).contains(&answer.status) {
            answer = self.head()?;
        }
        let closes = answer.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        let bodiless = method == "HEAD" || matches!(answer.status, 204 | 304);
        let chunked = answer
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
        let mut ends_with_connection = false;
        if bodiless {
            // There is none, whatever its length is said to be.
        } else if chunked {
            answer.body = self.chunks()?;
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().map_err(|_| malformed("no length"))?;
            answer.body = self.exactly(length)?;
        } else {
            answer.body = self.until_the_end()?;
            ends_with_connection = true;
        }
        Ok((answer, !closes && !ends_with_connection))
    }

    fn head(&mut self) -> io::Result<Answer> {
        loop {
            let mut fields = [httparse::EMPTY_HEADER; FIELDS];
            let mut head = httparse::Response::new(&mut fields);
            let parsed = head.parse(&self.rest).map_err(|_| malformed("no head of an answer"))?;
            if let httparse::Status::Complete(length) = parsed {
                let headers = head.headers.iter().map(|field| {
                    let value = String::from_utf8_lossy(field.value).into_owned();
                    (field.name.to_ascii_lowercase(), value)
                });
                let answer = Answer {
                    status: head.code.unwrap_or_default(),
                    headers: headers.collect(),
                    body: Vec::new(),
                };
                self.rest.drain(..length);
                return Ok(answer);
            }
            if self.rest.len() > HEAD {
                return Err(malformed("a head that is too long"));
            }
            self.more()?;
        }
    }

    /// Reads what there is; the end of the connection is an error.
    fn more(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; 64 << 10];
        let read = self.stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.rest.extend(buffer.into_iter().take(read));
        Ok(())
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if length > BODY {
            return Err(malformed("a body that is too long"));
        }
        while self.rest.len() < length {
            self.more()?;
        }
        Ok(self.rest.drain(..length).collect())
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.rest.len() > HEAD {
                return Err(malformed("a line that is too long"));
            }
            self.more()?;
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| malformed("no chunk"))?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            if body.len().saturating_add(size) > BODY {
                return Err(malformed("a body that is too long"));
            }
            body.extend(self.exactly(size)?);
            if !self.line()?.is_empty() {
                return Err(malformed("a chunk without an end"));
            }
        }
    }

    fn until_the_end(&mut self) -> io::Result<Vec<u8>> {
        let mut body = std::mem::take(&mut self.rest);
        let most = u64::try_from(BODY).unwrap_or(u64::MAX);
        Read::by_ref(&mut self.stream).take(most).read_to_end(&mut body)?;
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::net::TcpListener;

    fn read(text: &'static [u8], method: &str) -> io::Result<(Answer, bool)> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(text).unwrap();
        });
        let mut reader = Reader::new(TcpStream::connect(address).unwrap());
        let answer = reader.answer(method);
        server.join().unwrap();
        answer
    }

    #[test]
    fn a_body_has_a_length_or_chunks_or_ends_with_the_connection() {
        let (answer, open) =
            read(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVary: a\r\nVary: b\r\n\r\nhi", "GET")
                .unwrap();
        assert_eq!((answer.status, answer.body.as_slice(), open), (200, &b"hi"[..], true));
        assert_eq!(answer.header("vary").as_deref(), Some("a, b"));
        let (answer, open) = read(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x\r\n!\r\n0\r\n\r\n",
            "GET",
        )
        .unwrap();
        assert_eq!((answer.body.as_slice(), open), (&b"hi!"[..], true));
        let (answer, open) = read(b"HTTP/1.1 400 Bad Request\r\n\r\nhi", "GET").unwrap();
        assert_eq!((answer.body.as_slice(), open), (&b"hi"[..], false));
        let (answer, open) =
            read(b"HTTP/1.1 405 No\r\nContent-Length: 7\r\nConnection: close\r\n\r\n", "HEAD")
                .unwrap();
        assert_eq!((answer.body.len(), open), (0, false));
    }

    #[test]
    fn what_is_no_answer_is_an_error_of_its_kind() {
        let kind = |text| read(text, "GET").unwrap_err().kind();
        assert_eq!(kind(b""), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(b"SSH-2.0-x\r\n"), io::ErrorKind::InvalidData);
        assert_eq!(
            kind(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"),
            io::ErrorKind::UnexpectedEof
        );
        assert_eq!(
            kind(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nhi"),
            io::ErrorKind::InvalidData
        );
    }
}
