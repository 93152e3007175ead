//! Exit codes: what a script reads.

use std::process::{ExitCode, Termination};

/// How a run ended. The numbers are part of the contract (`docs/cli.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Everything may be used, or the command did what it was asked to.
    Success,
    /// Something may not be used, or a test failed.
    Denied,
    /// There is no answer: something was given wrong, or could not be had.
    Error,
    /// Ctrl-C ended it. 130 is 128 and the number of SIGINT, as shells have it.
    Interrupted,
}

impl Exit {
    /// The worse of two: no answer is worse than a no.
    pub(crate) fn and(self, other: Self) -> Self {
        self.max(other)
    }

    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Denied => 1,
            Self::Error => 2,
            Self::Interrupted => 130,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_outranks_a_no_and_a_no_outranks_a_yes() {
        assert_eq!(Exit::Success.and(Exit::Denied), Exit::Denied);
        assert_eq!(Exit::Error.and(Exit::Denied), Exit::Error);
        assert_eq!(Exit::Success.and(Exit::Success).code(), 0);
    }
}
