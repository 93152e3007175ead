//! Who is at the other end of a connection: its address, and what its certificate says.

use referee_core::Timestamp;
use referee_rego::{CompileOptions, EvalBudget, Program, RegoEngine, Value, ValueKind};
use std::sync::OnceLock;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::CertificateDer;

/// Reads certificates as OPA writes them in `input.client_certificates`: by the builtin that gives
/// the same document. Its input is DER in base64.
const READ: &str = "certificates := crypto.x509.parse_certificates(input)";

/// How long certificates may be looked at. They were verified, so they are few.
const LIMIT: Duration = Duration::from_secs(1);

/// What Go's `pkix.Name` keeps of a subject, in the order in which its text is written: the
/// reverse of its fields. With the name that Go gives each (`crypto/x509/pkix`).
const ATTRIBUTES: [(&str, &str); 9] = [
    ("SerialNumber", "SERIALNUMBER"),
    ("CommonName", "CN"),
    ("OrganizationalUnit", "OU"),
    ("Organization", "O"),
    ("PostalCode", "POSTALCODE"),
    ("StreetAddress", "STREET"),
    ("Locality", "L"),
    ("Province", "ST"),
    ("Country", "C"),
];

/// Who is at the other end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peer {
    /// Its address with its port; `@` for a Unix socket.
    pub(crate) address: String,
    /// What its certificate says, where it had to show one.
    pub(crate) certified: Option<Certified>,
}

/// What a client certificate says.
#[derive(Clone, Debug)]
pub(crate) struct Certified {
    /// Its subject, as OPA writes it in `input.identity`.
    pub(crate) identity: String,
    /// It and its chain, as OPA writes them in `input.client_certificates`.
    pub(crate) certificates: Value,
}

impl Certified {
    /// Reads the certificates that a client showed, its own first. `None`: they cannot be read,
    /// and the client is nobody.
    pub(crate) fn read(shown: &[CertificateDer<'_>]) -> Option<Self> {
        let der: Vec<u8> =
            shown.iter().flat_map(|certificate| certificate.iter().copied()).collect();
        let input = Value::from(data_encoding::BASE64.encode(&der).as_str());
        let budget = EvalBudget::new(LIMIT, Timestamp::UNIX_EPOCH);
        let found = reader()?.query(READ, &input, &budget).ok()?;
        let (_, certificates) = found.rows.into_iter().next()?.bindings.into_iter().next()?;
        let certificates = certificates.elements()?;
        let subject = certificates.first()?.get("Subject")?;
        let certificates = Value::array(certificates.iter().map(as_in_input));
        Some(Self { identity: identity(&subject), certificates })
    }
}

/// The builtin has a member more than what OPA hands to `system.authz`.
fn as_in_input(certificate: &Value) -> Value {
    let members = certificate.entries().unwrap_or_default();
    let text = |key: &Value| key.as_str().map(std::borrow::Cow::into_owned);
    let members: Vec<_> = members
        .into_iter()
        .filter_map(|(key, value)| Some((text(&key)?, value)))
        .filter(|(name, _)| name != "URIStrings")
        .collect();
    Value::object(members.iter().map(|(name, value)| (name.as_str(), value.clone())))
}

/// A program without rules.
fn reader() -> Option<&'static Program> {
    static READER: OnceLock<Option<Program>> = OnceLock::new();
    let empty = || RegoEngine::compile(&[], Value::object([]), CompileOptions::DEFAULT).ok();
    READER.get_or_init(empty).as_ref()
}

/// A subject as Go's `Name.ToRDNSequence().String()` writes it.
fn identity(subject: &Value) -> String {
    let mut text = String::new();
    for (field, name) in ATTRIBUTES {
        let Some(found) = subject.get(field) else { continue };
        let values = match found.kind() {
            ValueKind::Array => found.elements().unwrap_or_default(),
            _ => vec![found],
        };
        let values: Vec<_> = values
            .iter()
            .filter_map(Value::as_str)
            // A name or serial number that is empty is none; of the others there may be empty ones.
            .filter(|value| !value.is_empty() || !matches!(name, "CN" | "SERIALNUMBER"))
            .map(|value| format!("{name}={}", escaped(&value)))
            .collect();
        if !values.is_empty() {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&values.join("+"));
        }
    }
    text
}

/// RFC 2253, section 2.4, as Go does it.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        let edge = at == 0 || at + c.len_utf8() == value.len();
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';')
            || (c == ' ' && edge)
            || (c == '#' && at == 0)
        {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_written_as_go_writes_them() {
        let of = |text: &str| identity(&Value::from_json_str(text).unwrap());
        let whole = r##"{"Country": ["GB"], "Organization": ["Example Org"],
            "OrganizationalUnit": ["Unit", "Other, unit"], "Locality": null, "CommonName": "",
            "SerialNumber": "306"}"##;
        assert_eq!(of(whole), r"SERIALNUMBER=306,OU=Unit+OU=Other\, unit,O=Example Org,C=GB");
        assert_eq!(of(r##"{"CommonName": "#a b #"}"##), r"CN=\#a b #");
        assert_eq!(of(r#"{"CommonName": " a+b "}"#), r"CN=\ a\+b\ ");
        assert_eq!(of("{}"), "");
    }
}
