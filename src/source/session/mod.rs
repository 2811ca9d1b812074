//! The client's half of MQTT 3.1, 3.1.1 and 5 without sockets or clock: frames and requests go in with the
//! time, [`Output`]s come out. One [`Session`] lives through many connections.
//!
//! ```text
//! Down ──connect()──▶ Greeting ──CONNACK──▶ Up
//!  ▲                     │                  │
//!  └────── disconnected() ◀─────────────────┘     ids, unacknowledged publishes and received QoS 2 ids stay
//! ```

mod authentication;
mod close;
mod greeting;
mod ids;
mod incoming;
mod liveness;
mod outgoing;
mod reading;
mod scram;
mod subscribing;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub use authentication::Authentication;
pub use close::Close;
pub use incoming::{Arrival, Verdict};
pub use reading::Reading;

use self::{
    authentication::Exchange,
    ids::Ids,
    incoming::Incoming,
    liveness::{Due, Liveness},
    outgoing::Publishes,
    subscribing::Subscriptions,
};
use crate::{
    config::{PacketProperties, Profile, Secret},
    event::{OperationEnded, OperationId, OperationKind, Outcome, Resumption, ServerLimits},
    mqtt::{Properties, ProtocolVersion, QoS, ReasonCode, Subscription, Will},
    wire::{self, Packet, PacketType},
};

/// Answers to received packets that may wait for the socket, bytes. A peer that sends on and on and takes
/// no answer would fill the memory.
pub const MAX_WAITING_ANSWERS: usize = 4 * 1024 * 1024;

/// What a session needs to know from its profile.
#[derive(Debug, Clone)]
pub struct Settings {
    /// With `{host}` and `{rand4}` already replaced.
    pub client_id: String,
    /// User name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// Enhanced authentication (5).
    pub authentication: Option<Authentication>,
    /// Seconds.
    pub keep_alive: u16,
    /// Start without an earlier session's state.
    pub clean_start: bool,
    /// The will.
    pub will: Option<Will>,
    /// Properties the user wants sent.
    pub properties: PacketProperties,
    /// Subscribed after CONNACK.
    pub subscriptions: Vec<Subscription>,
    /// Largest packet taken, bytes.
    pub max_packet: u32,
    /// Go on after violations where the framing allows.
    pub is_lenient: bool,
}

impl Settings {
    /// A profile's part of it.
    pub fn new(profile: &Profile, client_id: String, password: Option<Secret>, max_packet: u32) -> Self {
        Self {
            client_id,
            username: profile.username.clone(),
            password,
            authentication: authentication::wanted(profile),
            keep_alive: profile.keep_alive,
            clean_start: profile.clean_start,
            will: profile.will.clone(),
            properties: profile.properties.clone(),
            subscriptions: profile.subscriptions.clone(),
            max_packet,
            is_lenient: profile.lenient,
        }
    }
}

/// What the session wants done, in order.
#[derive(Debug)]
pub enum Output {
    /// Write this frame.
    Send(Outgoing),
    /// A request came to its end.
    Ended(OperationEnded),
    /// What [`Session::link`] tells changed while connected.
    FactsChanged,
}

/// A frame to write.
#[derive(Debug)]
pub struct Outgoing {
    /// Its type.
    pub packet_type: PacketType,
    /// Its bytes.
    pub frame: Vec<u8>,
    /// The bytes to show, where the frame holds a secret; of the same length.
    pub shown: Option<Vec<u8>>,
    /// The QoS 0 publish that ends once this is written, and when it was asked for.
    pub ends: Option<(OperationId, u64)>,
}

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LinkState {
    Down,
    /// CONNECT sent.
    Greeting,
    /// CONNACK accepted.
    Up,
}

/// What the current, or last, connection agreed on.
#[derive(Debug, Clone)]
pub struct Link {
    state: LinkState,
    /// The version CONNECT named.
    pub version: ProtocolVersion,
    /// The client id in use, assigned or ours.
    pub client_id: String,
    /// The server had a session.
    pub session_present: bool,
    /// What became of the session before.
    pub resumption: Option<Resumption>,
    /// Seconds; the server's, if it named one.
    pub keep_alive: u16,
    /// What CONNACK limits.
    pub limits: ServerLimits,
    /// What CONNECT limits.
    announced: Announced,
    /// CONNACK's properties.
    pub properties: Properties,
}

