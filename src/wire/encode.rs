//! Packets → frames.

use thiserror::Error;

use super::Packet;
use crate::mqtt::ProtocolVersion;

/// Why a packet cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A string or binary field of more than 65,535 bytes.
    #[error("{field} has {len} bytes, a packet can carry 65,535")]
    FieldTooLong {
        /// Which field.
        field: &'static str,
        /// Its bytes.
        len: usize,
    },
    /// A packet of more than 268,435,455 bytes.
    #[error("the packet would have {0} bytes, MQTT allows 268,435,455")]
    PacketTooLong(usize),
}

/// Appends the frame of `packet` in `version` to `out`; on error `out` is as before.
/// Properties and reason codes are written in 5 only.
pub fn encode(_packet: &Packet, _version: ProtocolVersion, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
    todo!()
}
