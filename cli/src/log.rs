//! The log: to standard error, for readers or for machines, never with a secret in it.

use crate::config::{LogFormat, LogLevel};
use std::io::{self, Write};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What is logged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogConfig {
    /// From which level on.
    pub(crate) level: LogLevel,
    /// In which form.
    pub(crate) format: LogFormat,
    /// In colours.
    pub(crate) color: bool,
}

/// Starts the log. A second start is passed over: there is one log a process.
pub(crate) fn start(config: LogConfig) {
    let level = filter(config.level);
    // What libraries have to say is of use to few: only their warnings, until everything is
    // asked for.
    let of_others = if level == LevelFilter::TRACE { level } else { level.min(LevelFilter::WARN) };
    let targets = Targets::new().with_default(of_others).with_target("referee", level);
    let registry = tracing_subscriber::registry().with(targets);
    let layer = tracing_subscriber::fmt::layer().with_writer(Masked).with_ansi(config.color);
    let _first_start_stands = match config.format {
        LogFormat::Text => registry.with(layer).try_init(),
        LogFormat::Json => registry.with(layer.json().flatten_event(true)).try_init(),
    };
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Standard error, with what looks like a secret masked.
///
/// No code of ours logs one; this is for what libraries write at `trace`, and for addresses that
/// somebody configured with a password in them.
#[derive(Clone, Copy, Debug)]
struct Masked;

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::new())
    }
}

/// One event; it is written when it is whole.
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.0);
        // A log that cannot be written has nobody to be told to.
        let _nowhere_to_tell = io::stderr().lock().write_all(mask(&text).as_bytes());
    }
}

/// Masks the user and password of addresses, and what follows the name of an authorization
/// scheme.
fn mask(text: &str) -> String {
    mask_tokens(&mask_addresses(text))
}

fn mask_addresses(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let end = after
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\\' | '<' | '>')
            })
            .unwrap_or(after.len());
        let (authority, behind) = after.split_at_checked(end).unwrap_or((after, ""));
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                masked.push_str("***@");
                masked.push_str(host);
            }
            None => masked.push_str(authority),
        }
        rest = behind;
    }
    masked.push_str(rest);
    masked
}

fn mask_tokens(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((position, length)) = scheme(rest) {
        let (before, after) = rest.split_at_checked(position + length).unwrap_or((rest, ""));
        masked.push_str(before);
        let end = after
            .find(|c: char| !c.is_ascii_alphanumeric() && !"-._~+/=".contains(c))
            .unwrap_or(after.len());
        let (token, behind) = after.split_at_checked(end).unwrap_or((after, ""));
        // `Bearer realm="…"` is a challenge (RFC 6750 section 3), and short words are no tokens.
        let is_challenge = matches!(token, "realm=" | "service=" | "scope=" | "error=");
        let is_token = token.len() >= 8 && !is_challenge;
        masked.push_str(if is_token { "***" } else { token });
        rest = behind;
    }
    masked.push_str(rest);
    masked
}

/// Where the next name of an authorization scheme begins, and its length with the space.
fn scheme(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let found =
        ["bearer ", "basic "].iter().filter_map(|name| Some((lower.find(name)?, name.len())));
    found.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_and_no_token_reaches_the_log() {
        let cases = [
            ("GET https://user:pa@ss@r.example/v2/ done", "GET https://***@r.example/v2/ done"),
            ("authorization: Bearer abc.def-123456", "authorization: Bearer ***"),
            ("\"Basic dXNlcjpwYXNz\", x", "\"Basic ***\", x"),
            ("\"Basic dXNlcjpwYXNzdw==\"", "\"Basic ***\""),
            ("Bearer service=\"r\"", "Bearer service=\"r\""),
            (
                "Bearer realm=\"https://a.example/token\"",
                "Bearer realm=\"https://a.example/token\"",
            ),
            ("http://r.example/a@b", "http://r.example/a@b"),
            ("nothing here", "nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(mask(text), expected);
        }
    }
}
