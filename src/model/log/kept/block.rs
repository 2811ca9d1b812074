//! One block of messages that outlived the history, in the order of their ids; holes where some are gone.
#![allow(
    clippy::indexing_slicing,
    reason = "entries are below `count`, ranges come from headers that `push` wrote after making sure of the room"
)]

use crate::{
    event::Block,
    model::log::{
        header::{Flags, Header},
        segment::HEADER,
        stored::{bisect, split},
    },
};

/// Bytes of an entry: id, wall clock, header.
pub(in crate::model::log) const ENTRY: usize = 16 + HEADER;

/// The block.
#[derive(Debug)]
pub(super) struct KeptBlock {
    block: Block,
    first_id: u64,
    count: u32,
    /// Start of the bytes of the newest entry.
    bytes_start: u32,
    /// Bytes of use, entries included.
    live: u32,
}

/// What is known of a message beside its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) wall_ahead_us: i64,
    pub(super) header: Header,
}

/// What was freed in a block.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Freed {
    pub(super) bytes: usize,
    pub(super) values: u64,
}

impl KeptBlock {
    /// Empty, `len` bytes long.
    pub(super) fn new(len: usize, first_id: u64) -> Self {
        Self {
            block: Block::zeroed(len),
            first_id,
            count: 0,
            bytes_start: len as u32,
            live: 0,
        }
    }

    /// Of a block that has one message, behind [`ENTRY`] bytes of room.
    pub(super) fn of_one(entry: Entry, block: Block) -> Self {
        let mut one = Self {
            block,
            first_id: entry.id,
            count: 1,
            bytes_start: entry.header.start,
            live: (ENTRY + entry.header.stored_len()) as u32,
        };
        one.write(0, entry);
        one
    }

    /// Bytes held.
    pub(super) fn len(&self) -> usize {
        self.block.len()
    }

    /// Bytes of use.
    pub(super) const fn live(&self) -> usize {
        self.live as usize
    }

    /// The id of its first entry, or one below.
    pub(super) const fn first_id(&self) -> u64 {
        self.first_id
    }

    pub(super) fn has_room(&self, len: usize) -> bool {
        (self.count as usize + 1) * ENTRY + len <= self.bytes_start as usize
    }

    /// Adds a message. There is room: `has_room` said so.
    pub(super) fn push(&mut self, entry: Entry, bytes: &[u8]) {
        let end = self.bytes_start as usize;
        let start = end - bytes.len();
        self.block[start..end].copy_from_slice(bytes);
        self.bytes_start = start as u32;
        self.live += (ENTRY + bytes.len()) as u32;
        self.count += 1;
        let header = Header {
            start: start as u32,
            ..entry.header
        };
        self.write(self.count - 1, Entry { header, ..entry });
    }

    fn write(&mut self, index: u32, entry: Entry) {
        let at = index as usize * ENTRY;
        let place = &mut self.block[at..at + ENTRY];
        place[..8].copy_from_slice(&entry.id.to_le_bytes());
        place[8..16].copy_from_slice(&entry.wall_ahead_us.to_le_bytes());
        place[16..].copy_from_slice(&entry.header.to_bytes());
    }

    fn id(&self, index: u32) -> u64 {
        let at = index as usize * ENTRY;
        u64::from_le_bytes(*self.block[at..].first_chunk().expect("an entry's length"))
    }

    pub(super) fn entry(&self, index: u32) -> Entry {
        let (id, rest) = self.block[index as usize * ENTRY..]
            .split_first_chunk()
            .expect("an entry's length");
        let (wall, rest) = rest.split_first_chunk().expect("an entry's length");
        Entry {
            id: u64::from_le_bytes(*id),
            wall_ahead_us: i64::from_le_bytes(*wall),
            header: Header::from_bytes(rest.first_chunk().expect("an entry's length")),
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.count).map(|index| self.entry(index))
    }

    /// Headers of those that have a value.
    pub(super) fn values(&self) -> impl Iterator<Item = Header> {
        self.entries()
            .filter(|entry| !entry.is_hole() && entry.header.stored_len() > 0)
            .map(|entry| entry.header)
    }

    pub(super) fn find(&self, id: u64) -> Option<u32> {
        let index = bisect(self.count, |index| self.id(index) < id);
        let is_it = index < self.count && self.id(index) == id;
        (is_it && !self.entry(index).is_hole()).then_some(index)
    }

    pub(super) fn bytes(&self, header: &Header) -> &[u8] {
        let start = header.start as usize;
        &self.block[start..start + header.stored_len()]
    }

    /// Makes a hole; whether the message was there.
    pub(super) fn remove(&mut self, id: u64) -> bool {
        let Some(index) = self.find(id) else { return false };
        let mut entry = self.entry(index);
        self.live -= (ENTRY + entry.header.stored_len()) as u32;
        entry.header.flags.set(Flags::HOLE, true);
        self.write(index, entry);
        true
    }

    /// Makes holes of the oldest until so many bytes are free; whether anything is left then.
    pub(super) fn drop_oldest(&mut self, to_free: usize) -> bool {
        let mut freed = self.block.len() - self.live as usize;
        for index in 0..self.count {
            let entry = self.entry(index);
            if !entry.is_hole() {
                if freed >= to_free {
                    return true;
                }
                freed += ENTRY + entry.header.stored_len();
                self.remove(entry.id);
            }
        }
        false
    }

    /// Gives up values of a class, oldest first, until so many bytes are free.
    pub(super) fn drop_values(&mut self, of: usize, to_free: usize) -> Freed {
        let mut freed = Freed::default();
        for index in 0..self.count {
            let mut entry = self.entry(index);
            let len = entry.header.stored_len();
            if entry.is_hole() || len == 0 || class(&entry.header) != of {
                continue;
            }
            if freed.bytes >= to_free {
                break;
            }
            let header = &mut entry.header;
            header.payload_len = split(header, self.bytes(header)).true_payload_len;
            header.properties_len = 0;
            header.topic_len = 0;
            header.flags.set(Flags::GIVEN_UP, true);
            header.flags.set(Flags::TRUNCATED, true);
            self.write(index, entry);
            self.live -= len as u32;
            freed.bytes += len;
            freed.values += 1;
        }
        freed
    }
}

impl Entry {
    pub(super) const fn is_hole(&self) -> bool {
        self.header.flags.has(Flags::HOLE)
    }
}

/// Of a value: its size by powers of two.
pub(super) fn class(header: &Header) -> usize {
    header.stored_len().checked_ilog2().unwrap_or(0) as usize
}
