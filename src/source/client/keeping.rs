//! How much of a frame is kept: all of it within the limits, of a PUBLISH with a longer payload the head.

use std::{collections::HashSet, sync::Arc};

use crate::{
    mqtt::{ProtocolVersion, ReasonCode},
    wire::{Anomaly, FrameHead, PacketType},
};

/// Packets other than PUBLISH, and what of a PUBLISH lies before its payload, have some kilobytes: what is kept of a
/// payload is no measure for them.
const MAX_OTHER: usize = 1024 * 1024;

/// The limits.
pub struct Keeping {
    max_payload: usize,
    max_watched: usize,
    max_packet: usize,
    /// Topics with that other limit.
    watched: Arc<HashSet<String>>,
}

impl Keeping {
    /// Nothing is watched.
    pub fn new(limits: super::Limits) -> Self {
        Self {
            max_payload: limits.max_payload.min(limits.max_packet),
            max_watched: limits.max_watched.min(limits.max_packet),
            max_packet: limits.max_packet,
            watched: Arc::default(),
        }
    }

    /// Watches these topics and no others.
    pub fn watch(&mut self, topics: &Arc<HashSet<String>>) {
        if !Arc::ptr_eq(&self.watched, topics) {
            self.watched = Arc::clone(topics);
        }
    }

    /// Whether a frame is kept whole whatever is in it.
    pub const fn keeps_whole(&self, frame_len: usize) -> bool {
        frame_len <= self.max_payload
    }

    /// How many bytes of a frame are kept, told from its beginning; `None`: more of it must be here to tell.
    pub fn kept(
        &self,
        frame: &[u8],
        head: FrameHead,
        version: ProtocolVersion,
    ) -> Result<Option<usize>, Anomaly> {
        let frame_len = head.frame_len();
        let max_other = self.max_payload.max(MAX_OTHER);
        let too_large = |len, limit| Err(too_large(head.first_byte, len, limit));
        if frame_len > self.max_packet {
            return too_large(frame_len, self.max_packet);
        }
        if self.keeps_whole(frame_len) {
            return Ok(Some(frame_len));
        }
        if PacketType::from_first_byte(head.first_byte) != Some(PacketType::Publish) {
            return if frame_len > max_other {
                too_large(frame_len, max_other)
            } else {
                Ok(Some(frame_len))
            };
        }
        match payload_start(frame, head, version) {
            None => Ok(None),
            Some(start) if start > frame_len => Ok(Some(frame_len)),
            Some(start) if start > max_other => too_large(start, max_other),
            Some(start) => Ok(Some(frame_len.min(start + self.limit(frame, head)))),
        }
    }

    /// Bytes kept of a payload of this PUBLISH.
    fn limit(&self, frame: &[u8], head: FrameHead) -> usize {
        let at = usize::from(head.header_len) + 2;
        let topic_len = frame.get(at - 2..at).map_or(0, |len| {
            len.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
        });
        let topic = frame.get(at..at + topic_len).unwrap_or_default();
        let is_watched = std::str::from_utf8(topic).is_ok_and(|topic| self.watched.contains(topic));
        if is_watched {
            self.max_watched.max(self.max_payload)
        } else {
            self.max_payload
        }
    }
}

/// Where the payload of a PUBLISH begins, once that much is here.
fn payload_start(frame: &[u8], head: FrameHead, version: ProtocolVersion) -> Option<usize> {
    let mut at = usize::from(head.header_len);
    let topic_len = frame.get(at..at + 2)?;
    at += 2 + usize::from(u16::from_be_bytes(topic_len.try_into().ok()?));
    if head.first_byte & 0x06 != 0 {
        at += 2;
    }
    if version == ProtocolVersion::V5 {
        let mut len = 0usize;
        for index in 0..4 {
            let byte = *frame.get(at)?;
            at += 1;
            len |= usize::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                break;
            }
        }
        at += len;
    }
    Some(at)
}

/// A remaining length that does not end.
pub fn broken_length(version: ProtocolVersion) -> Anomaly {
    let statement = if version == ProtocolVersion::V5 {
        "MQTT 5 §1.5.5"
    } else {
        "MQTT 3.1.1 §2.2.3"
    };
    Anomaly {
        offset: 1,
        what: format!("the remaining length has more than four bytes ({statement})"),
        is_violation: true,
        reason: ReasonCode::MALFORMED_PACKET,
    }
}

fn too_large(first_byte: u8, len: usize, limit: usize) -> Anomaly {
    let name = PacketType::from_first_byte(first_byte).map_or("packet", PacketType::name);
    Anomaly {
        offset: 1,
        what: format!("a {name} of {len} bytes, we take {limit} (MQTT-3.1.2-24)"),
        is_violation: true,
        reason: ReasonCode::PACKET_TOO_LARGE,
    }
}
