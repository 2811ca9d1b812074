//! Beginning and end of a connection: CONNECT, CONNACK, DISCONNECT, AUTH (MQTT 5 §3.1, §3.2, §3.14, §3.15).

use super::{Sink, Walk, properties::Place};
use crate::{
    mqtt::{Properties, PropertyId, ProtocolVersion, QoS, ReasonCode},
    wire::{Auth, Connack, Connect, ConnectWill, Disconnect, Packet, PacketType},
};

const CLIENT_IDENTIFIER_NOT_VALID: ReasonCode = ReasonCode(0x85);

/// The connect flags (MQTT 5 §3.1.2.3).
struct Flags {
    username: bool,
    password: bool,
    will: bool,
    will_retain: bool,
    will_qos: u8,
    clean_start: bool,
}

impl<S: Sink> Walk<'_, S> {
    pub(super) fn connect(&mut self) -> Option<Packet> {
        self.version = self.protocol()?;
        let flags = self.connect_flags()?;
        let keep_alive = self.two_bytes("keep alive")?;
        let properties = self.properties("properties", Place::Connect);
        let client_id = self.client_id(flags.clean_start)?;
        let will_qos = QoS::from_bits(flags.will_qos);
        let will = if flags.will {
            Some(self.will(will_qos.unwrap_or_default(), flags.will_retain)?)
        } else {
            None
        };
        let username = if flags.username && !self.is_missing("user name") {
            Some(self.text("user name")?)
        } else {
            None
        };
        let password = if flags.password && !self.is_missing("password") {
            Some(self.binary("password")?.into())
        } else {
            None
        };
        // QoS 3 has been walked past, but no packet can hold it.
        will_qos?;
        Some(Packet::Connect(Box::new(Connect {
            version: self.version,
            clean_start: flags.clean_start,
            keep_alive,
            client_id,
            will,
            username,
            password,
            properties,
        })))
    }

    /// Protocol name and level; `None` for a level nobody has defined, for its layout is unknown.
    fn protocol(&mut self) -> Option<ProtocolVersion> {
        let name_at = self.at;
        let name = self.text("protocol name")?;
        let level_at = self.at;
        let level = self.byte("protocol level")?;
        let Some(version) = ProtocolVersion::from_level(level & 0x7f) else {
            self.violation(level_at, ReasonCode::UNSUPPORTED_PROTOCOL_VERSION, || {
                format!("the protocol level {level} is unknown (MQTT-3.1.2-2)")
            });
            self.unreadable("body");
            return None;
        };
        if level & 0x80 != 0 {
            self.odd(level_at, || {
                "the protocol level has its highest bit set, as a mosquitto bridge does".to_owned()
            });
        }
        if name != version.protocol_name() {
            self.violation(name_at, ReasonCode::UNSUPPORTED_PROTOCOL_VERSION, || {
                format!(
                    "the protocol name of level {} is {}, not {name:?} (MQTT-3.1.2-1)",
                    version.level(),
                    version.protocol_name()
                )
            });
        }
        Some(version)
    }

    fn connect_flags(&mut self) -> Option<Flags> {
        let offset = self.at;
        let flags = self.group("connect flags", |walk| {
            let byte = walk.bit_field("connect flags")?;
            let flags = Flags {
                username: walk.flag("user name flag", byte, 0x80),
                password: walk.flag("password flag", byte, 0x40),
                will_retain: walk.flag("will retain", byte, 0x20),
                will_qos: walk.bits("will QoS", byte, 0x18),
                will: walk.flag("will flag", byte, 0x04),
                clean_start: {
                    let name = walk.statement("clean start", "clean session");
                    walk.flag(name, byte, 0x02)
                },
            };
            if walk.flag("reserved", byte, 0x01) {
                walk.violation_since_311(offset, ReasonCode::MALFORMED_PACKET, || {
                    "the reserved connect flag must be 0 (MQTT-3.1.2-3)".to_owned()
                });
            }
            Some(flags)
        })?;
        self.check_connect_flags(offset, &flags);
        Some(flags)
    }

    fn check_connect_flags(&mut self, offset: usize, flags: &Flags) {
        if flags.will_qos == 3 {
            let statement = self.statement("MQTT-3.1.2-12", "MQTT-3.1.2-14");
            self.violation(offset, ReasonCode::MALFORMED_PACKET, || {
                format!("the will QoS must not be 3 ({statement})")
            });
        }
        if !flags.will && flags.will_qos != 0 {
            let statement = self.statement("MQTT-3.1.2-11", "MQTT-3.1.2-13");
            self.violation_since_311(offset, ReasonCode::MALFORMED_PACKET, || {
                format!("the will QoS must be 0 without a will ({statement})")
            });
        }
        if !flags.will && flags.will_retain {
            let statement = self.statement("MQTT-3.1.2-13", "MQTT-3.1.2-15");
            self.violation_since_311(offset, ReasonCode::MALFORMED_PACKET, || {
                format!("will retain must be 0 without a will ({statement})")
            });
        }
        if flags.password && !flags.username && !self.is_v5() {
            self.violation(offset, ReasonCode::MALFORMED_PACKET, || {
                "a password needs a user name before MQTT 5 (MQTT-3.1.2-22)".to_owned()
            });
        }
    }

    fn client_id(&mut self, clean_start: bool) -> Option<String> {
        let offset = self.at;
        let id = self.text("client identifier")?;
        match self.version {
            ProtocolVersion::V311 if id.is_empty() && !clean_start => {
                self.violation(offset, CLIENT_IDENTIFIER_NOT_VALID, || {
                    "an empty client identifier needs a clean session (MQTT-3.1.3-7)".to_owned()
                });
            }
            ProtocolVersion::V31 if id.is_empty() => {
                self.violation(offset, CLIENT_IDENTIFIER_NOT_VALID, || {
                    "the client identifier is empty (MQTT 3.1 §3.1)".to_owned()
                });
            }
            ProtocolVersion::V31 if id.chars().count() > 23 => {
                self.odd(offset, || {
                    "the client identifier has more than 23 characters (MQTT 3.1 §3.1)".to_owned()
                });
            }
            _ => {}
        }
        Some(id)
    }

    fn will(&mut self, qos: QoS, retain: bool) -> Option<ConnectWill> {
        self.group("will", |walk| {
            let properties = walk.properties("will properties", Place::Will);
            let topic_at = walk.at;
            let topic = walk.text("will topic")?;
            let statement = walk.statement("MQTT-4.7.0-1", "MQTT-4.7.1-1");
            walk.check_topic(topic_at + 2, "will topic", &topic, statement);
            let name = walk.statement("will payload", "will message");
            Some(ConnectWill {
                topic,
                payload: walk.binary(name)?.into(),
                qos,
                retain,
                properties,
            })
        })
    }

    /// Whether a field is not there though its flag is set, as 3.1 allows.
    fn is_missing(&mut self, name: &'static str) -> bool {
        let is_missing = self.version == ProtocolVersion::V31 && self.at == self.end;
        if is_missing {
            self.odd(self.at, || {
                format!("the {name} is missing though its flag is set (MQTT 3.1 §3.1)")
            });
        }
        is_missing
    }

    pub(super) fn connack(&mut self) -> Option<Connack> {
        let is_short = self.is_v5() && self.end - self.at == 2;
        if is_short {
            return self.short_connack();
        }
        let session_present = self.connack_flags()?;
        let code = self.reason(PacketType::Connack)?;
        self.check_session_present(session_present, code);
        Some(Connack {
            session_present,
            code,
            properties: self.properties("properties", Place::Connack),
        })
    }

    /// What a server that only knows 3.1.1 answers to 5.
    fn short_connack(&mut self) -> Option<Connack> {
        self.odd(self.at, || {
            "a CONNACK without properties: the server answers in MQTT 3.1.1".to_owned()
        });
        self.version = ProtocolVersion::V311;
        let session_present = self.connack_flags()?;
        let code_at = self.at;
        let context = crate::mqtt::ReasonContext::Connack(ProtocolVersion::V311);
        let code = self.reason_byte("return code", context)?;
        if matches!(code.0, 6..=0x7f) {
            self.violation(code_at, ReasonCode::PROTOCOL_ERROR, || {
                format!("CONNACK must not carry {} (MQTT-3.2.2-6)", code.display(context))
            });
        }
        self.check_session_present(session_present, code);
        Some(Connack {
            session_present,
            code,
            properties: Properties::NONE,
        })
    }

    fn connack_flags(&mut self) -> Option<bool> {
        let offset = self.at;
        self.group("acknowledge flags", |walk| {
            let byte = walk.bit_field("acknowledge flags")?;
            if walk.bits("reserved", byte, 0xfe) != 0 {
                let statement = walk.statement("MQTT-3.2.2-1", "MQTT 3.1.1 §3.2.2.1");
                walk.violation_since_311(offset, ReasonCode::MALFORMED_PACKET, || {
                    format!("the reserved acknowledge flags must be 0 ({statement})")
                });
            }
            Some(walk.flag("session present", byte, 0x01))
        })
    }

    fn check_session_present(&mut self, session_present: bool, code: ReasonCode) {
        if session_present && code != ReasonCode::SUCCESS {
            let statement = self.statement("MQTT-3.2.2-6", "MQTT-3.2.2-4");
            let offset = self.at - 2;
            self.violation_since_311(offset, ReasonCode::PROTOCOL_ERROR, || {
                format!("session present must be 0 in a refusal ({statement})")
            });
        }
    }

    pub(super) fn disconnect(&mut self) -> Option<Disconnect> {
        if !self.is_v5() || self.at == self.end {
            return Some(Disconnect::default());
        }
        let reason = self.reason(PacketType::Disconnect)?;
        // Without a property length where the remaining length is below 2 (MQTT 5 §3.14.2.2.1).
        let properties = if self.at < self.end {
            self.properties("properties", Place::Disconnect)
        } else {
            Properties::NONE
        };
        Some(Disconnect { reason, properties })
    }

    pub(super) fn auth(&mut self) -> Option<Auth> {
        if self.at == self.end {
            return Some(Auth::default());
        }
        self.version = ProtocolVersion::V5;
        let reason = self.reason(PacketType::Auth)?;
        let offset = self.at;
        let properties = self.properties("properties", Place::Auth);
        let names_method =
            |property: &crate::mqtt::Property| property.id() == PropertyId::AuthenticationMethod;
        if !properties.0.iter().any(names_method) {
            self.violation(offset, ReasonCode::PROTOCOL_ERROR, || {
                "AUTH needs an authentication method (MQTT 5 §3.15.2.2.2)".to_owned()
            });
        }
        Some(Auth { reason, properties })
    }
}
