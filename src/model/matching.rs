//! A display filter over the model: what a topic alone decides is decided once a topic, not once a message.

use std::collections::HashSet;

use super::{MessageRef, Model, NodeId, Topics};
use crate::{
    filter::{Filter, Subject, TopicVerdict},
    mqtt::filter_matches,
};

/// A filter and muted topics, with what they say of each topic known so far.
#[derive(Debug, Default)]
pub struct Matching {
    /// `None`: everything matches.
    filter: Option<Filter>,
    /// Topic filters; what they match is kept out of the log, not out of the tree.
    muted: HashSet<String>,
    /// By node.
    verdicts: Vec<Verdict>,
    /// Of some topics the payload decides.
    needs_payloads: bool,
    /// Bytes of payloads read since it was last asked.
    read: usize,
    /// The topic looked at last, so that no message needs a text of its own.
    text: String,
}

/// What is known of a topic.
#[derive(Debug, Clone, Copy)]
struct Verdict {
    filter: TopicVerdict,
    is_muted: bool,
}

/// A message as filters read it.
struct Read<'a> {
    topic: &'a str,
    payload: &'a [u8],
}

impl Subject for Read<'_> {
    fn topic(&self) -> &str {
        self.topic
    }

    fn payload(&self) -> &[u8] {
        self.payload
    }
}

impl Matching {
    /// No topic is known yet.
    pub fn new(filter: Option<Filter>, muted: HashSet<String>) -> Self {
        Self {
            filter,
            muted,
            verdicts: Vec::new(),
            needs_payloads: false,
            read: 0,
            text: String::new(),
        }
    }

    /// Reads up to `count` topics it has not met, true once it knows all; call it after the model changed. Those it
    /// has not met yet are read as text each time they are asked for.
    pub fn learn(&mut self, topics: &Topics, count: usize) -> bool {
        let end = topics.len().min(self.verdicts.len().saturating_add(count));
        for id in self.verdicts.len()..end {
            let verdict = self.read(topics, NodeId(id as u32));
            self.needs_payloads |= verdict.filter == TopicVerdict::NeedsPayload;
            self.verdicts.push(verdict);
        }
        end == topics.len()
    }

    fn read(&mut self, topics: &Topics, node: NodeId) -> Verdict {
        self.text.clear();
        topics.write_topic(node, &mut self.text);
        self.judge(&self.text)
    }

    fn judge(&self, topic: &str) -> Verdict {
        let filter = self.filter.as_ref();
        Verdict {
            filter: filter.map_or(TopicVerdict::Always, |filter| filter.matches_topic(topic)),
            is_muted: self.muted_by(topic).is_some(),
        }
    }

    /// The filter.
    pub const fn filter(&self) -> Option<&Filter> {
        self.filter.as_ref()
    }

    /// Whether a topic may match by one message and not by the next.
    pub const fn needs_payloads(&self) -> bool {
        self.needs_payloads
    }

    /// The topic filters that keep topics out of the log.
    pub const fn muted(&self) -> &HashSet<String> {
        &self.muted
    }

    /// The muted filter that keeps a topic out of the log.
    pub fn muted_by(&self, topic: &str) -> Option<&str> {
        let mut muted = self.muted.iter().map(String::as_str);
        muted.find(|filter| filter_matches(filter, topic))
    }

    /// Whether a message is shown: for `LogView`.
    pub fn message(&mut self, message: &MessageRef) -> bool {
        let known = message.node().and_then(|node| self.known(node));
        if let Some(verdict) = known {
            match verdict.filter {
                _ if verdict.is_muted => return false,
                TopicVerdict::Always => return true,
                TopicVerdict::Never => return false,
                TopicVerdict::NeedsPayload => {}
            }
        }
        self.text.clear();
        message.write_topic(&mut self.text);
        if known.is_none() && self.muted_by(&self.text).is_some() {
            return false;
        }
        self.matches(message.payload())
    }

    /// Whether a topic is shown, by its name or its last message: for `TreeView`.
    pub fn topic(&mut self, model: &Model, node: NodeId) -> bool {
        let verdict = match self.known(node) {
            Some(verdict) => verdict,
            None => self.read(model.topics(), node),
        };
        match verdict.filter {
            TopicVerdict::Always => true,
            TopicVerdict::Never => false,
            TopicVerdict::NeedsPayload => model.last_message(node).is_some_and(|last| {
                self.text.clear();
                last.write_topic(&mut self.text);
                self.matches(last.payload())
            }),
        }
    }

    fn known(&self, node: NodeId) -> Option<Verdict> {
        self.verdicts.get(node.0 as usize).copied()
    }

    /// Whether the filter is met by the topic looked at and a payload.
    fn matches(&mut self, payload: &[u8]) -> bool {
        self.read += payload.len();
        self.filter.as_ref().is_none_or(|filter| {
            filter.matches(&Read {
                topic: &self.text,
                payload,
            })
        })
    }

    /// Bytes of payloads read since the last call.
    pub const fn take_read(&mut self) -> usize {
        std::mem::replace(&mut self.read, 0)
    }

    /// Bytes held.
    pub const fn memory(&self) -> usize {
        self.verdicts.capacity() * size_of::<Verdict>() + self.text.capacity()
    }
}
