//! Arbitrary packets that keep every rule of their version.

mod subscribe;
mod values;

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};

use self::{
    subscribe::{suback, subscribe, unsuback, unsubscribe},
    values::{MESSAGE, binary, properties, qos, text, topic},
};
use crate::{
    mqtt::{Property, PropertyId, ProtocolVersion, QoS, ReasonCode},
    wire::{Ack, Auth, Connack, Connect, ConnectWill, Direction, Disconnect, Packet, Publish},
};

pub(super) const VERSIONS: [ProtocolVersion; 3] =
    [ProtocolVersion::V31, ProtocolVersion::V311, ProtocolVersion::V5];

/// Cases enough for every packet type in every version; a failure prints its input, no file is kept.
pub(super) fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(512)
    }
}

/// A packet with the version and the direction in which it is right.
pub(super) type Sent = (ProtocolVersion, Direction, Packet);

pub(super) fn sent() -> BoxedStrategy<Sent> {
    select(VERSIONS.as_slice()).prop_flat_map(sent_in).boxed()
}

pub(super) fn sent_in(version: ProtocolVersion) -> BoxedStrategy<Sent> {
    prop_oneof![
        3 => from_client(version).prop_map(move |packet| (version, Direction::ClientToServer, packet)),
        2 => from_server(version).prop_map(move |packet| (version, Direction::ServerToClient, packet)),
    ]
    .boxed()
}

fn from_client(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    prop_oneof![
        3 => connect(version),
        1 => subscribe(version),
        1 => unsubscribe(version),
        1 => Just(Packet::Pingreq),
        1 => disconnect(version, &[0x00, 0x04, 0x80, 0x81, 0x82, 0x93, 0x98]),
        4 => both_ways(version, Direction::ClientToServer),
    ]
    .boxed()
}

fn from_server(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    let disconnect = if version == ProtocolVersion::V5 {
        disconnect(version, &[0x80, 0x81, 0x87, 0x8B, 0x8E, 0x9D, 0xA2])
    } else {
        Just(Packet::Pingresp).boxed()
    };
    prop_oneof![
        2 => connack(version),
        1 => suback(version),
        1 => unsuback(version),
        1 => Just(Packet::Pingresp),
        1 => disconnect,
        4 => both_ways(version, Direction::ServerToClient),
    ]
    .boxed()
}

