//! Property lists (MQTT 5 §2.2.2): which property may stand where, how often, with which values.

use super::{FieldValue, Sink, Walk, bytes};
use crate::mqtt::{Properties, Property, PropertyId, ReasonCode};

/// Properties kept of one list: five bytes can claim one, fifty hold it.
const MAX_KEPT: usize = 65_536;

/// Where a property list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Connect,
    Will,
    Connack,
    Publish,
    /// PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK.
    Ack,
    Subscribe,
    Unsubscribe,
    Disconnect,
    Auth,
}

impl Place {
    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "CONNECT",
            Self::Will => "a will",
            Self::Connack => "CONNACK",
            Self::Publish => "PUBLISH",
            Self::Ack => "an acknowledgement",
            Self::Subscribe => "SUBSCRIBE",
            Self::Unsubscribe => "UNSUBSCRIBE",
            Self::Disconnect => "DISCONNECT",
            Self::Auth => "AUTH",
        }
    }

    /// MQTT 5 table 2-4.
    const fn allows(self, id: PropertyId) -> bool {
        use PropertyId as Id;
        match id {
            Id::PayloadFormatIndicator
            | Id::MessageExpiryInterval
            | Id::ContentType
            | Id::ResponseTopic
            | Id::CorrelationData => matches!(self, Self::Publish | Self::Will),
            Id::SubscriptionIdentifier => matches!(self, Self::Publish | Self::Subscribe),
            Id::SessionExpiryInterval => matches!(self, Self::Connect | Self::Connack | Self::Disconnect),
            Id::AssignedClientIdentifier
            | Id::ServerKeepAlive
            | Id::ResponseInformation
            | Id::MaximumQoS
            | Id::RetainAvailable
            | Id::WildcardSubscriptionAvailable
            | Id::SubscriptionIdentifierAvailable
            | Id::SharedSubscriptionAvailable => matches!(self, Self::Connack),
            Id::AuthenticationMethod | Id::AuthenticationData => {
                matches!(self, Self::Connect | Self::Connack | Self::Auth)
            }
            Id::RequestProblemInformation | Id::RequestResponseInformation => matches!(self, Self::Connect),
            Id::WillDelayInterval => matches!(self, Self::Will),
            Id::ServerReference => matches!(self, Self::Connack | Self::Disconnect),
            Id::ReasonString => {
                matches!(self, Self::Connack | Self::Ack | Self::Disconnect | Self::Auth)
            }
            Id::ReceiveMaximum | Id::TopicAliasMaximum | Id::MaximumPacketSize => {
                matches!(self, Self::Connect | Self::Connack)
            }
            Id::TopicAlias => matches!(self, Self::Publish),
            Id::UserProperty => true,
        }
    }

    const fn allows_several(self, id: PropertyId) -> bool {
        matches!(
            (self, id),
            (_, PropertyId::UserProperty) | (Self::Publish, PropertyId::SubscriptionIdentifier)
        )
    }
}

