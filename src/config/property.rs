//! MQTT 5 properties a user can set: which packet takes which, and how a value is written in flags, files and
//! forms. Names are the standard's.

use std::time::Duration;

use crate::{
    mqtt::{Property, PropertyId, TopicName},
    text,
};

/// What the session can do; a larger number would promise too much.
const MOST_UNACKNOWLEDGED: u32 = 1024;
const MOST_ALIASES: u32 = 64;
/// The largest variable byte integer (MQTT 5 §1.5.5).
const MOST_VARIABLE: u32 = 268_435_455;

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

impl Place {
    /// Every packet, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::Connect,
        Self::Publish,
        Self::Subscribe,
        Self::Unsubscribe,
        Self::Disconnect,
        Self::Will,
    ];

    /// As flags and files write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Disconnect => "disconnect",
            Self::Will => "will",
        }
    }

    /// What it can have (MQTT 5 table 2-4), as far as a user chooses it.
    pub const fn properties(self) -> &'static [PropertyId] {
        use PropertyId as Id;
        match self {
            Self::Connect => &[
                Id::SessionExpiryInterval,
                Id::ReceiveMaximum,
                Id::MaximumPacketSize,
                Id::TopicAliasMaximum,
                Id::RequestResponseInformation,
                Id::RequestProblemInformation,
                Id::UserProperty,
            ],
            Self::Publish => &[
                Id::PayloadFormatIndicator,
                Id::MessageExpiryInterval,
                Id::ContentType,
                Id::ResponseTopic,
                Id::CorrelationData,
                Id::TopicAlias,
                Id::UserProperty,
            ],
            Self::Subscribe => &[Id::SubscriptionIdentifier, Id::UserProperty],
            Self::Unsubscribe => &[Id::UserProperty],
            Self::Disconnect => &[Id::SessionExpiryInterval, Id::ReasonString, Id::UserProperty],
            Self::Will => &[
                Id::WillDelayInterval,
                Id::PayloadFormatIndicator,
                Id::MessageExpiryInterval,
                Id::ContentType,
                Id::ResponseTopic,
                Id::CorrelationData,
                Id::UserProperty,
            ],
        }
    }
}

/// Reads a value as users write it: `1h` or seconds for an interval, `1M` for a size, `true` or 1 for a switch,
/// `0x0a0b` for bytes that are no text, `NAME = VALUE` for a user property. The error says what to write.
pub fn parse_property(id: PropertyId, value: &str) -> Result<Property, String> {
    let number = |least: u32, most: u32| {
        let number = value
            .parse()
            .ok()
            .filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("\"{value}\" is no number from {least} to {most}"))
    };
    Ok(match id {
        PropertyId::MaximumPacketSize => Property::MaximumPacketSize(packet_size(value)?),
        PropertyId::ReceiveMaximum => Property::ReceiveMaximum(number(1, MOST_UNACKNOWLEDGED)? as u16),
        PropertyId::TopicAliasMaximum => Property::TopicAliasMaximum(number(0, MOST_ALIASES)? as u16),
        PropertyId::RequestProblemInformation => Property::RequestProblemInformation(switch(value)?),
        PropertyId::RequestResponseInformation => Property::RequestResponseInformation(switch(value)?),
        PropertyId::SessionExpiryInterval => Property::SessionExpiryInterval(session_expiry(value)?),
        PropertyId::PayloadFormatIndicator => Property::PayloadFormatIndicator(switch(value)?),
        PropertyId::MessageExpiryInterval => Property::MessageExpiryInterval(seconds(value)?),
        PropertyId::WillDelayInterval => Property::WillDelayInterval(seconds(value)?),
        PropertyId::TopicAlias => Property::TopicAlias(number(1, u16::MAX.into())? as u16),
        PropertyId::SubscriptionIdentifier => Property::SubscriptionIdentifier(number(1, MOST_VARIABLE)?),
        PropertyId::ContentType => Property::ContentType(value.to_owned()),
        PropertyId::ResponseTopic => {
            TopicName::new(value).map_err(|error| error.to_string())?;
            Property::ResponseTopic(value.to_owned())
        }
        PropertyId::ReasonString => Property::ReasonString(value.to_owned()),
        PropertyId::CorrelationData => Property::CorrelationData(bytes(value)?),
        PropertyId::UserProperty => {
            let (name, value) = value
                .split_once('=')
                .ok_or_else(|| format!("\"{value}\" is no user property; write NAME = VALUE"))?;
            Property::UserProperty((name.trim().to_owned(), value.trim().to_owned()))
        }
        other => return Err(format!("{other} cannot be set")),
    })
}

/// A value as [`parse_property`] reads it; `None` for a property users do not set.
pub fn property_text(property: &Property) -> Option<String> {
    Some(match property {
        Property::SessionExpiryInterval(u32::MAX) => "never".into(),
        Property::SessionExpiryInterval(seconds)
        | Property::MessageExpiryInterval(seconds)
        | Property::WillDelayInterval(seconds) => interval(*seconds),
        Property::MaximumPacketSize(size) => size_text(*size),
        Property::ReceiveMaximum(number)
        | Property::TopicAliasMaximum(number)
        | Property::TopicAlias(number) => number.to_string(),
        Property::SubscriptionIdentifier(id) => id.to_string(),
        Property::RequestProblemInformation(byte)
        | Property::RequestResponseInformation(byte)
        | Property::PayloadFormatIndicator(byte) => (*byte != 0).to_string(),
        Property::ContentType(text) | Property::ResponseTopic(text) | Property::ReasonString(text) => {
            text.clone()
        }
        Property::CorrelationData(data) => bytes_text(data),
        Property::UserProperty((name, value)) => format!("{name} = {value}"),
        _ => return None,
    })
}

