//! The last retained message of each topic.

use std::{collections::BTreeMap, ops::Bound, sync::Arc};

use tokio::time::Instant;

use super::delivery::Parcel;
use crate::mqtt::TopicFilter;

/// Bytes of topics and payloads that are kept; what would not fit is delivered but not kept.
const BUDGET: usize = 512 << 20;

#[derive(Debug, Default)]
pub(super) struct Retained {
    messages: BTreeMap<Box<str>, Arc<Parcel>>,
    bytes: usize,
}

impl Retained {
    /// Keeps `parcel` as its topic's value, or clears that value if the payload is empty (MQTT-3.3.1-6).
    /// `false`: there is no room for it, the old value stays.
    pub(super) fn keep(&mut self, parcel: &Arc<Parcel>) -> bool {
        let topic = parcel.message.topic.as_str();
        let freed = self.messages.get(topic).map_or(0, |old| old.size());
        if parcel.message.payload.is_empty() {
            self.messages.remove(topic);
            self.bytes -= freed;
            return true;
        }
        let bytes = self.bytes - freed + parcel.size();
        if bytes > BUDGET {
            return false;
        }
        self.bytes = bytes;
        self.messages.insert(topic.into(), parcel.clone());
        true
    }

    /// Messages kept.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Forgets what has outlived its message expiry interval.
    pub(super) fn expire(&mut self, now: Instant) {
        let bytes = &mut self.bytes;
        self.messages.retain(|_, parcel| {
            let is_kept = !parcel.is_expired(now);
            if !is_kept {
                *bytes -= parcel.size();
            }
            is_kept
        });
    }

    /// What a new subscription gets, by topic.
    pub(super) fn matching<'a>(
        &'a self,
        filter: &'a TopicFilter,
        now: Instant,
    ) -> impl Iterator<Item = &'a Arc<Parcel>> {
        let fixed = fixed_prefix(filter.levels());
        self.messages
            .range::<str, _>((Bound::Included(fixed), Bound::Unbounded))
            .take_while(move |(topic, _)| topic.starts_with(fixed))
            .filter(move |(topic, parcel)| filter.matches(topic) && !parcel.is_expired(now))
            .map(|(_, parcel)| parcel)
    }
}

/// What every matching topic begins with: `a/b` of `a/b/#` (which matches `a/b`), `a/` of `a/+`.
fn fixed_prefix(filter: &str) -> &str {
    let fixed = filter.find(['+', '#']).map_or(filter, |at| &filter[..at]);
    match filter.strip_suffix("/#") {
        Some(parent) if parent.len() < fixed.len() => parent,
        _ => fixed,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::mqtt::{Message, Properties, Property, QoS, TopicName};

    fn parcel(topic: &str, payload: &str, expiry: Option<u32>) -> Arc<Parcel> {
        let message = Message {
            topic: TopicName::new(topic).unwrap(),
            payload: payload.as_bytes().to_vec().into(),
            qos: QoS::AtMostOnce,
            retain: true,
            properties: expiry.map(Property::MessageExpiryInterval).into_iter().collect(),
        };
        Arc::new(Parcel::new(message, Instant::now()))
    }

    fn topics(kept: &Retained, filter: &str, now: Instant) -> Vec<String> {
        let filter = TopicFilter::new(filter).unwrap();
        kept.matching(&filter, now)
            .map(|parcel| parcel.message.topic.to_string())
            .collect()
    }

    #[test]
    fn a_subscription_gets_the_last_value_of_each_matching_topic() {
        let mut kept = Retained::default();
        for (topic, payload) in [
            ("a", "0"),
            ("a/b", "1"),
            ("a/b", "2"),
            ("a/c/d", "3"),
            ("ab", "4"),
            ("$x", "5"),
        ] {
            assert!(kept.keep(&parcel(topic, payload, None)));
        }
        let now = Instant::now();
        for (filter, expected) in [
            ("#", vec!["a", "a/b", "a/c/d", "ab"]),
            ("a/#", vec!["a", "a/b", "a/c/d"]),
            ("a/+", vec!["a/b"]),
            ("+/b", vec!["a/b"]),
            ("a/b", vec!["a/b"]),
            ("$x/#", vec!["$x"]),
            ("x", vec![]),
        ] {
            assert_eq!(topics(&kept, filter, now), expected, "{filter}");
        }
    }

    #[test]
    fn an_empty_payload_clears_and_the_bytes_are_given_back() {
        let mut kept = Retained::default();
        kept.keep(&parcel("a", "long value", None));
        kept.keep(&parcel("a", "", None));
        kept.keep(&parcel("never/there", "", None));
        assert_eq!((kept.len(), kept.bytes), (0, 0));
    }

    #[test]
    fn a_message_is_gone_when_its_expiry_interval_has_passed() {
        let mut kept = Retained::default();
        kept.keep(&parcel("short", "1", Some(1)));
        kept.keep(&parcel("long", "1", Some(100)));
        let later = Instant::now() + Duration::from_secs(2);
        assert_eq!(topics(&kept, "#", later), ["long"]);
        kept.expire(later);
        assert_eq!((kept.len(), kept.bytes), (1, "long1".len()));
    }

    #[test]
    fn the_forwarded_expiry_is_what_is_left_of_it() {
        let now = Instant::now();
        let parcel = parcel("a", "1", Some(100));
        let left = parcel
            .properties(now + Duration::from_secs(40))
            .message_expiry_interval();
        assert!(matches!(left, Some(60..=61)), "{left:?}");
        assert_eq!(parcel.message.properties, Properties::NONE);
    }
}
