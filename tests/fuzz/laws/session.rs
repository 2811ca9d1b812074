//! What holds for a session whatever it is fed, in whatever order: nothing panics, what it sends breaks no rule,
//! ids in flight are its own, nothing is due at once again and again, what comes out is bounded by what went in,
//! and every request ends once. Used by the fuzz target and by ordinary tests.

use std::collections::{HashMap, HashSet};

use mqttscope::{
    config::PacketProperties,
    event::{OperationId, Outcome},
    mqtt::{
        Message, Properties, Property, ProtocolVersion, QoS, ReasonCode, Subscription, SubscriptionOptions,
        TopicFilter, TopicName,
    },
    source::session::{Close, Output, Session, Settings},
    wire::{Ack, Connack, Direction, Packet, Publish, Suback, decode, encode},
};

/// Outputs of one step: what waits for the window, and a frame's worth.
const MOST_OUTPUTS: usize = 8_192;

/// Bytes that stand for choices; 0 when there are no more.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        byte
    }

    fn take(&mut self, len: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    fn qos(&mut self) -> QoS {
        QoS::from_bits(self.byte() % 3).unwrap()
    }

    /// Small, so that it meets ids that are in use.
    fn id(&mut self) -> u16 {
        u16::from(self.byte() % 24)
    }
}

struct Rig {
    session: Session,
    version: ProtocolVersion,
    now: u64,
    next: u64,
    open: HashSet<OperationId>,
    ended: HashSet<OperationId>,
    /// Ids of publishes under way, and the topic each was sent with.
    in_flight: HashMap<u16, String>,
    is_greeting: bool,
}

pub fn check(data: &[u8]) {
    let mut choices = Choices(data);
    let mut rig = Rig::new(&mut choices);
    while !choices.0.is_empty() {
        rig.step(&mut choices);
    }
    rig.session.disconnected(false, rig.now);
    rig.drain();
    assert!(rig.open.is_empty(), "these never ended: {:?}", rig.open);
}

impl Rig {
    fn new(choices: &mut Choices<'_>) -> Self {
        let flags = choices.byte();
        let mut properties = PacketProperties::default();
        if flags & 8 != 0 {
            properties.connect.push(Property::ReceiveMaximum(3));
            properties.connect.push(Property::TopicAliasMaximum(2));
            properties.connect.push(Property::RequestProblemInformation(0));
        }
        let version = match flags >> 4 & 3 {
            0 => ProtocolVersion::V31,
            1 => ProtocolVersion::V311,
            _ => ProtocolVersion::V5,
        };
        let settings = Settings {
            client_id: "me".into(),
            username: None,
            password: None,
            authentication: None,
            keep_alive: u16::from(flags & 4),
            clean_start: flags & 1 != 0,
            will: None,
            properties,
            subscriptions: vec![subscription("#")],
            max_packet: 1 << 20,
            is_lenient: flags & 2 != 0,
        };
        Self {
            session: Session::new(settings),
            version,
            now: 0,
            next: 0,
            open: HashSet::new(),
            ended: HashSet::new(),
            in_flight: HashMap::new(),
            is_greeting: false,
        }
    }

    fn step(&mut self, choices: &mut Choices<'_>) {
        match choices.byte() % 12 {
            0 => self.connect(choices),
            1 => self.any_frame(choices),
            2..=4 => self.packet(choices),
            5 => self.publish(choices),
            6 => self.subscribe(choices),
            7 => self.tick(choices),
            8 => {
                self.session
                    .disconnected(choices.byte().is_multiple_of(2), self.now);
                self.is_greeting = false;
            }
            9 => self.session.on_written(self.now),
            10 => match choices.byte() % 3 {
                0 => self.session.pause_reading(self.now),
                1 => self.session.resume_reading(self.now),
                _ => self.session.on_read(self.now, choices.byte().is_multiple_of(2)),
            },
            _ => self.session.say_goodbye(ReasonCode(choices.byte() & 0x83)),
        }
        self.drain();
    }

