//! The fixed header (MQTT 5 §2.1): type, flags, remaining length; which way a packet may go.

use super::{FieldValue, Sink, Walk};
use crate::{
    mqtt::{ProtocolVersion, ReasonCode},
    wire::{Direction, PacketType},
};

impl<S: Sink> Walk<'_, S> {
    /// Reads the fixed header and sets the end of the packet.
    pub(super) fn fixed_header(&mut self) -> Option<u8> {
        self.group("fixed header", |walk| {
            let Some(&first_byte) = walk.frame.first() else {
                walk.violation(0, ReasonCode::MALFORMED_PACKET, || "an empty frame".to_owned());
                return None;
            };
            walk.at = 1;
            walk.first_byte(first_byte);
            walk.remaining_length()?;
            Some(first_byte)
        })
    }

    fn first_byte(&mut self, byte: u8) {
        let packet_type = PacketType::from_first_byte(byte);
        let name = packet_type.map_or("reserved", PacketType::name);
        self.sink
            .leaf("packet type", 0..1, Some(0xf0), FieldValue::Name(name));
        if packet_type == Some(PacketType::Publish) {
            self.flag("DUP", byte, 0x08);
            self.bits("QoS", byte, 0x06);
            self.flag("RETAIN", byte, 0x01);
        } else {
            self.bits("flags", byte, 0x0f);
        }
    }

    fn remaining_length(&mut self) -> Option<()> {
        let remaining = self.variable("remaining length")? as usize;
        let have = self.end - self.at;
        if have < remaining {
            let at = self.at;
            self.malformed(at, || {
                format!("the frame is cut: the remaining length says {remaining} bytes, {have} are here")
            });
        } else {
            self.end = self.at + remaining;
        }
        Some(())
    }

    /// The type, after checking what every packet must keep: flags, version, direction.
    pub(super) fn packet_type(&mut self, first_byte: u8) -> Option<PacketType> {
        let Some(packet_type) = PacketType::from_first_byte(first_byte) else {
            let section = self.statement("MQTT 5 §2.1.2", "MQTT 3.1.1 §2.2.1");
            self.violation(0, ReasonCode::MALFORMED_PACKET, || {
                format!("packet type 0 is reserved ({section})")
            });
            self.unreadable("body");
            return None;
        };
        self.check_flags(packet_type, first_byte & 0x0f);
        if packet_type == PacketType::Auth && !self.is_v5() {
            let version = self.version;
            self.violation(0, ReasonCode::PROTOCOL_ERROR, || {
                format!("AUTH exists since MQTT 5, this connection speaks {version} (MQTT 3.1.1 §2.2.1)")
            });
        }
        self.check_direction(packet_type);
        Some(packet_type)
    }

    fn check_flags(&mut self, packet_type: PacketType, flags: u8) {
        let wanted = match packet_type {
            PacketType::Publish => return,
            PacketType::Pubrel | PacketType::Subscribe | PacketType::Unsubscribe => 0b0010,
            _ => 0,
        };
        // 3.1 sends these again with DUP set.
        let is_repeat = self.version == ProtocolVersion::V31 && wanted != 0 && flags == wanted | 0b1000;
        if flags == wanted || is_repeat {
            return;
        }
        let statement = match packet_type {
            PacketType::Pubrel => "MQTT-3.6.1-1",
            PacketType::Subscribe => "MQTT-3.8.1-1",
            PacketType::Unsubscribe => "MQTT-3.10.1-1",
            PacketType::Disconnect => "MQTT-3.14.1-1",
            PacketType::Auth => "MQTT-3.15.1-1",
            _ => self.statement("MQTT-2.1.3-1", "MQTT-2.2.2-1"),
        };
        self.violation_since_311(0, ReasonCode::MALFORMED_PACKET, || {
            format!(
                "the flags of {} must be {wanted:04b}, not {flags:04b} ({statement})",
                packet_type.name()
            )
        });
    }

    fn check_direction(&mut self, packet_type: PacketType) {
        let only = match packet_type {
            PacketType::Connect | PacketType::Subscribe | PacketType::Unsubscribe | PacketType::Pingreq => {
                Direction::ClientToServer
            }
            PacketType::Disconnect if !self.is_v5() => Direction::ClientToServer,
            PacketType::Connack | PacketType::Suback | PacketType::Unsuback | PacketType::Pingresp => {
                Direction::ServerToClient
            }
            _ => return,
        };
        if self.direction == only {
            return;
        }
        let (sender, version) = match self.direction {
            Direction::ClientToServer => ("client", self.version),
            Direction::ServerToClient => ("server", self.version),
        };
        let section = self.statement("MQTT 5 §2.1.2", "MQTT 3.1.1 §2.2.1");
        self.violation(0, ReasonCode::PROTOCOL_ERROR, || {
            format!(
                "a {sender} must not send {} in MQTT {version} ({section})",
                packet_type.name()
            )
        });
    }
}
