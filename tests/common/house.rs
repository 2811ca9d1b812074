//! Traffic that looks like life, for screens people look at: a house, a plant line, a camera; always the same.
#![allow(
    dead_code,
    missing_docs,
    reason = "each test binary uses a part; a test fails by panicking"
)]

use mqttscope::mqtt::Property;

use super::{message::Sample, screen::Screen};

const FRONT: &[u8] = include_bytes!("../../src/demo/frames/front-1.jpg");

fn json(topic: &str, payload: &str) -> Sample {
    Sample::new(topic, payload.as_bytes()).with(Property::ContentType("application/json".into()))
}

fn climate(room: &str, t: f64, h: u32) -> Sample {
    let payload = format!(r#"{{"t":{t},"h":{h},"battery":87}}"#);
    json(&format!("home/{room}/climate"), &payload).qos(1)
}

impl Screen {
    /// Half a minute in a house with a plant line and a camera.
    pub fn house(self) -> Self {
        let mut this = self
            .message(&climate("kitchen", 21.2, 48).retain())
            .message(&climate("bedroom", 18.4, 52).retain())
            .retained("home/kitchen/light/state", r#"{"state":"ON","brightness":180}"#)
            .retained("home/door/lock", "locked")
            .retained("home/door/availability", "online")
            .retained("plant/line1/state", "running")
            .pass(4.0);
        for second in 0_u32..12 {
            this = this
                .receive(
                    "plant/line1/press/bar",
                    format!("{:.2}", 118.0 + f64::from(second * 7 % 5) * 0.21),
                )
                .pass(0.35)
                .receive(
                    "plant/line1/temp",
                    format!("{:.1}", 61.5 + f64::from(second % 4) * 0.3),
                )
                .pass(0.4);
            if second % 3 == 0 {
                this = this
                    .message(&climate("kitchen", 21.2 + f64::from(second) / 30.0, 48))
                    .pass(0.25);
            }
        }
        this.message(&Sample::new("camera/front", FRONT).with(Property::ContentType("image/jpeg".into())))
            .pass(0.5)
            .receive("home/hall/motion", "ON")
            .pass(0.7)
            .message(
                &Sample::new("home/kitchen/light/set", br#"{"state":"OFF"}"#)
                    .qos(1)
                    .sent(),
            )
            .pass(0.04)
            .receive("home/kitchen/light/state", r#"{"state":"OFF","brightness":0}"#)
            .pass(0.6)
            .receive(
                "plant/line1/cell7/status",
                [
                    0xa3, 0x61, b'n', 0x07, 0x62, b'o', b'k', 0xf5, 0x61, b'v', 0xf9, 0x3c, 0x00,
                ],
            )
            .pass(0.3)
            .message(&climate("kitchen", 21.6, 47))
            .pass(0.8)
    }
}
