//! The half of a device that rumqttc's event loop needs: one task that polls it, and what it does by itself.

use std::{net::SocketAddr, ops::ControlFlow, time::Duration};

use rumqttc::{
    NetworkOptions,
    v5::{self, mqttbytes::v5 as packets},
};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::device::{Heard, Identity, QUEUE};
use crate::mqtt::{ProtocolVersion, QoS};

/// Between two attempts: rumqttc itself would try without a pause.
const RETRY: Duration = Duration::from_secs(1);
const MAX_PACKET: u32 = 1 << 20;
/// rumqttc makes room for every packet id ahead: at its default, 13 MiB a client.
const IN_FLIGHT: u16 = 20;
const ONLINE: &str = "online";
const OFFLINE: &str = "offline";

#[derive(Debug, Clone)]
pub(super) enum Client {
    V4(rumqttc::AsyncClient),
    V5(v5::AsyncClient),
}

/// A client that does nothing until its events are polled.
pub(super) fn client(identity: &Identity, addr: SocketAddr) -> (Client, Events) {
    match identity.version {
        ProtocolVersion::V5 => v5_client(identity, addr),
        _ => v4_client(identity, addr),
    }
}

pub(super) enum Events {
    V4(Box<rumqttc::EventLoop>),
    V5(Box<v5::EventLoop>),
}

enum Seen {
    Connected,
    Heard(Heard),
    /// DISCONNECT is on its way.
    Left,
    Lost,
    Other,
}

impl Events {
    async fn next(&mut self) -> Seen {
        match self {
            Self::V4(events) => match events.poll().await {
                Ok(event) => seen_v4(event),
                Err(_) => Seen::Lost,
            },
            Self::V5(events) => match events.poll().await {
                Ok(event) => seen_v5(event),
                Err(_) => Seen::Lost,
            },
        }
    }
}

fn seen_v4(event: rumqttc::Event) -> Seen {
    use rumqttc::{Event, Outgoing, Packet};
    match event {
        Event::Incoming(Packet::ConnAck(_)) => Seen::Connected,
        Event::Incoming(Packet::Publish(publish)) => Seen::Heard(Heard {
            topic: publish.topic,
            payload: publish.payload,
            response_topic: None,
            correlation_data: None,
        }),
        Event::Outgoing(Outgoing::Disconnect) => Seen::Left,
        _ => Seen::Other,
    }
}

fn seen_v5(event: v5::Event) -> Seen {
    use packets::Packet;
    match event {
        v5::Event::Incoming(Packet::ConnAck(_)) => Seen::Connected,
        v5::Event::Incoming(Packet::Publish(publish)) => {
            let properties = publish.properties.unwrap_or_default();
            Seen::Heard(Heard {
                topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                payload: publish.payload,
                response_topic: properties.response_topic,
                correlation_data: properties.correlation_data,
            })
        }
        v5::Event::Outgoing(rumqttc::Outgoing::Disconnect) => Seen::Left,
        _ => Seen::Other,
    }
}

pub(super) struct Poller {
    pub(super) identity: Identity,
    pub(super) client: Client,
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) settled: watch::Sender<bool>,
}

impl Poller {
    /// `poll` must not be cancelled in between, so nothing else is waited for.
    pub(super) async fn run(self, mut events: Events) {
        loop {
            match events.next().await {
                Seen::Lost => sleep(RETRY).await,
                seen => {
                    if self.react(seen).is_break() {
                        return;
                    }
                }
            }
        }
    }

    /// Never waits: this task is what empties the queue it would wait for.
    fn react(&self, seen: Seen) -> ControlFlow<()> {
        match seen {
            Seen::Connected => self.settle_in(),
            // A device that does not keep up with its commands misses some, as real ones do.
            Seen::Heard(heard) => _ = self.heard.try_send(heard),
            Seen::Left => return ControlFlow::Break(()),
            Seen::Lost | Seen::Other => {}
        }
        ControlFlow::Continue(())
    }

    fn settle_in(&self) {
        self.subscribe();
        self.say_online();
        self.settled.send_replace(true);
    }

    fn subscribe(&self) {
        for filter in &self.identity.filters {
            match &self.client {
                Client::V4(client) => _ = client.try_subscribe(filter, v4_qos(QoS::AtLeastOnce)),
                Client::V5(client) => _ = client.try_subscribe(filter, v5_qos(QoS::AtLeastOnce)),
            }
        }
    }

    fn say_online(&self) {
        if let Some(topic) = &self.identity.availability {
            match &self.client {
                Client::V4(client) => {
                    _ = client.try_publish(topic, v4_qos(QoS::AtLeastOnce), true, ONLINE);
                }
                Client::V5(client) => {
                    _ = client.try_publish(topic, v5_qos(QoS::AtLeastOnce), true, ONLINE);
                }
            }
        }
    }
}

fn network_options() -> NetworkOptions {
    let mut options = NetworkOptions::new();
    options.set_tcp_nodelay(true);
    options
}

fn v4_client(identity: &Identity, addr: SocketAddr) -> (Client, Events) {
    let mut options = rumqttc::MqttOptions::new(&identity.id, addr.ip().to_string(), addr.port());
    options.set_max_packet_size(MAX_PACKET as usize, MAX_PACKET as usize);
    if let Some(topic) = &identity.availability {
        let qos = v4_qos(QoS::AtLeastOnce);
        options.set_last_will(rumqttc::LastWill::new(topic, OFFLINE, qos, true));
    }
    let (client, mut events) = rumqttc::AsyncClient::new(options, QUEUE);
    events.set_network_options(network_options());
    (Client::V4(client), Events::V4(Box::new(events)))
}

fn v5_client(identity: &Identity, addr: SocketAddr) -> (Client, Events) {
    let mut options = v5::MqttOptions::new(&identity.id, addr.ip().to_string(), addr.port());
    options
        .set_max_packet_size(Some(MAX_PACKET))
        .set_outgoing_inflight_upper_limit(IN_FLIGHT)
        .set_network_options(network_options());
    if let Some(topic) = &identity.availability {
        let qos = v5_qos(QoS::AtLeastOnce);
        options.set_last_will(packets::LastWill::new(topic, OFFLINE, qos, true, None));
    }
    let (client, events) = v5::AsyncClient::new(options, QUEUE);
    (Client::V5(client), Events::V5(Box::new(events)))
}

pub(super) const fn v4_qos(qos: QoS) -> rumqttc::QoS {
    match qos {
        QoS::AtMostOnce => rumqttc::QoS::AtMostOnce,
        QoS::AtLeastOnce => rumqttc::QoS::AtLeastOnce,
        QoS::ExactlyOnce => rumqttc::QoS::ExactlyOnce,
    }
}

pub(super) const fn v5_qos(qos: QoS) -> v5::mqttbytes::QoS {
    match qos {
        QoS::AtMostOnce => v5::mqttbytes::QoS::AtMostOnce,
        QoS::AtLeastOnce => v5::mqttbytes::QoS::AtLeastOnce,
        QoS::ExactlyOnce => v5::mqttbytes::QoS::ExactlyOnce,
    }
}
