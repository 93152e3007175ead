//! Where a command writes: its answer to `out`, everything else to `err`.
//!
//! A reader that goes away (`| head -1`) is no failure: the rest is dropped in silence and the
//! command goes on to its exit code, which is the answer that a script asked for.

use anstyle::{AnsiColor, Style};
use std::ffi::OsString;
use std::fmt;
use std::io::{self, IsTerminal as _, Write};

/// When to write in colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// In a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What a piece of text means; a terminal shows it as a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A yes.
    Good,
    /// A no.
    Bad,
    /// Something to look at.
    Warn,
    /// A heading.
    Head,
    /// Something that only some need.
    Faint,
}

/// Whether one stream is written in colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// No colours.
    #[cfg(test)]
    pub(crate) const PLAIN: Self = Self { on: false };

    fn new(choice: ColorChoice, terminal: bool, environment: &TerminalEnvironment) -> Self {
        let on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && !environment.no_color,
        };
        Self { on }
    }

    /// Whether there are colours.
    pub(crate) fn is_on(self) -> bool {
        self.on
    }

    /// The text in the colour of its role.
    pub(crate) fn show<T: fmt::Display>(self, role: Role, text: T) -> Painted<T> {
        let style = match role {
            Role::Good => Style::new().bold().fg_color(Some(AnsiColor::Green.into())),
            Role::Bad => Style::new().bold().fg_color(Some(AnsiColor::Red.into())),
            Role::Warn => Style::new().bold().fg_color(Some(AnsiColor::Yellow.into())),
            Role::Head => Style::new().bold(),
            Role::Faint => Style::new().dimmed(),
        };
        Painted { style: if self.on { style } else { Style::new() }, text }
    }
}

/// A text in a colour.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.style, self.text, self.style)
    }
}

/// What the environment says about the terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TerminalEnvironment {
    /// `NO_COLOR` is set and not empty (no-color.org), or `TERM` is `dumb`.
    pub(crate) no_color: bool,
    /// `COLUMNS`, where it is a number.
    pub(crate) columns: Option<usize>,
}

impl TerminalEnvironment {
    /// The environment of this process.
    pub(crate) fn of_process() -> Self {
        let read = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
        Self {
            no_color: read("NO_COLOR").is_some() || read("TERM").is_some_and(|term| term == "dumb"),
            columns: read("COLUMNS").and_then(|text| text.into_string().ok()?.parse().ok()),
        }
    }
}

/// The two streams of a command.
pub(crate) struct Console {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Colours of the answer.
    pub(crate) paint: Paint,
    /// Colours of everything else.
    pub(crate) err_paint: Paint,
    /// How many columns the reader of the answer has; `None` where it is no terminal, and lines
    /// are not broken.
    pub(crate) width: Option<usize>,
    /// Somebody is watching `err`.
    pub(crate) watched: bool,
}

impl Console {
    /// The streams of this process.
    pub(crate) fn of_process(color: ColorChoice) -> Self {
        let environment = TerminalEnvironment::of_process();
        let (out, err) = (io::stdout(), io::stderr());
        let terminal = out.is_terminal();
        let measured = terminal_size::terminal_size_of(&out)
            .filter(|_| terminal)
            .map(|(terminal_size::Width(columns), _)| usize::from(columns));
        Self {
            paint: Paint::new(color, terminal, &environment),
            err_paint: Paint::new(color, err.is_terminal(), &environment),
            width: environment.columns.or(measured),
            watched: err.is_terminal(),
            out: Box::new(Pipe::new(io::BufWriter::new(out))),
            err: Box::new(Pipe::new(err)),
        }
    }

    /// Where the answer goes.
    pub(crate) fn out(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// Where everything else goes.
    pub(crate) fn err(&mut self) -> &mut dyn Write {
        &mut self.err
    }

    /// Writes the answer through, as far as there is one.
    ///
    /// # Errors
    /// Where it cannot be written for another reason than a reader that went away.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A writer whose reader may go away.
struct Pipe<W> {
    to: W,
    closed: bool,
}

impl<W: Write> Pipe<W> {
    fn new(to: W) -> Self {
        Self { to, closed: false }
    }

    fn forgive<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.to.write(bytes);
        self.forgive(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.to.flush();
        self.forgive(result, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let mut pipe = Pipe::new(Gone);
        assert!(pipe.write_all(b"x").is_ok());
        assert!(pipe.flush().is_ok());
        assert!(Pipe::new(Gone).flush().is_ok());
    }

    #[test]
    fn colours_follow_the_choice_then_the_terminal() {
        let quiet = TerminalEnvironment { no_color: true, columns: None };
        let plain = TerminalEnvironment::default();
        assert!(Paint::new(ColorChoice::Always, false, &quiet).on);
        assert!(!Paint::new(ColorChoice::Never, true, &plain).on);
        assert!(Paint::new(ColorChoice::Auto, true, &plain).on);
        assert!(!Paint::new(ColorChoice::Auto, true, &quiet).on);
        assert!(!Paint::new(ColorChoice::Auto, false, &plain).on);
        assert_eq!(Paint::PLAIN.show(Role::Bad, "DENY").to_string(), "DENY");
    }
}
