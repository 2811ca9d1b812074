//! A house under `demo/home`: climate sensors, a meter, a motion detector, a door, and a weather station
//! whose topics are hard to show.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::{
    Place,
    device::{Device, Identity, Post},
    random::{Walk, rounded, wave},
};
use crate::mqtt::{ProtocolVersion, QoS};

/// Room, its temperature in °C, the protocol its sensor speaks.
const ROOMS: [(&str, f64, ProtocolVersion); 4] = [
    ("kitchen", 21.4, ProtocolVersion::V5),
    ("living_room", 20.8, ProtocolVersion::V311),
    ("bedroom", 18.2, ProtocolVersion::V311),
    ("bathroom", 22.6, ProtocolVersion::V5),
];

pub(super) fn spawn(place: &Place, devices: &mut JoinSet<()>) {
    for (room, temperature, version) in ROOMS {
        devices.spawn(climate(place.clone(), room, temperature, version));
    }
    devices.spawn(meter(place.clone()));
    devices.spawn(motion(place.clone()));
    devices.spawn(door(place.clone()));
    devices.spawn(weather(place.clone()));
}

async fn climate(place: Place, room: &'static str, temperature: f64, version: ProtocolVersion) {
    let base = format!("demo/home/{room}");
    let identity =
        Identity::new(&format!("climate-{room}"), version).available_at(format!("{base}/availability"));
    let device = Device::connect(&identity, place.addr);
    let mut random = place.random(room);
    let mut warmth = Walk::new(temperature, temperature - 1.5, temperature + 1.5, 0.08);
    let mut humidity = Walk::new(random.between(42.0, 55.0), 35.0, 65.0, 0.4);
    let mut battery = random.between(60.0, 100.0);
    let mut pulse = place.every(Duration::from_secs(2));
    while pulse.beat().await {
        battery = (battery - 0.002).max(0.0);
        let reading = json!({
            "t": rounded(warmth.next(&mut random), 1),
            "h": humidity.next(&mut random).round() as i64,
            "battery": battery.round() as i64,
        });
        let post = Post::new(format!("{base}/climate"), reading.to_string())
            .at(QoS::AtLeastOnce)
            .retained()
            .content_type("application/json")
            .user_property("room", room)
            .user_property("firmware", "2.4.1");
        device.publish(post).await;
    }
    device.leave().await;
}

async fn meter(place: Place) {
    let device = Device::connect(&Identity::new("meter", ProtocolVersion::V311), place.addr);
    let mut random = place.random("meter");
    let mut phases = [620.0, 240.0, 410.0].map(|watts| Walk::new(watts, 80.0, 2400.0, 45.0));
    let mut energy_wh = 4_812_345.0;
    let mut pulse = place.every(Duration::from_secs(1));
    while pulse.beat().await {
        let [l1, l2, l3] = phases.each_mut().map(|phase| phase.next(&mut random));
        energy_wh += (l1 + l2 + l3) / 3600.0;
        let reading = json!({
            "power": { "l1": rounded(l1, 1), "l2": rounded(l2, 1), "l3": rounded(l3, 1), "unit": "W" },
            "energy": { "total": rounded(energy_wh / 1000.0, 3), "unit": "kWh" },
            "frequency": rounded(50.0 + random.between(-0.02, 0.02), 3),
        });
        device
            .publish(Post::new("demo/home/meter", reading.to_string()))
            .await;
    }
    device.leave().await;
}

async fn motion(place: Place) {
    let identity =
        Identity::new("motion", ProtocolVersion::V311).available_at("demo/home/hall/motion/availability");
    let device = Device::connect(&identity, place.addr);
    let mut random = place.random("motion");
    let mut is_moving = false;
    let mut pulse = place.every(Duration::from_secs(3));
    while pulse.beat().await {
        if random.once_in(3) {
            is_moving = !is_moving;
        }
        let state = if is_moving { "ON" } else { "OFF" };
        let post = Post::new("demo/home/hall/motion", state).retained();
        device.publish(post.at(QoS::AtLeastOnce)).await;
    }
    device.leave().await;
}

async fn door(place: Place) {
    let identity = Identity::new("door", ProtocolVersion::V5).available_at("demo/home/door/availability");
    let device = Device::connect(&identity, place.addr);
    let mut random = place.random("door");
    let mut is_locked = true;
    let mut pulse = place.every(Duration::from_secs(5));
    while pulse.beat().await {
        if random.once_in(4) {
            is_locked = !is_locked;
        }
        let state = if is_locked { "LOCKED" } else { "UNLOCKED" };
        let post = Post::new("demo/home/door/lock", state).retained();
        device.publish(post.at(QoS::ExactlyOnce)).await;
    }
    device.leave().await;
}

/// Topics that MQTT allows and that viewers get wrong: Unicode, empty levels, a leading slash.
async fn weather(place: Place) {
    let device = Device::connect(&Identity::new("weather", ProtocolVersion::V5), place.addr);
    let mut random = place.random("weather");
    let mut pulse = place.every(Duration::from_secs(2));
    let mut seconds = 0.0;
    while pulse.beat().await {
        let outside = 11.0 + 6.0 * wave(seconds, 600.0) + random.between(-0.2, 0.2);
        let rain = 2.0 + 2.0 * wave(seconds, 240.0);
        let sky = if rain > 2.0 {
            "🌧 Regen — 雨"
        } else {
            "☀ Sonne — 晴れ"
        };
        for (topic, text) in [
            ("demo/ünïcode/温度", format!("{outside:.1}")),
            ("demo/ünïcode/空 🌦", sky.to_owned()),
            ("demo//empty/", format!("{rain:.2}")),
            ("/demo/leading", format!("{seconds:.0} s")),
        ] {
            device.publish(Post::new(topic, text)).await;
        }
        seconds += 2.0;
    }
    device.leave().await;
}
