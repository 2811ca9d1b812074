//! Why a connection ends by the rules of MQTT, in words, and whether trying again can help.

use std::fmt::Write;

use crate::{
    event::{Failure, FailureKind, Phase},
    mqtt::{Properties, ProtocolVersion, ReasonCode, ReasonContext},
    wire::{Anomaly, Disconnect, PacketType},
};

/// Bytes of an offending frame shown in the failure.
const SHOWN_BYTES: usize = 16;

/// The end of a connection, as the session sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Close {
    /// CONNACK with a failing code.
    Refused {
        /// The code.
        code: ReasonCode,
        /// In which vocabulary.
        context: ReasonContext,
        /// CONNACK's properties.
        properties: Properties,
    },
    /// A CONNACK of MQTT 3 in answer to a CONNECT of 5.
    SpeaksOlder {
        /// Its return code, in 3.1.1's vocabulary.
        code: ReasonCode,
    },
    /// Enhanced authentication came to nothing through the server's doing; it gets no further word.
    Unproven {
        /// In words.
        what: String,
    },
    /// The server sent DISCONNECT.
    Disconnected(Disconnect),
    /// The server broke a rule on which a receiver must close.
    Violation {
        /// In which packet; `None` for the reserved type, or where no packet could be found.
        packet_type: Option<PacketType>,
        /// What.
        anomaly: Anomaly,
        /// How the frame begins.
        bytes: Vec<u8>,
        /// Before CONNACK: this may be no MQTT broker at all.
        is_greeting: bool,
    },
    /// No PINGRESP.
    Silent {
        /// Seconds.
        keep_alive: u16,
    },
}

impl Close {
    /// A violation found in `frame`.
    pub fn violation(anomaly: Anomaly, frame: &[u8], is_greeting: bool) -> Self {
        Self::Violation {
            packet_type: frame.first().and_then(|&byte| PacketType::from_first_byte(byte)),
            anomaly,
            bytes: frame.iter().take(SHOWN_BYTES).copied().collect(),
            is_greeting,
        }
    }

    /// The code of the DISCONNECT to send before closing, if one is due.
    pub fn goodbye(&self) -> Option<ReasonCode> {
        match self {
            Self::Violation { anomaly, .. } => Some(anomaly.reason),
            Self::Silent { .. } => Some(ReasonCode::UNSPECIFIED),
            Self::Refused { .. }
            | Self::SpeaksOlder { .. }
            | Self::Unproven { .. }
            | Self::Disconnected(_) => None,
        }
    }

    /// Whether the server hung up without a word that tells why.
    pub fn is_unexplained(&self) -> bool {
        let Self::Disconnected(disconnect) = self else {
            return false;
        };
        matches!(disconnect.reason, ReasonCode::SUCCESS | ReasonCode::UNSPECIFIED)
            && disconnect.properties.reason_string().is_none()
    }

    /// Whether the server refuses this protocol version, so that an older one may do.
    pub fn is_version_refusal(&self) -> bool {
        match self {
            Self::Refused { code, context, .. } => match context {
                ReasonContext::Connack(ProtocolVersion::V5) => {
                    *code == ReasonCode::UNSUPPORTED_PROTOCOL_VERSION
                }
                _ => *code == ReasonCode(1),
            },
            Self::SpeaksOlder { code } => !matches!(code.0, 4 | 5),
            _ => false,
        }
    }

