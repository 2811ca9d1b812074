//! The owner of all that connections share: who is connected, what they subscribed to, retained messages.
//! Takes one request after the other and waits for nobody but them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    FaultAction,
    counters::Counters,
    outbox::{Control, Delivery, Outbox, Parcel},
    retained::Retained,
    subscriptions::{Inserted, Subscriptions},
    sys::{Census, SysTopics},
};
use crate::mqtt::{Message, ReasonCode, RetainHandling, Subscription, TopicFilter};

/// One connection, for its whole life; a client that comes back gets another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClientKey(u64);

/// A client that asks to be let in.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Empty: the broker chooses.
    pub(super) client_id: String,
    pub(super) will: Option<Message>,
    pub(super) outbox: Outbox,
}

/// The answer.
#[derive(Debug)]
pub(super) struct Admission {
    pub(super) key: ClientKey,
    /// The id the broker chose, if it did.
    pub(super) assigned_id: Option<String>,
}

#[derive(Debug)]
pub(super) enum Request {
    Connect(Box<Arrival>, oneshot::Sender<Admission>),
    Subscribe {
        client: ClientKey,
        subscriptions: Vec<Subscription>,
        identifier: Option<u32>,
        /// A code a subscription.
        codes: oneshot::Sender<Vec<ReasonCode>>,
    },
    Unsubscribe {
        client: ClientKey,
        filters: Vec<String>,
        codes: oneshot::Sender<Vec<ReasonCode>>,
    },
    Publish {
        client: ClientKey,
        message: Message,
        /// For QoS 1 and 2: what the acknowledgement says.
        code: Option<oneshot::Sender<ReasonCode>>,
    },
    Leave {
        client: ClientKey,
        with_will: bool,
    },
    /// Every connection suffers this now.
    FaultNow(FaultAction),
}

#[derive(Debug)]
struct Client {
    id: String,
    subscriptions: Subscriptions,
    will: Option<Message>,
    outbox: Outbox,
}

pub(super) struct Exchange {
    clients: BTreeMap<ClientKey, Client>,
    by_id: HashMap<String, ClientKey>,
    retained: Retained,
    counters: Arc<Counters>,
    sys: SysTopics,
    sys_interval: Duration,
    arrivals: u64,
    most_clients: usize,
}

impl Exchange {
    pub(super) fn new(counters: Arc<Counters>, sys_interval: Duration) -> Self {
        Self {
            clients: BTreeMap::new(),
            by_id: HashMap::new(),
            retained: Retained::default(),
            counters,
            sys: SysTopics::new(),
            sys_interval,
            arrivals: 0,
            most_clients: 0,
        }
    }

