//! The read buffer: whole frames out of a stream of bytes, and the bytes of a batch out of the buffer.
//!
//! ```text
//! 0 ......... base ┌frame┐┌frame┐ next ┌half a frame… len ~~~~ room for a read
//!   sent already        a batch        stays for the next
//! ```

use std::{collections::HashSet, sync::Arc};

use super::keeping::{Keeping, broken_length};
use crate::{
    event::{Buffer, Span, Spares},
    mqtt::ProtocolVersion,
    wire::{Anomaly, Scan, scan},
};

/// Room for one read.
const SPARE: usize = super::socket::READ;
/// Room for the last read into a buffer of ordinary size.
const LAST_SPARE: usize = SPARE / 4;
/// A buffer grows to this by doubling, and beyond it no further than to the end of the frame in sight; one that
/// did is not kept for small messages. A fast stream fills it to the end, so that it can be remembered as it is.
const ORDINARY: usize = 4 * SPARE;
/// Fewer bytes are copied out rather than moved with their 64 KiB of room.
const SMALL: usize = 8 * 1024;

/// A frame in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// First byte in the buffer.
    start: usize,
    /// Bytes in the buffer.
    len: usize,
    /// Bytes on the wire: more where a long payload was not kept.
    pub wire_len: usize,
}

/// What the buffer holds next.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// A whole frame, or as much of it as is kept.
    Frame(Found),
    /// Not yet whole.
    Incomplete,
    /// Nothing more can be found in this stream.
    Broken(Anomaly),
}

/// A PUBLISH of which not all is kept.
#[derive(Debug, Clone, Copy)]
struct Cut {
    kept: usize,
    wire_len: usize,
    /// Bytes of the tail still to come.
    to_skip: usize,
}

/// The buffer.
pub struct Intake {
    buffer: Buffer,
    spares: Spares,
    base: usize,
    next: usize,
    /// Bytes of the frame behind `next` as far as it is kept, once they are known.
    in_sight: usize,
    cut: Option<Cut>,
    keeping: Keeping,
}

impl Intake {
    /// Empty.
    pub fn new(limits: super::Limits) -> Self {
        Self {
            buffer: Buffer::default(),
            spares: Spares::default(),
            base: 0,
            next: 0,
            in_sight: 0,
            cut: None,
            keeping: Keeping::new(limits),
        }
    }

    /// Watches these topics and no others.
    pub fn watch(&mut self, topics: &Arc<HashSet<String>>) {
        self.keeping.watch(topics);
    }

    /// The buffer with room for one read behind its end.
    pub fn room(&mut self) -> &mut Buffer {
        if self.base == self.buffer.len() {
            self.buffer.truncate(0);
            self.next -= self.base;
            self.base = 0;
            if self.buffer.capacity() > ORDINARY {
                self.buffer = self.spares.buffer(SPARE);
            }
        }
        if !self.has_room() {
            self.buffer.remove(0, self.base);
            self.next -= self.base;
            self.base = 0;
        }
        if !self.has_room() {
            let ends = self.next + self.in_sight;
            self.buffer.reserve(SPARE, (ends + SPARE).max(ORDINARY));
        }
        &mut self.buffer
    }

    fn has_room(&self) -> bool {
        let wanted = if self.buffer.capacity() < ORDINARY {
            SPARE
        } else {
            LAST_SPARE
        };
        self.buffer.capacity() - self.buffer.len() >= wanted
    }

    /// The buffer, to look at.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }

    /// What is not yet a frame.
    pub fn rest(&self) -> &[u8] {
        self.buffer.get(self.next..).unwrap_or_default()
    }

    /// Whether a frame is half read.
    pub fn is_midframe(&self) -> bool {
        self.next < self.buffer.len()
    }

    /// Bytes of the frames found since the last batch.
    pub fn batch_len(&self) -> usize {
        self.next - self.base
    }

    /// Whether a buffer of ordinary size would have to grow for another read, while it has a batch in it.
    pub fn is_full(&self) -> bool {
        self.buffer.capacity() >= ORDINARY && !self.has_room() && self.batch_len() > 0
    }

