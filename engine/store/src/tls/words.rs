//! What a handshake failed of, in words that somebody can do something with.

use referee_core::Timestamp;
use rustls::{CertificateError, Error, OtherError};

/// The most names of a certificate that are told.
const MAX_NAMES: usize = 8;

/// Whose certificate was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whose {
    /// A server's.
    Server,
    /// A client's.
    Client,
}

/// Tells what TLS failed of.
#[must_use]
pub fn in_words(error: &Error, whose: Whose) -> String {
    let (this, other) = match whose {
        Whose::Server => ("server", "servers"),
        Whose::Client => ("client", "clients"),
    };
    match error {
        Error::InvalidCertificate(error) => {
            format!("the {this}'s certificate {}", of_certificate(error, other))
        }
        Error::NoCertificatesPresented => format!("the {this} shows no certificate"),
        Error::AlertReceived(alert) => {
            format!("the {this} ended the handshake: {}", apart(&format!("{alert:?}")))
        }
        Error::PeerIncompatible(problem) => {
            format!("the {this} has nothing in common with us: {}", apart(&format!("{problem:?}")))
        }
        Error::PeerMisbehaved(problem) => {
            format!("the {this} does not keep to TLS: {}", apart(&format!("{problem:?}")))
        }
        Error::InvalidMessage(_) => format!("what the {this} sends is not TLS"),
        other => other.to_string(),
    }
}

fn of_certificate(error: &CertificateError, others: &str) -> String {
    match error {
        CertificateError::UnknownIssuer => "was issued by no authority that is trusted".into(),
        CertificateError::Expired => "has expired".into(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("was valid until {}", time(not_after.as_secs()))
        }
        CertificateError::NotValidYet => "is not valid yet".into(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("is valid from {} on", time(not_before.as_secs()))
        }
        CertificateError::NotValidForName => "is for another name".into(),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let expected = expected.to_str();
            let names = presented.iter().take(MAX_NAMES).map(|name| plain(name));
            let names: Vec<_> = names.collect();
            if names.is_empty() {
                return format!("is not for {expected}: it names nothing as alternative name");
            }
            let more = if presented.len() > MAX_NAMES { " and others" } else { "" };
            format!("is not for {expected}, but for {}{more}", names.join(", "))
        }
        CertificateError::BadEncoding => "cannot be read".into(),
        CertificateError::BadSignature => "has a signature that does not hold".into(),
        CertificateError::Revoked => "was revoked".into(),
        CertificateError::UnhandledCriticalExtension => {
            "has a critical extension that is not known".into()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("is not for {others}: its extended key usage is another")
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "has a signature by an algorithm that is not taken".into()
        }
        CertificateError::Other(OtherError(inner)) => match inner.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "is an authority's, and none of those that are configured".into()
            }
            Some(webpki::Error::EndEntityUsedAsCa) => {
                "was issued by a certificate that is no authority's".into()
            }
            Some(webpki::Error::UnsupportedCriticalExtension) => {
                "has a critical extension that is not known".into()
            }
            Some(webpki::Error::UnsupportedCertVersion) => "is not of version 3 of X.509".into(),
            _ => format!("cannot be verified: {}", apart(&inner.to_string())),
        },
        other => format!("cannot be verified: {}", apart(&format!("{other:?}"))),
    }
}

fn time(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(Timestamp::from_unix_seconds);
    time.map_or_else(|| format!("{seconds} seconds after 1970"), |time| time.to_string())
}

/// A name as the library writes it, `DnsName("a")`, without what is around it.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

/// The words of a name in a program: `UnknownCA` is "unknown ca". What has words already stays.
fn apart(name: &str) -> String {
    let name = name.trim();
    if name.contains(' ') && !name.contains(['{', '(']) {
        return name.to_owned();
    }
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let mut words = String::new();
    let mut after_small = false;
    for c in name.get(..end).unwrap_or_default().chars() {
        if c.is_ascii_uppercase() && after_small {
            words.push(' ');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{AlertDescription, PeerIncompatible};
    use std::sync::Arc;
    use std::time::Duration;

    #[test]
    fn what_failed_is_told_in_words() {
        let second = |n| UnixTime::since_unix_epoch(Duration::from_secs(n));
        let of = |error: CertificateError| in_words(&error.into(), Whose::Server);
        let other = |error| of(CertificateError::Other(OtherError(Arc::new(error))));
        assert_eq!(
            of(CertificateError::UnknownIssuer),
            "the server's certificate was issued by no authority that is trusted"
        );
        assert_eq!(
            of(CertificateError::ExpiredContext { time: second(9), not_after: second(7) }),
            "the server's certificate was valid until 1970-01-01T00:00:07Z"
        );
        let expected = ServerName::try_from("a.example").unwrap();
        let presented = vec!["DnsName(\"b.example\")".to_owned(), "IpAddress(::1)".to_owned()];
        assert_eq!(
            of(CertificateError::NotValidForNameContext { expected, presented }),
            "the server's certificate is not for a.example, but for b.example, ::1"
        );
        assert_eq!(
            other(webpki::Error::CaUsedAsEndEntity),
            "the server's certificate is an authority's, and none of those that are configured"
        );
        assert_eq!(
            other(webpki::Error::PathLenConstraintViolated),
            "the server's certificate cannot be verified: path len constraint violated"
        );
        assert_eq!(
            in_words(&CertificateError::InvalidPurpose.into(), Whose::Client),
            "the client's certificate is not for clients: its extended key usage is another"
        );
        assert_eq!(
            in_words(&Error::AlertReceived(AlertDescription::UnknownCA), Whose::Server),
            "the server ended the handshake: unknown ca"
        );
        let problem = Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon);
        assert_eq!(
            in_words(&problem, Whose::Client),
            "the client has nothing in common with us: no cipher suites in common"
        );
    }
}
