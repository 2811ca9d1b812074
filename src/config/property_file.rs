//! Properties in profile files: `[properties.connect] session_expiry_interval = "1h"`. A key is the standard's name
//! with `_`; user properties are a list of pairs, because names may repeat and their order counts.

use toml_edit::{Array, TableLike, Value};

use super::{
    property::{Place, parse_property, property_text},
    reader::Section,
};
use crate::mqtt::{Properties, Property, PropertyId, PropertyType};

/// The key of the user properties.
pub(super) const USER_PROPERTIES: &str = "user_properties";

/// A property's key.
pub(super) fn key(id: PropertyId) -> String {
    match id {
        PropertyId::UserProperty => USER_PROPERTIES.into(),
        _ => id.name().replace(' ', "_"),
    }
}

/// The keys of a packet's properties.
pub(super) fn keys(place: Place) -> Vec<String> {
    place.properties().iter().copied().map(key).collect()
}

/// Reads a packet's properties out of a section that may hold other keys too.
pub(super) fn read(section: &Section<'_>, place: Place) -> Properties {
    let mut properties = Properties::NONE;
    for &id in place.properties() {
        if id == PropertyId::UserProperty {
            let pairs = section.pairs(USER_PROPERTIES).unwrap_or_default();
            properties.0.extend(pairs.into_iter().map(Property::UserProperty));
            continue;
        }
        let key = key(id);
        let Some(text) = section.scalar(&key, wanted(id)) else {
            continue;
        };
        match parse_property(id, &text) {
            Ok(property) => properties.push(property),
            Err(error) => section.fault(&key, error),
        }
    }
    properties
}

/// What kinds of TOML values a key takes, and in words.
fn wanted(id: PropertyId) -> (&'static str, &'static [&'static str]) {
    match id.value_type() {
        PropertyType::Byte => ("true or false", &["boolean", "integer"]),
        PropertyType::Utf8String | PropertyType::BinaryData => ("a string", &["string"]),
        _ if is_plain_number(id) => ("a whole number", &["integer"]),
        _ => ("a string or a whole number", &["string", "integer"]),
    }
}

/// A number that is no time and no size.
pub(super) fn is_plain_number(id: PropertyId) -> bool {
    matches!(
        id,
        PropertyId::ReceiveMaximum
            | PropertyId::TopicAliasMaximum
            | PropertyId::TopicAlias
            | PropertyId::SubscriptionIdentifier
    )
}

/// Writes a packet's properties, in the order of [`Place::properties`].
pub(super) fn write(table: &mut dyn TableLike, place: Place, properties: &Properties) {
    for &id in place.properties() {
        if id == PropertyId::UserProperty {
            let pairs: Array = properties.user_properties().map(pair).collect();
            if !pairs.is_empty() {
                table.insert(USER_PROPERTIES, toml_edit::value(pairs));
            }
        } else if let Some(value) = properties.get(id).and_then(value) {
            table.insert(&key(id), toml_edit::value(value));
        }
    }
}

fn pair((name, value): (&str, &str)) -> Value {
    Value::Array([name, value].into_iter().collect())
}

fn value(property: &Property) -> Option<Value> {
    let text = property_text(property)?;
    let id = property.id();
    Some(match id.value_type() {
        PropertyType::Byte => Value::from(text == "true"),
        _ if is_plain_number(id) => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    })
}
