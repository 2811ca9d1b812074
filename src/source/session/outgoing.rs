//! Publishes of ours: window, acks, resending (MQTT 5 §4.3, §4.4, §4.9).
//!
//! ```text
//! waiting ──window──▶ Puback ──PUBACK──▶ end        QoS 1
//!                     Pubrec ──PUBREC──▶ Pubcomp ──PUBCOMP──▶ end   QoS 2
//! ```

use std::collections::VecDeque;

use super::{
    Session, not_sent,
    reading::{odd, unsolicited},
    refused,
};
use crate::{
    event::{OperationId, OperationKind, Outcome},
    mqtt::{Message, Property, QoS, ReasonCode, ReasonContext},
    wire::{Ack, Anomaly, Packet, PacketType, Publish},
};

/// Unacknowledged publishes at a time, as mosquitto's clients have it, even where the server allows more.
const WINDOW: u16 = 20;
/// Publishes that may wait for the window: a burst of a user's, not a store.
const MAX_WAITING: usize = 1024;
/// Their payload bytes together.
const MAX_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// The next ack a publish needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Puback,
    Pubrec,
    Pubcomp,
}

impl Awaits {
    const fn packet_type(self) -> PacketType {
        match self {
            Self::Puback => PacketType::Puback,
            Self::Pubrec => PacketType::Pubrec,
            Self::Pubcomp => PacketType::Pubcomp,
        }
    }
}

/// Who asked for it and when; `None` once its end was told.
type Asked = Option<(OperationId, u64)>;

struct InFlight {
    packet_id: u16,
    asked: Asked,
    awaits: Awaits,
    /// Kept for resending until the server has it.
    publish: Option<Publish>,
    /// Sent on this connection.
    is_sent: bool,
}

struct Waiting {
    id: OperationId,
    asked_at: u64,
    message: Message,
}

/// Publishes of QoS 1 and 2 that are under way: those that await PUBCOMP, then the others, oldest first.
#[derive(Default)]
pub struct Publishes {
    in_flight: Vec<InFlight>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
}

impl Publishes {
    /// Whether acks are to come.
    pub fn are_open(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// PUBREC came for this one: what awaits PUBCOMP stands before the others, in the order of the PUBRECs,
    /// in which PUBREL goes out, again after a resume too (MQTT-4.6.0-4).
    fn received(&mut self, packet_id: u16) {
        let Some(from) = self.in_flight.iter().position(|one| one.packet_id == packet_id) else {
            return;
        };
        let mut one = self.in_flight.remove(from);
        one.awaits = Awaits::Pubcomp;
        one.publish = None;
        let is_released = |one: &InFlight| one.awaits == Awaits::Pubcomp;
        let to = self.in_flight.iter().take_while(|one| is_released(one)).count();
        self.in_flight.insert(to, one);
    }
}

impl Session {
    /// Publishes, or says why not. The end comes as an output.
    pub fn publish(&mut self, id: OperationId, message: Message, now: u64) {
        if let Err(reason) = self.check_publish(&message) {
            self.end(OperationKind::Publish, id, now, not_sent(reason), now);
        } else if message.qos == QoS::AtMostOnce {
            self.publish_at_most_once(id, message, now);
        } else {
            self.publishes.waiting_bytes += message.payload.len();
            self.publishes.waiting.push_back(Waiting {
                id,
                asked_at: now,
                message,
            });
            self.pump(now);
        }
    }

    fn publish_at_most_once(&mut self, id: OperationId, message: Message, now: u64) {
        match self.encode_publish(&publish(message, None)) {
            Ok(frame) => self.push_frame(PacketType::Publish, frame, Some((id, now))),
            Err(reason) => self.end(OperationKind::Publish, id, now, not_sent(reason), now),
        }
    }

    fn check_publish(&self, message: &Message) -> Result<(), String> {
        if !self.is_up() {
            return Err("not connected: nothing was sent".into());
        }
        let limits = &self.link.limits;
        if message.qos > limits.maximum_qos {
            return Err(format!(
                "this broker takes QoS {} at most (maximum QoS in CONNACK): use a lower QoS (-q)",
                limits.maximum_qos
            ));
        }
        if message.retain && !limits.retain_available {
            return Err(
                "this broker keeps no retained messages (retain available in CONNACK): publish without retain"
                    .into(),
            );
        }
        match message.properties.topic_alias() {
            Some(alias) if alias == 0 || alias > limits.topic_alias_maximum => {
                return Err(format!(
                    "topic alias {alias}: this broker takes {}",
                    match limits.topic_alias_maximum {
                        0 => "none".to_owned(),
                        maximum => format!("1 to {maximum}"),
                    }
                ));
            }
            _ => {}
        }
        let publishes = &self.publishes;
        let is_full = publishes.waiting.len() >= MAX_WAITING
            || publishes.waiting_bytes + message.payload.len() > MAX_WAITING_BYTES
                && !publishes.waiting.is_empty();
        if message.qos > QoS::AtMostOnce && is_full {
            return Err(format!(
                "{} publishes already wait for acks: wait until some are done",
                publishes.waiting.len()
            ));
        }
        Ok(())
    }

