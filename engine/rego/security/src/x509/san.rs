//! Alternative names of a subject (RFC 5280 section 4.2.1.6).

use crate::der::{Reader, tag};
use referee_rego_go::quote::quoted;
use referee_rego_go::url::Url;
use referee_rego_value::bytes::lossy;

/// Alternative names. All texts are ASCII.
#[derive(Clone, Debug, Default)]
pub(super) struct AlternativeNames {
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    /// Of 4 or 16 bytes.
    pub(super) addresses: Vec<Vec<u8>>,
    pub(super) uris: Vec<Url>,
}

impl AlternativeNames {
    pub(super) fn is_empty(&self) -> bool {
        self.dns.is_empty()
            && self.emails.is_empty()
            && self.addresses.is_empty()
            && self.uris.is_empty()
    }
}

/// Reads the extension.
///
/// # Errors
/// Go's words.
pub(super) fn parse(value: &[u8]) -> Result<AlternativeNames, String> {
    let malformed = |name: &str| format!("x509: SAN {name} is malformed");
    let mut outer = Reader::new(value);
    let inside = outer.inside(tag::SEQUENCE);
    let mut inside = inside.ok_or_else(|| "x509: invalid subject alternative names".to_owned())?;
    let mut names = AlternativeNames::default();
    while !inside.is_empty() {
        let name = inside.any();
        let name = name.ok_or_else(|| "x509: invalid subject alternative name".to_owned())?;
        match name.tag ^ 0x80 {
            1 => names.emails.push(ascii(name.content).ok_or_else(|| malformed("rfc822Name"))?),
            2 => names.dns.push(ascii(name.content).ok_or_else(|| malformed("dNSName"))?),
            6 => {
                let text =
                    ascii(name.content).ok_or_else(|| malformed("uniformResourceIdentifier"))?;
                names.uris.push(uri(&text)?);
            }
            7 if matches!(name.content.len(), 4 | 16) => {
                names.addresses.push(name.content.to_vec());
            }
            7 => {
                let length = name.content.len();
                return Err(format!("x509: cannot parse IP address of length {length}"));
            }
            _ => {}
        }
    }
    Ok(names)
}

pub(super) fn ascii(bytes: &[u8]) -> Option<String> {
    bytes.is_ascii().then(|| lossy(bytes))
}

fn uri(text: &str) -> Result<Url, String> {
    let parsed = Url::parse(text)
        .map_err(|error| format!("x509: cannot parse URI {}: {error}", quoted(text)))?;
    if is_domain(&parsed.host, false) {
        Ok(parsed)
    } else {
        Err(format!("x509: cannot parse URI {}: invalid domain", quoted(text)))
    }
}

/// Whether a name has labels that are not empty and print. A constraint may begin with a dot.
pub(super) fn is_domain(name: &[u8], constraint: bool) -> bool {
    if name.is_empty() {
        return true;
    }
    let name = match name.strip_prefix(b".") {
        Some(rest) if constraint => rest,
        _ => name,
    };
    name.split(|&byte| byte == b'.')
        .all(|label| !label.is_empty() && label.iter().all(u8::is_ascii_graphic))
}
