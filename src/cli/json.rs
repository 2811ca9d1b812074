//! `%j` and `%J`: a message as one line of JSON, a superset of mosquitto's that is always valid.

use std::{fmt::Write as _, io::Write as _};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::IgnoredAny;

use super::shown::Shown;
use crate::mqtt::Property;

/// `tst`, as strftime has it.
pub const TIME: &str = "%Y-%m-%dT%H:%M:%S.%6f%z";

/// `%j`: the payload as a string; as `payload_b64` where it is no UTF-8. `time` is the message's as [`TIME`] has it.
pub fn escaped(out: &mut Vec<u8>, shown: &Shown<'_>, time: &str) {
    head(out, shown, time);
    match std::str::from_utf8(shown.payload) {
        Ok("") => out.extend_from_slice(b",\"payload\":null"),
        Ok(text) => {
            out.extend_from_slice(b",\"payload\":");
            push_string(out, text);
        }
        Err(_) => {
            out.extend_from_slice(b",\"payload_b64\":");
            push_string(out, &STANDARD.encode(shown.payload));
        }
    }
    out.push(b'}');
}

/// `%J`: the payload as it is, without white space; `None` and nothing written where it is no JSON.
pub fn inline(out: &mut Vec<u8>, shown: &Shown<'_>, time: &str) -> Option<()> {
    let payload = if shown.payload.is_empty() {
        b"null"
    } else {
        serde_json::from_slice::<IgnoredAny>(shown.payload).ok()?;
        shown.payload
    };
    head(out, shown, time);
    out.extend_from_slice(b",\"payload\":");
    push_compact(out, payload);
    out.push(b'}');
    Some(())
}

fn head(out: &mut Vec<u8>, shown: &Shown<'_>, time: &str) {
    let mut digits = itoa::Buffer::new();
    out.reserve(128 + shown.topic.len() + shown.payload.len());
    out.extend_from_slice(b"{\"tst\":\"");
    out.extend_from_slice(time.as_bytes());
    out.extend_from_slice(b"\",\"topic\":");
    push_string(out, shown.topic);
    out.extend_from_slice(b",\"qos\":");
    out.push(b'0' + shown.qos.as_u8());
    out.extend_from_slice(b",\"retain\":");
    out.push(b'0' + u8::from(shown.retain));
    out.extend_from_slice(b",\"payloadlen\":");
    out.extend_from_slice(digits.format(shown.payload_len).as_bytes());
    if shown.is_cut() {
        out.extend_from_slice(b",\"payloadkept\":");
        out.extend_from_slice(digits.format(shown.payload.len()).as_bytes());
    }
    if shown.qos.as_u8() > 0 {
        out.extend_from_slice(b",\"mid\":");
        out.extend_from_slice(digits.format(shown.packet_id).as_bytes());
    }
    push_properties(out, &shown.properties().0);
}

fn push_properties(out: &mut Vec<u8>, properties: &[Property]) {
    if properties.is_empty() {
        return;
    }
    out.extend_from_slice(b",\"properties\":{");
    let mut is_first = true;
    let mut has_users = false;
    for property in properties {
        if matches!(property, Property::UserProperty(_)) && std::mem::replace(&mut has_users, true) {
            continue;
        }
        if !std::mem::take(&mut is_first) {
            out.push(b',');
        }
        push_property(out, property, properties);
    }
    out.push(b'}');
}

/// One property by mosquitto's name; the user properties all together where the first of them stands.
fn push_property(out: &mut Vec<u8>, property: &Property, all: &[Property]) {
    let name = property.id().name().replace(' ', "-");
    match property {
        Property::UserProperty(_) => {
            out.extend_from_slice(b"\"user-properties\":{");
            let pairs = all.iter().filter_map(|property| match property {
                Property::UserProperty(pair) => Some(pair),
                _ => None,
            });
            for (index, (key, value)) in pairs.enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                push_string(out, key);
                out.push(b':');
                push_string(out, value);
            }
            out.push(b'}');
        }
        Property::ContentType(text) | Property::ResponseTopic(text) => {
            let _ = write!(out, "\"{name}\":");
            push_string(out, text);
        }
        Property::CorrelationData(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => {
                out.extend_from_slice(b"\"correlation-data\":");
                push_string(out, text);
            }
            Err(_) => {
                let _ = write!(out, "\"correlation-data_b64\":\"{}\"", STANDARD.encode(bytes));
            }
        },
        Property::MessageExpiryInterval(number) | Property::SubscriptionIdentifier(number) => {
            let _ = write!(out, "\"{name}\":{number}");
        }
        Property::PayloadFormatIndicator(number) => {
            let _ = write!(out, "\"{name}\":{number}");
        }
        Property::TopicAlias(number) => {
            let _ = write!(out, "\"{name}\":{number}");
        }
        // no other property can stand in a PUBLISH
        _ => {
            let _ = write!(out, "\"{name}\":null");
        }
    }
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string is always JSON, and memory takes it");
}

