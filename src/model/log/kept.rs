//! Messages that outlive the history: the last and the last retained one of each topic.

use hashbrown::HashMap;

use super::{
    header::{Flags, Header},
    segment::{HEADER, Parts},
};

/// All of them, by id: header, wall clock, bytes.
#[derive(Debug, Default)]
pub(super) struct KeptMessages {
    by_id: HashMap<u64, Box<[u8]>>,
    bytes: usize,
    given_up: u64,
}

/// What the allocator needs beside a value.
const ALLOCATION: usize = 16;
/// Header and wall clock.
const FIXED: usize = HEADER + 8;

impl KeptMessages {
    pub(super) fn insert(&mut self, id: u64, header: Header, wall_ahead_us: i64, bytes: &[u8]) {
        let kept: Box<[u8]> = [&header.to_bytes()[..], &wall_ahead_us.to_le_bytes(), bytes]
            .concat()
            .into();
        self.bytes += kept.len() + ALLOCATION;
        if let Some(old) = self.by_id.insert(id, kept) {
            self.bytes -= old.len() + ALLOCATION;
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        if let Some(kept) = self.by_id.remove(&id) {
            self.bytes -= kept.len() + ALLOCATION;
        }
    }

    pub(super) fn get(&self, id: u64) -> Option<(Header, i64, &[u8])> {
        read(self.by_id.get(&id)?)
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.bytes + self.by_id.allocation_size()
    }

    /// Values given up so far.
    pub(super) const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Frees `wanted` bytes, and an eighth of all at least, so that this walk is rare. Values go first, the largest
    /// (by powers of two) and of those the oldest; their time and sizes stay. Then the oldest go whole.
    pub(super) fn give_up(&mut self, wanted: usize) {
        let goal = self.bytes.saturating_sub(wanted.max(self.bytes / 8));
        // Lengths are in the table itself: those without a value cost a look, not a sort.
        let mut values: Vec<_> = self
            .by_id
            .iter()
            .filter_map(|(&id, kept)| Some((u32::MAX - (kept.len() - FIXED).checked_ilog2()?, id)))
            .collect();
        values.sort_unstable();
        for (_, id) in values {
            if self.bytes <= goal {
                return;
            }
            self.drop_value(id);
        }
        let mut ids: Vec<_> = self.by_id.keys().copied().collect();
        ids.sort_unstable();
        for id in ids {
            if self.bytes <= goal {
                break;
            }
            self.remove(id);
        }
        self.by_id.shrink_to(self.by_id.len() + self.by_id.len() / 8);
    }

    fn drop_value(&mut self, id: u64) {
        let Some(kept) = self.by_id.get_mut(&id) else {
            return;
        };
        let Some((mut header, wall_ahead_us, bytes)) = read(kept) else {
            return;
        };
        header.payload_len = split(&header, bytes).true_payload_len;
        header.properties_len = 0;
        header.topic_len = 0;
        header.flags.set(Flags::GIVEN_UP, true);
        header.flags.set(Flags::TRUNCATED, true);
        self.bytes -= bytes.len();
        self.given_up += 1;
        *kept = [&header.to_bytes()[..], &wall_ahead_us.to_le_bytes()]
            .concat()
            .into();
    }
}

fn read(kept: &[u8]) -> Option<(Header, i64, &[u8])> {
    let (header, rest) = kept.split_first_chunk()?;
    let (wall, bytes) = rest.split_first_chunk()?;
    Some((Header::from_bytes(header), i64::from_le_bytes(*wall), bytes))
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
