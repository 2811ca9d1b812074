//! Packets → frames. Writes what it is told, also what a peer would refuse: judging is `decode`'s.

use thiserror::Error;

use super::{
    Ack, Connack, Connect, ConnectWill, MAX_REMAINING_LENGTH, Packet, Publish, Suback, Subscribe, Unsubscribe,
};
use crate::mqtt::{Properties, Property, ProtocolVersion, QoS, ReasonCode};

/// Why a packet cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A string or binary field of more than 65,535 bytes.
    #[error("{field} has {len} bytes, a packet can carry 65,535")]
    FieldTooLong {
        /// Which field.
        field: &'static str,
        /// Its bytes.
        len: usize,
    },
    /// A packet of more than 268,435,455 bytes; how many there would be behind the fixed header, at least.
    #[error("the packet would have {0} bytes, MQTT allows 268,435,455")]
    PacketTooLong(usize),
    /// A subscription identifier of more than 268,435,455.
    #[error("the subscription identifier {0} is above 268,435,455")]
    SubscriptionIdentifierTooLarge(u32),
}

/// Appends the frame of `packet` in `version` to `out`; on error `out` is as before. CONNECT brings its own version.
/// Properties and reason codes are written in 5 only, and left out where that says the same.
pub fn encode(packet: &Packet, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let mut writer = Writer {
        out,
        is_v5: version == ProtocolVersion::V5,
    };
    let result = writer.packet(packet);
    if result.is_err() {
        out.truncate(start);
    }
    result
}

type Written = Result<(), EncodeError>;

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    is_v5: bool,
}

