//! Messages that outlive the history: the last and the last retained one of each topic.
//!
//! ```text
//! │ entry 1 │ entry 4 │ entry 9 │ →      free      ← │ bytes 9 │ bytes 4 │ bytes 1 │      blocks in the order of ids
//! ```
//! History goes oldest first, so new ones have the highest ids and are added at the end; any is found by
//! bisection. A message that is its topic's last no more is a hole. A block that is mostly holes is written
//! anew, with a neighbour where both fit: at least half of what is held is of use, and no step moves more than
//! a block.
#![allow(
    clippy::indexing_slicing,
    reason = "indices are below the number of blocks or entries, ranges come from headers that `push` wrote"
)]

use std::collections::VecDeque;

use super::{
    header::{Flags, Header},
    segment::{HEADER, Parts},
};
use crate::event::Block;

/// Bytes of an entry: id, wall clock, header.
pub(super) const ENTRY: usize = 16 + HEADER;
/// Classes of size: powers of two.
const CLASSES: usize = 32;

/// All of them.
#[derive(Debug)]
pub(super) struct KeptMessages {
    blocks: VecDeque<KeptBlock>,
    /// Bytes of an ordinary block.
    block_len: usize,
    /// Of all blocks.
    held: usize,
    given_up: u64,
}

#[derive(Debug)]
struct KeptBlock {
    block: Block,
    first_id: u64,
    count: u32,
    /// Start of the bytes of the newest entry.
    bytes_start: u32,
    /// Bytes of use, entries included.
    live: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    id: u64,
    wall_ahead_us: i64,
    header: Header,
}

