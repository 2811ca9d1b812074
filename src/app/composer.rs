//! The publish pane: a draft, what was sent before, and what became of the last one.

use bytes::Bytes;
use crossterm::event::{KeyCode, KeyEvent};

use super::text_field::TextField;
use crate::{
    decode::{Decoded, Kind},
    event::{OperationId, Outcome},
    mqtt::{Message, Properties, QoS, ReasonContext, TopicName},
};

/// Drafts kept for ↑.
const HISTORY: usize = 50;

/// The fields in the order of Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Topic name.
    Topic,
    /// 0, 1, 2.
    Qos,
    /// The RETAIN flag.
    Retain,
    /// Payload.
    Body,
}

const FIELDS: [Field; 4] = [Field::Topic, Field::Qos, Field::Retain, Field::Body];

/// What the body is, worked out when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyCheck {
    /// Zero bytes.
    Empty,
    /// Parses as JSON.
    Json,
    /// Begins like JSON and does not parse: what is wrong.
    BrokenJson(String),
    /// Anything else.
    Text,
    /// Bytes taken from a message or file that are no text; kept as they are.
    Binary,
}

/// What became of the last message sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// Nothing was sent yet.
    Nothing,
    /// On its way.
    Waiting(OperationId),
    /// Its end in words, and whether that is good.
    Ended {
        /// Not sanitised: may hold a broker's reason string.
        words: String,
        /// Sent or acknowledged.
        is_ok: bool,
    },
}

/// A draft as it can be sent again.
#[derive(Debug, Clone, PartialEq)]
struct Draft {
    topic: String,
    payload: Bytes,
    qos: QoS,
    retain: bool,
    properties: Properties,
}

/// The publish pane's state.
#[derive(Debug)]
pub struct Composer {
    /// Shown.
    pub is_open: bool,
    /// The field with the keys.
    pub field: Field,
    /// Topic name.
    pub topic: TextField,
    /// Payload as text; unused while `binary` holds bytes.
    pub body: TextField,
    /// A payload that is no text.
    pub binary: Option<Bytes>,
    /// Quality of service.
    pub qos: QoS,
    /// RETAIN.
    pub retain: bool,
    /// Sent along: a reply's correlation data, a resent message's properties.
    pub properties: Properties,
    /// What the body is.
    pub check: BodyCheck,
    /// What is wrong with the topic; `None` while it is fine or empty.
    pub topic_error: Option<String>,
    /// What became of the last one.
    pub sending: Sending,
    history: Vec<Draft>,
    /// Which of the history is shown, from the newest; `None`: the draft itself.
    shown: Option<usize>,
}

impl Default for Composer {
    fn default() -> Self {
        Self {
            is_open: false,
            field: Field::Topic,
            topic: TextField::single(),
            body: TextField::multi(),
            binary: None,
            qos: QoS::AtMostOnce,
            retain: false,
            properties: Properties::NONE,
            check: BodyCheck::Empty,
            topic_error: None,
            sending: Sending::Nothing,
            history: Vec::new(),
            shown: None,
        }
    }
}

impl Composer {
    /// Whether a draft is being written that must not be overwritten by a prefill.
    pub fn has_draft(&self) -> bool {
        !self.body.is_empty() || self.binary.is_some()
    }

    /// The payload as it would be sent.
    pub fn payload(&self) -> Bytes {
        self.binary
            .clone()
            .unwrap_or_else(|| Bytes::from(self.body.text()))
    }

    /// Takes a message as the draft.
    pub fn prefill(
        &mut self,
        topic: &str,
        payload: Option<&[u8]>,
        qos: QoS,
        retain: bool,
        properties: Properties,
    ) {
        self.topic.set(topic);
        if let Some(payload) = payload {
            self.set_payload(payload);
        }
        self.qos = qos;
        self.retain = retain;
        self.properties = properties;
        self.recheck();
    }

    /// Replaces the payload: as text where it is text, else as bytes.
    pub fn set_payload(&mut self, payload: &[u8]) {
        match std::str::from_utf8(payload) {
            Ok(text) => {
                self.binary = None;
                self.body.set(text);
            }
            Err(_) => {
                self.binary = Some(Bytes::copy_from_slice(payload));
                self.body.set("");
            }
        }
        self.recheck();
    }

    /// The next or previous field.
    pub fn step(&mut self, by: isize) {
        let at = FIELDS.iter().position(|field| *field == self.field).unwrap_or(0);
        let next = (at as isize + by).rem_euclid(FIELDS.len() as isize) as usize;
        self.field = FIELDS.get(next).copied().unwrap_or(Field::Topic);
    }

    /// Takes a key as typing.
    pub fn key(&mut self, event: KeyEvent) {
        match (self.field, event.code) {
            (Field::Topic, KeyCode::Enter) => self.step(1),
            (Field::Topic, _) => drop(self.topic.key(event)),
            (Field::Qos, KeyCode::Char(' ') | KeyCode::Right | KeyCode::Enter) => {
                self.qos = next_qos(self.qos);
            }
            (Field::Qos, KeyCode::Left) => self.qos = next_qos(next_qos(self.qos)),
            (Field::Qos, KeyCode::Char(digit @ '0'..='2')) => {
                self.qos = QoS::from_bits(digit as u8 - b'0').unwrap_or_default();
            }
            (Field::Retain, KeyCode::Char(' ' | 'x') | KeyCode::Enter) => self.retain = !self.retain,
            (Field::Body, _) if self.body.key(event) => self.binary = None,
            _ => {}
        }
        self.recheck();
    }

