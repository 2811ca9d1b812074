//! A light that obeys: `demo/home/kitchen/light/set` → `…/state`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Place,
    device::{Device, Identity, Post},
};
use crate::mqtt::{ProtocolVersion, QoS};

const SET: &str = "demo/home/kitchen/light/set";
const STATE: &str = "demo/home/kitchen/light/state";
const ERROR: &str = "demo/home/kitchen/light/error";
const AVAILABILITY: &str = "demo/home/kitchen/light/availability";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Power {
    On,
    Off,
}

/// What it says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Light {
    state: Power,
    brightness: u8,
}

/// What it can be told in JSON: one or both.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    state: Option<Power>,
    brightness: Option<u8>,
}

impl Light {
    /// `ON`, `OFF`, `TOGGLE`, or JSON as Home Assistant sends it.
    fn obey(&mut self, payload: &[u8]) -> Result<(), String> {
        match payload.trim_ascii() {
            b"ON" => self.state = Power::On,
            b"OFF" => self.state = Power::Off,
            b"TOGGLE" => {
                self.state = match self.state {
                    Power::On => Power::Off,
                    Power::Off => Power::On,
                };
            }
            json => {
                let command: Command = serde_json::from_slice(json).map_err(|error| {
                    format!(r#"send ON, OFF, TOGGLE or {{"state":"ON","brightness":0-255}}: {error}"#)
                })?;
                self.state = command.state.unwrap_or(self.state);
                self.brightness = command.brightness.unwrap_or(self.brightness);
            }
        }
        Ok(())
    }

    fn state(self) -> Post {
        let text = serde_json::to_string(&self).expect("plain fields make JSON");
        Post::new(STATE, text)
            .retained()
            .at(QoS::AtLeastOnce)
            .content_type("application/json")
    }
}

pub(super) async fn run(place: Place) {
    let identity = Identity::new("light", ProtocolVersion::V5)
        .available_at(AVAILABILITY)
        .listening_to(SET);
    let mut device = Device::connect(&identity, place.addr);
    let mut light = Light {
        state: Power::Off,
        brightness: 180,
    };
    let mut pulse = place.every(Duration::from_secs(1));
    // Whoever sees its state may send commands.
    if pulse.unless_stopped(device.settled()).await.is_some() {
        device.publish(light.state()).await;
    }
    while let Some(heard) = pulse.unless_stopped(device.hear()).await {
        let answer = match light.obey(&heard.payload) {
            Ok(()) => light.state(),
            Err(error) => Post::new(ERROR, error).at(QoS::AtLeastOnce),
        };
        device.publish(answer).await;
    }
    device.leave().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_obeyed_or_refused_with_the_way_out() {
        let mut light = Light {
            state: Power::Off,
            brightness: 10,
        };
        for (command, state, brightness) in [
            ("ON", Power::On, 10),
            ("OFF\n", Power::Off, 10),
            ("TOGGLE", Power::On, 10),
            (r#"{"brightness":99}"#, Power::On, 99),
            (r#"{"state":"OFF","brightness":0}"#, Power::Off, 0),
        ] {
            assert_eq!(light.obey(command.as_bytes()), Ok(()), "{command}");
            assert_eq!(light, Light { state, brightness }, "{command}");
        }
        for wrong in ["on", r#"{"state":"BLUE"}"#, r#"{"brightness":256}"#, ""] {
            let before = light;
            let error = light.obey(wrong.as_bytes()).unwrap_err();
            assert!(error.starts_with("send ON, OFF, TOGGLE or {"), "{error}");
            assert_eq!(light, before);
        }
    }
}