impl Link {
    fn down(version: ProtocolVersion) -> Self {
        Self {
            state: LinkState::Down,
            version,
            client_id: String::new(),
            session_present: false,
            resumption: None,
            keep_alive: 0,
            limits: greeting::limits(&Properties::NONE),
            announced: Announced::of(&Properties::NONE),
            properties: Properties::NONE,
        }
    }
}

/// What a server must keep to, as CONNECT has said it.
#[derive(Debug, Clone, Copy)]
struct Announced {
    /// QoS 1 and 2 messages without a last ack (MQTT-3.3.4-9).
    receive_maximum: u16,
    /// The highest topic alias (MQTT-3.1.2-26).
    topic_alias_maximum: u16,
    /// Reason strings and user properties are wanted everywhere (MQTT-3.1.2-29).
    has_problem_information: bool,
}

impl Announced {
    /// By the properties of CONNECT, with the standard's defaults (MQTT 5 §3.1.2.11).
    fn of(connect: &Properties) -> Self {
        Self {
            receive_maximum: connect.receive_maximum().unwrap_or(u16::MAX),
            topic_alias_maximum: connect.topic_alias_maximum().unwrap_or(0),
            has_problem_information: connect.request_problem_information() != Some(0),
        }
    }
}

/// The session. Time is the mono clock's, in microseconds.
pub struct Session {
    settings: Settings,
    link: Link,
    ids: Ids,
    /// Of the current connection.
    exchange: Option<Exchange>,
    publishes: Publishes,
    incoming: Incoming,
    subscriptions: Subscriptions,
    liveness: Liveness,
    outputs: VecDeque<Output>,
    /// A CONNACK was accepted before.
    has_been_up: bool,
    /// Publishes that ended unknown since the last one.
    unknown: usize,
}

impl Session {
    /// Fresh, not connected.
    pub fn new(settings: Settings) -> Self {
        Self {
            link: Link::down(ProtocolVersion::V5),
            ids: Ids::new(),
            exchange: None,
            publishes: Publishes::default(),
            incoming: Incoming::default(),
            subscriptions: Subscriptions::new(&settings.subscriptions),
            liveness: Liveness::new(0, 0),
            outputs: VecDeque::new(),
            has_been_up: false,
            unknown: 0,
            settings,
        }
    }

    /// What the current connection agreed on.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Whether CONNACK was accepted and the connection not yet given up.
    pub fn is_up(&self) -> bool {
        self.link.state == LinkState::Up
    }

    /// What is subscribed, with the code each was granted with.
    pub fn subscriptions(&self) -> Vec<(Subscription, Option<ReasonCode>)> {
        self.subscriptions.granted()
    }

    /// Whether something asked of the server is not yet answered.
    pub fn awaits_acks(&self) -> bool {
        self.publishes.are_open() || self.subscriptions.are_open()
    }

    /// Whether violations are to be survived where the framing allows.
    pub fn is_lenient(&self) -> bool {
        self.settings.is_lenient
    }

    /// The next thing to do, if any.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Bytes were written.
    pub fn on_written(&mut self, now: u64) {
        self.liveness.on_sent(now);
    }

    /// Bytes were read; `has_more`: a packet is half read, or the kernel holds more.
    pub fn on_read(&mut self, now: u64, has_more: bool) {
        self.liveness.on_received(now, has_more);
    }

    /// The socket is no longer read, for want of room.
    pub fn pause_reading(&mut self, now: u64) {
        self.liveness.pause(now);
    }

    /// The socket is read again.
    pub fn resume_reading(&mut self, now: u64) {
        self.liveness.resume(now);
    }

    /// When [`Session::tick`] wants to be called.
    pub fn deadline(&self) -> Option<u64> {
        self.liveness.deadline().filter(|_| self.is_up())
    }

    /// Does what is due; gives a reason to close if the peer is dead.
    pub fn tick(&mut self, now: u64) -> Option<Close> {
        if !self.is_up() {
            return None;
        }
        match self.liveness.due(now) {
            Due::Nothing => {}
            Due::Ping => {
                self.liveness.on_ping(now);
                // A socket that takes nothing would otherwise ask for the same ping again and again.
                self.liveness.on_sent(now);
                self.send(&Packet::Pingreq);
            }
            Due::Dead => {
                return Some(Close::Silent {
                    keep_alive: self.link.keep_alive,
                });
            }
        }
        None
    }

