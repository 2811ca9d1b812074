//! QoS 1 and 2 on the way to a client: packet ids, what each waits for, and what is sent again when the
//! client comes back (MQTT 5 §4.3, §4.4, §4.9).

use std::collections::{HashMap, VecDeque};

use super::delivery::Delivery;
use crate::mqtt::{QoS, ReasonCode};

/// Publishes in flight to a client that names no Receive Maximum.
const DEFAULT: u16 = 100;

/// What a packet id waits for; a message is kept until the client has it for certain.
#[derive(Debug, Clone)]
enum Stage {
    Puback(Delivery),
    Pubrec(Delivery),
    Pubcomp,
}

#[derive(Debug)]
struct InFlight {
    /// By this, things are sent again in the order they were sent: publishes, and answers to PUBREC.
    order: u64,
    stage: Stage,
}

#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    in_flight: HashMap<u16, InFlight>,
    /// Ids of an earlier connection that are still to be sent on this one.
    resend: VecDeque<u16>,
    last_id: u16,
    last_order: u64,
}

/// What answers a PUBREC.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AfterPubrec {
    /// PUBREL with this code.
    Pubrel(ReasonCode),
    /// Nothing: the client refused the message, its id is free.
    Free,
}

/// What a client that came back has not acknowledged.
#[derive(Debug)]
pub(super) enum Resend {
    /// PUBLISH with DUP, under its old id.
    Publish(u16, Delivery),
    Pubrel(u16),
}

impl Window {
    /// Nothing is in flight, and nothing may be sent before [`Self::open`].
    pub(super) fn new() -> Self {
        Self {
            size: 0,
            in_flight: HashMap::new(),
            resend: VecDeque::new(),
            last_id: 0,
            last_order: 0,
        }
    }

    /// A connection begins; `receive_maximum` as its CONNECT states it. What was in flight is sent again.
    pub(super) fn open(&mut self, receive_maximum: Option<u16>) {
        self.size = receive_maximum.unwrap_or(DEFAULT).clamp(1, DEFAULT).into();
        let mut ids: Vec<_> = self
            .in_flight
            .iter()
            .map(|(&id, entry)| (entry.order, id))
            .collect();
        ids.sort_unstable();
        self.resend = ids.into_iter().map(|(_, id)| id).collect();
    }

    /// Whether a new message may be sent: there is room, and nothing older waits.
    pub(super) fn is_open(&self) -> bool {
        self.resend.is_empty() && self.has_room()
    }

    fn has_room(&self) -> bool {
        self.in_flight.len() - self.resend.len() < self.size
    }

    /// What is to be sent again next; PUBREL needs no room (MQTT-4.9.0-3).
    pub(super) fn next_resend(&mut self) -> Option<Resend> {
        let id = *self.resend.front()?;
        let resend = match &self.in_flight.get(&id)?.stage {
            Stage::Pubcomp => Resend::Pubrel(id),
            Stage::Puback(_) | Stage::Pubrec(_) if !self.has_room() => return None,
            Stage::Puback(delivery) | Stage::Pubrec(delivery) => Resend::Publish(id, delivery.clone()),
        };
        self.resend.pop_front();
        Some(resend)
    }

