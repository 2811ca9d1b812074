//! Frames a broker must never send, each broken in one way (MQTT 5 §1.5, §2.1, §4.13).

/// One way to be broken. A frame is whole as far as its length says, so that it ends where the next one begins,
/// unless the length itself is what is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Packet type 0, which is reserved.
    ReservedType,
    /// A remaining length of five bytes.
    EndlessLength,
    /// PINGRESP whose reserved flags are set.
    ReservedFlags,
    /// PUBLISH of QoS 3.
    QosThree,
    /// PUBLISH of QoS 1 with packet id 0.
    PacketIdZero,
    /// PUBLISH whose topic is no UTF-8.
    TopicNoUtf8,
    /// PUBLISH whose topic is longer than the packet.
    TopicTooLong,
    /// PUBLISH to a topic with a wildcard.
    WildcardTopic,
    /// PUBACK of one byte, too short for a packet id.
    ShortAck,
    /// A packet only clients send: SUBSCRIBE.
    ClientsPacket,
}

impl Malformed {
    /// Every way there is.
    pub const ALL: [Self; 10] = [
        Self::ReservedType,
        Self::EndlessLength,
        Self::ReservedFlags,
        Self::QosThree,
        Self::PacketIdZero,
        Self::TopicNoUtf8,
        Self::TopicTooLong,
        Self::WildcardTopic,
        Self::ShortAck,
        Self::ClientsPacket,
    ];

    /// The frame. Each PUBLISH has an empty payload and reads the same on 3.1.1 and 5.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::ReservedType => &[0x00, 0],
            Self::EndlessLength => &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            Self::ReservedFlags => &[0xDF, 0],
            Self::QosThree => &[0x36, 6, 0, 1, b't', 0, 1, 0],
            Self::PacketIdZero => &[0x32, 6, 0, 1, b't', 0, 0, 0],
            Self::TopicNoUtf8 => &[0x30, 5, 0, 2, 0xC3, 0x28, 0],
            Self::TopicTooLong => &[0x30, 4, 0, 9, b't', 0],
            Self::WildcardTopic => &[0x30, 6, 0, 3, b't', b'/', b'#', 0],
            Self::ShortAck => &[0x40, 1, 0],
            Self::ClientsPacket => &[0x82, 7, 0, 1, 0, 0, 1, b't', 0],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        mqtt::ProtocolVersion,
        wire::{Direction, Scan, decode, scan},
    };

    #[test]
    fn every_frame_is_whole_and_broken_on_every_version() {
        for malformed in Malformed::ALL {
            let frame = malformed.bytes();
            let is_whole = match scan(frame) {
                Scan::Head(head) => head.frame_len() == frame.len(),
                Scan::Malformed => malformed == Malformed::EndlessLength,
                Scan::Incomplete => false,
            };
            assert!(is_whole, "{malformed:?}");
            for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
                let decoded = decode(frame, version, Direction::ServerToClient);
                let is_broken = decoded.anomalies.iter().any(|anomaly| anomaly.is_violation);
                assert!(is_broken, "{malformed:?} {version}");
            }
        }
    }
}