impl<S: Sink> Walk<'_, S> {
    /// The property list, in 5; as much of it as can be read.
    pub(super) fn properties(&mut self, name: &'static str, place: Place) -> Properties {
        if !self.is_v5() {
            return Properties::NONE;
        }
        self.group(name, |walk| {
            let offset = walk.at;
            match walk.variable("property length") {
                Some(len) => walk.property_list(offset, len as usize, place),
                None => Properties::NONE,
            }
        })
    }

    fn property_list(&mut self, offset: usize, len: usize, place: Place) -> Properties {
        let have = self.end - self.at;
        if len > have {
            self.malformed(offset, || {
                format!("the properties claim {}, {have} are left", bytes(len))
            });
        }
        let outer_end = self.end;
        self.end = self.at + len.min(have);
        self.what_ends = "property list";
        let mut list = Properties::NONE;
        let mut seen = 0u64;
        let mut unkept = 0usize;
        while self.at < self.end
            && let Some(property) = self.property(place, &mut seen)
        {
            if list.0.len() < MAX_KEPT {
                list.push(property);
            } else {
                unkept += 1;
            }
        }
        if unkept > 0 {
            self.odd(offset, || {
                format!("only the first {MAX_KEPT} properties are kept, {unkept} more are in the frame")
            });
        }
        self.end = outer_end;
        self.what_ends = "packet";
        self.check_authentication(offset, place, &list);
        list
    }

    fn property(&mut self, place: Place, seen: &mut u64) -> Option<Property> {
        let start = self.at;
        let (number, range) = self.variable_silently("property identifier")?;
        let Some(id) = u8::try_from(number).ok().and_then(PropertyId::from_u8) else {
            self.violation(start, ReasonCode::MALFORMED_PACKET, || {
                format!("no property has the identifier {number} (MQTT 5 §2.2.2.2)")
            });
            self.at = start;
            self.unreadable("unknown property");
            return None;
        };
        self.check_place(start, id, place, seen);
        self.sink.open(id.name(), start);
        self.sink
            .leaf("identifier", range, None, FieldValue::Number(number));
        let value_at = self.at;
        let property = self.property_value(id);
        self.sink.close(self.at);
        if let Some(property) = &property {
            self.check_value(value_at, property, place);
        }
        property
    }

    fn property_value(&mut self, id: PropertyId) -> Option<Property> {
        use Property as P;
        use PropertyId as Id;
        let value = "value";
        Some(match id {
            Id::PayloadFormatIndicator => P::PayloadFormatIndicator(self.byte(value)?),
            Id::MessageExpiryInterval => P::MessageExpiryInterval(self.four_bytes(value)?),
            Id::ContentType => P::ContentType(self.text(value)?),
            Id::ResponseTopic => P::ResponseTopic(self.text(value)?),
            Id::CorrelationData => P::CorrelationData(self.binary(value)?),
            Id::SubscriptionIdentifier => P::SubscriptionIdentifier(self.variable(value)?),
            Id::SessionExpiryInterval => P::SessionExpiryInterval(self.four_bytes(value)?),
            Id::AssignedClientIdentifier => P::AssignedClientIdentifier(self.text(value)?),
            Id::ServerKeepAlive => P::ServerKeepAlive(self.two_bytes(value)?),
            Id::AuthenticationMethod => P::AuthenticationMethod(self.text(value)?),
            Id::AuthenticationData => P::AuthenticationData(self.binary(value)?),
            Id::RequestProblemInformation => P::RequestProblemInformation(self.byte(value)?),
            Id::WillDelayInterval => P::WillDelayInterval(self.four_bytes(value)?),
            Id::RequestResponseInformation => P::RequestResponseInformation(self.byte(value)?),
            Id::ResponseInformation => P::ResponseInformation(self.text(value)?),
            Id::ServerReference => P::ServerReference(self.text(value)?),
            Id::ReasonString => P::ReasonString(self.text(value)?),
            Id::ReceiveMaximum => P::ReceiveMaximum(self.two_bytes(value)?),
            Id::TopicAliasMaximum => P::TopicAliasMaximum(self.two_bytes(value)?),
            Id::TopicAlias => P::TopicAlias(self.two_bytes(value)?),
            Id::MaximumQoS => P::MaximumQoS(self.byte(value)?),
            Id::RetainAvailable => P::RetainAvailable(self.byte(value)?),
            Id::UserProperty => P::UserProperty((self.text("name")?, self.text(value)?)),
            Id::MaximumPacketSize => P::MaximumPacketSize(self.four_bytes(value)?),
            Id::WildcardSubscriptionAvailable => P::WildcardSubscriptionAvailable(self.byte(value)?),
            Id::SubscriptionIdentifierAvailable => P::SubscriptionIdentifierAvailable(self.byte(value)?),
            Id::SharedSubscriptionAvailable => P::SharedSubscriptionAvailable(self.byte(value)?),
        })
    }

    fn check_place(&mut self, offset: usize, id: PropertyId, place: Place, seen: &mut u64) {
        if !place.allows(id) {
            self.violation(offset, ReasonCode::MALFORMED_PACKET, || {
                format!(
                    "{} must not carry the property {id} (MQTT 5 §2.2.2.2)",
                    place.name()
                )
            });
        }
        let mark = 1u64 << (id as u8);
        if *seen & mark != 0 && !place.allows_several(id) {
            self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                format!(
                    "{} carries the property {id} twice (MQTT 5 §2.2.2.2)",
                    place.name()
                )
            });
        }
        *seen |= mark;
    }

    fn check_value(&mut self, offset: usize, property: &Property, place: Place) {
        use Property as P;
        match property {
            P::PayloadFormatIndicator(value)
            | P::RequestProblemInformation(value)
            | P::RequestResponseInformation(value)
            | P::MaximumQoS(value)
            | P::RetainAvailable(value)
            | P::WildcardSubscriptionAvailable(value)
            | P::SubscriptionIdentifierAvailable(value)
            | P::SharedSubscriptionAvailable(value)
                if *value > 1 =>
            {
                let id = property.id();
                self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                    format!("the property {id} must be 0 or 1, not {value} ({})", section(id))
                });
            }
            P::ReceiveMaximum(0) | P::MaximumPacketSize(0) | P::SubscriptionIdentifier(0) => {
                let id = property.id();
                self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                    format!("the property {id} must not be 0 ({})", section(id))
                });
            }
            P::TopicAlias(0) => self.violation(offset, ReasonCode::TOPIC_ALIAS_INVALID, || {
                "a topic alias must not be 0 (MQTT-3.3.2-8)".to_owned()
            }),
            P::ResponseTopic(topic) => self.check_topic(offset + 2, "response topic", topic, "MQTT-3.3.2-14"),
            P::SubscriptionIdentifier(_)
                if place == Place::Publish && self.direction == crate::wire::Direction::ClientToServer =>
            {
                self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                    "a client must not publish with a subscription identifier (MQTT-3.3.4-6)".to_owned()
                });
            }
            P::SessionExpiryInterval(_)
                if place == Place::Disconnect && self.direction == crate::wire::Direction::ServerToClient =>
            {
                self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                    "a server must not send a session expiry interval in DISCONNECT (MQTT-3.14.2-2)"
                        .to_owned()
                });
            }
            _ => {}
        }
    }

    fn check_authentication(&mut self, offset: usize, place: Place, list: &Properties) {
        let has = |id| list.0.iter().any(|property| property.id() == id);
        if has(PropertyId::AuthenticationMethod) || place == Place::Auth {
            return;
        }
        if has(PropertyId::AuthenticationData) && place.allows(PropertyId::AuthenticationData) {
            self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                "authentication data without an authentication method (MQTT 5 §3.1.2.11.10)".to_owned()
            });
        }
    }

    /// What a topic name must be; the wildcard's statement differs by where it stands.
    pub(super) fn check_topic(
        &mut self,
        offset: usize,
        name: &'static str,
        topic: &str,
        wildcard_statement: &'static str,
    ) {
        if topic.is_empty() {
            self.violation(offset, TOPIC_NAME_INVALID, || {
                format!("the {name} is empty (MQTT-4.7.3-1)")
            });
        }
        if topic.contains(['+', '#']) {
            // Not where it stands in the text, which has U+FFFD where the frame may have a byte.
            let rest = self.frame.get(offset..).unwrap_or_default();
            let is_wildcard = |byte: &u8| matches!(byte, b'+' | b'#');
            let index = rest.iter().position(is_wildcard).unwrap_or_default();
            self.violation(offset + index, TOPIC_NAME_INVALID, || {
                format!("the {name} contains a wildcard ({wildcard_statement})")
            });
        }
    }
}

