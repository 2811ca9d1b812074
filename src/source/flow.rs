//! The way of batches from the sources to whoever takes them in: bounded by number and, as one message may have
//! megabytes, by bytes. Full = the source stops reading.
//!
//! ```text
//! source ─ room for the bytes? ─▶ channel ─▶ receiver: the room comes back with its next call, when what it was
//!                                            given has been taken in
//! ```

use std::sync::Arc;

use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, error::TryRecvError},
};

use crate::event::{Batch, Frame, Record};

type Sent = (Batch, OwnedSemaphorePermit);

/// The sources' end.
#[derive(Debug, Clone)]
pub struct BatchSender {
    sent_tx: mpsc::Sender<Sent>,
    room: Arc<Semaphore>,
    bytes: u32,
}

/// The other end.
#[derive(Debug)]
pub struct BatchReceiver {
    sent_rx: mpsc::Receiver<Sent>,
    taken: Vec<Sent>,
    /// Room of the batches given out last.
    given: Vec<OwnedSemaphorePermit>,
}

/// Why a batch was not taken.
#[derive(Debug)]
pub enum NotSent {
    /// There is no room; the batch is given back.
    Full(Batch),
    /// Nobody receives any more.
    Closed,
}

/// A channel for so many batches and about so many bytes; a batch larger than that goes alone.
pub fn batches(count: usize, bytes: usize) -> (BatchSender, BatchReceiver) {
    let bytes = bytes.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize)) as u32;
    let (sent_tx, sent_rx) = mpsc::channel(count);
    let sender = BatchSender {
        sent_tx,
        room: Arc::new(Semaphore::new(bytes as usize)),
        bytes,
    };
    let receiver = BatchReceiver {
        sent_rx,
        taken: Vec::new(),
        given: Vec::new(),
    };
    (sender, receiver)
}

impl BatchSender {
    /// Sends if there is room.
    pub fn try_send(&self, batch: Batch) -> Result<(), NotSent> {
        let Ok(slot) = self.sent_tx.try_reserve() else {
            return Err(if self.sent_tx.is_closed() {
                NotSent::Closed
            } else {
                NotSent::Full(batch)
            });
        };
        let room = Arc::clone(&self.room);
        match room.try_acquire_many_owned(self.cost(&batch)) {
            Ok(room) => slot.send((batch, room)),
            Err(_) => return Err(NotSent::Full(batch)),
        }
        Ok(())
    }

    /// Waits for room and sends what `batch` holds then; cancelling loses nothing. `false`: nobody receives any more.
    pub async fn send_next(&self, waiting: &mut std::collections::VecDeque<Batch>) -> bool {
        let Some(cost) = waiting.front().map(|batch| self.cost(batch)) else {
            return true;
        };
        // A receiver that went away never gives room back.
        let room = tokio::select! {
            room = Arc::clone(&self.room).acquire_many_owned(cost) => room,
            () = self.sent_tx.closed() => return false,
        };
        let (Ok(room), Ok(slot)) = (room, self.sent_tx.reserve().await) else {
            return false;
        };
        if let Some(batch) = waiting.pop_front() {
            slot.send((batch, room));
        }
        true
    }

    fn cost(&self, batch: &Batch) -> u32 {
        let own: usize = batch.records.iter().map(own_bytes).sum();
        let held = batch.data.capacity() + batch.records.capacity() * size_of::<Record>() + own;
        u32::try_from(held).unwrap_or(u32::MAX).clamp(1, self.bytes)
    }
}

/// Bytes that a record brings beside the batch's.
pub fn own_bytes(record: &Record) -> usize {
    let frame = match record {
        Record::Publish(publish) => &publish.frame,
        Record::Packet(packet) => &packet.frame,
        Record::Status(_) | Record::Operation(_) | Record::Untold | Record::Dropped { .. } => return 0,
    };
    match frame {
        Frame::Own(bytes) => bytes.len(),
        Frame::InBatch(_) => 0,
    }
}

impl BatchReceiver {
    /// The next batch; `None` once all senders are gone and nothing is left.
    pub async fn recv(&mut self) -> Option<Batch> {
        self.given.clear();
        let (batch, room) = self.sent_rx.recv().await?;
        self.given.push(room);
        Some(batch)
    }

    /// Appends up to `limit` batches, at least one; 0 once all senders are gone. Cancelling loses nothing.
    pub async fn recv_many(&mut self, batches: &mut Vec<Batch>, limit: usize) -> usize {
        self.given.clear();
        let count = self.sent_rx.recv_many(&mut self.taken, limit).await;
        for (batch, room) in self.taken.drain(..) {
            batches.push(batch);
            self.given.push(room);
        }
        count
    }

    /// Whether none is there.
    pub fn is_empty(&self) -> bool {
        self.sent_rx.is_empty()
    }

    /// A batch that is there.
    pub fn try_recv(&mut self) -> Result<Batch, TryRecvError> {
        self.given.clear();
        let (batch, room) = self.sent_rx.try_recv()?;
        self.given.push(room);
        Ok(batch)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::event::{SourceId, Time};

    fn batch(bytes: usize) -> Batch {
        Batch {
            source: SourceId(1),
            time: Time::default(),
            data: vec![0; bytes].into(),
            records: Vec::new(),
        }
    }

    #[test]
    fn bytes_fill_the_channel_before_their_number_does() {
        let (sender, mut receiver) = batches(64, 1_000);
        assert!(sender.try_send(batch(600)).is_ok());
        assert!(matches!(sender.try_send(batch(600)), Err(NotSent::Full(_))));
        assert!(sender.try_send(batch(400)).is_ok());
        // What was given out is still held; the next call says that it was taken in.
        assert_eq!(receiver.try_recv().unwrap().data.len(), 600);
        assert!(matches!(sender.try_send(batch(600)), Err(NotSent::Full(_))));
        assert_eq!(receiver.try_recv().unwrap().data.len(), 400);
        assert!(sender.try_send(batch(600)).is_ok());
    }

    #[test]
    fn a_batch_larger_than_the_channel_goes_alone() {
        let (sender, mut receiver) = batches(64, 1_000);
        assert!(sender.try_send(batch(5_000)).is_ok());
        assert!(matches!(sender.try_send(batch(1)), Err(NotSent::Full(_))));
        assert!(receiver.try_recv().is_ok() && receiver.try_recv().is_err());
        assert!(sender.try_send(batch(1)).is_ok());
    }

    #[tokio::test]
    async fn who_waits_is_let_in_once_there_is_room() {
        let (sender, mut receiver) = batches(64, 1_000);
        assert!(sender.try_send(batch(900)).is_ok());
        let mut waiting = VecDeque::from([batch(800)]);
        let taking = async {
            let mut taken = Vec::new();
            while taken.len() < 2 {
                receiver.recv_many(&mut taken, 1).await;
            }
            taken.iter().map(|batch| batch.data.len()).collect::<Vec<_>>()
        };
        let (is_open, taken) = tokio::join!(sender.send_next(&mut waiting), taking);
        assert!(is_open && waiting.is_empty());
        assert_eq!(taken, [900, 800]);
    }

    #[tokio::test]
    async fn a_receiver_that_went_away_lets_nobody_wait() {
        let (sender, receiver) = batches(64, 1_000);
        assert!(sender.try_send(batch(900)).is_ok());
        drop(receiver);
        assert!(!sender.send_next(&mut VecDeque::from([batch(800)])).await);
        assert!(matches!(sender.try_send(batch(1)), Err(NotSent::Closed)));
    }
}