    /// Until nobody is left who could ask.
    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let says_sys = !self.sys_interval.is_zero();
        let mut rounds = interval(self.sys_interval.max(Duration::from_millis(1)));
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                request = requests.recv() => match request {
                    Some(request) => self.answer(request),
                    None => return,
                },
                _ = rounds.tick(), if says_sys => self.say_sys(),
            }
        }
    }

    fn answer(&mut self, request: Request) {
        match request {
            Request::Connect(arrival, reply) => {
                let _ = reply.send(self.admit(*arrival));
            }
            Request::Subscribe {
                client,
                subscriptions,
                identifier,
                codes,
            } => {
                let _ = codes.send(self.subscribe(client, subscriptions, identifier));
            }
            Request::Unsubscribe {
                client,
                filters,
                codes,
            } => {
                let _ = codes.send(self.unsubscribe(client, &filters));
            }
            Request::Publish {
                client,
                message,
                code,
            } => {
                let result = self.publish(client, message);
                if let Some(code) = code {
                    let _ = code.send(result);
                }
            }
            Request::Leave { client, with_will } => self.leave(client, with_will),
            Request::FaultNow(action) => {
                for client in self.clients.values() {
                    client.outbox.control(Control::Fault(action.clone()));
                }
            }
        }
    }

    /// A client with the same id has to go (MQTT-3.1.4-3).
    fn admit(&mut self, arrival: Arrival) -> Admission {
        self.arrivals += 1;
        let key = ClientKey(self.arrivals);
        let assigned_id = arrival.client_id.is_empty().then(|| self.unused_id());
        let id = assigned_id.clone().unwrap_or(arrival.client_id);
        if let Some(&old) = self.by_id.get(&id) {
            if let Some(client) = self.clients.get(&old) {
                client
                    .outbox
                    .control(Control::Close(ReasonCode::SESSION_TAKEN_OVER));
            }
            self.leave(old, true);
        }
        self.by_id.insert(id.clone(), key);
        let client = Client {
            id,
            subscriptions: Subscriptions::default(),
            will: arrival.will,
            outbox: arrival.outbox,
        };
        self.clients.insert(key, client);
        self.most_clients = self.most_clients.max(self.clients.len());
        Admission { key, assigned_id }
    }

    /// Nobody else's: clients may call themselves as they like.
    fn unused_id(&self) -> String {
        let mut number = self.arrivals;
        loop {
            let id = format!("auto-{number:06}");
            if !self.by_id.contains_key(&id) {
                return id;
            }
            number += 1;
        }
    }

    /// Unknown keys left before: taken over, or closed twice.
    fn leave(&mut self, key: ClientKey, with_will: bool) {
        let Some(client) = self.clients.remove(&key) else {
            return;
        };
        self.by_id.remove(&client.id);
        if let Some(will) = client.will.filter(|_| with_will) {
            self.publish(key, will);
        }
    }

    fn subscribe(
        &mut self,
        key: ClientKey,
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
        key: ClientKey,
        Subscription { filter, options, .. }: Subscription,
        identifier: Option<u32>,
    ) -> ReasonCode {
        let Some(client) = self.clients.get_mut(&key) else {
            return ReasonCode::UNSPECIFIED;
        };
        let inserted = client.subscriptions.insert(filter.clone(), options, identifier);
        let sends_retained = match (&inserted, options.retain_handling) {
            (Inserted::Full, _) => return QUOTA_EXCEEDED,
            (_, RetainHandling::Send) | (Inserted::New, RetainHandling::SendIfNew) => true,
            _ => false,
        };
        if sends_retained {
            self.send_retained(key, &filter, options.qos, identifier);
        }
        ReasonCode(options.qos.as_u8())
    }

    fn send_retained(
        &self,
        key: ClientKey,
        filter: &TopicFilter,
        qos: crate::mqtt::QoS,
        identifier: Option<u32>,
    ) {
        let deliveries: Vec<_> = self
            .retained
            .matching(filter, Instant::now())
            .map(|parcel| Delivery {
                parcel: parcel.clone(),
                qos: qos.min(parcel.message.qos),
                retain: true,
                identifiers: identifier.into_iter().collect(),
            })
            .collect();
        let count = deliveries.len();
        let is_taken = self
            .clients
            .get(&key)
            .is_some_and(|client| client.outbox.offer_retained(deliveries));
        if !is_taken {
            self.counters.publishes_dropped.add(count);
        }
    }

    fn unsubscribe(&mut self, key: ClientKey, filters: &[String]) -> Vec<ReasonCode> {
        let Some(client) = self.clients.get_mut(&key) else {
            return vec![ReasonCode::UNSPECIFIED; filters.len()];
        };
        filters
            .iter()
            .map(|filter| {
                if client.subscriptions.remove(filter) {
                    ReasonCode::SUCCESS
                } else {
                    NO_SUBSCRIPTION_EXISTED
                }
            })
            .collect()
    }

    /// From a client: `$SYS` belongs to the broker.
    fn publish(&mut self, from: ClientKey, message: Message) -> ReasonCode {
        if message.topic.starts_with("$SYS/") {
            return ReasonCode::NOT_AUTHORIZED;
        }
        self.route(Some(from), message)
    }

    fn route(&mut self, from: Option<ClientKey>, message: Message) -> ReasonCode {
        let parcel = Arc::new(Parcel::new(message, Instant::now()));
        let is_kept = !parcel.message.retain || self.retained.keep(&parcel);
        let mut is_matched = false;
        for (&key, client) in &self.clients {
            let is_own = from == Some(key);
            if let Some(found) = client.subscriptions.matching(&parcel.message.topic, is_own) {
                is_matched = true;
                let delivery = Delivery {
                    qos: found.qos.min(parcel.message.qos),
                    retain: parcel.message.retain && found.retain_as_published,
                    identifiers: found.identifiers,
                    parcel: parcel.clone(),
                };
                if !client.outbox.offer(delivery) {
                    self.counters.publishes_dropped.add(1);
                }
            }
        }
        match (is_kept, is_matched) {
            (false, _) => QUOTA_EXCEEDED,
            (true, true) => ReasonCode::SUCCESS,
            (true, false) => NO_MATCHING_SUBSCRIBERS,
        }
    }

    fn say_sys(&mut self) {
        self.retained.expire(Instant::now());
        let census = Census {
            connected: self.clients.len(),
            maximum: self.most_clients,
            subscriptions: self
                .clients
                .values()
                .map(|client| client.subscriptions.len())
                .sum(),
            retained: self.retained.len(),
        };
        for message in self.sys.round(&self.counters, census) {
            self.route(None, message);
        }
    }
}

const NO_MATCHING_SUBSCRIBERS: ReasonCode = ReasonCode(0x10);
const NO_SUBSCRIPTION_EXISTED: ReasonCode = ReasonCode(0x11);
const QUOTA_EXCEEDED: ReasonCode = ReasonCode(0x97);
