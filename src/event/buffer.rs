//! A buffer that grows: where a source reads into, and what a batch's records point into.

use std::{
    ops::{Deref, DerefMut},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use super::Block;

/// Fewer bytes come from the allocator: buffers of ordinary reads are used again.
const PAGES_FROM: usize = 1024 * 1024;
/// Buffers kept for use again: as many as are on their way while neither side waits for the other.
const SPARES: usize = 4;

/// Bytes that grow at the end.
///
/// ```text
/// read ─▶ Buffer ─ batch ─▶ taken in, dropped ─▶ Spares ─▶ read …
/// ```
/// Reading at full speed makes and drops thousands a second, in different threads: made anew, each would be
/// cleared page by page by the kernel first, which took a third of all time with payloads of 4 KiB.
#[derive(Default)]
pub struct Buffer {
    grown: Grown,
    /// Where its memory is used again.
    home: Option<SyncSender<Vec<u8>>>,
}

/// Memory of buffers that were dropped.
pub struct Spares {
    home: SyncSender<Vec<u8>>,
    spares: Receiver<Vec<u8>>,
}

enum Grown {
    Heap(Vec<u8>),
    Pages { block: Block, len: usize },
}

/// Where a read puts its bytes.
pub enum Room<'a> {
    /// Behind the end, up to the capacity.
    Heap(&'a mut Vec<u8>),
    /// Into these, told to [`Buffer::advance`] afterwards.
    Pages(&'a mut [u8]),
}

impl Default for Spares {
    fn default() -> Self {
        let (home, spares) = sync_channel(SPARES);
        Self { home, spares }
    }
}

impl Spares {
    /// An empty buffer with room for `capacity` bytes or more, that comes back here.
    pub fn buffer(&self, capacity: usize) -> Buffer {
        let spare = self.spares.try_recv().unwrap_or_default();
        let mut buffer = Buffer::from(spare);
        buffer.reserve(capacity, usize::MAX);
        buffer.home = Some(self.home.clone());
        buffer
    }
}

impl Buffer {
    /// Empty, with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            grown: Grown::with_capacity(capacity),
            home: None,
        }
    }

    /// Bytes it has room for, those it holds included.
    pub fn capacity(&self) -> usize {
        match &self.grown {
            Grown::Heap(bytes) => bytes.capacity(),
            Grown::Pages { block, .. } => block.len(),
        }
    }

    /// Makes room for `more` bytes at least, and for `at_most` or twice as many as before in sight of what follows.
    pub fn reserve(&mut self, more: usize, at_most: usize) {
        if self.capacity() - self.len() >= more {
            return;
        }
        let wanted = (2 * self.capacity()).min(at_most).max(self.len() + more);
        if let Grown::Heap(bytes) = &mut self.grown
            && wanted < PAGES_FROM
        {
            bytes.reserve_exact(wanted - bytes.len());
            return;
        }
        let mut larger = Self::with_capacity(wanted);
        larger.extend_from_slice(self);
        self.grown = std::mem::take(&mut larger.grown);
    }

    /// The room behind the end.
    pub fn room(&mut self) -> Room<'_> {
        match &mut self.grown {
            Grown::Heap(bytes) => Room::Heap(bytes),
            Grown::Pages { block, len } => Room::Pages(block.get_mut(*len..).unwrap_or_default()),
        }
    }

    /// So many bytes were put into the room.
    pub fn advance(&mut self, count: usize) {
        if let Grown::Pages { block, len } = &mut self.grown {
            *len = (*len + count).min(block.len());
        }
    }

    /// Appends.
    pub fn extend_from_slice(&mut self, more: &[u8]) {
        self.reserve(more.len(), usize::MAX);
        match self.room() {
            Room::Heap(bytes) => bytes.extend_from_slice(more),
            Room::Pages(room) => {
                if let Some(room) = room.get_mut(..more.len()) {
                    room.copy_from_slice(more);
                }
                self.advance(more.len());
            }
        }
    }

    /// Leaves only the first `len` bytes.
    pub fn truncate(&mut self, to: usize) {
        match &mut self.grown {
            Grown::Heap(bytes) => bytes.truncate(to),
            Grown::Pages { len, .. } => *len = to.min(*len),
        }
    }

    /// Takes bytes out; those behind them move up.
    pub fn remove(&mut self, start: usize, end: usize) {
        match &mut self.grown {
            Grown::Heap(bytes) => drop(bytes.drain(start..end)),
            Grown::Pages { block, len } => {
                block.copy_within(end..*len, start);
                *len -= end - start;
            }
        }
    }
}

impl Grown {
    fn with_capacity(capacity: usize) -> Self {
        if capacity < PAGES_FROM {
            return Self::Heap(Vec::with_capacity(capacity));
        }
        Self::Pages {
            block: Block::zeroed(capacity),
            len: 0,
        }
    }
}

impl Default for Grown {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let (Grown::Heap(bytes), Some(home)) = (&mut self.grown, &self.home) {
            let mut bytes = std::mem::take(bytes);
            bytes.clear();
            // Enough are there, or nobody reads any more.
            let _ = home.try_send(bytes);
        }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            grown: Grown::Heap(bytes),
            home: None,
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.grown {
            Grown::Heap(bytes) => bytes,
            Grown::Pages { block, len } => block.get(..*len).unwrap_or_default(),
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.grown {
            Grown::Heap(bytes) => bytes,
            Grown::Pages { block, len } => block.get_mut(..*len).unwrap_or_default(),
        }
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({} of {} bytes)", self.len(), self.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_the_same_in_the_heap_and_in_pages() {
        for size in [100, PAGES_FROM] {
            let mut buffer = Buffer::default();
            let bytes: Vec<u8> = (0..size).map(|n| n as u8).collect();
            for part in bytes.chunks(size / 3 + 1) {
                buffer.extend_from_slice(part);
            }
            assert_eq!(*buffer, *bytes);
            buffer.remove(10, 30);
            buffer.truncate(size - 25);
            assert_eq!(*buffer, [&bytes[..10], &bytes[30..size - 5]].concat());
            assert_eq!(matches!(buffer.grown, Grown::Pages { .. }), size == PAGES_FROM);
        }
    }

    #[test]
    fn room_is_made_for_what_is_in_sight_and_no_more() {
        let mut buffer = Buffer::with_capacity(2 * PAGES_FROM);
        buffer.extend_from_slice(&vec![1; 2 * PAGES_FROM]);
        buffer.reserve(1_000, 2 * PAGES_FROM + 50_000);
        assert_eq!(buffer.capacity(), 2 * PAGES_FROM + 50_000);
        buffer.reserve(60_000, 0);
        assert_eq!(buffer.capacity(), 2 * PAGES_FROM + 60_000);
    }

    #[test]
    fn memory_of_dropped_buffers_is_used_again() {
        let spares = Spares::default();
        let mut first = spares.buffer(1_000);
        first.extend_from_slice(&[1; 5_000]);
        let capacity = first.capacity();
        drop(first);
        let second = spares.buffer(10);
        assert_eq!((second.len(), second.capacity()), (0, capacity));
        // What is above the number kept is freed, and so is what comes home too late.
        drop((0..9).map(|_| spares.buffer(10)).collect::<Vec<_>>());
        drop(spares);
        drop(second);
    }
}
