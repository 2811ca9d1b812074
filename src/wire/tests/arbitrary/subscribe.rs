//! Arbitrary SUBSCRIBE, UNSUBSCRIBE and their acknowledgements.

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    code,
    values::{filter, properties, qos},
};
use crate::{
    mqtt::{PropertyId, ProtocolVersion, ReasonCode, RetainHandling, SubscriptionOptions},
    wire::{Packet, Suback, Subscribe, SubscribeFilter, Unsubscribe},
};

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

pub(super) fn subscribe(version: ProtocolVersion) -> BoxedStrategy<Packet> {
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

pub(super) fn suback(version: ProtocolVersion) -> BoxedStrategy<Packet> {
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

pub(super) fn unsubscribe(version: ProtocolVersion) -> BoxedStrategy<Packet> {
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

pub(super) fn unsuback(version: ProtocolVersion) -> BoxedStrategy<Packet> {
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
