//! The standard's tables, written down once more: which property (2-4) and which reason code (2-6) may stand where.

use super::invalid::frame;
use crate::{
    mqtt::{PropertyId, PropertyType, ProtocolVersion},
    wire::{Direction, decode},
};

use Direction::{ClientToServer as Up, ServerToClient as Down};

/// Where properties stand: a word, the direction, the first byte, what precedes and what follows the list.
type Place = (&'static str, Direction, u8, &'static [u8], &'static [u8]);

const PLACES: &[Place] = &[
    ("CONNECT", Up, 0x10, b"\0\x04MQTT\x05\x02\0\0", b"\0\x01c"),
    (
        "Will",
        Up,
        0x10,
        b"\0\x04MQTT\x05\x06\0\0\0\0\x01c",
        b"\0\x01w\0\0",
    ),
    ("CONNACK", Down, 0x20, b"\0\0", b""),
    ("PUBLISH", Down, 0x30, b"\0\x01a", b""),
    ("PUBACK", Down, 0x40, b"\0\x01\0", b""),
    ("PUBREC", Down, 0x50, b"\0\x01\0", b""),
    ("PUBREL", Down, 0x62, b"\0\x01\0", b""),
    ("PUBCOMP", Down, 0x70, b"\0\x01\0", b""),
    ("SUBSCRIBE", Up, 0x82, b"\0\x01", b"\0\x01a\0"),
    ("SUBACK", Down, 0x90, b"\0\x01", b"\0"),
    ("UNSUBSCRIBE", Up, 0xa2, b"\0\x01", b"\0\x01a"),
    ("UNSUBACK", Down, 0xb0, b"\0\x01", b"\0"),
    ("DISCONNECT", Up, 0xe0, b"\0", b""),
    ("AUTH", Up, 0xf0, b"\x18", b""),
];

const REASON_STRING: &str = "CONNACK PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH";

/// MQTT 5 table 2-4.
fn places(id: PropertyId) -> &'static str {
    use PropertyId as Id;
    match id {
        Id::PayloadFormatIndicator
        | Id::MessageExpiryInterval
        | Id::ContentType
        | Id::ResponseTopic
        | Id::CorrelationData => "PUBLISH Will",
        Id::SubscriptionIdentifier => "PUBLISH SUBSCRIBE",
        Id::SessionExpiryInterval => "CONNECT CONNACK DISCONNECT",
        Id::AssignedClientIdentifier => "CONNACK",
        Id::ServerKeepAlive => "CONNACK",
        Id::AuthenticationMethod => "CONNECT CONNACK AUTH",
        Id::AuthenticationData => "CONNECT CONNACK AUTH",
        Id::RequestProblemInformation => "CONNECT",
        Id::WillDelayInterval => "Will",
        Id::RequestResponseInformation => "CONNECT",
        Id::ResponseInformation => "CONNACK",
        Id::ServerReference => "CONNACK DISCONNECT",
        Id::ReasonString => REASON_STRING,
        Id::ReceiveMaximum => "CONNECT CONNACK",
        Id::TopicAliasMaximum => "CONNECT CONNACK",
        Id::TopicAlias => "PUBLISH",
        Id::MaximumQoS => "CONNACK",
        Id::RetainAvailable => "CONNACK",
        Id::UserProperty => {
            "CONNECT Will CONNACK PUBLISH PUBACK PUBREC PUBREL PUBCOMP SUBSCRIBE SUBACK UNSUBSCRIBE UNSUBACK \
             DISCONNECT AUTH"
        }
        Id::MaximumPacketSize => "CONNECT CONNACK",
        Id::WildcardSubscriptionAvailable => "CONNACK",
        Id::SubscriptionIdentifierAvailable => "CONNACK",
        Id::SharedSubscriptionAvailable => "CONNACK",
    }
}

fn value(id: PropertyId) -> &'static [u8] {
    match id.value_type() {
        PropertyType::Byte | PropertyType::VariableByteInteger => b"\x01",
        PropertyType::TwoByteInteger => b"\0\x01",
        PropertyType::FourByteInteger => b"\0\0\0\x01",
        PropertyType::Utf8String | PropertyType::BinaryData => b"\0\x01x",
        PropertyType::Utf8StringPair => b"\0\x01k\0\x01v",
    }
}

fn complaints(direction: Direction, frame: &[u8], words: &str) -> usize {
    let anomalies = decode(frame, ProtocolVersion::V5, direction).anomalies;
    anomalies
        .iter()
        .filter(|anomaly| anomaly.is_violation && anomaly.what.contains(words))
        .count()
}

#[test]
fn each_property_is_allowed_where_the_standard_says_and_nowhere_else() {
    for &id in PropertyId::ALL {
        for &(place, direction, first_byte, before, after) in PLACES {
            let mut body = before.to_vec();
            body.push(1 + value(id).len() as u8);
            body.push(id as u8);
            body.extend_from_slice(value(id));
            body.extend_from_slice(after);
            let refused = complaints(
                direction,
                &frame(first_byte, &body),
                "must not carry the property",
            );
            let is_allowed = places(id).split_whitespace().any(|word| word == place);
            assert_eq!(refused == 0, is_allowed, "{id} in {place}");
        }
    }
}

