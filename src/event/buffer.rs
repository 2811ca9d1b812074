//! A buffer that grows: where a source reads into, and what a batch's records point into.
//!
//! ```text
//! read ─▶ Buffer ─ batch ─▶ taken in, dropped ──────────────▶ Spares ─▶ read …
//!                        └▶ kept with what is in it, evicted ─┘
//! ```

use std::{
    ops::{Deref, DerefMut},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use super::Block;

/// Blocks kept for use again: who takes batches in drops eight at a time, and takes the next eight meanwhile.
const SPARES: usize = 16;
/// Larger ones are not kept: they are for large messages, one at a time. Nor are small ones, which cost little to make.
const LARGEST_SPARE: usize = 512 * 1024;
const SMALLEST_SPARE: usize = 64 * 1024;

/// Bytes that grow at the end.
#[derive(Default)]
pub struct Buffer {
    block: Block,
    len: usize,
    /// Where the block is used again.
    home: Option<SyncSender<Block>>,
}

/// Blocks of buffers that were dropped.
///
/// Reading at full speed makes and drops thousands of buffers a second, in different threads: each made anew would
/// be cleared page by page by the kernel first, which took a third of all time with payloads of 4 KiB.
pub struct Spares {
    home: SyncSender<Block>,
    spares: Receiver<Block>,
}

impl Default for Spares {
    fn default() -> Self {
        let (home, spares) = sync_channel(SPARES);
        Self { home, spares }
    }
}

impl Spares {
    /// An empty buffer with room for `capacity` bytes or more, whose block comes back here.
    pub fn buffer(&self, capacity: usize) -> Buffer {
        self.used_or(capacity, Block::zeroed)
    }

    /// The same for one that will be full soon.
    pub fn buffer_to_fill(&self, capacity: usize) -> Buffer {
        self.used_or(capacity, Block::zeroed_to_fill)
    }

    fn used_or(&self, capacity: usize, new: impl FnOnce(usize) -> Block) -> Buffer {
        let spare = self.spares.try_recv().ok();
        Buffer {
            block: spare
                .filter(|block| block.len() >= capacity)
                .unwrap_or_else(|| new(capacity)),
            len: 0,
            home: Some(self.home.clone()),
        }
    }

    /// Frees one: little is being read.
    pub fn free_one(&self) {
        drop(self.spares.try_recv());
    }
}

impl Buffer {
    /// Empty, with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            block: Block::zeroed(capacity),
            len: 0,
            home: None,
        }
    }

    /// Bytes it has room for, those it holds included.
    pub fn capacity(&self) -> usize {
        self.block.len()
    }

    /// Makes room for `more` bytes at least; for twice as many as before, or `at_most`, in sight of what follows.
    pub fn reserve(&mut self, more: usize, at_most: usize) {
        if self.capacity() - self.len >= more {
            return;
        }
        let wanted = (2 * self.capacity()).min(at_most).max(self.len + more);
        let mut block = Block::zeroed(wanted);
        if let Some(room) = block.get_mut(..self.len) {
            room.copy_from_slice(self);
        }
        self.block = block;
    }

    /// The room behind the end; what is put into it is told to [`advance`](Self::advance).
    pub fn room(&mut self) -> &mut [u8] {
        self.block.get_mut(self.len..).unwrap_or_default()
    }

    /// So many bytes were put into the room.
    pub fn advance(&mut self, count: usize) {
        self.len = (self.len + count).min(self.block.len());
    }

    /// Appends.
    pub fn extend_from_slice(&mut self, more: &[u8]) {
        self.reserve(more.len(), usize::MAX);
        if let Some(room) = self.room().get_mut(..more.len()) {
            room.copy_from_slice(more);
        }
        self.advance(more.len());
    }

    /// Leaves only the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = len.min(self.len);
    }

    /// Takes bytes out; those behind them move up.
    pub fn remove(&mut self, start: usize, end: usize) {
        self.block.copy_within(end..self.len, start);
        self.len -= end - start;
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(home) = &self.home
            && (SMALLEST_SPARE..=LARGEST_SPARE).contains(&self.block.len())
        {
            // Enough are there, or nobody reads any more.
            let _ = home.try_send(std::mem::take(&mut self.block));
        }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            len: bytes.len(),
            block: bytes.into(),
            home: None,
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.block.get(..self.len).unwrap_or_default()
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.block.get_mut(..self.len).unwrap_or_default()
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({} of {} bytes)", self.len, self.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_the_same_whatever_its_size() {
        for size in [100, 1_000_000] {
            let mut buffer = Buffer::default();
            let bytes: Vec<u8> = (0..size).map(|n| n as u8).collect();
            for part in bytes.chunks(size / 3 + 1) {
                buffer.extend_from_slice(part);
            }
            assert_eq!(*buffer, *bytes);
            buffer.remove(10, 30);
            buffer.truncate(size - 25);
            assert_eq!(*buffer, [&bytes[..10], &bytes[30..size - 5]].concat());
            buffer.room()[..2].copy_from_slice(b"ab");
            buffer.advance(2);
            assert!(buffer.ends_with(b"ab"));
        }
    }

    #[test]
    fn room_is_made_for_what_is_in_sight_and_no_more() {
        let mut buffer = Buffer::from(vec![1; 2_000]);
        buffer.reserve(100, 2_500);
        assert_eq!(buffer.capacity(), 2_500);
        buffer.reserve(600, 0);
        assert_eq!((buffer.capacity(), buffer.len()), (2_600, 2_000));
        buffer.reserve(601, usize::MAX);
        assert_eq!(buffer.capacity(), 5_200);
    }

    #[test]
    fn blocks_of_dropped_buffers_are_used_again() {
        let spares = Spares::default();
        let mut first = spares.buffer(1_000);
        first.extend_from_slice(&vec![1; 100_000]);
        drop(first);
        let second = spares.buffer(10);
        assert_eq!((second.len(), second.capacity()), (0, 100_000));
        drop(second);
        spares.free_one();
        assert_eq!(spares.buffer(10).capacity(), 10);
        for unfit in [SMALLEST_SPARE - 1, LARGEST_SPARE + 1] {
            drop(spares.buffer(unfit));
            assert_eq!(spares.buffer(10).capacity(), 10, "{unfit}");
        }
    }

    #[test]
    fn no_more_blocks_are_kept_than_are_of_use() {
        let spares = Spares::default();
        drop(
            (0..2 * SPARES)
                .map(|_| spares.buffer(SMALLEST_SPARE))
                .collect::<Vec<_>>(),
        );
        let taken: Vec<Buffer> = (0..2 * SPARES).map(|_| spares.buffer(1)).collect();
        let used_again = taken.iter().filter(|buffer| buffer.capacity() > 1).count();
        assert_eq!(used_again, SPARES);
    }
}
