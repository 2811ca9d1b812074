//! The children of one level in order, in blocks that know how many rows they show.
//!
//! ```text
//! in order    │ in order    │ loose, from "k3" on      │ loose, from "q" on
//! a  b0 b1 b2 │ b4 b7 c k   │ p1 k4 … k9  150 rows     │ z  s  r1 … 900 rows
//! ```
//! At first all children are one loose block. Looking for a row or a child splits the loose block it is in, and sorts
//! what is left of it once that is short: at a million siblings only those in view are ever sorted. An order by what
//! changes starts from what is known of the one by name, which stays.
#![allow(
    clippy::indexing_slicing,
    reason = "block numbers and places come from searches in these same blocks"
)]

use std::cmp::Ordering;

use super::{Topics, levels::Levels, split};

/// Children a block in order is halved at, and a loose one is sorted at.
const BLOCK: usize = 512;

/// How siblings are ordered. Ties are broken by name, so that nothing moves without a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// By name, ascending, bytewise.
    #[default]
    Name,
    /// By messages a second of the subtree, descending.
    Rate,
    /// By the last message of the subtree, newest first.
    Recent,
    /// By bytes on the wire of the subtree, descending.
    Size,
}

impl SortBy {
    /// As shown: `sort:rate`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Rate => "rate",
            Self::Recent => "recent",
            Self::Size => "size",
        }
    }

    /// The next one, round and round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Name => Self::Rate,
            Self::Rate => Self::Recent,
            Self::Recent => Self::Size,
            Self::Size => Self::Name,
        }
    }
}

/// What siblings are compared by, ascending: the larger key first, `$SYS` and its like behind the others, the name.
pub(super) type Rank<'a> = (u32, bool, &'a [u8]);

/// Where siblings are looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Siblings<'a> {
    pub(super) topics: &'a Topics,
    pub(super) levels: &'a Levels,
    /// By the index of a level; none where names alone decide.
    pub(super) keys: &'a [u32],
}

impl<'a> Siblings<'a> {
    #[inline]
    pub(super) fn name(&self, id: u32) -> &'a [u8] {
        self.topics.segments.bytes(self.levels.segments[id as usize])
    }

    /// Ascending: larger keys come first.
    #[inline]
    pub(super) fn key(&self, id: u32) -> u32 {
        self.keys.get(id as usize).map_or(0, |key| !key)
    }

    pub(super) fn rank(&self, id: u32) -> Rank<'a> {
        let name = self.name(id);
        (self.key(id), is_last(name), name)
    }

    /// Equal names (of connections) by age.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        self.rank(a).cmp(&self.rank(b)).then(a.cmp(&b))
    }
}

/// Whether a name stands behind the others.
pub(super) fn is_last(name: &[u8]) -> bool {
    name.first() == Some(&b'$')
}

/// The least rank that may be in a loose block; all before it rank lower.
#[derive(Debug, Clone, Default)]
pub(super) struct Least {
    pub(super) key: u32,
    pub(super) is_last: bool,
    pub(super) name: Box<[u8]>,
}

impl Least {
    fn rank(&self) -> Rank<'_> {
        (self.key, self.is_last, &self.name)
    }
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) nodes: Vec<u32>,
    pub(super) rows: u32,
    /// While they are in no order.
    pub(super) loose: Option<Least>,
}

impl Block {
    fn in_order(nodes: Vec<u32>, rows: u32) -> Self {
        Self {
            nodes,
            rows,
            loose: None,
        }
    }

    fn is_behind(&self, node: u32, at: Siblings) -> bool {
        match &self.loose {
            Some(least) => least.rank() > at.rank(node),
            None => at.compare(self.nodes[0], node).is_gt(),
        }
    }
}

/// Siblings in order, as far as it was asked for.
#[derive(Debug)]
pub(super) struct Order {
    blocks: Vec<Block>,
}

impl Order {
    /// Of children in no order, which show `rows` in all.
    pub(super) fn new(nodes: Vec<u32>, rows: u32) -> Self {
        let block = Block {
            nodes,
            rows,
            loose: Some(Least::default()),
        };
        Self {
            blocks: (!block.nodes.is_empty()).then_some(block).into_iter().collect(),
        }
    }

    /// The same children by their keys.
    pub(super) fn by_keys(&mut self, by_name: Siblings, by_key: Siblings) -> Self {
        // What is known of their names is known of all that have the same key.
        if let [only] = &self.blocks[..]
            && only.nodes.len() > BLOCK
        {
            self.tighten(0, by_name);
        }
        Self {
            blocks: split::by_keys(&self.blocks, by_key),
        }
    }

    /// Counts all rows anew.
    pub(super) fn recount(&mut self, levels: &Levels) {
        for block in &mut self.blocks {
            block.rows = levels.rows_of_all(&block.nodes);
        }
    }

