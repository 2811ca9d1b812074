//! Which messages and topics are shown: the selected connection, the filter, the muted topics, in one place.

use std::collections::HashSet;

use crate::{
    event::SourceId,
    filter::Filter,
    model::{Matching, MessageRef, Model, NodeId, Topics},
};

/// What is let through. Made anew when one of its parts changes, never per message.
#[derive(Debug, Default)]
pub struct Sieve {
    /// Only this connection.
    pub scope: Option<SourceId>,
    /// Only topics heard since, mono µs (the tree alone).
    pub fresh_since_us: Option<u64>,
    /// Only what matches, and what is not muted.
    matching: Matching,
}

impl Sieve {
    /// Lets through only what matches and is not muted. What is known of the topics stays if nothing changes.
    pub fn set(&mut self, filter: Option<&Filter>, muted: &HashSet<String>) {
        let is_same = self.matching.filter().map(Filter::text) == filter.map(Filter::text);
        if !is_same || self.matching.muted() != muted {
            self.matching = Matching::new(filter.cloned(), muted.clone());
        }
    }

    /// Takes in topics, up to `count` of them: what they decide is decided once. True once all are known.
    pub fn learn(&mut self, topics: &Topics, count: usize) -> bool {
        let is_needed = self.matching.filter().is_some() || !self.matching.muted().is_empty();
        !is_needed || self.matching.learn(topics, count)
    }

    /// Whether the log shows everything.
    pub fn lets_all_messages(&self) -> bool {
        self.scope.is_none() && self.matching.filter().is_none() && self.matching.muted().is_empty()
    }

    /// Whether the tree shows everything of its connection.
    pub const fn lets_all_topics(&self) -> bool {
        self.matching.filter().is_none() && self.fresh_since_us.is_none()
    }

    /// Whether what the tree shows of its topics changes by their values or by time.
    pub const fn may_change(&self) -> bool {
        self.matching.needs_payloads() || self.fresh_since_us.is_some()
    }

    /// Whether the log shows a message.
    pub fn lets_message(&mut self, message: &MessageRef<'_>) -> bool {
        self.scope.is_none_or(|source| source == message.source()) && self.matching.message(message)
    }

    /// The muted filter that keeps a topic out of the log.
    pub fn muted_by(&self, topic: &str) -> Option<&str> {
        self.matching.muted_by(topic)
    }

    /// Whether the tree shows a topic, judged by its name and its last value.
    pub fn lets_topic(&mut self, model: &Model, node: NodeId) -> bool {
        let is_fresh = |since| {
            let last = model.topics().stats(node).last_us;
            last.is_some_and(|last| last >= since)
        };
        self.fresh_since_us.is_none_or(is_fresh) && self.matching.topic(model, node)
    }

    /// Bytes of payloads read since the last call.
    pub const fn take_read(&mut self) -> usize {
        self.matching.take_read()
    }

    /// Bytes held.
    pub const fn memory(&self) -> usize {
        self.matching.memory()
    }
}
