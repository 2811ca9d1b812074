//! A vector that grows by chunks: a push never moves what is there, so a million topics cost no copy of
//! a hundred megabytes and no moment with both copies in memory.
#![allow(
    clippy::indexing_slicing,
    reason = "an index is made by `push` only, and nothing is ever removed"
)]

const CHUNK: usize = 512;

/// Values by the index that `push` gave.
#[derive(Debug)]
pub(super) struct Arena<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Arena<T> {
    pub(super) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn push(&mut self, value: T) -> u32 {
        if self.len == self.chunks.len() * CHUNK {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let chunk = self.len / CHUNK;
        self.chunks[chunk].push(value);
        self.len += 1;
        (self.len - 1) as u32
    }

    #[inline]
    pub(super) fn get(&self, index: u32) -> &T {
        &self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> &mut T {
        &mut self.chunks[index as usize / CHUNK][index as usize % CHUNK]
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Bytes held, spare room included.
    pub(super) const fn memory(&self) -> usize {
        self.chunks.len() * CHUNK * size_of::<T>() + self.chunks.capacity() * size_of::<Vec<T>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_index_across_chunks() {
        let mut arena = Arena::new();
        for value in 0..2_000u32 {
            assert_eq!(arena.push(value * 3), value);
        }
        *arena.get_mut(1_024) = 7;
        assert_eq!(
            (*arena.get(1_023), *arena.get(1_024), arena.len()),
            (3_069, 7, 2_000)
        );
        assert!(arena.memory() >= 2_000 * 4);
    }
}
