//! `rmqtt-codec` as oracle for 5: it reads what we write, and we read what it writes.
//!
//! Its packets hold a property the standard gives a default as that default, and it writes properties in its
//! own order: so packets are compared as its own.

use std::num::{NonZeroU16, NonZeroU32};

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use rmqtt_codec::{types, v5};
use tokio_util::codec::{Decoder, Encoder};

use super::{
    arbitrary::{config, sent_in},
    oracle_v3::qos,
};
use crate::{
    mqtt::{Properties, Property, PropertyId, ProtocolVersion, QoS, RetainHandling, SubscriptionOptions},
    wire::{
        Ack, Auth, Connack, Connect, ConnectWill, Disconnect, Packet, Publish, Subscribe, decode, encode,
    },
};

fn id(packet_id: u16) -> NonZeroU16 {
    NonZeroU16::new(packet_id).unwrap()
}

fn users(properties: &Properties) -> v5::UserProperties {
    properties
        .user_properties()
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

/// A property the accessors of [`Properties`] do not give.
fn bytes(properties: &Properties, id: PropertyId) -> Option<Bytes> {
    properties.0.iter().find_map(|property| match property {
        Property::AuthenticationMethod(text) | Property::ResponseInformation(text) if property.id() == id => {
            Some(text.clone().into())
        }
        Property::AuthenticationData(data) if property.id() == id => Some(data.clone().into()),
        Property::RequestProblemInformation(value) | Property::RequestResponseInformation(value)
            if property.id() == id =>
        {
            Some(Bytes::copy_from_slice(&[*value]))
        }
        _ => None,
    })
}

fn text<T: TryFrom<Bytes>>(properties: &Properties, id: PropertyId) -> Option<T> {
    T::try_from(bytes(properties, id)?).ok()
}

fn switch(properties: &Properties, id: PropertyId) -> Option<bool> {
    bytes(properties, id).map(|value| value[0] == 1)
}

fn will(will: &ConnectWill) -> v5::LastWill {
    let p = &will.properties;
    v5::LastWill {
        qos: qos(will.qos),
        retain: will.retain,
        topic: will.topic.clone().into(),
        message: will.payload.clone(),
        will_delay_interval_sec: p.will_delay_interval(),
        correlation_data: p.correlation_data().map(Bytes::copy_from_slice),
        message_expiry_interval: p.message_expiry_interval().and_then(NonZeroU32::new),
        content_type: p.content_type().map(Into::into),
        user_properties: users(p),
        is_utf8_payload: p.payload_format_indicator().map(|value| value == 1),
        response_topic: p.response_topic().map(Into::into),
    }
}

fn connect(connect: &Connect) -> v5::Packet {
    let p = &connect.properties;
    v5::Packet::Connect(Box::new(v5::Connect {
        clean_start: connect.clean_start,
        keep_alive: connect.keep_alive,
        session_expiry_interval_secs: p.session_expiry_interval().unwrap_or(0),
        auth_method: text(p, PropertyId::AuthenticationMethod),
        auth_data: bytes(p, PropertyId::AuthenticationData),
        request_problem_info: switch(p, PropertyId::RequestProblemInformation).unwrap_or(true),
        request_response_info: switch(p, PropertyId::RequestResponseInformation).unwrap_or(false),
        receive_max: p.receive_maximum().and_then(NonZeroU16::new),
        topic_alias_max: p.topic_alias_maximum().unwrap_or(0),
        user_properties: users(p),
        max_packet_size: p.maximum_packet_size().and_then(NonZeroU32::new),
        last_will: connect.will.as_ref().map(will),
        client_id: connect.client_id.clone().into(),
        username: connect.username.clone().map(Into::into),
        password: connect.password.clone(),
        cert: None,
    }))
}

fn connack(connack: &Connack) -> v5::Packet {
    let p = &connack.properties;
    let is_on = |value: Option<u8>| value.is_none_or(|value| value == 1);
    v5::Packet::ConnectAck(Box::new(v5::ConnectAck {
        session_present: connack.session_present,
        reason_code: connack.code.0.try_into().unwrap(),
        session_expiry_interval_secs: p.session_expiry_interval(),
        receive_max: id(p.receive_maximum().unwrap_or(u16::MAX)),
        max_qos: qos(p
            .maximum_qos()
            .and_then(QoS::from_bits)
            .unwrap_or(QoS::ExactlyOnce)),
        max_packet_size: p.maximum_packet_size(),
        assigned_client_id: p.assigned_client_identifier().map(Into::into),
        topic_alias_max: p.topic_alias_maximum().unwrap_or(0),
        retain_available: is_on(p.retain_available()),
        wildcard_subscription_available: is_on(p.wildcard_subscription_available()),
        subscription_identifiers_available: is_on(p.subscription_identifier_available()),
        shared_subscription_available: is_on(p.shared_subscription_available()),
        server_keepalive_sec: p.server_keep_alive(),
        response_info: text(p, PropertyId::ResponseInformation),
        server_reference: p.server_reference().map(Into::into),
        auth_method: text(p, PropertyId::AuthenticationMethod),
        auth_data: bytes(p, PropertyId::AuthenticationData),
        reason_string: p.reason_string().map(Into::into),
        user_properties: users(p),
    }))
}

fn publish(publish: &Publish) -> v5::Packet {
    let p = &publish.properties;
    v5::Packet::Publish(Box::new(types::Publish {
        dup: publish.dup,
        retain: publish.retain,
        qos: qos(publish.qos),
        topic: publish.topic.clone().into(),
        packet_id: publish.packet_id.map(id),
        payload: publish.payload.clone(),
        properties: Some(v5::PublishProperties {
            topic_alias: p.topic_alias().map(id),
            correlation_data: p.correlation_data().map(Bytes::copy_from_slice),
            message_expiry_interval: p.message_expiry_interval().and_then(NonZeroU32::new),
            content_type: p.content_type().map(Into::into),
            user_properties: users(p),
            is_utf8_payload: p.payload_format_indicator() == Some(1),
            response_topic: p.response_topic().map(Into::into),
            subscription_ids: p.subscription_identifiers().filter_map(NonZeroU32::new).collect(),
        }),
    }))
}

fn received(ack: &Ack) -> v5::PublishAck {
    v5::PublishAck {
        packet_id: id(ack.packet_id),
        reason_code: ack.reason.0.try_into().unwrap(),
        properties: users(&ack.properties),
        reason_string: ack.properties.reason_string().map(Into::into),
    }
}

fn released(ack: &Ack) -> v5::PublishAck2 {
    v5::PublishAck2 {
        packet_id: id(ack.packet_id),
        reason_code: ack.reason.0.try_into().unwrap(),
        properties: users(&ack.properties),
        reason_string: ack.properties.reason_string().map(Into::into),
    }
}

fn options(options: SubscriptionOptions) -> v5::SubscriptionOptions {
    v5::SubscriptionOptions {
        qos: qos(options.qos),
        no_local: options.no_local,
        retain_as_published: options.retain_as_published,
        retain_handling: match options.retain_handling {
            RetainHandling::Send => v5::RetainHandling::AtSubscribe,
            RetainHandling::SendIfNew => v5::RetainHandling::AtSubscribeNew,
            RetainHandling::DoNotSend => v5::RetainHandling::NoAtSubscribe,
        },
    }
}

fn subscribe(subscribe: &Subscribe) -> v5::Packet {
    v5::Packet::Subscribe(v5::Subscribe {
        packet_id: id(subscribe.packet_id),
        id: (subscribe.properties.subscription_identifiers().next()).and_then(NonZeroU32::new),
        user_properties: users(&subscribe.properties),
        topic_filters: (subscribe.filters.iter())
            .map(|filter| (filter.filter.clone().into(), options(filter.options)))
            .collect(),
    })
}

fn disconnect(Disconnect { reason, properties }: &Disconnect) -> v5::Packet {
    v5::Packet::Disconnect(v5::Disconnect {
        reason_code: reason.0.try_into().unwrap(),
        session_expiry_interval_secs: properties.session_expiry_interval(),
        server_reference: properties.server_reference().map(Into::into),
        reason_string: properties.reason_string().map(Into::into),
        user_properties: users(properties),
    })
}

fn auth(Auth { reason, properties }: &Auth) -> v5::Packet {
    v5::Packet::Auth(v5::Auth {
        reason_code: reason.0.try_into().unwrap(),
        auth_method: text(properties, PropertyId::AuthenticationMethod),
        auth_data: bytes(properties, PropertyId::AuthenticationData),
        reason_string: properties.reason_string().map(Into::into),
        user_properties: users(properties),
    })
}

/// Our packet as theirs.
fn theirs(packet: &Packet) -> v5::Packet {
    use v5::Packet as P;
    match packet {
        Packet::Connect(packet) => connect(packet),
        Packet::Connack(packet) => connack(packet),
        Packet::Publish(packet) => publish(packet),
        Packet::Puback(ack) => P::PublishAck(received(ack)),
        Packet::Pubrec(ack) => P::PublishReceived(received(ack)),
        Packet::Pubrel(ack) => P::PublishRelease(released(ack)),
        Packet::Pubcomp(ack) => P::PublishComplete(released(ack)),
        Packet::Subscribe(packet) => subscribe(packet),
        Packet::Suback(suback) => P::SubscribeAck(v5::SubscribeAck {
            packet_id: id(suback.packet_id),
            properties: users(&suback.properties),
            reason_string: suback.properties.reason_string().map(Into::into),
            status: (suback.codes.iter())
                .map(|code| code.0.try_into().unwrap())
                .collect(),
        }),
        Packet::Unsubscribe(unsubscribe) => P::Unsubscribe(v5::Unsubscribe {
            packet_id: id(unsubscribe.packet_id),
            user_properties: users(&unsubscribe.properties),
            topic_filters: unsubscribe
                .filters
                .iter()
                .map(|filter| filter.clone().into())
                .collect(),
        }),
        Packet::Unsuback(suback) => P::UnsubscribeAck(v5::UnsubscribeAck {
            packet_id: id(suback.packet_id),
            properties: users(&suback.properties),
            reason_string: suback.properties.reason_string().map(Into::into),
            status: (suback.codes.iter())
                .map(|code| code.0.try_into().unwrap())
                .collect(),
        }),
        Packet::Pingreq => P::PingRequest,
        Packet::Pingresp => P::PingResponse,
        Packet::Disconnect(packet) => disconnect(packet),
        Packet::Auth(packet) => auth(packet),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_read_what_the_other_writes((version, direction, packet) in sent_in(ProtocolVersion::V5)) {
        let expected = theirs(&packet);

        let mut ours = Vec::new();
        encode(&packet, version, &mut ours).unwrap();
        let read = v5::Codec::default().decode(&mut BytesMut::from(&ours[..])).unwrap().unwrap().0;
        prop_assert_eq!(&read, &expected);

        let mut written = BytesMut::new();
        v5::Codec::default().encode(expected.clone(), &mut written).unwrap();
        let decoded = decode(&written, version, direction);
        prop_assert_eq!(decoded.anomalies, vec![]);
        prop_assert_eq!(theirs(&decoded.packet.unwrap()), expected);
    }
}
