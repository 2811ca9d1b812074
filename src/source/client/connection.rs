//! One TCP connection: its socket, read buffer and write queue, and how it can end.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::timeout;

use super::{
    intake::Intake,
    pace::Pace,
    socket::Socket,
    writer::{Queued, Writer},
};
use crate::{
    event::Time,
    mqtt::ReasonCode,
    source::{net::Dialed, session::Close},
};

/// How long the broker may take for CONNACK.
pub const CONNACK_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a goodbye may take to be written, and the peer to close after it.
const GOODBYE: Duration = Duration::from_millis(100);

/// How a connection ended.
#[derive(Debug)]
pub enum Gone {
    /// By the rules of MQTT.
    Closed(Close),
    /// The peer closed, or the network failed (`Some`).
    Lost(Option<io::Error>),
    /// No CONNACK in time.
    NoConnack,
    /// The peer takes no answers.
    Stuffed,
    /// Asked to disconnect, and with which reason.
    Asked(ReasonCode),
    /// Nobody is left to ask or to receive.
    Over,
}

/// The connection.
pub struct Connection {
    socket: Socket,
    pub(super) intake: Intake,
    pub(super) writer: Writer,
    pub(super) pace: Pace,
    /// How it was made; CONNECT's time is added.
    pub(super) dialed: Dialed,
    /// When CONNECT was queued.
    pub(super) began: u64,
    /// When CONNACK was accepted.
    pub up_at: Option<u64>,
    pub(super) last_read: Time,
    /// What the peer said first, a few bytes, until CONNACK.
    pub first: Vec<u8>,
    is_write_first: bool,
    /// Nothing can be written any more; what the peer said before may still be read.
    pub(super) write_error: Option<io::Error>,
}

/// What the socket did.
pub enum Io {
    /// So many bytes came in; 0 is the end.
    Read(io::Result<usize>),
    /// So many bytes went out.
    Wrote(io::Result<usize>),
}

impl Connection {
    /// A connected stream.
    pub fn new(socket: Socket, dialed: Dialed, limits: super::Limits, now: Time) -> Self {
        Self {
            socket,
            intake: Intake::new(limits),
            writer: Writer::default(),
            pace: Pace::default(),
            dialed,
            began: now.mono_us,
            up_at: None,
            last_read: now,
            first: Vec::new(),
            is_write_first: false,
            write_error: None,
        }
    }

    /// So many bytes came in, as the clock says in `last_read`; whether there may be more.
    pub fn on_read(&mut self, count: usize) -> bool {
        let was_full = self.socket.is_full(count);
        self.pace.on_read(self.last_read.mono_us, was_full);
        if self.pace.is_slow() {
            self.socket.unwatch();
        }
        was_full
    }

    /// Whichever of reading and writing can be done, in turns where both can.
    pub async fn io(&mut self, is_reading: bool) -> Io {
        self.is_write_first = !self.is_write_first;
        poll_fn(|cx| {
            let first = self.poll_one(cx, self.is_write_first, is_reading);
            if first.is_ready() {
                return first;
            }
            self.poll_one(cx, !self.is_write_first, is_reading)
        })
        .await
    }

    fn poll_one(&mut self, cx: &mut Context<'_>, is_write: bool, is_reading: bool) -> Poll<Io> {
        if is_write && self.write_error.is_none() {
            self.poll_write(cx)
        } else if !is_write && is_reading {
            self.socket.poll_read(cx, self.intake.room()).map(Io::Read)
        } else {
            Poll::Pending
        }
    }

    /// Writes what is queued, then flushes what lies between us and the socket.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Io> {
        if !self.writer.is_empty() {
            let (slices, count) = self.writer.slices();
            let slices = slices.get(..count).unwrap_or_default();
            return self.socket.poll_write(cx, slices).map(Io::Wrote);
        }
        match self.socket.poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Io::Wrote(Err(error))),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// Writes what is queued for a short while, then waits shortly for the peer to close: closing a socket
    /// with unread bytes would take the DISCONNECT back. Gives what went out, and whether all of it did.
    pub async fn part(&mut self) -> (Vec<Queued>, bool) {
        let mut parted = Vec::new();
        let write = async {
            while !self.writer.is_empty() {
                match self.io(false).await {
                    Io::Wrote(Ok(bytes)) if bytes > 0 => self.writer.advance(bytes),
                    _ => return false,
                }
                parted.extend(std::iter::from_fn(|| self.writer.pop_written()));
            }
            poll_fn(|cx| self.socket.poll_flush(cx)).await.is_ok()
        };
        let is_flushed = timeout(GOODBYE, write).await.unwrap_or(false);
        if is_flushed {
            let _ = timeout(GOODBYE, self.socket.close()).await;
        }
        (parted, is_flushed)
    }
}
