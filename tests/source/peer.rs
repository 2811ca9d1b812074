//! A broker that does exactly what a test tells it to.

use std::time::Duration;

use mqttscope::{
    mqtt::ProtocolVersion,
    wire::{Direction, Packet, Scan, decode, scan},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::common::DEADLINE;

/// CONNACK of 3.1.1 and 5, accepting.
pub const CONNACK_311: &[u8] = &[0x20, 2, 0, 0];
pub const CONNACK_5: &[u8] = &[0x20, 3, 0, 0, 0];

/// A listener on a free port.
pub async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

pub struct Peer {
    stream: TcpStream,
    buffer: Vec<u8>,
    pub version: ProtocolVersion,
    /// What the client said first.
    pub connect: Option<Box<mqttscope::wire::Connect>>,
}

impl Peer {
    /// The next client, with its CONNECT read.
    pub async fn accept(listener: &TcpListener) -> Self {
        let (stream, _) = timeout(DEADLINE, listener.accept())
            .await
            .expect("a client")
            .unwrap();
        let mut peer = Self {
            stream,
            buffer: Vec::new(),
            version: ProtocolVersion::V5,
            connect: None,
        };
        let Packet::Connect(connect) = peer.read().await.expect("CONNECT") else {
            panic!("CONNECT comes first")
        };
        peer.version = connect.version;
        peer.connect = Some(connect);
        peer
    }

    /// The next client, its CONNECT and SUBSCRIBE answered.
    pub async fn welcome(listener: &TcpListener) -> Self {
        let mut peer = Self::accept(listener).await;
        let is_v5 = peer.version == ProtocolVersion::V5;
        peer.write(if is_v5 { CONNACK_5 } else { CONNACK_311 }).await;
        let Some(Packet::Subscribe(subscribe)) = peer.read().await else {
            panic!("SUBSCRIBE")
        };
        let [high, low] = subscribe.packet_id.to_be_bytes();
        let codes = subscribe.filters.len() as u8;
        let mut suback = if is_v5 {
            vec![0x90, 3 + codes, high, low, 0]
        } else {
            vec![0x90, 2 + codes, high, low]
        };
        suback.resize(suback.len() + usize::from(codes), 0);
        peer.write(&suback).await;
        peer
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).await.unwrap();
    }

    /// The same, to a client that may close meanwhile.
    pub async fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// As much as the client takes within `time`.
    pub async fn flood(&mut self, bytes: &[u8], time: Duration) -> usize {
        let mut written = 0;
        let _ = timeout(time, async {
            while written < bytes.len() {
                written += self.stream.write(&bytes[written..]).await.unwrap();
            }
        })
        .await;
        written
    }

    /// The next packet of the client; `None` when it has closed.
    pub async fn read(&mut self) -> Option<Packet> {
        loop {
            if let Scan::Head(head) = scan(&self.buffer)
                && head.frame_len() <= self.buffer.len()
            {
                let frame: Vec<u8> = self.buffer.drain(..head.frame_len()).collect();
                let decoded = decode(&frame, self.version, Direction::ClientToServer);
                assert_eq!(decoded.anomalies, [], "{frame:?}");
                return decoded.packet;
            }
            let read = timeout(DEADLINE, self.stream.read_buf(&mut self.buffer)).await;
            if read.expect("something to read").ok()? == 0 {
                return None;
            }
        }
    }
}

/// A QoS 0 PUBLISH of 3.1.1.
pub fn publish(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let packet = Packet::Publish(mqttscope::wire::Publish {
        dup: false,
        qos: mqttscope::mqtt::QoS::AtMostOnce,
        retain: false,
        topic: topic.into(),
        packet_id: None,
        properties: mqttscope::mqtt::Properties::NONE,
        payload: payload.to_vec().into(),
    });
    mqttscope::wire::encode(&packet, ProtocolVersion::V311, &mut frame).unwrap();
    frame
}
