//! What the encoder refuses, and what it writes though a peer would refuse it.

use crate::{
    mqtt::{Properties, Property, ProtocolVersion, QoS},
    wire::{EncodeError, Packet, Publish, encode},
};

fn publish(topic: &str, payload: Vec<u8>) -> Publish {
    Publish {
        dup: false,
        qos: QoS::AtMostOnce,
        retain: false,
        topic: topic.to_owned(),
        packet_id: None,
        properties: Properties::NONE,
        payload: payload.into(),
    }
}

fn refusal(publish: Publish) -> EncodeError {
    let mut out = b"before".to_vec();
    let error = encode(&Packet::Publish(publish), ProtocolVersion::V5, &mut out).unwrap_err();
    assert_eq!(out, b"before");
    error
}

#[test]
fn what_no_packet_can_carry_is_refused_and_leaves_nothing_behind() {
    let long_topic = refusal(publish(&"a".repeat(65_536), Vec::new()));
    assert_eq!(
        long_topic.to_string(),
        "topic has 65536 bytes, a packet can carry 65,535"
    );
    assert_eq!(
        refusal(publish("a", vec![0; 268_435_456])),
        EncodeError::PacketTooLong(268_435_456)
    );
    let mut large_id = publish("a", Vec::new());
    large_id
        .properties
        .push(Property::SubscriptionIdentifier(268_435_456));
    assert_eq!(
        refusal(large_id),
        EncodeError::SubscriptionIdentifierTooLarge(268_435_456)
    );
}

#[test]
fn lengths_are_written_in_as_few_bytes_as_they_need() {
    for (payload, header) in [
        (124, &b"\x30\x7f"[..]),
        (125, b"\x30\x80\x01"),
        (16_380, b"\x30\xff\x7f"),
        (16_381, b"\x30\x80\x80\x01"),
        (2_097_149, b"\x30\x80\x80\x80\x01"),
    ] {
        let packet = Packet::Publish(publish("a", vec![b'x'; payload]));
        let mut out = Vec::new();
        encode(&packet, ProtocolVersion::V311, &mut out).unwrap();
        assert_eq!(&out[..header.len()], header, "{payload}");
        assert_eq!(&out[header.len()..][..3], b"\0\x01a");
        assert_eq!(out.len(), header.len() + 3 + payload);
    }
}

#[test]
fn properties_are_not_written_before_5() {
    let mut message = publish("a", b"x".to_vec());
    message.properties.push(Property::PayloadFormatIndicator(1));
    let mut out = Vec::new();
    encode(&Packet::Publish(message), ProtocolVersion::V311, &mut out).unwrap();
    assert_eq!(out, b"\x30\x04\0\x01ax");
}
