//! QoS 1 and 2 on the way to a client: packet ids and what each waits for (MQTT 5 §4.3, §4.9).

use std::collections::HashMap;

use crate::mqtt::{QoS, ReasonCode};

/// Publishes in flight to a client that names no Receive Maximum.
const DEFAULT: u16 = 100;

/// What a packet id waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Puback,
    Pubrec,
    Pubcomp,
}

#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    in_flight: HashMap<u16, Stage>,
    last_id: u16,
}

/// What answers a PUBREC.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AfterPubrec {
    /// PUBREL with this code.
    Pubrel(ReasonCode),
    /// Nothing: the client refused the message, its id is free.
    Free,
}

impl Window {
    /// `receive_maximum` as the client's CONNECT states it.
    pub(super) fn new(receive_maximum: Option<u16>) -> Self {
        Self {
            size: receive_maximum.unwrap_or(DEFAULT).clamp(1, DEFAULT).into(),
            in_flight: HashMap::new(),
            last_id: 0,
        }
    }

    /// Whether one more may be sent.
    pub(super) fn is_open(&self) -> bool {
        self.in_flight.len() < self.size
    }

    /// The packet id of a publish that is sent now; none for QoS 0.
    pub(super) fn begin(&mut self, qos: QoS) -> Option<u16> {
        let stage = match qos {
            QoS::AtMostOnce => return None,
            QoS::AtLeastOnce => Stage::Puback,
            QoS::ExactlyOnce => Stage::Pubrec,
        };
        loop {
            self.last_id = self.last_id.checked_add(1).unwrap_or(1);
            if !self.in_flight.contains_key(&self.last_id) {
                self.in_flight.insert(self.last_id, stage);
                return Some(self.last_id);
            }
        }
    }

    /// A publish that was begun and could not be sent.
    pub(super) fn abandon(&mut self, id: Option<u16>) {
        if let Some(id) = id {
            self.in_flight.remove(&id);
        }
    }

    /// An unknown id is a late repetition; the acknowledgement of another QoS is an error.
    pub(super) fn on_puback(&mut self, id: u16) -> Result<(), ReasonCode> {
        self.finish(id, Stage::Puback)
    }

    pub(super) fn on_pubrec(&mut self, id: u16, reason: ReasonCode) -> Result<AfterPubrec, ReasonCode> {
        match self.in_flight.get_mut(&id) {
            None => Ok(AfterPubrec::Pubrel(ReasonCode::PACKET_IDENTIFIER_NOT_FOUND)),
            Some(Stage::Puback) => Err(ReasonCode::PROTOCOL_ERROR),
            Some(_) if reason.0 >= 0x80 => {
                self.in_flight.remove(&id);
                Ok(AfterPubrec::Free)
            }
            Some(stage) => {
                *stage = Stage::Pubcomp;
                Ok(AfterPubrec::Pubrel(ReasonCode::SUCCESS))
            }
        }
    }

    pub(super) fn on_pubcomp(&mut self, id: u16) -> Result<(), ReasonCode> {
        self.finish(id, Stage::Pubcomp)
    }

    fn finish(&mut self, id: u16, expected: Stage) -> Result<(), ReasonCode> {
        match self.in_flight.get(&id) {
            Some(&stage) if stage != expected => Err(ReasonCode::PROTOCOL_ERROR),
            _ => {
                self.in_flight.remove(&id);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_not_used_again_before_its_last_acknowledgement() {
        let mut window = Window::new(Some(2));
        let first = window.begin(QoS::ExactlyOnce).unwrap();
        let second = window.begin(QoS::AtLeastOnce).unwrap();
        assert!(first != second && !window.is_open());
        assert_eq!(
            window.on_pubrec(first, ReasonCode::SUCCESS),
            Ok(AfterPubrec::Pubrel(ReasonCode::SUCCESS))
        );
        assert!(!window.is_open(), "PUBREC does not free the id");
        window.on_pubcomp(first).unwrap();
        assert!(window.is_open());
        window.last_id = second - 1;
        assert_ne!(window.begin(QoS::AtLeastOnce), Some(second));
    }

    #[test]
    fn acknowledgements_must_fit_their_publish() {
        let mut window = Window::new(None);
        let qos1 = window.begin(QoS::AtLeastOnce).unwrap();
        let qos2 = window.begin(QoS::ExactlyOnce).unwrap();
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
        let mut window = Window::new(Some(1));
        let id = window.begin(QoS::ExactlyOnce).unwrap();
        assert_eq!(
            window.on_pubrec(id, ReasonCode::NOT_AUTHORIZED),
            Ok(AfterPubrec::Free)
        );
        assert!(window.is_open());
    }
}
