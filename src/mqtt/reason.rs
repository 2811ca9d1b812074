//! Reason codes of MQTT 5 (§2.4) and return codes of CONNACK and SUBACK before it,
//! each with a name and, for failures, what to try.

use std::fmt;

use super::ProtocolVersion;

/// A reason code (MQTT 5) or return code (3.1, 3.1.1), as the byte on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ReasonCode(pub u8);

/// Where a code stands: some bytes mean different things in different packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasonContext {
    /// CONNACK of this version.
    Connack(ProtocolVersion),
    /// SUBACK of this version.
    Suback(ProtocolVersion),
    /// DISCONNECT (MQTT 5).
    Disconnect,
    /// UNSUBACK, PUBACK, PUBREC, PUBREL, PUBCOMP, AUTH (MQTT 5).
    Other,
}

impl ReasonCode {
    /// 0x00, in every packet.
    pub const SUCCESS: Self = Self(0x00);
    /// AUTH: another step is to come.
    pub const CONTINUE_AUTHENTICATION: Self = Self(0x18);
    /// SUBACK: refused (the only failure before MQTT 5), elsewhere "unspecified error".
    pub const UNSPECIFIED: Self = Self(0x80);
    /// A packet that cannot be parsed.
    pub const MALFORMED_PACKET: Self = Self(0x81);
    /// A packet that can be parsed and breaks a rule.
    pub const PROTOCOL_ERROR: Self = Self(0x82);
    /// CONNACK: the server does not speak this version.
    pub const UNSUPPORTED_PROTOCOL_VERSION: Self = Self(0x84);
    /// User name or password are wrong.
    pub const BAD_USER_NAME_OR_PASSWORD: Self = Self(0x86);
    /// The server's access list says no.
    pub const NOT_AUTHORIZED: Self = Self(0x87);
    /// Another client took the session over.
    pub const SESSION_TAKEN_OVER: Self = Self(0x8E);
    /// Nothing heard for 1.5 keep alive.
    pub const KEEP_ALIVE_TIMEOUT: Self = Self(0x8D);
    /// DISCONNECT that asks for the will.
    pub const DISCONNECT_WITH_WILL: Self = Self(0x04);
    /// More unacknowledged publishes than receive maximum.
    pub const RECEIVE_MAXIMUM_EXCEEDED: Self = Self(0x93);
    /// A topic alias that is 0 or above the maximum.
    pub const TOPIC_ALIAS_INVALID: Self = Self(0x94);
    /// A packet above maximum packet size.
    pub const PACKET_TOO_LARGE: Self = Self(0x95);
    /// PUBREL or PUBCOMP for an id that is not in use.
    pub const PACKET_IDENTIFIER_NOT_FOUND: Self = Self(0x92);

    /// Whether the operation failed: 0x80 and above, or a non-zero CONNACK before MQTT 5.
    pub const fn is_failure(self, context: ReasonContext) -> bool {
        match context {
            ReasonContext::Connack(ProtocolVersion::V31 | ProtocolVersion::V311) => self.0 != 0,
            _ => self.0 >= 0x80,
        }
    }

    /// The standard's words for this code, lower case; `"reason code"` where the standard has none.
    pub const fn name(self, context: ReasonContext) -> &'static str {
        match (context, self.0) {
            (ReasonContext::Connack(ProtocolVersion::V31 | ProtocolVersion::V311), code) => match code {
                0 => "connection accepted",
                1 => "unacceptable protocol version",
                2 => "identifier rejected",
                3 => "server unavailable",
                4 => "bad user name or password",
                5 => "not authorized",
                _ => "return code",
            },
            (ReasonContext::Suback(_), code @ 0..=2) => match code {
                0 => "granted QoS 0",
                1 => "granted QoS 1",
                _ => "granted QoS 2",
            },
            (ReasonContext::Suback(ProtocolVersion::V31 | ProtocolVersion::V311), 0x80) => "failure",
            (ReasonContext::Disconnect, 0x00) => "normal disconnection",
            (_, code) => v5_name(code),
        }
    }

    /// What to try when this code refuses something; empty for success and for codes the standard does not have.
    pub const fn advice(self, context: ReasonContext) -> &'static str {
        match (context, self.0) {
            (ReasonContext::Connack(ProtocolVersion::V31 | ProtocolVersion::V311), code) => match code {
                1 => "try another protocol version (-V)",
                2 => "the broker wants another client id (-i)",
                3 => "the broker is up but not serving; try again later",
                4 => "check user name and password (-u, -P)",
                5 => "the broker wants other credentials, or its access list refuses this client",
                _ => "",
            },
            (ReasonContext::Suback(ProtocolVersion::V31 | ProtocolVersion::V311), 0x80) => {
                "the broker's access list may forbid this filter"
            }
            // What mosquitto answers a wrong password with.
            (ReasonContext::Connack(_), 0x87) => {
                "check user name and password (-u, -P), then the broker's access list"
            }
            (_, code) => v5_advice(code),
        }
    }
}

