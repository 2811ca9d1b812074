//! A rumqttc client that waits for what it is told to expect.

use std::{net::SocketAddr, time::Duration};

use rumqttc::v5::{
    AsyncClient, Event, EventLoop, MqttOptions,
    mqttbytes::{
        QoS,
        v5::{Filter, Packet, Publish, SubAck},
    },
};
use tokio::time::timeout;

pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Client {
    pub requests: AsyncClient,
    pub events: EventLoop,
}

impl Client {
    pub async fn connect(id: &str, addr: SocketAddr) -> Self {
        Self::with(MqttOptions::new(id, addr.ip().to_string(), addr.port())).await
    }

    pub async fn with(mut options: MqttOptions) -> Self {
        options.set_max_packet_size(Some(1 << 20));
        let (requests, events) = AsyncClient::new(options, 1000);
        let mut client = Self { requests, events };
        client
            .expect(|packet| matches!(packet, Packet::ConnAck(_)).then_some(()))
            .await;
        client
    }

    /// The first packet `wanted` makes something of; others pass.
    pub async fn expect<T>(&mut self, mut wanted: impl FnMut(&Packet) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Event::Incoming(packet) = self.events.poll().await.unwrap()
                    && let Some(found) = wanted(&packet)
                {
                    return found;
                }
            }
        };
        timeout(DEADLINE, waiting)
            .await
            .expect("what was expected did not come")
    }

    /// The next message to `topic`; others pass.
    pub async fn message(&mut self, topic: &str) -> Publish {
        self.expect(|packet| match packet {
            Packet::Publish(publish) if publish.topic == topic => Some(publish.clone()),
            _ => None,
        })
        .await
    }

    /// In force when this returns.
    pub async fn subscribe(&mut self, filter: Filter) -> SubAck {
        self.requests.subscribe_many([filter]).await.unwrap();
        self.expect(|packet| match packet {
            Packet::SubAck(suback) => Some(suback.clone()),
            _ => None,
        })
        .await
    }

    pub async fn publish(&mut self, topic: &str, qos: QoS, retain: bool, payload: &str) {
        let payload = payload.as_bytes().to_vec();
        self.requests.publish(topic, qos, retain, payload).await.unwrap();
    }
}
