//! What is said on stderr, where talk goes: warnings and the packets of `--debug`.

use std::io::Write;

use crate::{
    event::{Batch, PacketRecord, PublishRecord, Record},
    text::{Glyphs, sanitize},
    wire::{Direction, Packet, decode},
};

use super::shown::Shown;

/// Says one line. What came from the network is made visible; a closed stderr stops nothing.
pub fn say(line: &str) {
    let line = sanitize(line, Glyphs::Unicode);
    let _ = writeln!(std::io::stderr().lock(), "mqttscope: {line}");
}

/// The packets of a connection in mosquitto's words.
#[derive(Debug, Default)]
pub struct PacketTalk {
    client_id: String,
}

impl PacketTalk {
    /// Every packet of a batch, a line each.
    pub fn batch(&mut self, batch: &Batch) {
        for record in &batch.records {
            match record {
                Record::Publish(publish) => self.publish(batch, publish),
                Record::Packet(packet) => self.packet(batch, packet),
                Record::Status(_) | Record::Operation(_) | Record::Untold | Record::Dropped { .. } => {}
            }
        }
    }

    /// `Client x received PUBLISH (d0, q0, r0, m0, 'a/b', ... (5 bytes))`.
    fn publish(&self, batch: &Batch, record: &PublishRecord) {
        if let Some(shown) = Shown::of_record(batch, record) {
            self.line(
                record.direction,
                &format!(
                    "PUBLISH (d{}, q{}, r{}, m{}, '{}', ... ({} bytes))",
                    u8::from(record.dup),
                    record.qos,
                    u8::from(record.retain),
                    record.packet_id,
                    shown.topic,
                    shown.payload_len
                ),
            );
        }
    }

    /// `Client x sending CONNECT`, and whatever is wrong with the packet.
    fn packet(&mut self, batch: &Batch, record: &PacketRecord) {
        let decoded = decode(batch.bytes(&record.frame), record.version, record.direction);
        let detail = match decoded.packet {
            Some(Packet::Connect(connect)) => {
                self.client_id.clone_from(&connect.client_id);
                format!(" (MQTT {})", connect.version)
            }
            Some(packet) => detail(&packet),
            None => String::new(),
        };
        let name = record
            .packet_type
            .map_or("packet of a reserved type", crate::wire::PacketType::name);
        self.line(record.direction, &format!("{name}{detail}"));
        for anomaly in &record.anomalies {
            self.line(
                record.direction,
                &format!("{name}: {} (byte {})", anomaly.what, anomaly.offset),
            );
        }
    }

    fn line(&self, direction: Direction, what: &str) {
        let verb = match direction {
            Direction::ClientToServer => "sending",
            Direction::ServerToClient => "received",
        };
        let line = format!("Client {} {verb} {what}", self.client_id);
        let _ = writeln!(std::io::stderr().lock(), "{}", sanitize(&line, Glyphs::Unicode));
    }
}

fn detail(packet: &Packet) -> String {
    match packet {
        Packet::Connack(connack) => format!(" ({})", connack.code.0),
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            format!(" (Mid: {}, RC:{})", ack.packet_id, ack.reason.0)
        }
        Packet::Subscribe(subscribe) => {
            let filters = subscribe.filters.iter().map(|filter| {
                let options = filter.options.to_byte() & !3;
                format!(
                    "Topic: {}, QoS: {}, Options: 0x{options:02x}",
                    filter.filter, filter.options.qos
                )
            });
            let filters: Vec<String> = filters.collect();
            format!(" (Mid: {}, {})", subscribe.packet_id, filters.join(", "))
        }
        Packet::Suback(suback) | Packet::Unsuback(suback) => {
            let codes: Vec<String> = suback.codes.iter().map(|code| code.0.to_string()).collect();
            format!(" (Mid: {}): {}", suback.packet_id, codes.join(", "))
        }
        Packet::Unsubscribe(unsubscribe) => {
            format!(
                " (Mid: {}, Topic: {})",
                unsubscribe.packet_id,
                unsubscribe.filters.join(", ")
            )
        }
        Packet::Disconnect(disconnect) => format!(" ({})", disconnect.reason.0),
        _ => String::new(),
    }
}