/// `not authorized (0x87)` in the context given by [`ReasonCode::display`].
pub struct ReasonDisplay(ReasonCode, ReasonContext);

impl ReasonCode {
    /// Name and number, for messages: `not authorized (0x87)`.
    pub const fn display(self, context: ReasonContext) -> ReasonDisplay {
        ReasonDisplay(self, context)
    }
}

impl fmt::Display for ReasonDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02X})", self.0.name(self.1), self.0.0)
    }
}

const fn v5_name(code: u8) -> &'static str {
    match code {
        0x00 => "success",
        0x04 => "disconnect with will message",
        0x10 => "no matching subscribers",
        0x11 => "no subscription existed",
        0x18 => "continue authentication",
        0x19 => "re-authenticate",
        0x80 => "unspecified error",
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x83 => "implementation specific error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8A => "banned",
        0x8B => "server shutting down",
        0x8C => "bad authentication method",
        0x8D => "keep alive timeout",
        0x8E => "session taken over",
        0x8F => "topic filter invalid",
        0x90 => "topic name invalid",
        0x91 => "packet identifier in use",
        0x92 => "packet identifier not found",
        0x93 => "receive maximum exceeded",
        0x94 => "topic alias invalid",
        0x95 => "packet too large",
        0x96 => "message rate too high",
        0x97 => "quota exceeded",
        0x98 => "administrative action",
        0x99 => "payload format invalid",
        0x9A => "retain not supported",
        0x9B => "QoS not supported",
        0x9C => "use another server",
        0x9D => "server moved",
        0x9E => "shared subscriptions not supported",
        0x9F => "connection rate exceeded",
        0xA0 => "maximum connect time",
        0xA1 => "subscription identifiers not supported",
        0xA2 => "wildcard subscriptions not supported",
        _ => "reason code",
    }
}

