//! Topic text → node, with no text of its own: four bytes and a tag a level.
#![allow(
    clippy::indexing_slicing,
    reason = "a part is told by as many bits as there are parts"
)]

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Bits of the hash that tell the part.
const PART_BITS: u32 = 6;

/// All levels of all connections by a hash of their connection and whole path. In parts: a table that grows reads
/// the hash of all it holds, of a million nodes for fifty milliseconds; the parts do it one by one.
#[derive(Debug)]
pub(super) struct Index {
    parts: Box<[HashTable<u32>]>,
    hasher: DefaultHashBuilder,
}

/// The part for a hash: by its top bits, as the place in it comes from the low ones.
const fn part(hash: u32) -> usize {
    (hash >> (u32::BITS - PART_BITS)) as usize
}

/// The table takes its tag from the top bits and its place from the low ones; the nodes keep 32 bits only.
const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            parts: (0..1 << PART_BITS).map(|_| HashTable::new()).collect(),
            hasher: DefaultHashBuilder::default(),
        }
    }

    #[inline]
    pub(super) fn hash(&self, slot: u16, path: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        slot.hash(&mut hasher);
        hasher.write(path);
        let hash = hasher.finish();
        (hash ^ (hash >> 32)) as u32
    }

    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.parts[part(hash)]
            .find(spread(hash), |&id| is_it(id))
            .copied()
    }

    pub(super) fn insert(&mut self, hash: u32, id: u32, hash_of: impl Fn(u32) -> u32) {
        self.parts[part(hash)].insert_unique(spread(hash), id, |&other| spread(hash_of(other)));
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.parts.iter().map(HashTable::allocation_size).sum()
    }
}
