//! What waits for one subscriber: a bounded channel from the exchange to the connection's task.
//! Nobody waits for room: a message that finds none is dropped and counted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{sync::mpsc, time::Instant};

use super::FaultAction;
use crate::mqtt::{Message, Properties, Property, QoS, ReasonCode};

/// Room beside the messages, for batches of retained messages.
const SPARE: usize = 1024;
/// A takeover and a few faults; whoever finds it full knows that the connection is being ended anyway.
const CONTROLS: usize = 8;

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
            .and_then(|seconds| now.checked_add(std::time::Duration::from_secs(seconds.into())));
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
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) parcel: Arc<Parcel>,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    pub(super) identifiers: Vec<u32>,
}

/// What a connection's task is told beside messages.
#[derive(Debug)]
pub(super) enum Control {
    /// End the connection with this code.
    Close(ReasonCode),
    Fault(FaultAction),
}

/// How much may wait for one subscriber at QoS 0; twice that at QoS 1 and 2.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueLimits {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// What waits, in the channel or in the connection's task.
#[derive(Debug, Default)]
pub(super) struct Load {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl Load {
    fn add(&self, delivery: &Delivery) {
        self.messages.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(delivery.parcel.size(), Ordering::Relaxed);
    }

    /// `delivery` was sent or given up.
    pub(super) fn remove(&self, delivery: &Delivery) {
        self.messages.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(delivery.parcel.size(), Ordering::Relaxed);
    }
}

/// The exchange's end.
#[derive(Debug)]
pub(super) struct Outbox {
    deliveries: mpsc::Sender<Vec<Delivery>>,
    controls: mpsc::Sender<Control>,
    load: Arc<Load>,
    limits: QueueLimits,
}

/// The connection's end.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) deliveries: mpsc::Receiver<Vec<Delivery>>,
    pub(super) controls: mpsc::Receiver<Control>,
    pub(super) load: Arc<Load>,
}

pub(super) fn outbox(limits: QueueLimits) -> (Outbox, Inbox) {
    let (deliveries, deliveries_rx) = mpsc::channel(limits.messages.saturating_mul(2).saturating_add(SPARE));
    let (controls, controls_rx) = mpsc::channel(CONTROLS);
    let load = Arc::new(Load::default());
    let inbox = Inbox {
        deliveries: deliveries_rx,
        controls: controls_rx,
        load: load.clone(),
    };
    let outbox = Outbox {
        deliveries,
        controls,
        load,
        limits,
    };
    (outbox, inbox)
}

impl Outbox {
    /// `false`: there was no room, the message is lost to this subscriber.
    pub(super) fn offer(&self, delivery: Delivery) -> bool {
        self.has_room(delivery.qos) && self.send(vec![delivery])
    }

    /// Retained messages travel as one item: however many, they fit.
    pub(super) fn offer_retained(&self, deliveries: Vec<Delivery>) -> bool {
        deliveries.is_empty() || self.send(deliveries)
    }

    fn send(&self, deliveries: Vec<Delivery>) -> bool {
        let Ok(place) = self.deliveries.try_reserve() else {
            return false;
        };
        for delivery in &deliveries {
            self.load.add(delivery);
        }
        place.send(deliveries);
        true
    }

    fn has_room(&self, qos: QoS) -> bool {
        let factor = if qos == QoS::AtMostOnce { 1 } else { 2 };
        self.load.messages.load(Ordering::Relaxed) < self.limits.messages.saturating_mul(factor)
            && self.load.bytes.load(Ordering::Relaxed) < self.limits.bytes.saturating_mul(factor)
    }

    pub(super) fn control(&self, control: Control) {
        let _ = self.controls.try_send(control);
    }
}
