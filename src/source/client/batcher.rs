//! Records → batches: sent at 512 records, at 256 KiB, 5 ms after the first record, or at once after a quiet
//! spell; a ping of ours waits for its answer. A full channel blocks: the batch is kept, and who reads must stop.

use std::collections::VecDeque;

use crate::{
    event::{Batch, ConnectionState, ConnectionStatus, Data, OperationEnded, Record, SourceId, Time},
    source::flow::{BatchSender, NotSent, own_bytes},
};

/// Records in a batch, unless one step makes more.
const MAX_RECORDS: usize = 512;
/// Bytes in a batch, unless one message has more.
const MAX_BYTES: usize = 256 * 1024;
/// A batch waits so long for more.
const WAIT_US: u64 = 5_000;
/// A batch of what nobody waits for waits so long for news.
const PATIENCE_US: u64 = 1_000_000;
/// Records of our own doings that may pile up behind a full channel.
const MAX_BEHIND: usize = 4096;
/// Dropped messages are told so often at most.
const TELL_US: u64 = 1_000_000;

/// The batch being filled, and the channel.
pub struct Batcher {
    source: SourceId,
    batches_tx: BatchSender,
    records: Vec<Record>,
    /// Bytes that these bring beside the read buffer's.
    own_bytes: usize,
    first: Time,
    /// Among the records is one that somebody may wait for.
    has_news: bool,
    last_sent: u64,
    /// Batches without room: one, and the last one of a connection that ended meanwhile.
    blocked: VecDeque<Batch>,
    is_abandoned: bool,
    shed: Shed,
}

/// Messages given up while the channel was full, and not yet told.
#[derive(Default)]
struct Shed {
    messages: u64,
    bytes: u64,
    told_us: u64,
}

impl Batcher {
    /// Nothing recorded yet.
    pub fn new(source: SourceId, batches_tx: BatchSender) -> Self {
        Self {
            source,
            batches_tx,
            records: Vec::new(),
            own_bytes: 0,
            first: Time::default(),
            has_news: false,
            last_sent: 0,
            blocked: VecDeque::new(),
            is_abandoned: false,
            shed: Shed::default(),
        }
    }

    /// Adds a record; `make` is given its distance to the batch's time.
    pub fn push(&mut self, time: Time, make: impl FnOnce(u32) -> Record) {
        self.has_news = true;
        self.push_patient(time, make);
    }

    /// Adds a record that nobody waits for: an idle connection's ping and its answer wake the screen once.
    pub fn push_patient(&mut self, time: Time, make: impl FnOnce(u32) -> Record) {
        if self.records.is_empty() {
            self.first = time;
        }
        let after = time.mono_us.saturating_sub(self.first.mono_us);
        let record = make(after as u32);
        self.own_bytes += own_bytes(&record);
        self.records.push(record);
    }

    /// Adds a change of state.
    pub fn push_status(&mut self, time: Time, state: ConnectionState) {
        self.push(time, |after_us| {
            Record::Status(Box::new(ConnectionStatus { after_us, state }))
        });
    }

    /// Adds the end of a request.
    pub fn push_ended(&mut self, time: Time, ended: OperationEnded) {
        self.push(time, |_| Record::Operation(Box::new(ended)));
    }

    /// Gives a message up: it is counted, and told within a second.
    pub fn shed(&mut self, wire_len: usize) {
        self.shed.messages += 1;
        self.shed.bytes += wire_len as u64;
    }

    /// Records what was given up, if it is time to.
    pub fn tell_shed(&mut self, time: Time) {
        if self
            .shed_deadline()
            .is_some_and(|deadline| time.mono_us >= deadline)
        {
            self.tell_all_shed(time);
        }
    }

    /// Records what was given up, now.
    pub fn tell_all_shed(&mut self, time: Time) {
        let Shed { messages, bytes, .. } = self.shed;
        if messages > 0 {
            self.push(time, |_| Record::Dropped { messages, bytes });
        }
        self.shed = Shed {
            told_us: time.mono_us,
            ..Shed::default()
        };
    }

    /// When there is something given up to tell.
    pub const fn shed_deadline(&self) -> Option<u64> {
        if self.shed.messages > 0 {
            Some(self.shed.told_us + TELL_US)
        } else {
            None
        }
    }

    /// Whether the batch must be sent before more is added.
    pub fn is_full(&self, bytes: usize) -> bool {
        self.records.len() >= MAX_RECORDS || bytes + self.own_bytes >= MAX_BYTES
    }

    /// Whether it is time to send.
    pub fn is_due(&self, now: u64) -> bool {
        let is_old = self.deadline().is_some_and(|deadline| deadline <= now);
        let was_quiet = now.saturating_sub(self.last_sent) >= WAIT_US;
        is_old || (!self.is_blocked() && self.has_news && was_quiet)
    }

    /// When the batch has to be sent, if there is one to send.
    pub fn deadline(&self) -> Option<u64> {
        let wait = if self.has_news { WAIT_US } else { PATIENCE_US };
        (!self.is_blocked() && !self.records.is_empty()).then_some(self.first.mono_us + wait)
    }