/// Valid JSON without the white space between its tokens, so that it stays one line; numbers stay as written.
fn push_compact(out: &mut Vec<u8>, json: &[u8]) {
    let (mut is_string, mut is_escape) = (false, false);
    for &byte in json {
        if is_string {
            out.push(byte);
            (is_string, is_escape) = match (byte, is_escape) {
                (b'\\', false) => (true, true),
                (b'"', false) => (false, false),
                _ => (true, false),
            };
        } else if !byte.is_ascii_whitespace() {
            out.push(byte);
            is_string = byte == b'"';
        }
    }
}

/// JSON with everything a terminal could act on, or the eye would miss, as `\uXXXX`.
pub fn visible(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let mut utf8 = [0; 4];
        let alone: &str = c.encode_utf8(&mut utf8);
        if crate::text::sanitize(alone, crate::text::Glyphs::Unicode) == alone {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // writing to a String cannot fail
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::{Properties, QoS};

    fn shown(payload: &[u8], properties: Properties) -> Shown<'_> {
        Shown {
            topic: "a\"b",
            payload,
            payload_len: payload.len() as u64,
            qos: QoS::ExactlyOnce,
            retain: false,
            packet_id: 3,
            properties: properties.into(),
            wall_us: 0,
        }
    }

    fn escaped(shown: &Shown<'_>) -> String {
        let mut out = Vec::new();
        super::escaped(&mut out, shown, "now");
        String::from_utf8(out).unwrap()
    }

    fn inline(shown: &Shown<'_>) -> Option<String> {
        let mut out = Vec::new();
        let written = super::inline(&mut out, shown, "now");
        let text = String::from_utf8(out).unwrap();
        assert!(written.is_some() || text.is_empty());
        written.map(|()| text)
    }

    fn without_time(json: &str) -> &str {
        json.split_once(",\"topic\"").unwrap().1
    }

    #[test]
    fn every_payload_makes_valid_json() {
        for (payload, end) in [
            (&b"x\"y\n\0"[..], r#","payload":"x\"y\n\u0000"}"#),
            (b"", r#","payload":null}"#),
            (b"\xff\x00", r#","payload_b64":"/wA="}"#),
        ] {
            let json = escaped(&shown(payload, Properties::NONE));
            assert!(json.ends_with(end), "{json}");
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!(value["payloadlen"], payload.len());
        }
        let json = escaped(&shown(b"p", Properties::NONE));
        let expected = r#":"a\"b","qos":2,"retain":0,"payloadlen":1,"mid":3,"payload":"p"}"#;
        assert_eq!(without_time(&json), expected);
    }

    #[test]
    fn inline_payload_keeps_its_numbers_and_loses_white_space() {
        let json = inline(&shown(
            b" { \"a b\" : 1.0,\n\"c\\\" \": 1e400 } ",
            Properties::NONE,
        ))
        .unwrap();
        assert!(json.ends_with(r#""payload":{"a b":1.0,"c\" ":1e400}}"#), "{json}");
        assert_eq!(inline(&shown(b"{", Properties::NONE)), None);
        assert_eq!(inline(&shown(b"1 2", Properties::NONE)), None);
        let deep = "[".repeat(100_000);
        assert_eq!(inline(&shown(deep.as_bytes(), Properties::NONE)), None);
    }

    #[test]
    fn properties_stand_as_mosquitto_names_them() {
        let properties = Properties(vec![
            Property::UserProperty(("k".into(), "1".into())),
            Property::ContentType("t".into()),
            Property::UserProperty(("l".into(), "2".into())),
            Property::CorrelationData(vec![0xff]),
            Property::MessageExpiryInterval(5),
        ]);
        let json = escaped(&shown(b"p", properties));
        let expected = r#""properties":{"user-properties":{"k":"1","l":"2"},"content-type":"t","correlation-data_b64":"/w==","message-expiry-interval":5}"#;
        assert!(json.contains(expected), "{json}");
    }

    #[test]
    fn dangerous_characters_are_escaped_for_the_terminal_only() {
        let json = escaped(&shown("\u{9b}2J\u{202e}é".as_bytes(), Properties::NONE));
        assert!(json.contains('\u{9b}'));
        let visible = visible(&json);
        assert!(visible.contains(r"\u009b2J\u202eé"), "{visible}");
        assert!(serde_json::from_str::<serde_json::Value>(&visible).is_ok());
    }
}
