//! Errors that are gathered until there are too many.

use referee_rego_syntax::{Code, Error, Location};

/// The errors of a compilation.
#[derive(Debug)]
pub(crate) struct Errors {
    list: Vec<Error>,
    limit: usize,
    count: usize,
}

impl Errors {
    /// None yet; a limit of 0 is none.
    pub(crate) fn new(limit: usize) -> Self {
        Self { list: Vec::new(), limit, count: 0 }
    }

    /// Adds an error; whether there may be more.
    pub(crate) fn push(&mut self, error: Error) -> bool {
        if self.limit == 0 {
            self.list.push(error);
            return true;
        }
        if self.count >= self.limit {
            return false;
        }
        self.list.push(error);
        self.count += 1;
        if self.count == self.limit {
            self.list.push(limit_reached());
        }
        self.count < self.limit
    }

    /// Adds errors; whether there may be more.
    pub(crate) fn extend(&mut self, errors: Vec<Error>) -> bool {
        errors.into_iter().fold(!self.is_full(), |_, error| self.push(error))
    }

    /// Whether no more errors are taken.
    pub(crate) fn is_full(&self) -> bool {
        self.limit > 0 && self.count >= self.limit
    }

    /// The errors, where there are any.
    pub(crate) fn check(&mut self) -> Result<(), Vec<Error>> {
        if self.list.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.list)) }
    }
}

/// What stands after the last error that is told.
pub(crate) fn limit_reached() -> Error {
    Error::new(Code::Compile, "error limit reached", &Location::NONE)
}

/// A `rego_compile_error`.
pub(crate) fn compile(message: impl Into<String>, location: &Location) -> Error {
    Error::new(Code::Compile, message, location)
}

/// A `rego_type_error`.
pub(crate) fn types(message: impl Into<String>, location: &Location) -> Error {
    Error::new(Code::Type, message, location)
}

/// The order of places in errors: by file, line and column; what stands nowhere comes last.
pub(crate) fn order(a: &Location, b: &Location) -> std::cmp::Ordering {
    let place = |at: &Location| (at.row == 0 && at.source.is_none(), at.row, at.col);
    let (a_place, b_place) = (place(a), place(b));
    a_place
        .0
        .cmp(&b_place.0)
        .then_with(|| a.file().cmp(b.file()))
        .then_with(|| a_place.cmp(&b_place))
}
