//! The topics: one tree in an arena, a root a connection, every level once, empty levels kept
//! (`/x`, `a//b`, `a/` are four, three and two different things).
//!
//! ```text
//! 0 forest ─┬─ home ─┬─ kitchen ─ climate      a child's id is always above its parent's;
//!           │        └─ garage                 nothing is ever removed, a connection is hidden
//!           └─ plant ─ line1
//! ```
//! It knows counts and the ids of messages, not their contents, nor what is expanded on a screen.

mod filtered;
mod index;
mod levels;
mod order;
mod read;
mod rows;
mod split;
mod view;

pub use order::SortBy;
pub use rows::Row;
pub use view::{Scope, TreeView};

use std::borrow::Cow;

use super::{
    arena::Arena,
    interner::{Interner, SegmentId},
    stats::{Distinct, NodeRate},
};
use crate::event::SourceId;
use index::Index;

/// A level of a topic, of one connection. Ids are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// The invisible parent of the connections' roots.
    pub const FOREST: Self = Self(0);
}

/// The end of a list of siblings.
const NONE: u32 = u32::MAX;
/// Topics with more levels are not kept in the tree: each level is a node and each message walks them.
const MAX_LEVELS: usize = 1_024;

/// One level. About a hundred bytes: there may be a million.
#[derive(Debug)]
pub(super) struct Node {
    messages: u64,
    subtree_messages: u64,
    subtree_bytes: u64,
    last_id: u64,
    last_retained_id: u64,
    last_us: u64,
    parent: u32,
    segment: SegmentId,
    first_child: u32,
    next_sibling: u32,
    /// Children under which something was delivered.
    children: u32,
    subtree_topics: u32,
    hash: u32,
    /// When something was last delivered below, in units of 2^14 µs.
    subtree_tick: u32,
    rate: NodeRate,
    slot: u16,
    /// Which subscriptions match: a set of its connection, valid in this epoch of it.
    pub(super) match_set: (u16, u16),
}

/// What is counted for a level; everything delivered by the broker, nothing sent by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopicStats {
    /// Messages to exactly this topic.
    pub messages: u64,
    /// Messages to it and below.
    pub subtree_messages: u64,
    /// Bytes on the wire of those.
    pub subtree_bytes: u64,
    /// Topics that got a message, this one included.
    pub subtree_topics: u32,
    /// Levels right below.
    pub children: u32,
    /// The last message to exactly this topic, for `Model::message`.
    pub last_id: Option<u64>,
    /// The last retained message to exactly this topic; none after it was cleared.
    pub last_retained_id: Option<u64>,
    /// When the last message to exactly this topic came, mono µs.
    pub last_us: Option<u64>,
    /// When the last message to it or below came, mono µs, to 16 ms.
    pub subtree_last_us: Option<u64>,
}

/// A connection's place in the forest.
#[derive(Debug)]
struct Root {
    source: SourceId,
    node: u32,
    is_removed: bool,
}

/// The tree.
#[derive(Debug)]
pub struct Topics {
    nodes: Arena<Node>,
    segments: Interner,
    index: Index,
    roots: Vec<Root>,
    /// Levels seen without a delivery at first, and given one (or a message of their own) later.
    changed: Vec<u32>,
    /// Levels from here on were made for the latest message.
    fresh_from: u32,
    /// The first delivery of all: rates cannot reach back behind it.
    first_us: Option<u64>,
    not_kept: Distinct,
    messages_not_kept: u64,
    max_memory: usize,
}

/// A message, as far as the tree is concerned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delivery {
    pub(super) id: u64,
    pub(super) wire_len: u32,
    pub(super) is_retained: bool,
    pub(super) is_empty: bool,
    pub(super) at_us: u64,
}

impl Topics {
    pub(super) fn new(max_memory: usize) -> Self {
        let mut segments = Interner::new();
        let mut nodes = Arena::new();
        let segment = segments.intern("");
        nodes.push(Node::new(NONE, segment, 0, 0));
        Self {
            nodes,
            segments,
            index: Index::new(),
            roots: Vec::new(),
            changed: Vec::new(),
            fresh_from: 0,
            first_us: None,
            not_kept: Distinct::default(),
            messages_not_kept: 0,
            max_memory,
        }
    }

    pub(super) fn add_root(&mut self, source: SourceId, name: &str) -> u16 {
        let slot = self.roots.len() as u16;
        let node = self.add_child(0, name, 0, slot);
        self.roots.push(Root {
            source,
            node,
            is_removed: false,
        });
        slot
    }

    pub(super) fn hide_root(&mut self, slot: u16) {
        if let Some(root) = self.roots.get_mut(slot as usize) {
            root.is_removed = true;
            self.changed.push(root.node);
        }
    }

    fn add_child(&mut self, parent: u32, name: &str, hash: u32, slot: u16) -> u32 {
        let segment = self.segments.intern(name);
        let id = self.nodes.push(Node::new(parent, segment, hash, slot));
        let parent = self.nodes.get_mut(parent);
        let sibling = std::mem::replace(&mut parent.first_child, id);
        self.nodes.get_mut(id).next_sibling = sibling;
        id
    }

