//! Rows on a screen: which level is on row n, on which row is a level.

use std::ops::Range;

use super::{NONE, NodeId, Topics, TreeView, order::Place};

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

impl TreeView {
    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        match self.scope_root() {
            NONE => 0,
            root => self.levels.inner(root) as usize,
        }
    }

    /// The rows of a range, fewer at the end. Work for the rows and their depth only, but for levels whose children
    /// were not looked at before.
    pub fn rows(&mut self, topics: &Topics, range: Range<usize>) -> Vec<Row> {
        if range.start >= self.row_count() {
            return Vec::new();
        }
        let mut rows = Vec::with_capacity(range.len().min(self.row_count()));
        let mut skip = range.start as u32;
        // No recursion: the network decides the depth. Parents whose children are being listed, the next of those,
        // their depth.
        let mut listings: Vec<(u32, Place, u16)> = Vec::new();
        let mut open = Some((self.scope_root(), 0u16));
        while rows.len() < range.len() {
            if let Some((parent, depth)) = open.take() {
                let (order, siblings) = self.order(topics, parent);
                let (place, left) = order.seek(skip, siblings);
                skip = left;
                listings.push((parent, place, depth));
            }
            let Some((parent, place, depth)) = listings.last_mut() else {
                break;
            };
            let (order, siblings) = self.order(topics, *parent);
            let Some(top) = order.next(place, siblings) else {
                listings.pop();
                continue;
            };
            let depth = *depth;
            let node = self.end_of_chain(topics, top);
            if skip > 0 {
                skip -= 1;
            } else {
                rows.push(self.row(topics, top, node, depth));
            }
            if self.levels.is_open(node) && self.levels.inner(node) > 0 {
                open = Some((node, depth.saturating_add(1)));
            }
        }
        rows
    }

    /// The level on a row.
    pub fn node_at(&mut self, topics: &Topics, row: usize) -> Option<NodeId> {
        self.rows(topics, row..row + 1).pop().map(|row| row.node)
    }

    fn row(&self, topics: &Topics, top: u32, node: u32, depth: u16) -> Row {
        let has_children = self.levels.inner(node) > 0 || topics.stats(NodeId(node)).children > 0;
        Row {
            node: NodeId(node),
            top: NodeId(top),
            depth,
            is_expanded: has_children && self.levels.is_open(node),
            has_children,
        }
    }

    /// The row of a level; of those that share a row, any. `None` under a closed level or out of scope.
    pub fn index_of(&mut self, topics: &Topics, id: NodeId) -> Option<usize> {
        let root = self.scope_root();
        let mut level = self.shown(topics, id)?;
        let mut row = 0;
        loop {
            let parent = topics.node(NodeId(level)).parent;
            let (order, siblings) = self.order(topics, parent);
            row += order.rows_before(level, siblings);
            if parent == root {
                return Some(row as usize);
            }
            if !self.levels.is_link(parent) {
                row += 1;
            }
            level = parent;
        }
    }

    /// The level whose row stands for this one too; `None` under a closed level or out of scope.
    fn shown(&self, topics: &Topics, id: NodeId) -> Option<u32> {
        if !self.levels.has_seen(id.0) || id == NodeId::FOREST {
            return None;
        }
        let shown = self.end_of_chain(topics, id.0);
        if shown == self.scope_root() || self.levels.rows_of(shown) == 0 {
            return None;
        }
        let mut level = shown;
        loop {
            let parent = topics.node(NodeId(level)).parent;
            if parent == self.scope_root() {
                return Some(shown);
            }
            if parent == 0
                || self.levels.rows_of(parent) == 0
                || !self.levels.is_link(parent) && !self.levels.is_open(parent)
            {
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
}
