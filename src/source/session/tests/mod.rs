//! The session against a scripted server: packets in, packets out, no socket and no clock.

mod authentication;
mod greeting;
mod publishing;
mod receiving;
mod subscribing;

use super::{Arrival, Close, Output, Reading, Session, Settings, Verdict};
use crate::{
    event::{OperationEnded, OperationId, Outcome},
    mqtt::{
        Message, Properties, Property, ProtocolVersion, QoS, ReasonCode, Subscription, SubscriptionOptions,
        TopicFilter, TopicName,
    },
    wire::{Ack, Connack, Direction, Packet, decode, encode},
};

const V5: ProtocolVersion = ProtocolVersion::V5;
const V311: ProtocolVersion = ProtocolVersion::V311;

struct Rig {
    session: Session,
    now: u64,
    ended: Vec<OperationEnded>,
}

fn settings() -> Settings {
    Settings {
        client_id: "me".into(),
        username: None,
        password: None,
        authentication: None,
        keep_alive: 30,
        clean_start: true,
        will: None,
        properties: crate::config::PacketProperties::default(),
        subscriptions: Vec::new(),
        max_packet: 1 << 20,
        is_lenient: false,
    }
}

impl Rig {
    /// Not connected.
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings();
        change(&mut settings);
        Self {
            session: Session::new(settings),
            now: 0,
            ended: Vec::new(),
        }
    }

    /// Connected with a plain CONNACK; what was sent so far is forgotten.
    fn up(version: ProtocolVersion, change: impl FnOnce(&mut Settings)) -> Self {
        let mut rig = Self::new(change);
        rig.connect(version, false, &[]);
        rig
    }

    /// A new connection; gives what is sent behind CONNECT.
    fn connect(
        &mut self,
        version: ProtocolVersion,
        session_present: bool,
        limits: &[Property],
    ) -> Vec<Packet> {
        self.session.connect(version, self.now).unwrap();
        self.sent();
        let connack = Packet::Connack(Connack {
            session_present,
            code: ReasonCode::SUCCESS,
            properties: limits.iter().cloned().collect(),
        });
        let reading = self.peer(&connack);
        assert_eq!((reading.close, reading.anomalies), (None, Vec::new()));
        self.sent()
    }

    /// The server sends this.
    fn peer(&mut self, packet: &Packet) -> Reading {
        let mut frame = Vec::new();
        encode(packet, self.session.link().version, &mut frame).unwrap();
        self.session.on_frame(&frame, self.now)
    }

    /// What was sent since the last call; ends are kept.
    fn sent(&mut self) -> Vec<Packet> {
        let version = self.session.link().version;
        let mut packets = Vec::new();
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(outgoing) => {
                    let decoded = decode(&outgoing.frame, version, Direction::ClientToServer);
                    assert_eq!(decoded.anomalies, [], "we break no rule ourselves");
                    packets.push(decoded.packet.unwrap());
                }
                Output::Ended(ended) => self.ended.push(ended),
                Output::FactsChanged => {}
            }
        }
        packets
    }

    fn publish(&mut self, id: u64, qos: QoS) -> Vec<Packet> {
        self.session.publish(OperationId(id), message(id, qos), self.now);
        self.sent()
    }

    /// How a request ended, if it did.
    fn outcome(&self, id: u64) -> Option<&Outcome> {
        let ends: Vec<_> = self
            .ended
            .iter()
            .filter(|end| end.id == OperationId(id))
            .collect();
        assert!(ends.len() <= 1, "an operation ends once");
        ends.first().map(|end| &end.outcome)
    }

    fn failure(&self, id: u64) -> &str {
        match self.outcome(id) {
            Some(Outcome::Failed { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }
}

fn message(id: u64, qos: QoS) -> Message {
    Message {
        topic: TopicName::new(&format!("t/{id}")).unwrap(),
        payload: "x".into(),
        qos,
        retain: false,
        properties: Properties::NONE,
    }
}

fn ack(packet_id: u16) -> Ack {
    Ack {
        packet_id,
        ..Default::default()
    }
}

fn ack_with(packet_id: u16, reason: u8) -> Ack {
    Ack {
        reason: ReasonCode(reason),
        ..ack(packet_id)
    }
}

fn subscription(filter: &str) -> Subscription {
    Subscription::new(TopicFilter::new(filter).unwrap(), SubscriptionOptions::default())
}

/// `PUBLISH 1 t/1`, `PUBLISH 1 t/1 DUP`, `PUBREL 3`: short for comparing.
fn short(packets: &[Packet]) -> Vec<String> {
    packets
        .iter()
        .map(|packet| {
            let name = packet.packet_type().name();
            match packet {
                Packet::Publish(publish) => format!(
                    "{name} {} {}{}",
                    publish.packet_id.unwrap_or(0),
                    publish.topic,
                    if publish.dup { " DUP" } else { "" }
                ),
                Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
                    match ack.reason {
                        ReasonCode::SUCCESS => format!("{name} {}", ack.packet_id),
                        reason => format!("{name} {} 0x{:02X}", ack.packet_id, reason.0),
                    }
                }
                Packet::Subscribe(subscribe) => {
                    let filters: Vec<_> = subscribe.filters.iter().map(|one| one.filter.as_str()).collect();
                    format!("{name} {} {}", subscribe.packet_id, filters.join(" "))
                }
                Packet::Unsubscribe(unsubscribe) => {
                    format!(
                        "{name} {} {}",
                        unsubscribe.packet_id,
                        unsubscribe.filters.join(" ")
                    )
                }
                _ => name.to_owned(),
            }
        })
        .collect()
}

#[test]
fn pinging_follows_the_server_keep_alive() {
    let mut rig = Rig::new(|_| {});
    rig.connect(V5, false, &[Property::ServerKeepAlive(2)]);
    assert_eq!(rig.session.link().keep_alive, 2);
    let due = rig.session.deadline().unwrap();
    assert!((1_900_000..=2_000_000).contains(&due), "{due}");
    assert_eq!(rig.session.tick(due), None);
    assert_eq!(rig.sent(), [Packet::Pingreq]);
    assert_eq!(rig.peer(&Packet::Pingresp).anomalies, []);
    rig.session.tick(due + 2_000_000);
    assert_eq!(rig.sent(), [Packet::Pingreq]);
    let Some(Close::Silent { keep_alive: 2 }) = rig.session.tick(due + 3_000_000) else {
        panic!("dead")
    };
}

#[test]
fn keep_alive_zero_of_the_server_turns_pings_off() {
    let mut rig = Rig::new(|_| {});
    rig.connect(V5, false, &[Property::ServerKeepAlive(0)]);
    assert_eq!((rig.session.deadline(), rig.session.tick(u64::MAX)), (None, None));
    assert_eq!(rig.sent(), []);
}

#[test]
fn an_answer_nobody_asked_for_is_odd_and_survived() {
    for packet in [
        Packet::Pingresp,
        Packet::Puback(ack(7)),
        Packet::Pubcomp(ack(7)),
        Packet::Suback(crate::wire::Suback {
            packet_id: 7,
            codes: vec![ReasonCode::SUCCESS],
            ..Default::default()
        }),
    ] {
        let mut rig = Rig::up(V5, |_| {});
        let reading = rig.peer(&packet);
        assert_eq!(reading.close, None);
        assert_eq!(reading.anomalies.len(), 1, "{packet:?}");
        assert!(!reading.anomalies[0].is_violation);
    }
}

#[test]
fn goodbye_tells_the_reason_only_where_the_version_can() {
    for (version, reason, sent) in [
        (V5, ReasonCode::PROTOCOL_ERROR, 1),
        (V5, ReasonCode::SUCCESS, 1),
        (V311, ReasonCode::SUCCESS, 1),
        (V311, ReasonCode::PROTOCOL_ERROR, 0),
    ] {
        let mut rig = Rig::up(version, |_| {});
        rig.session.say_goodbye(reason);
        assert_eq!(rig.sent().len(), sent, "{version} {reason:?}");
    }
}

#[test]
fn nothing_goes_out_behind_a_disconnect() {
    for version in [V311, V5] {
        let mut rig = Rig::up(version, |_| {});
        rig.session.say_goodbye(ReasonCode::SUCCESS);
        assert_eq!(short(&rig.sent()), ["DISCONNECT"]);
        rig.session.say_goodbye(ReasonCode::SUCCESS);
        rig.session.tick(u64::MAX);
        rig.session.subscribe(OperationId(2), &[subscription("a")], 0);
        assert_eq!(rig.publish(1, QoS::AtLeastOnce), []);
        assert_eq!(rig.failure(1), "not connected: nothing was sent");
    }
}

#[test]
fn goodbye_is_said_without_the_properties_a_server_does_not_take() {
    let mut rig = Rig::new(|settings| {
        let text = Property::ReasonString("x".repeat(100));
        settings.properties.disconnect.push(text);
    });
    rig.connect(V5, false, &[Property::MaximumPacketSize(50)]);
    rig.session.say_goodbye(ReasonCode::SUCCESS);
    assert_eq!(
        rig.sent(),
        [Packet::Disconnect(crate::wire::Disconnect::default())]
    );
}
