//! Messages for the screen tests: real PUBLISH frames, made by the encoder and read by the head reader, as a
//! source makes them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    missing_docs,
    reason = "each test binary uses a part; a test fails by panicking"
)]

use bytes::Bytes;
use mqttscope::{
    event::{Batch, Data, Frame, PublishRecord, Record, Span},
    mqtt::{Properties, Property, ProtocolVersion, QoS},
    wire::{self, Direction, Packet, Publish},
};

/// A message that goes by.
#[derive(Clone)]
pub struct Sample {
    publish: Publish,
    is_sent: bool,
    is_repeat: bool,
    /// Bytes of the payload that are kept.
    kept: usize,
}

impl Sample {
    /// Received at QoS 0.
    pub fn new(topic: &str, payload: &[u8]) -> Self {
        Self {
            publish: Publish {
                dup: false,
                qos: QoS::AtMostOnce,
                retain: false,
                topic: topic.into(),
                packet_id: None,
                properties: Properties::NONE,
                payload: Bytes::copy_from_slice(payload),
            },
            is_sent: false,
            is_repeat: false,
            kept: payload.len(),
        }
    }

    pub fn qos(mut self, qos: u8) -> Self {
        self.publish.qos = QoS::from_bits(qos).unwrap();
        self.publish.packet_id = (qos > 0).then_some(7);
        self
    }

    pub fn retain(mut self) -> Self {
        self.publish.retain = true;
        self
    }

    pub fn dup(mut self) -> Self {
        self.publish.dup = true;
        self
    }

    /// From here to the broker.
    pub fn sent(mut self) -> Self {
        self.is_sent = true;
        self
    }

    /// QoS 2, delivered before.
    pub fn repeat(mut self) -> Self {
        self.is_repeat = true;
        self
    }

    /// Only the payload's first bytes are stored.
    pub fn kept(mut self, bytes: usize) -> Self {
        self.kept = bytes;
        self
    }

    pub fn with(mut self, property: Property) -> Self {
        self.publish.properties.0.push(property);
        self
    }

    /// As the source would record it.
    pub fn add_to(&self, batch: &mut Batch, version: ProtocolVersion) {
        let mut frame = Vec::new();
        wire::encode(&Packet::Publish(self.publish.clone()), version, &mut frame).unwrap();
        let head = wire::publish_head(&frame, frame.len(), version).expect("a readable PUBLISH");
        let wire_len = frame.len() as u32;
        frame.truncate(head.payload_start as usize + self.kept);
        let frame = if self.is_sent {
            Frame::Own(frame.into())
        } else {
            let Data::Own(data) = &mut batch.data else {
                panic!("a batch being made")
            };
            let start = data.len() as u32;
            data.extend_from_slice(&frame);
            Frame::InBatch(Span {
                start,
                len: frame.len() as u32,
            })
        };
        batch.records.push(Record::Publish(PublishRecord {
            after_us: 0,
            frame,
            wire_len,
            topic_start: head.topic.start as u8,
            topic_len: (head.topic.end - head.topic.start) as u16,
            properties_start: head.properties.start,
            payload_start: head.payload_start,
            alias_topic: None,
            packet_id: head.packet_id.unwrap_or(0),
            direction: if self.is_sent {
                Direction::ClientToServer
            } else {
                Direction::ServerToClient
            },
            qos: head.qos,
            retain: head.retain,
            dup: head.dup,
            is_repeat: self.is_repeat,
        }));
    }
}
