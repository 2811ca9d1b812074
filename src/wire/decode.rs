//! Frames → packets, with or without the list of their fields.

use super::{
    Anomaly, Direction, Packet, PacketType,
    field::{Discard, Field, Recorder, Secrets},
    walk::walk,
};
use crate::mqtt::ProtocolVersion;

/// A frame read as far as it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The packet; `None` where too little of it can be read to make one.
    pub packet: Option<Packet>,
    /// In order of offset.
    pub anomalies: Vec<Anomaly>,
}

/// Reads one whole frame, fixed header included. `version` is what CONNECT agreed on; a CONNECT brings its own.
pub fn decode(frame: &[u8], version: ProtocolVersion, direction: Direction) -> Decoded {
    let walked = walk(frame, version, direction, Discard);
    Decoded {
        packet: walked.packet,
        anomalies: walked.anomalies,
    }
}

/// A frame taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Dissection {
    /// Every field in the order of the wire, parts behind their group. Fields that are no group cover the frame.
    pub fields: Vec<Field>,
    /// As [`Decoded::packet`].
    pub packet: Option<Packet>,
    /// As [`Decoded::anomalies`].
    pub anomalies: Vec<Anomaly>,
}

/// As [`decode`], with every field and its place in the frame.
pub fn dissect(frame: &[u8], version: ProtocolVersion, direction: Direction) -> Dissection {
    let walked = walk(frame, version, direction, Recorder::default());
    Dissection {
        fields: walked.sink.fields,
        packet: walked.packet,
        anomalies: walked.anomalies,
    }
}

/// Overwrites the password and the authentication data in a frame with `*`, and in the packets that may carry
/// them also what cannot be read, for it may hold them.
pub fn mask_secrets(frame: &mut [u8], version: ProtocolVersion, direction: Direction) {
    let may_carry = |packet_type| {
        matches!(
            packet_type,
            PacketType::Connect | PacketType::Connack | PacketType::Auth
        )
    };
    let packet_type = frame.first().and_then(|&byte| PacketType::from_first_byte(byte));
    if !packet_type.is_some_and(may_carry) {
        return;
    }
    for range in walk(frame, version, direction, Secrets::default()).sink.ranges {
        if let Some(secret) = frame.get_mut(range) {
            secret.fill(b'*');
        }
    }
}
