//! A profile as MQTTX imports it: a JSON object. Secrets stay out; what has no place there is said.

use serde_json::{Map, Value, json};

use super::{
    PasswordSource, Profile, Scheme,
    import::properties::{camel_name, write},
};
use crate::mqtt::{PropertyId, ProtocolChoice, ProtocolVersion, Subscription, Will};

/// The connection, and what could not be said, in words.
pub fn export_mqttx(profile: &Profile) -> (Value, Vec<String>) {
    let url = &profile.url;
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_ref()
            .map_or_else(String::new, |path| path.display().to_string())
    };
    // "self" without a CA has the whole file refused
    let has_own_ca = profile.tls.ca.is_some();
    let mut properties = write(&profile.properties.connect);
    if let Some(method) = &profile.authentication_method {
        properties.insert("authenticationMethod".into(), method.as_str().into());
    }
    let value = json!({
        "id": profile.name,
        "name": profile.name,
        "clientId": profile.client_id.replace("{host}", "mqttscope").replace("{rand4}", "export"),
        "protocol": url.scheme.name(),
        "host": url.host,
        "port": url.port,
        "path": url.path,
        "username": profile.username.as_deref().unwrap_or_default(),
        "password": "",
        "ssl": url.scheme.is_tls(),
        "certType": if !url.scheme.is_tls() { "" } else if has_own_ca { "self" } else { "server" },
        "ca": path(&profile.tls.ca),
        "cert": path(&profile.tls.cert),
        "key": path(&profile.tls.key),
        "rejectUnauthorized": !profile.tls.is_insecure,
        "ALPNProtocols": profile.tls.alpn.join(","),
        "mqttVersion": version(profile.protocol),
        "clean": profile.clean_start,
        "keepalive": profile.keep_alive,
        "connectTimeout": 10,
        "reconnect": true,
        "will": profile.will.as_ref().map_or_else(|| json!({}), will),
        "properties": properties,
        "subscriptions": profile.subscriptions.iter().map(subscription).collect::<Vec<_>>(),
        "messages": [],
        "unreadMessageCount": 0,
        "isCollection": false,
    });
    (value, notes(profile))
}

/// It speaks no other two.
fn version(protocol: ProtocolChoice) -> &'static str {
    match protocol {
        ProtocolChoice::Exactly(ProtocolVersion::V31 | ProtocolVersion::V311) => "3.1.1",
        _ => "5.0",
    }
}

fn will(Will { message }: &Will) -> Value {
    let mut properties = write(&message.properties);
    // its table of wills takes none without
    properties
        .entry(camel_name(PropertyId::ContentType))
        .or_insert_with(|| "".into());
    json!({
        "lastWillTopic": message.topic.as_str(),
        "lastWillPayload": String::from_utf8_lossy(&message.payload),
        "lastWillQos": message.qos.as_u8(),
        "lastWillRetain": message.retain,
        "properties": properties,
    })
}

fn subscription(one: &Subscription) -> Value {
    let options = one.options;
    let mut object = Map::new();
    object.insert("topic".into(), one.filter.as_str().into());
    object.insert("qos".into(), options.qos.as_u8().into());
    object.insert("nl".into(), options.no_local.into());
    object.insert("rap".into(), options.retain_as_published.into());
    object.insert("rh".into(), (options.retain_handling as u8).into());
    if let Some(id) = one.properties.subscription_identifiers().next() {
        object.insert(camel_name(PropertyId::SubscriptionIdentifier), id.into());
    }
    Value::Object(object)
}

fn notes(profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    let mut left_out = |is_there: bool, what: &str| {
        if is_there {
            notes.push(format!("{what} left out"));
        }
    };
    left_out(
        profile.password != PasswordSource::None,
        "the password, and where it comes from,",
    );
    left_out(
        profile.authentication_data != PasswordSource::None,
        "authentication data, and where it comes from,",
    );
    left_out(
        profile.tls.cert.is_some() && profile.tls.ca.is_none(),
        "the client certificate, which MQTTX takes only beside a CA file,",
    );
    left_out(
        profile.protocol == ProtocolChoice::Exactly(ProtocolVersion::V31),
        "MQTT 3.1 (3.1.1 instead)",
    );
    let packets = &profile.properties;
    let of_subscribing = profile.subscriptions.iter().map(|one| &one.properties);
    left_out(
        of_subscribing
            .chain([&packets.subscribe, &packets.unsubscribe])
            .any(|list| list.user_properties().next().is_some()),
        "user properties of SUBSCRIBE and UNSUBSCRIBE",
    );
    left_out(!packets.disconnect.is_empty(), "properties of DISCONNECT");
    left_out(
        profile.tls.key_password != PasswordSource::None,
        "the password of the private key",
    );
    left_out(profile.url.scheme == Scheme::Unix, "the Unix socket");
    left_out(profile.proxy.is_some(), "the proxy");
    left_out(profile.bind.is_some(), "the local address");
    left_out(!profile.ws_headers.is_empty(), "headers of the WebSocket");
    left_out(profile.client_id.contains('{'), "placeholders of the client id");
    left_out(profile.proxy.is_some(), "the proxy");
    left_out(profile.bind.is_some(), "the local address");
    left_out(!profile.ws_headers.is_empty(), "headers of the WebSocket");
    left_out(profile.tls.ca_path.is_some(), "the CA folder");
    left_out(profile.tls.sni.is_some(), "the server name (SNI)");
    left_out(!profile.mute.is_empty(), "muted topics");
    left_out(!profile.decode.is_empty(), "decode rules");
    left_out(profile.read_only, "read only");
    notes
}
