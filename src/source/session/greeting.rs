//! CONNECT and CONNACK (MQTT 5 §3.1, §3.2).

use super::{
    Announced, Close, Link, LinkState, Liveness, Output, Session,
    authentication::{Authentication, Exchange},
    packet_qos,
};
use crate::{
    event::{Failure, FailureKind, Resumption, ServerLimits},
    mqtt::{Properties, Property, PropertyId, ProtocolVersion, ReasonCode, ReasonContext, Will},
    wire::{Connack, Connect, ConnectWill, Packet, PacketType},
};

/// Unacknowledged QoS 1 and 2 messages we take at a time: bounds the memory of ids, and is far above the
/// windows servers use.
pub const RECEIVE_MAXIMUM: u16 = 1024;
/// Topic aliases we take: saves the server bandwidth, costs at most 64 topics of memory.
pub const TOPIC_ALIAS_MAXIMUM: u16 = 64;
/// Persistent sessions live until told otherwise, as in MQTT 3.1.1 and mosquitto's clients.
const NEVER_EXPIRES: u32 = u32::MAX;

impl Session {
    /// Begins a connection: CONNECT goes out. Refuses what the version cannot say.
    pub fn connect(&mut self, version: ProtocolVersion, now: u64) -> Result<(), Failure> {
        self.check(version)?;
        self.link = Link {
            state: LinkState::Greeting,
            keep_alive: self.settings.keep_alive,
            client_id: self.settings.client_id.clone(),
            ..Link::down(version)
        };
        self.liveness = Liveness::new(0, now);
        self.exchange = None;
        let mut packet = self.connect_packet();
        self.link.announced = Announced::of(&packet.properties);
        if let Some((exchange, properties)) =
            Exchange::begin(&self.settings).map_err(|what| unusable(&what))?
        {
            packet.properties.0.extend(properties.0);
            self.exchange = Some(exchange);
        }
        let frame = self
            .try_encode(&Packet::Connect(Box::new(packet)))
            .map_err(|reason| unusable(&reason))?;
        self.push_secret(PacketType::Connect, frame);
        Ok(())
    }

    fn check(&self, version: ProtocolVersion) -> Result<(), Failure> {
        let settings = &self.settings;
        if version == ProtocolVersion::V5 {
            return Ok(());
        }
        if let Some(authentication) = &settings.authentication {
            return Err(unusable(&format!(
                "{} is a matter of MQTT 5 and MQTT {version} has none of it: nothing was sent; use -V 5",
                authentication.method
            )));
        }
        if settings.password.is_some() && settings.username.is_none() {
            return Err(unusable(&format!(
                "MQTT {version} has no password without a user name (MQTT-3.1.2-22)"
            )));
        }
        if settings.client_id.is_empty() && (version == ProtocolVersion::V31 || !settings.clean_start) {
            return Err(unusable(&format!(
                "MQTT {version} has no empty client id{} (MQTT-3.1.3-7)",
                if version == ProtocolVersion::V31 {
                    ""
                } else {
                    " without clean_start"
                }
            )));
        }
        Ok(())
    }

    fn connect_packet(&self) -> Connect {
        let settings = &self.settings;
        let mut properties = Properties::default();
        if !settings.clean_start {
            properties.push(Property::SessionExpiryInterval(NEVER_EXPIRES));
        }
        properties.push(Property::ReceiveMaximum(RECEIVE_MAXIMUM));
        properties.push(Property::MaximumPacketSize(settings.max_packet.max(1)));
        properties.push(Property::TopicAliasMaximum(TOPIC_ALIAS_MAXIMUM));
        for wanted in &settings.properties.connect.0 {
            if wanted.id() != PropertyId::UserProperty {
                properties.0.retain(|ours| ours.id() != wanted.id());
            }
            properties.push(wanted.clone());
        }
        // What SCRAM proves is not to be sent in clear beside it.
        let is_proven = settings
            .authentication
            .as_ref()
            .is_some_and(Authentication::is_scram);
        Connect {
            version: self.link.version,
            clean_start: settings.clean_start,
            keep_alive: settings.keep_alive,
            client_id: settings.client_id.clone(),
            will: settings.will.as_ref().map(will),
            username: settings.username.clone().filter(|_| !is_proven),
            password: settings
                .password
                .as_ref()
                .filter(|_| !is_proven)
                .map(|password| password.expose().clone()),
            properties,
        }
    }

    /// CONNACK as decoded. Violations found here close the connection whatever the profile says.
    pub(super) fn on_connack(&mut self, connack: &Connack, now: u64) -> Option<Close> {
        let context = ReasonContext::Connack(self.link.version);
        if connack.code.is_failure(context) {
            return Some(Close::Refused {
                code: connack.code,
                context,
                properties: connack.properties.clone(),
            });
        }
        self.accept(connack, now);
        None
    }

    fn accept(&mut self, connack: &Connack, now: u64) {
        let properties = &connack.properties;
        self.link.state = LinkState::Up;
        self.link.session_present = connack.session_present;
        self.link.limits = limits(properties);
        if let Some(id) = properties.assigned_client_identifier() {
            id.clone_into(&mut self.link.client_id);
            if !self.settings.clean_start {
                id.clone_into(&mut self.settings.client_id);
            }
        }
        self.link.keep_alive = properties.server_keep_alive().unwrap_or(self.settings.keep_alive);
        self.link.properties = properties.clone();
        self.liveness = Liveness::new(self.link.keep_alive, now);
        if !connack.session_present {
            self.incoming.forget_session();
        }
        let resent = self.resume_publishes(connack.session_present, now);
        let (kept, renewed) = self.resubscribe(connack.session_present);
        let found = Resumption {
            resent,
            unknown: std::mem::take(&mut self.unknown),
            kept,
            renewed,
        };
        let had_session = std::mem::replace(&mut self.has_been_up, true) || connack.session_present;
        self.link.resumption = had_session.then_some(found);
        self.outputs.push_back(Output::FactsChanged);
    }

    /// A version 3 server's CONNACK (4 bytes) in answer to a CONNECT of 5: has no properties and old codes.
    pub(super) fn on_short_connack(&self, code: ReasonCode) -> Option<Close> {
        (self.link.state == LinkState::Greeting && self.link.version == ProtocolVersion::V5)
            .then_some(Close::SpeaksOlder { code })
    }
}

/// The code in a CONNACK of MQTT 3: two bytes behind the fixed header.
pub(super) fn short_connack(frame: &[u8]) -> Option<ReasonCode> {
    match frame {
        [0x20, 2, _, code] => Some(ReasonCode(*code)),
        _ => None,
    }
}

/// CONNACK's limits, with the standard's defaults (MQTT 5 §3.2.2.3).
pub(super) fn limits(properties: &Properties) -> ServerLimits {
    ServerLimits {
        maximum_qos: packet_qos(properties.maximum_qos().unwrap_or(2)),
        retain_available: properties.retain_available() != Some(0),
        maximum_packet_size: properties.maximum_packet_size(),
        receive_maximum: properties.receive_maximum().unwrap_or(u16::MAX),
        topic_alias_maximum: properties.topic_alias_maximum().unwrap_or(0),
    }
}

fn will(will: &Will) -> ConnectWill {
    let message = &will.message;
    ConnectWill {
        topic: message.topic.as_str().to_owned(),
        payload: message.payload.clone(),
        qos: message.qos,
        retain: message.retain,
        properties: message.properties.clone(),
    }
}

fn unusable(what: &str) -> Failure {
    Failure {
        kind: FailureKind::Profile,
        phase: None,
        code: None,
        what: what.to_owned(),
        advice: "change the profile".to_owned(),
    }
}
