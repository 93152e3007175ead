//! The formats of texts that OPA's validator checks. A format it does not know passes always; what
//! is no text has every format.

mod mail;

use super::pattern::is_pattern;
use referee_rego_builtin::{Cancelled, Context};
use referee_rego_go::netip;
use referee_rego_go::time;
use referee_rego_go::url::Url;

/// A format that is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    Time,
    DateTime,
    Hostname,
    Email,
    IdnEmail,
    Ipv4,
    Ipv6,
    Uri,
    UriReference,
    Iri,
    IriReference,
    UriTemplate,
    Uuid,
    Regex,
    JsonPointer,
    RelativeJsonPointer,
}

impl Format {
    const ALL: [Self; 17] = [
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::Hostname,
        Self::Email,
        Self::IdnEmail,
        Self::Ipv4,
        Self::Ipv6,
        Self::Uri,
        Self::UriReference,
        Self::Iri,
        Self::IriReference,
        Self::UriTemplate,
        Self::Uuid,
        Self::Regex,
        Self::JsonPointer,
        Self::RelativeJsonPointer,
    ];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date-time",
            Self::Hostname => "hostname",
            Self::Email => "email",
            Self::IdnEmail => "idn-email",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Uri => "uri",
            Self::UriReference => "uri-reference",
            Self::Iri => "iri",
            Self::IriReference => "iri-reference",
            Self::UriTemplate => "uri-template",
            Self::Uuid => "uuid",
            Self::Regex => "regex",
            Self::JsonPointer => "json-pointer",
            Self::RelativeJsonPointer => "relative-json-pointer",
        }
    }

    /// The format of a name, where it is checked.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Whether a text has the format.
    ///
    /// # Errors
    /// Where the work is used up.
    pub(super) fn holds(self, ctx: &mut Context<'_>, text: &str) -> Result<bool, Cancelled> {
        ctx.work(u32::try_from(text.len() / 4 + 1).unwrap_or(u32::MAX))?;
        Ok(match self {
            Self::Date => is_time(text, &[DATE]),
            Self::Time => is_time(text, &CLOCK),
            Self::DateTime => is_moment(text),
            Self::Hostname => is_hostname(text),
            Self::Email | Self::IdnEmail => mail::is_address(text),
            Self::Ipv4 => is_ip(text) && text.contains('.'),
            Self::Ipv6 => is_ip(text) && text.contains(':'),
            Self::Uri | Self::Iri => uri(text).is_some_and(|url| !url.scheme.is_empty()),
            Self::UriReference | Self::IriReference => uri(text).is_some(),
            Self::UriTemplate => uri(text).is_some_and(|url| braces_close(&url.path)),
            Self::Uuid => is_uuid(text),
            Self::Regex => is_pattern(ctx, text)?,
            Self::JsonPointer => is_pointer(text),
            Self::RelativeJsonPointer => is_relative_pointer(text),
        })
    }
}

/// The layouts of a date and of a time of day, with an offset or without.
const DATE: &str = "2006-01-02";
const CLOCK: [&str; 2] = ["15:04:05Z07:00", "15:04:05"];

fn is_time(text: &str, layouts: &[&str]) -> bool {
    layouts.iter().any(|layout| time::parse(layout, text).is_ok())
}

/// RFC 3339's whole, or a date or a time alone, as OPA's validator takes them too.
fn is_moment(text: &str) -> bool {
    is_time(text, &[time::layout::RFC3339, DATE]) || is_time(text, &CLOCK)
}

/// An address of either version, without a zone.
fn is_ip(text: &str) -> bool {
    netip::parse_ip(text).is_some()
}

fn uri(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|_| !text.contains('\\'))
}

/// Whether each brace that opens is closed.
fn braces_close(path: &[u8]) -> bool {
    let mut open = false;
    for byte in path {
        match byte {
            b'{' => open = true,
            b'}' => open = false,
            _ => {}
        }
    }
    !open
}

/// Labels of letters, digits and inner hyphens, at most 63 long; 255 bytes in all.
fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let hyphen = label.starts_with('-') || label.ends_with('-');
        inner && !hyphen && (1..=63).contains(&label.len())
    };
    text.len() < 256 && text.split('.').all(label)
}

fn is_uuid(text: &str) -> bool {
    let mut sizes = [8_usize, 4, 4, 4, 12].into_iter();
    let part = |part: &str| {
        sizes.next() == Some(part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    text.len() == 36 && text.split('-').all(part)
}

/// RFC 6901.
fn is_pointer(text: &str) -> bool {
    let escaped = |token: &str| {
        token.split('~').skip(1).all(|after| after.starts_with('0') || after.starts_with('1'))
    };
    text.is_empty() || text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(escaped))
}

fn is_relative_pointer(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let Some((number, rest)) = text.split_at_checked(digits) else {
        return false;
    };
    let plain = number == "0" || !number.is_empty() && !number.starts_with('0');
    plain && (rest == "#" || is_pointer(rest))
}
