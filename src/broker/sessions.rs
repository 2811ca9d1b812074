//! All sessions: who is let in, who is taken over, when a will is due and when a session is over.
//!
//! ```text
//!            ┌──────────── taken over: told to close, the successor waits ───┐
//!            ▼                                                              │
//! admit ─▶ Online ── leave ──▶ Away ── session expiry interval ──▶ ended     │
//!            ▲                  │  └─ clean start of the same client id ─────┤
//!            └── same client id ┘                                           ▼
//! ```
//!
//! Knows nothing of topics: what a change means for others is told in an [`Aftermath`].

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    mem,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use super::{
    counters::Counters,
    delivery::Delivery,
    outbound::Outbound,
    outbox::{QueueLimits, outbox},
    session::{Admission, Arrival, Control, FOR_EVER, Farewell, Presence, Session, SessionKey, Transit},
    subscriptions::Subscriptions,
};
use crate::mqtt::{Message, ReasonCode};

/// What others are to learn of a change.
#[derive(Debug, Default)]
pub(super) struct Aftermath {
    /// Wills to publish now, with whose they were.
    pub(super) wills: Vec<(SessionKey, Message)>,
    /// Sessions that are over.
    pub(super) ended: Vec<SessionKey>,
    /// What they had of shared subscriptions and never took.
    pub(super) orphans: Vec<Delivery>,
}

impl Aftermath {
    fn add(&mut self, other: Self) {
        self.wills.extend(other.wills);
        self.ended.extend(other.ended);
        self.orphans.extend(other.orphans);
    }
}

#[derive(Debug)]
pub(super) struct Sessions {
    all: BTreeMap<SessionKey, Session>,
    by_id: HashMap<String, SessionKey>,
    /// When time alone changes which session.
    due: BTreeSet<(Instant, SessionKey)>,
    limits: QueueLimits,
    counters: Arc<Counters>,
    /// Sessions begun so far.
    begun: u64,
}

impl Sessions {
    pub(super) fn new(limits: QueueLimits, counters: Arc<Counters>) -> Self {
        Self {
            all: BTreeMap::new(),
            by_id: HashMap::new(),
            due: BTreeSet::new(),
            limits,
            counters,
            begun: 0,
        }
    }

