//! The messages of all connections in the order they came, in blocks bounded by bytes. The oldest blocks go
//! whole; each topic's last and last retained message stay. Everything that goes is counted.
//!
//! It knows ids, bytes and topics' nodes; not filters, not screens.

mod adopt;
mod header;
mod kept;
mod message;
mod segment;
mod stored;
mod view;

use std::collections::VecDeque;

use message::length_len;
pub use message::{MessageRef, RebuiltFrame, effort_of};
pub use view::{LogView, Matches};

use super::tree::{NodeId, Topics};
use crate::event::{Batch, Block, PublishRecord};
use header::{Flags, Header};
use kept::{ENTRY, KeptMessages};
use segment::{Parts, Segment};

/// The log.
#[derive(Debug)]
pub struct Log {
    segments: VecDeque<Segment>,
    block_len: usize,
    max_message: usize,
    segment_bytes: usize,
    /// Room in blocks that buffers stand behind.
    unfilled: usize,
    next_id: u64,
    kept: KeptMessages,
    evicted: u64,
}

/// Whose message it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) slot: u16,
    pub(super) node: Option<NodeId>,
    /// The message before it on its topic; 0 for none.
    pub(super) previous_id: u64,
}

impl Log {
    pub(super) fn new(max_memory: usize) -> Self {
        Self {
            segments: VecDeque::new(),
            block_len: block_len(max_memory),
            max_message: max_memory / 8,
            segment_bytes: 0,
            unfilled: 0,
            next_id: 1,
            kept: KeptMessages::new(block_len(max_memory)),
            evicted: 0,
        }
    }

    /// Adds a message; `budget` tells what the log may hold with it, asked for once a block. Gives its id.
    pub(super) fn append(
        &mut self,
        batch: &Batch,
        record: &PublishRecord,
        place: Place,
        topics: &Topics,
        budget: impl FnOnce() -> usize,
    ) -> u64 {
        let frame = batch.bytes(&record.frame);
        let slice = |from: u32, to: usize| frame.get(from as usize..to).unwrap_or_default();
        let topic_start = record.topic_start as usize;
        let mut parts = Parts {
            true_len: &[],
            topic: &[],
            properties: slice(record.properties_start, record.payload_start as usize),
            payload: slice(record.payload_start, frame.len()),
        };
        if place.node.is_none() {
            parts.topic = match &record.alias_topic {
                Some(topic) => topic.as_bytes(),
                None => slice(
                    u32::from(record.topic_start),
                    topic_start + record.topic_len as usize,
                ),
            };
        }
        let true_len = record.wire_len.saturating_sub(record.payload_start);
        parts.payload = parts.payload.get(..self.max_message).unwrap_or(parts.payload);
        parts.properties = parts
            .properties
            .get(..self.max_message)
            .unwrap_or(parts.properties);
        let true_len_bytes = true_len.to_le_bytes();
        let mut flags = Flags::of(record);
        if parts.payload.len() < true_len as usize {
            flags.set(Flags::TRUNCATED, true);
            parts.true_len = &true_len_bytes;
        }
        mark_shape(&mut flags, record);
        let id = self.next_id;
        let header = Header {
            mono_us: batch.time.mono_us + u64::from(record.after_us),
            node: place.node.map_or(u32::MAX, |node| node.0),
            back: match place.previous_id {
                0 => 0,
                previous => u32::try_from(id - previous).unwrap_or(0),
            },
            start: 0,
            properties_len: parts.properties.len() as u32,
            payload_len: parts.payload.len() as u32,
            wire_len: record.wire_len,
            packet_id: record.packet_id,
            topic_len: parts.topic.len() as u16,
            slot: place.slot,
            flags,
        };
        let wall_ahead_us = batch.time.wall_us - batch.time.mono_us as i64;
        match self.place_in_buffer(batch, record, parts) {
            Some((segment, start)) => segment.push_header(Header { start, ..header }, wall_ahead_us),
            None => self.segment_for(parts.len(), wall_ahead_us, topics, budget).push(
                header,
                wall_ahead_us,
                parts,
            ),
        }
        self.next_id += 1;
        id
    }