/// Seconds a session outlives its connection; the largest number means for ever (MQTT 5 §3.1.2.11.2).
pub fn session_expiry(text: &str) -> Result<u32, String> {
    if matches!(text, "-1" | "∞" | "never") {
        return Ok(u32::MAX);
    }
    seconds(text)
        .map_err(|_| format!("\"{text}\" is no session expiry; use 0 to 4294967294 seconds, 1h, or never"))
}

fn seconds(text: &str) -> Result<u32, String> {
    let refused = || format!("\"{text}\" is no interval; use whole seconds, or 90s, 5m, 1h, 1d");
    let duration: Duration = text::parse_duration(text).map_err(|_| refused())?;
    let whole = duration.subsec_nanos() == 0;
    u32::try_from(duration.as_secs())
        .ok()
        .filter(|_| whole)
        .ok_or_else(refused)
}

fn interval(seconds: u32) -> String {
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
        if seconds > 0 && seconds.is_multiple_of(length) {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

fn packet_size(text: &str) -> Result<u32, String> {
    let size = text::parse_size(text)
        .ok()
        .and_then(|size| u32::try_from(size).ok());
    size.filter(|size| *size > 0)
        .ok_or_else(|| format!("\"{text}\" is no packet size; use bytes as 512, 256k or 1M"))
}

fn size_text(size: u32) -> String {
    for (unit, shift) in [("G", 30), ("M", 20), ("k", 10)] {
        if size.trailing_zeros() >= shift {
            return format!("{}{unit}", size >> shift);
        }
    }
    size.to_string()
}

/// A byte that can be 0 or 1.
fn switch(text: &str) -> Result<u8, String> {
    match text {
        "1" | "true" => Ok(1),
        "0" | "false" => Ok(0),
        _ => Err(format!(
            "\"{text}\" is no number from 0 to 1, and not true or false"
        )),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let Some(digits) = text.strip_prefix("0x") else {
        return Ok(text.as_bytes().to_vec());
    };
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
    bytes
        .filter(|_| digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .ok_or_else(|| format!("\"{text}\" is not bytes in hex; write pairs of digits as in 0x0a0b"))
}

/// Text where it is plain text, else hex.
fn bytes_text(data: &[u8]) -> String {
    use std::fmt::Write;
    match std::str::from_utf8(data) {
        Ok(text) if !text.starts_with("0x") && !text.chars().any(char::is_control) => text.to_owned(),
        _ => data.iter().fold("0x".to_owned(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("writing to a String succeeds");
            hex
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_they_are_read() {
        for (id, text) in [
            (PropertyId::SessionExpiryInterval, "never"),
            (PropertyId::SessionExpiryInterval, "1h"),
            (PropertyId::SessionExpiryInterval, "0s"),
            (PropertyId::WillDelayInterval, "90s"),
            (PropertyId::MessageExpiryInterval, "2d"),
            (PropertyId::MaximumPacketSize, "256k"),
            (PropertyId::MaximumPacketSize, "1000"),
            (PropertyId::ReceiveMaximum, "20"),
            (PropertyId::PayloadFormatIndicator, "true"),
            (PropertyId::CorrelationData, "ab c"),
            (PropertyId::CorrelationData, "0x0a00ff"),
            (PropertyId::ResponseTopic, "a/b"),
            (PropertyId::UserProperty, "site = lab = 3"),
        ] {
            let property = parse_property(id, text).unwrap();
            assert_eq!(property_text(&property).as_deref(), Some(text));
        }
    }

    #[test]
    fn bytes_that_look_like_hex_come_back_as_they_were() {
        let data = Property::CorrelationData(b"0x12".to_vec());
        let text = property_text(&data).unwrap();
        assert_eq!(text, "0x30783132");
        assert_eq!(parse_property(PropertyId::CorrelationData, &text), Ok(data));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_to_write() {
        for (id, text, expected) in [
            (PropertyId::SessionExpiryInterval, "1.5s", "or never"),
            (PropertyId::WillDelayInterval, "soon", "use whole seconds"),
            (PropertyId::ReceiveMaximum, "0", "no number from 1 to 1024"),
            (PropertyId::MaximumPacketSize, "0", "no packet size"),
            (PropertyId::CorrelationData, "0x0", "pairs of digits"),
            (PropertyId::CorrelationData, "0x+1", "pairs of digits"),
            (PropertyId::ResponseTopic, "a/#", "`#` is only for subscribing"),
            (PropertyId::UserProperty, "site", "write NAME = VALUE"),
            (PropertyId::ServerKeepAlive, "1", "cannot be set"),
        ] {
            let error = parse_property(id, text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
