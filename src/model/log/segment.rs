//! A block of messages: fixed-size headers from the front, their bytes from the back, full when they meet.
//!
//! ```text
//! │ header 0 │ header 1 │ header 2 │ →        free        ← │ bytes 2 │ bytes 1 │ bytes 0 │
//! ```
//! One allocation a block, no slack but the gap of a full one, and evicting it is one `drop`. Where a batch was
//! mostly large payloads, its buffer is kept instead, and the block has headers only.
#![allow(
    clippy::indexing_slicing,
    reason = "ranges come from headers that `push` wrote after making sure of the room"
)]

use std::sync::Arc;

use super::Header;
use crate::event::{Block, Buffer};

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
    /// Where the messages' bytes are instead, as they were read.
    buffer: Option<Arc<Buffer>>,
    is_sealed: bool,
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
            buffer: None,
            is_sealed: false,
            first_id,
            count: 0,
            clocks: Vec::new(),
        }
    }

    /// An empty one for as many messages of a batch, whose bytes stay in its buffer.
    pub(super) fn of_batch(buffer: Arc<Buffer>, count: usize, first_id: u64) -> Self {
        Self {
            buffer: Some(buffer),
            ..Self::new(Block::zeroed(count * HEADER), first_id)
        }
    }

    /// Bytes held beside the block, at most.
    pub(super) const OVERHEAD: usize = CLOCKS * size_of::<Clock>();

    #[inline]
    pub(super) fn has_room(&self, len: usize, wall_ahead_us: i64) -> bool {
        !self.is_sealed
            && HEADER + len <= self.free()
            && (self.clocks.len() < CLOCKS || self.knows_clock(wall_ahead_us))
    }

    /// Lets no more messages in; gives the bytes of room left.
    pub(super) fn seal(&mut self) -> usize {
        self.is_sealed = true;
        self.free()
    }

    /// Bytes of room left when it was sealed; 0 if it was not.
    pub(super) fn sealed(&self) -> usize {
        if self.is_sealed { self.free() } else { 0 }
    }

    /// Bytes of room for more messages; none where a buffer has the bytes.
    #[inline]
    pub(super) fn free(&self) -> usize {
        let headers = self.count as usize * HEADER;
        if self.is_whole() {
            (self.bytes_start as usize).saturating_sub(headers)
        } else {
            0
        }
    }

    /// Whether a message whose bytes lie in this buffer can be added with [`push_header`](Self::push_header).
    #[inline]
    pub(super) fn takes_from(&self, buffer: &Arc<Buffer>) -> bool {
        let is_same = self.buffer.as_ref().is_some_and(|own| Arc::ptr_eq(own, buffer));
        is_same && (self.count as usize + 1) * HEADER <= self.block.len()
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
        self.bytes_start = start as u32;
        let header = Header {
            start: start as u32,
            ..header
        };
        self.push_header(header, wall_ahead_us);
    }

    /// Adds a message whose bytes are where the header says.
    pub(super) fn push_header(&mut self, header: Header, wall_ahead_us: i64) {
        let at = self.count as usize * HEADER;
        self.block[at..at + HEADER].copy_from_slice(&header.to_bytes());
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
        let bytes = self.buffer.as_ref().map_or(&*self.block, |buffer| buffer);
        &bytes[start..start + header.stored_len()]
    }

    pub(super) const fn first_id(&self) -> u64 {
        self.first_id
    }

    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Bytes held: its block, and the buffer it keeps.
    pub(super) fn len(&self) -> usize {
        self.block.len() + self.buffer.as_ref().map_or(0, |buffer| buffer.capacity())
    }

    /// Whether its block has its messages' bytes too.
    pub(super) const fn is_whole(&self) -> bool {
        self.buffer.is_none()
    }

    pub(super) fn into_block(self) -> Block {
        self.block
    }
}