    fn segment_for(
        &mut self,
        len: usize,
        wall_ahead_us: i64,
        topics: &Topics,
        budget: impl FnOnce() -> usize,
    ) -> &mut Segment {
        self.drop_unused();
        let newest = self.segments.back();
        if !newest.is_some_and(|segment| segment.has_room(len, wall_ahead_us)) {
            // One with a block of its own takes it along when it outlives the history.
            self.add_segment((len + ENTRY).max(self.block_len), topics, budget());
        }
        self.segments
            .back_mut()
            .expect("one with room was just made sure of")
    }

    /// A buffer may be kept, and then its first message not be fit to stay in it.
    fn drop_unused(&mut self) {
        if let Some(unused) = self.segments.back().filter(|segment| segment.count() == 0) {
            self.segment_bytes -= unused.len() + Segment::OVERHEAD;
            self.segments.pop_back();
        }
    }

    fn add_segment(&mut self, len: usize, topics: &Topics, budget: usize) {
        // A used block saves the kernel from clearing pages for a new one.
        let mut block = None;
        self.make_room(len, topics, budget, |old| {
            if old.len() == len {
                block = Some(old);
            }
        });
        let block = block.unwrap_or_else(|| Block::zeroed_to_fill(len));
        self.push_segment(Segment::new(block, self.next_id));
    }

    /// Makes room in a budget for a segment of `len` bytes more; blocks that go are given to `on_block`.
    fn make_room(&mut self, len: usize, topics: &Topics, budget: usize, on_block: impl FnMut(Block)) {
        self.shrink(topics, budget.saturating_sub(len + Segment::OVERHEAD), on_block);
    }

    /// Makes the log fit a budget: history goes first, then last values once they take three quarters.
    pub(super) fn fit(&mut self, topics: &Topics, budget: usize) {
        self.shrink(topics, budget, |_| {});
    }

    fn shrink(&mut self, topics: &Topics, budget: usize, mut on_block: impl FnMut(Block)) {
        while self.memory() > budget {
            match self.reclaim(topics, budget) {
                Reclaimed::Nothing => return,
                Reclaimed::Kept => {}
                Reclaimed::Block(old) => on_block(old),
            }
        }
    }

    fn push_segment(&mut self, segment: Segment) {
        self.segment_bytes += segment.len() + Segment::OVERHEAD;
        self.segments.push_back(segment);
    }

    fn reclaim(&mut self, topics: &Topics, budget: usize) -> Reclaimed {
        let kept = self.kept.memory();
        if kept > budget / 4 * 3 || self.segments.is_empty() {
            if kept == 0 {
                return Reclaimed::Nothing;
            }
            self.kept.give_up(self.memory() - budget);
            return Reclaimed::Kept;
        }
        self.evict_oldest(topics)
    }

    fn evict_oldest(&mut self, topics: &Topics) -> Reclaimed {
        let Some(segment) = self.segments.pop_front() else {
            return Reclaimed::Nothing;
        };
        self.evicted += u64::from(segment.count());
        self.segment_bytes -= segment.len() + Segment::OVERHEAD;
        self.unfilled -= segment.sealed();
        let outlives =
            |id: u64, header: &Header| header.node != u32::MAX && topics.keeps(NodeId(header.node), id);
        if segment.is_whole()
            && segment.len() > self.block_len
            && let Some(header) = segment.header(0)
            && outlives(segment.first_id(), &header)
        {
            let (id, wall_ahead_us) = (segment.first_id(), segment.wall_ahead_us(0));
            self.kept.adopt(id, header, wall_ahead_us, segment.into_block());
            return Reclaimed::Kept;
        }
        for index in 0..segment.count() {
            let id = segment.first_id() + u64::from(index);
            let Some(header) = segment.header(index) else {
                break;
            };
            if outlives(id, &header) {
                let bytes = segment.bytes(&header);
                self.kept.insert(id, header, segment.wall_ahead_us(index), bytes);
            }
        }
        Reclaimed::Block(segment.into_block())
    }

