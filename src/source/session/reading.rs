//! Received frames other than plain QoS 0 PUBLISH: read, checked against what was asked, answered.

use super::{Arrival, Close, LinkState, Session, Verdict, greeting};
use crate::{
    mqtt::{ProtocolVersion, ReasonCode, ReasonContext},
    wire::{self, Anomaly, Connack, Direction, Packet, PacketType},
};

/// What became of a frame.
#[derive(Debug, Default)]
pub struct Reading {
    /// What is wrong or odd about it, the session's findings behind the decoder's.
    pub anomalies: Vec<Anomaly>,
    /// For a PUBLISH that can be shown as a message.
    pub publish: Option<Verdict>,
    /// The connection is to end.
    pub close: Option<Close>,
}

impl Session {
    /// Reads a whole frame of the server and does what it asks for.
    pub fn on_frame(&mut self, frame: &[u8], now: u64) -> Reading {
        let decoded = wire::decode(frame, self.link.version, Direction::ServerToClient);
        let mut reading = Reading {
            anomalies: decoded.anomalies,
            ..Default::default()
        };
        if let Some(code) = greeting::short_connack(frame) {
            reading.close = self.on_short_connack(code);
        }
        if reading.close.is_none() {
            self.refuse_violation(&mut reading, frame);
        }
        if reading.close.is_some() {
            return reading;
        }
        if let Some(packet) = decoded.packet {
            let before = reading.anomalies.len();
            self.on_packet(&packet, &mut reading, now);
            if reading.close.is_none() && reading.anomalies.len() > before {
                self.refuse_violation(&mut reading, frame);
            }
        }
        reading
    }

    /// Looks at the first bytes of the first packet: what is no MQTT need not be waited for until it is whole.
    pub fn on_first_bytes(&self, bytes: &[u8]) -> Option<Close> {
        let is_mqtt = matches!(bytes.first(), None | Some(0x20 | 0xE0 | 0xF0));
        (self.link.state == LinkState::Greeting && !is_mqtt).then(|| {
            let packet_type = bytes.first().and_then(|&byte| PacketType::from_first_byte(byte));
            let name = packet_type.map_or("a packet of type 0", PacketType::name);
            Close::violation(before_connack(name), bytes, true)
        })
    }

    /// Closes over the first violation, if the profile does not say to go on. Nothing is gone on with
    /// before CONNACK: there is no connection yet that somebody may want to keep.
    fn refuse_violation(&self, reading: &mut Reading, frame: &[u8]) {
        let is_greeting = !self.is_up();
        if self.settings.is_lenient && !is_greeting {
            return;
        }
        if let Some(anomaly) = reading.anomalies.iter().find(|anomaly| anomaly.is_violation) {
            let mut shown = frame.to_vec();
            wire::mask_secrets(&mut shown, self.link.version, Direction::ServerToClient);
            reading.close = Some(Close::violation(anomaly.clone(), &shown, is_greeting));
        }
    }

