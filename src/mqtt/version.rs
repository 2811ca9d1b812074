//! Protocol versions and the choice among them.

use std::{fmt, str::FromStr};

/// A version of MQTT as CONNECT names it (protocol name and level).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProtocolVersion {
    /// `MQIsdp`, level 3.
    V31,
    /// `MQTT`, level 4.
    V311,
    /// `MQTT`, level 5.
    V5,
}

impl ProtocolVersion {
    /// The protocol level byte of CONNECT (MQTT 5 §3.1.2.2).
    pub const fn level(self) -> u8 {
        match self {
            Self::V31 => 3,
            Self::V311 => 4,
            Self::V5 => 5,
        }
    }

    /// The protocol name string of CONNECT.
    pub const fn protocol_name(self) -> &'static str {
        match self {
            Self::V31 => "MQIsdp",
            Self::V311 | Self::V5 => "MQTT",
        }
    }

    /// From the protocol level byte; `None` for a level no standard defines.
    pub const fn from_level(level: u8) -> Option<Self> {
        match level {
            3 => Some(Self::V31),
            4 => Some(Self::V311),
            5 => Some(Self::V5),
            _ => None,
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V31 => "3.1",
            Self::V311 => "3.1.1",
            Self::V5 => "5",
        })
    }
}

/// What the user asked for: one version, or 5 with a fall back to 3.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProtocolChoice {
    /// 5 first, 3.1.1 where the broker does not know it.
    #[default]
    Auto,
    /// This version and no other.
    Exactly(ProtocolVersion),
}

impl fmt::Display for ProtocolChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Exactly(version) => version.fmt(f),
        }
    }
}

impl FromStr for ProtocolChoice {
    type Err = String;

    /// Both spellings everywhere: `5`, `mqttv5`, `3.1.1`, `311`, `mqttv311`, `3.1`, `31`, `mqttv31`, `auto`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix("mqttv").unwrap_or(&lower) {
            "auto" => Ok(Self::Auto),
            "5" | "5.0" => Ok(Self::Exactly(ProtocolVersion::V5)),
            "3.1.1" | "311" | "4" => Ok(Self::Exactly(ProtocolVersion::V311)),
            "3.1" | "31" | "3" => Ok(Self::Exactly(ProtocolVersion::V31)),
            _ => Err(format!(
                "unknown protocol version \"{text}\"; use 5, 3.1.1, 3.1 or auto"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_a_version_are_accepted() {
        for (text, version) in [
            ("5", ProtocolVersion::V5),
            ("mqttv5", ProtocolVersion::V5),
            ("311", ProtocolVersion::V311),
            ("mqttv311", ProtocolVersion::V311),
            ("3.1.1", ProtocolVersion::V311),
            ("31", ProtocolVersion::V31),
            ("3.1", ProtocolVersion::V31),
        ] {
            assert_eq!(text.parse(), Ok(ProtocolChoice::Exactly(version)), "{text}");
        }
        assert_eq!("auto".parse(), Ok(ProtocolChoice::Auto));
        assert!(
            "6".parse::<ProtocolChoice>()
                .unwrap_err()
                .contains("use 5, 3.1.1, 3.1 or auto")
        );
    }
}
