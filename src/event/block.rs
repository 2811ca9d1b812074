//! Bytes of a fixed number, in pages of their own where they are many.
//!
//! Pages of their own go back to the system the moment they are freed, and cost nothing until they are written.
//! An allocator keeps large blocks that were freed, in pieces between what is still in use: under a budget of
//! 64 MiB that came to 60 MiB more than was remembered.

use std::ops::{Deref, DerefMut};

use memmap2::{MmapMut, MmapOptions};

/// Fewer bytes come from the allocator: a page is 4 KiB, and each mapping has its price.
const PAGES_FROM: usize = 64 * 1024;

/// A fixed number of bytes.
pub struct Block(Store);

enum Store {
    Heap(Box<[u8]>),
    Pages(MmapMut),
}

impl Block {
    /// `len` bytes of zero.
    pub fn zeroed(len: usize) -> Self {
        Self::mapped(len, MmapOptions::new().len(len))
    }

    /// The same, about to be written from one end to the other: the pages come at once (on Linux), which spares a fault
    /// for each.
    pub fn zeroed_to_fill(len: usize) -> Self {
        Self::mapped(len, MmapOptions::new().len(len).populate())
    }

    fn mapped(len: usize, options: &MmapOptions) -> Self {
        let pages = (len >= PAGES_FROM).then(|| options.map_anon().ok()).flatten();
        Self(match pages {
            Some(pages) => Store::Pages(pages),
            None => Store::Heap(vec![0; len].into_boxed_slice()),
        })
    }
}

impl Default for Block {
    fn default() -> Self {
        Self(Store::Heap(Box::default()))
    }
}

impl From<Vec<u8>> for Block {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Store::Heap(bytes.into_boxed_slice()))
    }
}

impl Deref for Block {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Store::Heap(bytes) => bytes,
            Store::Pages(pages) => pages,
        }
    }
}

impl DerefMut for Block {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Store::Heap(bytes) => bytes,
            Store::Pages(pages) => pages,
        }
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_any_size_is_zero_and_can_be_written() {
        for len in [0, 1, PAGES_FROM - 1, PAGES_FROM, 3_000_001] {
            for mut block in [Block::zeroed(len), Block::zeroed_to_fill(len)] {
                assert_eq!((block.len(), block.iter().any(|&byte| byte != 0)), (len, false));
                block.fill(7);
                assert_eq!(block.last().copied(), (len > 0).then_some(7));
            }
        }
    }
}
