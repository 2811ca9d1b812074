//! A block of messages: fixed-size headers from the front, their bytes from the back, full when they meet.
//!
//! ```text
//! │ header 0 │ header 1 │ header 2 │ →        free        ← │ bytes 2 │ bytes 1 │ bytes 0 │
//! ```
//! One allocation a block, no slack but the gap of a full one, and evicting it is one `drop`.
#![allow(
    clippy::indexing_slicing,
    reason = "ranges come from headers that `push` wrote after making sure of the room"
)]

use super::Header;
use crate::event::Block;

/// Changes of the wall clock that one block follows.
const CLOCKS: usize = 64;
/// Bytes of a header in a block.
pub(super) const HEADER: usize = 40;

/// The bytes behind a header, in the order they are stored in.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts<'a> {
    /// The true length of a truncated payload, little endian; else empty.
    pub(super) true_len: &'a [u8],
    /// Where the topic is not in the tree.
    pub(super) topic: &'a [u8],
    pub(super) properties: &'a [u8],
    pub(super) payload: &'a [u8],
}

impl Parts<'_> {
    pub(super) const fn len(&self) -> usize {
        self.true_len.len() + self.topic.len() + self.properties.len() + self.payload.len()
    }
}

/// From which message on the wall clock was how far ahead of the mono clock.
#[derive(Debug, Clone, Copy)]
struct Clock {
    from: u32,
    ahead_us: i64,
}

/// A block.
#[derive(Debug)]
pub(super) struct Segment {
    block: Block,
    first_id: u64,
    count: u32,
    /// Start of the bytes of the newest message.
    bytes_start: u32,
    clocks: Vec<Clock>,
}

impl Segment {
    /// An empty one in a block, perhaps one that was used before.
    pub(super) fn new(block: Block, first_id: u64) -> Self {
        Self {
            bytes_start: block.len() as u32,
            block,
            first_id,
            count: 0,
            clocks: Vec::new(),
        }
    }

    /// Bytes held beside the block, at most.
    pub(super) const OVERHEAD: usize = CLOCKS * size_of::<Clock>();

    #[inline]
    pub(super) fn has_room(&self, len: usize, wall_ahead_us: i64) -> bool {
        (self.count as usize + 1) * HEADER + len <= self.bytes_start as usize
            && (self.clocks.len() < CLOCKS || self.knows_clock(wall_ahead_us))
    }

    fn knows_clock(&self, ahead_us: i64) -> bool {
        self.clocks
            .last()
            .is_some_and(|clock| clock.ahead_us.abs_diff(ahead_us) < 1_000)
    }

    /// Adds a message. There is room: `has_room` said so.
    pub(super) fn push(&mut self, header: Header, wall_ahead_us: i64, parts: Parts) {
        let start = self.bytes_start as usize - parts.len();
        let mut at = start;
        for part in [parts.true_len, parts.topic, parts.properties, parts.payload] {
            self.block[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let header = Header {
            start: start as u32,
            ..header
        };
        let at = self.count as usize * HEADER;
        self.block[at..at + HEADER].copy_from_slice(&header.to_bytes());
        self.bytes_start = start as u32;
        self.note_clock(wall_ahead_us);
        self.count += 1;
    }

    /// A wall clock that steps or is slewed is followed to the millisecond.
    fn note_clock(&mut self, ahead_us: i64) {
        if !self.knows_clock(ahead_us) {
            self.clocks.push(Clock {
                from: self.count,
                ahead_us,
            });
        }
    }

    pub(super) fn wall_ahead_us(&self, index: u32) -> i64 {
        let behind = self.clocks.partition_point(|clock| clock.from <= index);
        self.clocks
            .get(behind.saturating_sub(1))
            .map_or(0, |clock| clock.ahead_us)
    }

    pub(super) fn header(&self, index: u32) -> Option<Header> {
        if index >= self.count {
            return None;
        }
        let at = index as usize * HEADER;
        Some(Header::from_bytes(
            self.block[at..at + HEADER]
                .first_chunk()
                .expect("a header's length"),
        ))
    }

    pub(super) fn bytes(&self, header: &Header) -> &[u8] {
        let start = header.start as usize;
        &self.block[start..start + header.stored_len()]
    }

    pub(super) const fn first_id(&self) -> u64 {
        self.first_id
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes of its block.
    pub(super) fn len(&self) -> usize {
        self.block.len()
    }

    pub(super) fn into_block(self) -> Block {
        self.block
    }
}
