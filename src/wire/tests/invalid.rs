//! Byte vectors written by hand, wrong and odd ones: what is told, where, how grave, and how far reading goes on.

use super::laws::check_total;
use crate::{
    mqtt::ProtocolVersion,
    wire::{Direction, decode},
};

use Direction::{ClientToServer as Up, ServerToClient as Down};
use ProtocolVersion::{V5, V31, V311};

/// A frame with a remaining length that fits the body.
pub(super) fn frame(first_byte: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    let mut len = body.len();
    while len > 0x7f {
        frame.push(len as u8 | 0x80);
        len >>= 7;
    }
    frame.push(len as u8);
    frame.extend_from_slice(body);
    frame
}

/// Whether a packet comes out of it all the same.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Read {
    Whole,
    No,
}
use Read::{No, Whole};

struct Case(
    ProtocolVersion,
    Direction,
    u8,
    &'static [u8],
    /// Offset in the frame, reason code (0: merely odd), words.
    (usize, u8, &'static str),
    Read,
);

fn check(cases: &[Case]) {
    for Case(version, direction, first_byte, body, (offset, reason, words), read) in cases {
        let frame = frame(*first_byte, body);
        check_total(&frame);
        let decoded = decode(&frame, *version, *direction);
        let [anomaly] = &decoded.anomalies[..] else {
            panic!("{version} {words}: {:#?}", decoded.anomalies)
        };
        assert!(anomaly.what.contains(words), "{} lacks {words}", anomaly.what);
        assert_eq!(anomaly.offset, *offset, "{version} {}", anomaly.what);
        assert_eq!(anomaly.is_violation, *reason != 0, "{version} {}", anomaly.what);
        assert_eq!(anomaly.reason.0, *reason, "{version} {}", anomaly.what);
        assert_eq!(
            decoded.packet.is_some(),
            *read == Whole,
            "{version} {}",
            anomaly.what
        );
    }
}

#[test]
#[rustfmt::skip]
fn fixed_header() {
    check(&[
        Case(V311, Up, 0x00, b"abc", (0, 0x81, "type 0 is reserved (MQTT 3.1.1 §2.2.1)"), No),
        Case(V5, Up, 0xc1, b"", (0, 0x81, "PINGREQ must be 0000, not 0001 (MQTT-2.1.3-1)"), Whole),
        Case(V311, Up, 0xc1, b"", (0, 0x81, "(MQTT-2.2.2-1)"), Whole),
        Case(V31, Up, 0xc1, b"", (0, 0, "(MQTT-2.2.2-1)"), Whole),
        Case(V5, Up, 0x60, b"\0\x01", (0, 0x81, "PUBREL must be 0010, not 0000 (MQTT-3.6.1-1)"), Whole),
        Case(V5, Up, 0x80, b"\0\x01\0\0\x01a\0", (0, 0x81, "(MQTT-3.8.1-1)"), Whole),
        Case(V311, Up, 0x8a, b"\0\x01\0\x01a\0", (0, 0x81, "(MQTT-3.8.1-1)"), Whole),
        Case(V5, Up, 0xa0, b"\0\x01\0\0\x01a", (0, 0x81, "(MQTT-3.10.1-1)"), Whole),
        Case(V5, Up, 0xe1, b"", (0, 0x81, "(MQTT-3.14.1-1)"), Whole),
        Case(V5, Down, 0xf1, b"", (0, 0x81, "(MQTT-3.15.1-1)"), Whole),
        Case(V311, Up, 0xf0, b"", (0, 0x82, "AUTH exists since MQTT 5, this connection speaks 3.1.1"), Whole),
        Case(V5, Up, 0xc0, b"x", (2, 0x81, "1 byte behind the end of the packet"), Whole),
        Case(V311, Up, 0x40, b"\0\x01xy", (4, 0x81, "2 bytes behind the end"), Whole),
        Case(V5, Up, 0x40, b"\x01", (2, 0x81, "ends inside the packet identifier"), No),
    ]);
}

#[test]
fn frames_that_are_no_frames() {
    for (bytes, version, words, is_violation) in [
        (&b""[..], V5, "an empty frame", true),
        (b"\xc0", V5, "ends inside the remaining length", true),
        (
            b"\xc0\x80\x80\x80\x80\0",
            V5,
            "the remaining length has more than four bytes",
            true,
        ),
        (b"\xc0\x80\0", V5, "more bytes than it needs (MQTT-1.5.5-1)", true),
        (b"\xc0\x80\0", V311, "more bytes than it needs", false),
        (
            b"\xc0\0\0",
            V5,
            "1 byte more than the remaining length says",
            true,
        ),
        (
            b"\xc0\x02",
            V5,
            "the frame is cut: the remaining length says 2 bytes, 0 are here",
            true,
        ),
    ] {
        let anomalies = decode(bytes, version, Up).anomalies;
        assert_eq!(anomalies.len(), 1, "{anomalies:#?}");
        assert!(anomalies[0].what.contains(words), "{anomalies:?}");
        assert_eq!(anomalies[0].is_violation, is_violation, "{anomalies:?}");
    }
}

#[test]
#[rustfmt::skip]
fn direction() {
    let connect = b"\0\x04MQTT\x05\x02\0\0\0\0\0";
    check(&[
        Case(V5, Down, 0x10, connect, (0, 0x82, "a server must not send CONNECT"), Whole),
        Case(V5, Up, 0x20, b"\0\0\0", (0, 0x82, "a client must not send CONNACK"), Whole),
        Case(V5, Down, 0x82, b"\0\x01\0\0\x01a\0", (0, 0x82, "a server must not send SUBSCRIBE"), Whole),
        Case(V5, Up, 0x90, b"\0\x01\0\0", (0, 0x82, "a client must not send SUBACK"), Whole),
        Case(V5, Down, 0xa2, b"\0\x01\0\0\x01a", (0, 0x82, "a server must not send UNSUBSCRIBE"), Whole),
        Case(V311, Up, 0xb0, b"\0\x01", (0, 0x82, "a client must not send UNSUBACK"), Whole),
        Case(V5, Down, 0xc0, b"", (0, 0x82, "a server must not send PINGREQ"), Whole),
        Case(V5, Up, 0xd0, b"", (0, 0x82, "a client must not send PINGRESP"), Whole),
        Case(V311, Down, 0xe0, b"", (0, 0x82, "a server must not send DISCONNECT in MQTT 3.1.1"), Whole),
    ]);
}

#[test]
#[rustfmt::skip]
fn connect() {
    check(&[
        Case(V5, Up, 0x10, b"\0\x04MQTT\x06\x02\0\0\0\0\0", (8, 0x84, "level 6 is unknown (MQTT-3.1.2-2)"), No),
        Case(V5, Up, 0x10, b"\0\x04mqtt\x04\x02\0\0\0\0", (2, 0x84, "(MQTT-3.1.2-1)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x84\x02\0\0\0\0", (8, 0, "as a mosquitto bridge does"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x05\x03\0\0\0\0\0", (9, 0x81, "(MQTT-3.1.2-3)"), Whole),
        Case(V5, Up, 0x10, b"\0\x06MQIsdp\x03\x03\0\0\0\x01a", (11, 0, "(MQTT-3.1.2-3)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x05\x0a\0\0\0\0\0", (9, 0x81, "(MQTT-3.1.2-11)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x0a\0\0\0\0", (9, 0x81, "(MQTT-3.1.2-13)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x05\x22\0\0\0\0\0", (9, 0x81, "(MQTT-3.1.2-13)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x22\0\0\0\0", (9, 0x81, "(MQTT-3.1.2-15)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x05\x1e\0\0\0\0\0\0\0\x01w\0\0", (9, 0x81, "will QoS must not be 3 (MQTT-3.1.2-12)"), No),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x42\0\0\0\0\0\x01p", (9, 0x81, "(MQTT-3.1.2-22)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\0\0\0\0\0", (12, 0x85, "(MQTT-3.1.3-7)"), Whole),
        Case(V5, Up, 0x10, b"\0\x06MQIsdp\x03\x02\0\0\0\0", (14, 0x85, "(MQTT 3.1 §3.1)"), Whole),
        Case(V5, Up, 0x10, b"\0\x06MQIsdp\x03\x82\0\0\0\x01a", (17, 0, "the user name is missing"), Whole),
        Case(V5, Up, 0x10, b"\0\x06MQIsdp\x03\x02\0\0\0\x18aaaaaaaaaaaaaaaaaaaaaaaa", (14, 0, "more than 23"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x82\0\0\0\x01a", (15, 0x81, "ends inside the user name"), No),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x06\0\0\0\x01a\0\x01#\0\0", (17, 0x90, "will topic contains a wildcard"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x06\0\0\0\x01a\0\0\0\0", (17, 0x90, "(MQTT-4.7.3-1)"), Whole),
        Case(V5, Up, 0x10, b"\0\x04MQTT\x04\x02\0\0\0\x05a", (12, 0x81, "claims 5 bytes, 1 are left"), No),
    ]);
}

#[test]
#[rustfmt::skip]
fn connack_disconnect_and_auth() {
    check(&[
        Case(V311, Down, 0x20, b"\x02\0", (2, 0x81, "acknowledge flags"), Whole),
        Case(V5, Down, 0x20, b"\x03\0\0", (2, 0x81, "(MQTT-3.2.2-1)"), Whole),
        Case(V311, Down, 0x20, b"\x01\x05", (2, 0x82, "(MQTT-3.2.2-4)"), Whole),
        Case(V5, Down, 0x20, b"\x01\x87\0", (2, 0x82, "(MQTT-3.2.2-6)"), Whole),
        Case(V311, Down, 0x20, b"\0\x06", (3, 0x82, "(MQTT-3.2.2-6)"), Whole),
        Case(V5, Down, 0x20, b"\0\x05\0", (3, 0x82, "(MQTT-3.2.2-8)"), Whole),
        Case(V5, Down, 0x20, b"\0\0", (2, 0, "the server answers in MQTT 3.1.1"), Whole),
        Case(V5, Down, 0x20, b"\0\x01", (2, 0, "the server answers in MQTT 3.1.1"), Whole),
        Case(V5, Down, 0x20, b"\0\x84", (2, 0, "the server answers in MQTT 3.1.1"), Whole),
        Case(V5, Down, 0xe0, b"\x91", (2, 0x82, "packet identifier in use (0x91) (MQTT-3.14.2-1)"), Whole),
        Case(V5, Down, 0xe0, b"\x04", (2, 0, "only clients send DISCONNECT"), Whole),
        Case(V5, Up, 0xe0, b"\x8e", (2, 0, "only servers send DISCONNECT"), Whole),
        Case(V5, Down, 0xe0, b"\x8e\x05\x11\0\0\0\x01", (5, 0x82, "(MQTT-3.14.2-2)"), Whole),
        Case(V311, Up, 0xe0, b"\0", (2, 0x81, "1 byte behind the end"), Whole),
        Case(V5, Up, 0xf0, b"\x01\x04\x15\0\x01m", (2, 0x82, "(MQTT-3.15.2-1)"), Whole),
        Case(V5, Up, 0xf0, b"\x18\0", (3, 0x82, "AUTH needs an authentication method"), Whole),
        Case(V5, Down, 0xf0, b"\x19\x04\x15\0\x01m", (2, 0, "only clients send AUTH"), Whole),
        Case(V5, Down, 0x20, b"\0\0\x04\x16\0\x01x", (4, 0x82, "data without an authentication method"), Whole),
    ]);
}

#[test]
#[rustfmt::skip]
fn publish() {
    check(&[
        Case(V311, Up, 0x36, b"\0\x01a\0\x01x", (0, 0x81, "(MQTT-3.3.1-4)"), No),
        Case(V5, Up, 0x38, b"\0\x01a\0x", (0, 0x81, "(MQTT-3.3.1-2)"), Whole),
        Case(V31, Up, 0x38, b"\0\x01ax", (0, 0, "(MQTT-3.3.1-2)"), Whole),
        Case(V5, Up, 0x32, b"\0\x01a\0\0\0", (5, 0x82, "(MQTT-2.2.1-3)"), Whole),
        Case(V5, Down, 0x32, b"\0\x01a\0\0\0", (5, 0x82, "(MQTT-2.2.1-4)"), Whole),
        Case(V311, Up, 0x32, b"\0\x01a\0\0", (5, 0x82, "(MQTT-2.3.1-1)"), Whole),
        Case(V5, Down, 0x30, b"\0\x02a\xff\0", (5, 0x81, "not valid UTF-8 (MQTT-1.5.4-1)"), Whole),
        Case(V311, Down, 0x30, b"\0\x03\xed\xa0\x80", (4, 0x81, "not valid UTF-8 (MQTT-1.5.3-1)"), Whole),
        Case(V5, Down, 0x30, b"\0\x02a\0\0", (5, 0x81, "null character (MQTT-1.5.4-2)"), Whole),
        Case(V311, Down, 0x30, b"\0\x02a\0", (5, 0x81, "null character (MQTT-1.5.3-2)"), Whole),
        Case(V5, Down, 0x30, b"\0\x03a/+\0", (6, 0x90, "wildcard (MQTT-3.3.2-2)"), Whole),
        Case(V311, Down, 0x30, b"\0\x01#", (4, 0x90, "wildcard (MQTT-3.3.2-2)"), Whole),
        Case(V5, Down, 0x30, b"\0\0\0", (2, 0x82, "no topic alias stands for it"), Whole),
        Case(V311, Down, 0x30, b"\0\0", (4, 0x90, "(MQTT-4.7.3-1)"), Whole),
        Case(V5, Down, 0x30, b"\0\x02a\x07\0", (5, 0, "the control character U+0007"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x02\x01\x01hi\xff", (10, 0, "the payload is not valid UTF-8"), Whole),
        Case(V311, Down, 0x30, b"\0\x03\xef\xbf\xbf", (4, 0, "the non-character U+FFFF"), Whole),
        Case(V311, Down, 0x30, b"\0\x05a", (2, 0x81, "the topic name claims 5 bytes, 1 are left"), No),
    ]);
}

#[test]
#[rustfmt::skip]
fn properties() {
    check(&[
        Case(V5, Down, 0x30, b"\0\x01a\x03\x23\0\0", (7, 0x94, "(MQTT-3.3.2-8)"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x02\x01\x02", (7, 0x82, "must be 0 or 1, not 2"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x04\x01\0\x01\0", (8, 0x82, "payload format indicator twice"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x02\x24\x01", (6, 0x81, "must not carry the property maximum QoS"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x02\x7f\x01p", (6, 0x81, "no property has the identifier 127"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x03\x80\x01\x01p", (6, 0x81, "no property has the identifier 128"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x02\x0b\0", (7, 0x82, "subscription identifier must not be 0"), Whole),
        Case(V5, Up, 0x30, b"\0\x01a\x02\x0b\x01", (7, 0x82, "(MQTT-3.3.4-6)"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x03\x0b\x81\0", (7, 0x81, "(MQTT-1.5.5-1)"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x01\x01", (7, 0x81, "the property list ends inside the value"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x04\x08\0\x01#", (9, 0x90, "(MQTT-3.3.2-14)"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x03\x03\0\x05pp", (7, 0x81, "claims 5 bytes, 0 are left"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a\x09", (5, 0x81, "the properties claim 9 bytes, 0 are left"), Whole),
        Case(V5, Down, 0x30, b"\0\x01a", (5, 0x81, "ends inside the property length"), Whole),
        Case(V5, Down, 0x20, b"\0\0\x03\x21\0\0", (6, 0x82, "receive maximum must not be 0"), Whole),
        Case(V5, Down, 0x20, b"\0\0\x05\x27\0\0\0\0", (6, 0x82, "maximum packet size must not be 0"), Whole),
        Case(V5, Down, 0x20, b"\0\0\x02\x24\x02", (6, 0x82, "maximum QoS must be 0 or 1, not 2"), Whole),
        Case(V5, Up, 0x82, b"\0\x01\x04\x0b\x01\x0b\x02\0\x01a\0", (7, 0x82, "subscription identifier twice"), Whole),
        Case(V5, Down, 0x40, b"\0\x01\0\x05\x26\0\0\0\x09", (9, 0x81, "the value claims 9 bytes, 0 are left"), Whole),
    ]);
}

#[test]
#[rustfmt::skip]
fn acknowledgements() {
    check(&[
        Case(V5, Down, 0x40, b"\0\0", (2, 0x82, "(MQTT-2.2.1-5)"), Whole),
        Case(V31, Down, 0x40, b"\0\0", (2, 0, "must not be 0"), Whole),
        Case(V5, Down, 0x40, b"\0\x01\x92", (4, 0x82, "packet identifier not found (0x92) (MQTT-3.4.2-1)"), Whole),
        Case(V5, Down, 0x50, b"\0\x01\x01\0", (4, 0x82, "(MQTT-3.5.2-1)"), Whole),
        Case(V5, Down, 0x62, b"\0\x01\x80", (4, 0x82, "(MQTT-3.6.2-1)"), Whole),
        Case(V5, Down, 0x70, b"\0\x01\x10", (4, 0x82, "(MQTT-3.7.2-1)"), Whole),
        Case(V5, Down, 0x90, b"\0\x01\0\x03", (5, 0x82, "(MQTT-3.9.3-2)"), Whole),
        Case(V311, Down, 0x90, b"\0\x01\x87", (4, 0x82, "(MQTT-3.9.3-2)"), Whole),
        Case(V311, Down, 0x90, b"\0\x01", (4, 0x82, "SUBACK carries no code"), Whole),
        Case(V5, Down, 0xb0, b"\0\x01\0\x01", (5, 0x82, "(MQTT-3.11.3-2)"), Whole),
        Case(V5, Down, 0xb0, b"\0\x01\0", (5, 0x82, "UNSUBACK carries no code"), Whole),
    ]);
}

#[test]
#[rustfmt::skip]
fn subscribe_and_unsubscribe() {
    check(&[
        Case(V5, Up, 0x82, b"\0\x01\0", (5, 0x82, "at least one topic filter is needed (MQTT-3.8.3-2)"), Whole),
        Case(V311, Up, 0x82, b"\0\x01", (4, 0x82, "(MQTT-3.8.3-3)"), Whole),
        Case(V5, Up, 0xa2, b"\0\x01\0", (5, 0x82, "(MQTT-3.10.3-2)"), Whole),
        Case(V5, Up, 0x82, b"\0\0\0\0\x01a\0", (2, 0x82, "(MQTT-2.2.1-3)"), Whole),
        Case(V5, Up, 0x82, b"\0\x01\0\0\x01a\x40", (8, 0x81, "(MQTT-3.8.3-5)"), Whole),
        Case(V311, Up, 0x82, b"\0\x01\0\x01a\x04", (7, 0x81, "(MQTT-3.8.3-4)"), Whole),
        Case(V31, Up, 0x82, b"\0\x01\0\x01a\x04", (7, 0, "(MQTT-3.8.3-4)"), Whole),
        Case(V5, Up, 0x82, b"\0\x01\0\0\x01a\x03", (8, 0x81, "QoS of a subscription must not be 3"), No),
        Case(V5, Up, 0x82, b"\0\x01\0\0\x01a\x30", (8, 0x82, "retain handling must not be 3"), No),
        Case(V5, Up, 0x82, b"\0\x01\0\0\x0a$share/g/a\x04", (17, 0x82, "(MQTT-3.8.3-4)"), Whole),
        Case(V5, Up, 0x82, b"\0\x01\0\0\x08$share/g\0", (5, 0x8f, "(MQTT-4.8.2-2)"), Whole),
        Case(V5, Up, 0x82, b"\0\x01\0\0\0\0", (5, 0x8f, "(MQTT-4.7.3-1)"), Whole),
        Case(V5, Up, 0xa2, b"\0\x01\0\0\x03a#b", (5, 0x8f, "(MQTT-4.7.1-1)"), Whole),
        Case(V311, Up, 0xa2, b"\0\x01\0\x02a+", (4, 0x8f, "(MQTT-4.7.1-2)"), Whole),
        Case(V311, Up, 0x82, b"\0\x01\0\x01a", (7, 0x81, "ends inside the subscription options"), No),
        Case(V311, Up, 0xa2, b"\0\x01\0\x01a\0", (7, 0x81, "ends inside the topic filter"), No),
    ]);
}

#[test]
fn reading_goes_on_behind_a_fault() {
    let frame = frame(0x38, b"\0\x03a/#\x04\x01\x07\x24\x00payload");
    let decoded = decode(&frame, V5, Down);
    let offsets: Vec<_> = decoded.anomalies.iter().map(|anomaly| anomaly.offset).collect();
    assert_eq!(offsets, [0, 6, 9, 10], "{:#?}", decoded.anomalies);
    let Some(crate::wire::Packet::Publish(publish)) = decoded.packet else {
        panic!("no PUBLISH")
    };
    assert_eq!(&publish.payload[..], b"payload");
    assert_eq!(publish.properties.0.len(), 2);
}

#[test]
fn a_wildcard_behind_bytes_that_are_no_text_is_told_where_it_stands() {
    let decoded = decode(&frame(0x30, b"\0\x08I\xff\xff\xff\xff\xff#\xff"), V311, Down);
    let offsets: Vec<_> = decoded.anomalies.iter().map(|anomaly| anomaly.offset).collect();
    assert_eq!(offsets, [5, 10], "{:#?}", decoded.anomalies);
}
