//! The details pane: one message in several views, decoded once when it comes into view.

use std::{collections::HashMap, ops::Range};

use super::changes::changes;
use crate::{
    decode::{Decoded, Kind},
    model::{MessageRef, Model},
    mqtt::{Properties, Property, ProtocolVersion},
    wire::{self, FieldValue, Packet},
};

/// The views, in the order of `]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Pretty-printed by kind.
    Tree,
    /// As text.
    Raw,
    /// As a hex dump.
    Hex,
    /// The PUBLISH properties and flags.
    Props,
    /// The packet, field by field.
    Packet,
}

impl Tab {
    /// In the order of `]`.
    pub const ALL: [Self; 5] = [Self::Tree, Self::Raw, Self::Hex, Self::Props, Self::Packet];

    /// As in the pane's title.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Raw => "Raw",
            Self::Hex => "Hex",
            Self::Props => "Props",
            Self::Packet => "Packet",
        }
    }
}

/// A line of the tables behind Props and Packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Nesting.
    pub depth: u16,
    /// What it is.
    pub name: String,
    /// Not sanitised.
    pub value: String,
    /// Where in the frame, if it is there.
    pub range: Option<Range<usize>>,
}

/// What is shown.
#[derive(Debug)]
pub enum Content {
    /// A payload.
    Payload(Box<Decoded>),
    /// A table.
    Facts(Vec<Fact>),
}

/// What has been decoded, and for which message and view.
#[derive(Debug)]
struct Shown {
    id: u64,
    topic: String,
    tab: Tab,
    content: Content,
    lines: usize,
    /// Line → what it was in the message before.
    changes: HashMap<usize, String>,
}

/// The pane's state.
#[derive(Debug)]
pub struct DetailsPane {
    /// The view.
    pub tab: Tab,
    /// The first line in view.
    pub first: usize,
    shown: Option<Shown>,
    height: usize,
}

impl Default for DetailsPane {
    fn default() -> Self {
        Self {
            tab: Tab::Tree,
            first: 0,
            shown: None,
            height: 0,
        }
    }
}

impl DetailsPane {
    /// Decodes a message unless it is the one shown.
    pub fn settle(&mut self, model: &Model, message: Option<&MessageRef<'_>>, height: u16) {
        self.height = usize::from(height);
        let Some(message) = message else {
            self.shown = None;
            return;
        };
        if self
            .shown
            .as_ref()
            .is_none_or(|shown| shown.id != message.id() || shown.tab != self.tab)
        {
            self.go_to_top_of_another(message);
            let content = content(message, self.tab);
            let lines = match &content {
                Content::Payload(decoded) => decoded.line_count(message.payload()),
                Content::Facts(facts) => facts.len(),
            };
            let changes = match (&content, self.tab) {
                (Content::Payload(decoded), Tab::Tree) => {
                    let before = model.previous_on_topic(message.id());
                    before
                        .map(|before| changes(before.payload(), message.payload(), decoded))
                        .unwrap_or_default()
                }
                _ => HashMap::new(),
            };
            self.shown = Some(Shown {
                id: message.id(),
                topic: message.topic().into_owned(),
                tab: self.tab,
                content,
                lines,
                changes,
            });
        }
        let last = self.lines().saturating_sub(self.height.max(1));
        self.first = self.first.min(last);
    }

    /// The next value of a topic is looked at in the same place, anything else from its top.
    fn go_to_top_of_another(&mut self, message: &MessageRef<'_>) {
        let shown = self.shown.as_ref();
        if shown.is_some_and(|shown| shown.id != message.id() && shown.topic != message.topic()) {
            self.first = 0;
        }
    }

    /// What is shown; `None` without a message.
    pub fn content(&self) -> Option<&Content> {
        self.shown.as_ref().map(|shown| &shown.content)
    }

    /// What a line said in the message before, in words; `None` where nothing changed. Not sanitised.
    pub fn change(&self, line: usize) -> Option<&str> {
        self.shown.as_ref()?.changes.get(&line).map(String::as_str)
    }

    /// Lines there are.
    pub fn lines(&self) -> usize {
        self.shown.as_ref().map_or(0, |shown| shown.lines)
    }

    /// What the payload is.
    pub fn kind(&self) -> Option<Kind> {
        match self.content()? {
            Content::Payload(decoded) => Some(decoded.kind()),
            Content::Facts(_) => None,
        }
    }

    /// Rows on the screen.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Scrolls by lines.
    pub fn scroll(&mut self, lines: isize) {
        let last = self.lines().saturating_sub(self.height.max(1));
        self.first = self.first.saturating_add_signed(lines).min(last);
    }

    /// The next or previous view.
    pub fn step_tab(&mut self, by: isize) {
        let at = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0) as isize;
        let next = (at + by).rem_euclid(Tab::ALL.len() as isize) as usize;
        self.tab = Tab::ALL.get(next).copied().unwrap_or(Tab::Tree);
        self.first = 0;
    }
}