    /// An id nobody uses; only while the window is open, so that there is one.
    pub(super) fn free_id(&mut self) -> u16 {
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.in_flight.contains_key(&self.last_id) {
                return self.last_id;
            }
        }
    }

    /// A message of QoS 1 or 2 was sent under `id`.
    pub(super) fn begin(&mut self, id: u16, delivery: Delivery) {
        let stage = match delivery.qos {
            QoS::AtMostOnce => return,
            QoS::AtLeastOnce => Stage::Puback(delivery),
            QoS::ExactlyOnce => Stage::Pubrec(delivery),
        };
        let order = self.next_order();
        self.in_flight.insert(id, InFlight { order, stage });
    }

    fn next_order(&mut self) -> u64 {
        self.last_order += 1;
        self.last_order
    }

    /// The id is free.
    pub(super) fn remove(&mut self, id: u16) {
        self.in_flight.remove(&id);
        self.resend.retain(|&other| other != id);
    }

    /// An unknown id is a late repetition; the acknowledgement of another QoS is an error.
    pub(super) fn on_puback(&mut self, id: u16) -> Result<(), ReasonCode> {
        match self.in_flight.get(&id).map(|entry| &entry.stage) {
            Some(Stage::Pubrec(_) | Stage::Pubcomp) => Err(ReasonCode::PROTOCOL_ERROR),
            Some(Stage::Puback(_)) | None => {
                self.remove(id);
                Ok(())
            }
        }
    }

    pub(super) fn on_pubrec(&mut self, id: u16, reason: ReasonCode) -> Result<AfterPubrec, ReasonCode> {
        let order = self.next_order();
        match self.in_flight.get_mut(&id) {
            None => Ok(AfterPubrec::Pubrel(ReasonCode::PACKET_IDENTIFIER_NOT_FOUND)),
            Some(InFlight {
                stage: Stage::Puback(_),
                ..
            }) => Err(ReasonCode::PROTOCOL_ERROR),
            Some(_) if reason.0 >= 0x80 => {
                self.remove(id);
                Ok(AfterPubrec::Free)
            }
            Some(InFlight {
                stage: Stage::Pubcomp,
                ..
            }) => Ok(AfterPubrec::Pubrel(ReasonCode::SUCCESS)),
            Some(entry) => {
                let stage = Stage::Pubcomp;
                *entry = InFlight { order, stage };
                Ok(AfterPubrec::Pubrel(ReasonCode::SUCCESS))
            }
        }
    }

    pub(super) fn on_pubcomp(&mut self, id: u16) -> Result<(), ReasonCode> {
        match self.in_flight.get(&id).map(|entry| &entry.stage) {
            Some(Stage::Puback(_) | Stage::Pubrec(_)) => Err(ReasonCode::PROTOCOL_ERROR),
            Some(Stage::Pubcomp) | None => {
                self.remove(id);
                Ok(())
            }
        }
    }

    /// The QoS 1 messages nobody acknowledged, in order: another member of their group may have them. Those
    /// of QoS 2 may not (MQTT-4.8.2-5).
    pub(super) fn unacknowledged(self) -> impl Iterator<Item = Delivery> {
        let mut entries: Vec<_> = self.in_flight.into_values().collect();
        entries.sort_unstable_by_key(|entry| entry.order);
        entries.into_iter().filter_map(|entry| match entry.stage {
            Stage::Puback(delivery) => Some(delivery),
            Stage::Pubrec(_) | Stage::Pubcomp => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::delivery::tests::delivery, *};

    fn send(window: &mut Window, qos: QoS) -> u16 {
        let id = window.free_id();
        window.begin(id, delivery("t", qos));
        id
    }

    fn open(receive_maximum: Option<u16>) -> Window {
        let mut window = Window::new();
        window.open(receive_maximum);
        window
    }

    /// `+1`: PUBLISH under id 1, `-2`: PUBREL of id 2.
    fn resent(window: &mut Window) -> Vec<i32> {
        std::iter::from_fn(|| window.next_resend())
            .map(|resend| match resend {
                Resend::Publish(id, _) => id.into(),
                Resend::Pubrel(id) => -i32::from(id),
            })
            .collect()
    }

    #[test]
    fn an_id_is_not_used_again_before_its_last_acknowledgement() {
        let mut window = open(Some(2));
        let first = send(&mut window, QoS::ExactlyOnce);
        let second = send(&mut window, QoS::AtLeastOnce);
        assert!(first != second && !window.is_open());
        assert_eq!(
            window.on_pubrec(first, ReasonCode::SUCCESS),
            Ok(AfterPubrec::Pubrel(ReasonCode::SUCCESS))
        );
        assert!(!window.is_open(), "PUBREC does not free the id");
        window.on_pubcomp(first).unwrap();
        assert!(window.is_open());
        window.last_id = second - 1;
        assert_ne!(window.free_id(), second);
    }

    #[test]
    fn acknowledgements_of_the_wrong_kind_are_errors_and_unknown_ones_are_not() {
        let mut window = open(None);
        let qos1 = send(&mut window, QoS::AtLeastOnce);
        let qos2 = send(&mut window, QoS::ExactlyOnce);
        assert_eq!(window.on_puback(qos2), Err(ReasonCode::PROTOCOL_ERROR));
        assert_eq!(window.on_pubcomp(qos2), Err(ReasonCode::PROTOCOL_ERROR));
        assert_eq!(
            window.on_pubrec(qos1, ReasonCode::SUCCESS),
            Err(ReasonCode::PROTOCOL_ERROR)
        );
        assert_eq!(window.on_puback(999), Ok(()));
        assert_eq!(
            window.on_pubrec(999, ReasonCode::SUCCESS),
            Ok(AfterPubrec::Pubrel(ReasonCode::PACKET_IDENTIFIER_NOT_FOUND))
        );
    }

    #[test]
    fn a_refusing_pubrec_frees_the_id() {
        let mut window = open(Some(1));
        let id = send(&mut window, QoS::ExactlyOnce);
        assert_eq!(
            window.on_pubrec(id, ReasonCode::NOT_AUTHORIZED),
            Ok(AfterPubrec::Free)
        );
        assert!(window.is_open());
    }

    #[test]
    fn what_is_in_flight_is_sent_again_in_order_before_anything_new() {
        let mut window = open(None);
        let ids: Vec<_> = [
            QoS::ExactlyOnce,
            QoS::AtLeastOnce,
            QoS::ExactlyOnce,
            QoS::AtLeastOnce,
        ]
        .map(|qos| send(&mut window, qos))
        .into();
        assert_eq!(ids, [1, 2, 3, 4]);
        window.on_pubrec(3, ReasonCode::SUCCESS).unwrap();
        window.on_pubrec(1, ReasonCode::SUCCESS).unwrap();
        window.on_puback(2).unwrap();
        window.open(None);
        assert!(!window.is_open());
        assert_eq!(resent(&mut window), [4, -3, -1]);
        assert!(window.is_open());
    }

    #[test]
    fn what_is_sent_again_keeps_to_the_receive_maximum_of_the_new_connection() {
        let mut window = open(None);
        for _ in 0..3 {
            send(&mut window, QoS::AtLeastOnce);
        }
        window.open(Some(1));
        assert_eq!(resent(&mut window), [1]);
        window.on_puback(1).unwrap();
        assert_eq!(resent(&mut window), [2]);
        // An acknowledgement from before the cut may come late, for what was not yet sent again.
        window.on_puback(3).unwrap();
        window.on_puback(2).unwrap();
        assert!(window.is_open() && resent(&mut window).is_empty());
    }

    #[test]
    fn only_qos_1_goes_to_somebody_else() {
        let mut window = open(None);
        for (topic, qos) in [
            ("1", QoS::AtLeastOnce),
            ("2", QoS::ExactlyOnce),
            ("3", QoS::AtLeastOnce),
        ] {
            let id = window.free_id();
            window.begin(id, delivery(topic, qos));
        }
        let topics: Vec<_> = window
            .unacknowledged()
            .map(|delivery| delivery.parcel.message.topic.to_string())
            .collect();
        assert_eq!(topics, ["1", "3"]);
    }
}
