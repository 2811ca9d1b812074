//! PUBLISH and its acknowledgements (MQTT 5 §3.3-3.7).

use bytes::Bytes;

use super::{Sink, Walk, properties::Place};
use crate::{
    mqtt::{Properties, QoS, ReasonCode},
    wire::{Ack, Direction, PacketType, Publish},
};

impl<S: Sink> Walk<'_, S> {
    pub(super) fn publish(&mut self, first_byte: u8) -> Option<Publish> {
        let dup = first_byte & 0x08 != 0;
        let qos = QoS::from_bits(first_byte >> 1 & 3);
        self.check_publish_flags(dup, qos);
        let topic_at = self.at;
        let topic = self.text("topic name")?;
        let Some(qos) = qos else {
            self.unreadable("body");
            return None;
        };
        let packet_id = match qos {
            QoS::AtMostOnce => None,
            QoS::AtLeastOnce | QoS::ExactlyOnce => {
                let statement = match self.direction {
                    Direction::ClientToServer => self.statement("MQTT-2.2.1-3", "MQTT-2.3.1-1"),
                    Direction::ServerToClient => self.statement("MQTT-2.2.1-4", "MQTT-2.3.1-1"),
                };
                Some(self.packet_id(statement)?)
            }
        };
        let properties = self.properties("properties", Place::Publish);
        self.check_publish_topic(topic_at, &topic, &properties);
        let payload_at = self.at;
        let payload = Bytes::copy_from_slice(self.remainder("payload"));
        self.check_payload_format(payload_at, &payload, &properties);
        Some(Publish {
            dup,
            qos,
            retain: first_byte & 1 != 0,
            topic,
            packet_id,
            properties,
            payload,
        })
    }

    fn check_publish_flags(&mut self, dup: bool, qos: Option<QoS>) {
        match qos {
            None => self.violation(0, ReasonCode::MALFORMED_PACKET, || {
                "the QoS of a PUBLISH must not be 3 (MQTT-3.3.1-4)".to_owned()
            }),
            Some(QoS::AtMostOnce) if dup => {
                self.violation_since_311(0, ReasonCode::MALFORMED_PACKET, || {
                    "DUP must be 0 in a PUBLISH of QoS 0 (MQTT-3.3.1-2)".to_owned()
                });
            }
            Some(_) => {}
        }
    }

    fn check_publish_topic(&mut self, offset: usize, topic: &str, properties: &Properties) {
        if !topic.is_empty() || !self.is_v5() {
            self.check_topic(offset + 2, "topic name", topic, "MQTT-3.3.2-2");
        } else if properties.topic_alias().is_none() {
            self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                "the topic name is empty and no topic alias stands for it (MQTT 5 §3.3.2.1)".to_owned()
            });
        }
    }

    /// Merely odd: a receiver may check it and need not (MQTT 5 §3.3.2.3.2).
    fn check_payload_format(&mut self, offset: usize, payload: &[u8], properties: &Properties) {
        if properties.payload_format_indicator() != Some(1) {
            return;
        }
        if let Err(error) = std::str::from_utf8(payload) {
            self.odd(offset + error.valid_up_to(), || {
                "the payload is not valid UTF-8, as its format indicator says (MQTT 5 §3.3.2.3.2)".to_owned()
            });
        }
    }

    pub(super) fn packet_id(&mut self, statement: &'static str) -> Option<u16> {
        let offset = self.at;
        let id = self.two_bytes("packet identifier")?;
        if id == 0 {
            self.violation_since_311(offset, ReasonCode::PROTOCOL_ERROR, || {
                format!("the packet identifier must not be 0 ({statement})")
            });
        }
        Some(id)
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP: reason and property length may be left out (MQTT 5 §3.4.2.1).
    pub(super) fn ack(&mut self, packet_type: PacketType) -> Option<Ack> {
        let packet_id = self.packet_id(self.statement("MQTT-2.2.1-5", "MQTT-2.3.1-6"))?;
        let mut ack = Ack {
            packet_id,
            ..Ack::default()
        };
        if self.is_v5() && self.at < self.end {
            ack.reason = self.reason(packet_type)?;
            if self.at < self.end {
                ack.properties = self.properties("properties", Place::Ack);
            }
        }
        Some(ack)
    }
}
