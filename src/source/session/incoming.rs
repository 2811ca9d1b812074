//! Received PUBLISH: acks, QoS 2 ids across connections, topic aliases (MQTT 5 §3.3, §4.3).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Session;
use crate::{
    mqtt::{ProtocolVersion, QoS, ReasonCode},
    wire::{Ack, Anomaly, Packet},
};

/// A received PUBLISH, as far as the rules ask.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Quality of service.
    pub qos: QoS,
    /// QoS 1 and 2.
    pub packet_id: Option<u16>,
    /// Empty where an alias stands for it.
    pub topic: &'a str,
    /// The topic alias (5).
    pub alias: Option<u16>,
}

/// What the rules say about a received PUBLISH.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// A QoS 2 message already delivered.
    pub is_repeat: bool,
    /// What the alias stands for, where the topic is empty.
    pub alias_topic: Option<Arc<str>>,
}

/// What is remembered of received messages.
#[derive(Default)]
pub struct Incoming {
    /// QoS 2 ids received and not yet released. Outlives connections.
    unreleased: HashSet<u16>,
    /// Of this connection.
    aliases: HashMap<u16, Arc<str>>,
}

impl Incoming {
    /// Aliases end with their connection (MQTT-3.3.2-7).
    pub fn forget_connection(&mut self) {
        self.aliases.clear();
    }

    /// The server has no session: it will release nothing.
    pub fn forget_session(&mut self) {
        self.unreleased.clear();
    }

    fn resolve(&mut self, alias: u16, topic: &str, maximum: u16) -> Result<Option<Arc<str>>, Anomaly> {
        if alias == 0 || alias > maximum {
            let what = match maximum {
                0 => format!("topic alias {alias}, we take none (MQTT-3.1.2-27)"),
                _ => format!("topic alias {alias}, we take 1 to {maximum} (MQTT-3.1.2-26)"),
            };
            return Err(violation(what, ReasonCode::TOPIC_ALIAS_INVALID));
        }
        if !topic.is_empty() {
            if self.aliases.get(&alias).is_none_or(|known| &**known != topic) {
                self.aliases.insert(alias, topic.into());
            }
            return Ok(None);
        }
        match self.aliases.get(&alias) {
            Some(known) => Ok(Some(Arc::clone(known))),
            None => Err(violation(
                format!("topic alias {alias} stands for no topic yet (MQTT 5 §3.3.2.3.4)"),
                ReasonCode::PROTOCOL_ERROR,
            )),
        }
    }
}

impl Session {
    /// A PUBLISH arrived: answers it, and says what is to be known beside its own bytes.
    /// `Err` is a violation; nothing was answered.
    pub fn on_publish(&mut self, arrival: Arrival<'_>) -> Result<Verdict, Anomaly> {
        if !self.is_up() {
            return Err(super::reading::before_connack("PUBLISH"));
        }
        let alias_topic = match arrival.alias {
            Some(alias) => {
                let maximum = self.link.announced.topic_alias_maximum;
                self.incoming.resolve(alias, arrival.topic, maximum)?
            }
            None if arrival.topic.is_empty() => {
                return Err(violation(
                    "empty topic without a topic alias (MQTT-4.7.3-1)".into(),
                    ReasonCode::PROTOCOL_ERROR,
                ));
            }
            None => None,
        };
        let is_repeat = self.answer(arrival)?;
        Ok(Verdict {
            is_repeat,
            alias_topic,
        })
    }

    /// Whether the message was here before.
    fn answer(&mut self, arrival: Arrival<'_>) -> Result<bool, Anomaly> {
        let Some(packet_id) = arrival.packet_id else {
            return Ok(false);
        };
        let ack = Ack {
            packet_id,
            ..Default::default()
        };
        match arrival.qos {
            QoS::AtMostOnce => Ok(false),
            QoS::AtLeastOnce => {
                self.send(&Packet::Puback(ack));
                Ok(false)
            }
            QoS::ExactlyOnce => {
                let is_repeat = self.incoming.unreleased.contains(&packet_id);
                if !is_repeat && !self.has_room() {
                    let maximum = self.link.announced.receive_maximum;
                    return Err(violation(
                        format!("more than {maximum} unreleased messages (MQTT-3.3.4-9)"),
                        ReasonCode::RECEIVE_MAXIMUM_EXCEEDED,
                    ));
                }
                self.incoming.unreleased.insert(packet_id);
                self.send(&Packet::Pubrec(ack));
                Ok(is_repeat)
            }
        }
    }

    /// Before MQTT 5 nobody agreed on a limit, and 65,535 ids are one by themselves.
    fn has_room(&self) -> bool {
        self.link.version != ProtocolVersion::V5
            || self.incoming.unreleased.len() < usize::from(self.link.announced.receive_maximum)
    }

    /// PUBREL is answered in any case; gives the oddity if the id is not known.
    pub(super) fn on_pubrel(&mut self, pubrel: &Ack) -> Option<Anomaly> {
        let is_known = self.incoming.unreleased.remove(&pubrel.packet_id);
        self.send(&Packet::Pubcomp(Ack {
            packet_id: pubrel.packet_id,
            reason: if is_known {
                ReasonCode::SUCCESS
            } else {
                ReasonCode::PACKET_IDENTIFIER_NOT_FOUND
            },
            ..Default::default()
        }));
        (!is_known).then(|| {
            super::reading::odd(format!(
                "PUBREL releases packet id {}, which no message has",
                pubrel.packet_id
            ))
        })
    }
}

fn violation(what: String, reason: ReasonCode) -> Anomaly {
    Anomaly {
        offset: 0,
        what,
        is_violation: true,
        reason,
    }
}
