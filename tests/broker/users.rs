//! User names and passwords, as clients of each version are refused.

use mqttscope::broker::{Broker, BrokerOptions, User};

use super::raw::{Raw, frame, text};

fn login(level: u8, name: Option<&str>, password: Option<&str>) -> Vec<u8> {
    let flags = 2 | u8::from(name.is_some()) << 7 | u8::from(password.is_some()) << 6;
    let properties: &[u8] = if level == 5 { &[0] } else { &[] };
    let words: Vec<u8> = [name, password].into_iter().flatten().flat_map(text).collect();
    let head = [&text("MQTT")[..], &[level, flags, 0, 0], properties].concat();
    frame(0x10, &[&head, &text("c"), &words])
}

#[tokio::test]
async fn only_users_with_their_password_are_let_in() {
    let options = BrokerOptions {
        users: vec![User {
            name: "ann".into(),
            password: b"secret".to_vec(),
        }],
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.unwrap();
    for (name, password, v311, v5) in [
        (Some("ann"), Some("secret"), 0, 0),
        (Some("ann"), Some("wrong"), 4, 0x86),
        (Some("bob"), Some("secret"), 4, 0x86),
        (None, None, 5, 0x87),
    ] {
        for (level, code) in [(4, v311), (5, v5)] {
            let mut client = Raw::open(broker.addr()).await;
            client.send(&login(level, name, password)).await;
            let connack = client.packet().await;
            assert_eq!(
                (connack[0], connack[3]),
                (0x20, code),
                "{level} {name:?} {password:?}"
            );
        }
    }
    broker.shutdown().await;
}