    /// Says goodbye; before MQTT 5 there is only a normal DISCONNECT, so a fault is not told there at all.
    /// Nothing goes out behind it (MQTT-3.14.4-1).
    pub fn say_goodbye(&mut self, reason: ReasonCode) {
        if self.is_up() && (self.link.version == ProtocolVersion::V5 || reason == ReasonCode::SUCCESS) {
            let is_normal = reason == ReasonCode::SUCCESS;
            let properties = Some(&self.settings.properties.disconnect).filter(|_| is_normal);
            let goodbye = |properties| Packet::Disconnect(wire::Disconnect { reason, properties });
            // Properties that are too much for this server must not keep the goodbye itself from being said.
            if !self.send(&goodbye(properties.cloned().unwrap_or_default())) {
                self.send(&goodbye(Properties::NONE));
            }
        }
        self.link.state = LinkState::Down;
    }

    /// The connection is gone. What was asked and not answered ends as `Unknown`, except publishes of a
    /// session that may be resumed: `will_retry` keeps those open until the next CONNACK decides.
    pub fn disconnected(&mut self, will_retry: bool, now: u64) {
        self.link.state = LinkState::Down;
        self.incoming.forget_connection();
        self.lose_subscribe_requests(now);
        self.lose_publishes(will_retry && !self.settings.clean_start, now);
    }

    fn end(&mut self, kind: OperationKind, id: OperationId, asked: u64, outcome: Outcome, now: u64) {
        self.unknown += usize::from(kind == OperationKind::Publish && outcome == Outcome::Unknown);
        self.outputs
            .push_back(Output::Ended(ended(kind, id, asked, outcome, now)));
    }

    /// Sends, where the server takes it; tells whether.
    fn send(&mut self, packet: &Packet) -> bool {
        let frame = self.try_encode(packet);
        let is_sent = frame.is_ok();
        if let Ok(frame) = frame {
            self.push_frame(packet.packet_type(), frame, None);
        }
        is_sent
    }

    /// The frame, if it breaks no rule of the standard and no limit of the server; else why not, in words.
    fn try_encode(&self, packet: &Packet) -> Result<Vec<u8>, String> {
        let mut frame = Vec::new();
        wire::encode(packet, self.link.version, &mut frame).map_err(|error| error.to_string())?;
        match self.link.limits.maximum_packet_size {
            Some(limit) if frame.len() > limit as usize => Err(format!(
                "the packet has {} bytes, this broker takes {limit} (maximum packet size in CONNACK)",
                frame.len()
            )),
            _ => broken_rule(packet, &frame, self.link.version).map_or(Ok(frame), Err),
        }
    }

    fn push_frame(&mut self, packet_type: PacketType, frame: Vec<u8>, ends: Option<(OperationId, u64)>) {
        self.outputs.push_back(Output::Send(Outgoing {
            packet_type,
            frame,
            shown: None,
            ends,
        }));
    }
}

/// The first rule a frame of ours would break: what a user gives may be what no packet can carry.
fn broken_rule(packet: &Packet, frame: &[u8], version: ProtocolVersion) -> Option<String> {
    let is_right = match packet {
        Packet::Publish(_) => wire::publish_head(frame, frame.len(), version)
            .is_some_and(|head| !head.has_subscription_identifier),
        Packet::Connect(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) | Packet::Disconnect(_) => false,
        // A lenient profile survives a packet without an id, which nothing can answer.
        Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
            ack.packet_id != 0
        }
        _ => true,
    };
    if is_right {
        return None;
    }
    let decoded = wire::decode(frame, version, wire::Direction::ClientToServer);
    let mut anomalies = decoded.anomalies.into_iter();
    anomalies
        .find(|anomaly| anomaly.is_violation)
        .map(|anomaly| anomaly.what)
}

/// The end of a request, with the time it took.
pub fn ended(kind: OperationKind, id: OperationId, asked: u64, outcome: Outcome, now: u64) -> OperationEnded {
    OperationEnded {
        id,
        kind,
        outcome,
        took: std::time::Duration::from_micros(now.saturating_sub(asked)),
    }
}

/// A refusal of our own, before anything is sent.
pub fn not_sent(reason: impl Into<String>) -> Outcome {
    Outcome::Failed {
        code: None,
        reason: reason.into(),
    }
}

/// Failed by a code of the server, with its reason string if it gave one.
fn refused(code: ReasonCode, words: String, properties: &Properties) -> Outcome {
    Outcome::Failed {
        code: Some(code),
        reason: match properties.reason_string() {
            Some(text) => format!("{words}: {text}"),
            None => words,
        },
    }
}

fn packet_qos(bits: u8) -> QoS {
    QoS::from_bits(bits).unwrap_or(QoS::ExactlyOnce)
}
