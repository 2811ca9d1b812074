//! JSON Schemas of the files, for editors that complete and check TOML by them. Made from the lists of keys that
//! the readers use, so that neither knows a key the other does not. What a schema cannot say (a topic filter, a
//! duration) `config check` says.

use serde_json::{Map, Value, json};

use super::{
    KeyBindings, Meaning, Place,
    profile_file::{KEYS, PACKETS, RECONNECT_KEYS, RULE_KEYS, SUBSCRIPTION_KEYS, TLS_KEYS, WILL_KEYS},
    profile_way::HEADER_WAYS,
    property_file, settings, theme,
};
use crate::mqtt::{PropertyId, PropertyType};

/// The files there is a schema of.
pub const SCHEMAS: &[&str] = &["profile", "config", "theme", "keys"];

/// The schema of a kind of file, one of [`SCHEMAS`]; `default_keys` is the key file with every action.
pub fn schema(kind: &str, default_keys: &str) -> Option<Value> {
    let schema = match kind {
        "profile" => profile(),
        "config" => object(settings::KEYS.iter().map(|key| (*key, setting(key))), &[]),
        "theme" => themes(),
        "keys" => keys(default_keys)?,
        _ => return None,
    };
    let mut whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("mqttscope {kind}"),
    });
    if let (Some(whole), Value::Object(schema)) = (whole.as_object_mut(), schema) {
        whole.extend(schema);
    }
    Some(whole)
}

fn object<K: Into<String>>(keys: impl IntoIterator<Item = (K, Value)>, required: &[&str]) -> Value {
    let properties: Map<String, Value> = keys.into_iter().map(|(key, value)| (key.into(), value)).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn text(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

fn switch(about: &str) -> Value {
    json!({ "type": "boolean", "description": about })
}

fn texts(about: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "description": about })
}

fn number(least: i64, most: i64, about: &str) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most, "description": about })
}

fn profile() -> Value {
    object(KEYS.iter().map(|key| (*key, profile_key(key))), &["url"])
}

fn profile_key(key: &str) -> Value {
    match key {
        "url" => text("mqtt:// mqtts:// ws:// or wss://, host, port, path; or unix:///PATH"),
        "bind" => text("the local address to connect from"),
        "proxy" => text("http://USER@HOST:PORT, socks5:// (names are looked up here) or socks5h:// (there)"),
        "ws_headers" => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, header_source()] },
            "description": "headers of the WebSocket request",
        }),
        "protocol" => text("auto, 5, 3.1.1 or 3.1"),
        "username" => text("user name"),
        "client_id" => text("client id; {host} and {rand4} are filled in"),
        "keepalive" => text("between signs of life, as 30s; 0s is off"),
        "clean_start" => switch("start without an earlier session's state"),
        "read_only" => switch("no publishing"),
        "lenient" => switch("go on after protocol violations where the framing allows"),
        "rate_guard" => switch(
            "when the program cannot keep up: drop and count messages of QoS 0, instead of reading more slowly",
        ),
        "subscribe" => json!({
            "type": "array",
            "items": { "anyOf": [{ "type": "string" }, subscription()] },
            "description": "filters, or tables with options",
        }),
        "mute" => texts("filters of topics kept out of the log"),
        "reconnect" => object(
            RECONNECT_KEYS.iter().map(|key| (*key, text("a wait, as 1s"))),
            &[],
        ),
        "will" => with_properties(WILL_KEYS, Place::Will, &["topic"]),
        "properties" => object(
            PACKETS
                .iter()
                .map(|place| (place.name(), with_properties(&[], *place, &[]))),
            &[],
        ),
        "decode" => {
            let rule = object(
                RULE_KEYS.iter().map(|key| (*key, text("topic filter, decoder"))),
                RULE_KEYS,
            );
            json!({ "type": "array", "items": rule, "description": "decoders by topic, first match wins" })
        }
        "authentication_method" => {
            text("of enhanced authentication: SCRAM-SHA-256, SCRAM-SHA-512 or the broker's own")
        }
        "authentication_data_command" => texts("a command; the first line it prints is sent with CONNECT"),
        "authentication_data_env" | "authentication_data_file" => text("where what is sent with CONNECT is"),
        "tls" => object(TLS_KEYS.iter().map(|key| (*key, tls_key(key))), &[]),
        _ => password_key(key.trim_start_matches("proxy_")),
    }
}

