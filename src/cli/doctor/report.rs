//! What the doctor found, as text for people and as JSON for programs.

use std::fmt::Write;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::{
    cli::link::visible,
    event::{Facts, Stage, TlsFacts},
    mqtt::{Property, PropertyId},
    text,
};

/// Everything found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The broker's URL.
    pub broker: String,
    /// Whether every stage went well.
    pub ok: bool,
    /// In the order they were gone through, up to the first that failed.
    pub stages: Vec<Stage>,
    /// What is odd though it did not stop anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the connection came to, if it did.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub facts: Vec<(&'static str, Value)>,
}

fn object<S: Serializer>(facts: &[(&'static str, Value)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(facts.iter().map(|(name, value)| (name, value)))
}

impl Report {
    /// One line of JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("strings, numbers and string keys only")
    }

    /// A line a stage, then a line a fact; what peers said is made visible.
    pub fn text(&self) -> String {
        let mut out = format!("{}\n", visible(&self.broker));
        for stage in &self.stages {
            let word = if stage.ok { "ok" } else { "failed" };
            let took = text::latency(stage.took_us);
            line(
                &mut out,
                &format!("  {:<9} {word:<6} {took:>7}  {}", stage.name, stage.detail),
            );
            if !stage.advice.is_empty() {
                line(&mut out, &format!("{:28}try: {}", "", stage.advice));
            }
        }
        for note in &self.notes {
            line(&mut out, &format!("  note: {note}"));
        }
        for (name, value) in &self.facts {
            let name = name.replace('_', " ");
            match value.get("chain").and_then(Value::as_array) {
                Some(chain) => chain.iter().for_each(|one| certificate(&mut out, one)),
                None => line(&mut out, &format!("  {name:<22} {}", words(value))),
            }
        }
        out
    }
}

/// A line, without blanks at its end.
fn line(out: &mut String, text: &str) {
    writeln!(out, "{}", visible(text).trim_end()).expect("writing to a String succeeds");
}

/// `CN=pi.lan, for pi.lan 192.0.2.7, by CN=Lab CA, 89 days left`.
fn certificate(out: &mut String, one: &Value) {
    let names: Vec<&str> = one["names"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let hosts = match names.as_slice() {
        [] => String::new(),
        names => format!(", for {}", names.join(" ")),
    };
    let (subject, issuer, days) = (words(&one["subject"]), words(&one["issuer"]), &one["days_left"]);
    line(
        out,
        &format!(
            "  {:<22} {subject}{hosts}, by {issuer}, {days} days left",
            "certificate"
        ),
    );
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn tls(tls: &TlsFacts) -> Value {
    let chain = tls.chain.iter().map(|one| {
        json!({ "subject": one.subject, "issuer": one.issuer, "names": one.names, "days_left": one.days_left })
    });
    json!({
        "version": tls.version,
        "cipher": tls.cipher,
        "alpn": tls.alpn,
        "verified": !tls.is_insecure,
        "chain": chain.collect::<Vec<_>>(),
    })
}

/// What CONNACK agreed on, and TLS before it.
pub fn facts(facts: &Facts) -> Vec<(&'static str, Value)> {
    let (limits, properties) = (&facts.limits, &facts.properties);
    let mut list: Vec<(&'static str, Value)> = vec![
        ("protocol_version", facts.version.to_string().into()),
        ("client_id", facts.client_id.clone().into()),
        (
            "client_id_assigned",
            properties.assigned_client_identifier().is_some().into(),
        ),
        ("session_present", facts.session_present.into()),
        ("keep_alive", facts.keep_alive.into()),
        ("maximum_qos", limits.maximum_qos.as_u8().into()),
        ("retain_available", limits.retain_available.into()),
        ("maximum_packet_size", limits.maximum_packet_size.into()),
        ("receive_maximum", limits.receive_maximum.into()),
        ("topic_alias_maximum", limits.topic_alias_maximum.into()),
    ];
    list.extend(properties.0.iter().filter_map(extra));
    list.extend(facts.tls.as_deref().map(|agreed| ("tls", tls(agreed))));
    list
}

/// What CONNACK may say beyond the limits.
fn extra(property: &Property) -> Option<(&'static str, Value)> {
    let named = |value: Value| Some((key(property.id())?, value));
    match property {
        Property::SessionExpiryInterval(seconds) => named((*seconds).into()),
        Property::ServerKeepAlive(seconds) => named((*seconds).into()),
        Property::WildcardSubscriptionAvailable(flag)
        | Property::SubscriptionIdentifierAvailable(flag)
        | Property::SharedSubscriptionAvailable(flag) => named((*flag != 0).into()),
        Property::ServerReference(text)
        | Property::ResponseInformation(text)
        | Property::ReasonString(text)
        | Property::AuthenticationMethod(text) => named(text.clone().into()),
        Property::UserProperty((name, value)) => Some(("user_property", format!("{name}={value}").into())),
        _ => None,
    }
}

fn key(id: PropertyId) -> Option<&'static str> {
    Some(match id {
        PropertyId::SessionExpiryInterval => "session_expiry",
        PropertyId::ServerKeepAlive => "server_keep_alive",
        PropertyId::WildcardSubscriptionAvailable => "wildcard_subscriptions",
        PropertyId::SubscriptionIdentifierAvailable => "subscription_ids",
        PropertyId::SharedSubscriptionAvailable => "shared_subscriptions",
        PropertyId::ServerReference => "server_reference",
        PropertyId::ResponseInformation => "response_information",
        PropertyId::ReasonString => "reason_string",
        PropertyId::AuthenticationMethod => "authentication_method",
        _ => return None,
    })
}
