//! A buffer that grows: where a source reads into, and what a batch's records point into.
//!
//! ```text
//! read ─▶ Buffer ─ batch ─▶ taken in, dropped ──────────────▶ Spares ─▶ read …
//!                        └▶ kept with what is in it, evicted ─┘
//! ```

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
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
    home: Option<Home>,
    is_kept: bool,
}

/// The way back to the spares.
#[derive(Clone)]
struct Home {
    spares: SyncSender<Block>,
    /// How many of the blocks that were kept are of use: as many as were taken to be filled, and not yet brought back.
    /// Reading may have ended long ago.
    wanted: Arc<AtomicU32>,
}

/// Blocks of buffers that were dropped.
///
/// Reading at full speed makes and drops thousands of buffers a second, in different threads: each made anew would
/// be cleared page by page by the kernel first, which took a third of all time with payloads of 4 KiB.
pub struct Spares {
    home: Home,
    spares: Receiver<Block>,
}

impl Default for Spares {
    fn default() -> Self {
        let (sender, spares) = sync_channel(SPARES);
        let home = Home {
            spares: sender,
            wanted: Arc::default(),
        };
        Self { home, spares }
    }
}

impl Spares {
    /// An empty buffer with room for `capacity` bytes or more, whose block comes back here.
    pub fn buffer(&self, capacity: usize) -> Buffer {
        let spare = self.spares.try_recv().ok();
        let spare = spare.filter(|block| block.len() >= capacity);
        self.of(spare.unwrap_or_else(|| Block::zeroed(capacity)))
    }

    /// The same for one that will be full soon, and with little more room: it may be kept.
    pub fn buffer_to_fill(&self, capacity: usize) -> Buffer {
        let one_more = |wanted: u32| (wanted < SPARES as u32).then_some(wanted + 1);
        let _ = self.home.wanted.fetch_update(Relaxed, Relaxed, one_more);
        let spare = self.spares.try_recv().ok();
        let spare = spare.filter(|block| (capacity..=capacity / 8 * 9).contains(&block.len()));
        self.of(spare.unwrap_or_else(|| Block::zeroed_to_fill(capacity)))
    }

    fn of(&self, block: Block) -> Buffer {
        Buffer {
            block,
            len: 0,
            home: Some(self.home.clone()),
            is_kept: false,
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
            is_kept: false,
        }
    }

    /// Its block comes back only if it is still wanted then: it is kept for as long as what is in it.
    #[must_use]
    pub fn kept(mut self) -> Self {
        self.is_kept = true;
        self
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
            let one_less = |wanted: u32| wanted.checked_sub(1);
            if self.is_kept && home.wanted.fetch_update(Relaxed, Relaxed, one_less).is_err() {
                return;
            }
            // Enough are there, or nobody reads any more.
            let _ = home.spares.try_send(std::mem::take(&mut self.block));
        }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            len: bytes.len(),
            block: bytes.into(),
            home: None,
            is_kept: false,
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
    fn blocks_that_were_kept_come_back_for_those_taken_since() {
        let spares = Spares::default();
        let kept: Vec<Buffer> = (0..40)
            .map(|_| spares.buffer_to_fill(SMALLEST_SPARE).kept())
            .collect();
        drop(kept);
        let count = || std::iter::from_fn(|| spares.spares.try_recv().ok()).count();
        assert_eq!(count(), SPARES);
        drop(spares.buffer(SMALLEST_SPARE).kept());
        assert_eq!(count(), 0, "reading is slow now");
        drop(spares.buffer_to_fill(SMALLEST_SPARE).kept());
        assert_eq!(count(), 1);
        drop(spares.buffer(SMALLEST_SPARE));
        assert_eq!(count(), 1, "one that was not kept comes back in any case");
    }

    #[test]
    fn a_buffer_to_fill_has_little_more_room_than_asked_for() {
        let spares = Spares::default();
        for (spare, is_used) in [(70_000, true), (71_000, true), (80_000, false), (69_999, false)] {
            drop(spares.buffer(spare));
            assert_eq!(
                spares.buffer_to_fill(70_000).capacity() == spare,
                is_used,
                "{spare}"
            );
            while spares.spares.try_recv().is_ok() {}
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
