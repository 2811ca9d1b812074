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
    /// The MQTT 5 properties: a form of their own.
    Properties,
    /// Payload.
    Body,
}

const FIELDS: [Field; 5] = [
    Field::Topic,
    Field::Qos,
    Field::Retain,
    Field::Body,
    Field::Properties,
];

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

impl Draft {
    fn of(message: &Message) -> Self {
        Self {
            topic: message.topic.to_string(),
            payload: message.payload.clone(),
            qos: message.qos,
            retain: message.retain,
            properties: message.properties.clone(),
        }
    }
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
    /// The one sent last.
    last_sent: Option<Message>,
    /// Which of the history is shown, from the newest, and the draft that comes back behind the newest.
    shown: Option<(usize, Draft)>,
    /// What the form was filled with; a draft that still equals it is nobody's work.
    filled: Option<Draft>,
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
            last_sent: None,
            shown: None,
            filled: None,
        }
    }
}

impl Composer {
    /// Whether a draft is being written that must not be overwritten by a prefill.
    pub fn has_draft(&self) -> bool {
        let draft = self.draft();
        let is_blank = draft.topic.is_empty() && draft.payload.is_empty();
        !is_blank && !self.was_sent(&draft) && self.filled.as_ref() != Some(&draft)
    }

    fn was_sent(&self, draft: &Draft) -> bool {
        matches!(self.sending, Sending::Ended { is_ok: true, .. }) && self.is_last_sent(draft)
    }

    fn is_last_sent(&self, draft: &Draft) -> bool {
        self.last_sent
            .as_ref()
            .is_some_and(|message| Draft::of(message) == *draft)
    }

    fn draft(&self) -> Draft {
        Draft {
            topic: self.topic.text(),
            payload: self.payload(),
            qos: self.qos,
            retain: self.retain,
            properties: self.properties.clone(),
        }
    }

    /// Takes a message as the draft that nobody has changed yet; a draft in the making goes to the history.
    pub fn fill(&mut self, topic: &str, payload: &[u8], qos: QoS, retain: bool, properties: Properties) {
        if self.has_draft() {
            let draft = self.draft();
            self.keep(draft);
        }
        self.prefill(topic, Some(payload), qos, retain, properties);
        self.filled = Some(self.draft());
        self.shown = None;
    }

    /// The payload as it would be sent.
    pub fn payload(&self) -> Bytes {
        self.binary
            .clone()
            .unwrap_or_else(|| Bytes::from(self.body.text()))
    }

