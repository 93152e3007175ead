//! What gzip compressed (RFC 1952): one member after another, and nothing after the last.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};

/// How every member begins (RFC 1952, section 2.3.1).
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why no more could be unpacked.
#[derive(Debug)]
pub(super) enum Failure {
    /// The bytes could not be had.
    Source(io::Error),
    /// There are too many of them.
    TooMany,
    /// They end too early.
    Truncated,
    /// They do not unpack.
    Damaged,
    /// What follows a member is no other.
    Trailing,
}

/// Bytes that are counted, of which no more than a limit are given.
struct Counted<R> {
    source: R,
    read: u64,
    most: u64,
    failure: Option<Failure>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.source.read(buffer) {
            Ok(read) => {
                self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
                if self.read > self.most {
                    self.failure = Some(Failure::TooMany);
                    return Err(io::ErrorKind::FileTooLarge.into());
                }
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failure = Some(Failure::Source(error));
                Err(kind.into())
            }
        }
    }
}

/// The members of a gzip file, unpacked, and what went wrong.
pub(super) struct Members<R: Read> {
    state: State<R>,
    failure: Option<Failure>,
    read: u64,
}

type Source<R> = io::BufReader<Counted<R>>;

enum State<R: Read> {
    Inside(Box<GzDecoder<Source<R>>>),
    Done,
}

impl<R: Read> Members<R> {
    /// Unpacks no more than so many bytes. `None` where it is no gzip file.
    pub(super) fn open(source: R, most: u64) -> Result<Option<Self>, Failure> {
        let counted = Counted { source, read: 0, most, failure: None };
        let mut source = io::BufReader::with_capacity(64 * 1024, counted);
        match begins(&mut source) {
            Ok(true) => {
                let state = State::Inside(Box::new(GzDecoder::new(source)));
                Ok(Some(Self { state, failure: None, read: 0 }))
            }
            Ok(false) => Ok(None),
            Err(error) => Err(source.get_mut().failure.take().unwrap_or(Failure::Source(error))),
        }
    }

    /// Why it ended, where that was not its end.
    pub(super) fn failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// How many bytes it had, compressed, once all is read.
    pub(super) fn packed(&self) -> u64 {
        self.read
    }

    fn fail(&mut self, failure: Failure) -> io::Error {
        self.failure = Some(failure);
        self.state = State::Done;
        io::ErrorKind::InvalidData.into()
    }
}

/// Whether a member begins here. More than the first byte may not be there yet.
fn begins<R: Read>(source: &mut Source<R>) -> io::Result<bool> {
    let start = source.fill_buf()?;
    Ok(start.starts_with(&MAGIC) || (start.len() == 1 && start.first() == MAGIC.first()))
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let State::Inside(member) = &mut self.state else {
                return if self.failure.is_some() {
                    Err(io::ErrorKind::InvalidData.into())
                } else {
                    Ok(0)
                };
            };
            match member.read(buffer) {
                Ok(0) if !buffer.is_empty() => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
                Err(error) => {
                    let failure = match member.get_mut().get_mut().failure.take() {
                        Some(failure) => failure,
                        None if error.kind() == io::ErrorKind::UnexpectedEof => Failure::Truncated,
                        None => Failure::Damaged,
                    };
                    return Err(self.fail(failure));
                }
                read => return read,
            }
            let State::Inside(member) = std::mem::replace(&mut self.state, State::Done) else {
                return Ok(0);
            };
            let mut source = member.into_inner();
            self.read = source.get_ref().read;
            let next = source.fill_buf().map(<[u8]>::is_empty);
            match next {
                Ok(true) => return Ok(0),
                Ok(false) => match begins(&mut source) {
                    Ok(true) => self.state = State::Inside(Box::new(GzDecoder::new(source))),
                    _ => return Err(self.fail(Failure::Trailing)),
                },
                Err(error) => {
                    let failure = source.get_mut().failure.take();
                    return Err(self.fail(failure.unwrap_or(Failure::Source(error))));
                }
            }
        }
    }
}