    fn connect(&mut self, choices: &mut Choices<'_>) {
        self.session.disconnected(true, self.now);
        self.drain();
        self.session
            .connect(self.version, self.now)
            .expect("these settings suit every version");
        self.is_greeting = true;
        self.drain();
        let flags = choices.byte();
        if flags & 1 != 0 {
            return;
        }
        let mut properties = Properties::default();
        if flags & 2 != 0 {
            properties.push(Property::ReceiveMaximum(u16::from(choices.byte()) + 1));
        }
        if flags & 4 != 0 {
            properties.push(Property::MaximumPacketSize(u32::from(choices.byte()) + 1));
        }
        if flags & 8 != 0 {
            properties.push(Property::ServerKeepAlive(u16::from(choices.byte())));
        }
        if flags & 16 != 0 {
            properties.push(Property::MaximumQoS(choices.byte() % 2));
        }
        self.peer(&Packet::Connack(Connack {
            session_present: flags & 32 != 0,
            code: ReasonCode::SUCCESS,
            properties,
        }));
    }

    fn any_frame(&mut self, choices: &mut Choices<'_>) {
        let first_byte = choices.byte();
        let len = usize::from(choices.byte() % 100);
        let body = choices.take(len);
        let mut frame = vec![first_byte, body.len() as u8];
        frame.extend(body);
        self.on_frame(&frame);
    }