    /// Sends what is there, with the bytes its records point into; blocks if there is no room.
    pub fn send(&mut self, data: impl Into<Data>, now: u64) {
        if self.records.is_empty() {
            return;
        }
        let capacity = self.records.len().min(MAX_RECORDS);
        let batch = Batch {
            source: self.source,
            time: self.first,
            data: data.into(),
            records: std::mem::replace(&mut self.records, Vec::with_capacity(capacity)),
        };
        self.has_news = false;
        self.own_bytes = 0;
        self.last_sent = now;
        if self.is_blocked() {
            self.blocked.push_back(batch);
            return;
        }
        match self.batches_tx.try_send(batch) {
            Ok(()) => {}
            Err(NotSent::Full(batch)) => self.blocked.push_back(batch),
            Err(NotSent::Closed) => self.is_abandoned = true,
        }
    }

    /// Whether a batch waits for room in the channel.
    pub fn is_blocked(&self) -> bool {
        !self.blocked.is_empty()
    }

    /// Whether commands, whose ends are records, may be taken.
    pub fn has_room(&self) -> bool {
        self.records.len() < MAX_BEHIND
    }

    /// Whether nobody receives any more.
    pub fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    /// Waits for room and sends the blocked batch; cancelling loses nothing.
    pub async fn unblock(&mut self) {
        if !self.batches_tx.send_next(&mut self.blocked).await {
            self.blocked.clear();
            self.is_abandoned = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{BatchReceiver, batches};

    fn at(mono_us: u64) -> Time {
        Time { mono_us, wall_us: 0 }
    }

    fn batcher(room: usize) -> (Batcher, BatchReceiver) {
        let (batches_tx, batches_rx) = batches(room, 1 << 20);
        (Batcher::new(SourceId(1), batches_tx), batches_rx)
    }

    #[test]
    fn a_lone_record_is_due_at_once_and_a_second_one_waits() {
        let (mut batcher, _batches_rx) = batcher(8);
        batcher.push_status(at(9_000), ConnectionState::Idle);
        assert!(batcher.is_due(9_000));
        batcher.send(Vec::new(), 9_000);
        batcher.push_status(at(10_000), ConnectionState::Idle);
        assert!(!batcher.is_due(10_000));
        assert_eq!(batcher.deadline(), Some(15_000));
        assert!(batcher.is_due(15_000));
    }

    #[test]
    fn a_ping_waits_for_its_answer_and_not_for_ever() {
        let (mut batcher, mut batches_rx) = batcher(8);
        let ping = |after_us| Record::Dropped {
            messages: u64::from(after_us),
            bytes: 0,
        };
        batcher.push_patient(at(9_000), ping);
        assert!(!batcher.is_due(9_000));
        assert_eq!(batcher.deadline(), Some(9_000 + PATIENCE_US));
        assert!(batcher.is_due(9_000 + PATIENCE_US));
        batcher.push_status(at(10_000), ConnectionState::Idle);
        assert!(batcher.is_due(10_000), "after a quiet spell news go at once");
        batcher.send(Vec::new(), 10_000);
        assert_eq!(batches_rx.try_recv().unwrap().records.len(), 2);
        batcher.push_patient(at(40_000), ping);
        assert!(!batcher.is_due(50_000));
    }

    #[test]
    fn records_tell_their_distance_to_the_first() {
        let (mut batcher, mut batches_rx) = batcher(8);
        for time in [100, 130] {
            batcher.push_status(at(time), ConnectionState::Idle);
        }
        batcher.send(Vec::new(), 200);
        let batch = batches_rx.try_recv().unwrap();
        assert_eq!(batch.time, at(100));
        let after: Vec<u32> = batch
            .records
            .iter()
            .map(|record| match record {
                Record::Status(status) => status.after_us,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(after, [0, 30]);
    }

    #[test]
    fn what_was_given_up_is_told_once_a_second_and_at_the_end() {
        let (mut batcher, mut batches_rx) = batcher(8);
        let mut told = |batcher: &mut Batcher| -> Vec<(u64, u64)> {
            batcher.send(Vec::new(), 0);
            let records = batches_rx
                .try_recv()
                .map(|batch| batch.records)
                .unwrap_or_default();
            let dropped = |record: &Record| match record {
                Record::Dropped { messages, bytes } => (*messages, *bytes),
                other => panic!("{other:?}"),
            };
            records.iter().map(dropped).collect()
        };
        batcher.shed(10);
        batcher.shed(20);
        batcher.tell_shed(at(2_000_000));
        assert_eq!(told(&mut batcher), [(2, 30)]);
        batcher.shed(5);
        assert_eq!(batcher.shed_deadline(), Some(3_000_000));
        batcher.tell_shed(at(2_500_000));
        assert_eq!(told(&mut batcher), []);
        batcher.tell_all_shed(at(2_500_000));
        assert_eq!(told(&mut batcher), [(1, 5)]);
        assert_eq!(batcher.shed_deadline(), None);
    }

    #[tokio::test]
    async fn a_full_channel_delays_batches_and_loses_none() {
        let (mut batcher, mut batches_rx) = batcher(1);
        for time in 1..=3 {
            batcher.push_status(at(time), ConnectionState::Idle);
            batcher.send(vec![time as u8], time);
        }
        assert!(batcher.is_blocked());
        for expected in 1..=3 {
            assert_eq!(**batches_rx.recv().await.unwrap().data, [expected]);
            if batcher.is_blocked() {
                batcher.unblock().await;
            }
        }
        assert!(!batcher.is_blocked());
    }

    #[tokio::test]
    async fn a_receiver_that_went_away_is_noticed() {
        let (mut batcher, batches_rx) = batcher(1);
        drop(batches_rx);
        batcher.push_status(at(1), ConnectionState::Idle);
        batcher.send(Vec::new(), 1);
        assert!(batcher.is_abandoned());
    }
}