fn both_ways(version: ProtocolVersion, direction: Direction) -> BoxedStrategy<Packet> {
    let auth = if version == ProtocolVersion::V5 {
        auth(direction)
    } else {
        publish(version, direction)
    };
    let received = &[0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
    let released = &[0x00, 0x92];
    prop_oneof![
        6 => publish(version, direction),
        1 => ack(version, received).prop_map(Packet::Puback),
        1 => ack(version, received).prop_map(Packet::Pubrec),
        1 => ack(version, released).prop_map(Packet::Pubrel),
        1 => ack(version, released).prop_map(Packet::Pubcomp),
        1 => auth,
    ]
    .boxed()
}

fn connect(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    use PropertyId as Id;
    let ids = [
        Id::SessionExpiryInterval,
        Id::AuthenticationMethod,
        Id::AuthenticationData,
        Id::RequestProblemInformation,
        Id::RequestResponseInformation,
        Id::ReceiveMaximum,
        Id::TopicAliasMaximum,
        Id::MaximumPacketSize,
    ];
    (
        any::<bool>(),
        any::<u16>(),
        "[a-z0-9]{0,23}",
        option::of(will(version)),
        option::of(text()),
        option::of(binary()),
        properties(version, &ids),
    )
        .prop_map(
            move |(clean_start, keep_alive, client_id, will, username, password, properties)| {
                let client_id = if client_id.is_empty() && (version == ProtocolVersion::V31 || !clean_start) {
                    "c".to_owned()
                } else {
                    client_id
                };
                let may_have_password = username.is_some() || version == ProtocolVersion::V5;
                Packet::Connect(Box::new(Connect {
                    version,
                    clean_start,
                    keep_alive,
                    client_id,
                    will,
                    username,
                    password: password.filter(|_| may_have_password).map(Bytes::from),
                    properties,
                }))
            },
        )
        .boxed()
}

fn will(version: ProtocolVersion) -> BoxedStrategy<ConnectWill> {
    let mut ids = MESSAGE.to_vec();
    ids.push(PropertyId::WillDelayInterval);
    (topic(), binary(), qos(), any::<bool>(), properties(version, &ids))
        .prop_map(|(topic, payload, qos, retain, properties)| ConnectWill {
            topic,
            payload: payload.into(),
            qos,
            retain,
            properties,
        })
        .boxed()
}

fn connack(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    use PropertyId as Id;
    let ids = [
        Id::SessionExpiryInterval,
        Id::AssignedClientIdentifier,
        Id::ServerKeepAlive,
        Id::AuthenticationMethod,
        Id::AuthenticationData,
        Id::ResponseInformation,
        Id::ServerReference,
        Id::ReasonString,
        Id::ReceiveMaximum,
        Id::TopicAliasMaximum,
        Id::MaximumQoS,
        Id::RetainAvailable,
        Id::MaximumPacketSize,
        Id::WildcardSubscriptionAvailable,
        Id::SubscriptionIdentifierAvailable,
        Id::SharedSubscriptionAvailable,
    ];
    let codes: &[u8] = if version == ProtocolVersion::V5 {
        &[
            0x00, 0x80, 0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99, 0x9B, 0x9D, 0x9F,
        ]
    } else {
        &[0, 1, 2, 3, 4, 5]
    };
    (any::<bool>(), select(codes.to_vec()), properties(version, &ids))
        .prop_map(|(session_present, code, properties)| {
            Packet::Connack(Connack {
                session_present: session_present && code == 0,
                code: ReasonCode(code),
                properties,
            })
        })
        .boxed()
}

fn publish(version: ProtocolVersion, direction: Direction) -> BoxedStrategy<Packet> {
    let mut ids = MESSAGE.to_vec();
    ids.push(PropertyId::TopicAlias);
    if direction == Direction::ServerToClient {
        ids.extend([PropertyId::SubscriptionIdentifier; 3]);
    }
    (
        any::<bool>(),
        qos(),
        any::<bool>(),
        topic(),
        any::<bool>(),
        1..=u16::MAX,
        properties(version, &ids),
        vec(any::<u8>(), 0..300),
    )
        .prop_map(
            |(dup, qos, retain, topic, is_nameless, packet_id, properties, payload)| {
                let has_alias = properties.topic_alias().is_some();
                let is_text = properties.payload_format_indicator() == Some(1);
                let payload = if is_text { "äß€😀".into() } else { payload };
                Packet::Publish(Publish {
                    dup: dup && qos != QoS::AtMostOnce,
                    qos,
                    retain,
                    topic: if is_nameless && has_alias {
                        String::new()
                    } else {
                        topic
                    },
                    packet_id: (qos != QoS::AtMostOnce).then_some(packet_id),
                    properties,
                    payload: payload.into(),
                })
            },
        )
        .boxed()
}

fn code(version: ProtocolVersion, codes: &[u8]) -> BoxedStrategy<ReasonCode> {
    if version == ProtocolVersion::V5 {
        select(codes.to_vec()).prop_map(ReasonCode).boxed()
    } else {
        Just(ReasonCode::SUCCESS).boxed()
    }
}

fn ack(version: ProtocolVersion, codes: &[u8]) -> BoxedStrategy<Ack> {
    let properties = properties(version, &[PropertyId::ReasonString]);
    (1..=u16::MAX, code(version, codes), properties)
        .prop_map(|(packet_id, reason, properties)| Ack {
            packet_id,
            reason,
            properties,
        })
        .boxed()
}

fn disconnect(version: ProtocolVersion, codes: &[u8]) -> BoxedStrategy<Packet> {
    use PropertyId as Id;
    // A server sends no session expiry interval; only clients send 0x04.
    let ids: &[Id] = if codes.contains(&0x04) {
        &[Id::SessionExpiryInterval, Id::ReasonString]
    } else {
        &[Id::ServerReference, Id::ReasonString]
    };
    (code(version, codes), properties(version, ids))
        .prop_map(|(reason, properties)| Packet::Disconnect(Disconnect { reason, properties }))
        .boxed()
}

fn auth(direction: Direction) -> BoxedStrategy<Packet> {
    let codes: &[u8] = match direction {
        Direction::ClientToServer => &[0x18, 0x19],
        Direction::ServerToClient => &[0x00, 0x18],
    };
    let ids = [PropertyId::AuthenticationData, PropertyId::ReasonString];
    (
        select(codes.to_vec()),
        text(),
        properties(ProtocolVersion::V5, &ids),
    )
        .prop_map(|(code, method, mut properties)| {
            properties.0.insert(0, Property::AuthenticationMethod(method));
            Packet::Auth(Auth {
                reason: ReasonCode(code),
                properties,
            })
        })
        .boxed()
}