    /// Whether trying again by itself could help.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Refused { code, context, .. } => is_passing(*code, *context),
            Self::SpeaksOlder { .. } | Self::Unproven { .. } => false,
            Self::Disconnected(disconnect) => !matches!(
                disconnect.reason.0,
                0x81 | 0x82 | 0x86 | 0x87 | 0x8A | 0x8C | 0x8E | 0x9C | 0x9D
            ),
            Self::Violation { is_greeting, .. } => !is_greeting,
            Self::Silent { .. } => true,
        }
    }

    /// In words.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Refused {
                code,
                context,
                properties,
            } => refusal(*code, *context, properties, is_passing(*code, *context)),
            Self::SpeaksOlder { code } => speaks_older(*code),
            Self::Unproven { what } => Failure {
                kind: FailureKind::Refused,
                phase: Some(Phase::Connect),
                code: None,
                what: what.clone(),
                advice:
                    "this may not be your broker, or its user has another password; the password was not sent"
                        .into(),
            },
            Self::Disconnected(disconnect) => self.farewell(disconnect),
            Self::Violation {
                packet_type,
                anomaly,
                bytes,
                is_greeting,
            } => broken_rule(*packet_type, anomaly, bytes, *is_greeting),
            Self::Silent { keep_alive } => Failure {
                kind: FailureKind::Network,
                phase: None,
                code: None,
                what: format!(
                    "no PINGRESP within {} s, half the keep alive",
                    f64::from(*keep_alive) / 2.0
                ),
                advice: "the network or the broker went away; a longer keep alive (-k) bears slow links"
                    .into(),
            },
        }
    }

    fn farewell(&self, disconnect: &Disconnect) -> Failure {
        let code = disconnect.reason;
        Failure {
            kind: match code {
                ReasonCode::SESSION_TAKEN_OVER => FailureKind::TakenOver,
                _ if self.may_retry() => FailureKind::Network,
                _ => FailureKind::Refused,
            },
            phase: None,
            code: Some(code),
            what: with_reason(
                format!(
                    "the broker disconnected us: {}",
                    code.display(ReasonContext::Disconnect)
                ),
                &disconnect.properties,
            ),
            advice: advice(code, ReasonContext::Disconnect, &disconnect.properties),
        }
    }
}

/// Codes of CONNACK that time may mend.
const fn is_passing(code: ReasonCode, context: ReasonContext) -> bool {
    match context {
        ReasonContext::Connack(ProtocolVersion::V31 | ProtocolVersion::V311) => code.0 == 3,
        _ => matches!(code.0, 0x80 | 0x83 | 0x88 | 0x89 | 0x97 | 0x9F),
    }
}

fn refusal(code: ReasonCode, context: ReasonContext, properties: &Properties, is_passing: bool) -> Failure {
    Failure {
        kind: if is_passing {
            FailureKind::Network
        } else {
            FailureKind::Refused
        },
        phase: Some(Phase::Connect),
        code: Some(code),
        what: with_reason(code.display(context).to_string(), properties),
        advice: advice(code, context, properties),
    }
}

fn speaks_older(code: ReasonCode) -> Failure {
    let context = ReasonContext::Connack(ProtocolVersion::V311);
    let told = refusal(code, context, &Properties::NONE, false);
    Failure {
        what: format!("the broker answers in MQTT 3.1.1: {}", told.what),
        advice: if matches!(code.0, 4 | 5) {
            told.advice
        } else {
            "try 3.1.1 (-V 311)".into()
        },
        ..told
    }
}

fn broken_rule(
    packet_type: Option<PacketType>,
    anomaly: &Anomaly,
    bytes: &[u8],
    is_greeting: bool,
) -> Failure {
    let name = packet_type.map_or("a packet", PacketType::name);
    let text = if bytes.starts_with(b"HTTP/") {
        " (an HTTP answer)"
    } else {
        ""
    };
    Failure {
        kind: FailureKind::Violation,
        phase: is_greeting.then_some(Phase::Connect),
        code: None,
        what: format!(
            "protocol violation in {name}: {}; at byte {} of {}{text}",
            anomaly.what,
            anomaly.offset,
            hex(bytes)
        ),
        advice: if is_greeting {
            "this may be no MQTT broker: check host and port".into()
        } else {
            "the broker is at fault; `lenient = true` in the profile goes on where it can".into()
        },
    }
}

fn with_reason(what: String, properties: &Properties) -> String {
    match properties.reason_string() {
        Some(text) => format!("{what}: {text}"),
        None => what,
    }
}

fn advice(code: ReasonCode, context: ReasonContext, properties: &Properties) -> String {
    match properties.server_reference() {
        Some(server) => format!("the broker names another server: {server}"),
        None => code.advice(context).to_owned(),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3 + 3);
    for (index, byte) in bytes.iter().enumerate() {
        let gap = if index == 0 { "" } else { " " };
        write!(text, "{gap}{byte:02x}").expect("writing to a String succeeds");
    }
    if bytes.len() == SHOWN_BYTES {
        text.push_str(" …");
    }
    text
}
