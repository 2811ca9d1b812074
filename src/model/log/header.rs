//! What is known of a message beside its bytes, in ten words.

use crate::{event::PublishRecord, mqtt::QoS, wire::Direction};

/// A message's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) mono_us: u64,
    /// The level of its topic; `u32::MAX` where the topic is stored with the message.
    pub(super) node: u32,
    /// How many ids back the message before it on its topic is; 0 for none.
    pub(super) back: u32,
    pub(super) start: u32,
    pub(super) properties_len: u32,
    /// Stored bytes of the payload.
    pub(super) payload_len: u32,
    pub(super) wire_len: u32,
    pub(super) packet_id: u16,
    pub(super) topic_len: u16,
    pub(super) slot: u16,
    pub(super) flags: Flags,
}

/// Yes and no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Flags(u16);

impl Flags {
    const QOS: u16 = 3;
    pub(super) const RETAIN: Self = Self(1 << 2);
    pub(super) const DUP: Self = Self(1 << 3);
    pub(super) const SENT: Self = Self(1 << 4);
    pub(super) const REPEAT: Self = Self(1 << 5);
    /// The topic on the wire was empty.
    pub(super) const ALIAS: Self = Self(1 << 6);
    /// The stored payload is shorter than the true one.
    pub(super) const TRUNCATED: Self = Self(1 << 7);
    /// The packet had a property length: MQTT 5.
    pub(super) const V5: Self = Self(1 << 8);
    /// A length was written longer than needed, so the frame cannot be made again exactly.
    pub(super) const INEXACT: Self = Self(1 << 9);
    /// The value was given up for want of memory; time and sizes are left.
    pub(super) const GIVEN_UP: Self = Self(1 << 10);
    /// Of those that outlived the history: gone, its place not yet used again.
    pub(super) const HOLE: Self = Self(1 << 11);

    pub(super) fn of(record: &PublishRecord) -> Self {
        let mut flags = Self(u16::from(record.qos.as_u8()));
        flags.set(Self::RETAIN, record.retain);
        flags.set(Self::DUP, record.dup);
        flags.set(Self::SENT, record.direction == Direction::ClientToServer);
        flags.set(Self::REPEAT, record.is_repeat);
        flags.set(Self::ALIAS, record.topic_len == 0);
        flags
    }

    pub(super) fn set(&mut self, flag: Self, is_set: bool) {
        if is_set {
            self.0 |= flag.0;
        }
    }

    pub(super) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(super) const fn qos(self) -> QoS {
        match self.0 & Self::QOS {
            1 => QoS::AtLeastOnce,
            2 => QoS::ExactlyOnce,
            _ => QoS::AtMostOnce,
        }
    }
}

impl Header {
    /// Bytes stored behind it.
    pub(super) const fn stored_len(&self) -> usize {
        if self.flags.has(Flags::GIVEN_UP) {
            return 0;
        }
        let true_len = if self.flags.has(Flags::TRUNCATED) { 4 } else { 0 };
        true_len + self.topic_len as usize + self.properties_len as usize + self.payload_len as usize
    }

    pub(super) fn to_bytes(self) -> [u8; super::segment::HEADER] {
        let words = [
            u64::from(self.node) | u64::from(self.back) << 32,
            u64::from(self.start) | u64::from(self.properties_len) << 32,
            u64::from(self.payload_len) | u64::from(self.wire_len) << 32,
            u64::from(self.packet_id)
                | u64::from(self.topic_len) << 16
                | u64::from(self.slot) << 32
                | u64::from(self.flags.0) << 48,
        ];
        let mut bytes = [0; super::segment::HEADER];
        let (chunks, _) = bytes.as_chunks_mut::<8>();
        for (chunk, word) in chunks.iter_mut().zip([self.mono_us].into_iter().chain(words)) {
            *chunk = word.to_le_bytes();
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; super::segment::HEADER]) -> Self {
        let (chunks, _) = bytes.as_chunks::<8>();
        let word = |index: usize| chunks.get(index).map_or(0, |chunk| u64::from_le_bytes(*chunk));
        let (a, b, c, d) = (word(1), word(2), word(3), word(4));
        Self {
            mono_us: word(0),
            node: a as u32,
            back: (a >> 32) as u32,
            start: b as u32,
            properties_len: (b >> 32) as u32,
            payload_len: c as u32,
            wire_len: (c >> 32) as u32,
            packet_id: d as u16,
            topic_len: (d >> 16) as u16,
            slot: (d >> 32) as u16,
            flags: Flags((d >> 48) as u16),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_survives_its_bytes() {
        let header = Header {
            mono_us: u64::MAX - 1,
            node: 1,
            back: 2,
            start: 3,
            properties_len: 4,
            payload_len: 5,
            wire_len: 268_435_460,
            packet_id: 6,
            topic_len: 7,
            slot: 8,
            flags: Flags(0x7ff),
        };
        assert_eq!(Header::from_bytes(&header.to_bytes()), header);
    }
}
