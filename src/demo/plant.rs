//! A production line under `demo/plant/line1`: fast plain numbers, binary payloads, a robot that dies again
//! and again, and a pump that falls silent.

use std::time::Duration;

use tokio::{task::JoinSet, time::Instant};

use super::{
    DemoOptions, Place,
    device::{Device, Identity, Post},
    random::{Random, Walk, rounded, wave},
};
use crate::mqtt::{ProtocolVersion, QoS};

const LINE: &str = "demo/plant/line1";
/// 20 Hz.
const FAST: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

pub(super) fn spawn(place: &Place, options: &DemoOptions, devices: &mut JoinSet<()>) {
    devices.spawn(press(place.clone()));
    devices.spawn(vibration(place.clone()));
    devices.spawn(batches(place.clone()));
    devices.spawn(robot(place.clone(), options.robot_lives, options.robot_rests));
    devices.spawn(pump(place.clone(), options.pump_silent_after));
}

/// Pressure, temperature and speed as numbers, each at 20 Hz.
async fn press(place: Place) {
    let device = Device::connect(&Identity::new("press", ProtocolVersion::V311), place.addr);
    let mut random = place.random("press");
    let mut temperature = Walk::new(74.0, 68.0, 82.0, 0.05);
    let mut pulse = place.every(FAST);
    let mut seconds = 0.0;
    while pulse.beat().await {
        let stroke = wave(seconds, 4.0).max(0.0);
        let pressure = 6.2 + 180.0 * stroke + random.between(-0.4, 0.4);
        let speed = 120.0 + 3.0 * wave(seconds, 45.0) + random.between(-0.2, 0.2);
        for (name, text) in [
            ("pressure", format!("{pressure:.1}")),
            ("temperature", format!("{:.2}", temperature.next(&mut random))),
            ("speed", format!("{speed:.1}")),
        ] {
            device
                .publish(Post::new(format!("{LINE}/press/{name}"), text))
                .await;
        }
        seconds += FAST.as_secs_f64();
    }
    device.leave().await;
}

/// CBOR once a second.
async fn vibration(place: Place) {
    let device = Device::connect(&Identity::new("vibration", ProtocolVersion::V5), place.addr);
    let mut random = place.random("vibration");
    let mut pulse = place.every(SECOND);
    let mut count = 0;
    while pulse.beat().await {
        let post = Post::new(
            format!("{LINE}/bearing/vibration"),
            vibration_cbor(count, &mut random),
        )
        .content_type("application/cbor")
        .user_property("unit", "mm/s");
        device.publish(post).await;
        count += 1;
    }
    device.leave().await;
}

fn vibration_cbor(count: u64, random: &mut Random) -> Vec<u8> {
    use ciborium::Value;
    let text = |key: &str| Value::Text(key.to_owned());
    let spectrum = (1..=12)
        .map(|line| Value::Float(rounded(random.between(0.0, 1.0) / f64::from(line), 3)))
        .collect();
    let reading = Value::Map(vec![
        (text("n"), Value::Integer(count.into())),
        (
            text("rms"),
            Value::Float(rounded(2.1 + random.between(-0.3, 0.3), 2)),
        ),
        (text("alarm"), Value::Bool(false)),
        (text("spectrum"), Value::Array(spectrum)),
        (text("raw"), Value::Bytes(random.next().to_be_bytes().to_vec())),
    ]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&reading, &mut bytes).expect("writing to memory does not fail");
    bytes
}

/// MessagePack every two seconds: what the line has made.
async fn batches(place: Place) {
    let device = Device::connect(&Identity::new("batches", ProtocolVersion::V311), place.addr);
    let mut random = place.random("batches");
    let mut pulse = place.every(2 * SECOND);
    let (mut made, mut rejected) = (18_204_u64, 31_u64);
    while pulse.beat().await {
        made += 1;
        rejected += u64::from(random.once_in(20));
        let post = Post::new(format!("{LINE}/batch"), batch_msgpack(made, rejected));
        device.publish(post.retained().at(QoS::AtLeastOnce)).await;
    }
    device.leave().await;
}

fn batch_msgpack(made: u64, rejected: u64) -> Vec<u8> {
    use rmpv::Value;
    let batch = Value::Map(vec![
        ("batch".into(), format!("B-{}", made / 50).into()),
        ("made".into(), made.into()),
        ("rejected".into(), rejected.into()),
        (
            "rate".into(),
            rounded(1.0 - rejected as f64 / made as f64, 4).into(),
        ),
        (
            "lanes".into(),
            Value::Array(vec![1.into(), 2.into(), Value::Nil, 4.into()]),
        ),
    ]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &batch).expect("writing to memory does not fail");
    bytes
}

/// Works, loses its connection without a word, comes back.
async fn robot(place: Place, lives: Duration, rests: Duration) {
    let identity = Identity::new("robot", ProtocolVersion::V311).available_at(format!("{LINE}/robot/status"));
    let mut random = place.random("robot");
    let mut pulse = place.every(SECOND);
    loop {
        let device = Device::connect(&identity, place.addr);
        let dies = Instant::now() + lives;
        while Instant::now() < dies {
            if !pulse.beat().await {
                return device.leave().await;
            }
            let angles: Vec<String> = (0..6)
                .map(|_| format!("{:.1}", random.between(-90.0, 90.0)))
                .collect();
            let text = format!("[{}]", angles.join(","));
            device
                .publish(Post::new(format!("{LINE}/robot/joints"), text))
                .await;
        }
        device.die().await;
        if pulse.unless_stopped(tokio::time::sleep(rests)).await.is_none() {
            return;
        }
    }
}

/// Stays connected and available, but has nothing more to say.
async fn pump(place: Place, silent_after: Duration) {
    let identity = Identity::new("pump", ProtocolVersion::V5).available_at(format!("{LINE}/pump/status"));
    let device = Device::connect(&identity, place.addr);
    let mut random = place.random("pump");
    let mut flow = Walk::new(34.0, 28.0, 40.0, 0.6);
    let falls_silent = Instant::now() + silent_after;
    let mut pulse = place.every(SECOND);
    while pulse.beat().await {
        if Instant::now() < falls_silent {
            let text = format!("{:.1}", flow.next(&mut random));
            device.publish(Post::new(format!("{LINE}/pump/flow"), text)).await;
        }
    }
    device.leave().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_payloads_are_what_they_claim_to_be() {
        let mut random = Random::new(1, "test");
        let cbor: ciborium::Value = ciborium::from_reader(vibration_cbor(7, &mut random).as_slice()).unwrap();
        assert_eq!(cbor.as_map().unwrap()[0].1, ciborium::Value::Integer(7.into()));
        let packed = batch_msgpack(100, 1);
        let value = rmpv::decode::read_value(&mut packed.as_slice()).unwrap();
        assert_eq!(value["rate"].as_f64(), Some(0.99));
    }
}
