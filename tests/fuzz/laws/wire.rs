//! What holds for any bytes: nothing panics, ranges lie in the frame, what is written is read again, masking keeps
//! the length, and a stream splits the same however it comes in. Used by the fuzz target and by ordinary tests.

use mqttscope::{
    mqtt::ProtocolVersion,
    wire::{Direction, FieldValue, Packet, Scan, decode, dissect, encode, mask_secrets, publish_head, scan},
};

const VERSIONS: [ProtocolVersion; 3] = [ProtocolVersion::V31, ProtocolVersion::V311, ProtocolVersion::V5];
const DIRECTIONS: [Direction; 2] = [Direction::ClientToServer, Direction::ServerToClient];

/// The first byte says how the stream is split; the rest is the stream, and one frame.
pub fn check(data: &[u8]) {
    let Some((&step, stream)) = data.split_first() else {
        return;
    };
    check_splits(stream, usize::from(step) + 1);
    for version in VERSIONS {
        for direction in DIRECTIONS {
            check_frame(stream, version, direction);
            for frame in frames(stream) {
                check_frame(frame, version, direction);
            }
        }
    }
}

/// The whole frames at the start of a stream.
fn frames(mut stream: &[u8]) -> Vec<&[u8]> {
    let mut frames = Vec::new();
    while let Scan::Head(head) = scan(stream)
        && head.frame_len() <= stream.len()
    {
        let (frame, rest) = stream.split_at(head.frame_len());
        frames.push(frame);
        stream = rest;
    }
    frames
}

/// A head once seen stays as it is whatever follows, and the frames are the same however the bytes come in.
fn check_splits(stream: &[u8], step: usize) {
    let whole = scan(stream);
    for end in 0..stream.len().min(6) {
        let part = scan(&stream[..end]);
        assert!(
            part == whole || part == Scan::Incomplete,
            "{end}: {part:?}, then {whole:?}"
        );
    }
    let (mut buffer, mut found) = (Vec::new(), Vec::new());
    for chunk in stream.chunks(step) {
        buffer.extend_from_slice(chunk);
        let here: Vec<Vec<u8>> = frames(&buffer).into_iter().map(<[u8]>::to_vec).collect();
        let taken: usize = here.iter().map(Vec::len).sum();
        buffer.drain(..taken);
        found.extend(here);
    }
    assert_eq!(found, frames(stream));
}

fn check_frame(frame: &[u8], version: ProtocolVersion, direction: Direction) {
    let decoded = decode(frame, version, direction);
    let dissected = dissect(frame, version, direction);
    assert_eq!(
        (&decoded.packet, &decoded.anomalies),
        (&dissected.packet, &dissected.anomalies)
    );
    assert!(
        decoded
            .anomalies
            .iter()
            .all(|anomaly| anomaly.offset <= frame.len())
    );
    assert!(decoded.anomalies.is_sorted_by_key(|anomaly| anomaly.offset));
    let has_violation = decoded.anomalies.iter().any(|anomaly| anomaly.is_violation);
    assert!(decoded.packet.is_some() || has_violation);
    for field in &dissected.fields {
        assert!(
            field.range.start <= field.range.end && field.range.end <= frame.len(),
            "{field:?}"
        );
        if let FieldValue::Text(part) | FieldValue::Bytes(part) = &field.value {
            assert!(
                field.range.start <= part.start && part.end <= field.range.end,
                "{field:?}"
            );
        }
    }
    let mut masked = frame.to_vec();
    mask_secrets(&mut masked, version, direction);
    assert_eq!(masked.len(), frame.len());
    let once = masked.clone();
    mask_secrets(&mut masked, version, direction);
    assert_eq!(masked, once, "masking twice is masking once");
    if let Some(head) = publish_head(frame, frame.len(), version) {
        let is_own = direction == Direction::ClientToServer && head.has_subscription_identifier;
        assert!(!has_violation || is_own, "{:?}", decoded.anomalies);
    }
    if let Some(packet) = decoded.packet {
        let is_short = matches!(scan(frame), Scan::Head(head) if head.remaining_len == 2);
        check_written(&packet, version, is_short, direction, has_violation);
    }
}

/// The version a packet was written in: CONNECT brings its own, a CONNACK of two bytes is 3.1.1's whatever was agreed
/// on, AUTH is 5's.
fn spoken(packet: &Packet, version: ProtocolVersion, is_short: bool) -> ProtocolVersion {
    match packet {
        Packet::Connect(connect) => connect.version,
        Packet::Connack(_) if is_short && version == ProtocolVersion::V5 => ProtocolVersion::V311,
        Packet::Auth(_) => ProtocolVersion::V5,
        _ => version,
    }
}

/// What was read can be written, is read as the same, and written as the same once more.
fn check_written(
    packet: &Packet,
    version: ProtocolVersion,
    is_short: bool,
    direction: Direction,
    has_violation: bool,
) {
    let mut frame = Vec::new();
    let written_in = spoken(packet, version, is_short);
    encode(packet, written_in, &mut frame).expect("what was in a frame fits into one");
    let again = decode(&frame, version, direction);
    if !has_violation {
        assert!(
            again.anomalies.iter().all(|anomaly| !anomaly.is_violation),
            "{:?}",
            again.anomalies
        );
        assert_eq!(again.packet.as_ref(), Some(packet));
    }
    if let Some(packet) = again.packet {
        let mut once_more = Vec::new();
        encode(&packet, spoken(&packet, version, is_short), &mut once_more).expect("it did before");
        assert_eq!(once_more, frame);
    }
}
