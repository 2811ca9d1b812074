//! PUBLISH from a client: topic aliases, QoS 2 ids, what may be published (MQTT 5 §3.3, §4.3).

use std::collections::{HashMap, HashSet};

use crate::{
    mqtt::{Message, ProtocolVersion, QoS, ReasonCode, TopicName},
    wire::Publish,
};

/// QoS 1 and 2 publishes a client may have in flight; told in CONNACK.
pub(super) const RECEIVE_MAXIMUM: u16 = 100;
/// Topic aliases a client may use; told in CONNACK.
pub(super) const TOPIC_ALIAS_MAXIMUM: u16 = 32;

const TOPIC_NAME_INVALID: ReasonCode = ReasonCode(0x90);

#[derive(Debug)]
pub(super) struct Inbound {
    version: ProtocolVersion,
    aliases: HashMap<u16, TopicName>,
    /// QoS 2 ids between PUBREC and PUBREL.
    received: HashSet<u16>,
}

/// What to do with a PUBLISH.
#[derive(Debug, PartialEq)]
pub(super) enum Accepted {
    /// Publish it, then acknowledge it if it has a packet id.
    New(Message),
    /// It was published before: only PUBREC.
    Repeated,
}

impl Inbound {
    /// With what an earlier connection of the session has left between PUBREC and PUBREL.
    pub(super) fn new(version: ProtocolVersion, received: HashSet<u16>) -> Self {
        Self {
            version,
            aliases: HashMap::new(),
            received,
        }
    }

    /// What the session keeps.
    pub(super) fn into_received(self) -> HashSet<u16> {
        self.received
    }

    /// An error is what to close with.
    pub(super) fn accept(&mut self, publish: Publish) -> Result<Accepted, ReasonCode> {
        let topic = self.topic(&publish)?;
        if publish.qos == QoS::ExactlyOnce {
            let id = publish.packet_id.ok_or(ReasonCode::PROTOCOL_ERROR)?;
            if self.received.contains(&id) {
                return Ok(Accepted::Repeated);
            }
            // QoS 1 is acknowledged before the next packet is read: only QoS 2 is ever in flight.
            if self.version == ProtocolVersion::V5 && self.received.len() >= RECEIVE_MAXIMUM.into() {
                return Err(ReasonCode::RECEIVE_MAXIMUM_EXCEEDED);
            }
            self.received.insert(id);
        }
        Ok(Accepted::New(Message {
            topic,
            payload: publish.payload,
            qos: publish.qos,
            retain: publish.retain,
            properties: publish.properties,
        }))
    }

    fn topic(&mut self, publish: &Publish) -> Result<TopicName, ReasonCode> {
        let alias = match publish.properties.topic_alias() {
            Some(alias) if !(1..=TOPIC_ALIAS_MAXIMUM).contains(&alias) => {
                return Err(ReasonCode::TOPIC_ALIAS_INVALID);
            }
            alias => alias,
        };
        if publish.topic.is_empty() {
            let known = alias.and_then(|alias| self.aliases.get(&alias));
            return known.cloned().ok_or(ReasonCode::PROTOCOL_ERROR);
        }
        let topic = TopicName::new(&publish.topic).map_err(|_| TOPIC_NAME_INVALID)?;
        if let Some(alias) = alias {
            self.aliases.insert(alias, topic.clone());
        }
        Ok(topic)
    }

    /// PUBREL, or a failure told in PUBREC: the id is free. Whether it was in use.
    pub(super) fn release(&mut self, id: u16) -> bool {
        self.received.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::Property;

    fn publish(topic: &str, qos: QoS, id: u16, alias: Option<u16>) -> Publish {
        Publish {
            dup: false,
            qos,
            retain: false,
            topic: topic.into(),
            packet_id: (id > 0).then_some(id),
            properties: alias.map(Property::TopicAlias).into_iter().collect(),
            payload: bytes::Bytes::new(),
        }
    }

    fn inbound(version: ProtocolVersion) -> Inbound {
        Inbound::new(version, HashSet::new())
    }

    fn topic_of(accepted: Result<Accepted, ReasonCode>) -> String {
        match accepted {
            Ok(Accepted::New(message)) => message.topic.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_alias_stands_for_its_last_topic() {
        let mut inbound = inbound(ProtocolVersion::V5);
        let qos0 = QoS::AtMostOnce;
        assert_eq!(topic_of(inbound.accept(publish("a", qos0, 0, Some(1)))), "a");
        assert_eq!(topic_of(inbound.accept(publish("", qos0, 0, Some(1)))), "a");
        assert_eq!(topic_of(inbound.accept(publish("b", qos0, 0, Some(1)))), "b");
        assert_eq!(topic_of(inbound.accept(publish("", qos0, 0, Some(1)))), "b");
    }

    #[test]
    fn unknown_and_impossible_aliases_and_topics_end_the_connection() {
        let mut inbound = inbound(ProtocolVersion::V5);
        for (topic, alias, code) in [
            ("", Some(2), ReasonCode::PROTOCOL_ERROR),
            ("", None, ReasonCode::PROTOCOL_ERROR),
            ("a", Some(0), ReasonCode::TOPIC_ALIAS_INVALID),
            (
                "a",
                Some(TOPIC_ALIAS_MAXIMUM + 1),
                ReasonCode::TOPIC_ALIAS_INVALID,
            ),
            ("a/+", None, TOPIC_NAME_INVALID),
        ] {
            let result = inbound.accept(publish(topic, QoS::AtMostOnce, 0, alias));
            assert_eq!(result, Err(code), "{topic} {alias:?}");
        }
    }

    #[test]
    fn a_repeated_qos_2_publish_is_published_once_until_its_pubrel() {
        let mut inbound = inbound(ProtocolVersion::V311);
        let again = || publish("a", QoS::ExactlyOnce, 7, None);
        assert_eq!(topic_of(inbound.accept(again())), "a");
        assert_eq!(inbound.accept(again()), Ok(Accepted::Repeated));
        assert!(inbound.release(7) && !inbound.release(7));
        assert_eq!(topic_of(inbound.accept(again())), "a");
    }

    #[test]
    fn receive_maximum_is_enforced_on_5_only() {
        for (version, expected) in [
            (ProtocolVersion::V5, Err(ReasonCode::RECEIVE_MAXIMUM_EXCEEDED)),
            (ProtocolVersion::V311, Ok(())),
        ] {
            let mut inbound = inbound(version);
            for id in 1..=RECEIVE_MAXIMUM {
                inbound.accept(publish("a", QoS::ExactlyOnce, id, None)).unwrap();
            }
            let one_more = inbound.accept(publish("a", QoS::ExactlyOnce, RECEIVE_MAXIMUM + 1, None));
            assert_eq!(one_more.map(|_| ()), expected, "{version}");
        }
    }
}
