//! The subscriptions of one session, those it shares with others included.

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

impl Match {
    fn of(entry: &Entry) -> Self {
        Self {
            qos: entry.options.qos,
            retain_as_published: entry.options.retain_as_published,
            identifiers: entry.identifier.into_iter().collect(),
        }
    }

    fn add(&mut self, entry: &Entry) {
        self.qos = self.qos.max(entry.options.qos);
        self.retain_as_published |= entry.options.retain_as_published;
        self.identifiers.extend(entry.identifier);
    }
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

    /// The subscription that was there.
    pub(super) fn remove(&mut self, filter: &str) -> Option<TopicFilter> {
        let place = self.0.iter().position(|entry| entry.filter.as_str() == filter)?;
        Some(self.0.remove(place).filter)
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// What is not shared. `is_own`: the client published it itself, No Local applies (MQTT-3.8.3-3).
    pub(super) fn matching(&self, topic: &str, is_own: bool) -> Option<Match> {
        let mut found: Option<Match> = None;
        for entry in &self.0 {
            let is_hidden = (is_own && entry.options.no_local) || entry.filter.share_group().is_some();
            if is_hidden || !entry.filter.matches(topic) {
                continue;
            }
            match &mut found {
                Some(found) => found.add(entry),
                None => found = Some(Match::of(entry)),
            }
        }
        found
    }

    /// How this member of a group subscribed: `filter` with `$share/GROUP/`.
    pub(super) fn of_group(&self, filter: &TopicFilter) -> Option<Match> {
        let entry = self.0.iter().find(|entry| entry.filter == *filter)?;
        Some(Match::of(entry))
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
        assert_eq!(all.remove("a"), Some(filter("a")));
        assert_eq!(all.remove("a"), None);
    }

    #[test]
    fn a_shared_subscription_matches_for_its_group_only() {
        let mut all = Subscriptions::default();
        let shared = filter("$share/g/a/#");
        all.insert(shared.clone(), options(QoS::AtLeastOnce, false), Some(9));
        assert_eq!(all.matching("a/x", false), None);
        assert_eq!(all.of_group(&shared).unwrap().identifiers, [9]);
        assert_eq!(all.of_group(&filter("$share/h/a/#")), None);
    }
}
