//! The part of the tree that a filter shows: what matches, asked some at a time, and the levels above it.
#![allow(
    clippy::indexing_slicing,
    reason = "the vectors are as long as the levels that `sync` has seen, and only those are asked for"
)]

use super::{
    NodeId, Topics, TreeView,
    levels::{FOLDED, MATCHED},
    order::Order,
};

impl TreeView {
    /// Shows only topics that match, and the levels above them: none until [`check`](Self::check) finds them.
    pub fn set_filter(&mut self) {
        self.levels.is_filtered = true;
        self.checked = 0;
        self.levels.inner.fill(0);
        for flags in &mut self.levels.flags {
            *flags &= !(MATCHED | FOLDED);
        }
        self.orders.values_mut().for_each(Order::clear_rows);
    }

    /// Asks the next `count` levels whether they match the filter, true once all were asked. A topic that no longer
    /// matches goes.
    pub fn check(&mut self, topics: &Topics, count: u32, is_match: &mut dyn FnMut(NodeId) -> bool) -> bool {
        if self.is_checked() {
            return true;
        }
        let end = self
            .checked
            .saturating_add(count)
            .min(self.levels.flags.len() as u32);
        for id in self.checked.max(1)..end {
            if topics.has_value(NodeId(id)) && is_match(NodeId(id)) {
                self.mark_match(topics, NodeId(id));
            } else {
                self.unmark(topics, id, is_match);
            }
        }
        self.checked = end;
        self.is_checked()
    }

    /// Takes a level out of what matches, unless something below it does, and those above that matched by it alone.
    fn unmark(&mut self, topics: &Topics, id: u32, is_match: &mut dyn FnMut(NodeId) -> bool) {
        let mut level = id;
        while level != 0
            && self.levels.flags[level as usize] & MATCHED != 0
            && self.levels.inner[level as usize] == 0
        {
            if level != id && topics.has_value(NodeId(level)) && is_match(NodeId(level)) {
                return;
            }
            self.set_flags(topics, level, self.levels.flags[level as usize] & !MATCHED);
            level = self.levels.parents[level as usize];
        }
    }

    /// Asks all topics again, in the calls of [`check`](Self::check) that follow: what matches may change by values
    /// and by time. What is shown stays until then.
    pub fn recheck(&mut self) {
        if self.is_checked() {
            self.checked = 0;
        }
    }

    /// Whether all levels were asked whether they match.
    pub fn is_checked(&self) -> bool {
        !self.levels.is_filtered || self.checked as usize >= self.levels.flags.len()
    }

    /// Shows everything again, open as it was before.
    pub fn clear_filter(&mut self) {
        self.levels.is_filtered = false;
        self.recount();
    }

    /// Whether a filter is on.
    pub const fn is_filtered(&self) -> bool {
        self.levels.is_filtered
    }

    /// A topic matches the filter by now (its new message does).
    pub fn mark_match(&mut self, topics: &Topics, id: NodeId) {
        let mut level = id.0;
        while level != 0 && self.levels.has_seen(level) && self.levels.flags[level as usize] & MATCHED == 0 {
            self.set_flags(topics, level, self.levels.flags[level as usize] | MATCHED);
            level = self.levels.parents[level as usize];
        }
    }
}
