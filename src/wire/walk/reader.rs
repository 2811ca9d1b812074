//! The data representations of MQTT (MQTT 5 §1.5): integers, variable byte integers, texts, binary data, bits.

use std::ops::Range;

use super::{FieldValue, Sink, Walk};
use crate::mqtt::{ReasonCode, ReasonContext};

impl<S: Sink> Walk<'_, S> {
    /// The next `len` bytes, or an anomaly and the end.
    fn take(&mut self, name: &'static str, len: usize) -> Option<Range<usize>> {
        if self.end - self.at < len {
            self.ends_inside(name, self.at);
            self.unreadable(name);
            return None;
        }
        let start = self.at;
        self.at += len;
        Some(start..self.at)
    }

    fn ends_inside(&mut self, name: &'static str, offset: usize) {
        let what_ends = self.what_ends;
        self.malformed(offset, || format!("the {what_ends} ends inside the {name}"));
    }

    fn slice(&self, range: Range<usize>) -> &[u8] {
        self.frame.get(range).unwrap_or_default()
    }

    fn big_endian(&self, range: &Range<usize>) -> u32 {
        self.slice(range.clone())
            .iter()
            .fold(0, |number, &byte| number << 8 | u32::from(byte))
    }

    fn integer(&mut self, name: &'static str, len: usize) -> Option<u32> {
        let range = self.take(name, len)?;
        let number = self.big_endian(&range);
        self.sink.leaf(name, range, None, FieldValue::Number(number));
        Some(number)
    }

    pub(super) fn byte(&mut self, name: &'static str) -> Option<u8> {
        self.integer(name, 1).map(|number| number as u8)
    }

    pub(super) fn two_bytes(&mut self, name: &'static str) -> Option<u16> {
        self.integer(name, 2).map(|number| number as u16)
    }

    pub(super) fn four_bytes(&mut self, name: &'static str) -> Option<u32> {
        self.integer(name, 4)
    }

    /// A byte whose bits the caller tells as fields of their own.
    pub(super) fn bit_field(&mut self, name: &'static str) -> Option<u8> {
        let range = self.take(name, 1)?;
        Some(self.big_endian(&range) as u8)
    }

    /// A flag in the byte just read.
    pub(super) fn flag(&mut self, name: &'static str, byte: u8, mask: u8) -> bool {
        let is_set = byte & mask != 0;
        let range = self.at.saturating_sub(1)..self.at;
        self.sink.leaf(name, range, Some(mask), FieldValue::Flag(is_set));
        is_set
    }

    /// A small number in the byte just read.
    pub(super) fn bits(&mut self, name: &'static str, byte: u8, mask: u8) -> u8 {
        let value = (byte & mask) >> mask.trailing_zeros();
        let range = self.at.saturating_sub(1)..self.at;
        self.sink
            .leaf(name, range, Some(mask), FieldValue::Number(u32::from(value)));
        value
    }

    pub(super) fn reason_byte(&mut self, name: &'static str, context: ReasonContext) -> Option<ReasonCode> {
        let range = self.take(name, 1)?;
        let code = ReasonCode(self.big_endian(&range) as u8);
        self.sink
            .leaf(name, range, None, FieldValue::Reason(code, context));
        Some(code)
    }

    /// A variable byte integer (MQTT 5 §1.5.5); a longer form than needed is told and read.
    pub(super) fn variable(&mut self, name: &'static str) -> Option<u32> {
        let (number, range) = self.variable_silently(name)?;
        self.sink.leaf(name, range, None, FieldValue::Number(number));
        Some(number)
    }

    /// As [`Self::variable`], but the sink is left to the caller.
    pub(super) fn variable_silently(&mut self, name: &'static str) -> Option<(u32, Range<usize>)> {
        let start = self.at;
        let mut number = 0;
        for index in 0..4 {
            let Some(&byte) = self.frame.get(self.at).filter(|_| self.at < self.end) else {
                self.at = start;
                self.ends_inside(name, start);
                self.unreadable(name);
                return None;
            };
            self.at += 1;
            number |= u32::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                if index > 0 && byte == 0 {
                    self.longer_than_needed(name, start);
                }
                return Some((number, start..self.at));
            }
        }
        self.at = start;
        self.violation(start, ReasonCode::MALFORMED_PACKET, || {
            format!("the {name} has more than four bytes (MQTT 5 §1.5.5)")
        });
        self.unreadable(name);
        None
    }

    pub(super) fn longer_than_needed(&mut self, name: &'static str, offset: usize) {
        if self.is_v5() {
            self.violation(offset, ReasonCode::MALFORMED_PACKET, || {
                format!("the {name} is written in more bytes than it needs (MQTT-1.5.5-1)")
            });
        } else {
            self.odd(offset, || {
                format!("the {name} is written in more bytes than it needs")
            });
        }
    }

    /// The content of a field with two bytes of length in front: the whole range, and that of the content.
    fn prefixed(&mut self, name: &'static str) -> Option<(Range<usize>, Range<usize>)> {
        let start = self.at;
        let length = self.take(name, 2)?;
        let len = self.big_endian(&length) as usize;
        if self.end - self.at < len {
            self.at = start;
            let have = self.end - start - 2;
            self.malformed(start, || {
                format!("the {name} claims {len} bytes, {have} are left")
            });
            self.unreadable(name);
            return None;
        }
        self.at += len;
        Some((start..self.at, length.end..self.at))
    }

    pub(super) fn binary(&mut self, name: &'static str) -> Option<Vec<u8>> {
        let (range, content) = self.prefixed(name)?;
        let bytes = self.slice(content.clone()).to_vec();
        self.sink.leaf(name, range, None, FieldValue::Bytes(content));
        Some(bytes)
    }

    /// Text; what is not UTF-8 in it is told and replaced by U+FFFD.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        let (range, content) = self.prefixed(name)?;
        let start = content.start;
        self.sink
            .leaf(name, range, None, FieldValue::Text(content.clone()));
        let bytes = self.frame.get(content)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.check_text(name, start, text);
                Some(text.to_owned())
            }
            Err(error) => {
                let statement = self.statement("MQTT-1.5.4-1", "MQTT-1.5.3-1");
                self.violation(start + error.valid_up_to(), ReasonCode::MALFORMED_PACKET, || {
                    format!("the {name} is not valid UTF-8 ({statement})")
                });
                Some(String::from_utf8_lossy(bytes).into_owned())
            }
        }
    }

    fn check_text(&mut self, name: &'static str, start: usize, text: &str) {
        if let Some(index) = text.find('\0') {
            let statement = self.statement("MQTT-1.5.4-2", "MQTT-1.5.3-2");
            self.violation(start + index, ReasonCode::MALFORMED_PACKET, || {
                format!("the {name} contains the null character ({statement})")
            });
        }
        if let Some((index, odd)) = text.char_indices().find(|&(_, c)| is_discouraged(c)) {
            let section = self.statement("MQTT 5 §1.5.4", "MQTT 3.1.1 §1.5.3");
            let sort = if odd.is_control() {
                "control character"
            } else {
                "non-character"
            };
            self.odd(start + index, || {
                format!(
                    "the {name} contains the {sort} U+{:04X} ({section})",
                    u32::from(odd)
                )
            });
        }
    }

    /// Everything to the end of the packet.
    pub(super) fn remainder(&mut self, name: &'static str) -> &[u8] {
        let range = self.at..self.end;
        self.at = self.end;
        self.sink
            .leaf(name, range.clone(), None, FieldValue::Bytes(range.clone()));
        self.slice(range)
    }
}

/// Characters the standard says should not be sent: controls but null (which must not) and non-characters.
fn is_discouraged(c: char) -> bool {
    let code = u32::from(c);
    (c != '\0' && c.is_control()) || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}