    /// The node of a topic, made with all its levels if it is new; `None` if there is no room for it. The bytes are
    /// UTF-8 as a source promises; others are replaced (U+FFFD), and looked at only for a topic that is new.
    pub(super) fn find_or_add(&mut self, slot: u16, topic: &[u8]) -> Option<NodeId> {
        self.fresh_from = u32::MAX;
        if let Some(id) = self.look_up(slot, topic) {
            return Some(NodeId(id));
        }
        let text = String::from_utf8_lossy(topic);
        if let Cow::Owned(mended) = &text
            && let Some(id) = self.look_up(slot, mended.as_bytes())
        {
            return Some(NodeId(id));
        }
        if !self.has_room() || text.split('/').nth(MAX_LEVELS).is_some() {
            self.not_kept.add(topic);
            return None;
        }
        self.fresh_from = self.nodes.len() as u32;
        Some(NodeId(self.add_levels(slot, &text)))
    }

    /// Whether new topics are kept.
    pub(super) fn has_room(&self) -> bool {
        self.memory() < self.max_memory
    }

    #[inline]
    pub(super) fn look_up(&self, slot: u16, topic: &[u8]) -> Option<u32> {
        let hash = self.index.hash(slot, topic);
        self.index.find(hash, |id| self.is_topic(id, slot, topic))
    }

    fn add_levels(&mut self, slot: u16, topic: &str) -> u32 {
        let mut node = self.roots.get(slot as usize).map_or(0, |root| root.node);
        let mut rest = topic;
        // The longest prefix that is there already.
        for (end, _) in topic.rmatch_indices('/') {
            let (prefix, below) = topic.split_at(end);
            if let Some(id) = self.look_up(slot, prefix.as_bytes()) {
                node = id;
                rest = below.strip_prefix('/').unwrap_or(below);
                break;
            }
        }
        let mut end = topic.len() - rest.len();
        for level in rest.split('/') {
            end += level.len();
            let path = topic.get(..end).unwrap_or(topic);
            let hash = self.index.hash(slot, path.as_bytes());
            node = self.add_child(node, level, hash, slot);
            let nodes = &self.nodes;
            self.index.insert(hash, node, |id| nodes.get(id).hash);
            end += 1;
        }
        node
    }

    /// Whether the path of `id` is `topic` of connection `slot`.
    fn is_topic(&self, id: u32, slot: u16, topic: &[u8]) -> bool {
        let mut node = self.nodes.get(id);
        let mut rest = topic;
        if node.slot != slot {
            return false;
        }
        loop {
            let Some(head) = rest.strip_suffix(self.segments.bytes(node.segment)) else {
                return false;
            };
            node = self.nodes.get(node.parent);
            if node.parent == 0 {
                return head.is_empty();
            }
            match head.strip_suffix(b"/") {
                Some(head) => rest = head,
                None => return false,
            }
        }
    }

    /// Counts a delivered message at its topic and all levels above. Gives the messages (or 0) that are no longer
    /// the topic's last and last retained one.
    pub(super) fn deliver(&mut self, NodeId(id): NodeId, message: Delivery) -> [u64; 2] {
        self.first_us.get_or_insert(message.at_us);
        let node = self.nodes.get_mut(id);
        let is_first = node.messages == 0;
        let before = (node.last_id, node.last_retained_id);
        node.messages += 1;
        node.last_id = message.id;
        node.last_us = message.at_us;
        if message.is_retained {
            node.last_retained_id = if message.is_empty { 0 } else { message.id };
        }
        let after = (node.last_id, node.last_retained_id);
        if is_first {
            self.first_delivery(id);
        }
        let mut level = id;
        while level != 0 {
            let node = self.nodes.get_mut(level);
            node.subtree_messages += 1;
            node.subtree_bytes += u64::from(message.wire_len);
            node.subtree_tick = (message.at_us >> 14) as u32;
            node.rate.add(message.at_us);
            level = node.parent;
        }
        let outdated = |id: u64| if id == after.0 || id == after.1 { 0 } else { id };
        [outdated(before.0), outdated(before.1)]
    }

    fn first_delivery(&mut self, id: u32) {
        self.changed_later(id);
        let mut level = id;
        while level != 0 {
            let node = self.nodes.get_mut(level);
            node.subtree_topics += 1;
            let (is_new, parent) = (node.subtree_topics == 1, node.parent);
            if is_new {
                self.nodes.get_mut(parent).children += 1;
                self.changed_later(level);
            }
            level = parent;
        }
    }

    /// Notes a change for views that may have seen the level before; a new one they meet as it is.
    fn changed_later(&mut self, id: u32) {
        if id < self.fresh_from {
            self.changed.push(id);
        }
    }

    pub(super) fn count_not_kept(&mut self) {
        self.messages_not_kept += 1;
    }

    pub(super) fn node(&self, NodeId(id): NodeId) -> &Node {
        self.nodes.get(id)
    }

    pub(super) fn node_mut(&mut self, NodeId(id): NodeId) -> &mut Node {
        self.nodes.get_mut(id)
    }
}

impl Node {
    const fn new(parent: u32, segment: SegmentId, hash: u32, slot: u16) -> Self {
        Self {
            messages: 0,
            subtree_messages: 0,
            subtree_bytes: 0,
            last_id: 0,
            last_retained_id: 0,
            last_us: 0,
            parent,
            segment,
            first_child: NONE,
            next_sibling: NONE,
            children: 0,
            subtree_topics: 0,
            hash,
            subtree_tick: 0,
            rate: NodeRate::NONE,
            slot,
            match_set: (0, 0),
        }
    }

    /// Whether a message is this topic's last or last retained one, which outlive the history.
    pub(super) const fn is_last(&self, id: u64) -> bool {
        self.last_id == id || self.last_retained_id == id
    }
}
