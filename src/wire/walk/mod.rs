//! The one walker over the bytes of a frame: reads every field, tells it to a sink, notes what is wrong and
//! goes on wherever the bytes allow. `decode`, `dissect` and `mask_secrets` are this walker with different sinks,
//! so that they cannot disagree.

mod connect;
mod fixed;
mod properties;
mod publish;
mod reader;
mod reason;
mod subscribe;

use super::{
    Anomaly, Direction, Packet, PacketType,
    anomaly::Anomalies,
    field::{FieldValue, Sink},
};
use crate::mqtt::{ProtocolVersion, ReasonCode};

/// A frame being read.
pub(super) struct Walk<'a, S> {
    frame: &'a [u8],
    /// The next byte.
    at: usize,
    /// Behind the last byte of the packet, or of the property list while in one.
    end: usize,
    /// What ends there, for messages.
    what_ends: &'static str,
    version: ProtocolVersion,
    direction: Direction,
    anomalies: Anomalies,
    sink: S,
}

/// What became of a frame.
pub(super) struct Walked<S> {
    pub(super) packet: Option<Packet>,
    pub(super) anomalies: Vec<Anomaly>,
    pub(super) sink: S,
}

/// Walks one frame.
pub(super) fn walk<S: Sink>(
    frame: &[u8],
    version: ProtocolVersion,
    direction: Direction,
    sink: S,
) -> Walked<S> {
    let mut walk = Walk {
        frame,
        at: 0,
        end: frame.len(),
        what_ends: "packet",
        version,
        direction,
        anomalies: Anomalies::default(),
        sink,
    };
    let packet = walk.packet();
    walk.rest();
    Walked {
        packet,
        anomalies: walk.anomalies.into_sorted(),
        sink: walk.sink,
    }
}

impl<S: Sink> Walk<'_, S> {
    fn packet(&mut self) -> Option<Packet> {
        let first_byte = self.fixed_header()?;
        let packet_type = self.packet_type(first_byte)?;
        match packet_type {
            PacketType::Connect => self.connect(),
            PacketType::Connack => self.connack().map(Packet::Connack),
            PacketType::Publish => self.publish(first_byte).map(Packet::Publish),
            PacketType::Puback => self.ack(packet_type).map(Packet::Puback),
            PacketType::Pubrec => self.ack(packet_type).map(Packet::Pubrec),
            PacketType::Pubrel => self.ack(packet_type).map(Packet::Pubrel),
            PacketType::Pubcomp => self.ack(packet_type).map(Packet::Pubcomp),
            PacketType::Subscribe => self.subscribe().map(Packet::Subscribe),
            PacketType::Suback => self.suback(packet_type).map(Packet::Suback),
            PacketType::Unsubscribe => self.unsubscribe().map(Packet::Unsubscribe),
            PacketType::Unsuback => self.suback(packet_type).map(Packet::Unsuback),
            PacketType::Pingreq => Some(Packet::Pingreq),
            PacketType::Pingresp => Some(Packet::Pingresp),
            PacketType::Disconnect => self.disconnect().map(Packet::Disconnect),
            PacketType::Auth => self.auth().map(Packet::Auth),
        }
    }

    /// What is left when the packet is read: nothing, or an anomaly.
    fn rest(&mut self) {
        if self.at < self.end {
            let count = self.end - self.at;
            self.malformed(self.at, || {
                format!("{} behind the end of the packet", bytes(count))
            });
            self.unreadable("trailing bytes");
        }
        if self.end < self.frame.len() {
            let count = self.frame.len() - self.end;
            self.malformed(self.end, || {
                format!("{} more than the remaining length says", bytes(count))
            });
            self.end = self.frame.len();
            self.unreadable("bytes behind the frame");
        }
    }

    fn is_v5(&self) -> bool {
        self.version == ProtocolVersion::V5
    }

    fn violation(&mut self, offset: usize, reason: ReasonCode, what: impl FnOnce() -> String) {
        self.anomalies.violation(offset, reason, what);
    }

    fn odd(&mut self, offset: usize, what: impl FnOnce() -> String) {
        self.anomalies.odd(offset, what);
    }

    /// A violation since 3.1.1; in 3.1, which left much open, merely odd.
    fn violation_since_311(&mut self, offset: usize, reason: ReasonCode, what: impl FnOnce() -> String) {
        if self.version == ProtocolVersion::V31 {
            self.odd(offset, what);
        } else {
            self.violation(offset, reason, what);
        }
    }

    /// A packet that cannot be taken apart, on which no statement but the general one bears.
    fn malformed(&mut self, offset: usize, what: impl FnOnce() -> String) {
        let statement = self.statement("MQTT 5 §4.13.1", "MQTT-4.8.0-1");
        self.violation(offset, ReasonCode::MALFORMED_PACKET, || {
            format!("{} ({statement})", what())
        });
    }

    /// The normative statement of the version in use.
    fn statement(&self, v5: &'static str, v311: &'static str) -> &'static str {
        if self.is_v5() { v5 } else { v311 }
    }

    /// Gives up on the bytes left.
    fn unreadable(&mut self, name: &'static str) {
        if self.at < self.end {
            self.sink
                .leaf(name, self.at..self.end, None, FieldValue::Unreadable);
            self.at = self.end;
        }
    }

    fn group<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.sink.open(name, self.at);
        let value = read(self);
        self.sink.close(self.at);
        value
    }
}

fn bytes(count: usize) -> String {
    if count == 1 {
        "1 byte".to_owned()
    } else {
        format!("{count} bytes")
    }
}