const fn v5_advice(code: u8) -> &'static str {
    match code {
        0x04 => "the broker publishes the will",
        0x10 => "nobody is subscribed to this topic",
        0x11 => "there was nothing to unsubscribe from: compare the filter letter by letter",
        0x80 => "the broker gives no reason: look into its log",
        0x81 => {
            "the broker could not read a packet of ours: look at what was sent (-d), and at proxies on the way"
        }
        0x82 => "the broker says we broke a rule: look at what was sent (-d), and into its log",
        0x83 => "a rule of this broker's own: look into its log",
        0x84 => "try 3.1.1 (-V 311)",
        0x85 => "the broker wants another client id (-i)",
        0x86 => "check user name and password (-u, -P)",
        0x87 => "the broker's access list forbids it",
        0x88 | 0x89 => "the broker is up but not serving; try again later",
        0x8A => "the broker has banned this client; ask its administrator",
        0x8B => "the broker is going down; wait for it to come back",
        0x8C => "the broker wants another authentication method (-D connect authentication-method)",
        0x8D => {
            "nothing of ours reached the broker in time; a shorter keep alive (-k) is safer on a bad network"
        }
        0x8E => "another client uses this client id; choose your own (-i)",
        0x8F => "the broker does not take this filter",
        0x90 => "the broker does not take this topic",
        0x91 => "the broker still has an earlier message under this packet id; connect with a clean start",
        0x92 => "the broker no longer knows this message, as after a lost session; nothing is left to do",
        0x93 => "more unacknowledged messages than agreed on: the broker's log tells whose; connect again",
        0x94 => "use a topic alias within the broker's topic alias maximum, or none",
        0x95 => "the packet is larger than the broker allows",
        0x96 | 0x97 | 0x9F => "the broker limits this client; send less, or ask its administrator",
        0x98 => "somebody, or a rule, at the broker ended this; ask its administrator",
        0x99 => "the payload is not what its payload format indicator says: send UTF-8, or no indicator",
        0x9A => "this broker keeps no retained messages: publish without retain",
        0x9B => "use a lower QoS (-q)",
        0x9C | 0x9D => "the broker names another server in its server reference",
        0x9E => "this broker has no `$share/`: subscribe to the plain filter",
        0xA0 => "the broker lets nobody stay longer; connect again",
        0xA1 => "this broker takes no subscription identifiers: subscribe without one",
        0xA2 => "this broker has no wildcards: name the topics",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_byte_is_named_by_its_packet() {
        let v5 = ProtocolVersion::V5;
        let v311 = ProtocolVersion::V311;
        for (code, context, text) in [
            (5, ReasonContext::Connack(v311), "not authorized (0x05)"),
            (0x87, ReasonContext::Connack(v5), "not authorized (0x87)"),
            (1, ReasonContext::Suback(v5), "granted QoS 1 (0x01)"),
            (0, ReasonContext::Disconnect, "normal disconnection (0x00)"),
            (0x8E, ReasonContext::Disconnect, "session taken over (0x8E)"),
            (0x80, ReasonContext::Suback(v311), "failure (0x80)"),
            (0x33, ReasonContext::Other, "reason code (0x33)"),
        ] {
            assert_eq!(ReasonCode(code).display(context).to_string(), text);
        }
    }

    #[test]
    fn refused_connect_leads_to_the_password_and_a_refused_publish_does_not() {
        let connack = ReasonContext::Connack(ProtocolVersion::V5);
        assert!(ReasonCode(0x87).advice(connack).contains("password"));
        assert!(!ReasonCode(0x87).advice(ReasonContext::Other).contains("password"));
    }

    /// Every code of every packet: MQTT 5 §2.4 with the tables of §3.2-3.15; MQTT 3.1.1 tables 3.1 and 3.9.
    fn standard() -> Vec<(ReasonContext, &'static [u8])> {
        let (v311, v5) = (ProtocolVersion::V311, ProtocolVersion::V5);
        vec![
            (ReasonContext::Connack(v311), &[0, 1, 2, 3, 4, 5]),
            (ReasonContext::Suback(v311), &[0, 1, 2, 0x80]),
            (
                ReasonContext::Connack(v5),
                &[
                    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95,
                    0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
                ],
            ),
            (
                ReasonContext::Suback(v5),
                &[0, 1, 2, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2],
            ),
            (
                ReasonContext::Disconnect,
                &[
                    0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93,
                    0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
                ],
            ),
            // PUBACK and PUBREC, PUBREL and PUBCOMP, UNSUBACK, AUTH.
            (
                ReasonContext::Other,
                &[
                    0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99, 0x92, 0x11, 0x8F, 0x18, 0x19,
                ],
            ),
        ]
    }

    #[test]
    fn every_code_of_the_standard_has_a_sentence_and_every_failure_a_next_step() {
        for (context, codes) in standard() {
            let mut names = std::collections::BTreeSet::new();
            for code in codes.iter().map(|code| ReasonCode(*code)) {
                let name = code.name(context);
                assert!(
                    !matches!(name, "reason code" | "return code"),
                    "{code:?} {context:?}"
                );
                assert!(names.insert(name), "{name} twice in {context:?}");
                let advice = code.advice(context);
                assert!(
                    !code.is_failure(context) || !advice.is_empty(),
                    "{code:?} {context:?}"
                );
            }
        }
    }

    #[test]
    fn failure_begins_at_0x80_except_in_the_old_connack() {
        assert!(ReasonCode(1).is_failure(ReasonContext::Connack(ProtocolVersion::V311)));
        assert!(!ReasonCode(1).is_failure(ReasonContext::Suback(ProtocolVersion::V311)));
        assert!(ReasonCode(0x80).is_failure(ReasonContext::Other));
    }
}
