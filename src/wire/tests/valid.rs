//! Byte vectors written by hand, right ones: read without complaint, written back as they were.

use super::laws::check_total;
use crate::{
    mqtt::{ProtocolVersion, ReasonCode},
    wire::{Direction, Packet, decode, encode, publish_head},
};

use Direction::{ClientToServer as Up, ServerToClient as Down};
use ProtocolVersion::{V5, V31, V311};

/// Right frames: the packet type is checked, no anomaly may be found, and encoding gives the same bytes.
const FRAMES: &[(&str, ProtocolVersion, Direction, &[u8])] = &[
    ("CONNECT", V31, Up, b"\x10\x0f\0\x06MQIsdp\x03\x02\0\x3c\0\x01a"),
    ("CONNECT", V311, Up, b"\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0"),
    (
        "CONNECT",
        V311,
        Up,
        b"\x10\x1e\0\x04MQTT\x04\xf6\0\x0a\0\x01c\0\x03w/t\0\x02by\0\x01u\0\x03\xff\0p",
    ),
    ("CONNECT", V5, Up, b"\x10\x0d\0\x04MQTT\x05\x02\0\0\0\0\0"),
    (
        "CONNECT",
        V5,
        Up,
        b"\x10\x27\0\x04MQTT\x05\x4e\0\x0a\x08\x11\0\0\0\x0a\x21\0\x14\0\x01c\x05\x18\0\0\0\x05\0\x01w\0\x02by\0\x02pw",
    ),
    ("CONNACK", V311, Down, b"\x20\x02\x01\0"),
    ("CONNACK", V311, Down, b"\x20\x02\0\x05"),
    ("CONNACK", V5, Down, b"\x20\x03\0\0\0"),
    ("CONNACK", V5, Down, b"\x20\x0a\0\x87\x07\x1f\0\x04nope"),
    ("PUBLISH", V311, Down, b"\x30\x05\0\x01ahi"),
    ("PUBLISH", V311, Up, b"\x3d\x07\0\x01a\0\x0ahi"),
    ("PUBLISH", V5, Down, b"\x30\x06\0\x01a\0hi"),
    ("PUBLISH", V5, Down, b"\x30\x07\0\0\x03\x23\0\x01x"),
    ("PUBLISH", V5, Down, b"\x32\x0b\0\x01a\0\x01\x04\x0b\x05\x0b\x06h"),
    ("PUBACK", V311, Up, b"\x40\x02\0\x0a"),
    ("PUBACK", V5, Up, b"\x40\x02\0\x0a"),
    ("PUBACK", V5, Down, b"\x40\x03\0\x0a\x10"),
    ("PUBREC", V5, Up, b"\x50\x03\0\x0a\x80"),
    ("PUBREL", V5, Up, b"\x62\x02\0\x0a"),
    ("PUBREL", V31, Up, b"\x62\x02\0\x0a"),
    ("PUBCOMP", V5, Up, b"\x70\x03\0\x0a\x92"),
    ("PUBCOMP", V5, Up, b"\x70\x0b\0\x0a\x92\x07\x1f\0\x04gone"),
    ("SUBSCRIBE", V311, Up, b"\x82\x09\0\x01\0\x04$x/#\x02"),
    ("SUBSCRIBE", V5, Up, b"\x82\x0d\0\x01\x02\x0b\x07\0\x01#\x2e\0\x01+\x01"),
    ("SUBACK", V311, Down, b"\x90\x04\0\x01\x02\x80"),
    ("SUBACK", V5, Down, b"\x90\x05\0\x01\0\x01\x87"),
    ("UNSUBSCRIBE", V311, Up, b"\xa2\x08\0\x02\0\x01#\0\x01a"),
    ("UNSUBSCRIBE", V5, Up, b"\xa2\x06\0\x02\0\0\x01#"),
    ("UNSUBACK", V311, Down, b"\xb0\x02\0\x02"),
    ("UNSUBACK", V5, Down, b"\xb0\x05\0\x02\0\0\x11"),
    ("PINGREQ", V311, Up, b"\xc0\0"),
    ("PINGRESP", V5, Down, b"\xd0\0"),
    ("DISCONNECT", V311, Up, b"\xe0\0"),
    ("DISCONNECT", V5, Down, b"\xe0\0"),
    ("DISCONNECT", V5, Down, b"\xe0\x01\x8e"),
    ("DISCONNECT", V5, Up, b"\xe0\x07\x04\x05\x11\0\0\0\x01"),
    ("AUTH", V5, Down, b"\xf0\0"),
    ("AUTH", V5, Up, b"\xf0\x0b\x18\x09\x15\0\x01m\x16\0\x02\xff\0"),
];

#[test]
fn right_frames_are_read_without_complaint_and_written_back_as_they_were() {
    for &(name, version, direction, frame) in FRAMES {
        check_total(frame);
        let decoded = decode(frame, version, direction);
        assert_eq!(decoded.anomalies, [], "{name} {version} {frame:02x?}");
        let packet = decoded.packet.unwrap();
        assert_eq!(packet.packet_type().name(), name);
        let mut out = vec![0xaa];
        encode(&packet, version, &mut out).unwrap();
        assert_eq!(&out[1..], frame, "{name} {version} {packet:?}");
    }
}

#[test]
fn long_forms_that_say_no_more_are_right_too() {
    for (version, direction, frame) in [
        (V5, Up, &b"\x40\x03\0\x0a\0"[..]),
        (V5, Up, b"\x40\x04\0\x0a\0\0"),
        (V5, Up, b"\x40\x04\0\x0a\x10\0"),
        (V5, Down, b"\xe0\x01\0"),
        (V5, Down, b"\xe0\x02\x8e\0"),
        (V31, Up, b"\x8a\x06\0\x01\0\x01#\0"),
        (V31, Up, b"\x6a\x02\0\x0a"),
    ] {
        let decoded = decode(frame, version, direction);
        assert_eq!(decoded.anomalies, [], "{frame:02x?}");
        assert!(decoded.packet.is_some(), "{frame:02x?}");
    }
}

#[test]
fn short_connack_of_an_older_server_is_odd_and_readable_in_5() {
    let decoded = decode(b"\x20\x02\0\x01", V5, Down);
    let Some(Packet::Connack(connack)) = decoded.packet else {
        panic!("no CONNACK")
    };
    assert_eq!(connack.code, ReasonCode(1));
    assert_eq!(decoded.anomalies.len(), 1);
    assert!(!decoded.anomalies[0].is_violation);
}

#[test]
fn head_of_a_publish_names_its_ranges() {
    let frame = b"\x3d\x0a\0\x03a/b\0\x0ahi!";
    let head = publish_head(frame, frame.len(), V311).unwrap();
    assert_eq!((head.dup, head.retain, head.packet_id), (true, true, Some(10)));
    assert_eq!((head.topic, head.payload_start), (4..7, 9));
    assert_eq!(
        publish_head(&frame[..9], frame.len(), V311)
            .unwrap()
            .payload_start,
        9
    );
    assert_eq!(publish_head(&frame[..8], frame.len(), V311), None);
}
