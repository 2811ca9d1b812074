//! What is remembered: connections, topics, messages, packets, counters. [`Model::apply`] is the only way in.
//!
//! ```text
//! Batch ─ apply ─▶ Topics (arena tree)   ids  ┌─▶ TreeView  what is open, sorted, filtered; rows
//!                  Log (ring by bytes) ◀──────┤
//!                  Connections, Packets       └─▶ LogView   what is listed; pause
//! ```
//! Pure: time comes in as microseconds; no tasks, files, screens. The views belong to whoever shows them.

mod arena;
mod connections;
mod interner;
mod log;
mod matching;
mod notice;
mod packets;
mod stats;
mod tree;

#[cfg(test)]
mod tests;

pub use connections::{Connection, Counters, SubscriptionStats};
pub use log::{Log, LogView, Matches, MessageRef, RebuiltFrame, effort_of};
pub use matching::Matching;
pub use notice::{Notice, NoticeKind};
pub use packets::{PacketEntry, Packets};
pub use stats::Rate;
pub use tree::{NodeId, Row, Scope, SortBy, TopicStats, Topics, TreeView};

use crate::{
    event::{Batch, ConnectionStatus, PacketRecord, PublishRecord, Record, SourceId, Time},
    wire::Direction,
};

/// Less makes no sense: a block of the log, of topics and of their texts must fit.
const MIN_MEMORY: usize = 1024 * 1024;

/// How much may be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes for messages, topics and packets together; at least 1 MiB is used. Topics may take half.
    pub max_memory: usize,
}

/// Memory used, for the gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// Bytes held by topics, messages and packets.
    pub used: usize,
    /// Bytes they may hold.
    pub budget: usize,
}

/// Everything remembered.
#[derive(Debug)]
pub struct Model {
    connections: Vec<Connection>,
    topics: Topics,
    log: Log,
    packets: Packets,
    totals: Counters,
    rate: Rate,
    /// How far behind the newest record was when it came in, and when.
    lag: (u64, u64),
    budget: usize,
    /// Bytes that others hold for what is remembered here.
    reserved: usize,
}

impl Model {
    /// An empty one.
    pub fn new(limits: Limits) -> Self {
        let budget = limits.max_memory.max(MIN_MEMORY);
        Self {
            connections: Vec::new(),
            topics: Topics::new(budget / 2),
            log: Log::new(budget),
            packets: Packets::new(budget),
            totals: Counters::default(),
            rate: Rate::default(),
            lag: (0, 0),
            budget,
            reserved: 0,
        }
    }

    /// Makes a connection known. Batches of unknown ones are left out. Ids are never reused.
    pub fn add_connection(&mut self, id: SourceId, name: &str) {
        if self.connection(id).is_none() {
            let slot = self.topics.add_root(id, name);
            self.connections.push(Connection::new(id, name, slot));
        }
    }

    /// Forgets a connection and hides its topics. Its messages stay in the log until they are evicted; totals stay.
    pub fn remove_connection(&mut self, id: SourceId) {
        if let Some(index) = self.connections.iter().position(|connection| connection.id == id) {
            let connection = self.connections.remove(index);
            self.topics.hide_root(connection.slot);
        }
    }

