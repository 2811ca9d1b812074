//! Laws over arbitrary packets and arbitrary bytes.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::arbitrary::{Sent, VERSIONS, config, sent};
use crate::{
    mqtt::ProtocolVersion,
    wire::{
        Anomaly, Direction, Field, FieldValue, MAX_REMAINING_LENGTH, Packet, Scan, decode, dissect, encode,
        mask_secrets, publish_head, scan,
    },
};

const DIRECTIONS: [Direction; 2] = [Direction::ClientToServer, Direction::ServerToClient];

fn frame_of((version, _, packet): &Sent) -> Vec<u8> {
    let mut frame = Vec::new();
    encode(packet, *version, &mut frame).unwrap();
    frame
}

/// A right frame with bytes changed, put in and taken out; its length made to fit again half of the time.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (
        sent(),
        vec((any::<Index>(), any::<u8>(), 0..4u8), 1..6),
        any::<bool>(),
    )
        .prop_map(|(sent, changes, mends)| {
            let mut frame = frame_of(&sent);
            for (index, byte, change) in changes {
                let at = index.index(frame.len().max(1));
                match change {
                    0 if at < frame.len() => drop(frame.remove(at)),
                    1 => frame.insert(at, byte),
                    2 if at < frame.len() => frame[at] ^= 1 << (byte & 7),
                    _ if at < frame.len() => frame[at] = byte,
                    _ => {}
                }
            }
            if mends { mended(&frame) } else { frame }
        })
}

/// First byte and body with a remaining length that fits.
fn mended(frame: &[u8]) -> Vec<u8> {
    let Scan::Head(head) = scan(frame) else {
        return frame.to_vec();
    };
    let body = frame.get(usize::from(head.header_len)..).unwrap_or_default();
    super::invalid::frame(head.first_byte, body)
}

/// Bytes that begin like a packet and go on as anything.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    (1..16u8, 0..16u8, vec(any::<u8>(), 0..80))
        .prop_map(|(kind, flags, body)| super::invalid::frame(kind << 4 | flags, &body))
}

/// Any bytes in each version and direction: nothing panics, and the walker's listeners agree.
pub(super) fn check_total(bytes: &[u8]) {
    let _ = scan(bytes);
    for version in VERSIONS {
        check_head(bytes, version);
        for direction in DIRECTIONS {
            let decoded = decode(bytes, version, direction);
            let dissected = dissect(bytes, version, direction);
            assert_eq!(decoded.packet, dissected.packet);
            assert_eq!(decoded.anomalies, dissected.anomalies);
            assert!(decoded.packet.is_some() || decoded.anomalies.iter().any(|a| a.is_violation));
            assert!(decoded.anomalies.is_sorted_by_key(|anomaly| anomaly.offset));
            assert!(
                decoded
                    .anomalies
                    .iter()
                    .all(|anomaly| anomaly.offset <= bytes.len())
            );
            check_fields(&dissected.fields, bytes.len());
            let mut masked = bytes.to_vec();
            mask_secrets(&mut masked, version, direction);
            assert_eq!(masked.len(), bytes.len());
        }
    }
}

/// Fields lie in the frame and in their group, and those that are no group cover every byte in order.
fn check_fields(fields: &[Field], len: usize) {
    let mut covered = 0;
    let mut groups: Vec<&Field> = Vec::new();
    for field in fields {
        assert!(
            field.range.start <= field.range.end && field.range.end <= len,
            "{field:?}"
        );
        groups.truncate(usize::from(field.depth));
        assert_eq!(groups.len(), usize::from(field.depth), "{field:?}");
        if let Some(group) = groups.last() {
            assert!(group.range.start <= field.range.start && field.range.end <= group.range.end);
        }
        match &field.value {
            FieldValue::Group => groups.push(field),
            FieldValue::Text(content) | FieldValue::Bytes(content) => {
                assert!(field.range.start <= content.start && content.end <= field.range.end);
            }
            _ => {}
        }
        if field.value != FieldValue::Group {
            let is_more_bits = field.bits.is_some() && field.range.end == covered;
            assert!(
                is_more_bits || field.range.start == covered,
                "{field:?} behind {covered}"
            );
            covered = field.range.end;
        }
    }
    assert_eq!(covered, len, "{fields:#?}");
}

