//! Messages on the way to one client: in what order, how many at once, what is given up. Outlives the
//! connection where the session does.

use std::{collections::VecDeque, mem, sync::Arc};

use tokio::{sync::mpsc, time::Instant};

use super::{
    counters::Counters,
    delivery::Delivery,
    link::Link,
    outbox::{Inbox, Load},
    window::{Resend, Window},
};
use crate::{
    mqtt::{Property, QoS, ReasonCode},
    wire::{Ack, Packet, Publish},
};

/// Unwritten bytes above which nothing more is taken from the outbox.
pub(super) const ENOUGH_TO_WRITE: usize = 64 << 10;

#[derive(Debug)]
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
    pub(super) fn new(inbox: Inbox, counters: Arc<Counters>) -> Self {
        Self {
            deliveries: inbox.deliveries,
            load: inbox.load,
            window: Window::new(),
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
            if let Some(resend) = self.window.next_resend() {
                self.resend(resend, link);
            } else if self.window.is_open()
                && let Some(delivery) = self.waiting.pop_front()
            {
                self.send(delivery, link);
            } else if let Some(delivery) = self.ready.pop_front() {
                if delivery.qos == QoS::AtMostOnce || self.window.is_open() {
                    self.send(delivery, link);
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

    fn send(&mut self, delivery: Delivery, link: &mut Link) {
        self.load.remove(&delivery);
        let now = Instant::now();
        if delivery.parcel.is_expired(now) {
            return;
        }
        let packet_id = (delivery.qos != QoS::AtMostOnce).then(|| self.window.free_id());
        if !link.queue(&publish(&delivery, packet_id, false, now)) {
            self.counters.publishes_dropped.add(1);
            return;
        }
        self.counters.publishes_sent.add(1);
        if let Some(id) = packet_id {
            self.window.begin(id, delivery);
        }
    }

    /// Its delivery has begun, so that it is sent however old it is (MQTT-3.3.2-5).
    fn resend(&mut self, resend: Resend, link: &mut Link) {
        match resend {
            Resend::Pubrel(packet_id) => {
                link.queue(&Packet::Pubrel(Ack {
                    packet_id,
                    reason: ReasonCode::SUCCESS,
                    ..Ack::default()
                }));
            }
            Resend::Publish(id, delivery) => {
                if link.queue(&publish(&delivery, Some(id), true, Instant::now())) {
                    self.counters.publishes_sent.add(1);
                } else {
                    self.window.remove(id);
                    self.counters.publishes_dropped.add(1);
                }
            }
        }
    }

    /// The client is away: QoS 0 does not wait for it.
    pub(super) fn pause(&mut self) {
        self.forget(|delivery| delivery.qos == QoS::AtMostOnce);
    }

    /// Nobody wants what has outlived its message expiry interval.
    pub(super) fn expire(&mut self, now: Instant) {
        self.forget(|delivery| delivery.parcel.is_expired(now));
    }

    fn forget(&mut self, mut is_forgotten: impl FnMut(&Delivery) -> bool) {
        let load = self.load.clone();
        let all = self.take_queued();
        self.waiting = all
            .into_iter()
            .filter(|delivery| {
                let is_kept = !is_forgotten(delivery);
                if !is_kept {
                    load.remove(delivery);
                }
                is_kept
            })
            .collect();
    }

    /// All that was not begun, oldest first.
    fn take_queued(&mut self) -> VecDeque<Delivery> {
        let mut all = mem::take(&mut self.waiting);
        all.append(&mut self.ready);
        while let Ok(deliveries) = self.deliveries.try_recv() {
            all.extend(deliveries);
        }
        all
    }

    /// The session is over: what another member of a shared subscription may still have, in order.
    pub(super) fn orphans(mut self) -> Vec<Delivery> {
        let queued = self.take_queued();
        let of_group = |delivery: &Delivery| delivery.share.is_some() && delivery.qos != QoS::AtMostOnce;
        let unacknowledged = self.window.unacknowledged();
        unacknowledged.chain(queued).filter(of_group).collect()
    }
}

fn publish(delivery: &Delivery, packet_id: Option<u16>, dup: bool, now: Instant) -> Packet {
    let mut properties = delivery.parcel.properties(now);
    let identifiers = delivery.identifiers.iter().copied();
    properties
        .0
        .extend(identifiers.map(Property::SubscriptionIdentifier));
    let message = &delivery.parcel.message;
    Packet::Publish(Publish {
        dup,
        qos: delivery.qos,
        retain: delivery.retain,
        topic: message.topic.to_string(),
        packet_id,
        properties,
        payload: message.payload.clone(),
    })
}
