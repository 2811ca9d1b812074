//! `-D COMMAND PROPERTY VALUE`, as mosquitto has it: MQTT 5 properties by name.

use crate::{
    config::{Place, parse_property},
    mqtt::{Property, PropertyId, PropertyType},
    text,
};

/// Between a user property's name and value, which may hold anything people type.
pub const SEPARATOR: char = '\u{1f}';
/// A property and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketProperty {
    /// Where.
    pub place: Place,
    /// What.
    pub property: Property,
}

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
    let place = Place::ALL.iter().find(|place| place.name() == command);
    let Some(&place) = place else {
        let known = Place::ALL.iter().map(|place| place.name().to_owned());
        return Err(unknown("packet", command, known));
    };
    let known = place.properties();
    if let Some(property) = authentication(name, value).filter(|_| place == Place::Connect) {
        return property.map(|property| PacketProperty { place, property });
    }
    let id = known.iter().find(|id| flag_name(**id) == name).ok_or_else(|| {
        unknown(
            &format!("{command} property"),
            name,
            known.iter().map(|id| flag_name(*id)),
        )
    })?;
    let property = of_value(*id, value).map_err(|reason| format!("{name}: {reason}"))?;
    Ok(PacketProperty { place, property })
}

/// How to prove oneself, which a profile does not keep among its properties: the data is a secret.
fn authentication(name: &str, value: &str) -> Option<Result<Property, String>> {
    match name {
        "authentication-method" if value.is_empty() => {
            let what = "names no method; use SCRAM-SHA-256, SCRAM-SHA-512 or the broker's own";
            Some(Err(format!("{name}: {what}")))
        }
        "authentication-method" => Some(Ok(Property::AuthenticationMethod(value.to_owned()))),
        "authentication-data" => Some(Ok(Property::AuthenticationData(value.as_bytes().to_vec()))),
        _ => None,
    }
}

fn unknown(what: &str, wrong: &str, known: impl Iterator<Item = String>) -> String {
    let known: Vec<String> = known.collect();
    match text::nearest(wrong, known.iter().map(String::as_str)) {
        Some(meant) => format!("no {what} \"{wrong}\"; did you mean {meant}?"),
        None => format!("no {what} \"{wrong}\"; there are {}", known.join(", ")),
    }
}

/// As everywhere, but that words of the shell are taken as they stand.
fn of_value(id: PropertyId, value: &str) -> Result<Property, String> {
    match id {
        PropertyId::CorrelationData => Ok(Property::CorrelationData(value.as_bytes().to_vec())),
        PropertyId::UserProperty => {
            let (name, value) = value
                .split_once(SEPARATOR)
                .ok_or("a user property has a NAME and a VALUE")?;
            Ok(Property::UserProperty((name.to_owned(), value.to_owned())))
        }
        _ => parse_property(id, value),
    }
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
        for place in Place::ALL {
            let command = place.name();
            for id in place.properties() {
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
            ("connect authentication-method ", "names no method"),
            ("publish user-property a", "has a NAME and a VALUE"),
        ] {
            let error = property(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