    /// Takes in what a source saw. `now_us` (mono) tells how late it comes. Gives what a person should be told.
    pub fn apply(&mut self, mut batch: Batch, now_us: u64) -> Vec<Notice> {
        let mut notices = Vec::new();
        let source = batch.source;
        let Some(index) = self
            .connections
            .iter()
            .position(|connection| connection.id == source)
        else {
            return notices;
        };
        let mut newest_us = batch.time.mono_us;
        if self.topics.has_room() {
            self.log.adopt(&mut batch, &self.topics, self.log_budget());
        }
        let batch = &batch;
        for record in &batch.records {
            match record {
                Record::Publish(publish) => {
                    self.publish(index, batch, publish);
                    newest_us = newest_us.max(batch.time.mono_us + u64::from(publish.after_us));
                }
                Record::Packet(packet) => self.packet(batch, packet, &mut notices),
                Record::Status(status) => self.status(index, batch, status, &mut notices),
                Record::Operation(ended) => notices.push(Notice {
                    source,
                    time: batch.time,
                    what: NoticeKind::OperationEnded((**ended).clone()),
                }),
                Record::Untold => notices.push(Notice {
                    source,
                    time: batch.time,
                    what: NoticeKind::Untold,
                }),
                Record::Dropped { messages, bytes } => {
                    self.dropped(index, *messages, *bytes);
                    notices.push(Notice {
                        source,
                        time: batch.time,
                        what: NoticeKind::Dropped {
                            messages: *messages,
                            bytes: *bytes,
                        },
                    });
                }
            }
        }
        self.lag = (now_us.saturating_sub(newest_us), now_us);
        self.log.fit(&self.topics, self.log_budget());
        notices
    }

    /// Counts what views hold of it, bytes: the history makes room with the next batch.
    pub const fn reserve(&mut self, bytes: usize) {
        self.reserved = bytes;
    }

    fn log_budget(&self) -> usize {
        self.budget
            .saturating_sub(self.topics.memory() + self.packets.memory() + self.reserved)
    }

