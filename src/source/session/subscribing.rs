//! Subscriptions: asked for, granted, asked for again after a reconnect (MQTT 5 §3.8-3.11).

use std::collections::BTreeMap;

use super::{
    Output, Session, not_sent,
    reading::{unsolicited, violation},
    refused,
};
use crate::{
    event::{OperationId, OperationKind, Outcome},
    mqtt::{ProtocolVersion, ReasonCode, ReasonContext, Subscription, SubscriptionOptions, TopicFilter},
    wire::{Anomaly, Packet, PacketType, Suback, Subscribe, SubscribeFilter, Unsubscribe},
};

/// Filters in one SUBSCRIBE of ours after CONNACK: Amazon's broker takes no more.
const FILTERS_A_PACKET: usize = 8;
/// Subscriptions of one connection: a user's, not a program's.
const MAX_SUBSCRIPTIONS: usize = 4096;
/// Requests without an answer yet.
const MAX_PENDING: usize = 256;

/// Who asked and when; `None` for a resubscription.
type Asked = Option<(OperationId, u64)>;

struct Wanted {
    subscription: Subscription,
    granted: Option<ReasonCode>,
}

enum Pending {
    Subscribe(Asked, Vec<TopicFilter>),
    Unsubscribe(Asked, Vec<Wanted>, Vec<TopicFilter>),
}

/// What is wanted, and what is asked for and not answered.
pub struct Subscriptions {
    wanted: Vec<Wanted>,
    pending: BTreeMap<u16, Pending>,
}

impl Subscriptions {
    /// The profile's.
    pub fn new(subscriptions: &[Subscription]) -> Self {
        let mut new = Self {
            wanted: Vec::new(),
            pending: BTreeMap::new(),
        };
        for subscription in subscriptions.iter().take(MAX_SUBSCRIPTIONS) {
            new.want(subscription.clone());
        }
        new
    }

    /// Whether answers are to come.
    pub fn are_open(&self) -> bool {
        !self.pending.is_empty()
    }

    /// In the order they were asked for.
    pub fn granted(&self) -> Vec<(Subscription, Option<ReasonCode>)> {
        self.wanted
            .iter()
            .map(|wanted| (wanted.subscription.clone(), wanted.granted))
            .collect()
    }

    /// A filter has one subscription: the same filter with other options replaces it (MQTT-3.8.4-3).
    fn want(&mut self, subscription: Subscription) {
        match self.find(&subscription.filter) {
            Some(wanted) => {
                wanted.subscription = subscription;
                wanted.granted = None;
            }
            None => self.wanted.push(Wanted {
                subscription,
                granted: None,
            }),
        }
    }

    fn find(&mut self, filter: &TopicFilter) -> Option<&mut Wanted> {
        self.wanted
            .iter_mut()
            .find(|wanted| wanted.subscription.filter == *filter)
    }

    fn forget(&mut self, filters: &[TopicFilter]) -> Vec<Wanted> {
        let is_named = |wanted: &Wanted| filters.contains(&wanted.subscription.filter);
        let (forgotten, kept) = std::mem::take(&mut self.wanted).into_iter().partition(is_named);
        self.wanted = kept;
        forgotten
    }
}

/// Whether neighbours can share a SUBSCRIBE.
fn is_one_packet(pair: &[Subscription]) -> bool {
    pair.first().map(|one| &one.properties) == pair.last().map(|one| &one.properties)
}

impl Session {
    /// Subscribes, and again after each reconnect. The end comes as an output.
    pub fn subscribe(&mut self, id: OperationId, subscriptions: &[Subscription], now: u64) {
        match self.check_subscribe(subscriptions) {
            Err(reason) => self.end(OperationKind::Subscribe, id, now, not_sent(reason), now),
            Ok(()) if !self.is_up() => {
                self.want_all(subscriptions);
                let reason = "not connected: will be subscribed at the next connect";
                self.end(OperationKind::Subscribe, id, now, not_sent(reason), now);
            }
            Ok(()) => {
                if let Err(reason) = self.send_subscribe(Some((id, now)), subscriptions) {
                    self.end(OperationKind::Subscribe, id, now, not_sent(reason), now);
                } else {
                    self.want_all(subscriptions);
                    self.outputs.push_back(Output::FactsChanged);
                }
            }
        }
    }

