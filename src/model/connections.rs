//! The connections: where each stands, what went by, what each subscription brought.

use hashbrown::HashMap;

use super::{NodeId, Topics, stats::Rate};
use crate::{
    event::{ConnectionState, PublishRecord, SourceId},
    mqtt::{ReasonCode, Subscription},
    wire::Direction,
};

/// What went by. A QoS 2 message delivered again counts as a repeat only, but its bytes went by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Messages received.
    pub rx_messages: u64,
    /// Bytes of them on the wire, fixed header to payload.
    pub rx_bytes: u64,
    /// Messages sent by us.
    pub tx_messages: u64,
    /// Bytes of them.
    pub tx_bytes: u64,
    /// Messages the source gave up under load.
    pub dropped_messages: u64,
    /// Bytes of them.
    pub dropped_bytes: u64,
    /// QoS 2 messages the peer sent again though they were delivered.
    pub repeats: u64,
}

impl Counters {
    pub(super) fn count(&mut self, record: &PublishRecord) {
        let bytes = u64::from(record.wire_len);
        match (record.direction, record.is_repeat) {
            (Direction::ClientToServer, _) => {
                self.tx_messages += 1;
                self.tx_bytes += bytes;
            }
            (Direction::ServerToClient, true) => {
                self.repeats += 1;
                self.rx_bytes += bytes;
            }
            (Direction::ServerToClient, false) => {
                self.rx_messages += 1;
                self.rx_bytes += bytes;
            }
        }
    }

    pub(super) const fn count_dropped(&mut self, messages: u64, bytes: u64) {
        self.dropped_messages += messages;
        self.dropped_bytes += bytes;
    }
}

/// A subscription and what matched it, since it was first seen. A message that matches several counts for each.
#[derive(Debug, Clone)]
pub struct SubscriptionStats {
    /// As asked for.
    pub subscription: Subscription,
    /// As granted or refused; `None`: not answered yet.
    pub granted: Option<ReasonCode>,
    /// Messages.
    pub messages: u64,
    /// Messages a second.
    pub rate: Rate,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    /// Which.
    pub id: SourceId,
    /// As the user calls it.
    pub name: String,
    /// Where it stands.
    pub state: ConnectionState,
    /// When it came to stand there, mono µs; `None` before the first word of the source.
    pub state_since_us: Option<u64>,
    /// What went by.
    pub counters: Counters,
    /// Messages received, a second.
    pub rate: Rate,
    /// What is subscribed; kept while the connection is away.
    pub subscriptions: Vec<SubscriptionStats>,
    pub(super) slot: u16,
    sets: MatchSets,
}

/// Which subscriptions match, once a topic and not once a message: topics with the same answer share it.
#[derive(Debug, Default)]
struct MatchSets {
    /// Changes with the subscriptions; 0 is never in use.
    epoch: u16,
    sets: Vec<Box<[u16]>>,
    by_set: HashMap<Box<[u16]>, u16>,
}

impl Connection {
    pub(super) fn new(id: SourceId, name: &str, slot: u16) -> Self {
        Self {
            id,
            name: name.to_owned(),
            state: ConnectionState::Idle,
            state_since_us: None,
            counters: Counters::default(),
            rate: Rate::default(),
            subscriptions: Vec::new(),
            slot,
            sets: MatchSets::default(),
        }
    }

    pub(super) fn set_state(&mut self, state: ConnectionState, at_us: u64) {
        if let ConnectionState::Connected(facts) = &state {
            self.set_subscriptions(&facts.subscriptions);
        }
        if std::mem::discriminant(&self.state) != std::mem::discriminant(&state)
            || self.state_since_us.is_none()
        {
            self.state_since_us = Some(at_us);
        }
        self.state = state;
    }

    /// Takes the list over; what was counted for a filter stays.
    fn set_subscriptions(&mut self, list: &[(Subscription, Option<ReasonCode>)]) {
        let filters = self.subscriptions.iter().map(|stats| &stats.subscription.filter);
        if !filters.eq(list.iter().map(|(subscription, _)| &subscription.filter)) {
            self.sets.forget();
        }
        let mut before = std::mem::take(&mut self.subscriptions);
        for (subscription, granted) in list {
            let known = before
                .iter()
                .position(|stats| stats.subscription.filter == subscription.filter)
                .map(|index| before.swap_remove(index));
            let (messages, rate) = known.map_or_else(Default::default, |stats| (stats.messages, stats.rate));
            self.subscriptions.push(SubscriptionStats {
                subscription: subscription.clone(),
                granted: *granted,
                messages,
                rate,
            });
        }
    }

    /// Counts a received message for the subscriptions that match its topic.
    #[inline]
    pub(super) fn count_matches(&mut self, topics: &mut Topics, node: NodeId, now_us: u64) {
        if self.subscriptions.is_empty() {
            return;
        }
        let (mut epoch, mut set) = topics.node(node).match_set;
        if epoch != self.sets.epoch || epoch == 0 {
            (epoch, set) = self.sets.find(&self.subscriptions, &topics.topic(node));
            topics.node_mut(node).match_set = (epoch, set);
        }
        let matching = self.sets.sets.get(set as usize).map_or(&[][..], |set| set);
        for &index in matching {
            if let Some(stats) = self.subscriptions.get_mut(index as usize) {
                stats.messages += 1;
                stats.rate.add(now_us);
            }
        }
    }
}

impl MatchSets {
    fn forget(&mut self) {
        // 0 marks topics that were never looked at, so it is left out when 65,535 changes are over.
        self.epoch = self.epoch.checked_add(1).unwrap_or(1);
        self.sets.clear();
        self.by_set.clear();
    }

    fn find(&mut self, subscriptions: &[SubscriptionStats], topic: &str) -> (u16, u16) {
        let set: Box<[u16]> = (0u16..)
            .zip(subscriptions)
            .filter(|(_, stats)| stats.subscription.filter.matches(topic))
            .map(|(index, _)| index)
            .collect();
        let next = self.sets.len();
        if let Some(&known) = self.by_set.get(&set) {
            return (self.epoch, known);
        }
        let Ok(index) = u16::try_from(next) else {
            // More answers than numbers: this topic is looked at again with its next message.
            return (0, u16::MAX);
        };
        self.sets.push(set.clone());
        self.by_set.insert(set, index);
        (self.epoch, index)
    }
}
