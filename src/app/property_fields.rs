//! MQTT 5 properties as fields of a form: a text each, the user properties a line each.

use super::form::Form;
use crate::{
    config::{parse_property, property_text},
    mqtt::{Properties, Property, PropertyId, PropertyType},
};

/// A property's field: label, property, help.
pub type PropertyField = (&'static str, PropertyId, &'static str);

/// What a property that is 0 or 1 can be set to.
const SWITCH: &[&str] = &["default", "true", "false"];

/// Adds the fields, filled with the properties there are.
pub fn add(form: Form, fields: &[PropertyField], properties: &Properties) -> Form {
    fields.iter().fold(form, |form, &(label, id, help)| {
        let text = properties.get(id).and_then(property_text).unwrap_or_default();
        match id.value_type() {
            PropertyType::Utf8StringPair => form.lines(label, &user_properties(properties), help),
            PropertyType::Byte => {
                let at = SWITCH.iter().position(|word| *word == text).unwrap_or(0);
                form.choice(label, SWITCH, at, help)
            }
            _ => form.text(label, &text, help),
        }
    })
}

fn user_properties(properties: &Properties) -> Vec<String> {
    let of_user = properties.0.iter();
    of_user
        .filter(|property| property.id() == PropertyId::UserProperty)
        .filter_map(property_text)
        .collect()
}

/// The properties with what was changed in the form; marks what is wrong. What the form does not show, or cannot
/// write as it was, stays.
pub fn read(form: &mut Form, fields: &[PropertyField], before: &Properties) -> Properties {
    let mut properties = before.clone();
    for &(label, id, _) in fields {
        if !form.is_changed(label) {
            continue;
        }
        properties.0.retain(|property| property.id() != id);
        for text in written(form, label, id) {
            let read: Result<Property, String> = parse_property(id, &text);
            properties.0.extend(form.checked(label, read));
        }
    }
    properties
}

fn written(form: &Form, label: &str, id: PropertyId) -> Vec<String> {
    match id.value_type() {
        PropertyType::Utf8StringPair => form.entries(label),
        PropertyType::Byte if form.chosen(label) == 0 => Vec::new(),
        _ => form.some(label).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[PropertyField] = &[
        ("Data", PropertyId::CorrelationData, ""),
        ("UTF-8", PropertyId::PayloadFormatIndicator, ""),
        ("User", PropertyId::UserProperty, ""),
    ];

    #[test]
    fn what_is_not_touched_stays_as_it_was() {
        let before: Properties = [
            Property::UserProperty((" odd=name ".into(), "line\nbreak".into())),
            Property::CorrelationData(vec![0, 1]),
            Property::TopicAlias(3),
        ]
        .into_iter()
        .collect();
        let mut form = add(Form::new(""), FIELDS, &before);
        assert_eq!(form.get("Data"), "0x0001");
        assert_eq!(read(&mut form, FIELDS, &before), before);
        form.at = 0;
        form.paste("zz");
        form.at = 2;
        form.paste("\nsite = lab");
        let after = read(&mut form, FIELDS, &before);
        assert_eq!(after.topic_alias(), Some(3));
        assert!(form.has_faults(), "0x0001zz is no hex");
    }
}