impl KeptMessages {
    pub(super) const fn new(block_len: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            block_len,
            held: 0,
            given_up: 0,
        }
    }

    /// Adds a message; its id is above all others.
    pub(super) fn insert(&mut self, id: u64, header: Header, wall_ahead_us: i64, bytes: &[u8]) {
        let has_room = |block: &KeptBlock| block.has_room(bytes.len());
        if !self.blocks.back().is_some_and(has_room) {
            self.add(KeptBlock::new(self.block_len.max(ENTRY + bytes.len()), id));
        }
        let entry = Entry {
            id,
            wall_ahead_us,
            header,
        };
        self.blocks
            .back_mut()
            .expect("one with room was just made sure of")
            .push(entry, bytes);
    }

    /// The same for a message that has a block of its own, with [`ENTRY`] bytes before its own.
    pub(super) fn adopt(&mut self, id: u64, header: Header, wall_ahead_us: i64, block: Block) {
        let mut adopted = KeptBlock {
            first_id: id,
            count: 1,
            bytes_start: header.start,
            live: (ENTRY + header.stored_len()) as u32,
            block,
        };
        let entry = Entry {
            id,
            wall_ahead_us,
            header,
        };
        adopted.write(0, entry);
        self.add(adopted);
    }

    fn add(&mut self, block: KeptBlock) {
        self.held += block.block.len();
        self.blocks.push_back(block);
        if let Some(full) = self.blocks.len().checked_sub(2) {
            self.tidy(full);
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        let Some(index) = self.block_of(id) else { return };
        if self.blocks[index].remove(id) {
            self.tidy(index);
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<(Header, i64, &[u8])> {
        let block = self.blocks.get(self.block_of(id)?)?;
        let entry = block.entry(block.find(id)?);
        Some((entry.header, entry.wall_ahead_us, block.bytes(&entry.header)))
    }

    fn block_of(&self, id: u64) -> Option<usize> {
        self.blocks
            .partition_point(|block| block.first_id <= id)
            .checked_sub(1)
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.held + self.blocks.len() * size_of::<KeptBlock>()
    }

    /// Values given up so far.
    pub(super) const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Frees `wanted` bytes, and an eighth of all at least, so that this walk is rare. Values go first, the largest
    /// (by powers of two) and of those the oldest; their time and sizes stay. Then the oldest go whole.
    pub(super) fn give_up(&mut self, wanted: usize) {
        let goal = self.held.saturating_sub(wanted.max(self.held / 8));
        self.close_holes();
        let mut to_free = self.held.saturating_sub(goal);
        let smallest = self.smallest_to_go(to_free);
        for class in (smallest..CLASSES).rev() {
            let mut index = 0;
            while index < self.blocks.len() && to_free > 0 {
                let freed = self.blocks[index].drop_values(class, to_free);
                self.given_up += freed.values;
                to_free = to_free.saturating_sub(freed.bytes);
                let before = self.blocks.len();
                if freed.values > 0 {
                    self.rewrite(index);
                }
                // A block that was joined to the one before it or emptied leaves its place to the next.
                index = (index + 1).saturating_sub(before - self.blocks.len());
            }
        }
        if smallest == 0 {
            self.drop_oldest(goal);
        }
    }

    /// Lets the oldest go whole until no more than `goal` bytes are held.
    fn drop_oldest(&mut self, goal: usize) {
        while let Some(oldest) = self.blocks.front_mut()
            && self.held > goal
        {
            if oldest.drop_oldest(self.held - goal) {
                self.rewrite(0);
            } else {
                self.held -= oldest.block.len();
                self.blocks.pop_front();
            }
        }
    }

    /// Frees what nobody is the poorer for.
    fn close_holes(&mut self) {
        let mut index = 0;
        while index < self.blocks.len() {
            let block = &self.blocks[index];
            let before = self.blocks.len();
            if block.block.len() - block.live as usize > self.block_len / 16 {
                self.rewrite(index);
            }
            index = (index + 1).saturating_sub(before - self.blocks.len());
        }
    }

    /// The smallest class of values that has to go so that `to_free` bytes are free; 0 if all of them are too few.
    fn smallest_to_go(&self, to_free: usize) -> usize {
        let mut classes = [0usize; CLASSES];
        for header in self.blocks.iter().flat_map(KeptBlock::values) {
            classes[class(&header)] += header.stored_len();
        }
        let mut free = 0;
        (1..CLASSES)
            .rev()
            .find(|&class| {
                free += classes[class];
                free >= to_free
            })
            .unwrap_or(0)
    }

    /// After a removal: lets an empty block go, and writes one anew that is mostly holes.
    fn tidy(&mut self, index: usize) {
        let block = &self.blocks[index];
        let live = block.live as usize;
        if live == 0 {
            self.held -= block.block.len();
            self.blocks.remove(index);
            return;
        }
        // The last one of ordinary size is still being filled.
        let is_open = index + 1 == self.blocks.len() && block.block.len() <= self.block_len;
        if live <= block.block.len() / 2 && !is_open {
            self.rewrite(index);
        }
    }

    /// Writes a block anew without its holes, with a neighbour where both fit into one.
    fn rewrite(&mut self, index: usize) {
        let both = |one: usize, other: usize| {
            let live = |index: usize| self.blocks.get(index).map(|block| block.live as usize);
            Some(live(one)? + live(other)? <= self.block_len)
        };
        let before = index.checked_sub(1);
        let (from, to) = match before {
            Some(before) if both(before, index) == Some(true) => (before, index),
            _ if index + 2 < self.blocks.len() && both(index, index + 1) == Some(true) => (index, index + 1),
            _ => (index, index),
        };
        let first_id = self.blocks[from].first_id;
        let len = self
            .blocks
            .range(from..=to)
            .map(|block| block.live as usize)
            .sum();
        let mut fresh = KeptBlock::new(len, first_id);
        for old in self.blocks.drain(from..=to) {
            self.held -= old.block.len();
            for entry in old.entries().filter(|entry| !entry.is_hole()) {
                fresh.push(entry, old.bytes(&entry.header));
            }
        }
        self.held += len;
        self.blocks.insert(from, fresh);
    }
}

/// What was freed in a block.
#[derive(Debug, Clone, Copy, Default)]
struct Freed {
    bytes: usize,
    values: u64,
}

impl KeptBlock {
    fn new(len: usize, first_id: u64) -> Self {
        Self {
            block: Block::zeroed(len),
            first_id,
            count: 0,
            bytes_start: len as u32,
            live: 0,
        }
    }

    fn has_room(&self, len: usize) -> bool {
        (self.count as usize + 1) * ENTRY + len <= self.bytes_start as usize
    }

    fn push(&mut self, entry: Entry, bytes: &[u8]) {
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

    fn entry(&self, index: u32) -> Entry {
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

    fn entries(&self) -> impl Iterator<Item = Entry> {
        (0..self.count).map(|index| self.entry(index))
    }

    /// Headers of those that have a value.
    fn values(&self) -> impl Iterator<Item = Header> {
        self.entries()
            .filter(|entry| !entry.is_hole() && entry.header.stored_len() > 0)
            .map(|entry| entry.header)
    }

    fn find(&self, id: u64) -> Option<u32> {
        let mut range = 0..self.count;
        while range.start < range.end {
            let middle = range.start.midpoint(range.end);
            if self.id(middle) < id {
                range.start = middle + 1;
            } else {
                range.end = middle;
            }
        }
        let is_it = range.start < self.count && self.id(range.start) == id;
        (is_it && !self.entry(range.start).is_hole()).then_some(range.start)
    }

    fn bytes(&self, header: &Header) -> &[u8] {
        let start = header.start as usize;
        &self.block[start..start + header.stored_len()]
    }

    /// Makes a hole; whether the message was there.
    fn remove(&mut self, id: u64) -> bool {
        let Some(index) = self.find(id) else { return false };
        let mut entry = self.entry(index);
        self.live -= (ENTRY + entry.header.stored_len()) as u32;
        entry.header.flags.set(Flags::HOLE, true);
        self.write(index, entry);
        true
    }

    /// Makes holes of the oldest until so many bytes are free; whether anything is left then.
    fn drop_oldest(&mut self, to_free: usize) -> bool {
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
    fn drop_values(&mut self, of: usize, to_free: usize) -> Freed {
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
    const fn is_hole(&self) -> bool {
        self.header.flags.has(Flags::HOLE)
    }
}

/// Of a value: its size by powers of two.
fn class(header: &Header) -> usize {
    header.stored_len().checked_ilog2().unwrap_or(0) as usize
}

/// A message's stored bytes, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) parts: Parts<'a>,
    pub(super) true_payload_len: u32,
}

/// Takes stored bytes apart as the header says. Those of a truncated payload begin with its true length.
pub(super) fn split<'a>(header: &Header, bytes: &'a [u8]) -> Stored<'a> {
    let mut true_payload_len = header.payload_len;
    let (mut true_len, mut rest) = (&[][..], bytes);
    if header.flags.has(Flags::TRUNCATED)
        && !header.flags.has(Flags::GIVEN_UP)
        && let Some((len, bytes)) = bytes.split_first_chunk()
    {
        true_payload_len = u32::from_le_bytes(*len);
        (true_len, rest) = (len, bytes);
    }
    let (topic, rest) = rest
        .split_at_checked(header.topic_len as usize)
        .unwrap_or((&[], rest));
    let (properties, payload) = rest
        .split_at_checked(header.properties_len as usize)
        .unwrap_or((&[], rest));
    Stored {
        parts: Parts {
            true_len,
            topic,
            properties,
            payload,
        },
        true_payload_len,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn header(value: &[u8]) -> Header {
        Header {
            payload_len: value.len() as u32,
            ..Header::default()
        }
    }

    fn value(id: u64, len: usize) -> Vec<u8> {
        vec![id as u8; len]
    }

    fn insert(kept: &mut KeptMessages, id: u64, len: usize) {
        let bytes = value(id, len);
        kept.insert(id, header(&bytes), id as i64, &bytes);
    }

    fn read(kept: &KeptMessages, id: u64) -> Option<&[u8]> {
        kept.get(id).map(|(_, _, bytes)| bytes)
    }

    #[derive(Debug, Clone)]
    enum Step {
        Insert(usize),
        Adopt(usize),
        Remove(prop::sample::Index),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0usize..400).prop_map(Step::Insert),
            1 => (2_000usize..9_000).prop_map(Step::Adopt),
            5 => any::<prop::sample::Index>().prop_map(Step::Remove),
        ]
    }

    proptest! {
        #[test]
        fn what_is_kept_equals_a_map_and_half_of_the_memory_is_of_use(steps in prop::collection::vec(step(), 1..600)) {
            const BLOCK: usize = 2_000;
            let mut kept = KeptMessages::new(BLOCK);
            let mut wanted = BTreeMap::new();
            for (id, step) in (1u64..).map(|id| id * 3).zip(steps) {
                match step {
                    Step::Insert(len) => {
                        insert(&mut kept, id, len);
                        wanted.insert(id, len);
                    }
                    Step::Adopt(len) => {
                        let mut block = Block::zeroed(ENTRY + len);
                        block[ENTRY..].fill(id as u8);
                        let header = Header { start: ENTRY as u32, ..header(&value(id, len)) };
                        kept.adopt(id, header, 0, block);
                        wanted.insert(id, len);
                    }
                    Step::Remove(index) if !wanted.is_empty() => {
                        let id = *index.get(&wanted.keys().copied().collect::<Vec<_>>());
                        kept.remove(id);
                        wanted.remove(&id);
                    }
                    Step::Remove(_) => {}
                }
                let of_use: usize = wanted.values().map(|len| ENTRY + len).sum();
                prop_assert!(kept.held <= 2 * of_use + BLOCK, "{} held for {of_use}", kept.held);
                prop_assert_eq!(kept.held, kept.blocks.iter().map(|block| block.block.len()).sum::<usize>());
            }
            for id in 0..2_000 {
                let expected = wanted.get(&id).map(|&len| value(id, len));
                prop_assert_eq!(read(&kept, id), expected.as_deref());
            }
        }
    }

    #[test]
    fn the_largest_values_go_first_and_of_those_the_oldest() {
        let mut kept = KeptMessages::new(2_000);
        for id in 0..40 {
            insert(&mut kept, id, if id % 4 == 0 { 600 } else { 50 });
        }
        let before = kept.memory();
        kept.give_up(before / 5);
        assert!(kept.memory() <= before - before / 5);
        let gone: Vec<u64> = (0..40).filter(|&id| read(&kept, id) == Some(&[])).collect();
        let large: Vec<u64> = (0..40).step_by(4).collect();
        assert_eq!(gone, large[..gone.len()], "the large ones, oldest first");
        assert!((1..10).contains(&gone.len()));
        assert_eq!(kept.given_up(), gone.len() as u64);
        let (header, ..) = kept.get(0).unwrap();
        assert_eq!(split(&header, &[]).true_payload_len, 600);
        // When the values are not enough, the oldest go whole.
        kept.give_up(kept.memory() - 500);
        assert!(kept.memory() <= 1_000 && read(&kept, 0).is_none() && read(&kept, 39) == Some(&[]));
    }
}
