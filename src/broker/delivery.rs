//! A message on its way to subscribers, and as one of them gets it (MQTT 5 §3.3.2.3).

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::mqtt::{Message, Properties, Property, QoS, TopicFilter};

/// A message on its way to any number of subscribers.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) message: Message,
    /// When its message expiry interval has passed (MQTT 5 §3.3.2.3.3).
    pub(super) expires: Option<Instant>,
}

impl Parcel {
    /// Keeps the properties a server must forward unaltered (MQTT 5 §3.3.2.3).
    pub(super) fn new(mut message: Message, now: Instant) -> Self {
        let expires = message
            .properties
            .message_expiry_interval()
            .and_then(|seconds| now.checked_add(Duration::from_secs(seconds.into())));
        message.properties.0.retain(is_forwarded);
        Self { message, expires }
    }

    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }

    /// The properties for a delivery at `now`: expiry is what is left of it (MQTT-3.3.2-6).
    pub(super) fn properties(&self, now: Instant) -> Properties {
        let mut properties = self.message.properties.clone();
        if let Some(expires) = self.expires {
            let left = expires.saturating_duration_since(now).as_secs_f64().ceil();
            properties.push(Property::MessageExpiryInterval(left as u32));
        }
        properties
    }

    pub(super) fn size(&self) -> usize {
        self.message.topic.len() + self.message.payload.len()
    }
}

fn is_forwarded(property: &Property) -> bool {
    matches!(
        property,
        Property::PayloadFormatIndicator(_)
            | Property::ContentType(_)
            | Property::ResponseTopic(_)
            | Property::CorrelationData(_)
            | Property::UserProperty(_)
    )
}

/// A message as one subscriber gets it.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) parcel: Arc<Parcel>,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    pub(super) identifiers: Vec<u32>,
    /// The shared subscription it was chosen for: if this client never takes it, another member may.
    pub(super) share: Option<TopicFilter>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::mqtt::TopicName;

    pub(in super::super) fn delivery(topic: &str, qos: QoS) -> Delivery {
        expiring(topic, qos, None)
    }

    pub(in super::super) fn expiring(topic: &str, qos: QoS, seconds: Option<u32>) -> Delivery {
        let message = Message {
            topic: TopicName::new(topic).unwrap(),
            payload: topic.as_bytes().to_vec().into(),
            qos,
            retain: false,
            properties: seconds.map(Property::MessageExpiryInterval).into_iter().collect(),
        };
        Delivery {
            parcel: Arc::new(Parcel::new(message, Instant::now())),
            qos,
            retain: false,
            identifiers: Vec::new(),
            share: None,
        }
    }
}