impl Writer<'_> {
    fn packet(&mut self, packet: &Packet) -> Written {
        self.out.push(first_byte(packet));
        self.with_length(|writer| writer.body(packet))
    }

    /// Writes what `write` writes with its length in front.
    fn with_length(&mut self, write: impl FnOnce(&mut Self) -> Written) -> Written {
        let at = self.out.len();
        self.out.push(0);
        write(self)?;
        let len = self.out.len() - at - 1;
        if len > MAX_REMAINING_LENGTH {
            return Err(EncodeError::PacketTooLong(len));
        }
        let (bytes, count) = variable(len as u32);
        self.out.splice(at..=at, bytes.into_iter().take(count));
        Ok(())
    }

    fn body(&mut self, packet: &Packet) -> Written {
        match packet {
            Packet::Connect(connect) => self.connect(connect),
            Packet::Connack(connack) => self.connack(connack),
            Packet::Publish(publish) => self.publish(publish),
            Packet::Puback(ack) | Packet::Pubrec(ack) | Packet::Pubrel(ack) | Packet::Pubcomp(ack) => {
                self.ack(ack)
            }
            Packet::Subscribe(subscribe) => self.subscribe(subscribe),
            Packet::Suback(suback) => self.suback(suback, true),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(unsubscribe),
            Packet::Unsuback(suback) => self.suback(suback, self.is_v5),
            Packet::Pingreq | Packet::Pingresp => Ok(()),
            Packet::Disconnect(disconnect) => self.ending(disconnect.reason, &disconnect.properties),
            Packet::Auth(auth) if auth.reason == ReasonCode::SUCCESS && auth.properties.is_empty() => Ok(()),
            Packet::Auth(auth) => {
                self.out.push(auth.reason.0);
                self.properties(&auth.properties)
            }
        }
    }

    fn connect(&mut self, connect: &Connect) -> Written {
        self.is_v5 = connect.version == ProtocolVersion::V5;
        self.text("protocol name", connect.version.protocol_name())?;
        self.out.push(connect.version.level());
        self.out.push(connect_flags(connect));
        self.two_bytes(connect.keep_alive);
        self.properties(&connect.properties)?;
        self.text("client identifier", &connect.client_id)?;
        if let Some(will) = &connect.will {
            self.will(will)?;
        }
        if let Some(username) = &connect.username {
            self.text("user name", username)?;
        }
        match &connect.password {
            Some(password) => self.prefixed("password", password),
            None => Ok(()),
        }
    }

    fn will(&mut self, will: &ConnectWill) -> Written {
        self.properties(&will.properties)?;
        self.text("will topic", &will.topic)?;
        self.prefixed("will payload", &will.payload)
    }

    fn connack(&mut self, connack: &Connack) -> Written {
        self.out.push(u8::from(connack.session_present));
        self.out.push(connack.code.0);
        self.properties(&connack.properties)
    }

    fn publish(&mut self, publish: &Publish) -> Written {
        self.text("topic", &publish.topic)?;
        if publish.qos != QoS::AtMostOnce {
            self.two_bytes(publish.packet_id.unwrap_or(0));
        }
        self.properties(&publish.properties)?;
        // Told before so much is copied.
        if publish.payload.len() > MAX_REMAINING_LENGTH {
            return Err(EncodeError::PacketTooLong(publish.payload.len()));
        }
        self.out.extend_from_slice(&publish.payload);
        Ok(())
    }

    fn ack(&mut self, ack: &Ack) -> Written {
        self.two_bytes(ack.packet_id);
        self.ending(ack.reason, &ack.properties)
    }

    /// Reason and properties at the end of a packet, each left out where nothing is said (MQTT 5 §3.4.2.1).
    fn ending(&mut self, reason: ReasonCode, properties: &Properties) -> Written {
        if !self.is_v5 || (reason == ReasonCode::SUCCESS && properties.is_empty()) {
            return Ok(());
        }
        self.out.push(reason.0);
        if properties.is_empty() {
            return Ok(());
        }
        self.properties(properties)
    }

    fn subscribe(&mut self, subscribe: &Subscribe) -> Written {
        self.two_bytes(subscribe.packet_id);
        self.properties(&subscribe.properties)?;
        for filter in &subscribe.filters {
            self.text("topic filter", &filter.filter)?;
            let options = if self.is_v5 {
                filter.options.to_byte()
            } else {
                filter.options.qos.as_u8()
            };
            self.out.push(options);
        }
        Ok(())
    }

    fn suback(&mut self, suback: &Suback, has_codes: bool) -> Written {
        self.two_bytes(suback.packet_id);
        self.properties(&suback.properties)?;
        if has_codes {
            self.out.extend(suback.codes.iter().map(|code| code.0));
        }
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Written {
        self.two_bytes(unsubscribe.packet_id);
        self.properties(&unsubscribe.properties)?;
        unsubscribe
            .filters
            .iter()
            .try_for_each(|filter| self.text("topic filter", filter))
    }

    fn properties(&mut self, properties: &Properties) -> Written {
        if !self.is_v5 {
            return Ok(());
        }
        self.with_length(|writer| {
            properties
                .0
                .iter()
                .try_for_each(|property| writer.property(property))
        })
    }

    fn property(&mut self, property: &Property) -> Written {
        use Property as P;
        self.out.push(property.id() as u8);
        let name = property.id().name();
        match property {
            P::PayloadFormatIndicator(value)
            | P::RequestProblemInformation(value)
            | P::RequestResponseInformation(value)
            | P::MaximumQoS(value)
            | P::RetainAvailable(value)
            | P::WildcardSubscriptionAvailable(value)
            | P::SubscriptionIdentifierAvailable(value)
            | P::SharedSubscriptionAvailable(value) => self.out.push(*value),
            P::ServerKeepAlive(value)
            | P::ReceiveMaximum(value)
            | P::TopicAliasMaximum(value)
            | P::TopicAlias(value) => self.two_bytes(*value),
            P::MessageExpiryInterval(value)
            | P::SessionExpiryInterval(value)
            | P::WillDelayInterval(value)
            | P::MaximumPacketSize(value) => self.out.extend_from_slice(&value.to_be_bytes()),
            P::SubscriptionIdentifier(value) => return self.subscription_identifier(*value),
            P::ContentType(text)
            | P::ResponseTopic(text)
            | P::AssignedClientIdentifier(text)
            | P::AuthenticationMethod(text)
            | P::ResponseInformation(text)
            | P::ServerReference(text)
            | P::ReasonString(text) => return self.text(name, text),
            P::CorrelationData(bytes) | P::AuthenticationData(bytes) => return self.prefixed(name, bytes),
            P::UserProperty((key, value)) => {
                self.text(name, key)?;
                return self.text(name, value);
            }
        }
        Ok(())
    }

    fn subscription_identifier(&mut self, id: u32) -> Written {
        if id as usize > MAX_REMAINING_LENGTH {
            return Err(EncodeError::SubscriptionIdentifierTooLarge(id));
        }
        let (bytes, count) = variable(id);
        self.out.extend(bytes.into_iter().take(count));
        Ok(())
    }

    fn two_bytes(&mut self, number: u16) {
        self.out.extend_from_slice(&number.to_be_bytes());
    }

    fn text(&mut self, field: &'static str, text: &str) -> Written {
        self.prefixed(field, text.as_bytes())
    }

    fn prefixed(&mut self, field: &'static str, bytes: &[u8]) -> Written {
        let len = u16::try_from(bytes.len()).map_err(|_| EncodeError::FieldTooLong {
            field,
            len: bytes.len(),
        })?;
        self.two_bytes(len);
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

fn first_byte(packet: &Packet) -> u8 {
    let flags = match packet {
        Packet::Publish(publish) => {
            u8::from(publish.dup) << 3 | publish.qos.as_u8() << 1 | u8::from(publish.retain)
        }
        Packet::Pubrel(_) | Packet::Subscribe(_) | Packet::Unsubscribe(_) => 0b0010,
        _ => 0,
    };
    (packet.packet_type() as u8) << 4 | flags
}

fn connect_flags(connect: &Connect) -> u8 {
    let will = connect.will.as_ref().map_or(0, |will| {
        u8::from(will.retain) << 5 | will.qos.as_u8() << 3 | 0x04
    });
    u8::from(connect.username.is_some()) << 7
        | u8::from(connect.password.is_some()) << 6
        | u8::from(connect.clean_start) << 1
        | will
}

/// A variable byte integer and how many of the bytes it takes; `number` has at most 28 bits.
fn variable(mut number: u32) -> ([u8; 4], usize) {
    let mut bytes = [0; 4];
    let mut count = 0;
    for byte in &mut bytes {
        *byte = (number & 0x7f) as u8;
        number >>= 7;
        count += 1;
        if number == 0 {
            break;
        }
        *byte |= 0x80;
    }
    (bytes, count)
}
