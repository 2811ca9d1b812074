//! What the panes ask of the tree.

use super::{NONE, NodeId, TopicStats, Topics};
use crate::event::SourceId;

impl Topics {
    /// The root of a connection; `None` once it is removed.
    pub fn root(&self, source: SourceId) -> Option<NodeId> {
        self.roots
            .iter()
            .find(|root| root.source == source && !root.is_removed)
            .map(|root| NodeId(root.node))
    }

    /// Whether this is a connection's root (its name is the connection's).
    pub fn is_root(&self, id: NodeId) -> bool {
        id != NodeId::FOREST && self.node(id).parent == 0
    }

    /// The connection a level belongs to; `None` for the forest.
    pub fn source(&self, id: NodeId) -> Option<SourceId> {
        if id == NodeId::FOREST {
            return None;
        }
        let slot = self.node(id).slot;
        self.roots.get(slot as usize).map(|root| root.source)
    }

    pub(in crate::model) fn source_of(&self, slot: u16) -> SourceId {
        self.roots
            .get(slot as usize)
            .map_or(SourceId(u32::MAX), |root| root.source)
    }

    /// Whether a message is its topic's last or last retained one, which outlive the history.
    pub(in crate::model) fn keeps(&self, id: NodeId, message: u64) -> bool {
        let node = self.node(id);
        node.is_last(message)
            && self
                .roots
                .get(node.slot as usize)
                .is_some_and(|root| !root.is_removed)
    }

    /// The node of a topic or of a level above topics.
    pub fn find(&self, source: SourceId, topic: &str) -> Option<NodeId> {
        let slot = self.roots.iter().position(|root| root.source == source)? as u16;
        self.look_up(slot, topic.as_bytes()).map(NodeId)
    }

    /// The text of one level; may be empty. Not sanitised.
    pub fn name(&self, id: NodeId) -> &str {
        self.segments.get(self.node(id).segment)
    }

    /// The whole topic. Not sanitised; empty for a root.
    pub fn topic(&self, id: NodeId) -> String {
        let mut text = String::new();
        self.write_topic(id, &mut text);
        text
    }

    /// Appends the whole topic.
    pub fn write_topic(&self, id: NodeId, out: &mut String) {
        self.write_levels(id, NONE, out);
    }

    /// Appends the levels from `top` (a level above, or `id` itself) down to `id`: a row's label.
    pub fn write_label(&self, top: NodeId, id: NodeId, out: &mut String) {
        self.write_levels(id, top.0, out);
    }

    fn write_levels(&self, id: NodeId, top: u32, out: &mut String) {
        let mut levels = Vec::with_capacity(8);
        let mut level = id.0;
        while level != 0 {
            let node = self.nodes.get(level);
            if level != top && node.parent == 0 {
                break;
            }
            levels.push(node.segment);
            if level == top {
                break;
            }
            level = node.parent;
        }
        for (index, segment) in levels.iter().rev().enumerate() {
            if index > 0 {
                out.push('/');
            }
            out.push_str(self.segments.get(*segment));
        }
    }

    /// The level above; `None` for a connection's root.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        match self.node(id).parent {
            0 | NONE => None,
            parent => Some(NodeId(parent)),
        }
    }

    /// The levels right below under which something was delivered, in no order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let mut next = self.node(id).first_child;
        std::iter::from_fn(move || {
            (next != NONE).then(|| {
                let child = NodeId(next);
                next = self.node(child).next_sibling;
                child
            })
        })
        .filter(|&child| self.is_heard(child))
    }

    /// Whether `id` is `above` or lies below it.
    pub fn is_within(&self, id: NodeId, above: NodeId) -> bool {
        let mut level = id.0;
        // A child's id is above its parent's.
        while level > above.0 && level != NONE {
            level = self.nodes.get(level).parent;
        }
        level == above.0
    }

    /// Whether a message to exactly this topic was delivered.
    pub fn has_value(&self, id: NodeId) -> bool {
        self.node(id).messages > 0
    }

    /// What is counted.
    pub fn stats(&self, id: NodeId) -> TopicStats {
        let node = self.node(id);
        TopicStats {
            messages: node.messages,
            subtree_messages: node.subtree_messages,
            subtree_bytes: node.subtree_bytes,
            subtree_topics: node.subtree_topics,
            children: node.children,
            last_id: (node.last_id != 0).then_some(node.last_id),
            last_retained_id: (node.last_retained_id != 0).then_some(node.last_retained_id),
            last_us: (node.messages > 0).then_some(node.last_us),
            subtree_last_us: (node.subtree_messages > 0).then_some(u64::from(node.subtree_tick) << 14),
        }
    }

    /// Messages a second to this topic and below, over the last 8 to 17 seconds; 0 after silence.
    pub fn rate(&self, id: NodeId, now_us: u64) -> f64 {
        self.node(id)
            .rate
            .per_second(now_us, self.first_us.unwrap_or(now_us))
    }

    /// Levels in the arena, the forest and the roots included: every id is below.
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no topic is known.
    pub fn is_empty(&self) -> bool {
        self.topic_count() == 0
    }

    /// Topics that got a message, over all connections that are there.
    pub fn topic_count(&self) -> u64 {
        let roots = self.roots.iter().filter(|root| !root.is_removed);
        roots
            .map(|root| u64::from(self.nodes.get(root.node).subtree_topics))
            .sum()
    }

    /// All topics that got a message.
    pub fn iter(&self) -> impl Iterator<Item = NodeId> {
        (1..self.nodes.len() as u32)
            .map(NodeId)
            .filter(|&id| self.has_value(id))
    }

    /// Distinct topics for which there was no room: exact while few, within 4 % when many.
    pub fn topics_not_kept(&self) -> u64 {
        self.not_kept.estimate()
    }

    /// Messages to those topics: in the log, not in the tree.
    pub const fn messages_not_kept(&self) -> u64 {
        self.messages_not_kept
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.nodes.memory() + self.segments.memory() + self.index.memory() + self.changed.capacity() * 4
    }

    /// Whether a level is to be seen: a connection that is there, or something delivered at or below it.
    pub(super) fn is_heard(&self, id: NodeId) -> bool {
        if self.is_root(id) {
            let slot = self.node(id).slot as usize;
            return self.roots.get(slot).is_some_and(|root| !root.is_removed);
        }
        self.node(id).subtree_topics > 0
    }

    /// Whether a row shows this level together with its only child.
    pub(super) fn is_link(&self, id: NodeId) -> bool {
        let node = self.node(id);
        node.parent != 0 && node.parent != NONE && node.messages == 0 && node.children == 1
    }
}