    fn encode_publish(&self, publish: &Publish) -> Result<Vec<u8>, String> {
        self.try_encode(&Packet::Publish(publish.clone()))
    }

    /// Sends what the window has room for: first what is to be resent, then what waits. No PUBREL waits for
    /// the window (MQTT-3.3.4-8).
    fn pump(&mut self, now: u64) {
        let window = usize::from(WINDOW.min(self.link.limits.receive_maximum));
        let mut index = 0;
        while let Some(one) = self.publishes.in_flight.get(index) {
            let open = self.publishes.in_flight.iter().filter(|one| one.is_sent).count();
            if one.awaits == Awaits::Pubcomp || open < window {
                self.resend(index, now);
            }
            index += 1;
        }
        while self.publishes.in_flight.len() < window {
            let Some(next) = self.publishes.waiting.pop_front() else {
                break;
            };
            self.publishes.waiting_bytes -= next.message.payload.len();
            self.launch(next, now);
        }
    }

    /// Sends one again that was not yet sent on this connection (MQTT-4.4.0-1).
    fn resend(&mut self, index: usize, now: u64) {
        let Some(one) = self.publishes.in_flight.get_mut(index).filter(|one| !one.is_sent) else {
            return;
        };
        one.is_sent = true;
        let packet_id = one.packet_id;
        let Some(publish) = one.publish.clone() else {
            self.send_pubrel(packet_id, ReasonCode::SUCCESS);
            return;
        };
        match self.encode_publish(&Publish { dup: true, ..publish }) {
            Ok(frame) => self.push_frame(PacketType::Publish, frame, None),
            Err(reason) => self.finish(packet_id, not_sent(reason), now),
        }
    }

    fn launch(&mut self, waiting: Waiting, now: u64) {
        let Some(packet_id) = self.ids.take() else {
            let outcome = not_sent("all 65,535 packet ids are in use");
            self.end(OperationKind::Publish, waiting.id, waiting.asked_at, outcome, now);
            return;
        };
        let awaits = if waiting.message.qos == QoS::AtLeastOnce {
            Awaits::Puback
        } else {
            Awaits::Pubrec
        };
        let mut publish = publish(waiting.message, Some(packet_id));
        match self.encode_publish(&publish) {
            Ok(frame) => {
                // An alias ends with the connection; the topic is always there too.
                publish
                    .properties
                    .0
                    .retain(|property| !matches!(property, Property::TopicAlias(_)));
                self.publishes.in_flight.push(InFlight {
                    packet_id,
                    asked: Some((waiting.id, waiting.asked_at)),
                    awaits,
                    publish: Some(publish),
                    is_sent: true,
                });
                self.push_frame(PacketType::Publish, frame, None);
            }
            Err(reason) => {
                self.ids.give_back(packet_id);
                let outcome = not_sent(reason);
                self.end(OperationKind::Publish, waiting.id, waiting.asked_at, outcome, now);
            }
        }
    }

    pub(super) fn on_puback(&mut self, ack: &Ack, now: u64) -> Option<Anomaly> {
        if let Some(anomaly) = self.check_ack(ack, Awaits::Puback) {
            return Some(anomaly);
        }
        self.finish(ack.packet_id, outcome(ack), now);
        None
    }

    pub(super) fn on_pubrec(&mut self, ack: &Ack, now: u64) -> Option<Anomaly> {
        let is_failure = ack.reason.is_failure(ReasonContext::Other);
        if let Some(anomaly) = self.check_ack(ack, Awaits::Pubrec) {
            if !is_failure {
                self.answer_stray_pubrec(ack.packet_id);
            }
            return Some(anomaly);
        }
        if is_failure {
            self.finish(ack.packet_id, outcome(ack), now);
            return None;
        }
        self.publishes.received(ack.packet_id);
        self.send_pubrel(ack.packet_id, ReasonCode::SUCCESS);
        None
    }