/// What the quick head leaves to `decode`: characters merely discouraged, and the payload.
fn is_left_to_decode(anomaly: &Anomaly) -> bool {
    let words = ["control character", "non-character", "payload is not valid UTF-8"];
    !anomaly.is_violation && words.iter().any(|words| anomaly.what.contains(words))
}

/// The quick head says what `decode` says of a message from a server, or nothing where `decode` complains.
fn check_head(bytes: &[u8], version: ProtocolVersion) {
    let head = publish_head(bytes, bytes.len(), version);
    let decoded = decode(bytes, version, Direction::ServerToClient);
    let is_clean = decoded.anomalies.iter().all(is_left_to_decode);
    let Some(Packet::Publish(publish)) = decoded.packet.filter(|_| is_clean) else {
        assert_eq!(head, None, "{:?}", decoded.anomalies);
        return;
    };
    let head = head.unwrap();
    assert_eq!(
        (head.dup, head.qos, head.retain, head.packet_id, head.topic_alias),
        (
            publish.dup,
            publish.qos,
            publish.retain,
            publish.packet_id,
            publish.properties.topic_alias()
        )
    );
    let topic = &bytes[head.topic.start as usize..head.topic.end as usize];
    assert_eq!(topic, publish.topic.as_bytes());
    assert_eq!(&bytes[head.payload_start as usize..], &publish.payload[..]);
    assert_eq!(
        head.has_subscription_identifier,
        publish.properties.subscription_identifiers().next().is_some()
    );
    assert_eq!(
        publish_head(&bytes[..head.payload_start as usize], bytes.len(), version),
        Some(head.clone()),
        "the payload need not be there"
    );
    for cut in 0..head.payload_start as usize {
        assert_eq!(publish_head(&bytes[..cut], bytes.len(), version), None);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_encoded_is_decoded_without_complaint(sent in sent()) {
        let frame = frame_of(&sent);
        let (version, direction, packet) = sent;
        let decoded = decode(&frame, version, direction);
        prop_assert_eq!(decoded.anomalies, vec![]);
        prop_assert_eq!(decoded.packet, Some(packet));
        prop_assert!(matches!(scan(&frame), Scan::Head(head) if head.frame_len() == frame.len()));
    }

    #[test]
    fn right_frames_keep_the_laws(sent in sent()) {
        check_total(&frame_of(&sent));
    }

    #[test]
    fn damaged_frames_keep_the_laws(frame in damaged()) {
        check_total(&frame);
    }

    #[test]
    fn plausible_bytes_keep_the_laws(frame in plausible()) {
        check_total(&frame);
    }

    #[test]
    fn any_bytes_keep_the_laws(bytes in vec(any::<u8>(), 0..64)) {
        check_total(&bytes);
    }

    #[test]
    fn every_cut_of_a_frame_is_a_violation(sent in sent(), index in any::<Index>()) {
        let frame = frame_of(&sent);
        let cut = &frame[..index.index(frame.len())];
        check_total(cut);
        let decoded = decode(cut, sent.0, sent.1);
        prop_assert!(decoded.anomalies.iter().any(|anomaly| anomaly.is_violation));
    }
}

#[test]
fn claimed_lengths_cost_nothing() {
    for body in [
        &b"\xff\xff\xff\x7f"[..],
        b"\xff\xff\xff\x7f\0\x04MQTT\x05\x02\0\0\xff\xff\xff\x7f",
    ] {
        for first_byte in 0..=255 {
            let mut frame = vec![first_byte];
            frame.extend_from_slice(body);
            check_total(&frame);
        }
    }
    assert_eq!(MAX_REMAINING_LENGTH, 268_435_455);
}

#[test]
fn a_frame_of_nothing_but_faults_is_told_in_bounds() {
    let mut body = b"\0\x01a".to_vec();
    body.extend_from_slice(b"\x80\x89\x7a");
    body.extend_from_slice(&b"\x01\x09".repeat(1_000_000));
    body.extend_from_slice(b"payload");
    let frame = super::invalid::frame(0x30, &body);
    let dissected = dissect(&frame, ProtocolVersion::V5, Direction::ServerToClient);
    assert!(dissected.anomalies.len() <= 132);
    for words in [
        "1999935 more anomalies are not listed",
        "934464 more are in the frame",
    ] {
        assert!(
            dissected
                .anomalies
                .iter()
                .any(|anomaly| anomaly.what.contains(words)),
            "{words}"
        );
    }
    assert!(dissected.fields.len() <= 65_540);
    check_fields(&dissected.fields, frame.len());
}
