//! Where the server listens, and who is at the other end of a connection.

mod address;
mod peer;
mod socket;
mod tls;

pub use address::{Address, AddressError, Scheme};
pub use socket::{Listeners, Local, ServeError};
pub use tls::{ServerTls, TlsError, TlsVersion};

pub(crate) use address::one_or_many;
pub(crate) use peer::{Certified, Peer};
pub(crate) use socket::{Listener, Stream};
pub(crate) use tls::watch;
