//! Frames → packets.

use std::ops::Range;

use super::{Direction, Packet};
use crate::mqtt::{ProtocolVersion, QoS};

/// Something wrong or odd in a frame: where, and what in words with the normative statement it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// Byte offset in the frame.
    pub offset: usize,
    /// In words, ending with the statement where there is one: `… (MQTT-3.3.1-4)`.
    pub what: String,
    /// Whether a receiver must close the connection over it; else it is merely odd.
    pub is_violation: bool,
    /// The reason code a DISCONNECT should carry for a violation: malformed packet or protocol error, or a finer one.
    pub reason: crate::mqtt::ReasonCode,
}

/// A frame read as far as it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The packet; `None` where too little of it can be read to make one.
    pub packet: Option<Packet>,
    /// In order of offset.
    pub anomalies: Vec<Anomaly>,
}

/// Reads one whole frame, fixed header included. `version` is what CONNECT agreed on; a CONNECT brings its own.
pub fn decode(_frame: &[u8], _version: ProtocolVersion, _direction: Direction) -> Decoded {
    todo!()
}

/// The parts of a PUBLISH frame by byte range, without allocation: the path every message takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishHead {
    /// Sent before, perhaps.
    pub dup: bool,
    /// Quality of service.
    pub qos: QoS,
    /// The RETAIN flag.
    pub retain: bool,
    /// The topic name: valid UTF-8; empty where an alias stands for it.
    pub topic: Range<u32>,
    /// Present for QoS 1 and 2.
    pub packet_id: Option<u16>,
    /// The properties, behind their length (5); empty otherwise.
    pub properties: Range<u32>,
    /// Where the payload begins; it reaches to the end of the frame.
    pub payload_start: u32,
    /// The topic alias (5).
    pub topic_alias: Option<u16>,
}

/// Reads the head of a PUBLISH. `frame` may be cut anywhere behind the head (a long payload need not be there):
/// `frame_len` is its whole length. `None` where anything is wrong or odd: then [`decode`] says what.
pub fn publish_head(_frame: &[u8], _frame_len: usize, _version: ProtocolVersion) -> Option<PublishHead> {
    todo!()
}
