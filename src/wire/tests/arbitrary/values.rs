//! Arbitrary values that packets are made of: texts, topics, filters, properties.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::mqtt::{Properties, Property, PropertyId, ProtocolVersion, QoS};

pub(super) fn text() -> BoxedStrategy<String> {
    "[ -~äß€日😀]{0,12}".boxed()
}

pub(super) fn topic() -> BoxedStrategy<String> {
    "[a-zA-Z0-9/ $._é😀-]{1,20}".boxed()
}

pub(super) fn filter() -> BoxedStrategy<String> {
    prop_oneof![
        topic().prop_filter("a share name needs a filter", |topic| !topic
            .starts_with("$share/")),
        topic().prop_map(|topic| format!("a{topic}/#")),
        topic().prop_map(|topic| format!("+/{topic}")),
        topic().prop_map(|topic| format!("$share/g/{topic}")),
    ]
    .boxed()
}

pub(super) fn binary() -> BoxedStrategy<Vec<u8>> {
    vec(any::<u8>(), 0..20).boxed()
}

pub(super) fn qos() -> BoxedStrategy<QoS> {
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
pub(super) fn properties(version: ProtocolVersion, ids: &[PropertyId]) -> BoxedStrategy<Properties> {
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

pub(super) const MESSAGE: [PropertyId; 5] = [
    PropertyId::PayloadFormatIndicator,
    PropertyId::MessageExpiryInterval,
    PropertyId::ContentType,
    PropertyId::ResponseTopic,
    PropertyId::CorrelationData,
];
