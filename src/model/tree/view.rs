//! What of the tree is shown: which levels are open, in which order, which match a filter.
//!
//! Every level knows how many rows its children show (`inner`), open or not, so a change walks up to the
//! first closed level and a frame looks at its own rows only. Levels without a value and with one child
//! share a row with that child (`l0/l1/l2`): the row stands for the lowest.
#![allow(
    clippy::indexing_slicing,
    reason = "the vectors are as long as the levels that `sync` has seen, and only those are asked for"
)]

use std::cmp::Ordering;

use hashbrown::HashMap;

use super::{NONE, NodeId, SortBy, Topics, arrange::ByName, sort::Order};
use crate::event::SourceId;

/// Open, as the user left it.
const OPEN: u8 = 1;
/// Shares a row with its only child.
const LINK: u8 = 2;
/// Something was delivered at or below it.
const HEARD: u8 = 4;
/// It or something below matches the filter.
pub(super) const MATCHED: u8 = 8;
/// Closed while a filter is on; what matches starts open.
pub(super) const FOLDED: u8 = 16;

/// Which part of the forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All connections, a root row each.
    #[default]
    All,
    /// The topics of one connection, without its root.
    Only(SourceId),
}

/// A view of the tree. Call [`sync`](Self::sync) after the model changed, before anything else.
#[derive(Debug)]
pub struct TreeView {
    pub(super) inner: Vec<u32>,
    pub(super) flags: Vec<u8>,
    /// Of each level, side by side: a walk over all of a million nodes themselves reads a hundred megabytes.
    pub(super) parents: Vec<u32>,
    /// What the order was made by; stays until [`resort`](Self::resort), so rows do not dance.
    pub(super) keys: Vec<u32>,
    pub(super) orders: HashMap<u32, Order>,
    pub(super) by_name: HashMap<u32, ByName>,
    pub(super) sort: SortBy,
    scope: Scope,
    scope_root: u32,
    pub(super) is_filtered: bool,
    /// With a filter on: levels from here on are still to be asked whether they match.
    pub(super) checked: u32,
    opens_new: bool,
    seen_changes: usize,
}

impl Default for TreeView {
    fn default() -> Self {
        Self::new(Scope::All)
    }
}

impl TreeView {
    /// Everything closed but the connections, by name.
    pub fn new(scope: Scope) -> Self {
        Self {
            inner: Vec::new(),
            flags: Vec::new(),
            parents: Vec::new(),
            keys: Vec::new(),
            orders: HashMap::new(),
            by_name: HashMap::new(),
            sort: SortBy::Name,
            scope,
            scope_root: 0,
            is_filtered: false,
            checked: 0,
            opens_new: false,
            seen_changes: 0,
        }
    }

    /// Takes in what is new. Work per new topic, none per message. With a filter on, `is_match` tells whether
    /// a new topic matches; it is asked for topics with a value only.
    pub fn sync(&mut self, topics: &Topics, is_match: &mut dyn FnMut(NodeId) -> bool) {
        let were_all_checked = self.is_checked();
        for id in self.flags.len() as u32..topics.len() as u32 {
            self.add(topics, id, is_match);
        }
        for index in self.seen_changes..topics.changed.len() {
            let id = topics.changed[index];
            self.refresh(topics, id);
            self.refresh(topics, topics.nodes.get(id).parent);
            if self.is_filtered && topics.has_value(NodeId(id)) && is_match(NodeId(id)) {
                self.mark_match(topics, NodeId(id));
            }
        }
        self.seen_changes = topics.changed.len();
        if were_all_checked {
            self.checked = self.flags.len() as u32;
        }
        self.scope_root = match self.scope {
            Scope::All => 0,
            // A connection that is not there shows nothing.
            Scope::Only(source) => topics.root(source).map_or(NONE, |root| root.0),
        };
    }

    fn add(&mut self, topics: &Topics, id: u32, is_match: &mut dyn FnMut(NodeId) -> bool) {
        let is_open = self.opens_new || id == 0 || topics.is_root(NodeId(id));
        self.inner.push(0);
        self.flags.push(if is_open { OPEN } else { 0 });
        self.keys.push(0);
        let parent = topics.nodes.get(id).parent;
        self.parents.push(parent);
        if id == 0 {
            self.flags[0] |= HEARD | MATCHED;
            return;
        }
        if let Some(mut order) = self.orders.remove(&parent) {
            order.insert(id, 0, |other| self.compare(topics, other, id));
            order.split(|other| self.compare(topics, other, id), |node| self.rows_of(node));
            self.orders.insert(parent, order);
        }
        self.refresh(topics, id);
        self.refresh(topics, parent);
        if self.is_filtered && topics.has_value(NodeId(id)) && is_match(NodeId(id)) {
            self.mark_match(topics, NodeId(id));
        }
    }

    /// Reads again what kind of level it is.
    fn refresh(&mut self, topics: &Topics, id: u32) {
        if id == 0 || id == NONE {
            return;
        }
        let mut flags = self.flags[id as usize] & !(LINK | HEARD);
        if topics.is_link(NodeId(id)) {
            flags |= LINK;
        } else if self.is_link(id) && self.has_open_child(topics, id) {
            // The row is taken apart: what was open behind it stays in sight.
            flags = flags & !FOLDED | OPEN;
        }
        if topics.is_heard(NodeId(id)) {
            flags |= HEARD;
        }
        self.set_flags(topics, id, flags);
    }

