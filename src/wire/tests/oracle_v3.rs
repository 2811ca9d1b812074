//! `rmqtt-codec` as oracle for 3.1 and 3.1.1: it reads what we write, and we read what it writes.

use std::num::NonZeroU16;

use bytes::BytesMut;
use proptest::{prelude::*, sample::select};
use rmqtt_codec::{types, v3};
use tokio_util::codec::{Decoder, Encoder};

use super::arbitrary::{config, sent_in};
use crate::{
    mqtt::{ProtocolVersion, QoS, ReasonCode},
    wire::{Connect, Packet, Publish, decode, encode},
};

fn id(packet_id: u16) -> NonZeroU16 {
    NonZeroU16::new(packet_id).unwrap()
}

pub(super) fn qos(qos: QoS) -> types::QoS {
    types::QoS::try_from(qos.as_u8()).unwrap()
}

fn connect(connect: &Connect) -> v3::Packet {
    let mut theirs = v3::Connect {
        protocol: types::Protocol(connect.version.level()),
        clean_session: connect.clean_start,
        keep_alive: connect.keep_alive,
        client_id: connect.client_id.clone().into(),
        username: connect.username.clone().map(Into::into),
        password: connect.password.clone(),
        ..v3::Connect::default()
    };
    theirs.last_will = connect.will.as_ref().map(|will| v3::LastWill {
        qos: qos(will.qos),
        retain: will.retain,
        topic: will.topic.clone().into(),
        message: will.payload.clone(),
    });
    v3::Packet::Connect(Box::new(theirs))
}

fn publish(publish: &Publish) -> v3::Packet {
    v3::Packet::Publish(Box::new(types::Publish {
        dup: publish.dup,
        retain: publish.retain,
        qos: qos(publish.qos),
        topic: publish.topic.clone().into(),
        packet_id: publish.packet_id.map(id),
        payload: publish.payload.clone(),
        properties: None,
    }))
}

fn status(code: ReasonCode) -> v3::SubscribeReturnCode {
    match types::QoS::try_from(code.0) {
        Ok(qos) => v3::SubscribeReturnCode::Success(qos),
        Err(_) => v3::SubscribeReturnCode::Failure,
    }
}

/// Our packet as theirs.
fn theirs(packet: &Packet) -> v3::Packet {
    use v3::Packet as P;
    match packet {
        Packet::Connect(packet) => connect(packet),
        Packet::Connack(connack) => P::ConnectAck(v3::ConnectAck {
            return_code: connack.code.0.try_into().unwrap(),
            session_present: connack.session_present,
        }),
        Packet::Publish(packet) => publish(packet),
        Packet::Puback(ack) => P::PublishAck {
            packet_id: id(ack.packet_id),
        },
        Packet::Pubrec(ack) => P::PublishReceived {
            packet_id: id(ack.packet_id),
        },
        Packet::Pubrel(ack) => P::PublishRelease {
            packet_id: id(ack.packet_id),
        },
        Packet::Pubcomp(ack) => P::PublishComplete {
            packet_id: id(ack.packet_id),
        },
        Packet::Subscribe(subscribe) => P::Subscribe {
            packet_id: id(subscribe.packet_id),
            topic_filters: (subscribe.filters.iter())
                .map(|filter| (filter.filter.clone().into(), qos(filter.options.qos)))
                .collect(),
        },
        Packet::Suback(suback) => P::SubscribeAck {
            packet_id: id(suback.packet_id),
            status: suback.codes.iter().map(|&code| status(code)).collect(),
        },
        Packet::Unsubscribe(unsubscribe) => P::Unsubscribe {
            packet_id: id(unsubscribe.packet_id),
            topic_filters: unsubscribe
                .filters
                .iter()
                .map(|filter| filter.clone().into())
                .collect(),
        },
        Packet::Unsuback(suback) => P::UnsubscribeAck {
            packet_id: id(suback.packet_id),
        },
        Packet::Pingreq => P::PingRequest,
        Packet::Pingresp => P::PingResponse,
        Packet::Disconnect(_) => P::Disconnect,
        Packet::Auth(_) => unreachable!("AUTH exists since 5"),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn both_read_what_the_other_writes(
        (version, direction, packet) in select(&[ProtocolVersion::V31, ProtocolVersion::V311][..]).prop_flat_map(sent_in)
    ) {
        let expected = theirs(&packet);
        let mut codec = v3::Codec::default();

        let mut ours = Vec::new();
        encode(&packet, version, &mut ours).unwrap();
        let read = codec.decode(&mut BytesMut::from(&ours[..])).unwrap().unwrap().0;
        prop_assert_eq!(&read, &expected);

        // Of 3.1 it writes the name with the level of 3.1.1.
        if version == ProtocolVersion::V31 && matches!(packet, Packet::Connect(_)) {
            return Ok(());
        }
        let mut written = BytesMut::new();
        codec.encode(expected, &mut written).unwrap();
        prop_assert_eq!(&written[..], &ours[..]);
        let decoded = decode(&written, version, direction);
        prop_assert_eq!(decoded.anomalies, vec![]);
        prop_assert_eq!(decoded.packet, Some(packet));
    }
}
