//! The head of a PUBLISH without allocation: the path every message takes. Its judgement is `decode`'s but for
//! what it does not look at: characters that are merely discouraged, the payload, the sender.

use std::ops::Range;

use super::{FrameHead, Scan, scan};
use crate::mqtt::{ProtocolVersion, QoS};

/// The parts of a PUBLISH frame by byte range, without allocation: the path every message takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishHead {
    /// Sent before, perhaps.
    pub dup: bool,
    /// Quality of service.
    pub qos: QoS,
    /// The RETAIN flag.
    pub retain: bool,
    /// The topic name: valid UTF-8; empty where an alias stands for it.
    pub topic: Range<u32>,
    /// Present for QoS 1 and 2.
    pub packet_id: Option<u16>,
    /// The properties, behind their length (5); empty otherwise.
    pub properties: Range<u32>,
    /// Where the payload begins; it reaches to the end of the frame.
    pub payload_start: u32,
    /// The topic alias (5).
    pub topic_alias: Option<u16>,
    /// Whether a subscription identifier is among the properties (5); a client must not send one (MQTT-3.3.4-6).
    pub has_subscription_identifier: bool,
}

/// Reads the head of a PUBLISH. `frame` may be cut anywhere behind the head (a long payload need not be there):
/// `frame_len` is its whole length. `None` where anything is wrong or odd: then [`decode`](super::decode) says what.
/// It alone looks at the payload and at characters that are merely discouraged, and it alone knows who sent the frame.
pub fn publish_head(frame: &[u8], frame_len: usize, version: ProtocolVersion) -> Option<PublishHead> {
    let head = minimal_head(frame)?;
    if head.first_byte >> 4 != 3 || head.frame_len() != frame_len || frame.len() > frame_len {
        return None;
    }
    let qos = QoS::from_bits(head.first_byte >> 1 & 3)?;
    let dup = head.first_byte & 0x08 != 0;
    if dup && qos == QoS::AtMostOnce {
        return None;
    }
    let mut cursor = Cursor {
        frame,
        at: usize::from(head.header_len),
    };
    let topic = cursor.prefixed()?;
    let name = cursor.text_at(&topic)?;
    if has_wildcard(name) {
        return None;
    }
    let is_nameless = name.is_empty();
    let packet_id = match qos {
        QoS::AtMostOnce => None,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Some(cursor.two_bytes().filter(|&id| id != 0)?),
    };
    let (properties, seen) = match version {
        ProtocolVersion::V5 => cursor.properties()?,
        ProtocolVersion::V31 | ProtocolVersion::V311 => (cursor.at..cursor.at, Seen::default()),
    };
    if is_nameless && seen.topic_alias.is_none() {
        return None;
    }
    Some(PublishHead {
        dup,
        qos,
        retain: head.first_byte & 1 != 0,
        topic: narrow(&topic),
        packet_id,
        properties: narrow(&properties),
        payload_start: properties.end as u32,
        topic_alias: seen.topic_alias,
        has_subscription_identifier: seen.subscription_identifier,
    })
}

/// The fixed header, if its length is written as short as can be.
fn minimal_head(frame: &[u8]) -> Option<FrameHead> {
    let Scan::Head(head) = scan(frame) else {
        return None;
    };
    let last = *frame.get(usize::from(head.header_len) - 1)?;
    (head.header_len == 2 || last != 0).then_some(head)
}

fn narrow(range: &Range<usize>) -> Range<u32> {
    range.start as u32..range.end as u32
}

fn has_wildcard(topic: &[u8]) -> bool {
    topic.iter().any(|byte| matches!(byte, b'+' | b'#'))
}

/// What is remembered of the properties while walking them.
#[derive(Default)]
struct Seen {
    /// A bit for each identifier that may stand only once.
    once: u64,
    topic_alias: Option<u16>,
    subscription_identifier: bool,
}

/// Reads in a frame that may be cut: every step is `None` beyond the bytes that are there.
struct Cursor<'a> {
    frame: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let bytes = self.frame.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn two_bytes(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn prefixed(&mut self) -> Option<Range<usize>> {
        let len = usize::from(self.two_bytes()?);
        self.take(len)?;
        Some(self.at - len..self.at)
    }

    /// The bytes of a text that is valid UTF-8 without U+0000.
    fn text_at(&self, range: &Range<usize>) -> Option<&'a [u8]> {
        let bytes = self.frame.get(range.clone())?;
        let is_text = !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
        is_text.then_some(bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let range = self.prefixed()?;
        self.text_at(&range)
    }

    /// A variable byte integer in its shortest form.
    fn variable(&mut self) -> Option<u32> {
        let mut number = 0;
        for index in 0..4 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return (index == 0 || byte != 0).then_some(number);
            }
        }
        None
    }

    /// The range of the properties and what is in them.
    fn properties(&mut self) -> Option<(Range<usize>, Seen)> {
        let len = self.variable()? as usize;
        let start = self.at;
        let end = start.checked_add(len)?;
        let mut list = Cursor {
            frame: self.frame.get(..end)?,
            at: start,
        };
        let mut seen = Seen::default();
        while list.at < end {
            list.property(&mut seen)?;
        }
        self.at = end;
        Some((start..end, seen))
    }

    fn property(&mut self, seen: &mut Seen) -> Option<()> {
        let id = self.byte()?;
        match id {
            1 if self.byte()? <= 1 => {}
            2 => _ = self.take(4)?,
            3 => _ = self.text()?,
            8 => {
                let topic = self.text()?;
                if topic.is_empty() || has_wildcard(topic) {
                    return None;
                }
            }
            9 => _ = self.prefixed()?,
            11 => {
                seen.subscription_identifier = true;
                return (self.variable()? != 0).then_some(());
            }
            35 => seen.topic_alias = Some(self.two_bytes().filter(|&alias| alias != 0)?),
            38 => {
                self.text()?;
                self.text()?;
                return Some(());
            }
            _ => return None,
        }
        let mark = 1u64 << id;
        let is_first = seen.once & mark == 0;
        seen.once |= mark;
        is_first.then_some(())
    }
}
