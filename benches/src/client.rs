//! A client with one connection that is kept open: what an admission controller is to a server,
//! without a pool or a queue that would show up in the figures.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// One open connection.
pub struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

impl Client {
    /// Connects.
    ///
    /// # Panics
    /// Where nothing listens.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a server listens");
        stream.set_nodelay(true).expect("a socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
        tokio::spawn(async move {
            // Ends when the client is dropped or the server closes.
            let _closed = connection.await;
        });
        Self { address, sender }
    }

    /// Posts a body and reads the whole answer.
    ///
    /// # Panics
    /// Where the connection breaks: the servers here are not supposed to.
    pub async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, String)],
        body: Bytes,
    ) -> (StatusCode, Bytes) {
        self.sender.ready().await.expect("an open connection");
        let mut request = Request::post(path)
            .header("host", self.address.to_string())
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(body)).expect("a request");
        let response = self.sender.send_request(request).await.expect("an answer");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        (status, body)
    }
}