    /// The bytes of a frame found.
    pub fn bytes(&self, found: Found) -> &[u8] {
        self.buffer
            .get(found.start..found.start + found.len)
            .unwrap_or_default()
    }

    /// The same, to overwrite secrets.
    pub fn bytes_mut(&mut self, found: Found) -> &mut [u8] {
        self.buffer
            .get_mut(found.start..found.start + found.len)
            .unwrap_or_default()
    }

    /// Leaves the frames found since the last batch out of it.
    pub const fn discard(&mut self) {
        self.base = self.next;
    }

    /// Where the frame will lie in the batch.
    pub fn span(&self, found: Found) -> Span {
        Span {
            start: (found.start - self.base) as u32,
            len: found.len as u32,
        }
    }

    /// The next frame; its bytes belong to the batch from now on.
    pub fn next_frame(&mut self, version: ProtocolVersion) -> Next {
        if let Some(cut) = self.cut {
            return self.skip(cut);
        }
        let rest = self.buffer.get(self.next..).unwrap_or_default();
        let head = match scan(rest) {
            Scan::Head(head) => head,
            Scan::Incomplete => return Next::Incomplete,
            Scan::Malformed => return Next::Broken(broken_length(version)),
        };
        let frame_len = head.frame_len();
        if frame_len <= rest.len() && self.keeping.keeps_whole(frame_len) {
            return self.found(frame_len, frame_len);
        }
        let kept = match self.keeping.kept(rest, head, version) {
            Ok(Some(kept)) => kept,
            Ok(None) => return Next::Incomplete,
            Err(anomaly) => return Next::Broken(anomaly),
        };
        if rest.len() < kept {
            self.in_sight = kept;
            Next::Incomplete
        } else if kept < frame_len {
            self.skip(Cut {
                kept,
                wire_len: frame_len,
                to_skip: frame_len - kept,
            })
        } else {
            self.found(kept, kept)
        }
    }

    /// Drops what is here of the tail of a long PUBLISH.
    fn skip(&mut self, cut: Cut) -> Next {
        let tail = self.next + cut.kept;
        let here = self.buffer.len() - tail;
        let dropped = here.min(cut.to_skip);
        if dropped == here {
            self.buffer.truncate(tail);
        } else {
            self.buffer.remove(tail, tail + dropped);
        }
        let to_skip = cut.to_skip - dropped;
        self.cut = (to_skip > 0).then_some(Cut { to_skip, ..cut });
        match self.cut {
            Some(_) => Next::Incomplete,
            None => self.found(cut.kept, cut.wire_len),
        }
    }

    fn found(&mut self, len: usize, wire_len: usize) -> Next {
        let found = Found {
            start: self.next,
            len,
            wire_len,
        };
        self.next += len;
        self.in_sight = 0;
        Next::Frame(found)
    }

    /// The bytes of the frames found since the last time. The buffer itself where it holds little else,
    /// a copy where most of it is still to be read or most of it is empty.
    pub fn take_batch(&mut self) -> Buffer {
        let (taken, left) = (self.next - self.base, self.buffer.len() - self.next);
        if self.base > 0 || taken <= SMALL || left > taken {
            if taken <= SMALL {
                self.spares.free_one();
            }
            let mut copy = Buffer::with_capacity(taken);
            copy.extend_from_slice(self.buffer.get(self.base..self.next).unwrap_or_default());
            self.base = self.next;
            return copy;
        }
        let is_fast = taken > ORDINARY / 2;
        let mut fresh = if is_fast {
            self.spares.buffer_to_fill((left + SPARE).max(ORDINARY))
        } else {
            self.spares.buffer(left + SPARE)
        };
        fresh.extend_from_slice(self.buffer.get(self.next..).unwrap_or_default());
        self.buffer.truncate(self.next);
        self.next = 0;
        std::mem::replace(&mut self.buffer, fresh)
    }
}

#[cfg(test)]
mod tests;
