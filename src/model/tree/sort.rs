//! The children of one level in order, in blocks that know how many rows they show: finding a row,
//! or the row of a child, looks at n / 256 sums and one block, at a million siblings too.
#![allow(
    clippy::indexing_slicing,
    reason = "block numbers and places come from searches in these same blocks"
)]

use std::cmp::Ordering;

/// Children a block is split at.
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

#[derive(Debug, Clone)]
struct Block {
    nodes: Vec<u32>,
    rows: u32,
}

/// Siblings in order.
#[derive(Debug, Clone)]
pub(super) struct Order {
    blocks: Vec<Block>,
}

impl Order {
    /// From children in order.
    pub(super) fn new(sorted: &[u32], rows_of: impl Fn(u32) -> u32) -> Self {
        let blocks = sorted.chunks(BLOCK / 2).map(|nodes| Block {
            nodes: nodes.to_vec(),
            rows: nodes.iter().map(|&node| rows_of(node)).sum(),
        });
        Self {
            blocks: blocks.collect(),
        }
    }

    /// Counts all rows anew.
    pub(super) fn recount(&mut self, rows_of: impl Fn(u32) -> u32) {
        for block in &mut self.blocks {
            block.rows = block.nodes.iter().map(|&node| rows_of(node)).sum();
        }
    }

    /// Bytes held, about: blocks are between half full and full.
    pub(super) const fn memory(&self) -> usize {
        self.blocks.len() * BLOCK * size_of::<u32>()
    }

    /// The block that holds, or would hold, the child that `compare` finds `Equal`.
    fn block_of(&self, compare: &impl Fn(u32) -> Ordering) -> usize {
        self.blocks
            .partition_point(|block| compare(block.nodes[0]) != Ordering::Greater)
            .saturating_sub(1)
    }

    /// Adds a child where it belongs; `compare` orders any child against it.
    pub(super) fn insert(&mut self, node: u32, rows: u32, compare: impl Fn(u32) -> Ordering) {
        if self.blocks.is_empty() {
            self.blocks.push(Block {
                nodes: vec![node],
                rows,
            });
            return;
        }
        let index = self.block_of(&compare);
        let block = &mut self.blocks[index];
        let place = block
            .nodes
            .partition_point(|&other| compare(other) == Ordering::Less);
        block.nodes.insert(place, node);
        block.rows += rows;
    }

    /// Halves blocks that grew too long; apart from `insert`, as it needs the rows of each child.
    pub(super) fn split(&mut self, node_compare: impl Fn(u32) -> Ordering, rows_of: impl Fn(u32) -> u32) {
        let index = self.block_of(&node_compare);
        let Some(block) = self
            .blocks
            .get_mut(index)
            .filter(|block| block.nodes.len() > BLOCK)
        else {
            return;
        };
        let nodes = block.nodes.split_off(BLOCK / 2);
        let rows = nodes.iter().map(|&node| rows_of(node)).sum();
        block.rows -= rows;
        self.blocks.insert(index + 1, Block { nodes, rows });
    }

    /// A child now shows another number of rows.
    pub(super) fn change_rows(&mut self, old: u32, new: u32, compare: impl Fn(u32) -> Ordering) {
        let index = self.block_of(&compare);
        if let Some(block) = self.blocks.get_mut(index) {
            block.rows = block.rows - old + new;
        }
    }

    /// Rows that the siblings before a child show.
    pub(super) fn rows_before(
        &self,
        node: u32,
        compare: impl Fn(u32) -> Ordering,
        rows_of: impl Fn(u32) -> u32,
    ) -> u32 {
        let index = self.block_of(&compare);
        let blocks: u32 = self.blocks[..index].iter().map(|block| block.rows).sum();
        let siblings = self.blocks.get(index).map_or(&[][..], |block| &block.nodes);
        let in_block: u32 = siblings
            .iter()
            .take_while(|&&other| other != node)
            .map(|&other| rows_of(other))
            .sum();
        blocks + in_block
    }

    /// Where the row `skip` is: the place of its child, and the rows of that child before it.
    pub(super) fn seek(&self, mut skip: u32, rows_of: impl Fn(u32) -> u32) -> (Place, u32) {
        for (block, siblings) in self.blocks.iter().enumerate() {
            if skip >= siblings.rows {
                skip -= siblings.rows;
                continue;
            }
            for (child, &node) in siblings.nodes.iter().enumerate() {
                let rows = rows_of(node);
                if skip < rows {
                    return (Place { block, child }, skip);
                }
                skip -= rows;
            }
        }
        let end = Place {
            block: self.blocks.len(),
            child: 0,
        };
        (end, skip)
    }

    /// The child at a place that shows a row, or the next that does; the place moves behind it.
    pub(super) fn next(&self, place: &mut Place, rows_of: impl Fn(u32) -> u32) -> Option<u32> {
        while let Some(block) = self.blocks.get(place.block) {
            if place.child == 0 && block.rows == 0 || place.child >= block.nodes.len() {
                place.block += 1;
                place.child = 0;
                continue;
            }
            let node = block.nodes[place.child];
            place.child += 1;
            if rows_of(node) > 0 {
                return Some(node);
            }
        }
        None
    }
}

/// A place among siblings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    block: usize,
    child: usize,
}