    /// A peer that repeats PUBREC, or remembers one we do not, waits for PUBREL (MQTT 5 §4.4).
    fn answer_stray_pubrec(&mut self, packet_id: u16) {
        match self.find(packet_id).map(|one| one.awaits) {
            Some(Awaits::Pubcomp) => self.send_pubrel(packet_id, ReasonCode::SUCCESS),
            Some(_) => {}
            None => self.send_pubrel(packet_id, ReasonCode::PACKET_IDENTIFIER_NOT_FOUND),
        }
    }

    pub(super) fn on_pubcomp(&mut self, ack: &Ack, now: u64) -> Option<Anomaly> {
        if let Some(anomaly) = self.check_ack(ack, Awaits::Pubcomp) {
            return Some(anomaly);
        }
        self.finish(ack.packet_id, outcome(ack), now);
        None
    }

    /// The oddity if no publish with this id awaits this ack.
    fn check_ack(&mut self, ack: &Ack, kind: Awaits) -> Option<Anomaly> {
        match self.find(ack.packet_id) {
            Some(one) if one.awaits == kind && one.is_sent => None,
            Some(one) => Some(odd(format!(
                "{} for packet id {}, which awaits {}",
                kind.packet_type().name(),
                ack.packet_id,
                one.awaits.packet_type().name()
            ))),
            None => Some(unsolicited(kind.packet_type(), ack.packet_id)),
        }
    }

    fn find(&mut self, packet_id: u16) -> Option<&mut InFlight> {
        self.publishes
            .in_flight
            .iter_mut()
            .find(|one| one.packet_id == packet_id)
    }

    fn finish(&mut self, packet_id: u16, outcome: Outcome, now: u64) {
        let in_flight = &mut self.publishes.in_flight;
        let Some(index) = in_flight.iter().position(|one| one.packet_id == packet_id) else {
            return;
        };
        let done = in_flight.remove(index);
        self.ids.give_back(packet_id);
        if let Some((id, asked)) = done.asked {
            self.end(OperationKind::Publish, id, asked, outcome, now);
        }
        self.pump(now);
    }

    fn send_pubrel(&mut self, packet_id: u16, reason: ReasonCode) {
        self.send(&Packet::Pubrel(Ack {
            packet_id,
            reason,
            ..Default::default()
        }));
    }

    /// The connection is gone. What was never sent failed; what was sent stays open if the session may be
    /// resumed, and is kept for that even where its end is told as `Unknown`: the server may still hold its id.
    pub(super) fn lose_publishes(&mut self, may_resume: bool, now: u64) {
        self.publishes.waiting_bytes = 0;
        for lost in std::mem::take(&mut self.publishes.waiting) {
            let outcome = not_sent("the connection was lost before this was sent");
            self.end(OperationKind::Publish, lost.id, lost.asked_at, outcome, now);
        }
        for index in 0..self.publishes.in_flight.len() {
            let Some(one) = self.publishes.in_flight.get_mut(index) else {
                break;
            };
            one.is_sent = false;
            if let Some((id, asked)) = one.asked.take_if(|_| !may_resume) {
                self.end(OperationKind::Publish, id, asked, Outcome::Unknown, now);
            }
        }
    }

    /// After CONNACK: on the same session in the original order, on a fresh one not at all. Gives how many go on.
    pub(super) fn resume_publishes(&mut self, session_present: bool, now: u64) -> usize {
        if !session_present {
            for lost in std::mem::take(&mut self.publishes.in_flight) {
                self.ids.give_back(lost.packet_id);
                if let Some((id, asked)) = lost.asked {
                    self.end(OperationKind::Publish, id, asked, Outcome::Unknown, now);
                }
            }
        }
        let resent = self.publishes.in_flight.len();
        self.pump(now);
        resent
    }
}

fn publish(message: Message, packet_id: Option<u16>) -> Publish {
    Publish {
        dup: false,
        qos: message.qos,
        retain: message.retain,
        topic: message.topic.as_str().to_owned(),
        packet_id,
        properties: message.properties,
        payload: message.payload,
    }
}

fn outcome(ack: &Ack) -> Outcome {
    if ack.reason.is_failure(ReasonContext::Other) {
        let words = ack.reason.display(ReasonContext::Other).to_string();
        refused(ack.reason, words, &ack.properties)
    } else {
        Outcome::Acked(vec![ack.reason])
    }
}