    fn prefill(
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
            Ok(text) => self.body.set(text),
            Err(_) => self.body.set(""),
        }
        // What the field would change, line ends among it, is kept as bytes.
        self.binary = (self.body.text().as_bytes() != payload).then(|| Bytes::copy_from_slice(payload));
        if self.binary.is_some() {
            self.body.set("");
        }
        self.recheck();
    }

    /// The next or previous field.
    pub fn step(&mut self, by: isize) {
        let at = FIELDS.iter().position(|field| *field == self.field).unwrap_or(0);
        let next = (at as isize + by).rem_euclid(FIELDS.len() as isize) as usize;
        self.field = FIELDS.get(next).copied().unwrap_or(Field::Topic);
    }

    /// Whether a key asks for the form of the properties.
    pub fn opens_properties(&self, event: KeyEvent) -> bool {
        let is_asking = matches!(event.code, KeyCode::Enter | KeyCode::Right | KeyCode::Char(' '));
        self.field == Field::Properties && is_asking
    }

    /// Sends these properties along.
    pub fn set_properties(&mut self, properties: Properties) {
        self.properties = properties;
        self.recheck();
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
            Field::Qos | Field::Retain | Field::Properties => {}
        }
        self.recheck();
    }

    fn recheck(&mut self) {
        // What became of the last one is not true of a changed draft.
        if matches!(self.sending, Sending::Ended { .. }) && !self.is_last_sent(&self.draft()) {
            self.sending = Sending::Nothing;
        }
        self.check = match &self.binary {
            Some(_) => BodyCheck::Binary,
            None => check_text(&self.body.text()),
        };
        self.topic_error = match self.topic.text() {
            text if text.is_empty() => None,
            text => TopicName::new(&text).err().map(|error| error.to_string()),
        };
    }

    /// Shows an older (positive) or newer message of the history; behind the newest, the draft again.
    pub fn browse(&mut self, by: isize) {
        let (next, draft) = match self.shown.take() {
            None if by > 0 => (0, self.draft()),
            None => return,
            Some((0, draft)) if by < 0 => return self.recall(draft),
            Some((at, draft)) => (at.saturating_add_signed(by), draft),
        };
        let next = next.min(self.history.len().saturating_sub(1));
        if let Some(older) = self.history.iter().rev().nth(next).cloned() {
            self.recall(older);
            self.shown = Some((next, draft));
        }
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

    /// Keeps a message that is sent for ↑.
    pub(super) fn remember(&mut self, message: &Message) {
        self.keep(Draft::of(message));
        self.last_sent = Some(message.clone());
        self.shown = None;
    }

    fn keep(&mut self, draft: Draft) {
        self.history.retain(|other| *other != draft);
        self.history.push(draft);
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
    }

    /// What was sent last and can be sent again.
    pub const fn last_sent(&self) -> Option<&Message> {
        self.last_sent.as_ref()
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
        Outcome::Failed { reason, .. } => {
            let advice = outcome.advice(ReasonContext::Other);
            let gap = if advice.is_empty() { "" } else { "; " };
            (format!("failed: {reason}{gap}{advice}"), false)
        }
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
        composer.fill("a", &[0xff, 0x00], QoS::AtLeastOnce, true, Properties::NONE);
        assert_eq!(
            (composer.payload().as_ref(), &composer.check),
            (&[0xff, 0x00][..], &BodyCheck::Binary)
        );
        composer.field = Field::Body;
        composer.paste("x");
        assert_eq!(composer.payload().as_ref(), b"x");
    }

    fn draft(topic: &str, body: &str) -> Composer {
        let mut composer = Composer::default();
        composer.topic.set(topic);
        composer.body.set(body);
        composer
    }

    fn sent(composer: &mut Composer) {
        composer.remember(&Message {
            topic: TopicName::new(&composer.topic.text()).unwrap(),
            payload: composer.payload(),
            qos: composer.qos,
            retain: composer.retain,
            properties: Properties::NONE,
        });
        composer.sending = Sending::Ended {
            words: "sent".into(),
            is_ok: true,
        };
    }

    #[test]
    fn history_gives_the_draft_back() {
        let mut composer = draft("a", "old");
        sent(&mut composer);
        composer.body.set("in the making");
        composer.browse(1);
        composer.browse(1);
        assert_eq!(composer.body.text(), "old");
        composer.browse(-1);
        assert_eq!(composer.body.text(), "in the making");
    }

    #[test]
    fn only_what_was_written_and_not_sent_is_a_draft() {
        let mut composer = Composer::default();
        composer.fill("a", b"", QoS::AtMostOnce, false, Properties::NONE);
        assert!(!composer.has_draft());
        composer.body.set("on");
        assert!(composer.has_draft());
        sent(&mut composer);
        assert!(!composer.has_draft());
    }

    #[test]
    fn a_draft_in_the_making_is_found_in_the_history() {
        let mut composer = draft("a", "in the making");
        composer.fill("b", b"resent", QoS::AtMostOnce, false, Properties::NONE);
        composer.browse(1);
        assert_eq!(composer.body.text(), "in the making");
    }

    #[test]
    fn the_last_one_s_fate_is_not_said_of_a_changed_draft() {
        let mut composer = draft("a", "on");
        sent(&mut composer);
        composer.field = Field::Body;
        composer.paste("x");
        assert_eq!(composer.sending, Sending::Nothing);
    }

    #[test]
    fn line_ends_of_a_message_are_resent_as_they_are() {
        for payload in ["a\r\nb", "a\rb", "a\tb\n", "\n"] {
            let mut composer = Composer::default();
            composer.fill("a", payload.as_bytes(), QoS::AtMostOnce, false, Properties::NONE);
            assert_eq!(composer.payload().as_ref(), payload.as_bytes());
        }
    }

    #[test]
    fn fields_come_round() {
        let mut composer = Composer::default();
        for field in [
            Field::Qos,
            Field::Retain,
            Field::Body,
            Field::Properties,
            Field::Topic,
        ] {
            composer.step(1);
            assert_eq!(composer.field, field);
        }
    }
}
