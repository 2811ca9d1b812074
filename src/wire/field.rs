//! The fields of a frame as the walker finds them, and who listens: a recorder, a collector of secrets, nobody.

use std::ops::Range;

use crate::mqtt::{ReasonCode, ReasonContext};

/// Fields kept for one frame: a hostile frame could hold a hundred million.
const MAX_FIELDS: usize = 65_536;

/// Stands for all fields beyond [`MAX_FIELDS`].
const FURTHER: &str = "further fields";

/// One field of a frame. Ranges only, so that no `Debug` of it shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The standard's name, lower case except for flags: `topic name`, `DUP`.
    pub name: &'static str,
    /// Bytes of the frame, the length in front of a text included.
    pub range: Range<usize>,
    /// The bits of the one byte in `range` that the field is; `None`: whole bytes.
    pub bits: Option<u8>,
    /// 0 at the top; the fields behind a group with a greater depth are its parts.
    pub depth: u8,
    /// What it says.
    pub value: FieldValue,
}

/// What a field says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldValue {
    /// Nothing by itself: its parts follow.
    Group,
    /// A number.
    Number(u32),
    /// A bit.
    Flag(bool),
    /// One of the standard's words, such as the packet type.
    Name(&'static str),
    /// A reason or return code, and where it stands.
    Reason(ReasonCode, ReasonContext),
    /// Text at this range of the frame (perhaps invalid UTF-8, which is an anomaly). Not sanitised.
    Text(Range<usize>),
    /// Bytes at this range of the frame.
    Bytes(Range<usize>),
    /// Bytes no field can be made of: an anomaly says why.
    Unreadable,
}

/// Who listens to the walker. Groups nest; parts lie between `open` and `close`.
pub(super) trait Sink {
    fn open(&mut self, name: &'static str, start: usize);
    fn leaf(&mut self, name: &'static str, range: Range<usize>, bits: Option<u8>, value: FieldValue);
    fn close(&mut self, end: usize);
}

/// Nobody listens: `decode`.
pub(super) struct Discard;

impl Sink for Discard {
    fn open(&mut self, _name: &'static str, _start: usize) {}
    fn leaf(&mut self, _name: &'static str, _range: Range<usize>, _bits: Option<u8>, _value: FieldValue) {}
    fn close(&mut self, _end: usize) {}
}

/// Keeps every field: `dissect`.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) fields: Vec<Field>,
    /// The open groups: their index in `fields`, `None` where it was not kept.
    open: Vec<Option<usize>>,
}

impl Recorder {
    fn push(&mut self, field: Field) -> Option<usize> {
        if self.fields.len() < MAX_FIELDS {
            self.fields.push(field);
            return Some(self.fields.len() - 1);
        }
        match self.fields.last_mut() {
            Some(last) if last.name == FURTHER => {
                last.range.end = last.range.end.max(field.range.end);
                last.value = FieldValue::Bytes(last.range.clone());
            }
            // At the top, for it may reach beyond the groups open now.
            _ => self.fields.push(Field {
                name: FURTHER,
                value: FieldValue::Bytes(field.range.clone()),
                range: field.range,
                bits: None,
                depth: 0,
            }),
        }
        None
    }
}

impl Sink for Recorder {
    fn open(&mut self, name: &'static str, start: usize) {
        let index = self.push(Field {
            name,
            range: start..start,
            bits: None,
            depth: self.open.len() as u8,
            value: FieldValue::Group,
        });
        self.open.push(index);
    }

    fn leaf(&mut self, name: &'static str, range: Range<usize>, bits: Option<u8>, value: FieldValue) {
        self.push(Field {
            name,
            range,
            bits,
            depth: self.open.len() as u8,
            value,
        });
    }

    fn close(&mut self, end: usize) {
        if let Some(group) = self
            .open
            .pop()
            .flatten()
            .and_then(|index| self.fields.get_mut(index))
        {
            group.range.end = end;
        }
    }
}

/// Keeps where secrets lie, and what could not be read, for it may hold one: `mask_secrets`.
#[derive(Default)]
pub(super) struct Secrets {
    pub(super) ranges: Vec<Range<usize>>,
    is_authentication_data: bool,
}

impl Sink for Secrets {
    fn open(&mut self, name: &'static str, _start: usize) {
        self.is_authentication_data = name == "authentication data";
    }

    fn leaf(&mut self, name: &'static str, range: Range<usize>, _bits: Option<u8>, value: FieldValue) {
        match value {
            FieldValue::Bytes(bytes) if name == "password" || self.is_authentication_data => {
                self.ranges.push(bytes);
            }
            FieldValue::Unreadable => self.ranges.push(range),
            _ => {}
        }
    }

    fn close(&mut self, _end: usize) {
        self.is_authentication_data = false;
    }
}
