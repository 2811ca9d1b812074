//! A display filter over the model: what a topic alone decides is decided once a topic, not once a message.

use super::{MessageRef, Model, NodeId, Topics};
use crate::filter::{Filter, Subject, TopicVerdict};

/// A filter with what it says of each topic known so far.
#[derive(Debug)]
pub struct Matching {
    filter: Filter,
    /// By node.
    verdicts: Vec<TopicVerdict>,
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
    /// With all topics that are known.
    pub fn new(filter: Filter, topics: &Topics) -> Self {
        let mut matching = Self {
            filter,
            verdicts: Vec::new(),
        };
        matching.sync(topics);
        matching
    }

    /// Takes in new topics; call it after the model changed. Those it has not met yet are read as text each time.
    pub fn sync(&mut self, topics: &Topics) {
        let mut text = String::new();
        for id in self.verdicts.len()..topics.len() {
            text.clear();
            topics.write_topic(NodeId(id as u32), &mut text);
            self.verdicts.push(self.filter.matches_topic(&text));
        }
    }

    /// The filter.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Whether a message is shown: for `LogView`.
    pub fn message(&self, message: &MessageRef) -> bool {
        match message.node().and_then(|node| self.verdicts.get(node.0 as usize)) {
            Some(TopicVerdict::Always) => true,
            Some(TopicVerdict::Never) => false,
            _ => self.filter.matches(&Read {
                topic: &message.topic(),
                payload: message.payload(),
            }),
        }
    }

    /// Whether a topic is shown, by its name or its last message: for `TreeView`.
    pub fn topic(&self, model: &Model, node: NodeId) -> bool {
        match self.verdicts.get(node.0 as usize) {
            Some(TopicVerdict::Always) => true,
            Some(TopicVerdict::Never) => false,
            _ => model.last_message(node).is_some_and(|last| self.message(&last)),
        }
    }
}
