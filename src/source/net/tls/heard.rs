//! Remembers the first bytes a peer says: what does not speak TLS is told by them.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::source::net::Io;

/// Enough for `HTTP/1.1 400` or a whole CONNACK.
const KEPT: usize = 12;

/// A stream whose beginning is remembered.
pub struct Heard<S> {
    io: S,
    first: Vec<u8>,
}

impl<S> Heard<S> {
    /// Nothing heard yet.
    pub fn new(io: S) -> Self {
        Self {
            io,
            first: Vec::with_capacity(KEPT),
        }
    }

    /// The first bytes, at most twelve.
    pub fn first(&self) -> &[u8] {
        &self.first
    }
}

impl<S: Io> Io for Heard<S> {}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let done = Pin::new(&mut self.io).poll_read(cx, buf);
        let missing = KEPT - self.first.len();
        if missing > 0 {
            let new = buf.filled().get(before..).unwrap_or_default();
            self.first.extend(new.iter().take(missing));
        }
        done
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
