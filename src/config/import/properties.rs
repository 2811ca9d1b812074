//! MQTT 5 properties as MQTTX writes them: the standard's names in camel case, user properties as an object.

use serde_json::{Map, Value};

use crate::{
    config::{Place, parse_property, property_text},
    mqtt::{Properties, Property, PropertyId},
};

/// `session expiry interval` → `sessionExpiryInterval`.
pub fn camel_name(id: PropertyId) -> String {
    if id == PropertyId::UserProperty {
        return "userProperties".into();
    }
    let mut words = id.name().split(' ');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name + letters.as_str()
    })
}

/// The properties of an object that a packet can have, and what could not be taken over, in words.
pub fn read(object: Option<&Value>, place: Place) -> (Properties, Vec<String>) {
    let (mut properties, mut notes) = (Properties::NONE, Vec::new());
    let Some(object) = object.and_then(Value::as_object) else {
        return (properties, notes);
    };
    for &id in place.properties() {
        let name = camel_name(id);
        for text in texts(id, object.get(&name)) {
            match parse_property(id, &text) {
                Ok(property) => properties.push(property),
                Err(error) => notes.push(format!("{name} left out: {error}")),
            }
        }
    }
    (properties, notes)
}

/// A value's texts: none for what is not set, a pair each for user properties.
fn texts(id: PropertyId, value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Object(object)) if id == PropertyId::UserProperty => pairs(object),
        // as MQTTX's tables hold those of wills and subscriptions: the object once more as a text
        Some(Value::String(text)) if id == PropertyId::UserProperty => {
            serde_json::from_str(text).as_ref().map(pairs).unwrap_or_default()
        }
        Some(value) => plain(value).filter(|text| !text.is_empty()).into_iter().collect(),
        None => Vec::new(),
    }
}

/// `NAME = VALUE`, once for each value of a name.
fn pairs(object: &Map<String, Value>) -> Vec<String> {
    let values = |value: &Value| match value {
        Value::Array(values) => values.iter().filter_map(plain).collect(),
        one => plain(one).into_iter().collect::<Vec<_>>(),
    };
    let pairs = object.iter().flat_map(|(name, value)| {
        let values = values(value).into_iter();
        values.map(move |value| format!("{name} = {value}"))
    });
    pairs.collect()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is_set) => Some(is_set.to_string()),
        _ => None,
    }
}

/// The other way round.
pub fn write(properties: &Properties) -> Map<String, Value> {
    let mut object = Map::new();
    for property in &properties.0 {
        let name = camel_name(property.id());
        if let Property::UserProperty((key, value)) = property {
            let pairs = object.entry(name).or_insert_with(|| Value::Object(Map::new()));
            if let Some(pairs) = pairs.as_object_mut() {
                add_pair(pairs, key, value);
            }
        } else if let Some(value) = json_value(property) {
            object.insert(name, value);
        }
    }
    object
}

/// A name that comes twice has a list of values.
fn add_pair(pairs: &mut Map<String, Value>, key: &str, value: &str) {
    match pairs.get_mut(key) {
        Some(Value::Array(values)) => values.push(value.into()),
        Some(one) => *one = vec![one.take(), value.into()].into(),
        None => drop(pairs.insert(key.into(), value.into())),
    }
}

fn json_value(property: &Property) -> Option<Value> {
    Some(match property {
        Property::SessionExpiryInterval(number)
        | Property::MessageExpiryInterval(number)
        | Property::WillDelayInterval(number)
        | Property::MaximumPacketSize(number)
        | Property::SubscriptionIdentifier(number) => (*number).into(),
        Property::ReceiveMaximum(number) | Property::TopicAliasMaximum(number) => (*number).into(),
        Property::RequestProblemInformation(byte)
        | Property::RequestResponseInformation(byte)
        | Property::PayloadFormatIndicator(byte) => (*byte != 0).into(),
        other => property_text(other)?.into(),
    })
}
