//! Sockets: listening on them and accepting from them.

use super::address::{Address, Scheme};
use super::tls::{Certificates, TlsError};
use crate::config::ServerConfig;
use referee_core::Coded;
use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Sockets that are listened on.
#[derive(Debug)]
pub struct Listeners {
    pub(crate) main: Vec<Listener>,
    pub(crate) diagnostic: Vec<Listener>,
}

impl Listeners {
    /// A socket of one's own for everything.
    ///
    /// # Errors
    /// Where the socket does not tell its address.
    pub fn new(main: TcpListener) -> io::Result<Self> {
        let local = Local::Tcp { address: main.local_addr()?, tls: false };
        let main = Listener { socket: Socket::Tcp(main), local, certificates: None };
        Ok(Self { main: vec![main], diagnostic: Vec::new() })
    }

    /// Listens where the configuration says.
    pub(crate) async fn bind(config: &ServerConfig) -> Result<Self, ServeError> {
        let addresses = || config.listen.iter().chain(&config.diagnostic_listen);
        let wanted = config.tls.is_configured();
        let certificates = if wanted || addresses().any(is_https) {
            Some(Arc::new(Certificates::load(&config.tls, config.asks_for_certificates())?))
        } else {
            None
        };
        let mode = config.unix_socket_mode();
        let mut main = Vec::new();
        for address in &config.listen {
            main.push(Listener::bind(address, mode, certificates.as_ref()).await?);
        }
        let mut diagnostic = Vec::new();
        for address in &config.diagnostic_listen {
            diagnostic.push(Listener::bind(address, mode, certificates.as_ref()).await?);
        }
        Ok(Self { main, diagnostic })
    }

    /// What answers everything, each with its true port.
    pub fn addresses(&self) -> impl Iterator<Item = &Local> {
        self.main.iter().map(|listener| &listener.local)
    }

    /// What answers only how the server is.
    pub fn diagnostic_addresses(&self) -> impl Iterator<Item = &Local> {
        self.diagnostic.iter().map(|listener| &listener.local)
    }
}

fn is_https(address: &Address) -> bool {
    matches!(address, Address::Tcp { scheme: Some(Scheme::Https), .. })
}

/// Where something listens, in fact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Local {
    /// A port.
    Tcp {
        /// The address and the port.
        address: SocketAddr,
        /// Whether it speaks TLS.
        tls: bool,
    },
    /// A Unix socket at a path.
    Unix(PathBuf),
    /// A Unix socket in the abstract namespace.
    Abstract(String),
}

impl Local {
    /// The address and port, where it has them.
    #[must_use]
    pub fn socket_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp { address, .. } => Some(*address),
            Self::Unix(_) | Self::Abstract(_) => None,
        }
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { address, tls: false } => write!(f, "{address}"),
            Self::Tcp { address, tls: true } => write!(f, "https://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Abstract(name) => write!(f, "unix://@{name}"),
        }
    }
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Coded for ServeError {
    fn code(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "listen_failed",
            Self::Tls(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        let source = match self {
            Self::Bind { source, .. } => source,
            Self::Tls(error) => return error.hint(),
        };
        match source.kind() {
            io::ErrorKind::AddrInUse => {
                Some("another process listens there: stop it or choose another address".into())
            }
            io::ErrorKind::PermissionDenied => {
                Some("choose a port above 1023, or a folder that may be written to".into())
            }
            _ => None,
        }
    }
}

/// A socket that is listened on.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: Socket,
    local: Local,
    /// What it speaks TLS with.
    pub(crate) certificates: Option<Arc<Certificates>>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    async fn bind(
        address: &Address,
        mode: u32,
        certificates: Option<&Arc<Certificates>>,
    ) -> Result<Self, ServeError> {
        let fail = |source| ServeError::Bind { address: address.to_string(), source };
        match address {
            Address::Tcp { scheme, host, port } => {
                let socket = tcp(host, *port).await.map_err(fail)?;
                let certificates = match scheme {
                    Some(Scheme::Http) => None,
                    _ => certificates.cloned(),
                };
                let address = socket.local_addr().map_err(fail)?;
                let local = Local::Tcp { address, tls: certificates.is_some() };
                Ok(Self { socket: Socket::Tcp(socket), local, certificates })
            }
            Address::Unix(path) => {
                make_way(path).map_err(fail)?;
                let socket = UnixListener::bind(path).map_err(fail)?;
                fs::set_permissions(path, Permissions::from_mode(mode)).map_err(fail)?;
                let local = Local::Unix(path.clone());
                Ok(Self { socket: Socket::Unix(socket), local, certificates: None })
            }
            Address::Abstract(name) => {
                let socket = in_abstract(name).map_err(fail)?;
                let local = Local::Abstract(name.clone());
                Ok(Self { socket: Socket::Unix(socket), local, certificates: None })
            }
        }
    }

    /// The next connection, and who is at its other end.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, String)> {
        match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, address) = socket.accept().await?;
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection without TCP_NODELAY");
                }
                Ok((Stream::Tcp(stream), address.to_string()))
            }
            // What connects to such a socket has no name; OPA tells it so.
            Socket::Unix(socket) => Ok((Stream::Unix(socket.accept().await?.0), "@".into())),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Local::Unix(path) = &self.local
            && let Err(error) = fs::remove_file(path)
        {
            tracing::debug!(%error, path = %path.display(), "a socket is left behind");
        }
    }
}

/// Listens on a port of a host; on that of all addresses, those of IPv6 included where there are
/// any.
async fn tcp(host: &str, port: u16) -> io::Result<TcpListener> {
    if !host.is_empty() {
        return TcpListener::bind((host, port)).await;
    }
    match TcpListener::bind(("::", port)).await {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
            TcpListener::bind(("0.0.0.0", port)).await
        }
        bound => bound,
    }
}

/// Takes away the socket that a process before left behind. One that is listened on stays, and so
/// does whatever else stands at the path.
fn make_way(path: &Path) -> io::Result<()> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    if !metadata.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "what stands there is no socket"));
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

#[cfg(target_os = "linux")]
fn in_abstract(name: &str) -> io::Result<UnixListener> {
    use std::os::linux::net::SocketAddrExt as _;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    let socket = std::os::unix::net::UnixListener::bind_addr(&address)?;
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket)
}

#[cfg(not(target_os = "linux"))]
fn in_abstract(_: &str) -> io::Result<UnixListener> {
    let message = "only Linux has sockets without a path";
    Err(io::Error::new(io::ErrorKind::Unsupported, message))
}

/// A connection.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.is_write_vectored(),
            Self::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
