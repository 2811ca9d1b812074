//! Shared subscriptions (MQTT 5 §4.8.2): the members of each group, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};

use super::session::SessionKey;
use crate::mqtt::TopicFilter;

/// Groups by their whole filter, `$share/GROUP/FILTER`: each gets its own copy of a message.
#[derive(Debug, Default)]
pub(super) struct Shares(BTreeMap<TopicFilter, VecDeque<SessionKey>>);

impl Shares {
    /// Subscribing again changes nobody's turn.
    pub(super) fn join(&mut self, filter: &TopicFilter, member: SessionKey) {
        let members = self.0.entry(filter.clone()).or_default();
        if !members.contains(&member) {
            members.push_back(member);
        }
    }

    pub(super) fn leave(&mut self, filter: &TopicFilter, member: SessionKey) {
        if let Some(members) = self.0.get_mut(filter) {
            members.retain(|&other| other != member);
            if members.is_empty() {
                self.0.remove(filter);
            }
        }
    }

    /// A session is over.
    pub(super) fn forget(&mut self, member: SessionKey) {
        self.0.retain(|_, members| {
            members.retain(|&other| other != member);
            !members.is_empty()
        });
    }

    /// The groups a message to `topic` goes to.
    pub(super) fn matching(&self, topic: &str) -> Vec<TopicFilter> {
        let matching = self.0.keys().filter(|filter| filter.matches(topic));
        matching.cloned().collect()
    }

    /// The member who was served longest ago among those with the best `rank`; it goes to the end of the
    /// line. Members without a rank cannot take it.
    pub(super) fn next<R: Ord>(
        &mut self,
        filter: &TopicFilter,
        rank: impl Fn(SessionKey) -> Option<R>,
    ) -> Option<SessionKey> {
        let members = self.0.get_mut(filter)?;
        let ranked = members
            .iter()
            .enumerate()
            .filter_map(|(place, &member)| Some((rank(member)?, place)));
        let (_, place) = ranked.min()?;
        let member = members.remove(place)?;
        members.push_back(member);
        Some(member)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(members: u64) -> (Shares, TopicFilter) {
        let filter = TopicFilter::new("$share/g/jobs/+").unwrap();
        let mut shares = Shares::default();
        for member in 0..members {
            shares.join(&filter, SessionKey(member));
        }
        (shares, filter)
    }

    #[test]
    fn groups_are_found_by_topic_and_told_apart_by_their_whole_filter() {
        let (mut shares, first) = group(1);
        let second = TopicFilter::new("$share/h/jobs/+").unwrap();
        shares.join(&second, SessionKey(0));
        assert_eq!(shares.matching("jobs/1"), [first.clone(), second.clone()]);
        assert_eq!(shares.matching("jobs/1/2"), []);
        shares.leave(&first, SessionKey(0));
        assert_eq!(shares.matching("jobs/1"), [second]);
        shares.forget(SessionKey(0));
        assert_eq!(shares.matching("jobs/1"), []);
    }

    #[test]
    fn the_better_rank_comes_first_and_without_a_rank_nobody() {
        let (mut shares, filter) = group(3);
        let only = |wanted: u64| move |SessionKey(member): SessionKey| (member == wanted).then_some(0);
        assert_eq!(shares.next(&filter, only(2)), Some(SessionKey(2)));
        assert_eq!(shares.next(&filter, only(7)), None);
        let worst_is_0 = |SessionKey(member): SessionKey| Some(u64::from(member == 0));
        let served: Vec<_> = (0..4).filter_map(|_| shares.next(&filter, worst_is_0)).collect();
        assert_eq!(served, [1, 2, 1, 2].map(SessionKey));
    }

    proptest! {
        #[test]
        fn members_that_stay_differ_by_one_message_at_most(members in 1u64..8, messages in 0usize..50) {
            let (mut shares, filter) = group(members);
            let mut served = vec![0usize; members as usize];
            for _ in 0..messages {
                let SessionKey(member) = shares.next(&filter, |_| Some(())).unwrap();
                served[member as usize] += 1;
            }
            prop_assert_eq!(served.iter().sum::<usize>(), messages);
            prop_assert!(served.iter().max().unwrap() - served.iter().min().unwrap() <= 1);
        }
    }
}
