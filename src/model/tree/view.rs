//! What of the tree is shown: which levels are open, in which order, which match a filter.
//!
//! Every level knows how many rows its children show (`inner`), open or not, so a change walks up to the
//! first closed level and a frame looks at its own rows only. Levels without a value and with one child
//! share a row with that child (`l0/l1/l2`): the row stands for the lowest.
#![allow(
    clippy::indexing_slicing,
    reason = "the vectors are as long as the levels that `sync` has seen, and only those are asked for"
)]

use hashbrown::HashMap;

use super::{
    NONE, NodeId, SortBy, Topics,
    levels::{FOLDED, HEARD, LINK, Levels, MATCHED, OPEN},
    order::{Order, Siblings},
};
use crate::event::SourceId;

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
    pub(super) levels: Levels,
    /// Of the levels whose children were looked at; made when they are, so that what is not in view is not ordered.
    pub(super) orders: HashMap<u32, Order>,
    /// The same by name, while another order is shown; they know nothing of rows.
    named: HashMap<u32, Order>,
    scope: Scope,
    scope_root: u32,
    /// With a filter on: levels from here on are still to be asked whether they match.
    pub(super) checked: u32,
    opens_new: bool,
    seen_changes: usize,
    /// For rates.
    now_us: u64,
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
            levels: Levels::default(),
            orders: HashMap::new(),
            named: HashMap::new(),
            scope,
            scope_root: 0,
            checked: 0,
            opens_new: false,
            seen_changes: 0,
            now_us: 0,
        }
    }

    /// Takes in what is new. Work per new topic, none per message. With a filter on, `is_match` tells whether
    /// a new topic matches; it is asked for topics with a value only.
    pub fn sync(&mut self, topics: &Topics, is_match: &mut dyn FnMut(NodeId) -> bool) {
        let were_all_checked = self.is_checked();
        for id in self.levels.len() as u32..topics.len() as u32 {
            self.add(topics, id, is_match);
        }
        for index in self.seen_changes..topics.changed.len() {
            let id = topics.changed[index];
            self.refresh(topics, id);
            self.refresh(topics, topics.nodes.get(id).parent);
            if self.is_filtered() && topics.has_value(NodeId(id)) && is_match(NodeId(id)) {
                self.mark_match(topics, NodeId(id));
            }
        }
        self.seen_changes = topics.changed.len();
        if were_all_checked {
            self.checked = self.levels.len() as u32;
        }
        self.scope_root = match self.scope {
            Scope::All => 0,
            // A connection that is not there shows nothing.
            Scope::Only(source) => topics.root(source).map_or(NONE, |root| root.0),
        };
    }

    fn add(&mut self, topics: &Topics, id: u32, is_match: &mut dyn FnMut(NodeId) -> bool) {
        let is_open = self.opens_new || id == 0 || topics.is_root(NodeId(id));
        let node = topics.nodes.get(id);
        let (parent, segment) = (node.parent, node.segment);
        self.levels.push(parent, segment, if is_open { OPEN } else { 0 });
        if id == 0 {
            self.levels.flags[0] |= HEARD | MATCHED;
            return;
        }
        if let Some(order) = self.orders.get_mut(&parent) {
            order.insert(id, self.levels.siblings(topics));
        }
        if let Some(order) = self.named.get_mut(&parent) {
            order.insert(id, self.levels.by_name(topics));
        }
        self.refresh(topics, id);
        self.refresh(topics, parent);
        if self.is_filtered() && topics.has_value(NodeId(id)) && is_match(NodeId(id)) {
            self.mark_match(topics, NodeId(id));
        }
    }

    /// Reads again what kind of level it is.
    fn refresh(&mut self, topics: &Topics, id: u32) {
        if id == 0 || id == NONE {
            return;
        }
        let mut flags = self.levels.flags[id as usize] & !(LINK | HEARD);
        if topics.is_link(NodeId(id)) {
            flags |= LINK;
        } else if self.levels.is_link(id) && self.has_open_child(topics, id) {
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
            .filter(|child| self.levels.has_seen(child.0))
            .any(|child| self.levels.is_open(self.end_of_chain(topics, child.0)))
    }

    /// Changes a level and the sums above it, up to the first level where nothing changes.
    pub(super) fn set_flags(&mut self, topics: &Topics, id: u32, flags: u8) {
        let mut old = self.levels.rows_of(id);
        self.levels.flags[id as usize] = flags;
        let mut level = id;
        let mut new = self.levels.rows_of(level);
        while old != new && level != 0 {
            let parent = self.levels.parents[level as usize];
            if let Some(order) = self.orders.get_mut(&parent) {
                order.change_rows(level, old, new, self.levels.siblings(topics));
            }
            let before = self.levels.rows_of(parent);
            let inner = &mut self.levels.inner[parent as usize];
            *inner = *inner - old + new;
            (old, new, level) = (before, self.levels.rows_of(parent), parent);
        }
    }

    /// The order of a level's children and where they are looked up; made, as things are now, if it is not there.
    pub(super) fn order<'a>(&'a mut self, topics: &'a Topics, parent: u32) -> (&'a mut Order, Siblings<'a>) {
        let Self {
            levels,
            orders,
            named,
            now_us,
            ..
        } = self;
        let order = orders.entry(parent).or_insert_with(|| {
            let children = levels.children(topics, parent);
            if levels.sort == SortBy::Name {
                return Order::new(children, levels.inner(parent));
            }
            levels.take_keys(topics, &children, *now_us);
            let named = named.entry(parent).or_insert_with(|| Order::new(children, 0));
            named.by_keys(levels.by_name(topics), levels.siblings(topics))
        });
        (order, levels.siblings(topics))
    }

    /// What time it is, mono µs, for rates in orders that are made.
    pub const fn set_now(&mut self, now_us: u64) {
        self.now_us = now_us;
    }

    /// Forgets the orders of what changes: they are made anew by how things are when they are asked for. Rows move
    /// here and in [`set_sort`](Self::set_sort) only.
    pub fn resort(&mut self) {
        if self.sort() != SortBy::Name {
            self.orders.clear();
        }
    }

    /// Orders by something else.
    pub fn set_sort(&mut self, sort: SortBy) {
        match (self.sort(), sort) {
            (SortBy::Name, SortBy::Name) => return,
            (SortBy::Name, _) => self.named = std::mem::take(&mut self.orders),
            (_, SortBy::Name) => {
                self.orders = std::mem::take(&mut self.named);
                self.recount_orders();
            }
            _ => self.orders.clear(),
        }
        self.levels.sort = sort;
    }

    pub(super) const fn scope_root(&self) -> u32 {
        self.scope_root
    }

    /// Opens or closes a level. Levels that share a row are open or closed as the lowest is.
    pub fn set_expanded(&mut self, topics: &Topics, id: NodeId, is_expanded: bool) {
        if !self.levels.has_seen(id.0) || id == NodeId::FOREST {
            return;
        }
        let id = self.end_of_chain(topics, id.0);
        let flags = self.levels.flags[id as usize];
        let flags = unfolded(flags, is_expanded, self.levels.is_filtered);
        self.set_flags(topics, id, flags);
        if !is_expanded {
            self.orders.remove(&id);
            self.named.remove(&id);
        }
    }

    /// Opens what is closed, closes what is open.
    pub fn toggle(&mut self, topics: &Topics, id: NodeId) {
        let is_expanded = self.is_expanded(topics, id);
        self.set_expanded(topics, id, !is_expanded);
    }

    /// Whether a level is open.
    pub fn is_expanded(&self, topics: &Topics, id: NodeId) -> bool {
        self.levels.has_seen(id.0) && self.levels.is_open(self.end_of_chain(topics, id.0))
    }

    /// Opens all levels above one, so that it has a row.
    pub fn reveal(&mut self, topics: &Topics, id: NodeId) {
        let mut above = topics.parent(id);
        while let Some(level) = above {
            if !self.levels.is_link(level.0) {
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
        let levels = &mut self.levels;
        for (flags, &parent) in levels.flags.iter_mut().zip(&levels.parents).skip(1) {
            *flags = unfolded(*flags, is_open || parent == 0, levels.is_filtered);
        }
        if !is_open {
            self.orders.clear();
            self.named.clear();
        }
        self.recount();
    }

    /// Counts all rows anew: one pass from the last level to the first, as children come behind parents.
    pub(super) fn recount(&mut self) {
        let levels = &mut self.levels;
        levels.inner.fill(0);
        for id in (1..levels.len() as u32).rev() {
            let rows = levels.rows_of(id);
            levels.inner[levels.parents[id as usize] as usize] += rows;
        }
        self.recount_orders();
    }

    fn recount_orders(&mut self) {
        for order in self.orders.values_mut() {
            order.recount(&self.levels);
        }
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
        self.levels.sort
    }

    /// The lowest level that shares a row with this one.
    pub(super) fn end_of_chain(&self, topics: &Topics, mut id: u32) -> u32 {
        while self.levels.is_link(id) {
            let children = topics.children(NodeId(id)).map(|child| child.0);
            match children.filter(|&child| self.levels.has_seen(child)).last() {
                Some(child) => id = child,
                None => break,
            }
        }
        id
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        let orders = self.orders.values().chain(self.named.values());
        self.levels.memory() + orders.map(Order::memory).sum::<usize>()
    }
}

/// The flags of a level that is open or closed: under a filter for as long as it is on.
const fn unfolded(flags: u8, is_open: bool, is_filtered: bool) -> u8 {
    match (is_filtered, is_open) {
        (true, true) => flags & !FOLDED,
        (true, false) => flags | FOLDED,
        (false, true) => flags | OPEN,
        (false, false) => flags & !OPEN,
    }
}
