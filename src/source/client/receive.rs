//! Frames out of the read buffer → records. A plain QoS 0 PUBLISH goes straight to the batch; everything
//! else passes the session.

use super::{
    actor::Actor,
    connection::{Connection, Gone},
    intake::{Found, Next},
    record,
};
use crate::{
    event::{Frame, Record},
    mqtt::QoS,
    source::session::{Arrival, Close, Reading, Verdict},
    wire::{Anomaly, Direction, PacketType, PublishHead, mask_secrets, publish_head},
};

impl Actor {
    /// Whether frames are taken in: while the channel is full only under a rate guard, which keeps no plain message.
    pub fn takes_frames(&self) -> bool {
        !self.batcher.is_blocked() || self.is_shedding() && !self.batcher.is_full(0)
    }

    fn is_shedding(&self) -> bool {
        self.has_rate_guard && self.batcher.is_blocked()
    }

    /// Reads the frames in the buffer until it is empty or the channel full.
    pub fn scan(&mut self, link: &mut Connection) -> Option<Gone> {
        let version = self.session.link().version;
        while self.takes_frames() {
            let found = match link.intake.next_frame(version) {
                Next::Frame(found) => found,
                Next::Incomplete => {
                    if link.intake.is_full() {
                        self.send_batch(link);
                    }
                    return self.session.on_first_bytes(link.intake.rest()).map(Gone::Closed);
                }
                Next::Broken(anomaly) => {
                    let rest = link.intake.rest();
                    return Some(Gone::Closed(Close::violation(
                        anomaly,
                        rest,
                        !self.session.is_up(),
                    )));
                }
            };
            if let Some(close) = self.on_frame(link, found) {
                return Some(Gone::Closed(close));
            }
            if self.is_shedding() {
                // Nothing of what follows points into the buffer: `place` copied it.
                link.intake.discard();
            } else if self.batcher.is_full(link.intake.batch_len()) {
                self.send_batch(link);
            }
        }
        None
    }

    fn send_batch(&mut self, link: &mut Connection) {
        let data = link.intake.take_batch();
        self.batcher.send(data, self.clock.now_us());
    }

    fn on_frame(&mut self, link: &mut Connection, found: Found) -> Option<Close> {
        let version = self.session.link().version;
        let frame = link.intake.bytes(found);
        let Some(head) = publish_head(frame, found.wire_len, version) else {
            return self.on_other_frame(link, found);
        };
        if head.qos > QoS::AtMostOnce {
            link.pace.hurry();
        }
        let verdict = if head.qos == QoS::AtMostOnce && head.topic_alias.is_none() && self.session.is_up() {
            Ok(Verdict::default())
        } else {
            self.session.on_publish(arrival(&head, frame))
        };
        match verdict {
            Ok(verdict) => {
                self.push_publish(link, found, &head, verdict);
                None
            }
            Err(anomaly) => self.on_bad_publish(link, found, anomaly),
        }
    }

    fn push_publish(&mut self, link: &Connection, found: Found, head: &PublishHead, verdict: Verdict) {
        if self.is_shedding() && head.qos == QoS::AtMostOnce {
            return self.batcher.shed(found.wire_len);
        }
        let frame = self.place(link, found);
        let direction = Direction::ServerToClient;
        let mut publish = record::publish(head, frame, found.wire_len, verdict, direction);
        self.batcher.push(link.last_read, |after_us| {
            publish.after_us = after_us;
            Record::Publish(publish)
        });
    }

    /// Where a frame's bytes will be found: in the batch, or beside it while the batch before it waits for room.
    fn place(&self, link: &Connection, found: Found) -> Frame {
        if self.is_shedding() {
            Frame::Own(link.intake.bytes(found).into())
        } else {
            Frame::InBatch(link.intake.span(found))
        }
    }

    /// A PUBLISH that is well formed and breaks a rule of the session.
    fn on_bad_publish(&mut self, link: &Connection, found: Found, anomaly: Anomaly) -> Option<Close> {
        let is_greeting = !self.session.is_up();
        let is_survived = self.session.is_lenient() && !is_greeting;
        let close =
            (!is_survived).then(|| Close::violation(anomaly.clone(), link.intake.bytes(found), is_greeting));
        self.push_packet(link, found, vec![anomaly]);
        close
    }

    fn push_packet(&mut self, link: &Connection, found: Found, anomalies: Vec<Anomaly>) {
        let packet_type = link
            .intake
            .bytes(found)
            .first()
            .and_then(|&byte| PacketType::from_first_byte(byte));
        let frame = self.place(link, found);
        let version = self.session.link().version;
        self.batcher.push(
            link.last_read,
            record::received(frame, packet_type, version, anomalies),
        );
    }

    fn on_other_frame(&mut self, link: &mut Connection, found: Found) -> Option<Close> {
        link.pace.hurry();
        let version = self.session.link().version;
        let frame = link.intake.bytes(found);
        let whole;
        let frame = if frame.len() < found.wire_len {
            whole = record::as_if_whole(frame);
            &whole
        } else {
            frame
        };
        let Reading {
            anomalies,
            publish,
            close,
        } = self.session.on_frame(frame, link.last_read.mono_us);
        mask_secrets(link.intake.bytes_mut(found), version, Direction::ServerToClient);
        let head = publish
            .and_then(|verdict| Some((record::loose_head(link.intake.bytes(found), version)?, verdict)));
        match head {
            Some((head, verdict)) => self.push_publish(link, found, &head, verdict),
            None => self.push_packet(link, found, anomalies),
        }
        self.drain_outputs(link);
        close
    }
}

fn arrival<'a>(head: &PublishHead, frame: &'a [u8]) -> Arrival<'a> {
    let topic = frame
        .get(head.topic.start as usize..head.topic.end as usize)
        .unwrap_or_default();
    Arrival {
        qos: head.qos,
        packet_id: head.packet_id,
        topic: std::str::from_utf8(topic).unwrap_or_default(),
        alias: head.topic_alias,
    }
}