    fn has_open_child(&self, topics: &Topics, id: u32) -> bool {
        topics
            .children(NodeId(id))
            .filter(|child| self.has_seen(child.0))
            .any(|child| self.is_open(self.end_of_chain(topics, child.0)))
    }

    /// Changes a level and the sums above it, up to the first level where nothing changes.
    pub(super) fn set_flags(&mut self, topics: &Topics, id: u32, flags: u8) {
        let mut old = self.rows_of(id);
        self.flags[id as usize] = flags;
        let mut level = id;
        let mut new = self.rows_of(level);
        while old != new && level != 0 {
            let parent = self.parents[level as usize];
            if let Some(mut order) = self.orders.remove(&parent) {
                order.change_rows(old, new, |other| self.compare(topics, other, level));
                self.orders.insert(parent, order);
            }
            let before = self.rows_of(parent);
            self.inner[parent as usize] = self.inner[parent as usize] - old + new;
            (old, new, level) = (before, self.rows_of(parent), parent);
        }
    }

    /// Rows that a level and what is open below it take, were its parents open.
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

    pub(super) fn has_seen(&self, id: u32) -> bool {
        (id as usize) < self.flags.len()
    }

    pub(super) fn inner(&self, id: u32) -> u32 {
        self.inner.get(id as usize).copied().unwrap_or(0)
    }

    pub(super) const fn scope_root(&self) -> u32 {
        self.scope_root
    }

    pub(super) fn compare(&self, topics: &Topics, a: u32, b: u32) -> Ordering {
        let by_key = match self.sort {
            SortBy::Name => Ordering::Equal,
            _ => self.keys[b as usize].cmp(&self.keys[a as usize]),
        };
        by_key.then_with(|| topics.by_name(a, b))
    }

    /// Opens or closes a level. Levels that share a row are open or closed as the lowest is.
    pub fn set_expanded(&mut self, topics: &Topics, id: NodeId, is_expanded: bool) {
        if !self.has_seen(id.0) || id == NodeId::FOREST {
            return;
        }
        let id = self.end_of_chain(topics, id.0);
        let mut flags = self.flags[id as usize];
        if self.is_filtered {
            flags = if is_expanded {
                flags & !FOLDED
            } else {
                flags | FOLDED
            };
        } else {
            flags = if is_expanded { flags | OPEN } else { flags & !OPEN };
        }
        self.set_flags(topics, id, flags);
        if !is_expanded {
            self.orders.remove(&id);
        }
    }

    /// Opens what is closed, closes what is open.
    pub fn toggle(&mut self, topics: &Topics, id: NodeId) {
        let is_expanded = self.is_expanded(topics, id);
        self.set_expanded(topics, id, !is_expanded);
    }

    /// Whether a level is open.
    pub fn is_expanded(&self, topics: &Topics, id: NodeId) -> bool {
        self.has_seen(id.0) && self.is_open(self.end_of_chain(topics, id.0))
    }

    /// Opens all levels above one, so that it has a row.
    pub fn reveal(&mut self, topics: &Topics, id: NodeId) {
        let mut above = topics.parent(id);
        while let Some(level) = above {
            if !self.is_link(level.0) {
                self.set_expanded(topics, level, true);
            }
            above = topics.parent(level);
        }
    }

    /// Opens all levels, those to come too.
    pub fn expand_all(&mut self) {
        self.set_all(true);
    }

    /// Closes all levels but the connections.
    pub fn collapse_all(&mut self) {
        self.set_all(false);
    }

    fn set_all(&mut self, is_open: bool) {
        self.opens_new = is_open;
        for id in 1..self.flags.len() {
            let is_open = is_open || self.parents[id] == 0;
            let flags = &mut self.flags[id];
            *flags = match (self.is_filtered, is_open) {
                (true, true) => *flags & !FOLDED,
                (true, false) => *flags | FOLDED,
                (false, true) => *flags | OPEN,
                (false, false) => *flags & !OPEN,
            };
        }
        if !is_open {
            self.orders.clear();
        }
        self.recount();
    }

    /// Counts all rows anew: one pass from the last level to the first, as children come behind parents.
    pub(super) fn recount(&mut self) {
        self.inner.fill(0);
        for id in (1..self.flags.len() as u32).rev() {
            let rows = self.rows_of(id);
            self.inner[self.parents[id as usize] as usize] += rows;
        }
        let mut orders = std::mem::take(&mut self.orders);
        for order in orders.values_mut() {
            order.recount(|node| self.rows_of(node));
        }
        self.orders = orders;
    }

    /// Shows another part of the forest; what is open stays open.
    pub fn set_scope(&mut self, topics: &Topics, scope: Scope) {
        self.scope = scope;
        self.sync(topics, &mut |_| false);
    }

    /// Which part of the forest is shown.
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Which order.
    pub const fn sort(&self) -> SortBy {
        self.sort
    }

    /// The lowest level that shares a row with this one.
    pub(super) fn end_of_chain(&self, topics: &Topics, mut id: u32) -> u32 {
        while self.is_link(id) {
            let children = topics.children(NodeId(id)).map(|child| child.0);
            match children.filter(|&child| self.has_seen(child)).last() {
                Some(child) => id = child,
                None => break,
            }
        }
        id
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        let orders: usize = self.orders.values().map(Order::memory).sum();
        let by_name: usize = self.by_name.values().map(ByName::memory).sum();
        let words = self.inner.capacity() + self.keys.capacity() + self.parents.capacity();
        words * size_of::<u32>() + self.flags.capacity() + orders + by_name
    }
}
