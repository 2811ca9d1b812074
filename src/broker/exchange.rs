//! The owner of all that connections share: sessions, subscriptions, retained messages. Routes messages to
//! sessions; takes one request after the other and waits for nobody but them.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    BrokerOptions, FaultAction,
    counters::Counters,
    delivery::{Delivery, Parcel},
    outbox::QueueLimits,
    retained::Retained,
    session::{Admission, Arrival, Control, Farewell, Session, SessionKey},
    sessions::{Aftermath, Sessions},
    shares::Shares,
    subscriptions::{Inserted, Match},
    sys::{Census, SysTopics},
};
use crate::mqtt::{Message, QoS, ReasonCode, RetainHandling, Subscription, TopicFilter};

#[derive(Debug)]
pub(super) enum Request {
    Connect(Box<Arrival>, oneshot::Sender<Admission>),
    Subscribe {
        session: SessionKey,
        subscriptions: Vec<Subscription>,
        identifier: Option<u32>,
        /// A code a subscription.
        codes: oneshot::Sender<Vec<ReasonCode>>,
    },
    Unsubscribe {
        session: SessionKey,
        filters: Vec<String>,
        codes: oneshot::Sender<Vec<ReasonCode>>,
    },
    Publish {
        session: SessionKey,
        message: Message,
        /// For QoS 1 and 2: what the acknowledgement says.
        code: Option<oneshot::Sender<ReasonCode>>,
    },
    Leave(SessionKey, Box<Farewell>),
    /// Every connection suffers this now.
    FaultNow(FaultAction),
}

pub(super) struct Exchange {
    sessions: Sessions,
    shares: Shares,
    retained: Retained,
    counters: Arc<Counters>,
    sys: SysTopics,
    sys_interval: Duration,
    most_online: usize,
}

impl Exchange {
    pub(super) fn new(options: &BrokerOptions, counters: Arc<Counters>) -> Self {
        let limits = QueueLimits {
            messages: options.queue_messages,
            bytes: options.queue_bytes,
        };
        Self {
            sessions: Sessions::new(limits, counters.clone()),
            shares: Shares::default(),
            retained: Retained::default(),
            counters,
            sys: SysTopics::new(),
            sys_interval: options.sys_interval,
            most_online: 0,
        }
    }

