//! Topic levels, each text stored once: `temperature` under ten thousand rooms is eleven bytes.
#![allow(
    clippy::indexing_slicing,
    reason = "addresses are made by `intern` only, and nothing is ever removed"
)]

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::arena::Arena;

/// At least the longest text a packet can carry, so that each fits in one chunk.
const CHUNK: usize = 64 * 1024;

/// Names an interned text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentId(u32);

#[derive(Debug, Clone, Copy)]
struct Place {
    chunk: u32,
    start: u16,
    len: u16,
}

/// The texts.
#[derive(Debug)]
pub(super) struct Interner {
    chunks: Vec<String>,
    places: Arena<Place>,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    text_bytes: usize,
}

impl Interner {
    pub(super) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            places: Arena::new(),
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            text_bytes: 0,
        }
    }

    /// The id of `text`, which has at most 65,535 bytes.
    pub(super) fn intern(&mut self, text: &str) -> SegmentId {
        let hash = self.hasher.hash_one(text);
        let (places, chunks) = (&self.places, &self.chunks);
        if let Some(&id) = self
            .table
            .find(hash, |&id| text_at(chunks, *places.get(id)) == text)
        {
            return SegmentId(id);
        }
        let place = self.store(text);
        let id = self.places.push(place);
        let (places, chunks, hasher) = (&self.places, &self.chunks, &self.hasher);
        self.table.insert_unique(hash, id, |&other| {
            hasher.hash_one(text_at(chunks, *places.get(other)))
        });
        SegmentId(id)
    }

    fn store(&mut self, text: &str) -> Place {
        let fits = self
            .chunks
            .last()
            .is_some_and(|chunk| chunk.len() + text.len() <= CHUNK);
        if !fits {
            self.chunks.push(String::with_capacity(CHUNK));
        }
        let chunk = self.chunks.len() - 1;
        // A start of exactly 65,536 can only belong to an empty text, whose start is of no matter.
        let start = self.chunks[chunk].len().min(CHUNK - 1) as u16;
        self.chunks[chunk].push_str(text);
        self.text_bytes += text.len();
        Place {
            chunk: chunk as u32,
            start,
            len: text.len() as u16,
        }
    }

    #[inline]
    pub(super) fn get(&self, id: SegmentId) -> &str {
        text_at(&self.chunks, *self.places.get(id.0))
    }

    #[inline]
    pub(super) fn bytes(&self, id: SegmentId) -> &[u8] {
        let place = *self.places.get(id.0);
        let start = place.start as usize;
        &self.chunks[place.chunk as usize].as_bytes()[start..start + place.len as usize]
    }

    /// Bytes held, spare room included.
    pub(super) fn memory(&self) -> usize {
        self.chunks.len() * CHUNK + self.places.memory() + self.table.allocation_size()
    }
}

fn text_at(chunks: &[String], place: Place) -> &str {
    if place.len == 0 {
        return "";
    }
    let start = place.start as usize;
    &chunks[place.chunk as usize][start..start + place.len as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_stored_once_and_found_again() {
        let mut interner = Interner::new();
        let ids: Vec<_> = (0..5_000)
            .map(|n| interner.intern(&format!("level{n}")))
            .collect();
        let bytes = interner.text_bytes;
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(interner.intern(&format!("level{n}")), *id);
            assert_eq!(interner.get(*id), format!("level{n}"));
            assert_eq!(interner.bytes(*id), format!("level{n}").as_bytes());
        }
        assert_eq!(interner.text_bytes, bytes);
    }

    #[test]
    fn the_longest_and_the_empty_level_fit() {
        let mut interner = Interner::new();
        let long = "x".repeat(65_535);
        let (a, b, c) = (interner.intern(&long), interner.intern("y"), interner.intern(""));
        assert_eq!(
            (interner.get(a).len(), interner.get(b), interner.get(c)),
            (65_535, "y", "")
        );
        assert_eq!(interner.bytes(c), b"");
    }
}
