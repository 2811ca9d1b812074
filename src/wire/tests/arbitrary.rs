//! Arbitrary packets that keep every rule of their version.

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    mqtt::{
        Properties, Property, PropertyId, ProtocolVersion, QoS, ReasonCode, RetainHandling,
        SubscriptionOptions,
    },
    wire::{
        Ack, Auth, Connack, Connect, ConnectWill, Direction, Disconnect, Packet, Publish, Suback, Subscribe,
        SubscribeFilter, Unsubscribe,
    },
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

fn text() -> BoxedStrategy<String> {
    "[ -~äß€日😀]{0,12}".boxed()
}

fn topic() -> BoxedStrategy<String> {
    "[a-zA-Z0-9/ $._é😀-]{1,20}".boxed()
}

fn filter() -> BoxedStrategy<String> {
    prop_oneof![
        topic().prop_filter("a share name needs a filter", |topic| !topic
            .starts_with("$share/")),
        topic().prop_map(|topic| format!("a{topic}/#")),
        topic().prop_map(|topic| format!("+/{topic}")),
        topic().prop_map(|topic| format!("$share/g/{topic}")),
    ]
    .boxed()
}

fn binary() -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), 0..20).boxed()
}

fn qos() -> BoxedStrategy<QoS> {
    select(&[QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][..]).boxed()
}

fn property(id: PropertyId) -> BoxedStrategy<Property> {
    use Property as P;
    use PropertyId as Id;
    match id {
        Id::PayloadFormatIndicator => (0..=1u8).prop_map(P::PayloadFormatIndicator).boxed(),
        Id::MessageExpiryInterval => (1..=u32::MAX).prop_map(P::MessageExpiryInterval).boxed(),
        Id::ContentType => text().prop_map(P::ContentType).boxed(),
        Id::ResponseTopic => topic().prop_map(P::ResponseTopic).boxed(),
        Id::CorrelationData => binary().prop_map(P::CorrelationData).boxed(),
        Id::SubscriptionIdentifier => (1..=268_435_455u32).prop_map(P::SubscriptionIdentifier).boxed(),
        Id::SessionExpiryInterval => any::<u32>().prop_map(P::SessionExpiryInterval).boxed(),
        Id::AssignedClientIdentifier => text().prop_map(P::AssignedClientIdentifier).boxed(),
        Id::ServerKeepAlive => any::<u16>().prop_map(P::ServerKeepAlive).boxed(),
        Id::AuthenticationMethod => text().prop_map(P::AuthenticationMethod).boxed(),
        Id::AuthenticationData => binary().prop_map(P::AuthenticationData).boxed(),
        Id::RequestProblemInformation => (0..=1u8).prop_map(P::RequestProblemInformation).boxed(),
        Id::WillDelayInterval => any::<u32>().prop_map(P::WillDelayInterval).boxed(),
        Id::RequestResponseInformation => (0..=1u8).prop_map(P::RequestResponseInformation).boxed(),
        Id::ResponseInformation => text().prop_map(P::ResponseInformation).boxed(),
        Id::ServerReference => text().prop_map(P::ServerReference).boxed(),
        Id::ReasonString => text().prop_map(P::ReasonString).boxed(),
        Id::ReceiveMaximum => (1..=u16::MAX).prop_map(P::ReceiveMaximum).boxed(),
        Id::TopicAliasMaximum => any::<u16>().prop_map(P::TopicAliasMaximum).boxed(),
        Id::TopicAlias => (1..=u16::MAX).prop_map(P::TopicAlias).boxed(),
        Id::MaximumQoS => (0..=1u8).prop_map(P::MaximumQoS).boxed(),
        Id::RetainAvailable => (0..=1u8).prop_map(P::RetainAvailable).boxed(),
        Id::UserProperty => (text(), text()).prop_map(P::UserProperty).boxed(),
        Id::MaximumPacketSize => (1..=u32::MAX).prop_map(P::MaximumPacketSize).boxed(),
        Id::WildcardSubscriptionAvailable => (0..=1u8).prop_map(P::WildcardSubscriptionAvailable).boxed(),
        Id::SubscriptionIdentifierAvailable => (0..=1u8).prop_map(P::SubscriptionIdentifierAvailable).boxed(),
        Id::SharedSubscriptionAvailable => (0..=1u8).prop_map(P::SharedSubscriptionAvailable).boxed(),
    }
}

