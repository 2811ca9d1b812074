//! What waits for one subscriber: a bounded channel from the exchange to the session, which the connection's
//! task empties while there is one. Nobody waits for room: a message that finds none is dropped and counted.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::mpsc;

use super::delivery::Delivery;
use crate::mqtt::QoS;

/// Room beside the messages, for batches of retained messages.
const SPARE: usize = 1024;

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
    load: Arc<Load>,
    limits: QueueLimits,
}

/// The session's end.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) deliveries: mpsc::Receiver<Vec<Delivery>>,
    pub(super) load: Arc<Load>,
}

pub(super) fn outbox(limits: QueueLimits) -> (Outbox, Inbox) {
    let (deliveries, deliveries_rx) = mpsc::channel(limits.messages.saturating_mul(2).saturating_add(SPARE));
    let load = Arc::new(Load::default());
    let inbox = Inbox {
        deliveries: deliveries_rx,
        load: load.clone(),
    };
    let outbox = Outbox {
        deliveries,
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

    pub(super) fn has_room(&self, qos: QoS) -> bool {
        let factor = if qos == QoS::AtMostOnce { 1 } else { 2 };
        self.load.messages.load(Ordering::Relaxed) < self.limits.messages.saturating_mul(factor)
            && self.load.bytes.load(Ordering::Relaxed) < self.limits.bytes.saturating_mul(factor)
    }
}
