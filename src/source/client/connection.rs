//! One TCP connection: its socket, read buffer and write queue, and how it can end.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
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
    event::{Phase, Time},
    source::session::Close,
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
    /// Asked to disconnect.
    Asked,
    /// Nobody is left to ask or to receive.
    Over,
}

/// The connection.
pub struct Connection {
    socket: Socket,
    pub(super) intake: Intake,
    pub(super) writer: Writer,
    pub(super) pace: Pace,
    pub(super) peer: SocketAddr,
    /// How long each step took.
    pub(super) phases: Vec<(Phase, Duration)>,
    /// When CONNECT was queued.
    pub(super) began: u64,
    /// When CONNACK was accepted.
    pub up_at: Option<u64>,
    pub(super) last_read: Time,
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
    /// A connected socket; `phases` are the steps so far.
    pub fn new(
        socket: Socket,
        peer: SocketAddr,
        phases: Vec<(Phase, Duration)>,
        limits: super::Limits,
        now: Time,
    ) -> Self {
        Self {
            socket,
            intake: Intake::new(limits),
            writer: Writer::default(),
            pace: Pace::default(),
            peer,
            phases,
            began: now.mono_us,
            up_at: None,
            last_read: now,
            is_write_first: false,
            write_error: None,
        }
    }

    /// Bytes came in, as the clock says in `last_read`.
    pub fn on_read(&mut self, was_full: bool) {
        self.pace.on_read(self.last_read.mono_us, was_full);
        if self.pace.is_slow() {
            self.socket.unwatch();
        }
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
        if is_write && !self.writer.is_empty() && self.write_error.is_none() {
            let (slices, count) = self.writer.slices();
            let slices = slices.get(..count).unwrap_or_default();
            self.socket.poll_write(cx, slices).map(Io::Wrote)
        } else if !is_write && is_reading {
            let was_paced = self.socket.is_unwatched();
            let read = self.socket.poll_read(cx, self.intake.room());
            if was_paced && !self.socket.is_unwatched() {
                self.pace.end();
            }
            read.map(Io::Read)
        } else {
            Poll::Pending
        }
    }

    /// Writes what is queued for a short while, then waits shortly for the peer to close: closing a socket
    /// with unread bytes would take the DISCONNECT back.
    pub async fn part(&mut self) -> Vec<Queued> {
        let mut parted = Vec::new();
        let write = async {
            while !self.writer.is_empty() {
                match self.io(false).await {
                    Io::Wrote(Ok(bytes)) if bytes > 0 => self.writer.advance(bytes),
                    _ => return,
                }
                parted.extend(std::iter::from_fn(|| self.writer.pop_written()));
            }
        };
        if timeout(GOODBYE, write).await.is_err() {
            return parted;
        }
        let _ = timeout(GOODBYE, self.socket.close()).await;
        parted
    }
}
