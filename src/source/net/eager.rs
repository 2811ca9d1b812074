//! A TCP socket that acknowledges at once while a connection begins.
//!
//! A TLS server sends its session tickets, which nobody answers, and then CONNACK. Unless its broker turned Nagle's
//! algorithm off (mosquitto does not), CONNACK waits for the tickets' acknowledgement, which our kernel delays by
//! 40 ms. Only Linux can be told not to.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::Io;

/// Writes until the connection has begun: handshake, upgrade, CONNECT and SUBSCRIBE are fewer. The kernel goes back
/// to delaying with what is written, so that each is followed by the wish.
const WRITES: u8 = 12;

/// The socket.
pub struct Eager {
    socket: TcpStream,
    /// Writes still followed by the wish.
    left: u8,
}

impl Eager {
    /// A connection's socket from its beginning.
    pub const fn new(socket: TcpStream) -> Self {
        Self { socket, left: WRITES }
    }

    fn written(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() && self.left > 0 {
            self.left -= 1;
            // Without it the connection is only later.
            #[cfg(target_os = "linux")]
            let _ = rustix::net::sockopt::set_tcp_quickack(&self.socket, true);
        }
        written
    }
}

impl Io for Eager {}

impl AsyncRead for Eager {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Eager {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