#[test]
fn each_property_but_user_property_stands_once() {
    for &id in PropertyId::ALL {
        for &(place, direction, first_byte, before, after) in PLACES {
            let mut body = before.to_vec();
            body.push(2 + 2 * value(id).len() as u8);
            for _ in 0..2 {
                body.push(id as u8);
                body.extend_from_slice(value(id));
            }
            body.extend_from_slice(after);
            let refused = complaints(direction, &frame(first_byte, &body), "twice");
            let may_repeat = id == PropertyId::UserProperty
                || (id == PropertyId::SubscriptionIdentifier && place == "PUBLISH");
            assert_eq!(refused == 0, may_repeat, "{id} in {place}");
        }
    }
}

/// MQTT 5 table 2-6: from code to code, in these packets.
const CODES: &[(u8, u8, &str)] = &[
    (
        0x00,
        0x00,
        "CONNACK PUBACK PUBREC PUBREL PUBCOMP SUBACK UNSUBACK DISCONNECT AUTH",
    ),
    (0x01, 0x02, "SUBACK"),
    (0x04, 0x04, "DISCONNECT"),
    (0x10, 0x10, "PUBACK PUBREC"),
    (0x11, 0x11, "UNSUBACK"),
    (0x18, 0x19, "AUTH"),
    (0x80, 0x80, "CONNACK PUBACK PUBREC SUBACK UNSUBACK DISCONNECT"),
    (0x81, 0x82, "CONNACK DISCONNECT"),
    (0x83, 0x83, "CONNACK PUBACK PUBREC SUBACK UNSUBACK DISCONNECT"),
    (0x84, 0x86, "CONNACK"),
    (0x87, 0x87, "CONNACK PUBACK PUBREC SUBACK UNSUBACK DISCONNECT"),
    (0x88, 0x88, "CONNACK"),
    (0x89, 0x89, "CONNACK DISCONNECT"),
    (0x8A, 0x8A, "CONNACK"),
    (0x8B, 0x8B, "DISCONNECT"),
    (0x8C, 0x8C, "CONNACK DISCONNECT"),
    (0x8D, 0x8E, "DISCONNECT"),
    (0x8F, 0x8F, "SUBACK UNSUBACK DISCONNECT"),
    (0x90, 0x90, "CONNACK PUBACK PUBREC DISCONNECT"),
    (0x91, 0x91, "PUBACK PUBREC SUBACK UNSUBACK"),
    (0x92, 0x92, "PUBREL PUBCOMP"),
    (0x93, 0x94, "DISCONNECT"),
    (0x95, 0x95, "CONNACK DISCONNECT"),
    (0x96, 0x96, "DISCONNECT"),
    (0x97, 0x97, "CONNACK PUBACK PUBREC SUBACK DISCONNECT"),
    (0x98, 0x98, "DISCONNECT"),
    (0x99, 0x99, "CONNACK PUBACK PUBREC DISCONNECT"),
    (0x9A, 0x9D, "CONNACK DISCONNECT"),
    (0x9E, 0x9E, "SUBACK DISCONNECT"),
    (0x9F, 0x9F, "CONNACK DISCONNECT"),
    (0xA0, 0xA0, "DISCONNECT"),
    (0xA1, 0xA2, "SUBACK DISCONNECT"),
];

/// Where reason codes stand: a word, the first byte, what precedes and what follows the code.
const ACKNOWLEDGEMENTS: &[(&str, u8, &[u8], &[u8])] = &[
    ("CONNACK", 0x20, b"\0", b"\0"),
    ("PUBACK", 0x40, b"\0\x01", b""),
    ("PUBREC", 0x50, b"\0\x01", b""),
    ("PUBREL", 0x62, b"\0\x01", b""),
    ("PUBCOMP", 0x70, b"\0\x01", b""),
    ("SUBACK", 0x90, b"\0\x01\0", b""),
    ("UNSUBACK", 0xb0, b"\0\x01\0", b""),
    ("DISCONNECT", 0xe0, b"", b"\0"),
    ("AUTH", 0xf0, b"", b"\x04\x15\0\x01m"),
];

#[test]
fn each_reason_code_is_allowed_where_the_standard_says_and_nowhere_else() {
    for code in 0..=u8::MAX {
        for &(packet, first_byte, before, after) in ACKNOWLEDGEMENTS {
            let frame = frame(first_byte, &[before, &[code], after].concat());
            let is_allowed = CODES.iter().any(|(first, last, packets)| {
                (first..=last).contains(&&code) && packets.split_whitespace().any(|word| word == packet)
            });
            let refused = complaints(Down, &frame, "must not carry");
            assert_eq!(refused == 0, is_allowed, "0x{code:02X} in {packet}");
        }
    }
}