    /// Inserts pasted text into the field with the keys.
    pub fn paste(&mut self, text: &str) {
        match self.field {
            Field::Topic => drop(self.topic.paste(text)),
            Field::Body => {
                self.body.paste(text);
                self.binary = None;
            }
            Field::Qos | Field::Retain => {}
        }
        self.recheck();
    }

    fn recheck(&mut self) {
        self.check = match &self.binary {
            Some(_) => BodyCheck::Binary,
            None => check_text(&self.body.text()),
        };
        self.topic_error = match self.topic.text() {
            text if text.is_empty() => None,
            text => TopicName::new(&text).err().map(|error| error.to_string()),
        };
    }

    /// Shows an older (positive) or newer message of the history.
    pub fn browse(&mut self, by: isize) {
        let next = match self.shown {
            None if by > 0 => 0,
            Some(0) if by < 0 => {
                self.shown = None;
                return;
            }
            Some(at) => at.saturating_add_signed(by),
            None => return,
        };
        let Some(draft) = self.history.iter().rev().nth(next).cloned() else {
            return;
        };
        self.recall(draft);
        self.shown = Some(next);
    }

    /// Takes the newest message of the history as the draft; whether there was one.
    pub(super) fn recall_last(&mut self) -> bool {
        let Some(draft) = self.history.last().cloned() else {
            return false;
        };
        self.recall(draft);
        true
    }

    fn recall(&mut self, draft: Draft) {
        self.prefill(
            &draft.topic,
            Some(&draft.payload),
            draft.qos,
            draft.retain,
            draft.properties,
        );
    }

    /// Keeps a message for ↑.
    pub(super) fn remember(&mut self, message: &Message) {
        let draft = Draft {
            topic: message.topic.to_string(),
            payload: message.payload.clone(),
            qos: message.qos,
            retain: message.retain,
            properties: message.properties.clone(),
        };
        self.history.retain(|other| *other != draft);
        self.history.push(draft);
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
        self.shown = None;
    }

    /// Whether something was sent that can be sent again.
    pub fn has_history(&self) -> bool {
        !self.history.is_empty()
    }

    /// The worker did not take the message.
    pub fn refused(&mut self, id: OperationId, words: String) {
        if self.sending == Sending::Waiting(id) {
            self.sending = Sending::Ended { words, is_ok: false };
        }
    }

    /// The end of the message that is on its way.
    pub fn ended(&mut self, id: OperationId, outcome: &Outcome, took_ms: u128) {
        if self.sending != Sending::Waiting(id) {
            return;
        }
        let (words, is_ok) = describe(outcome, took_ms);
        self.sending = Sending::Ended { words, is_ok };
    }
}

/// An outcome in words, and whether it is a good one.
pub fn describe(outcome: &Outcome, took_ms: u128) -> (String, bool) {
    match outcome {
        Outcome::Sent => ("sent (QoS 0 is never acknowledged)".into(), true),
        Outcome::Acked(codes) => match codes.first() {
            Some(code) if code.0 != 0 => (
                format!("acked in {took_ms} ms: {}", code.display(ReasonContext::Other)),
                !code.is_failure(ReasonContext::Other),
            ),
            _ => (format!("acked in {took_ms} ms"), true),
        },
        Outcome::Failed { reason, .. } => (format!("failed: {reason}"), false),
        Outcome::Unknown => (
            "unknown: the connection was lost before the ack; it may have arrived".into(),
            false,
        ),
    }
}

const fn next_qos(qos: QoS) -> QoS {
    match qos {
        QoS::AtMostOnce => QoS::AtLeastOnce,
        QoS::AtLeastOnce => QoS::ExactlyOnce,
        QoS::ExactlyOnce => QoS::AtMostOnce,
    }
}

fn check_text(text: &str) -> BodyCheck {
    let decoded = Decoded::new(text.as_bytes());
    let looks_like_json = text.trim_start().starts_with(['{', '[']);
    match (decoded.kind(), decoded.fault()) {
        (Kind::Empty, _) => BodyCheck::Empty,
        (Kind::Json, None) => BodyCheck::Json,
        (_, Some(fault)) if looks_like_json => BodyCheck::BrokenJson(fault.to_owned()),
        _ => BodyCheck::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_is_checked_as_it_changes() {
        for (text, check) in [
            ("", BodyCheck::Empty),
            ("{\"a\": 1}", BodyCheck::Json),
            ("on", BodyCheck::Text),
        ] {
            assert_eq!(check_text(text), check, "{text}");
        }
        assert!(matches!(check_text("{\"a\": }"), BodyCheck::BrokenJson(_)));
    }

    #[test]
    fn bytes_that_are_no_text_are_sent_as_they_are() {
        let mut composer = Composer::default();
        composer.prefill("a", Some(&[0xff, 0x00]), QoS::AtLeastOnce, true, Properties::NONE);
        assert_eq!(
            (composer.payload().as_ref(), &composer.check),
            (&[0xff, 0x00][..], &BodyCheck::Binary)
        );
        composer.field = Field::Body;
        composer.paste("x");
        assert_eq!(composer.payload().as_ref(), b"x");
    }

    #[test]
    fn fields_come_round() {
        let mut composer = Composer::default();
        for field in [Field::Qos, Field::Retain, Field::Body, Field::Topic] {
            composer.step(1);
            assert_eq!(composer.field, field);
        }
    }
}
