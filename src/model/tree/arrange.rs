//! Putting the children of a level in order, by name or by what changes.
//!
//! Names do not change: once sorted they are kept, and what came since is merged in. Any other order is a stable
//! sort of that one, so that equals stand by name, and costs little where little has changed.

#![allow(
    clippy::indexing_slicing,
    reason = "keys are as many as the levels that `sync` has seen, and only those are asked for"
)]

use super::{NONE, NodeId, SortBy, Topics, TreeView, sort::Order};
use crate::model::interner::SegmentId;

/// Fewer children are sorted again each time.
const MANY: usize = 1_024;

/// Children of a level by name.
#[derive(Debug)]
pub(super) struct ByName {
    ids: Vec<u32>,
    /// Those that came later have ids from here on.
    end: u32,
}

/// A child while its siblings are sorted: what decides nearly always lies side by side, where a million names are
/// three memory accesses away each.
struct Named {
    rank: u64,
    id: u32,
    name: SegmentId,
}

impl ByName {
    /// Bytes held.
    pub(super) const fn memory(&self) -> usize {
        self.ids.capacity() * size_of::<u32>()
    }
}

impl TreeView {
    /// The children of a level by name.
    pub(super) fn by_name(&self, topics: &Topics, parent: u32) -> Vec<u32> {
        let (known, end) = match self.by_name.get(&parent) {
            Some(by_name) => (&by_name.ids[..], by_name.end),
            None => (&[][..], 0),
        };
        let mut new = self.children_from(topics, parent, end);
        sort_by_name(topics, &mut new);
        let new = new.into_iter().map(|named| named.id);
        if known.is_empty() {
            return new.collect();
        }
        let mut merged = Vec::with_capacity(known.len() + new.len());
        let mut rest = known;
        for id in new {
            let before = rest.partition_point(|&other| topics.by_name(other, id).is_lt());
            let (head, tail) = rest.split_at(before);
            merged.extend_from_slice(head);
            merged.push(id);
            rest = tail;
        }
        merged.extend_from_slice(rest);
        merged
    }

    /// Children seen with ids from `end` on, oldest first: the newest is the first of the list.
    fn children_from(&self, topics: &Topics, parent: u32, end: u32) -> Vec<Named> {
        let mut children = Vec::new();
        let mut next = topics.node(NodeId(parent)).first_child;
        while next != NONE && next >= end {
            let node = topics.node(NodeId(next));
            if self.has_seen(next) {
                children.push(Named {
                    rank: 0,
                    id: next,
                    name: node.segment,
                });
            }
            next = node.next_sibling;
        }
        children.reverse();
        children
    }

    /// The order of what stands by name.
    pub(super) fn order_of(&self, by_name: &[u32]) -> Order {
        let rows_of = |node| self.rows_of(node);
        if self.sort == SortBy::Name {
            return Order::new(by_name, rows_of);
        }
        let mut children = by_name.to_vec();
        // Larger keys come first.
        children.sort_by_key(|&id| !self.keys[id as usize]);
        Order::new(&children, rows_of)
    }

    /// Keeps the order of a level's children as things are now.
    pub(super) fn order_anew(&mut self, topics: &Topics, parent: u32, now_us: u64) {
        let ids = self.by_name(topics, parent);
        if self.sort != SortBy::Name {
            for &child in &ids {
                self.take_key(topics, child, now_us);
            }
        }
        let order = self.order_of(&ids);
        self.orders.insert(parent, order);
        if ids.len() >= MANY {
            let end = self.flags.len() as u32;
            self.by_name.insert(parent, ByName { ids, end });
        }
    }

    fn take_key(&mut self, topics: &Topics, id: u32, now_us: u64) {
        // The top bits of a float that is not negative order as the float does, to 0.4 %: small changes move nothing.
        let coarse = |value: f64| (value as f32).to_bits() >> 15;
        let node = topics.node(NodeId(id));
        let key = match self.sort {
            SortBy::Name => 0,
            SortBy::Rate => coarse(topics.rate(NodeId(id), now_us)),
            SortBy::Recent => node.subtree_tick,
            SortBy::Size => coarse(node.subtree_bytes as f64),
        };
        if let Some(slot) = self.keys.get_mut(id as usize) {
            *slot = key;
        }
    }

    /// Orders what is in view by how things are now. Rows move here and in `set_sort` only.
    pub fn resort(&mut self, topics: &Topics, now_us: u64) {
        if self.sort == SortBy::Name {
            return;
        }
        self.order_all_anew(topics, now_us);
    }

    /// Orders by something else.
    pub fn set_sort(&mut self, topics: &Topics, sort: SortBy, now_us: u64) {
        self.sort = sort;
        self.keys.fill(0);
        self.order_all_anew(topics, now_us);
    }

    fn order_all_anew(&mut self, topics: &Topics, now_us: u64) {
        for parent in std::mem::take(&mut self.orders).into_keys() {
            self.order_anew(topics, parent, now_us);
        }
    }
}

fn sort_by_name(topics: &Topics, children: &mut [Named]) {
    let shared = topics.shared_name(children.iter().map(|child| child.name));
    for child in &mut *children {
        child.rank = topics.name_rank(child.name, shared);
    }
    children.sort_unstable_by(|a, b| a.rank.cmp(&b.rank).then_with(|| topics.by_name(a.id, b.id)));
}