fn content(message: &MessageRef<'_>, tab: Tab) -> Content {
    match tab {
        Tab::Tree => Content::Payload(Box::new(Decoded::new(message.payload()))),
        Tab::Raw => Content::Payload(Box::new(Decoded::as_text(message.payload()))),
        Tab::Hex => Content::Payload(Box::new(Decoded::as_hex(message.payload()))),
        Tab::Props => Content::Facts(properties_table(message)),
        Tab::Packet => Content::Facts(packet_table(message)),
    }
}

const fn version(message: &MessageRef<'_>) -> ProtocolVersion {
    if message.is_v5() {
        ProtocolVersion::V5
    } else {
        ProtocolVersion::V311
    }
}

/// A message's properties; empty before MQTT 5.
pub fn properties(message: &MessageRef<'_>) -> Properties {
    if message.properties().is_empty() {
        return Properties::NONE;
    }
    let frame = message.frame();
    match wire::decode(&frame.bytes, version(message), message.direction()).packet {
        Some(Packet::Publish(publish)) => publish.properties,
        _ => Properties::NONE,
    }
}

fn properties_table(message: &MessageRef<'_>) -> Vec<Fact> {
    let fact = |name: &str, value: String| Fact {
        depth: 0,
        name: name.into(),
        value,
        range: None,
    };
    let mut facts = vec![
        fact("QoS", message.qos().to_string()),
        fact("retain", message.retain().to_string()),
        fact("dup", message.dup().to_string()),
        fact(
            "packet id",
            message
                .packet_id()
                .map_or_else(|| "–".into(), |id| id.to_string()),
        ),
        fact(
            "bytes on the wire",
            crate::text::grouped(message.wire_len().into()),
        ),
    ];
    facts.extend(properties(message).0.iter().map(|property| match property {
        Property::UserProperty((key, value)) => fact(&format!("user property {key}"), value.clone()),
        other => fact(other.id().name(), property_value(other)),
    }));
    if !message.is_v5() {
        facts.push(fact("properties", "none before MQTT 5".into()));
    }
    facts
}

fn property_value(property: &Property) -> String {
    match property {
        Property::CorrelationData(data) => shown_bytes(data),
        Property::ContentType(text) | Property::ResponseTopic(text) => text.clone(),
        Property::PayloadFormatIndicator(1) => "1 (UTF-8)".into(),
        Property::MessageExpiryInterval(seconds) => format!("{seconds} s"),
        Property::SubscriptionIdentifier(id) => id.to_string(),
        Property::TopicAlias(alias) => alias.to_string(),
        other => format!("{other:?}"),
    }
}

fn shown_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.chars().all(|char| !char.is_control()) => {
            format!("{text}  ({} B)", bytes.len())
        }
        _ => bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

fn packet_table(message: &MessageRef<'_>) -> Vec<Fact> {
    let frame = message.frame();
    let dissection = wire::dissect(&frame.bytes, version(message), message.direction());
    let mut facts = Vec::new();
    if !frame.is_exact {
        let value = if message.is_truncated() {
            "the payload is stored in part"
        } else {
            "put together again: not byte for byte as received"
        };
        facts.push(Fact {
            depth: 0,
            name: "note".into(),
            value: value.into(),
            range: None,
        });
    }
    facts.extend(dissection.fields.iter().map(|field| Fact {
        depth: u16::from(field.depth),
        name: field.name.to_owned(),
        value: field_value(&field.value, &frame.bytes),
        range: Some(field.range.clone()),
    }));
    facts.extend(dissection.anomalies.iter().map(|anomaly| Fact {
        depth: 0,
        name: "anomaly".into(),
        value: anomaly.what.clone(),
        range: Some(anomaly.offset..anomaly.offset + 1),
    }));
    facts
}

/// Of long texts and bytes only what a line can show.
const SHOWN: usize = 200;

fn field_value(value: &FieldValue, frame: &[u8]) -> String {
    let bytes = |range: &Range<usize>| {
        frame
            .get(range.start..range.end.min(range.start + SHOWN))
            .unwrap_or_default()
    };
    match value {
        FieldValue::Group => String::new(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Flag(is_set) => u8::from(*is_set).to_string(),
        FieldValue::Name(name) => (*name).to_owned(),
        FieldValue::Reason(code, context) => code.display(*context).to_string(),
        FieldValue::Text(range) => format!("\"{}\"", String::from_utf8_lossy(bytes(range))),
        FieldValue::Bytes(range) => shown_bytes(bytes(range)),
        FieldValue::Unreadable => "unreadable".into(),
    }
}

/// Whose message the details show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subject {
    /// The selected topic's last message.
    #[default]
    Topic,
    /// The selected message.
    Message,
}