/// Some of the `ids` in any order, user properties among them twice at most; none before 5.
fn properties(version: ProtocolVersion, ids: &[PropertyId]) -> BoxedStrategy<Properties> {
    if version != ProtocolVersion::V5 {
        return Just(Properties::NONE).boxed();
    }
    let mut ids = ids.to_vec();
    ids.extend([PropertyId::UserProperty; 2]);
    let count = ids.len();
    proptest::sample::subsequence(ids, 0..=count)
        .prop_shuffle()
        .prop_flat_map(|ids| ids.into_iter().map(property).collect::<Vec<_>>())
        .prop_map(|mut list| {
            let has_method = list.iter().any(|p| p.id() == PropertyId::AuthenticationMethod);
            list.retain(|p| has_method || p.id() != PropertyId::AuthenticationData);
            Properties(list)
        })
        .boxed()
}

const MESSAGE: [PropertyId; 5] = [
    PropertyId::PayloadFormatIndicator,
    PropertyId::MessageExpiryInterval,
    PropertyId::ContentType,
    PropertyId::ResponseTopic,
    PropertyId::CorrelationData,
];

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

fn options(version: ProtocolVersion) -> BoxedStrategy<SubscriptionOptions> {
    if version != ProtocolVersion::V5 {
        return qos()
            .prop_map(|qos| SubscriptionOptions {
                qos,
                ..SubscriptionOptions::default()
            })
            .boxed();
    }
    let handling = [
        RetainHandling::Send,
        RetainHandling::SendIfNew,
        RetainHandling::DoNotSend,
    ];
    (qos(), any::<bool>(), any::<bool>(), select(handling.to_vec()))
        .prop_map(
            |(qos, no_local, retain_as_published, retain_handling)| SubscriptionOptions {
                qos,
                no_local,
                retain_as_published,
                retain_handling,
            },
        )
        .boxed()
}

fn subscribe(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    let filter = (filter(), options(version)).prop_map(|(filter, mut options)| {
        options.no_local &= !filter.starts_with("$share/");
        SubscribeFilter { filter, options }
    });
    let properties = properties(version, &[PropertyId::SubscriptionIdentifier]);
    (1..=u16::MAX, vec(filter, 1..5), properties)
        .prop_map(|(packet_id, filters, properties)| {
            Packet::Subscribe(Subscribe {
                packet_id,
                filters,
                properties,
            })
        })
        .boxed()
}

fn suback(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    let codes: &[u8] = if version == ProtocolVersion::V5 {
        &[0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2]
    } else {
        &[0, 1, 2, 0x80]
    };
    let codes = vec(select(codes.to_vec()).prop_map(ReasonCode), 1..5);
    (
        1..=u16::MAX,
        codes,
        properties(version, &[PropertyId::ReasonString]),
    )
        .prop_map(|(packet_id, codes, properties)| {
            Packet::Suback(Suback {
                packet_id,
                codes,
                properties,
            })
        })
        .boxed()
}

fn unsubscribe(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    (1..=u16::MAX, vec(filter(), 1..5), properties(version, &[]))
        .prop_map(|(packet_id, filters, properties)| {
            Packet::Unsubscribe(Unsubscribe {
                packet_id,
                filters,
                properties,
            })
        })
        .boxed()
}

fn unsuback(version: ProtocolVersion) -> BoxedStrategy<Packet> {
    let codes = code(version, &[0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91]);
    let has_codes = version == ProtocolVersion::V5;
    (
        1..=u16::MAX,
        vec(codes, 1..5),
        properties(version, &[PropertyId::ReasonString]),
    )
        .prop_map(move |(packet_id, codes, properties)| {
            Packet::Unsuback(Suback {
                packet_id,
                codes: if has_codes { codes } else { Vec::new() },
                properties,
            })
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
