//! `$SYS`: what the broker says of itself, under mosquitto's names.

use std::collections::HashMap;

use tokio::time::Instant;

use super::counters::Counters;
use crate::mqtt::{Message, Properties, QoS, TopicName};

/// What only the exchange knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) connected: usize,
    /// Sessions, of those who are away too.
    pub(super) total: usize,
    /// Most clients connected at once.
    pub(super) maximum: usize,
    pub(super) subscriptions: usize,
    pub(super) retained: usize,
}

/// Remembers what was said, to say only what has changed.
#[derive(Debug)]
pub(super) struct SysTopics {
    since: Instant,
    said: HashMap<&'static str, String>,
}

impl SysTopics {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            said: HashMap::new(),
        }
    }

    /// The retained messages of this round.
    pub(super) fn round(&mut self, counters: &Counters, census: Census) -> Vec<Message> {
        let uptime = format!("{} seconds", self.since.elapsed().as_secs());
        let version = concat!("mqttscope broker ", env!("CARGO_PKG_VERSION")).to_owned();
        let mut round = vec![("$SYS/broker/version", version), ("$SYS/broker/uptime", uptime)];
        let numbers = [
            ("$SYS/broker/clients/connected", census.connected as u64),
            (
                "$SYS/broker/clients/disconnected",
                (census.total - census.connected) as u64,
            ),
            ("$SYS/broker/clients/total", census.total as u64),
            ("$SYS/broker/clients/maximum", census.maximum as u64),
            ("$SYS/broker/subscriptions/count", census.subscriptions as u64),
            ("$SYS/broker/retained messages/count", census.retained as u64),
            ("$SYS/broker/messages/received", counters.messages_received.get()),
            ("$SYS/broker/messages/sent", counters.messages_sent.get()),
            (
                "$SYS/broker/publish/messages/received",
                counters.publishes_received.get(),
            ),
            ("$SYS/broker/publish/messages/sent", counters.publishes_sent.get()),
            (
                "$SYS/broker/publish/messages/dropped",
                counters.publishes_dropped.get(),
            ),
            ("$SYS/broker/bytes/received", counters.bytes_received.get()),
            ("$SYS/broker/bytes/sent", counters.bytes_sent.get()),
        ];
        round.extend(numbers.map(|(topic, number)| (topic, number.to_string())));
        round.retain(|(topic, text)| self.said.insert(topic, text.clone()).as_ref() != Some(text));
        round
            .into_iter()
            .map(|(topic, text)| message(topic, text))
            .collect()
    }
}

fn message(topic: &str, text: String) -> Message {
    Message {
        topic: TopicName::new(topic).expect("the names above are topics"),
        payload: text.into_bytes().into(),
        qos: QoS::AtMostOnce,
        retain: true,
        properties: Properties::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_says_only_what_has_changed() {
        let mut topics = SysTopics::new();
        let counters = Counters::default();
        let census = Census {
            connected: 1,
            total: 1,
            maximum: 1,
            subscriptions: 0,
            retained: 0,
        };
        let first = topics.round(&counters, census);
        assert!(first.iter().any(|m| m.topic.as_str() == "$SYS/broker/version"));
        counters.publishes_dropped.add(3);
        let second = topics.round(&counters, census);
        let dropped: Vec<_> = second
            .iter()
            .filter(|m| m.topic.as_str() != "$SYS/broker/uptime")
            .map(|m| (m.topic.as_str(), m.payload.as_ref()))
            .collect();
        assert_eq!(
            dropped,
            [("$SYS/broker/publish/messages/dropped", b"3".as_slice())]
        );
    }
}