    fn want_all(&mut self, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            self.subscriptions.want(subscription.clone());
        }
    }

    fn check_subscribe(&self, subscriptions: &[Subscription]) -> Result<(), String> {
        if subscriptions.is_empty() {
            return Err("no topic filter given (MQTT-3.8.3-2)".into());
        }
        if self.subscriptions.wanted.len() + subscriptions.len() > MAX_SUBSCRIPTIONS {
            return Err(format!(
                "{MAX_SUBSCRIPTIONS} subscriptions a connection at most: unsubscribe some"
            ));
        }
        if subscriptions.windows(2).any(|pair| !is_one_packet(pair)) {
            return Err(
                "subscriptions with properties of their own need a request each (MQTT 5 §3.8.2.1)".into(),
            );
        }
        if !self.is_up() {
            return Ok(());
        }
        match subscriptions
            .iter()
            .find_map(|one| Some((&one.filter, self.unavailable(one)?)))
        {
            Some((filter, code)) => {
                let context = ReasonContext::Suback(self.link.version);
                Err(format!(
                    "{filter}: {}, says CONNACK; {}",
                    code.display(context),
                    code.advice(context)
                ))
            }
            None => Ok(()),
        }
    }

    /// The code the server would refuse the filter with, as CONNACK has announced.
    fn unavailable(&self, subscription: &Subscription) -> Option<ReasonCode> {
        let properties = &self.link.properties;
        let filter = &subscription.filter;
        let common = &self.settings.properties.subscribe;
        let own = subscription.properties.subscription_identifiers();
        let mut own = own.chain(common.subscription_identifiers());
        if own.next().is_some() && properties.subscription_identifier_available() == Some(0) {
            return Some(ReasonCode(0xA1));
        }
        if filter.share_group().is_some() && properties.shared_subscription_available() == Some(0) {
            return Some(ReasonCode(0x9E));
        }
        let has_wildcard = filter.levels().contains(['+', '#']);
        (has_wildcard && properties.wildcard_subscription_available() == Some(0)).then_some(ReasonCode(0xA2))
    }

    fn send_subscribe(&mut self, asked: Asked, subscriptions: &[Subscription]) -> Result<(), String> {
        let filters = subscriptions.iter().map(|one| self.on_the_wire(one)).collect();
        let mut properties = self.settings.properties.subscribe.clone();
        for own in subscriptions.iter().take(1).flat_map(|first| &first.properties.0) {
            properties.set(own.clone());
        }
        let packet = |packet_id| {
            Packet::Subscribe(Subscribe {
                packet_id,
                filters,
                properties,
            })
        };
        let names = subscriptions.iter().map(|one| one.filter.clone()).collect();
        self.send_request(packet, Pending::Subscribe(asked, names))
    }

    /// Before MQTT 5 the options byte has only the QoS.
    fn on_the_wire(&self, subscription: &Subscription) -> SubscribeFilter {
        let options = subscription.options;
        SubscribeFilter {
            filter: subscription.filter.as_str().to_owned(),
            options: if self.link.version == ProtocolVersion::V5 {
                options
            } else {
                SubscriptionOptions {
                    qos: options.qos,
                    ..Default::default()
                }
            },
        }
    }

    fn send_request(&mut self, packet: impl FnOnce(u16) -> Packet, pending: Pending) -> Result<(), String> {
        if self.subscriptions.pending.len() >= MAX_PENDING {
            return Err(format!("{MAX_PENDING} requests already wait for an answer"));
        }
        let packet_id = self.ids.take().ok_or("all 65,535 packet ids are in use")?;
        let packet = packet(packet_id);
        match self.try_encode(&packet) {
            Ok(frame) => {
                self.push_frame(packet.packet_type(), frame, None);
                self.subscriptions.pending.insert(packet_id, pending);
                Ok(())
            }
            Err(reason) => {
                self.ids.give_back(packet_id);
                Err(reason)
            }
        }
    }

    /// Unsubscribes, and does not subscribe again after a reconnect.
    pub fn unsubscribe(&mut self, id: OperationId, filters: Vec<TopicFilter>, now: u64) {
        if filters.is_empty() {
            let reason = "no topic filter given (MQTT-3.10.3-2)";
            self.end(OperationKind::Unsubscribe, id, now, not_sent(reason), now);
            return;
        }
        let forgotten = self.subscriptions.forget(&filters);
        if !self.is_up() {
            let reason = "not connected: will not be subscribed at the next connect";
            self.end(OperationKind::Unsubscribe, id, now, not_sent(reason), now);
            return;
        }
        let texts = filters.iter().map(|filter| filter.as_str().to_owned()).collect();
        let properties = self.settings.properties.unsubscribe.clone();
        let packet = |packet_id| {
            Packet::Unsubscribe(Unsubscribe {
                packet_id,
                filters: texts,
                properties,
            })
        };
        if let Err(reason) =
            self.send_request(packet, Pending::Unsubscribe(Some((id, now)), forgotten, filters))
        {
            self.end(OperationKind::Unsubscribe, id, now, not_sent(reason), now);
        }
        self.outputs.push_back(Output::FactsChanged);
    }

    /// After CONNACK: everything the server's session does not have already. Gives how many it has, and how many
    /// are asked for.
    pub(super) fn resubscribe(&mut self, session_present: bool) -> (usize, usize) {
        let granted = |code: ReasonCode| !code.is_failure(ReasonContext::Suback(ProtocolVersion::V5));
        let mut wanted = Vec::new();
        let mut kept = 0;
        for index in 0..self.subscriptions.wanted.len() {
            let Some(one) = self.subscriptions.wanted.get_mut(index) else {
                break;
            };
            if session_present && one.granted.is_some_and(granted) {
                kept += 1;
                continue;
            }
            one.granted = None;
            let subscription = one.subscription.clone();
            let refusal = self.unavailable(&subscription);
            if let (Some(one), Some(_)) = (self.subscriptions.wanted.get_mut(index), refusal) {
                one.granted = refusal;
                continue;
            }
            wanted.push(subscription);
        }
        let alike = wanted.chunk_by(|one, next| one.properties == next.properties);
        for chunk in alike.flat_map(|alike| alike.chunks(FILTERS_A_PACKET)) {
            // What one packet cannot carry, the next may; its filters stay without a code.
            let _ = self.send_subscribe(None, chunk);
        }
        (kept, wanted.len())
    }

    pub(super) fn on_suback(&mut self, suback: &Suback, now: u64) -> Option<Anomaly> {
        match self.subscriptions.pending.remove(&suback.packet_id) {
            Some(Pending::Subscribe(asked, filters)) => {
                self.ids.give_back(suback.packet_id);
                self.take_grants(asked, &filters, suback, now)
            }
            other => Some(self.put_back(PacketType::Suback, suback.packet_id, other)),
        }
    }

    fn take_grants(
        &mut self,
        asked: Asked,
        filters: &[TopicFilter],
        suback: &Suback,
        now: u64,
    ) -> Option<Anomaly> {
        for (filter, &code) in filters.iter().zip(&suback.codes) {
            if let Some(wanted) = self.subscriptions.find(filter) {
                wanted.granted = Some(code);
            }
        }
        self.outputs.push_back(Output::FactsChanged);
        let statement = match self.link.version {
            ProtocolVersion::V5 => "MQTT-3.8.4-6",
            ProtocolVersion::V31 | ProtocolVersion::V311 => "MQTT-3.8.4-5",
        };
        let anomaly = check_count(PacketType::Suback, filters.len(), suback.codes.len(), statement);
        let context = ReasonContext::Suback(self.link.version);
        self.end_request(
            OperationKind::Subscribe,
            asked,
            outcome(suback, context, anomaly.as_ref()),
            now,
        );
        anomaly
    }

    pub(super) fn on_unsuback(&mut self, unsuback: &Suback, now: u64) -> Option<Anomaly> {
        match self.subscriptions.pending.remove(&unsuback.packet_id) {
            Some(Pending::Unsubscribe(asked, forgotten, filters)) => {
                self.ids.give_back(unsuback.packet_id);
                self.end_unsubscribe(asked, forgotten, &filters, unsuback, now)
            }
            other => Some(self.put_back(PacketType::Unsuback, unsuback.packet_id, other)),
        }
    }

    fn end_unsubscribe(
        &mut self,
        asked: Asked,
        forgotten: Vec<Wanted>,
        filters: &[TopicFilter],
        unsuback: &Suback,
        now: u64,
    ) -> Option<Anomaly> {
        let is_v5 = self.link.version == ProtocolVersion::V5;
        let codes = unsuback.codes.len();
        let anomaly =
            check_count(PacketType::Unsuback, filters.len(), codes, "MQTT-3.11.3-1").filter(|_| is_v5);
        let is_refused = |filter: &TopicFilter| {
            let code = filters
                .iter()
                .position(|one| one == filter)
                .and_then(|at| unsuback.codes.get(at));
            code.is_some_and(|code| code.is_failure(ReasonContext::Other))
        };
        for kept in forgotten {
            if is_refused(&kept.subscription.filter)
                && self.subscriptions.find(&kept.subscription.filter).is_none()
            {
                self.subscriptions.wanted.push(kept);
            }
        }
        self.outputs.push_back(Output::FactsChanged);
        let outcome = outcome(unsuback, ReasonContext::Other, anomaly.as_ref());
        self.end_request(OperationKind::Unsubscribe, asked, outcome, now);
        anomaly
    }

    /// An ack of the other kind, or of nothing: what was pending stays so.
    fn put_back(&mut self, packet_type: PacketType, packet_id: u16, pending: Option<Pending>) -> Anomaly {
        if let Some(pending) = pending {
            self.subscriptions.pending.insert(packet_id, pending);
        }
        unsolicited(packet_type, packet_id)
    }

    fn end_request(&mut self, kind: OperationKind, asked: Asked, outcome: Outcome, now: u64) {
        if let Some((id, asked_at)) = asked {
            self.end(kind, id, asked_at, outcome, now);
        }
    }

    /// The connection is gone, and the answers with it.
    pub(super) fn lose_subscribe_requests(&mut self, now: u64) {
        for (packet_id, pending) in std::mem::take(&mut self.subscriptions.pending) {
            self.ids.give_back(packet_id);
            let (kind, asked) = match pending {
                Pending::Subscribe(asked, _) => (OperationKind::Subscribe, asked),
                Pending::Unsubscribe(asked, ..) => (OperationKind::Unsubscribe, asked),
            };
            self.end_request(kind, asked, Outcome::Unknown, now);
        }
    }
}

/// One failing code fails a request of one filter; of several, each is for who asked to look at.
fn outcome(ack: &Suback, context: ReasonContext, anomaly: Option<&Anomaly>) -> Outcome {
    if let Some(anomaly) = anomaly {
        return not_sent(anomaly.what.clone());
    }
    match ack.codes.as_slice() {
        [code] if code.is_failure(context) => {
            refused(*code, code.display(context).to_string(), &ack.properties)
        }
        codes => Outcome::Acked(codes.to_vec()),
    }
}

fn check_count(
    packet_type: PacketType,
    filters: usize,
    codes: usize,
    statement: &'static str,
) -> Option<Anomaly> {
    (filters != codes).then(|| {
        violation(format!(
            "{} with {codes} codes for {filters} filters ({statement})",
            packet_type.name()
        ))
    })
}
