//! Frames → records.

use std::sync::Arc;

use crate::{
    event::{Frame, PacketRecord, PublishRecord, Record},
    mqtt::{ProtocolVersion, QoS},
    source::session::Verdict,
    wire::{Anomaly, Direction, PacketType, PublishHead, Scan, publish_head, scan},
};

/// A received or sent PUBLISH that can be shown as a message.
pub fn publish(
    head: &PublishHead,
    frame: Frame,
    wire_len: usize,
    verdict: Verdict,
    direction: Direction,
) -> PublishRecord {
    PublishRecord {
        after_us: 0,
        frame,
        wire_len: wire_len as u32,
        topic_start: head.topic.start as u8,
        topic_len: (head.topic.end - head.topic.start) as u16,
        properties_start: head.properties.start,
        payload_start: head.payload_start,
        alias_topic: verdict.alias_topic,
        packet_id: head.packet_id.unwrap_or(0),
        direction,
        qos: head.qos,
        retain: head.retain,
        dup: head.dup,
        is_repeat: verdict.is_repeat,
    }
}

/// A frame of ours that was written. Of a long payload the first `max_payload` bytes are kept.
pub fn sent(
    packet_type: PacketType,
    shown: &Arc<[u8]>,
    version: ProtocolVersion,
    max_payload: usize,
) -> impl FnOnce(u32) -> Record {
    let head = (packet_type == PacketType::Publish)
        .then(|| publish_head(shown, shown.len(), version))
        .flatten();
    let wire_len = shown.len();
    let frame = match &head {
        Some(head) => match shown.get(..head.payload_start as usize + max_payload) {
            Some(kept) if kept.len() < wire_len => Frame::Own(kept.into()),
            _ => Frame::Own(Arc::clone(shown)),
        },
        None => Frame::Own(Arc::clone(shown)),
    };
    move |after_us| match head {
        Some(head) => Record::Publish(PublishRecord {
            after_us,
            ..publish(
                &head,
                frame,
                wire_len,
                Verdict::default(),
                Direction::ClientToServer,
            )
        }),
        None => Record::Packet(Box::new(PacketRecord {
            after_us,
            frame,
            packet_type: Some(packet_type),
            version,
            direction: Direction::ClientToServer,
            anomalies: Vec::new(),
        })),
    }
}

/// Any other received frame, or a PUBLISH that cannot be shown as a message.
pub fn received(
    frame: Frame,
    packet_type: Option<PacketType>,
    version: ProtocolVersion,
    anomalies: Vec<Anomaly>,
) -> impl FnOnce(u32) -> Record {
    move |after_us| {
        Record::Packet(Box::new(PacketRecord {
            after_us,
            frame,
            packet_type,
            version,
            direction: Direction::ServerToClient,
            anomalies,
        }))
    }
}

/// The parts of a PUBLISH that the decoder could read though [`publish_head`] found something wrong with it;
/// `None` where the topic is no text.
pub fn loose_head(frame: &[u8], version: ProtocolVersion) -> Option<PublishHead> {
    let Scan::Head(fixed) = scan(frame) else {
        return None;
    };
    let topic_start = u32::from(fixed.header_len) + 2;
    let length = frame.get(topic_start as usize - 2..topic_start as usize)?;
    let topic_end = topic_start + u32::from(u16::from_be_bytes(length.try_into().ok()?));
    std::str::from_utf8(frame.get(topic_start as usize..topic_end as usize)?).ok()?;
    let qos = QoS::from_bits(fixed.first_byte >> 1 & 3)?;
    let mut at = topic_end as usize;
    let packet_id = if qos == QoS::AtMostOnce {
        None
    } else {
        at += 2;
        Some(u16::from_be_bytes(frame.get(at - 2..at)?.try_into().ok()?))
    };
    let mut properties = at..at;
    if version == ProtocolVersion::V5 {
        let Scan::Head(list) = scan(frame.get(at - 1..)?) else {
            return None;
        };
        // A length is written in a property list as it is in a fixed header.
        let start = at - 1 + usize::from(list.header_len);
        properties = start..start + list.remaining_len as usize;
    }
    (properties.end <= frame.len()).then_some(PublishHead {
        dup: fixed.first_byte & 0x08 != 0,
        qos,
        retain: fixed.first_byte & 1 != 0,
        topic: topic_start..topic_end,
        packet_id,
        properties: properties.start as u32..properties.end as u32,
        payload_start: properties.end as u32,
        topic_alias: None,
        has_subscription_identifier: false,
    })
}

/// The frame of a PUBLISH whose payload was cut, as if it had been sent so short: for reading what is wrong
/// with its head.
pub fn as_if_whole(cut: &[u8]) -> Vec<u8> {
    let Scan::Head(head) = scan(cut) else {
        return Vec::new();
    };
    let body = cut.get(usize::from(head.header_len)..).unwrap_or_default();
    let mut frame = vec![head.first_byte];
    let mut remaining = body.len();
    loop {
        let byte = (remaining & 0x7f) as u8;
        remaining >>= 7;
        frame.push(if remaining > 0 { byte | 0x80 } else { byte });
        if remaining == 0 {
            break;
        }
    }
    frame.extend_from_slice(body);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_head_agrees_with_the_strict_one() {
        for (frame, version) in [
            (&b"\x30\x05\0\x01a!!"[..], ProtocolVersion::V311),
            (b"\x33\x07\0\x01a\0\x09!!", ProtocolVersion::V311),
            (b"\x32\x0a\0\x01a\0\x09\x02\x01\x01!!", ProtocolVersion::V5),
            (b"\x30\x04\0\x01a\0", ProtocolVersion::V5),
        ] {
            let strict = publish_head(frame, frame.len(), version).expect("a valid frame");
            assert_eq!(loose_head(frame, version), Some(strict), "{frame:?}");
        }
    }

    #[test]
    fn a_cut_frame_is_read_as_a_shorter_one() {
        assert_eq!(as_if_whole(b"\x30\xff\x01\0\x01a!"), b"\x30\x04\0\x01a!");
    }
}
