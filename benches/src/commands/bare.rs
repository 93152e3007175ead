//! A server that does nothing: it reads a request and writes an answer that is always the same, with
//! one thread for each connection and two calls of the system for each request.
//!
//! What an exchange with it takes is what the system and the driver take of every exchange. Where
//! that is most of it no server can be many times as fast as another.

use clap::Args;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    listen: SocketAddr,
}

/// As long as an answer of Referee's to a small question.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 66\r\n\
    date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n\
    {\"decision_id\":\"00000000-0000-0000-0000-000000000000\",\"result\":true}";

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let listener = TcpListener::bind(arguments.listen).expect("a port");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || answer(stream));
    }
    ExitCode::SUCCESS
}

/// Answers until the connection ends.
fn answer(mut stream: TcpStream) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut buffer, mut held) = (vec![0; 1 << 20], 0);
    loop {
        let read = stream.read(&mut buffer[held..]).ok().filter(|read| *read > 0)?;
        held += read;
        if length(&buffer[..held]).is_some_and(|length| held >= length) {
            stream.write_all(ANSWER).ok()?;
            held = 0;
        }
    }
}

/// How long a request is, once its head is there.
fn length(request: &[u8]) -> Option<usize> {
    let head = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&request[..head]).ok()?;
    let body = text.split("\r\n").find_map(|line| line.strip_prefix("Content-Length: "));
    Some(head + body.map_or(Some(0), |length| length.parse().ok())?)
}