fn tls_key(key: &str) -> Value {
    match key {
        "ca" | "ca_path" | "cert" | "key" => text("path of a PEM file, of ca_path a folder"),
        "alpn" => texts("application protocols"),
        "sni" => text("server name asked for and verified"),
        "min_version" => text("1.2 or 1.3"),
        "insecure" => switch("whoever answers is taken for the broker"),
        _ => password_key(key.trim_start_matches("key_")),
    }
}

fn header_source() -> Value {
    object(
        HEADER_WAYS.iter().map(|way| match *way {
            "command" => (
                "command",
                texts("a command; the first line it prints is the value"),
            ),
            way => (way, text("where the value is")),
        }),
        &[],
    )
}

/// Anything for a key nobody has described, which a test refuses.
fn password_key(key: &str) -> Value {
    match key {
        "password_command" => texts("a command with arguments; the first line it prints is the password"),
        "password_env" => text("the environment variable that holds the password"),
        "password_file" => text("the file whose first line is the password"),
        _ => json!({}),
    }
}

fn subscription() -> Value {
    with_properties(SUBSCRIPTION_KEYS, Place::Subscribe, &["topic"])
}

fn with_properties(keys: &[&str], place: Place, required: &[&str]) -> Value {
    let own = keys.iter().map(|key| ((*key).to_owned(), message_key(key)));
    let ids = place.properties().iter();
    object(
        own.chain(ids.map(|id| (property_file::key(*id), property(*id)))),
        required,
    )
}

fn message_key(key: &str) -> Value {
    match key {
        "topic" => text("a topic, of a subscription a filter"),
        "payload" => text("the payload"),
        "qos" => number(0, 2, "quality of service"),
        "retain" => switch("the broker keeps it"),
        "no_local" => switch("do not send back what this client publishes"),
        "retain_as_published" => switch("keep the RETAIN flag as the publisher set it"),
        "retain_handling" => number(0, 2, "when retained messages are sent"),
        _ => json!({}),
    }
}

fn property(id: PropertyId) -> Value {
    let about = format!("MQTT 5: {id}");
    match id.value_type() {
        PropertyType::Utf8StringPair => {
            let pair =
                json!({ "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 });
            json!({ "type": "array", "items": pair, "description": about })
        }
        PropertyType::Byte => json!({
            "anyOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 0, "maximum": 1 }],
            "description": about,
        }),
        PropertyType::Utf8String | PropertyType::BinaryData => text(&about),
        _ if property_file::is_plain_number(id) => number(0, 268_435_455, &about),
        _ => json!({
            "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0, "maximum": u32::MAX }],
            "description": about,
        }),
    }
}

fn setting(key: &str) -> Value {
    match key {
        "theme" => text("a theme's file stem"),
        "max_memory" | "max_payload" | "max_packet_size" => text("a size, as 256M"),
        "fps" => number(1, 120, "frames a second under traffic"),
        "ascii" => switch("draw with ASCII characters only"),
        "mouse" => switch("take the mouse"),
        _ => json!({}),
    }
}

fn themes() -> Value {
    let colors = |section: &str| {
        let of_section = Meaning::ALL
            .iter()
            .filter(move |meaning| meaning.section() == section);
        object(of_section.map(|meaning| (meaning.key(), text("a colour"))), &[])
    };
    let sections = theme::SECTIONS.iter().map(|section| (*section, colors(section)));
    let own = theme::KEYS.iter().map(|key| match *key {
        "palette" => (
            "palette",
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        ),
        key => (
            key,
            text("name, appearance (dark, light, any), theme it inherits from"),
        ),
    });
    object(own.chain(sections), &[])
}

/// Every layer and action of the default file; `None` if that cannot be read.
fn keys(default_keys: &str) -> Option<Value> {
    let bindings = KeyBindings::read("keys.toml", default_keys).ok()?;
    let bound =
        json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let layers = bindings.layers.iter().map(|(layer, actions)| {
        let actions = actions.keys().map(|action| (action.clone(), bound.clone()));
        (layer.clone(), object(actions, &[]))
    });
    Some(object(layers, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every place of the schema that allows anything.
    fn anything(value: &Value, at: &str, found: &mut Vec<String>) {
        let Some(properties) = value["properties"].as_object() else {
            return;
        };
        for (key, inner) in properties {
            if inner == &json!({}) {
                found.push(format!("{at}.{key}"));
            }
            anything(inner, &format!("{at}.{key}"), found);
        }
    }

    #[test]
    fn every_key_the_readers_take_is_described() {
        let mut found = Vec::new();
        for kind in ["profile", "config", "theme"] {
            anything(&schema(kind, "").unwrap(), kind, &mut found);
        }
        assert_eq!(found, Vec::<String>::new());
    }
}
