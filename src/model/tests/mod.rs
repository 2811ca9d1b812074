//! The model as its users see it: batches in, panes' questions out.

mod adopting;
mod connections;
mod log;
mod siblings;
mod tree;

use std::sync::Arc;

use super::*;
use crate::{
    event::{Buffer, Data, Frame, Span, Spares},
    mqtt::QoS,
};

pub(super) const HOME: SourceId = SourceId(7);
pub(super) const PLANT: SourceId = SourceId(9);

/// One message to build a batch from.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    pub(super) properties: Option<Vec<u8>>,
    pub(super) is_sent: bool,
    pub(super) is_retained: bool,
    pub(super) is_repeat: bool,
    pub(super) alias: Option<String>,
    pub(super) qos: QoS,
    /// Bytes of the payload that are not in the frame.
    pub(super) cut: u32,
}

pub(super) fn shape(topic: &str, payload: &[u8]) -> Shape {
    Shape {
        topic: topic.to_owned(),
        payload: payload.to_vec(),
        properties: None,
        is_sent: false,
        is_retained: false,
        is_repeat: false,
        alias: None,
        qos: QoS::AtMostOnce,
        cut: 0,
    }
}

fn length(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value > 0 { byte | 0x80 } else { byte });
        if value == 0 {
            return out;
        }
    }
}

impl Shape {
    /// The frame, and where its parts begin.
    pub(super) fn frame(&self) -> (Vec<u8>, PublishRecord) {
        let topic = if self.alias.is_some() { "" } else { &self.topic };
        let mut body = (topic.len() as u16).to_be_bytes().to_vec();
        body.extend(topic.as_bytes());
        if self.qos != QoS::AtMostOnce {
            body.extend(77u16.to_be_bytes());
        }
        if let Some(properties) = &self.properties {
            body.extend(length(properties.len()));
        }
        let properties_at = body.len();
        body.extend(self.properties.as_deref().unwrap_or_default());
        let payload_at = body.len();
        body.extend(&self.payload);
        let mut frame = vec![0x30 | self.qos.as_u8() << 1 | u8::from(self.is_retained)];
        frame.extend(length(body.len() + self.cut as usize));
        let head = frame.len() as u32;
        frame.extend(body);
        let record = PublishRecord {
            after_us: 0,
            frame: Frame::InBatch(Span::default()),
            wire_len: frame.len() as u32 + self.cut,
            topic_start: head as u8 + 2,
            topic_len: topic.len() as u16,
            properties_start: head + properties_at as u32,
            payload_start: head + payload_at as u32,
            alias_topic: self.alias.as_deref().map(Arc::from),
            packet_id: if self.qos == QoS::AtMostOnce { 0 } else { 77 },
            direction: if self.is_sent {
                Direction::ClientToServer
            } else {
                Direction::ServerToClient
            },
            qos: self.qos,
            retain: self.is_retained,
            dup: false,
            is_repeat: self.is_repeat,
        };
        (frame, record)
    }
}

pub(super) fn batch(source: SourceId, mono_us: u64, shapes: &[Shape]) -> Batch {
    let mut batch = Batch {
        source,
        time: Time {
            mono_us,
            wall_us: 1_700_000_000_000_000 + mono_us as i64,
        },
        data: Data::default(),
        records: Vec::new(),
    };
    let mut data = Buffer::default();
    for shape in shapes {
        let (frame, mut record) = shape.frame();
        record.frame = Frame::InBatch(Span {
            start: data.len() as u32,
            len: frame.len() as u32,
        });
        data.extend_from_slice(&frame);
        batch.records.push(Record::Publish(record));
    }
    // As full as a read buffer of a fast stream.
    batch.data = data.to_vec().into();
    batch
}

pub(super) fn model(max_memory: usize) -> Model {
    let mut model = Model::new(Limits { max_memory });
    model.add_connection(HOME, "home");
    model.add_connection(PLANT, "plant");
    model
}

pub(super) fn receive(model: &mut Model, topics: &[&str]) {
    let shapes: Vec<_> = topics.iter().map(|topic| shape(topic, b"on")).collect();
    model.apply(batch(HOME, 1_000_000, &shapes), 1_000_000);
}