const TOPIC_NAME_INVALID: ReasonCode = ReasonCode(0x90);

/// Where the standard gives the values of a property it does not number a statement for.
const fn section(id: PropertyId) -> &'static str {
    match id {
        PropertyId::PayloadFormatIndicator => "MQTT 5 §3.3.2.3.2",
        PropertyId::RequestProblemInformation => "MQTT 5 §3.1.2.11.7",
        PropertyId::RequestResponseInformation => "MQTT 5 §3.1.2.11.6",
        PropertyId::MaximumQoS => "MQTT 5 §3.2.2.3.4",
        PropertyId::RetainAvailable => "MQTT 5 §3.2.2.3.5",
        PropertyId::WildcardSubscriptionAvailable => "MQTT 5 §3.2.2.3.11",
        PropertyId::SubscriptionIdentifierAvailable => "MQTT 5 §3.2.2.3.12",
        PropertyId::SharedSubscriptionAvailable => "MQTT 5 §3.2.2.3.13",
        PropertyId::ReceiveMaximum => "MQTT 5 §3.1.2.11.3",
        PropertyId::MaximumPacketSize => "MQTT 5 §3.1.2.11.4",
        PropertyId::SubscriptionIdentifier => "MQTT 5 §3.8.2.1.2",
        _ => "MQTT 5 §2.2.2.2",
    }
}
