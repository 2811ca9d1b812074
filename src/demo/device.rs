//! One simulated device: a rumqttc client of 3.1.1 or 5, and the task that polls it.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use super::polling::{self, Client, Poller, v4_qos, v5_qos};
use crate::mqtt::{ProtocolVersion, QoS};

/// Requests on their way to the polling task, and messages on their way back.
pub(super) const QUEUE: usize = 64;
/// How long a clean end may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// What makes a device itself.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) version: ProtocolVersion,
    /// This topic says `online` while the device is connected; its will says `offline`. Both retained.
    pub(super) availability: Option<String>,
    /// What it listens to, at QoS 1.
    pub(super) filters: Vec<String>,
}

impl Identity {
    pub(super) fn new(id: &str, version: ProtocolVersion) -> Self {
        Self {
            id: format!("demo-{id}"),
            version,
            availability: None,
            filters: Vec::new(),
        }
    }

    pub(super) fn available_at(mut self, topic: impl Into<String>) -> Self {
        self.availability = Some(topic.into());
        self
    }

    pub(super) fn listening_to(mut self, filter: &str) -> Self {
        self.filters.push(filter.to_owned());
        self
    }
}

/// A message a device publishes; properties are lost on 3.1.1.
#[derive(Debug, Clone)]
pub(super) struct Post {
    topic: String,
    payload: Bytes,
    qos: QoS,
    retain: bool,
    properties: PublishProperties,
}

impl Post {
    /// At QoS 0, not retained.
    pub(super) fn new(topic: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            payload: payload.into(),
            qos: QoS::AtMostOnce,
            retain: false,
            properties: PublishProperties::default(),
        }
    }

    #[cfg(test)]
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    pub(super) const fn at(mut self, qos: QoS) -> Self {
        self.qos = qos;
        self
    }

    pub(super) const fn retained(mut self) -> Self {
        self.retain = true;
        self
    }

    pub(super) fn content_type(mut self, media_type: &str) -> Self {
        self.properties.content_type = Some(media_type.to_owned());
        self
    }

    pub(super) fn user_property(mut self, key: &str, value: &str) -> Self {
        self.properties
            .user_properties
            .push((key.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn correlated(mut self, data: Option<Bytes>) -> Self {
        self.properties.correlation_data = data;
        self
    }

    pub(super) fn answered_at(mut self, topic: &str) -> Self {
        self.properties.response_topic = Some(topic.to_owned());
        self
    }
}

/// A message a device hears.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) topic: String,
    pub(super) payload: Bytes,
    pub(super) response_topic: Option<String>,
    pub(super) correlation_data: Option<Bytes>,
}

/// Dropping it drops its socket: the broker sees a death, and publishes the will.
#[derive(Debug)]
pub(super) struct Device {
    client: Client,
    settled: watch::Receiver<bool>,
    heard: mpsc::Receiver<Heard>,
    polling: JoinSet<()>,
}

impl Device {
    /// Connects, and connects again when the connection is lost.
    pub(super) fn connect(identity: &Identity, addr: SocketAddr) -> Self {
        let (client, events) = polling::client(identity, addr);
        let (heard_tx, heard) = mpsc::channel(QUEUE);
        let (settled_tx, settled) = watch::channel(false);
        let poller = Poller {
            identity: identity.clone(),
            client: client.clone(),
            heard: heard_tx,
            settled: settled_tx,
        };
        let mut polling = JoinSet::new();
        polling.spawn(poller.run(events));
        Self {
            client,
            settled,
            heard,
            polling,
        }
    }

    /// Connected, its subscriptions on their way before all that is published from now on.
    pub(super) async fn settled(&mut self) {
        let _ = self.settled.wait_for(|is_settled| *is_settled).await;
    }

    /// Waits for room in the queue.
    pub(super) async fn publish(&self, post: Post) {
        // Fails only when the polling task is gone, and the device with it.
        match &self.client {
            Client::V4(client) => {
                let qos = v4_qos(post.qos);
                let _ = client.publish(post.topic, qos, post.retain, post.payload).await;
            }
            Client::V5(client) => {
                let Post {
                    topic,
                    payload,
                    qos,
                    retain,
                    properties,
                } = post;
                let qos = v5_qos(qos);
                let _ = client
                    .publish_with_properties(topic, qos, retain, payload, properties)
                    .await;
            }
        }
    }

    /// The next message it hears.
    pub(super) async fn hear(&mut self) -> Heard {
        match self.heard.recv().await {
            Some(heard) => heard,
            None => std::future::pending().await,
        }
    }

    /// DISCONNECT behind all that was published.
    pub(super) async fn leave(mut self) {
        let goodbye = async {
            match &self.client {
                Client::V4(client) => client.disconnect().await.is_ok(),
                Client::V5(client) => client.disconnect().await.is_ok(),
            };
            while self.polling.join_next().await.is_some() {}
        };
        if timeout(GOODBYE, goodbye).await.is_err() {
            self.polling.shutdown().await;
        }
    }

    /// The socket is closed without DISCONNECT.
    pub(super) async fn die(mut self) {
        self.polling.shutdown().await;
    }
}