    /// Until nobody is left who could ask.
    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let says_sys = !self.sys_interval.is_zero();
        let mut rounds = interval(self.sys_interval.max(Duration::from_millis(1)));
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.sessions.next_due();
            tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.answer(request),
                    None => return,
                },
                _ = rounds.tick(), if says_sys => self.say_sys(),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let after = self.sessions.pass(Instant::now());
                    self.settle(after);
                }
            }
        }
    }

    fn answer(&mut self, request: Request) {
        // Whoever asked may be gone: the answers are for nobody then.
        match request {
            Request::Connect(arrival, reply) => {
                let after = self.sessions.admit(arrival, reply, Instant::now());
                self.most_online = self.most_online.max(self.online());
                self.settle(after);
            }
            Request::Subscribe {
                session,
                subscriptions,
                identifier,
                codes,
            } => {
                let _ = codes.send(self.subscribe(session, subscriptions, identifier));
            }
            Request::Unsubscribe {
                session,
                filters,
                codes,
            } => {
                let _ = codes.send(self.unsubscribe(session, &filters));
            }
            Request::Publish {
                session,
                message,
                code,
            } => {
                let result = self.publish(session, message);
                if let Some(code) = code {
                    let _ = code.send(result);
                }
            }
            Request::Leave(session, farewell) => {
                let after = self.sessions.leave(session, *farewell, Instant::now());
                self.settle(after);
            }
            Request::FaultNow(action) => {
                for (_, session) in self.sessions.iter() {
                    session.control(Control::Fault(action.clone()));
                }
            }
        }
    }

    fn online(&self) -> usize {
        self.sessions
            .iter()
            .filter(|(_, session)| session.is_online())
            .count()
    }

    fn settle(&mut self, after: Aftermath) {
        for session in after.ended {
            self.shares.forget(session);
        }
        for orphan in after.orphans {
            if let Some(share) = &orphan.share {
                self.give_to_group(share, &orphan.parcel);
            }
        }
        for (session, will) in after.wills {
            self.publish(session, will);
        }
    }

    fn subscribe(
        &mut self,
        key: SessionKey,
        wanted: Vec<Subscription>,
        identifier: Option<u32>,
    ) -> Vec<ReasonCode> {
        wanted
            .into_iter()
            .map(|subscription| self.subscribe_one(key, subscription, identifier))
            .collect()
    }

    fn subscribe_one(
        &mut self,
        key: SessionKey,
        Subscription { filter, options, .. }: Subscription,
        identifier: Option<u32>,
    ) -> ReasonCode {
        let Some(session) = self.sessions.get_mut(key) else {
            return ReasonCode::UNSPECIFIED;
        };
        let inserted = session.subscriptions.insert(filter.clone(), options, identifier);
        let is_shared = filter.share_group().is_some();
        let sends_retained = match (&inserted, options.retain_handling) {
            (Inserted::Full, _) => return QUOTA_EXCEEDED,
            // MQTT 5 §4.8.2: nobody is to get them twice, nor one member all of them.
            _ if is_shared => false,
            (_, RetainHandling::Send) | (Inserted::New, RetainHandling::SendIfNew) => true,
            _ => false,
        };
        if is_shared {
            self.shares.join(&filter, key);
        }
        if sends_retained {
            self.send_retained(key, &filter, options.qos, identifier);
        }
        ReasonCode(options.qos.as_u8())
    }

    fn send_retained(&self, key: SessionKey, filter: &TopicFilter, qos: QoS, identifier: Option<u32>) {
        let deliveries: Vec<_> = self
            .retained
            .matching(filter, Instant::now())
            .map(|parcel| Delivery {
                parcel: parcel.clone(),
                qos: qos.min(parcel.message.qos),
                retain: true,
                identifiers: identifier.into_iter().collect(),
                share: None,
            })
            .collect();
        let count = deliveries.len();
        let is_taken = self
            .sessions
            .get(key)
            .is_some_and(|session| session.outbox.offer_retained(deliveries));
        if !is_taken {
            self.counters.publishes_dropped.add(count);
        }
    }

    fn unsubscribe(&mut self, key: SessionKey, filters: &[String]) -> Vec<ReasonCode> {
        filters
            .iter()
            .map(|filter| self.unsubscribe_one(key, filter))
            .collect()
    }

    fn unsubscribe_one(&mut self, key: SessionKey, filter: &str) -> ReasonCode {
        let Some(session) = self.sessions.get_mut(key) else {
            return ReasonCode::UNSPECIFIED;
        };
        match session.subscriptions.remove(filter) {
            Some(filter) => {
                self.shares.leave(&filter, key);
                ReasonCode::SUCCESS
            }
            None => NO_SUBSCRIPTION_EXISTED,
        }
    }

    /// From a client: `$SYS` belongs to the broker.
    fn publish(&mut self, from: SessionKey, message: Message) -> ReasonCode {
        if message.topic.starts_with("$SYS/") {
            return ReasonCode::NOT_AUTHORIZED;
        }
        self.route(Some(from), message)
    }

    fn route(&mut self, from: Option<SessionKey>, message: Message) -> ReasonCode {
        let parcel = Arc::new(Parcel::new(message, Instant::now()));
        let is_kept = !parcel.message.retain || self.retained.keep(&parcel);
        let mut is_matched = false;
        for (key, session) in self.sessions.iter() {
            let is_own = from == Some(key);
            if let Some(found) = session.subscriptions.matching(&parcel.message.topic, is_own) {
                is_matched = true;
                offer(session, found, &parcel, None, &self.counters);
            }
        }
        for share in self.shares.matching(&parcel.message.topic) {
            is_matched = true;
            self.give_to_group(&share, &parcel);
        }
        match (is_kept, is_matched) {
            (false, _) => QUOTA_EXCEEDED,
            (true, true) => ReasonCode::SUCCESS,
            (true, false) => NO_MATCHING_SUBSCRIBERS,
        }
    }

    /// One member of a group gets it: who is connected and has room first, and who is away last.
    fn give_to_group(&mut self, share: &TopicFilter, parcel: &Arc<Parcel>) {
        let sessions = &self.sessions;
        let member = self.shares.next(share, |key| {
            let session = sessions.get(key)?;
            let qos = parcel.message.qos.min(session.subscriptions.of_group(share)?.qos);
            let can_wait = session.is_online() || qos != QoS::AtMostOnce;
            can_wait.then(|| (!session.is_online(), !session.outbox.has_room(qos)))
        });
        let found = member
            .and_then(|key| sessions.get(key))
            .and_then(|session| Some((session, session.subscriptions.of_group(share)?)));
        if let Some((session, found)) = found {
            offer(session, found, parcel, Some(share), &self.counters);
        }
    }

    fn say_sys(&mut self) {
        let now = Instant::now();
        self.retained.expire(now);
        self.sessions.expire_messages(now);
        let subscriptions = |session: &Session| session.subscriptions.len();
        let census = Census {
            connected: self.online(),
            total: self.sessions.iter().count(),
            maximum: self.most_online,
            subscriptions: self.sessions.iter().map(|(_, one)| subscriptions(one)).sum(),
            retained: self.retained.len(),
        };
        for message in self.sys.round(&self.counters, census) {
            self.route(None, message);
        }
    }
}

/// QoS 0 is not for those who are away; what finds no room is dropped and counted.
fn offer(
    session: &Session,
    found: Match,
    parcel: &Arc<Parcel>,
    share: Option<&TopicFilter>,
    counters: &Counters,
) {
    let qos = found.qos.min(parcel.message.qos);
    if qos == QoS::AtMostOnce && !session.is_online() {
        return;
    }
    let delivery = Delivery {
        qos,
        retain: parcel.message.retain && found.retain_as_published,
        identifiers: found.identifiers,
        parcel: parcel.clone(),
        share: share.cloned(),
    };
    if !session.outbox.offer(delivery) {
        counters.publishes_dropped.add(1);
    }
}

const NO_MATCHING_SUBSCRIBERS: ReasonCode = ReasonCode(0x10);
const NO_SUBSCRIPTION_EXISTED: ReasonCode = ReasonCode(0x11);
const QUOTA_EXCEEDED: ReasonCode = ReasonCode(0x97);
