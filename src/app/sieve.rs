//! Which messages and topics are shown: the selected connection, the filter, the muted topics, in one place.

use std::{borrow::Cow, collections::HashSet};

use crate::{
    event::SourceId,
    filter::{Filter, Subject, TopicVerdict},
    model::{MessageRef, Model, NodeId},
    mqtt::filter_matches,
};

/// What is let through. Made anew when one of its parts changes, never per message.
#[derive(Debug, Default, Clone)]
pub struct Sieve {
    /// Only this connection.
    pub scope: Option<SourceId>,
    /// Only what matches.
    pub filter: Option<Filter>,
    /// Not what these topic filters match.
    pub muted: HashSet<String>,
    /// Only topics heard since, mono µs (the tree alone).
    pub fresh_since_us: Option<u64>,
}

/// A message as a filter sees it.
struct Seen<'a> {
    topic: Cow<'a, str>,
    payload: &'a [u8],
}

impl Subject for Seen<'_> {
    fn topic(&self) -> &str {
        &self.topic
    }

    fn payload(&self) -> &[u8] {
        self.payload
    }
}

/// Whether a filter matches a message.
pub fn matches(filter: &Filter, message: &MessageRef<'_>) -> bool {
    filter.matches(&Seen {
        topic: message.topic(),
        payload: message.payload(),
    })
}

impl Sieve {
    /// Whether the log shows everything.
    pub fn lets_all_messages(&self) -> bool {
        self.scope.is_none() && self.filter.is_none() && self.muted.is_empty()
    }

    /// Whether the tree shows everything of its connection.
    pub const fn lets_all_topics(&self) -> bool {
        self.filter.is_none() && self.fresh_since_us.is_none()
    }

    /// Whether the log shows a message.
    pub fn lets_message(&self, message: &MessageRef<'_>) -> bool {
        if self.scope.is_some_and(|source| source != message.source()) {
            return false;
        }
        let seen = Seen {
            topic: message.topic(),
            payload: message.payload(),
        };
        self.muted_by(seen.topic()).is_none()
            && self.filter.as_ref().is_none_or(|filter| filter.matches(&seen))
    }

    /// The muted filter that keeps a topic out of the log.
    pub fn muted_by(&self, topic: &str) -> Option<&str> {
        let muted = self.muted.iter().map(String::as_str);
        muted.into_iter().find(|filter| filter_matches(filter, topic))
    }

    /// Whether the tree shows a topic, judged by its name and its last value.
    pub fn lets_topic(&self, model: &Model, node: NodeId) -> bool {
        let stats = model.topics().stats(node);
        if self
            .fresh_since_us
            .is_some_and(|since| stats.last_us.is_none_or(|last| last < since))
        {
            return false;
        }
        let Some(filter) = &self.filter else { return true };
        match filter.matches_topic(&model.topics().topic(node)) {
            TopicVerdict::Always => true,
            TopicVerdict::Never => false,
            TopicVerdict::NeedsPayload => stats
                .last_id
                .and_then(|id| model.message(id))
                .is_some_and(|message| matches(filter, &message)),
        }
    }
}