    /// No child shows a row.
    pub(super) fn clear_rows(&mut self) {
        for block in &mut self.blocks {
            block.rows = 0;
        }
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        let nodes: usize = self.blocks.iter().map(|block| block.nodes.capacity()).sum();
        nodes * size_of::<u32>() + self.blocks.capacity() * size_of::<Block>()
    }

    /// The block that holds, or would hold, a child.
    fn block_of(&self, node: u32, at: Siblings) -> usize {
        self.blocks
            .partition_point(|block| !block.is_behind(node, at))
            .saturating_sub(1)
    }

    /// Adds a child where it belongs.
    pub(super) fn insert(&mut self, node: u32, at: Siblings) {
        let rows = at.levels.rows_of(node);
        let index = self.block_of(node, at);
        let Some(block) = self.blocks.get_mut(index) else {
            self.blocks.push(Block::in_order(vec![node], rows));
            return;
        };
        block.rows += rows;
        if block.loose.is_some() {
            block.nodes.push(node);
            return;
        }
        let place = block
            .nodes
            .partition_point(|&other| at.compare(other, node).is_lt());
        block.nodes.insert(place, node);
        if block.nodes.len() > BLOCK {
            let nodes = block.nodes.split_off(BLOCK / 2);
            let rows = at.levels.rows_of_all(&nodes);
            block.rows -= rows;
            self.blocks.insert(index + 1, Block::in_order(nodes, rows));
        }
    }

    /// A child now shows another number of rows.
    pub(super) fn change_rows(&mut self, node: u32, old: u32, new: u32, at: Siblings) {
        let index = self.block_of(node, at);
        if let Some(block) = self.blocks.get_mut(index) {
            block.rows = block.rows - old + new;
        }
    }

    /// Splits a loose block, or sorts it if it is short.
    fn tighten(&mut self, index: usize, at: Siblings) {
        let block = &self.blocks[index];
        let Some(least) = &block.loose else { return };
        if block.nodes.len() > BLOCK {
            let key = at.key(block.nodes[0]);
            let parts = if block.nodes.iter().all(|&id| at.key(id) == key) {
                split::by_names(&block.nodes, least, at)
            } else {
                let mut parts = split::by_keys(&self.blocks[index..=index], at);
                // What is known of their names is of the first key: others came in behind it.
                for other in parts.iter_mut().filter_map(|part| part.loose.as_mut()) {
                    if other.key != least.key {
                        other.is_last = false;
                        other.name = Box::default();
                    }
                }
                parts
            };
            if parts.len() > 1 {
                self.blocks.splice(index..=index, parts);
                return;
            }
        }
        let block = &mut self.blocks[index];
        block.loose = None;
        block.nodes.sort_unstable_by(|&a, &b| at.compare(a, b));
    }

    /// Rows that the siblings before a child show.
    pub(super) fn rows_before(&mut self, node: u32, at: Siblings) -> u32 {
        let mut index = self.block_of(node, at);
        while self.is_loose(index) {
            self.tighten(index, at);
            index = self.block_of(node, at);
        }
        let blocks: u32 = self.blocks[..index].iter().map(|block| block.rows).sum();
        let siblings = self.blocks.get(index).map_or(&[][..], |block| &block.nodes);
        let before = siblings.iter().position(|&other| other == node);
        blocks
            + at.levels
                .rows_of_all(&siblings[..before.unwrap_or(siblings.len())])
    }

    fn is_loose(&self, index: usize) -> bool {
        self.blocks.get(index).is_some_and(|block| block.loose.is_some())
    }

    /// Where the row `skip` is: the place of its child, and the rows of that child before it.
    pub(super) fn seek(&mut self, mut skip: u32, at: Siblings) -> (Place, u32) {
        let mut index = 0;
        while let Some(block) = self.blocks.get(index) {
            if skip >= block.rows {
                skip -= block.rows;
                index += 1;
                continue;
            }
            if block.loose.is_some() {
                self.tighten(index, at);
                continue;
            }
            for (child, &node) in block.nodes.iter().enumerate() {
                let rows = at.levels.rows_of(node);
                if skip < rows {
                    return (Place { block: index, child }, skip);
                }
                skip -= rows;
            }
            index += 1;
        }
        let end = Place {
            block: self.blocks.len(),
            child: 0,
        };
        (end, skip)
    }

    /// The child at a place that shows a row, or the next that does; the place moves behind it.
    pub(super) fn next(&mut self, place: &mut Place, at: Siblings) -> Option<u32> {
        while let Some(block) = self.blocks.get(place.block) {
            if place.child == 0 && block.rows == 0 || place.child >= block.nodes.len() {
                place.block += 1;
                place.child = 0;
                continue;
            }
            if block.loose.is_some() {
                self.tighten(place.block, at);
                continue;
            }
            let node = block.nodes[place.child];
            place.child += 1;
            if at.levels.rows_of(node) > 0 {
                return Some(node);
            }
        }
        None
    }
}

/// A place among siblings, good until the order changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    block: usize,
    child: usize,
}
