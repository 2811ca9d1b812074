//! Standard output on a thread of its own, one write in flight: a reader that takes nothing more (a pager, a
//! stalled pipe) holds up neither the connection nor a signal nor the time limit.

use std::{
    io::{self, Write},
    thread,
    time::Duration,
};

use tokio::{sync::mpsc, time::timeout};

use super::{Failure, talk};

/// How long a reader that takes nothing may hold up the end.
const PATIENCE: Duration = Duration::from_secs(1);
/// A larger buffer is not kept for the next write.
const MAX_KEPT: usize = 1024 * 1024;

/// The way to the thread.
pub struct Stdout {
    /// One place: the write in flight.
    bytes_tx: mpsc::Sender<Vec<u8>>,
    /// The buffer written last, to be filled again, and how that went.
    done_rx: mpsc::Receiver<(Vec<u8>, io::Result<()>)>,
    spare: Vec<u8>,
    is_writing: bool,
}

impl Stdout {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let (bytes_tx, mut bytes_rx) = mpsc::channel::<Vec<u8>>(1);
        let (done_tx, done_rx) = mpsc::channel(1);
        thread::Builder::new().name("stdout".into()).spawn(move || {
            while let Some(mut bytes) = bytes_rx.blocking_recv() {
                let mut stdout = io::stdout().lock();
                let written = stdout.write_all(&bytes).and_then(|()| stdout.flush());
                bytes.clear();
                if done_tx.blocking_send((bytes, written)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            bytes_tx,
            done_rx,
            spare: Vec::new(),
            is_writing: false,
        })
    }

    /// Whether a write is in flight.
    pub const fn is_writing(&self) -> bool {
        self.is_writing
    }

    /// Takes what is gathered and gives an empty buffer for it, unless a write is in flight.
    pub fn write(&mut self, bytes: &mut Vec<u8>) {
        if self.is_writing || bytes.is_empty() {
            return;
        }
        let full = std::mem::replace(bytes, std::mem::take(&mut self.spare));
        // The place is free: what was in flight is done.
        self.is_writing = self.bytes_tx.try_send(full).is_ok();
    }

    /// Waits for the write in flight; does nothing without one. Cancelling loses nothing.
    pub async fn written(&mut self) -> Result<(), Failure> {
        if !self.is_writing {
            return Ok(());
        }
        let Some((spare, written)) = self.done_rx.recv().await else {
            return Err(Failure::error("the output ended"));
        };
        self.is_writing = false;
        if spare.capacity() <= MAX_KEPT {
            self.spare = spare;
        }
        written.map_err(|error| Failure::output(&error))
    }

    /// Writes the last bytes, as long as somebody takes them.
    pub async fn finish(&mut self, mut bytes: Vec<u8>) -> Result<(), Failure> {
        self.written().await?;
        self.write(&mut bytes);
        self.written().await
    }

    /// The same, but a reader that takes nothing is not waited for, which is said.
    pub async fn give_up(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        timeout(PATIENCE, self.finish(bytes)).await.unwrap_or_else(|_| {
            talk::say("the reader of the output takes nothing more: the last messages are not written");
            Ok(())
        })
    }
}