    fn on_packet(&mut self, packet: &Packet, reading: &mut Reading, now: u64) {
        if self.link.state == LinkState::Greeting
            && !matches!(
                packet,
                Packet::Connack(_) | Packet::Disconnect(_) | Packet::Auth(_)
            )
        {
            reading
                .anomalies
                .push(before_connack(packet.packet_type().name()));
            return;
        }
        reading.anomalies.extend(self.check_problem_information(packet));
        let found = match packet {
            Packet::Connack(connack) if self.link.state == LinkState::Greeting => {
                let (anomaly, close) = self.check_connack(connack);
                let is_good = anomaly.as_ref().is_none_or(|anomaly| !anomaly.is_violation);
                reading.close = close;
                if reading.close.is_none() && is_good {
                    reading.close = self.on_connack(connack, now);
                }
                anomaly
            }
            Packet::Connack(_) => Some(violation("a second CONNACK (MQTT 5 §3.2)")),
            Packet::Publish(publish) => {
                let arrival = Arrival {
                    qos: publish.qos,
                    packet_id: publish.packet_id,
                    topic: &publish.topic,
                    alias: publish.properties.topic_alias(),
                };
                match self.on_publish(arrival) {
                    Ok(verdict) => {
                        reading.publish = Some(verdict);
                        None
                    }
                    Err(anomaly) => Some(anomaly),
                }
            }
            Packet::Puback(ack) => self.on_puback(ack, now),
            Packet::Pubrec(ack) => self.on_pubrec(ack, now),
            Packet::Pubcomp(ack) => self.on_pubcomp(ack, now),
            Packet::Pubrel(ack) => self.on_pubrel(ack),
            Packet::Suback(ack) => self.on_suback(ack, now),
            Packet::Unsuback(ack) => self.on_unsuback(ack, now),
            Packet::Pingresp => (!self.liveness.on_pong(now)).then(|| odd("nobody asked for this PINGRESP")),
            Packet::Disconnect(disconnect) => {
                reading.close = Some(Close::Disconnected(disconnect.clone()));
                None
            }
            Packet::Auth(auth) => {
                let (anomaly, close) = self.on_auth(auth);
                reading.close = close;
                anomaly
            }
            // The decoder has said already that a server must not send these.
            Packet::Connect(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) | Packet::Pingreq => None,
        };
        reading.anomalies.extend(found);
    }

    /// What is wrong with a CONNACK beside its code; a refusal needs no proof of anything.
    fn check_connack(&mut self, connack: &Connack) -> (Option<Anomaly>, Option<Close>) {
        if connack.code.is_failure(ReasonContext::Connack(self.link.version)) {
            return (None, None);
        }
        match self.check_session_present(connack.session_present) {
            Some(anomaly) if !self.settings.is_lenient => (Some(anomaly), None),
            odd_or_none => {
                let (anomaly, close) = self.check_authenticated(connack);
                (anomaly.or(odd_or_none), close)
            }
        }
    }

    /// Who asked for none gets reason strings and user properties with messages and ends alone.
    fn check_problem_information(&self, packet: &Packet) -> Option<Anomaly> {
        let properties = match packet {
            Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
                &ack.properties
            }
            Packet::Suback(ack) | Packet::Unsuback(ack) => &ack.properties,
            Packet::Auth(auth) => &auth.properties,
            _ => return None,
        };
        let has_some = properties.reason_string().is_some() || properties.user_properties().next().is_some();
        (has_some && !self.link.announced.has_problem_information).then(|| {
            violation(format!(
                "{} with a reason string or user property, which CONNECT asked not to be sent (MQTT-3.1.2-29)",
                packet.packet_type().name()
            ))
        })
    }

    fn check_session_present(&self, session_present: bool) -> Option<Anomaly> {
        (session_present && self.settings.clean_start).then(|| {
            let statement = match self.link.version {
                ProtocolVersion::V5 => "MQTT-3.2.2-2",
                ProtocolVersion::V31 | ProtocolVersion::V311 => "MQTT-3.2.2-1",
            };
            violation(format!(
                "session present though CONNECT asked for a clean start ({statement})"
            ))
        })
    }
}

/// Anything but CONNACK as the first packet.
pub(super) fn before_connack(name: &str) -> Anomaly {
    violation(format!("{name} before CONNACK (MQTT-3.2.0-1)"))
}

/// Odd, and survived.
pub(super) fn odd(what: impl Into<String>) -> Anomaly {
    Anomaly {
        offset: 0,
        what: what.into(),
        is_violation: false,
        reason: ReasonCode::SUCCESS,
    }
}

/// To close on, with protocol error.
pub(super) fn violation(what: impl Into<String>) -> Anomaly {
    Anomaly {
        offset: 0,
        what: what.into(),
        is_violation: true,
        reason: ReasonCode::PROTOCOL_ERROR,
    }
}

/// An ack nobody waits for.
pub(super) fn unsolicited(packet_type: PacketType, packet_id: u16) -> Anomaly {
    odd(format!(
        "{} for packet id {packet_id}, which awaits none",
        packet_type.name()
    ))
}
