//! What `dissect` shows of a frame, field by field.

use std::fmt::Write as _;

use super::invalid::frame;
use crate::{
    mqtt::ProtocolVersion,
    wire::{Direction, FieldValue, dissect},
};

/// The fields as a tree: range, bits, name, value.
fn tree(frame: &[u8], version: ProtocolVersion, direction: Direction) -> String {
    let mut text = String::new();
    for field in dissect(frame, version, direction).fields {
        let indent = usize::from(field.depth) * 2;
        let bits = field.bits.map_or(String::new(), |bits| format!(" &{bits:02x}"));
        let value = match field.value {
            FieldValue::Group => String::new(),
            FieldValue::Number(number) => format!(" = {number}"),
            FieldValue::Flag(is_set) => format!(" = {is_set}"),
            FieldValue::Name(name) => format!(" = {name}"),
            FieldValue::Reason(code, context) => format!(" = {}", code.display(context)),
            FieldValue::Text(range) | FieldValue::Bytes(range) => {
                format!(" = {:?}", String::from_utf8_lossy(&frame[range]))
            }
            FieldValue::Unreadable => " unreadable".to_owned(),
        };
        let at = format!("{}..{}{bits}", field.range.start, field.range.end);
        writeln!(text, "{at:10} {:indent$}{}{value}", "", field.name).unwrap();
    }
    text
}

#[track_caller]
fn assert_tree(actual: &str, expected: &str) {
    let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
    let actual: Vec<&str> = actual.trim().lines().map(str::trim).collect();
    assert_eq!(actual, expected, "\n{}", actual.join("\n"));
}

#[test]
fn connect_shows_flags_will_and_properties() {
    let frame = frame(
        0x10,
        b"\0\x04MQTT\x05\xee\0\x0a\x05\x11\0\0\0\x0a\0\x01c\x05\x18\0\0\0\x05\0\x01w\0\x02by\0\x01u\0\x02pw",
    );
    assert_tree(
        &tree(&frame, ProtocolVersion::V5, Direction::ClientToServer),
        "
0..2       fixed header
0..1 &f0     packet type = CONNECT
0..1 &0f     flags = 0
1..2         remaining length = 39
2..8       protocol name = \"MQTT\"
8..9       protocol level = 5
9..10      connect flags
9..10 &80    user name flag = true
9..10 &40    password flag = true
9..10 &20    will retain = true
9..10 &18    will QoS = 1
9..10 &04    will flag = true
9..10 &02    clean start = true
9..10 &01    reserved = false
10..12     keep alive = 10
12..18     properties
12..13       property length = 5
13..18       session expiry interval
13..14         identifier = 17
14..18         value = 10
18..21     client identifier = \"c\"
21..34     will
21..27       will properties
21..22         property length = 5
22..27         will delay interval
22..23           identifier = 24
23..27           value = 5
27..30       will topic = \"w\"
30..34       will payload = \"by\"
34..37     user name = \"u\"
37..41     password = \"pw\"
",
    );
}

#[test]
fn publish_shows_user_properties_and_payload() {
    let frame = frame(0x3b, b"\0\x03a/b\0\x07\x07\x26\0\x01k\0\x01vhi");
    assert_tree(
        &tree(&frame, ProtocolVersion::V5, Direction::ServerToClient),
        "
0..2       fixed header
0..1 &f0     packet type = PUBLISH
0..1 &08     DUP = true
0..1 &06     QoS = 1
0..1 &01     RETAIN = true
1..2         remaining length = 17
2..7       topic name = \"a/b\"
7..9       packet identifier = 7
9..17      properties
9..10        property length = 7
10..17       user property
10..11         identifier = 38
11..14         name = \"k\"
14..17         value = \"v\"
17..19     payload = \"hi\"
",
    );
}

#[test]
fn subscribe_shows_each_filter_with_its_option_bits() {
    let frame = frame(0x82, b"\0\x01\x02\x0b\x07\0\x01#\x2e");
    assert_tree(
        &tree(&frame, ProtocolVersion::V5, Direction::ClientToServer),
        "
0..2       fixed header
0..1 &f0     packet type = SUBSCRIBE
0..1 &0f     flags = 2
1..2         remaining length = 9
2..4       packet identifier = 1
4..7       properties
4..5         property length = 2
5..7         subscription identifier
5..6           identifier = 11
6..7           value = 7
7..11      subscription
7..10        topic filter = \"#\"
10..11       subscription options
10..11 &c0     reserved = 0
10..11 &30     retain handling = 2
10..11 &08     retain as published = true
10..11 &04     no local = true
10..11 &03     maximum QoS = 2
",
    );
}

#[test]
fn what_cannot_be_read_is_a_field_too() {
    let frame = frame(0x20, b"\0\x87\x04\x7fxyz?!");
    assert_tree(
        &tree(&frame, ProtocolVersion::V5, Direction::ServerToClient),
        "
0..2       fixed header
0..1 &f0     packet type = CONNACK
0..1 &0f     flags = 0
1..2         remaining length = 9
2..3       acknowledge flags
2..3 &fe     reserved = 0
2..3 &01     session present = false
3..4       reason code = not authorized (0x87)
4..9       properties
4..5         property length = 4
5..9         unknown property unreadable
9..11      trailing bytes unreadable
",
    );
}
