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
    reason = "indices are below the number of blocks: they come from searches among them"
)]

mod block;

use std::{collections::VecDeque, ops::RangeInclusive};

use super::header::Header;
use crate::event::Block;
pub(super) use block::ENTRY;
use block::{Entry, KeptBlock, class};

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
        let entry = Entry {
            id,
            wall_ahead_us,
            header,
        };
        self.add(KeptBlock::of_one(entry, block));
    }

    fn add(&mut self, block: KeptBlock) {
        self.held += block.len();
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
            .partition_point(|block| block.first_id() <= id)
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
                index = if freed.values > 0 {
                    self.rewrite(index)
                } else {
                    index + 1
                };
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
                self.held -= oldest.len();
                self.blocks.pop_front();
            }
        }
    }

    /// Frees what nobody is the poorer for.
    fn close_holes(&mut self) {
        let mut index = 0;
        while index < self.blocks.len() {
            let block = &self.blocks[index];
            let has_holes = block.len() - block.live() > self.block_len / 16;
            index = if has_holes { self.rewrite(index) } else { index + 1 };
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
        let live = block.live();
        if live == 0 {
            self.held -= block.len();
            self.blocks.remove(index);
            return;
        }
        // The last one of ordinary size is still being filled.
        let is_open = index + 1 == self.blocks.len() && block.len() <= self.block_len;
        if live <= block.len() / 2 && !is_open {
            self.rewrite(index);
        }
    }

    /// Writes a block anew without its holes, with a neighbour where both fit into one. Gives where a walk goes on:
    /// at the block that took in the one behind.
    fn rewrite(&mut self, index: usize) -> usize {
        let live =
            |blocks: RangeInclusive<usize>| -> usize { self.blocks.range(blocks).map(KeptBlock::live).sum() };
        let fits = |from: usize, to: usize| live(from..=to) <= self.block_len;
        let (from, to) = match index.checked_sub(1) {
            Some(before) if fits(before, index) => (before, index),
            // The last one is still being filled.
            _ if index + 2 < self.blocks.len() && fits(index, index + 1) => (index, index + 1),
            _ => (index, index),
        };
        let first_id = self.blocks[from].first_id();
        let len = live(from..=to);
        let mut fresh = KeptBlock::new(len, first_id);
        for old in self.blocks.drain(from..=to) {
            self.held -= old.len();
            for entry in old.entries().filter(|entry| !entry.is_hole()) {
                fresh.push(entry, old.bytes(&entry.header));
            }
        }
        self.held += len;
        self.blocks.insert(from, fresh);
        index + 1 - (to - from)
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
                prop_assert_eq!(kept.held, kept.blocks.iter().map(KeptBlock::len).sum::<usize>());
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
        assert_eq!(
            crate::model::log::stored::split(&header, &[]).true_payload_len,
            600
        );
        // When the values are not enough, the oldest go whole.
        kept.give_up(kept.memory() - 500);
        assert!(kept.memory() <= 1_000 && read(&kept, 0).is_none() && read(&kept, 39) == Some(&[]));
    }
}