    pub(super) fn get(&self, key: SessionKey) -> Option<&Session> {
        self.all.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: SessionKey) -> Option<&mut Session> {
        self.all.get_mut(&key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (SessionKey, &Session)> {
        self.all.iter().map(|(&key, session)| (key, session))
    }

    /// Lets a client in, once the one that has its id is gone (MQTT-3.1.4-3).
    pub(super) fn admit(
        &mut self,
        arrival: Box<Arrival>,
        reply: oneshot::Sender<Admission>,
        now: Instant,
    ) -> Aftermath {
        let mut after = self.pass(now);
        let Some(&key) = self.by_id.get(&arrival.client_id) else {
            self.begin(*arrival, reply);
            return after;
        };
        if let Some(session) = self.all.get_mut(&key)
            && let Presence::Online { controls, successor } = &mut session.presence
        {
            let _ = controls.try_send(Control::Close(ReasonCode::SESSION_TAKEN_OVER));
            *successor = Some((arrival, reply));
        } else if arrival.clean_start {
            after.add(self.end(key));
            self.begin(*arrival, reply);
        } else {
            self.resume(key, *arrival, reply);
        }
        after
    }

    fn begin(&mut self, arrival: Arrival, reply: oneshot::Sender<Admission>) {
        self.begun += 1;
        let key = SessionKey(self.begun);
        let assigned_id = arrival.client_id.is_empty().then(|| self.unused_id());
        let id = assigned_id.clone().unwrap_or(arrival.client_id);
        let (outbox, inbox) = outbox(self.limits);
        self.by_id.insert(id.clone(), key);
        let session = Session {
            id,
            subscriptions: Subscriptions::default(),
            will: arrival.will,
            outbox,
            expiry: arrival.expiry,
            presence: Presence::Online {
                controls: arrival.controls,
                successor: None,
            },
        };
        self.all.insert(key, session);
        // Nobody waits any more only when the broker stops.
        let _ = reply.send(Admission {
            key,
            assigned_id,
            is_resumed: false,
            transit: Transit {
                outbound: Outbound::new(inbox, self.counters.clone()),
                received: HashSet::new(),
            },
        });
    }

    /// Nobody else's: clients may call themselves as they like.
    fn unused_id(&self) -> String {
        let mut number = self.begun;
        loop {
            let id = format!("auto-{number:06}");
            if !self.by_id.contains_key(&id) {
                return id;
            }
            number += 1;
        }
    }

    /// The client is back: its old will is not published any more (MQTT-3.1.3-9).
    fn resume(&mut self, key: SessionKey, arrival: Arrival, reply: oneshot::Sender<Admission>) {
        let Some(session) = self.all.get_mut(&key) else {
            return;
        };
        if let Some(due) = session.due() {
            self.due.remove(&(due, key));
        }
        session.will = arrival.will;
        session.expiry = arrival.expiry;
        let online = Presence::Online {
            controls: arrival.controls,
            successor: None,
        };
        if let Presence::Away { transit, .. } = mem::replace(&mut session.presence, online) {
            // As in `begin`.
            let _ = reply.send(Admission {
                key,
                assigned_id: None,
                is_resumed: true,
                transit: *transit,
            });
        }
    }

    /// A connection has ended: with it the session, or the session waits.
    pub(super) fn leave(&mut self, key: SessionKey, farewell: Farewell, now: Instant) -> Aftermath {
        let mut after = Aftermath::default();
        let Some(session) = self.all.get_mut(&key) else {
            return after;
        };
        session.expiry = farewell.expiry.unwrap_or(session.expiry);
        if !farewell.with_will {
            session.will = None;
        }
        let mut transit = farewell.transit;
        transit.outbound.pause();
        let expiry = session.expiry;
        let away = Presence::Away {
            transit,
            // The will is due when the session ends at the latest (MQTT 5 §3.1.3.2.2).
            will_due: session
                .will
                .as_ref()
                .map(|will| after_seconds(now, will.delay.min(expiry))),
            ends: (expiry != FOR_EVER).then(|| after_seconds(now, expiry)),
        };
        let before = mem::replace(&mut session.presence, away);
        if let Some(due) = session.due() {
            self.due.insert((due, key));
        }
        after.add(self.pass(now));
        if let Presence::Online {
            successor: Some((arrival, reply)),
            ..
        } = before
        {
            after.add(self.admit(arrival, reply, now));
        }
        after
    }

    /// When [`Self::pass`] has something to do next.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Everything that is due at `now`.
    pub(super) fn pass(&mut self, now: Instant) -> Aftermath {
        let mut after = Aftermath::default();
        while let Some(&(due, key)) = self.due.first()
            && due <= now
        {
            self.due.pop_first();
            after.add(self.pass_one(key, now));
        }
        after
    }

    fn pass_one(&mut self, key: SessionKey, now: Instant) -> Aftermath {
        let mut after = Aftermath::default();
        let Some(session) = self.all.get_mut(&key) else {
            return after;
        };
        let Presence::Away { will_due, ends, .. } = &mut session.presence else {
            return after;
        };
        if ends.is_some_and(|ends| ends <= now) {
            return self.end(key);
        }
        *will_due = None;
        after
            .wills
            .extend(session.will.take().map(|will| (key, will.message)));
        if let Some(due) = session.due() {
            self.due.insert((due, key));
        }
        after
    }

    /// The session of a client that is away is over, and its will is due with it.
    fn end(&mut self, key: SessionKey) -> Aftermath {
        let mut after = Aftermath::default();
        let Some(session) = self.all.remove(&key) else {
            return after;
        };
        self.by_id.remove(&session.id);
        if let Some(due) = session.due() {
            self.due.remove(&(due, key));
        }
        after.ended.push(key);
        after.wills.extend(session.will.map(|will| (key, will.message)));
        if let Presence::Away { transit, .. } = session.presence {
            after.orphans = transit.outbound.orphans();
        }
        after
    }

    /// Gives up queued messages that have outlived their message expiry interval.
    pub(super) fn expire_messages(&mut self, now: Instant) {
        for session in self.all.values_mut() {
            if let Presence::Away { transit, .. } = &mut session.presence {
                transit.outbound.expire(now);
            }
        }
    }
}

fn after_seconds(now: Instant, seconds: u32) -> Instant {
    let seconds = Duration::from_secs(seconds.into());
    now.checked_add(seconds).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot::error::TryRecvError};

    use super::{super::session::DelayedWill, *};
    use crate::mqtt::{Properties, QoS, TopicName};

    /// What happens to the sessions, by the second.
    struct Story {
        sessions: Sessions,
        start: Instant,
    }

    struct Client {
        admission: oneshot::Receiver<Admission>,
        controls: mpsc::Receiver<Control>,
    }

    impl Client {
        fn admission(&mut self) -> Admission {
            self.admission.try_recv().expect("the client is let in")
        }

        fn is_told_to_close(&mut self) -> bool {
            matches!(
                self.controls.try_recv(),
                Ok(Control::Close(ReasonCode::SESSION_TAKEN_OVER))
            )
        }
    }

    /// How a client connects.
    #[derive(Clone, Copy)]
    struct Hello {
        clean_start: bool,
        expiry: u32,
        /// Its delay, seconds; the will's topic names it.
        will: Option<u32>,
    }

    fn hello(clean_start: bool, expiry: u32, will: Option<u32>) -> Hello {
        Hello {
            clean_start,
            expiry,
            will,
        }
    }

    impl Story {
        fn new() -> Self {
            let limits = QueueLimits {
                messages: 10,
                bytes: 1000,
            };
            Self {
                sessions: Sessions::new(limits, Arc::default()),
                start: Instant::now(),
            }
        }

        fn at(&self, second: u64) -> Instant {
            self.start + Duration::from_secs(second)
        }

        /// The client, and the wills its coming brings about.
        fn arrive(&mut self, second: u64, client_id: &str, hello: Hello) -> (Client, Vec<String>) {
            let (controls, controls_rx) = mpsc::channel(4);
            let arrival = Arrival {
                client_id: client_id.into(),
                clean_start: hello.clean_start,
                expiry: hello.expiry,
                will: hello.will.map(will),
                controls,
            };
            let (reply, admission) = oneshot::channel();
            let now = self.at(second);
            let after = self.sessions.admit(Box::new(arrival), reply, now);
            let client = Client {
                admission,
                controls: controls_rx,
            };
            (client, topics(&after))
        }

        fn leave(&mut self, second: u64, admission: Admission, with_will: bool) -> Vec<String> {
            self.leave_with(second, admission, with_will, None)
        }

        fn leave_with(
            &mut self,
            second: u64,
            admission: Admission,
            with_will: bool,
            expiry: Option<u32>,
        ) -> Vec<String> {
            let farewell = Farewell {
                transit: Box::new(admission.transit),
                with_will,
                expiry,
            };
            let now = self.at(second);
            topics(&self.sessions.leave(admission.key, farewell, now))
        }

        fn pass(&mut self, second: u64) -> Vec<String> {
            let now = self.at(second);
            topics(&self.sessions.pass(now))
        }
    }

    fn will(delay: u32) -> DelayedWill {
        DelayedWill {
            delay,
            message: Message {
                topic: TopicName::new(&format!("after {delay}")).unwrap(),
                payload: bytes::Bytes::new(),
                qos: QoS::AtMostOnce,
                retain: false,
                properties: Properties::NONE,
            },
        }
    }

    fn topics(after: &Aftermath) -> Vec<String> {
        let topics = after.wills.iter().map(|(_, will)| will.topic.to_string());
        topics.collect()
    }

    #[test]
    fn a_session_waits_for_its_expiry_interval_and_no_longer() {
        for (expiry, back_at, is_resumed) in [
            (0, 0, false),
            (10, 9, true),
            (10, 10, false),
            (FOR_EVER, 1 << 33, true),
        ] {
            let mut story = Story::new();
            let (mut first, _) = story.arrive(0, "me", hello(true, expiry, None));
            story.leave(0, first.admission(), true);
            let (mut second, _) = story.arrive(back_at, "me", hello(false, 0, None));
            assert_eq!(second.admission().is_resumed, is_resumed, "{expiry} {back_at}");
            assert!(story.sessions.next_due().is_none());
        }
    }

    #[test]
    fn disconnect_may_change_the_expiry_and_clean_start_ends_the_session() {
        let mut story = Story::new();
        let (mut first, _) = story.arrive(0, "me", hello(true, 10, None));
        story.leave_with(0, first.admission(), false, Some(100));
        let (mut again, _) = story.arrive(99, "me", hello(false, 10, None));
        let admission = again.admission();
        assert!(admission.is_resumed);
        let old = admission.key;
        story.leave(99, admission, false);
        let (mut fresh, _) = story.arrive(100, "me", hello(true, 10, None));
        assert!(!fresh.admission().is_resumed && story.sessions.get(old).is_none());
    }

    #[test]
    fn a_will_comes_at_the_earlier_of_its_delay_and_the_end_of_the_session() {
        for (delay, expiry, due) in [(0, 10, 0), (5, 10, 5), (5, 3, 3), (5, 0, 0), (5, FOR_EVER, 5)] {
            let mut story = Story::new();
            let (mut client, _) = story.arrive(0, "me", hello(true, expiry, Some(delay)));
            let mut came = story.leave(0, client.admission(), true);
            let mut at = 0;
            while came.is_empty() && at < 20 {
                at += 1;
                came = story.pass(at);
            }
            assert_eq!(at, due, "delay {delay}, expiry {expiry}");
            assert_eq!(came, [format!("after {delay}")]);
            assert!(story.pass(1 << 33).is_empty(), "once only");
        }
    }

    #[test]
    fn a_will_is_cancelled_by_the_clients_return_and_by_a_goodbye_but_not_by_a_clean_start() {
        for (clean_start, with_will, expected) in [
            (false, true, &[][..]),
            (true, true, &["after 5"]),
            (true, false, &[]),
        ] {
            let mut story = Story::new();
            let (mut client, _) = story.arrive(0, "me", hello(true, 10, Some(5)));
            assert!(story.leave(0, client.admission(), with_will).is_empty());
            let (_client, came) = story.arrive(4, "me", hello(clean_start, 10, None));
            assert_eq!(came, expected, "{clean_start} {with_will}");
            assert!(story.pass(99).is_empty());
        }
    }

    #[test]
    fn a_takeover_waits_for_what_the_old_connection_hands_back() {
        let mut story = Story::new();
        let (mut old, _) = story.arrive(0, "me", hello(true, 10, Some(0)));
        let mut admission = old.admission();
        admission.transit.received.insert(7);
        let (mut waiting, _) = story.arrive(1, "me", hello(false, 10, None));
        assert!(waiting.admission.try_recv().is_err() && old.is_told_to_close());
        let (mut last, _) = story.arrive(1, "me", hello(false, 10, None));
        assert!(
            matches!(waiting.admission.try_recv(), Err(TryRecvError::Closed)),
            "only the last of those who wait is let in"
        );
        let came = story.leave(2, admission, true);
        assert_eq!(came, ["after 0"], "its connection was closed");
        let admission = last.admission();
        assert!(admission.is_resumed && admission.transit.received.contains(&7));
    }

    #[test]
    fn clients_without_an_id_get_one_of_their_own() {
        let mut story = Story::new();
        let mut all: Vec<_> = (0..3)
            .map(|_| story.arrive(0, "", hello(true, 0, None)).0)
            .collect();
        let ids = all.iter_mut().filter_map(|client| client.admission().assigned_id);
        assert_eq!(ids.collect::<HashSet<_>>().len(), 3);
    }
}
