//! The latest control packets beside PUBLISH, as the packet view shows them: few, and bounded by bytes too.

use std::collections::VecDeque;

use crate::{
    event::{Batch, PacketRecord, SourceId, Time},
    mqtt::ProtocolVersion,
    wire::{Anomaly, Direction, PacketType},
};

/// How many are remembered.
const MAX_PACKETS: usize = 1_024;
/// Of a larger one the head is kept.
const MAX_FRAME: usize = 64 * 1024;

/// A packet that went by.
#[derive(Debug, Clone)]
pub struct PacketEntry {
    /// Counts up over all connections, from 1.
    pub id: u64,
    /// When.
    pub time: Time,
    /// By which connection.
    pub source: SourceId,
    /// `None` for the reserved type 0.
    pub packet_type: Option<PacketType>,
    /// The version it was read in.
    pub version: ProtocolVersion,
    /// Which way.
    pub direction: Direction,
    /// Its bytes, at most 64 KiB of them; secrets are overwritten.
    pub frame: Box<[u8]>,
    /// Bytes on the wire.
    pub wire_len: u32,
    /// What is wrong or odd about it.
    pub anomalies: Vec<Anomaly>,
}

/// The ring of them.
#[derive(Debug)]
pub struct Packets {
    entries: VecDeque<PacketEntry>,
    bytes: usize,
    max_bytes: usize,
    seen: u64,
    anomalies: u64,
}

impl PacketEntry {
    fn memory(&self) -> usize {
        let words: usize = self
            .anomalies
            .iter()
            .map(|anomaly| anomaly.what.capacity() + size_of::<Anomaly>())
            .sum();
        size_of::<Self>() + self.frame.len() + words
    }
}

impl Packets {
    pub(super) fn new(max_memory: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            max_bytes: max_memory / 64,
            seen: 0,
            anomalies: 0,
        }
    }

    pub(super) fn push(&mut self, batch: &Batch, record: &PacketRecord, time: Time) {
        let frame = batch.bytes(&record.frame);
        self.seen += 1;
        self.anomalies += record.anomalies.len() as u64;
        let entry = PacketEntry {
            id: self.seen,
            time,
            source: batch.source,
            packet_type: record.packet_type,
            version: record.version,
            direction: record.direction,
            frame: frame.get(..MAX_FRAME).unwrap_or(frame).into(),
            wire_len: frame.len() as u32,
            anomalies: record.anomalies.clone(),
        };
        self.bytes += entry.memory();
        self.entries.push_back(entry);
        while self.bytes > self.max_bytes || self.entries.len() > MAX_PACKETS {
            let Some(gone) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= gone.memory();
        }
    }

    /// Those remembered, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &PacketEntry> + ExactSizeIterator {
        self.entries.iter()
    }

    /// All that went by, remembered or not.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Everything that was wrong or odd, of packets remembered or not.
    pub const fn anomalies(&self) -> u64 {
        self.anomalies
    }

    /// Bytes held.
    pub const fn memory(&self) -> usize {
        self.bytes
    }
}
