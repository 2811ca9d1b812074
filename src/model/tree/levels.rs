//! What a view knows of each level, side by side: a walk over the nodes of a million topics reads a hundred megabytes.
#![allow(
    clippy::indexing_slicing,
    reason = "the vectors are as long as the levels that `TreeView::sync` has seen, and only those are asked for"
)]

use super::{NONE, NodeId, SortBy, Topics, order::Siblings};
use crate::model::interner::SegmentId;

/// Open, as the user left it.
pub(super) const OPEN: u8 = 1;
/// Shares a row with its only child.
pub(super) const LINK: u8 = 2;
/// Something was delivered at or below it.
pub(super) const HEARD: u8 = 4;
/// It or something below matches the filter.
pub(super) const MATCHED: u8 = 8;
/// Closed while a filter is on; what matches starts open.
pub(super) const FOLDED: u8 = 16;

/// Following a list of siblings costs as much a child as looking at this many levels in a row.
const LIST_COST: usize = 16;

/// The levels a view has seen, by the index of their nodes.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// Rows that the children take, were the level open.
    pub(super) inner: Vec<u32>,
    pub(super) flags: Vec<u8>,
    pub(super) parents: Vec<u32>,
    /// Their names.
    pub(super) segments: Vec<SegmentId>,
    /// What the order was made by, larger first; stays until the next order, so rows do not dance.
    pub(super) keys: Vec<u32>,
    pub(super) sort: SortBy,
    pub(super) is_filtered: bool,
}

impl Levels {
    pub(super) const fn len(&self) -> usize {
        self.flags.len()
    }

    pub(super) const fn has_seen(&self, id: u32) -> bool {
        (id as usize) < self.flags.len()
    }

    pub(super) fn push(&mut self, parent: u32, segment: SegmentId, flags: u8) {
        self.segments.push(segment);
        self.inner.push(0);
        self.flags.push(flags);
        self.keys.push(0);
        self.parents.push(parent);
    }

    /// Rows that a level and what is open below it take, were its parents open.
    #[inline]
    pub(super) fn rows_of(&self, id: u32) -> u32 {
        let flags = self.flags[id as usize];
        if flags & HEARD == 0 || self.is_filtered && flags & MATCHED == 0 {
            0
        } else if flags & LINK != 0 {
            self.inner[id as usize]
        } else if self.is_open(id) {
            1 + self.inner[id as usize]
        } else {
            1
        }
    }

    pub(super) fn rows_of_all(&self, ids: &[u32]) -> u32 {
        ids.iter().map(|&id| self.rows_of(id)).sum()
    }

    #[inline]
    pub(super) fn is_open(&self, id: u32) -> bool {
        let flags = self.flags[id as usize];
        if self.is_filtered {
            flags & FOLDED == 0
        } else {
            flags & OPEN != 0
        }
    }

    pub(super) fn is_link(&self, id: u32) -> bool {
        self.flags[id as usize] & LINK != 0
    }

    pub(super) fn inner(&self, id: u32) -> u32 {
        self.inner.get(id as usize).copied().unwrap_or(0)
    }

    /// The children of a level that were seen, in no order.
    pub(super) fn children(&self, topics: &Topics, parent: u32) -> Vec<u32> {
        let node = topics.node(NodeId(parent));
        let mut children = Vec::with_capacity(node.children as usize);
        // A child comes behind its parent.
        let first = parent as usize + 1;
        if node.children as usize * LIST_COST > self.len().saturating_sub(first) {
            let behind = (first..).zip(self.parents.get(first..).unwrap_or_default());
            let of_parent = behind.filter(|&(_, &other)| other == parent);
            children.extend(of_parent.map(|(id, _)| id as u32));
            return children;
        }
        let mut next = node.first_child;
        while next != NONE {
            if self.has_seen(next) {
                children.push(next);
            }
            next = topics.node(NodeId(next)).next_sibling;
        }
        children
    }

    /// For an order of what it is sorted by.
    pub(super) fn siblings<'a>(&'a self, topics: &'a Topics) -> Siblings<'a> {
        let keys = match self.sort {
            SortBy::Name => &[][..],
            _ => &self.keys,
        };
        Siblings {
            topics,
            levels: self,
            keys,
        }
    }

    /// For an order by name.
    pub(super) const fn by_name<'a>(&'a self, topics: &'a Topics) -> Siblings<'a> {
        Siblings {
            topics,
            levels: self,
            keys: &[],
        }
    }

    /// Notes what these levels are ordered by, as it is now.
    pub(super) fn take_keys(&mut self, topics: &Topics, ids: &[u32], now_us: u64) {
        // The top bits of a float that is not negative order as the float does, to 0.4 %: small changes move nothing.
        let coarse = |value: f64| (value as f32).to_bits() >> 15;
        for &id in ids {
            let node = topics.node(NodeId(id));
            self.keys[id as usize] = match self.sort {
                SortBy::Name => 0,
                SortBy::Rate => coarse(topics.rate(NodeId(id), now_us)),
                SortBy::Recent => node.subtree_tick,
                SortBy::Size => coarse(node.subtree_bytes as f64),
            };
        }
    }

    /// Bytes held.
    pub(super) const fn memory(&self) -> usize {
        let words =
            self.inner.capacity() + self.keys.capacity() + self.parents.capacity() + self.segments.capacity();
        words * size_of::<u32>() + self.flags.capacity()
    }
}
