//! Rows on a screen: which level is on row n, on which row is a level.

use std::{borrow::Cow, ops::Range};

use super::{
    NONE, NodeId, Topics, TreeView,
    sort::{Order, Place},
};

/// One visible row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The level it stands for: the lowest of those that share it.
    pub node: NodeId,
    /// The highest level that shares it; `Topics::write_label(top, node, …)` gives its text.
    pub top: NodeId,
    /// Rows above it that it hangs from: how far to indent.
    pub depth: u16,
    /// Whether its children have rows.
    pub is_expanded: bool,
    /// Whether there is anything to open.
    pub has_children: bool,
}

/// What to do where the order of a level's children is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    SortNow,
    Stop,
}

/// Children being listed: their order, the next one, their depth.
type Listing<'a> = (Cow<'a, Order>, Place, u16);

impl TreeView {
    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        match self.scope_root() {
            NONE => 0,
            root => self.inner(root) as usize,
        }
    }

    /// The rows of a range, fewer at the end. Work for the rows and their depth only, if the order of the levels in
    /// view is [`prepare`](Self::prepare)d; else those are sorted on the way.
    pub fn rows(&self, topics: &Topics, range: Range<usize>) -> Vec<Row> {
        let mut rows = Vec::with_capacity(range.len().min(self.row_count()));
        self.walk(topics, &range, Missing::SortNow, |row| rows.push(row));
        rows
    }

    /// The level on a row.
    pub fn node_at(&self, topics: &Topics, row: usize) -> Option<NodeId> {
        self.rows(topics, row..row + 1).pop().map(|row| row.node)
    }

    /// Lists a range. No recursion: the network decides the depth. Gives the parent it stopped at.
    fn walk(
        &self,
        topics: &Topics,
        range: &Range<usize>,
        missing: Missing,
        mut visit: impl FnMut(Row),
    ) -> Option<u32> {
        if range.start >= self.row_count() {
            return None;
        }
        let rows_of = |node| self.rows_of(node);
        let mut skip = range.start as u32;
        let mut wanted = range.len();
        let mut listings: Vec<Listing> = Vec::new();
        let mut open = Some((self.scope_root(), 0u16));
        loop {
            if let Some((parent, depth)) = open.take() {
                if missing == Missing::Stop && !self.orders.contains_key(&parent) {
                    return Some(parent);
                }
                let order = self.order(topics, parent);
                let (place, left) = order.seek(skip, rows_of);
                skip = left;
                listings.push((order, place, depth));
            }
            let (order, place, depth) = listings.last_mut()?;
            let Some(top) = order.next(place, rows_of) else {
                listings.pop();
                continue;
            };
            let depth = *depth;
            let node = self.end_of_chain(topics, top);
            if skip > 0 {
                skip -= 1;
            } else if wanted == 0 {
                return None;
            } else {
                wanted -= 1;
                visit(self.row(topics, top, node, depth));
            }
            if self.is_open(node) && self.inner(node) > 0 {
                open = Some((node, depth.saturating_add(1)));
            }
        }
    }

    fn row(&self, topics: &Topics, top: u32, node: u32, depth: u16) -> Row {
        let has_children = self.inner(node) > 0 || topics.stats(NodeId(node)).children > 0;
        Row {
            node: NodeId(node),
            top: NodeId(top),
            depth,
            is_expanded: has_children && self.is_open(node),
            has_children,
        }
    }

    /// The row of a level; of those that share a row, any. `None` under a closed level or out of scope.
    pub fn index_of(&self, topics: &Topics, id: NodeId) -> Option<usize> {
        let root = self.scope_root();
        let mut level = self.shown(topics, id)?;
        let mut row = 0;
        loop {
            let parent = topics.node(NodeId(level)).parent;
            let order = self.order(topics, parent);
            row += order.rows_before(
                level,
                |other| self.compare(topics, other, level),
                |node| self.rows_of(node),
            );
            if parent == root {
                return Some(row as usize);
            }
            if !self.is_link(parent) {
                row += 1;
            }
            level = parent;
        }
    }

    /// The level whose row stands for this one too; `None` under a closed level or out of scope.
    fn shown(&self, topics: &Topics, id: NodeId) -> Option<u32> {
        if !self.has_seen(id.0) || id == NodeId::FOREST {
            return None;
        }
        let shown = self.end_of_chain(topics, id.0);
        if shown == self.scope_root() || self.rows_of(shown) == 0 {
            return None;
        }
        let mut level = shown;
        loop {
            let parent = topics.node(NodeId(level)).parent;
            if parent == self.scope_root() {
                return Some(shown);
            }
            if parent == 0 || self.rows_of(parent) == 0 || !self.is_link(parent) && !self.is_open(parent) {
                return None;
            }
            level = parent;
        }
    }

    /// The nearest level above (or itself) that has a row: where the selection goes when its level is folded away.
    pub fn visible_ancestor(&self, topics: &Topics, id: NodeId) -> Option<NodeId> {
        let mut level = Some(id);
        while let Some(id) = level {
            if let Some(shown) = self.shown(topics, id) {
                return Some(NodeId(shown));
            }
            level = topics.parent(id);
        }
        None
    }

    fn order<'a>(&'a self, topics: &Topics, parent: u32) -> Cow<'a, Order> {
        match self.orders.get(&parent) {
            Some(order) => Cow::Borrowed(order),
            None => Cow::Owned(self.order_of(&self.by_name(topics, parent))),
        }
    }

    /// Keeps the order of the levels that a range of rows needs, with their rates and times as they are now.
    pub fn prepare(&mut self, topics: &Topics, range: Range<usize>, now_us: u64) {
        while let Some(parent) = self.walk(topics, &range, Missing::Stop, |_| {}) {
            self.order_anew(topics, parent, now_us);
        }
    }
}