    fn packet(&mut self, choices: &mut Choices<'_>) {
        let ack = |choices: &mut Choices<'_>| Ack {
            packet_id: choices.id(),
            reason: ReasonCode(if choices.byte().is_multiple_of(4) { 0x87 } else { 0 }),
            ..Default::default()
        };
        let packet = match choices.byte() % 8 {
            0 => Packet::Puback(ack(choices)),
            1 => Packet::Pubrec(ack(choices)),
            2 => Packet::Pubcomp(ack(choices)),
            3 => Packet::Pubrel(ack(choices)),
            4 => {
                let packet_id = choices.id();
                let count = usize::from(choices.byte() % 4);
                Packet::Suback(Suback {
                    packet_id,
                    codes: vec![ReasonCode(1); count],
                    ..Default::default()
                })
            }
            5 => {
                let packet_id = choices.id();
                Packet::Unsuback(Suback {
                    packet_id,
                    codes: vec![ReasonCode::SUCCESS],
                    ..Default::default()
                })
            }
            6 => Packet::Pingresp,
            _ => {
                let qos = choices.qos();
                let mut properties = Properties::default();
                if choices.byte().is_multiple_of(3) {
                    properties.push(Property::TopicAlias(u16::from(choices.byte() % 5)));
                }
                Packet::Publish(Publish {
                    dup: false,
                    qos,
                    retain: false,
                    topic: if choices.byte().is_multiple_of(2) {
                        "a".into()
                    } else {
                        String::new()
                    },
                    packet_id: (qos != QoS::AtMostOnce).then(|| choices.id()),
                    properties,
                    payload: "x".into(),
                })
            }
        };
        self.peer(&packet);
    }

    fn peer(&mut self, packet: &Packet) {
        let mut frame = Vec::new();
        encode(packet, self.version, &mut frame).expect("short");
        self.on_frame(&frame);
    }

    /// As the connection's task does it: first bytes looked at, frames read while there is a connection.
    fn on_frame(&mut self, frame: &[u8]) {
        if !self.is_greeting && !self.session.is_up() {
            return;
        }
        let close = match self.session.on_first_bytes(frame) {
            Some(close) => Some(close),
            None => self.session.on_frame(frame, self.now).close,
        };
        if self.session.is_up() {
            self.is_greeting = false;
        }
        if let Some(close) = close {
            self.close(&close);
        }
    }

    fn close(&mut self, close: &Close) {
        assert!(!close.failure().what.is_empty());
        if let Some(reason) = close.goodbye() {
            self.session.say_goodbye(reason);
        }
        self.drain();
        self.session.disconnected(close.may_retry(), self.now);
        self.is_greeting = false;
        self.drain();
    }

    fn ask(&mut self) -> OperationId {
        self.next += 1;
        let id = OperationId(self.next);
        self.open.insert(id);
        id
    }

    fn publish(&mut self, choices: &mut Choices<'_>) {
        let id = self.ask();
        let message = Message {
            topic: TopicName::new(&format!("t/{}", id.0)).unwrap(),
            payload: vec![b'x'; usize::from(choices.byte())].into(),
            qos: choices.qos(),
            retain: false,
            properties: Properties::NONE,
        };
        self.session.publish(id, message, self.now);
    }

    fn subscribe(&mut self, choices: &mut Choices<'_>) {
        let id = self.ask();
        let name = format!("s/{}", choices.byte() % 4);
        if choices.byte().is_multiple_of(2) {
            self.session
                .subscribe(id, &[subscription(&name), subscription("s/#")], self.now);
        } else {
            self.session
                .unsubscribe(id, vec![TopicFilter::new(&name).unwrap()], self.now);
        }
    }

    fn tick(&mut self, choices: &mut Choices<'_>) {
        self.now += u64::from(choices.byte()) * 100_000;
        if let Some(close) = self.session.tick(self.now) {
            self.close(&close);
        } else if let Some(deadline) = self.session.deadline() {
            assert!(
                deadline > self.now,
                "due again at once: {deadline} at {}",
                self.now
            );
        }
    }

    /// Looks at everything the session wants.
    fn drain(&mut self) {
        let mut count = 0;
        while let Some(output) = self.session.poll_output() {
            count += 1;
            assert!(count < MOST_OUTPUTS, "too much for one step");
            match output {
                Output::Send(outgoing) => {
                    assert!(self.is_greeting || self.session.is_up() || is_disconnect(&outgoing.frame));
                    self.on_sent(&outgoing.frame);
                    if let Some((id, _)) = outgoing.ends {
                        self.end(id);
                    }
                }
                Output::Ended(end) => {
                    self.end(end.id);
                    // Of an unknown end the server may still hold the id, and so may the session.
                    if end.outcome != Outcome::Unknown {
                        let topic = format!("t/{}", end.id.0);
                        self.in_flight.retain(|_, sent| *sent != topic);
                    }
                }
                Output::FactsChanged => {}
            }
        }
    }

    fn on_sent(&mut self, frame: &[u8]) {
        let decoded = decode(frame, self.version, Direction::ClientToServer);
        let broken = decoded.anomalies.iter().find(|anomaly| anomaly.is_violation);
        assert_eq!(broken, None, "{frame:02x?}");
        match decoded.packet.expect("whole") {
            Packet::Publish(publish) => {
                let Some(packet_id) = publish.packet_id else {
                    return;
                };
                if !publish.dup {
                    let other = self.in_flight.insert(packet_id, publish.topic.clone());
                    let is_known = |topic: &String| self.session_may_have_forgotten(topic);
                    assert!(
                        other.as_ref().is_none_or(is_known),
                        "id {packet_id} was {other:?}'s"
                    );
                }
            }
            Packet::Subscribe(subscribe) => self.check_free(subscribe.packet_id),
            Packet::Unsubscribe(unsubscribe) => self.check_free(unsubscribe.packet_id),
            _ => {}
        }
    }

    fn check_free(&self, packet_id: u16) {
        let other = self.in_flight.get(&packet_id);
        assert!(
            other.is_none_or(|topic| self.session_may_have_forgotten(topic)),
            "id {packet_id} is {other:?}'s"
        );
    }

    /// Its end was told (as unknown): the session may have dropped it since.
    fn session_may_have_forgotten(&self, topic: &str) -> bool {
        let id = topic.strip_prefix("t/").and_then(|id| id.parse().ok());
        id.is_some_and(|id| self.ended.contains(&OperationId(id)))
    }

    fn end(&mut self, id: OperationId) {
        assert!(self.open.remove(&id), "{id:?} was not open");
        assert!(self.ended.insert(id), "{id:?} ended twice");
    }
}

fn is_disconnect(frame: &[u8]) -> bool {
    frame.first() == Some(&0xE0)
}

fn subscription(filter: &str) -> Subscription {
    Subscription::new(TopicFilter::new(filter).unwrap(), SubscriptionOptions::default())
}
