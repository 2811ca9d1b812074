//! `-D COMMAND PROPERTY VALUE`, as mosquitto has it: MQTT 5 properties by name.

use crate::{
    mqtt::{Property, PropertyId, PropertyType},
    text,
};

/// Between a user property's name and value, which may hold anything people type.
pub const SEPARATOR: char = '\u{1f}';
/// What the session can do; a larger number would promise too much.
const MOST_UNACKNOWLEDGED: u16 = 1024;
const MOST_ALIASES: u16 = 64;

/// The packet a property is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// CONNECT.
    Connect,
    /// PUBLISH.
    Publish,
    /// SUBSCRIBE.
    Subscribe,
    /// UNSUBSCRIBE.
    Unsubscribe,
    /// DISCONNECT.
    Disconnect,
    /// The will in CONNECT.
    Will,
}

/// A property and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketProperty {
    /// Where.
    pub place: Place,
    /// What.
    pub property: Property,
}

/// Names of packets, and the properties each may have (MQTT 5 table 2-4) as far as a user can choose them.
const PLACES: &[(&str, Place, &[PropertyId])] = &[
    (
        "connect",
        Place::Connect,
        &[
            PropertyId::MaximumPacketSize,
            PropertyId::ReceiveMaximum,
            PropertyId::RequestProblemInformation,
            PropertyId::RequestResponseInformation,
            PropertyId::SessionExpiryInterval,
            PropertyId::TopicAliasMaximum,
            PropertyId::UserProperty,
        ],
    ),
    (
        "publish",
        Place::Publish,
        &[
            PropertyId::ContentType,
            PropertyId::CorrelationData,
            PropertyId::MessageExpiryInterval,
            PropertyId::PayloadFormatIndicator,
            PropertyId::ResponseTopic,
            PropertyId::TopicAlias,
            PropertyId::UserProperty,
        ],
    ),
    (
        "subscribe",
        Place::Subscribe,
        &[PropertyId::SubscriptionIdentifier, PropertyId::UserProperty],
    ),
    ("unsubscribe", Place::Unsubscribe, &[PropertyId::UserProperty]),
    (
        "disconnect",
        Place::Disconnect,
        &[
            PropertyId::ReasonString,
            PropertyId::SessionExpiryInterval,
            PropertyId::UserProperty,
        ],
    ),
    (
        "will",
        Place::Will,
        &[
            PropertyId::ContentType,
            PropertyId::CorrelationData,
            PropertyId::MessageExpiryInterval,
            PropertyId::PayloadFormatIndicator,
            PropertyId::ResponseTopic,
            PropertyId::UserProperty,
            PropertyId::WillDelayInterval,
        ],
    ),
];

/// `session expiry interval` → `session-expiry-interval`.
fn flag_name(id: PropertyId) -> String {
    id.name().replace(' ', "-")
}

/// Reads `COMMAND PROPERTY VALUE` in one text.
pub fn property(text: &str) -> Result<PacketProperty, String> {
    let mut words = text.splitn(3, ' ');
    let (Some(command), Some(name), Some(value)) = (words.next(), words.next(), words.next()) else {
        return Err("write COMMAND PROPERTY VALUE, as in connect receive-maximum 10".into());
    };
    let (_, place, known) = PLACES
        .iter()
        .find(|(place, ..)| *place == command)
        .ok_or_else(|| {
            unknown(
                "packet",
                command,
                PLACES.iter().map(|(place, ..)| (*place).to_owned()),
            )
        })?;
    if matches!(name, "authentication-method" | "authentication-data") {
        return Err(format!(
            "{name}: this version does not speak enhanced authentication"
        ));
    }
    let id = known.iter().find(|id| flag_name(**id) == name).ok_or_else(|| {
        unknown(
            &format!("{command} property"),
            name,
            known.iter().map(|id| flag_name(*id)),
        )
    })?;
    let property = of_value(*id, value).map_err(|reason| format!("{name}: {reason}"))?;
    Ok(PacketProperty {
        place: *place,
        property,
    })
}

fn unknown(what: &str, wrong: &str, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    match text::nearest(wrong, known.iter().map(String::as_str)) {
        Some(meant) => format!("no {what} \"{wrong}\"; did you mean {meant}?"),
        None => format!("no {what} \"{wrong}\"; there are {}", known.join(", ")),
    }
}

fn of_value(id: PropertyId, value: &str) -> Result<Property, String> {
    let number = |least: u32, most: u32| {
        let number = value
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("\"{value}\" is no number from {least} to {most}"))
    };
    let text = || value.to_owned();
    Ok(match id {
        PropertyId::MaximumPacketSize => Property::MaximumPacketSize(number(1, u32::MAX)?),
        PropertyId::ReceiveMaximum => Property::ReceiveMaximum(number(1, MOST_UNACKNOWLEDGED.into())? as u16),
        PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(number(0, MOST_ALIASES.into())? as u16),
        PropertyId::RequestProblemInformation => Property::RequestProblemInformation(number(0, 1)? as u8),
        PropertyId::RequestResponseInformation => Property::RequestResponseInformation(number(0, 1)? as u8),
        PropertyId::SessionExpiryInterval => {
            Property::SessionExpiryInterval(super::values::session_expiry(value)?)
        }
        PropertyId::PayloadFormatIndicator => Property::PayloadFormatIndicator(number(0, 1)? as u8),
        PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(number(0, u32::MAX)?),
        PropertyId::WillDelayInterval => Property::WillDelayInterval(number(0, u32::MAX)?),
        PropertyId::TopicAlias => Property::TopicAlias(number(1, u16::MAX.into())? as u16),
        PropertyId::SubscriptionIdentifier => Property::SubscriptionIdentifier(number(1, 268_435_455)?),
        PropertyId::ContentType => Property::ContentType(text()),
        PropertyId::ResponseTopic => Property::ResponseTopic(text()),
        PropertyId::ReasonString => Property::ReasonString(text()),
        PropertyId::CorrelationData => Property::CorrelationData(value.as_bytes().to_vec()),
        PropertyId::UserProperty => {
            let (name, value) = value
                .split_once(SEPARATOR)
                .ok_or("a user property has a NAME and a VALUE")?;
            Property::UserProperty((name.to_owned(), value.to_owned()))
        }
        other => return Err(format!("{other} cannot be set")),
    })
}

/// How many words follow a property's name.
pub fn words_of(name: &str) -> usize {
    let is_pair = |id: &&PropertyId| id.value_type() == PropertyType::Utf8StringPair;
    let mut pairs = PropertyId::ALL.iter().filter(is_pair);
    if pairs.any(|id| flag_name(*id) == name) {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_property_that_can_be_chosen_is_read() {
        for (command, _, known) in PLACES {
            for id in *known {
                let value = match id {
                    PropertyId::UserProperty => "a b\u{1f}c d",
                    _ => "1",
                };
                let text = format!("{command} {} {value}", flag_name(*id));
                assert_eq!(property(&text).map(|read| read.property.id()), Ok(*id), "{text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_a_way_out() {
        for (text, expected) in [
            ("connect receive-maximum", "write COMMAND PROPERTY VALUE"),
            ("conect receive-maximum 1", "did you mean connect?"),
            ("publish content-typ x", "did you mean content-type?"),
            (
                "publish receive-maximum 1",
                "no publish property \"receive-maximum\"",
            ),
            ("connect receive-maximum 0", "\"0\" is no number from 1 to 1024"),
            (
                "connect authentication-method SCRAM",
                "does not speak enhanced authentication",
            ),
            ("publish user-property a", "has a NAME and a VALUE"),
        ] {
            let error = property(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