    /// A message is no topic's last one any more.
    #[inline]
    pub(super) fn forget(&mut self, id: u64) {
        if id < self.first_id() {
            self.kept.remove(id);
        }
    }

    /// The oldest id of the history; above [`last_id`](Self::last_id) when there is none.
    #[inline]
    pub fn first_id(&self) -> u64 {
        self.segments.front().map_or(self.next_id, Segment::first_id)
    }

    /// The newest id; 0 before the first message.
    pub const fn last_id(&self) -> u64 {
        self.next_id - 1
    }

    /// Messages in the history.
    pub fn len(&self) -> u64 {
        self.next_id - self.first_id()
    }

    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Messages that went from the history for want of memory (a topic's last ones can still be read).
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Last values given up for want of memory: of those only time and sizes are left.
    pub const fn values_given_up(&self) -> u64 {
        self.kept.given_up()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.segment_bytes + self.kept.memory()
    }

    /// A message of the history, or one that outlived it as its topic's last.
    pub(super) fn get<'a>(&'a self, id: u64, topics: &'a Topics) -> Option<MessageRef<'a>> {
        let (header, wall_ahead_us, bytes) = if id < self.first_id() {
            self.kept.get(id)?
        } else {
            let behind = self.segments.partition_point(|segment| segment.first_id() <= id);
            let segment = self.segments.get(behind.checked_sub(1)?)?;
            let index = (id - segment.first_id()) as u32;
            let header = segment.header(index)?;
            (header, segment.wall_ahead_us(index), segment.bytes(&header))
        };
        Some(MessageRef {
            id,
            header,
            bytes,
            wall_ahead_us,
            source: topics.source_of(header.slot),
            topics,
        })
    }

    /// The message delivered before this one on its topic, if it can still be read.
    pub(super) fn previous<'a>(&'a self, id: u64, topics: &'a Topics) -> Option<MessageRef<'a>> {
        match self.get(id, topics)?.header.back {
            0 => None,
            back => self.get(id - u64::from(back), topics),
        }
    }

    /// The first message of the history at or behind a moment (of one source; sources may be some ms apart).
    pub(super) fn id_at(&self, mono_us: u64) -> u64 {
        let starts_before =
            |segment: &Segment| segment.header(0).is_some_and(|first| first.mono_us < mono_us);
        let behind = self.segments.partition_point(starts_before);
        let Some(segment) = behind.checked_sub(1).and_then(|index| self.segments.get(index)) else {
            return self.first_id();
        };
        let is_before = |index: u32| {
            segment
                .header(index)
                .is_some_and(|header| header.mono_us < mono_us)
        };
        segment.first_id() + u64::from(stored::bisect(segment.count(), is_before))
    }
}

/// Bytes of an ordinary block.
fn block_len(max_memory: usize) -> usize {
    (max_memory / 64).clamp(16 * 1024, 512 * 1024)
}

enum Reclaimed {
    Nothing,
    Kept,
    Block(Block),
}

/// Notes what cannot be told from the parts: MQTT 5, and lengths that were not written as short as they can be.
fn mark_shape(flags: &mut Flags, record: &PublishRecord) {
    let after_id = u32::from(record.topic_start)
        + u32::from(record.topic_len)
        + if record.packet_id > 0 { 2 } else { 0 };
    let properties_len = record.payload_start.saturating_sub(record.properties_start);
    let is_v5 = record.payload_start > after_id;
    flags.set(Flags::V5, is_v5);
    let shortest = if is_v5 {
        after_id + length_len(properties_len)
    } else {
        after_id
    };
    let fixed_header = u32::from(record.topic_start).saturating_sub(2);
    let remaining = record.wire_len.saturating_sub(fixed_header);
    let is_exact = shortest == record.properties_start && fixed_header == 1 + length_len(remaining);
    flags.set(Flags::INEXACT, !is_exact);
}
