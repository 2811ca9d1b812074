//! A received message as the output formats see it.

use std::cell::OnceCell;

use crate::{
    event::{Batch, PublishRecord},
    mqtt::{Properties, ProtocolVersion, QoS},
    wire::{Direction, MAX_REMAINING_LENGTH, Packet, Scan, decode, scan},
};

/// What a format can write.
pub struct Shown<'a> {
    /// The topic, an alias already replaced.
    pub topic: &'a str,
    /// As much of the payload as is kept.
    pub payload: &'a [u8],
    /// Its length on the wire.
    pub payload_len: u64,
    /// Quality of service.
    pub qos: QoS,
    /// RETAIN.
    pub retain: bool,
    /// 0 for QoS 0.
    pub packet_id: u16,
    /// Read only where a format wants them.
    pub properties: Lazy<'a>,
    /// Microseconds since the epoch.
    pub wall_us: i64,
}

/// Properties that are read when first asked for.
pub struct Lazy<'a> {
    head: &'a [u8],
    read: OnceCell<Properties>,
}

impl From<Properties> for Lazy<'_> {
    fn from(properties: Properties) -> Self {
        Self {
            head: &[],
            read: OnceCell::from(properties),
        }
    }
}

impl<'a> Shown<'a> {
    /// A record of a batch; `None` for one that cannot be shown, which no source makes.
    pub fn of_record(batch: &'a Batch, record: &'a PublishRecord) -> Option<Self> {
        let frame = batch.bytes(&record.frame);
        let payload_start = record.payload_start as usize;
        let topic_start = usize::from(record.topic_start);
        let topic = if let Some(topic) = &record.alias_topic {
            topic.as_ref()
        } else {
            let bytes = frame.get(topic_start..topic_start + usize::from(record.topic_len))?;
            std::str::from_utf8(bytes).ok()?
        };
        Some(Self {
            topic,
            payload: frame.get(payload_start..)?,
            payload_len: u64::from(record.wire_len.saturating_sub(record.payload_start)),
            qos: record.qos,
            retain: record.retain,
            packet_id: record.packet_id,
            properties: Lazy {
                head: if record.properties_start < record.payload_start {
                    frame.get(..payload_start)?
                } else {
                    &[]
                },
                read: OnceCell::new(),
            },
            wall_us: batch.time.wall_us + i64::from(record.after_us),
        })
    }

    /// The MQTT 5 properties.
    pub fn properties(&self) -> &Properties {
        self.properties
            .read
            .get_or_init(|| read_properties(self.properties.head).unwrap_or_default())
    }

    /// Whether the payload is longer than what is kept.
    pub fn is_cut(&self) -> bool {
        self.payload_len > self.payload.len() as u64
    }
}

/// Decodes the head of a PUBLISH as a PUBLISH without payload, so that the payload is not copied.
fn read_properties(head: &[u8]) -> Option<Properties> {
    let Scan::Head(fixed) = scan(head) else {
        return None;
    };
    let body = head.get(usize::from(fixed.header_len)..)?;
    let mut frame = vec![fixed.first_byte];
    let mut rest = body.len().min(MAX_REMAINING_LENGTH);
    while rest >= 0x80 {
        frame.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    frame.push(rest as u8);
    frame.extend_from_slice(body);
    match decode(&frame, ProtocolVersion::V5, Direction::ServerToClient).packet? {
        Packet::Publish(publish) => Some(publish.properties),
        _ => None,
    }
}
