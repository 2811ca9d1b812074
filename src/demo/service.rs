//! Request and response (MQTT 5 §4.10): a service that answers, and a client that asks it now and then.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{
    Place,
    device::{Device, Heard, Identity, Post},
};
use crate::mqtt::{ProtocolVersion, QoS};

const REQUESTS: &str = "demo/service/+/request";
const SUM: &str = "demo/service/sum/request";
const REPLIES: &str = "demo/service/replies/asker";

#[derive(Deserialize)]
struct Sum {
    a: f64,
    b: f64,
}

/// Answers at the response topic with the request's correlation data; without one, beside the request.
pub(super) async fn answer(place: Place) {
    let identity = Identity::new("service", ProtocolVersion::V5)
        .available_at("demo/service/availability")
        .listening_to(REQUESTS);
    let mut device = Device::connect(&identity, place.addr);
    let mut pulse = place.every(Duration::from_secs(1));
    while let Some(request) = pulse.unless_stopped(device.hear()).await {
        device.publish(response(request)).await;
    }
    device.leave().await;
}

fn response(request: Heard) -> Post {
    let base = request.topic.strip_suffix("/request").unwrap_or(&request.topic);
    let payload = match base.rsplit('/').next() {
        Some("sum") => sum(&request.payload),
        Some("echo") => request.payload,
        _ => json!({ "error": "ask demo/service/sum/request or demo/service/echo/request" })
            .to_string()
            .into(),
    };
    let topic = request
        .response_topic
        .unwrap_or_else(|| format!("{base}/response"));
    Post::new(topic, payload)
        .at(QoS::AtLeastOnce)
        .correlated(request.correlation_data)
}

fn sum(payload: &[u8]) -> Bytes {
    let answer = match serde_json::from_slice::<Sum>(payload) {
        Ok(Sum { a, b }) => json!({ "sum": a + b }),
        Err(error) => json!({ "error": format!(r#"send {{"a":1,"b":2}}: {error}"#) }),
    };
    answer.to_string().into()
}

/// A sum every five seconds.
pub(super) async fn ask(place: Place) {
    let identity = Identity::new("asker", ProtocolVersion::V5).listening_to(REPLIES);
    let device = Device::connect(&identity, place.addr);
    let mut random = place.random("asker");
    let mut pulse = place.every(Duration::from_secs(5));
    let mut count = 0_u32;
    while pulse.beat().await {
        count += 1;
        let [a, b] = [(); 2].map(|()| random.between(0.0, 100.0).round());
        let post = Post::new(SUM, json!({ "a": a, "b": b }).to_string())
            .at(QoS::AtLeastOnce)
            .answered_at(REPLIES)
            .correlated(Some(count.to_be_bytes().to_vec().into()));
        device.publish(post).await;
    }
    device.leave().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(topic: &str, payload: &str) -> Heard {
        Heard {
            topic: topic.to_owned(),
            payload: payload.as_bytes().to_vec().into(),
            response_topic: None,
            correlation_data: None,
        }
    }

    #[test]
    fn wrong_requests_are_answered_with_the_way_out() {
        for (topic, payload, expected) in [
            ("demo/service/sum/request", r#"{"a":1,"b":2.5}"#, r#"{"sum":3.5}"#),
            ("demo/service/echo/request", "same", "same"),
        ] {
            assert_eq!(response(request(topic, payload)).payload(), expected.as_bytes());
        }
        for (topic, payload, expected) in [
            ("demo/service/sum/request", "1+2", r#"send {\"a\":1,\"b\":2}"#),
            ("demo/service/x/request", "", "ask demo/service/sum/request"),
        ] {
            let post = response(request(topic, payload));
            let text = String::from_utf8(post.payload().to_vec()).unwrap();
            assert!(text.contains(expected), "{text}");
        }
    }
}
