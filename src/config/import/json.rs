//! MQTTX's export (a list, or one connection) and MQTT Explorer's `settings.json`.

use serde_json::Value;

use super::{CertificateFile, Imported, begin, properties, qos, scheme};
use crate::{
    config::{Place, Secret},
    mqtt::{ProtocolChoice, ProtocolVersion, RetainHandling, SubscriptionOptions},
};

/// Every connection, or why there is none.
pub fn read(text: &str) -> Result<Vec<Result<Imported, String>>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    if let Some(connections) = value.get("ConnectionManager_connections") {
        let connections = connections
            .as_object()
            .ok_or("ConnectionManager_connections is no object")?;
        return Ok(connections.values().map(explorer).collect());
    }
    match &value {
        Value::Array(list) if list.iter().all(is_connection) => Ok(list.iter().map(mqttx).collect()),
        one if is_connection(one) => Ok(vec![mqttx(one)]),
        _ => Err("is no export of MQTTX and no settings.json of MQTT Explorer: no host in it".into()),
    }
}

fn is_connection(value: &Value) -> bool {
    value.get("host").is_some_and(Value::is_string)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A number, or one in quotes.
fn number(value: &Value, key: &str) -> Option<u64> {
    let value = value.get(key)?;
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn mqttx(one: &Value) -> Result<Imported, String> {
    let scheme = scheme(text(one, "protocol"), flag(one, "ssl"));
    let path = if text(one, "protocol").starts_with("ws") {
        text(one, "path")
    } else {
        ""
    };
    let mut imported = begin(
        text(one, "name"),
        scheme,
        text(one, "host"),
        number(one, "port"),
        path,
    )?;
    imported.credentials(text(one, "username"), text(one, "password"));
    imported.client_id(text(one, "clientId"));
    imported.keep_alive(number(one, "keepalive"));
    imported.version(text(one, "mqttVersion"));
    imported.certificate_files(text(one, "ca"), text(one, "cert"), text(one, "key"));
    let profile = &mut imported.profile;
    if one.get("clean").and_then(Value::as_bool) == Some(false) {
        profile.clean_start = false;
    }
    if scheme.is_tls() {
        profile.tls.is_insecure = one.get("rejectUnauthorized").and_then(Value::as_bool) == Some(false);
        let protocols = text(one, "ALPNProtocols").split([',', ' ']);
        profile.tls.alpn = protocols
            .filter(|name| !name.is_empty())
            .map(Into::into)
            .collect();
    }
    if let Some(will) = one.get("will") {
        let (topic, payload) = (text(will, "lastWillTopic"), text(will, "lastWillPayload"));
        let (properties, notes) = properties::read(will.get("properties"), Place::Will);
        imported.notes.extend(notes);
        imported.will(
            topic,
            payload,
            qos(number(will, "lastWillQos")),
            flag(will, "lastWillRetain"),
            properties,
        );
    }
    subscriptions(&mut imported, list(one, "subscriptions"));
    let messages = list(one, "messages").len();
    if messages > 0 {
        imported.notes.push(format!(
            "{messages} messages left out: this version keeps no recordings"
        ));
    }
    let (properties, notes) = properties::read(one.get("properties"), Place::Connect);
    imported.profile.properties.connect = properties;
    imported.notes.extend(notes);
    if let Some(properties) = one.get("properties") {
        authentication(&mut imported, properties);
    }
    left_out(&mut imported, one);
    Ok(imported)
}

/// The method; its data may be a secret, and comes as text or as the bytes of a Node.js buffer.
fn authentication(imported: &mut Imported, properties: &Value) {
    let method = text(properties, "authenticationMethod");
    let is_of_5 = !matches!(imported.profile.protocol, ProtocolChoice::Exactly(version) if version < ProtocolVersion::V5);
    if method.is_empty() || !is_of_5 {
        return;
    }
    imported.profile.authentication_method = Some(method.to_owned());
    let data = properties.get("authenticationData");
    if data.is_some_and(|data| !data.is_null() && data.as_str() != Some("")) {
        let note = "authentication data left out; use authentication_data_command or _file";
        imported.notes.push(note.into());
    }
}

/// What an export says though a profile cannot.
fn left_out(imported: &mut Imported, one: &Value) {
    if !text(one, "parentId").is_empty() {
        let note = "its group left out: an export of MQTTX does not say the group's name";
        imported.notes.push(note.into());
    }
    if flag(one, "clientIdWithTime") {
        imported
            .notes
            .push("the time behind the client id left out".into());
    }
}

/// Those of the other program instead of everything; without any the profile's own stay.
fn subscriptions(imported: &mut Imported, list: &[Value]) {
    let enabled: Vec<&Value> = list.iter().filter(|one| !flag(one, "disabled")).collect();
    if enabled.is_empty() {
        return;
    }
    imported.profile.subscriptions.clear();
    for one in enabled {
        let handling = number(one, "rh").and_then(|bits| RetainHandling::from_bits(bits as u8));
        let options = SubscriptionOptions {
            qos: qos(number(one, "qos")),
            no_local: flag(one, "nl"),
            retain_as_published: one.get("rap").and_then(Value::as_bool).unwrap_or(true),
            retain_handling: handling.unwrap_or_default(),
        };
        // MQTT Explorer's first format has the filter alone
        let (properties, notes) = properties::read(Some(one), Place::Subscribe);
        imported.notes.extend(notes);
        imported.subscription(one.as_str().unwrap_or(text(one, "topic")), options, properties);
    }
}

fn explorer(one: &Value) -> Result<Imported, String> {
    let scheme = scheme(text(one, "protocol"), flag(one, "encryption"));
    let path = if text(one, "protocol").starts_with("ws") {
        text(one, "basePath")
    } else {
        ""
    };
    let mut imported = begin(
        text(one, "name"),
        scheme,
        text(one, "host"),
        number(one, "port"),
        path,
    )?;
    imported.credentials(text(one, "username"), text(one, "password"));
    imported.client_id(text(one, "clientId"));
    if scheme.is_tls() {
        imported.profile.tls.is_insecure = one.get("certValidation").and_then(Value::as_bool) == Some(false);
    }
    certificates(&mut imported, one);
    subscriptions(&mut imported, list(one, "subscriptions"));
    Ok(imported)
}

/// MQTT Explorer keeps the files' contents in its settings: `{ "name": …, "data": base64 }`.
fn certificates(imported: &mut Imported, one: &Value) {
    let found = [
        ("selfSignedCertificate", CertificateFile::Ca),
        ("clientCertificate", CertificateFile::Cert),
        ("clientKey", CertificateFile::Key),
    ]
    .into_iter()
    .filter_map(|(key, kind)| Some((kind, one.get(key).filter(|value| value.is_object())?)));
    for (kind, value) in found {
        match pem(text(value, "data")) {
            Some(pem) if imported.profile.url.scheme.is_tls() => imported.certificates.push((kind, pem)),
            Some(_) => imported.notes.push(format!(
                "{} left out: the connection does not use TLS",
                kind.name()
            )),
            None => imported.notes.push(format!(
                "{} left out: \"{}\" is no PEM file in base64",
                kind.name(),
                text(value, "name")
            )),
        }
    }
    let has = |kind| imported.certificates.iter().any(|(other, _)| *other == kind);
    if has(CertificateFile::Cert) != has(CertificateFile::Key) {
        imported
            .certificates
            .retain(|(kind, _)| *kind == CertificateFile::Ca);
        let note = "client certificate left out: certificate and key belong together";
        imported.notes.push(note.into());
    }
}

fn pem(base64: &str) -> Option<Secret> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let bytes = STANDARD.decode(base64.trim()).ok()?;
    bytes
        .trim_ascii_start()
        .starts_with(b"-----BEGIN ")
        .then(|| Secret::new(bytes))
}
