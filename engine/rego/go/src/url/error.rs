//! Why a text is no URL, in Go's words.

use crate::netip::AddressError;
use crate::quote::{quoted, quoted_bytes};
use thiserror::Error;

/// Why a text is no URL.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("parse {}: {fault}", quoted(.url))]
pub struct UrlError {
    /// The text: without its fragment, where that is not what is wrong.
    pub url: String,
    /// What is wrong with it.
    #[source]
    pub fault: UrlFault,
}

/// What is wrong with a URL or with a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlFault {
    /// A character below the space, or DEL.
    #[error("net/url: invalid control character in URL")]
    ControlCharacter,
    /// A colon begins it.
    #[error("missing protocol scheme")]
    NoScheme,
    /// Its path would be read as one with a scheme.
    #[error("first path segment in URL cannot contain colon")]
    ColonInPath,
    /// A `%` that no two hexadecimal digits follow, or an escape that may not stand there.
    #[error("invalid URL escape {}", quoted_bytes(.escape))]
    Escape {
        /// It: three bytes, or what is left.
        escape: Vec<u8>,
    },
    /// A byte that cannot stand in a host.
    #[error("invalid character {} in host name", quoted_bytes(&[*.byte]))]
    HostCharacter {
        /// The byte.
        byte: u8,
    },
    /// Brackets in a host that hold no address of version 6.
    #[error("invalid IP-literal")]
    IpLiteral,
    /// A bracket is not closed.
    #[error("missing ']' in host")]
    OpenBracket,
    /// What brackets hold is no address.
    #[error("invalid host: {0}")]
    Address(#[source] AddressError),
    /// What follows the host is no port.
    #[error("invalid port {} after host", quoted(.port))]
    Port {
        /// It, with its colon.
        port: String,
    },
    /// A character that cannot stand before the host.
    #[error("net/url: invalid userinfo")]
    UserInfo,
}