    fn publish(&mut self, index: usize, batch: &Batch, record: &PublishRecord) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        self.totals.count(record);
        connection.counters.count(record);
        let slot = connection.slot;
        let node = self.topics.find_or_add(slot, topic_of(batch, record));
        let place = log::Place {
            slot,
            node,
            previous_id: node.map_or(0, |node| self.topics.stats(node).last_id.unwrap_or(0)),
        };
        let (topics, packets, reserved) = (&self.topics, &self.packets, self.reserved);
        let budget = || {
            // What is copied from is in memory too.
            let in_hand = batch.bytes(&record.frame).len();
            self.budget
                .saturating_sub(topics.memory() + packets.memory() + reserved + in_hand)
        };
        let id = self.log.append(batch, record, place, topics, budget);
        if record.direction == Direction::ServerToClient && !record.is_repeat {
            let at_us = batch.time.mono_us + u64::from(record.after_us);
            self.rate.add(at_us);
            connection.rate.add(at_us);
            match node {
                Some(node) => self.deliver(index, node, id, record, at_us),
                None => self.topics.count_not_kept(),
            }
        }
    }

    fn deliver(&mut self, index: usize, node: NodeId, id: u64, record: &PublishRecord, at_us: u64) {
        let outdated = self.topics.deliver(
            node,
            tree::Delivery {
                id,
                wire_len: record.wire_len,
                is_retained: record.retain,
                is_empty: record.wire_len <= record.payload_start,
                at_us,
            },
        );
        for id in outdated {
            if id != 0 {
                self.log.forget(id);
            }
        }
        if let Some(connection) = self.connections.get_mut(index) {
            connection.count_matches(&mut self.topics, node, at_us);
        }
    }

    fn packet(&mut self, batch: &Batch, record: &PacketRecord, notices: &mut Vec<Notice>) {
        let time = later(batch.time, record.after_us);
        self.packets.push(batch, record, time);
        for anomaly in record.anomalies.iter().filter(|anomaly| anomaly.is_violation) {
            notices.push(Notice {
                source: batch.source,
                time,
                what: NoticeKind::Violation {
                    packet_type: record.packet_type,
                    packet: self.packets.seen(),
                    anomaly: anomaly.clone(),
                },
            });
        }
    }

    fn status(&mut self, index: usize, batch: &Batch, status: &ConnectionStatus, notices: &mut Vec<Notice>) {
        let Some(connection) = self.connections.get_mut(index) else {
            return;
        };
        let time = later(batch.time, status.after_us);
        let before = connection.state.clone();
        connection.set_state(status.state.clone(), time.mono_us);
        notices.push(Notice {
            source: batch.source,
            time,
            what: NoticeKind::StateChanged {
                before,
                now: status.state.clone(),
            },
        });
    }

    fn dropped(&mut self, index: usize, messages: u64, bytes: u64) {
        self.totals.count_dropped(messages, bytes);
        if let Some(connection) = self.connections.get_mut(index) {
            connection.counters.count_dropped(messages, bytes);
        }
    }

    /// The connections, in the order they were added.
    pub fn connections(&self) -> impl ExactSizeIterator<Item = &Connection> {
        self.connections.iter()
    }

    /// One connection.
    pub fn connection(&self, id: SourceId) -> Option<&Connection> {
        self.connections.iter().find(|connection| connection.id == id)
    }

    /// The topics of all connections.
    pub const fn topics(&self) -> &Topics {
        &self.topics
    }

    /// The messages' ids and figures; a message itself is at [`message`](Self::message).
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The latest control packets beside PUBLISH.
    pub const fn packets(&self) -> &Packets {
        &self.packets
    }

    /// A message of the history, or a topic's last or last retained one that outlived it.
    pub fn message(&self, id: u64) -> Option<MessageRef<'_>> {
        self.log.get(id, &self.topics)
    }

    /// The last message delivered to exactly this topic.
    pub fn last_message(&self, node: NodeId) -> Option<MessageRef<'_>> {
        self.message(self.topics.stats(node).last_id?)
    }

    /// The last retained message of exactly this topic.
    pub fn last_retained(&self, node: NodeId) -> Option<MessageRef<'_>> {
        self.message(self.topics.stats(node).last_retained_id?)
    }

    /// The message delivered before this one on its topic. No scan.
    pub fn previous_on_topic(&self, id: u64) -> Option<MessageRef<'_>> {
        self.log.previous(id, &self.topics)
    }

    /// What was delivered to exactly this topic, newest first, as far as it is remembered. No scan.
    pub fn history(&self, node: NodeId) -> impl Iterator<Item = MessageRef<'_>> {
        std::iter::successors(self.last_message(node), |message| {
            self.previous_on_topic(message.id())
        })
    }

    /// The first message at or behind a moment, mono µs; above `log().last_id()` if none is.
    pub fn message_at(&self, mono_us: u64) -> u64 {
        self.log.id_at(mono_us)
    }

    /// What went by on all connections, removed ones included.
    pub const fn totals(&self) -> &Counters {
        &self.totals
    }

    /// Messages received on all connections, a second.
    pub const fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Received messages in the history. Looks at each: for the end of a run.
    pub fn received_in_log(&self) -> u64 {
        let ids = self.log.first_id()..=self.log.last_id();
        let is_received = |message: &MessageRef<'_>| {
            message.direction() == Direction::ServerToClient && !message.is_repeat()
        };
        ids.filter_map(|id| self.message(id)).filter(is_received).count() as u64
    }

    /// Memory used and allowed.
    pub fn memory(&self) -> Memory {
        Memory {
            used: self.topics.memory() + self.packets.memory() + self.log.memory() + self.reserved,
            budget: self.budget,
        }
    }

    /// How late messages come in, µs: from the source's read to `apply`. 0 after two seconds of silence.
    pub const fn lag_us(&self, now_us: u64) -> u64 {
        let (lag, at) = self.lag;
        if now_us.saturating_sub(at) < 2_000_000 {
            lag
        } else {
            0
        }
    }
}

fn topic_of<'a>(batch: &'a Batch, record: &'a PublishRecord) -> &'a [u8] {
    if let Some(topic) = &record.alias_topic {
        return topic.as_bytes();
    }
    let start = record.topic_start as usize;
    batch
        .bytes(&record.frame)
        .get(start..start + record.topic_len as usize)
        .unwrap_or_default()
}

fn later(time: Time, after_us: u32) -> Time {
    Time {
        mono_us: time.mono_us + u64::from(after_us),
        wall_us: time.wall_us + i64::from(after_us),
    }
}
