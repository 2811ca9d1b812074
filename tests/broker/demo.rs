//! The demo as one who connects to it sees it.

use std::{collections::HashMap, time::Duration};

use mqttscope::{
    broker::BrokerOptions,
    demo::{Demo, DemoOptions},
};
use rumqttc::v5::mqttbytes::{
    QoS,
    v5::{Filter, Packet, Publish, PublishProperties},
};
use tokio::time::timeout;

use super::rumqtt::{Client, DEADLINE};

async fn demo() -> Demo {
    let options = DemoOptions {
        broker: BrokerOptions {
            sys_interval: Duration::from_secs(1),
            ..BrokerOptions::default()
        },
        robot_lives: Duration::from_millis(1500),
        robot_rests: Duration::from_millis(200),
        ..DemoOptions::default()
    };
    Demo::start(options).await.unwrap()
}

/// The first message of each topic, until all of `topics` were seen.
async fn seen(client: &mut Client, topics: &[&str]) -> HashMap<String, Publish> {
    let mut seen = HashMap::new();
    client
        .expect(|packet| {
            if let Packet::Publish(publish) = packet {
                let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
                seen.entry(topic).or_insert_with(|| publish.clone());
            }
            topics.iter().all(|topic| seen.contains_key(*topic)).then_some(())
        })
        .await;
    seen
}

#[tokio::test]
async fn every_family_of_devices_is_heard() {
    let demo = demo().await;
    let mut client = Client::connect("viewer", demo.addr()).await;
    client.subscribe(Filter::new("#", QoS::AtMostOnce)).await;
    let topics = [
        "demo/home/kitchen/climate",
        "demo/home/bedroom/climate",
        "demo/home/bedroom/availability",
        "demo/home/meter",
        "demo/home/hall/motion",
        "demo/home/door/lock",
        "demo/home/kitchen/light/state",
        "demo/plant/line1/press/pressure",
        "demo/plant/line1/press/temperature",
        "demo/plant/line1/press/speed",
        "demo/plant/line1/bearing/vibration",
        "demo/plant/line1/batch",
        "demo/plant/line1/robot/joints",
        "demo/plant/line1/pump/flow",
        "demo/camera/front",
        "demo/ünïcode/温度",
        "demo//empty/",
        "/demo/leading",
        "demo/service/sum/request",
        "demo/service/replies/asker",
    ];
    let seen = seen(&mut client, &topics).await;
    let climate: serde_json::Value =
        serde_json::from_slice(&seen["demo/home/kitchen/climate"].payload).unwrap();
    assert!(
        (15.0..30.0).contains(&climate["t"].as_f64().unwrap()),
        "{climate}"
    );
    assert!(seen["demo/camera/front"].payload.starts_with(&[0xFF, 0xD8, 0xFF]));
    let number = std::str::from_utf8(&seen["demo/plant/line1/press/pressure"].payload).unwrap();
    assert!((0.0..250.0).contains(&number.parse::<f64>().unwrap()), "{number}");
    timeout(DEADLINE, demo.shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_light_obeys_plain_and_json_commands() {
    let demo = demo().await;
    let mut client = Client::connect("viewer", demo.addr()).await;
    let (set, state) = ("demo/home/kitchen/light/set", "demo/home/kitchen/light/state");
    client.subscribe(Filter::new(state, QoS::AtLeastOnce)).await;
    // Its first state says that it is there; it subscribed before.
    assert_eq!(
        client.message(state).await.payload,
        r#"{"state":"OFF","brightness":180}"#
    );
    for (command, expected) in [
        ("ON", r#"{"state":"ON","brightness":180}"#),
        (
            r#"{"state":"ON","brightness":7}"#,
            r#"{"state":"ON","brightness":7}"#,
        ),
        ("OFF", r#"{"state":"OFF","brightness":7}"#),
    ] {
        client.publish(set, QoS::AtLeastOnce, false, command).await;
        assert_eq!(client.message(state).await.payload, expected);
    }
    timeout(DEADLINE, demo.shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_service_answers_where_and_as_it_was_asked() {
    let demo = demo().await;
    let mut client = Client::connect("viewer", demo.addr()).await;
    client
        .subscribe(Filter::new("my/answers", QoS::AtLeastOnce))
        .await;
    let is_there = Filter::new("demo/service/availability", QoS::AtLeastOnce);
    client.subscribe(is_there).await;
    client.message("demo/service/availability").await;
    let properties = PublishProperties {
        response_topic: Some("my/answers".to_owned()),
        correlation_data: Some("question 1".into()),
        ..PublishProperties::default()
    };
    client
        .requests
        .publish_with_properties(
            "demo/service/sum/request",
            QoS::AtLeastOnce,
            false,
            r#"{"a":2,"b":40}"#,
            properties,
        )
        .await
        .unwrap();
    let answer = client.message("my/answers").await;
    assert_eq!(answer.payload, r#"{"sum":42.0}"#);
    let correlation = answer.properties.unwrap().correlation_data;
    assert_eq!(correlation.unwrap(), "question 1");
    timeout(DEADLINE, demo.shutdown()).await.unwrap();
}

#[tokio::test]
async fn the_robot_dies_and_its_will_says_so_and_it_comes_back() {
    let demo = demo().await;
    let mut client = Client::connect("viewer", demo.addr()).await;
    let status = "demo/plant/line1/robot/status";
    client.subscribe(Filter::new(status, QoS::AtLeastOnce)).await;
    let mut heard = Vec::new();
    while heard.len() < 3 {
        heard.push(client.message(status).await.payload);
    }
    assert_eq!(heard, ["online", "offline", "online"]);
    timeout(DEADLINE, demo.shutdown()).await.unwrap();
}

#[tokio::test]
async fn a_demo_ends_at_once_even_while_it_starts() {
    let demo = demo().await;
    timeout(Duration::from_secs(5), demo.shutdown()).await.unwrap();
}
