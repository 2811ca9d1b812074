//! Which reason codes the standard allows in which packet.

use super::{Sink, Walk};
use crate::{
    mqtt::{ProtocolVersion, ReasonCode, ReasonContext},
    wire::{Direction, PacketType},
};

impl<S: Sink> Walk<'_, S> {
    /// Reads a reason code and checks that this packet may carry it.
    pub(super) fn reason(&mut self, packet_type: PacketType) -> Option<ReasonCode> {
        let offset = self.at;
        let context = context(packet_type, self.version);
        let name = if self.is_v5() {
            "reason code"
        } else {
            "return code"
        };
        let code = self.reason_byte(name, context)?;
        if !is_allowed(packet_type, self.version, code.0) {
            let statement = statement(packet_type, self.version);
            self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                format!(
                    "{} must not carry {} ({statement})",
                    packet_type.name(),
                    code.display(context)
                )
            });
        } else if let Some(sender) = only_from(packet_type, code.0)
            && sender != self.direction
        {
            let who = match sender {
                Direction::ClientToServer => "clients",
                Direction::ServerToClient => "servers",
            };
            self.odd(offset, || {
                format!(
                    "only {who} send {} with {}",
                    packet_type.name(),
                    code.display(context)
                )
            });
        }
        Some(code)
    }
}

fn context(packet_type: PacketType, version: ProtocolVersion) -> ReasonContext {
    match packet_type {
        PacketType::Connack => ReasonContext::Connack(version),
        PacketType::Suback => ReasonContext::Suback(version),
        PacketType::Disconnect => ReasonContext::Disconnect,
        _ => ReasonContext::Other,
    }
}

fn statement(packet_type: PacketType, version: ProtocolVersion) -> &'static str {
    match (packet_type, version) {
        (PacketType::Connack, ProtocolVersion::V5) => "MQTT-3.2.2-8",
        (PacketType::Connack, _) => "MQTT-3.2.2-6",
        (PacketType::Puback, _) => "MQTT-3.4.2-1",
        (PacketType::Pubrec, _) => "MQTT-3.5.2-1",
        (PacketType::Pubrel, _) => "MQTT-3.6.2-1",
        (PacketType::Pubcomp, _) => "MQTT-3.7.2-1",
        (PacketType::Suback, _) => "MQTT-3.9.3-2",
        (PacketType::Unsuback, _) => "MQTT-3.11.3-2",
        (PacketType::Auth, _) => "MQTT-3.15.2-1",
        _ => "MQTT-3.14.2-1",
    }
}

fn is_allowed(packet_type: PacketType, version: ProtocolVersion, code: u8) -> bool {
    match (packet_type, version) {
        (PacketType::Connack, ProtocolVersion::V31 | ProtocolVersion::V311) => code <= 5,
        // 0x80 came with 3.1.1, but brokers answer 3.1 with it as well.
        (PacketType::Suback, ProtocolVersion::V31 | ProtocolVersion::V311) => {
            matches!(code, 0..=2 | 0x80)
        }
        _ => is_allowed_in_5(packet_type, code),
    }
}

fn is_allowed_in_5(packet_type: PacketType, code: u8) -> bool {
    match packet_type {
        PacketType::Connack => matches!(
            code,
            0x00 | 0x80..=0x8A | 0x8C | 0x90 | 0x95 | 0x97 | 0x99..=0x9D | 0x9F
        ),
        PacketType::Puback | PacketType::Pubrec => {
            matches!(code, 0x00 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99)
        }
        PacketType::Pubrel | PacketType::Pubcomp => matches!(code, 0x00 | 0x92),
        PacketType::Suback => matches!(
            code,
            0x00..=0x02 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91 | 0x97 | 0x9E | 0xA1 | 0xA2
        ),
        PacketType::Unsuback => matches!(code, 0x00 | 0x11 | 0x80 | 0x83 | 0x87 | 0x8F | 0x91),
        PacketType::Disconnect => matches!(
            code,
            0x00 | 0x04 | 0x80..=0x83 | 0x87 | 0x89 | 0x8B..=0x90 | 0x93..=0xA2
        ),
        PacketType::Auth => matches!(code, 0x00 | 0x18 | 0x19),
        _ => true,
    }
}

/// Who alone sends this code (MQTT 5 tables 3-10 and 3-11).
fn only_from(packet_type: PacketType, code: u8) -> Option<Direction> {
    match (packet_type, code) {
        (PacketType::Disconnect, 0x04) | (PacketType::Auth, 0x19) => Some(Direction::ClientToServer),
        (PacketType::Auth, 0x00) => Some(Direction::ServerToClient),
        (PacketType::Disconnect, 0x87 | 0x89 | 0x8B..=0x8F | 0x9A..=0xA2) => Some(Direction::ServerToClient),
        _ => None,
    }
}
