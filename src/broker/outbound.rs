//! Messages on the way to one client: in what order, how many at once, what is given up.

use std::{collections::VecDeque, sync::Arc};

use tokio::{sync::mpsc, time::Instant};

use super::{
    counters::Counters,
    link::Link,
    outbox::{Delivery, Load},
    window::Window,
};
use crate::{
    mqtt::{Property, QoS},
    wire::{Packet, Publish},
};

/// Unwritten bytes above which nothing more is taken from the outbox.
pub(super) const ENOUGH_TO_WRITE: usize = 64 << 10;

pub(super) struct Outbound {
    deliveries: mpsc::Receiver<Vec<Delivery>>,
    load: Arc<Load>,
    pub(super) window: Window,
    counters: Arc<Counters>,
    /// Taken from the outbox, not yet looked at.
    ready: VecDeque<Delivery>,
    /// QoS 1 and 2 that found the window closed.
    waiting: VecDeque<Delivery>,
}

impl Outbound {
    pub(super) fn new(
        deliveries: mpsc::Receiver<Vec<Delivery>>,
        load: Arc<Load>,
        window: Window,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            deliveries,
            load,
            window,
            counters,
            ready: VecDeque::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Until something is there to deliver; for ever once the exchange has let this client go. Safe to cancel.
    pub(super) async fn arrival(&mut self) {
        match self.deliveries.recv().await {
            Some(deliveries) => self.ready.extend(deliveries),
            None => std::future::pending().await,
        }
    }

    /// Moves messages to the link while the link and, for QoS 1 and 2, the window allow.
    pub(super) fn deliver(&mut self, link: &mut Link) {
        while link.backlog() < ENOUGH_TO_WRITE {
            if self.window.is_open()
                && let Some(delivery) = self.waiting.pop_front()
            {
                self.send(&delivery, link);
            } else if let Some(delivery) = self.ready.pop_front() {
                if delivery.qos == QoS::AtMostOnce || self.window.is_open() {
                    self.send(&delivery, link);
                } else {
                    self.waiting.push_back(delivery);
                }
            } else if let Ok(deliveries) = self.deliveries.try_recv() {
                self.ready.extend(deliveries);
            } else {
                return;
            }
        }
    }

    fn send(&mut self, delivery: &Delivery, link: &mut Link) {
        self.load.remove(delivery);
        let now = Instant::now();
        if delivery.parcel.is_expired(now) {
            return;
        }
        let packet_id = self.window.begin(delivery.qos);
        if link.queue(&publish(delivery, packet_id, now)) {
            self.counters.publishes_sent.add(1);
        } else {
            self.window.abandon(packet_id);
            self.counters.publishes_dropped.add(1);
        }
    }
}

fn publish(delivery: &Delivery, packet_id: Option<u16>, now: Instant) -> Packet {
    let mut properties = delivery.parcel.properties(now);
    let identifiers = delivery.identifiers.iter().copied();
    properties
        .0
        .extend(identifiers.map(Property::SubscriptionIdentifier));
    let message = &delivery.parcel.message;
    Packet::Publish(Publish {
        dup: false,
        qos: delivery.qos,
        retain: delivery.retain,
        topic: message.topic.to_string(),
        packet_id,
        properties,
        payload: message.payload.clone(),
    })
}
