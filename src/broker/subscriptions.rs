//! The subscriptions of one client.

use crate::mqtt::{QoS, SubscriptionOptions, TopicFilter};

/// Filters one client may have: each message is compared with all of them.
const MOST: usize = 10_000;

#[derive(Debug)]
struct Entry {
    filter: TopicFilter,
    options: SubscriptionOptions,
    identifier: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Subscriptions(Vec<Entry>);

/// All subscriptions of a client that match a topic, as the one copy it gets (MQTT-3.3.4-2).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The highest granted.
    pub(super) qos: QoS,
    pub(super) retain_as_published: bool,
    pub(super) identifiers: Vec<u32>,
}

/// What a new subscription found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    New,
    Replaced,
    Full,
}

impl Subscriptions {
    /// A filter that exists gets the new options (MQTT-3.8.4-3).
    pub(super) fn insert(
        &mut self,
        filter: TopicFilter,
        options: SubscriptionOptions,
        identifier: Option<u32>,
    ) -> Inserted {
        let entry = Entry {
            filter,
            options,
            identifier,
        };
        if let Some(known) = self.0.iter_mut().find(|known| known.filter == entry.filter) {
            *known = entry;
            return Inserted::Replaced;
        }
        if self.0.len() >= MOST {
            return Inserted::Full;
        }
        self.0.push(entry);
        Inserted::New
    }

    /// Whether there was one.
    pub(super) fn remove(&mut self, filter: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|entry| entry.filter.as_str() != filter);
        self.0.len() < before
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// `is_own`: the client published it itself, No Local applies (MQTT-3.8.3-3).
    pub(super) fn matching(&self, topic: &str, is_own: bool) -> Option<Match> {
        let mut found: Option<Match> = None;
        for entry in &self.0 {
            if (is_own && entry.options.no_local) || !entry.filter.matches(topic) {
                continue;
            }
            let found = found.get_or_insert(Match {
                qos: QoS::AtMostOnce,
                retain_as_published: false,
                identifiers: Vec::new(),
            });
            found.qos = found.qos.max(entry.options.qos);
            found.retain_as_published |= entry.options.retain_as_published;
            found.identifiers.extend(entry.identifier);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(text: &str) -> TopicFilter {
        TopicFilter::new(text).unwrap()
    }

    fn options(qos: QoS, no_local: bool) -> SubscriptionOptions {
        SubscriptionOptions {
            qos,
            no_local,
            ..SubscriptionOptions::default()
        }
    }

    #[test]
    fn overlapping_subscriptions_make_one_copy_at_the_highest_qos_with_all_identifiers() {
        let mut all = Subscriptions::default();
        all.insert(filter("a/#"), options(QoS::AtMostOnce, false), Some(1));
        all.insert(filter("a/+"), options(QoS::ExactlyOnce, false), Some(2));
        all.insert(filter("b"), options(QoS::AtLeastOnce, false), Some(3));
        assert_eq!(
            all.matching("a/x", false),
            Some(Match {
                qos: QoS::ExactlyOnce,
                retain_as_published: false,
                identifiers: vec![1, 2],
            })
        );
        assert_eq!(all.matching("c", false), None);
    }

    #[test]
    fn no_local_hides_only_the_clients_own_messages_and_only_from_that_filter() {
        let mut all = Subscriptions::default();
        all.insert(filter("a"), options(QoS::ExactlyOnce, true), None);
        assert!(all.matching("a", true).is_none() && all.matching("a", false).is_some());
        all.insert(filter("#"), options(QoS::AtMostOnce, false), None);
        assert_eq!(all.matching("a", true).unwrap().qos, QoS::AtMostOnce);
    }

    #[test]
    fn subscribing_again_replaces_and_unsubscribing_says_whether_there_was_one() {
        let mut all = Subscriptions::default();
        assert_eq!(
            all.insert(filter("a"), options(QoS::AtMostOnce, false), None),
            Inserted::New
        );
        assert_eq!(
            all.insert(filter("a"), options(QoS::AtLeastOnce, false), None),
            Inserted::Replaced
        );
        assert_eq!(
            (all.len(), all.matching("a", false).unwrap().qos),
            (1, QoS::AtLeastOnce)
        );
        assert!(all.remove("a") && !all.remove("a"));
    }
}
