//! Enhanced authentication (MQTT 5 §4.12): CONNECT names a method, AUTH goes to and fro, CONNACK ends it.
//!
//! ```text
//! CONNECT first ──▶ ◀── AUTH server first ── AUTH final ──▶ ◀── CONNACK server final, verified before it counts
//! ```

use super::{
    Close, Outgoing, Output, Session, Settings,
    reading::{odd, violation},
    scram::{METHODS, Scram},
};
use crate::{
    config::{PasswordSource, Profile, Secret},
    mqtt::{Properties, Property, ProtocolVersion, ReasonCode},
    wire::{Anomaly, Auth, Connack, Direction, Packet, PacketType, mask_secrets},
};

/// What the profile wants: a method, and for methods other than SCRAM the data of its one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// As in CONNECT: `SCRAM-SHA-256`.
    pub method: String,
    /// Sent with CONNECT.
    pub data: Option<Secret>,
}

impl Authentication {
    /// Whether the password is proven instead of sent.
    pub fn is_scram(&self) -> bool {
        METHODS.contains(&self.method.as_str())
    }
}

/// The profile's part of it; the data is resolved already.
pub fn wanted(profile: &Profile) -> Option<Authentication> {
    let data = match &profile.authentication_data {
        PasswordSource::Memory(secret) => Some(secret.clone()),
        _ => None,
    };
    let method = profile.authentication_method.clone()?;
    Some(Authentication { method, data })
}

/// The exchange of one connection.
pub struct Exchange {
    method: String,
    /// `None`: a method of one step.
    scram: Option<Scram>,
    /// The client's last message is sent.
    is_answered: bool,
}

impl Exchange {
    /// Begins, and gives CONNECT's properties of it.
    pub fn begin(settings: &Settings) -> Result<Option<(Self, Properties)>, String> {
        let Some(wanted) = &settings.authentication else {
            return Ok(None);
        };
        let method = wanted.method.clone();
        let (scram, data) = if wanted.is_scram() {
            let (Some(username), Some(password)) = (&settings.username, &settings.password) else {
                return Err(format!("{method} needs a user name and a password (-u, -P)"));
            };
            let (scram, first) = Scram::begin(&method, username, password)?;
            (Some(scram), Some(first))
        } else {
            (None, wanted.data.as_ref().map(|data| data.expose().to_vec()))
        };
        let mut properties = Properties(vec![Property::AuthenticationMethod(method.clone())]);
        properties.0.extend(data.map(Property::AuthenticationData));
        let exchange = Self {
            is_answered: scram.is_none(),
            method,
            scram,
        };
        Ok(Some((exchange, properties)))
    }

    fn check_method(&self, properties: &Properties) -> Result<(), Anomaly> {
        match properties.authentication_method() {
            Some(method) if method == self.method => Ok(()),
            Some(other) => Err(violation(format!(
                "authentication method {other} after {} in CONNECT (MQTT-4.12.0-5)",
                self.method
            ))),
            None => {
                let what = "no authentication method though CONNECT named one (MQTT-4.12.0-5)";
                // A method of one step is over by then: a broker that forgets to say so can be lived with.
                Err(if self.scram.is_some() {
                    violation(what)
                } else {
                    odd(what)
                })
            }
        }
    }
}

impl Session {
    /// AUTH of the server: the next step, or what is wrong with it.
    pub(super) fn on_auth(&mut self, auth: &Auth) -> (Option<Anomaly>, Option<Close>) {
        let is_up = self.is_up();
        let Some(exchange) = &mut self.exchange else {
            let what = "AUTH though CONNECT named no authentication method (MQTT-4.12.0-6)";
            return (Some(violation(what)), None);
        };
        if is_up {
            let what = "AUTH though nobody asked to authenticate again (MQTT 5 §4.12.1)";
            return (Some(violation(what)), None);
        }
        if auth.reason != ReasonCode::CONTINUE_AUTHENTICATION {
            let what = "AUTH before CONNACK that does not continue (MQTT-4.12.0-2)";
            return (Some(violation(what)), None);
        }
        if let Err(anomaly) = exchange.check_method(&auth.properties) {
            return (Some(anomaly), None);
        }
        let data = auth.properties.authentication_data().unwrap_or_default();
        let refused = |method: &str, what: String| {
            let close = Close::Unproven {
                what: format!("{method}: {what}"),
            };
            (None, Some(close))
        };
        let method = exchange.method.clone();
        match &mut exchange.scram {
            None => refused(
                &method,
                "the broker asks for a second step, which is not spoken".into(),
            ),
            Some(_) if exchange.is_answered => {
                refused(&method, "the broker asks for a step behind the last".into())
            }
            Some(scram) => match scram.answer(data) {
                Err(what) => refused(&method, what),
                Ok(answer) => {
                    exchange.is_answered = true;
                    self.send_auth(method, answer.data);
                    (answer.oddity.map(odd), None)
                }
            },
        }
    }

    fn send_auth(&mut self, method: String, data: Vec<u8>) {
        let packet = Packet::Auth(Auth {
            reason: ReasonCode::CONTINUE_AUTHENTICATION,
            properties: Properties(vec![
                Property::AuthenticationMethod(method),
                Property::AuthenticationData(data),
            ]),
        });
        if let Ok(frame) = self.try_encode(&packet) {
            self.push_secret(PacketType::Auth, frame);
        }
    }

    /// A frame that holds a secret, with what is to be shown instead.
    pub(super) fn push_secret(&mut self, packet_type: PacketType, frame: Vec<u8>) {
        let mut shown = frame.clone();
        mask_secrets(&mut shown, self.link.version, Direction::ClientToServer);
        self.outputs.push_back(Output::Send(Outgoing {
            packet_type,
            frame,
            shown: Some(shown),
            ends: None,
        }));
    }

    /// Whether an accepting CONNACK ends the exchange as the method wants; nothing was sent in answer.
    pub(super) fn check_authenticated(&mut self, connack: &Connack) -> (Option<Anomaly>, Option<Close>) {
        let properties = &connack.properties;
        let Some(exchange) = &mut self.exchange else {
            let is_named = self.link.version == ProtocolVersion::V5
                && (properties.authentication_method().is_some()
                    || properties.authentication_data().is_some());
            let what = "CONNACK with authentication though CONNECT named no method (MQTT-4.12.0-6)";
            return (is_named.then(|| violation(what)), None);
        };
        if let Err(anomaly) = exchange.check_method(properties) {
            return (Some(anomaly), None);
        }
        let Some(scram) = &mut exchange.scram else {
            return (None, None);
        };
        let verified = match properties.authentication_data() {
            _ if !exchange.is_answered => Err("it let us in before we proved anything".to_owned()),
            None => Err("it gave no signature".to_owned()),
            Some(data) => scram.verify(data),
        };
        let close = verified.err().map(|what| Close::Unproven {
            what: format!(
                "{}: the broker did not prove that it knows the password: {what}",
                exchange.method
            ),
        });
        (None, close)
    }
}
