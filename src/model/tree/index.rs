//! Topic text → node, with no text of its own: four bytes and a tag a level.

use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// All levels of all connections by a hash of their connection and whole path.
#[derive(Debug)]
pub(super) struct Index {
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

/// The table takes its tag from the top bits and its place from the low ones; the nodes keep 32 bits only.
const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Index {
    pub(super) fn new() -> Self {
        Self {
            table: HashTable::new(),
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
        self.table.find(spread(hash), |&id| is_it(id)).copied()
    }

    pub(super) fn insert(&mut self, hash: u32, id: u32, hash_of: impl Fn(u32) -> u32) {
        self.table
            .insert_unique(spread(hash), id, |&other| spread(hash_of(other)));
    }

    pub(super) fn memory(&self) -> usize {
        self.table.allocation_size()
    }
}
