//! A client that sends bytes as they are written in the standard, and sees bytes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const DEADLINE: Duration = Duration::from_secs(10);

pub struct Raw(TcpStream);

impl Raw {
    pub async fn open(addr: SocketAddr) -> Self {
        Self(TcpStream::connect(addr).await.unwrap())
    }

    /// An MQTT 5 client that is let in.
    pub async fn v5(addr: SocketAddr, id: &str) -> Self {
        Self::admitted(addr, &connect(5, id, 0, &[])).await
    }

    pub async fn admitted(addr: SocketAddr, connect: &[u8]) -> Self {
        let mut raw = Self::open(addr).await;
        raw.send(connect).await;
        let connack = raw.packet().await;
        assert!(connack[0] == 0x20 && connack[3] == 0, "{connack:02X?}");
        raw
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The next whole packet.
    pub async fn packet(&mut self) -> Vec<u8> {
        let reading = async {
            let mut packet = vec![self.0.read_u8().await.unwrap()];
            let mut length = 0;
            for shift in [0, 7, 14, 21] {
                let byte = self.0.read_u8().await.unwrap();
                packet.push(byte);
                length |= usize::from(byte & 0x7F) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            let start = packet.len();
            packet.resize(start + length, 0);
            self.0.read_exact(&mut packet[start..]).await.unwrap();
            packet
        };
        timeout(DEADLINE, reading).await.expect("no packet came")
    }

    /// The next so many bytes.
    pub async fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        timeout(DEADLINE, self.0.read_exact(&mut bytes))
            .await
            .expect("the bytes did not come")
            .unwrap();
        bytes
    }

    /// Everything until the broker closes the connection.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        timeout(DEADLINE, self.0.read_to_end(&mut rest))
            .await
            .expect("the broker did not close the connection")
            .unwrap();
        rest
    }

    /// A PINGREQ is answered: all that was sent before it has been dealt with.
    pub async fn is_alive(&mut self) {
        self.send(&[0xC0, 0]).await;
        assert_eq!(self.packet().await, [0xD0, 0]);
    }
}

/// Two bytes of length, then the text.
pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = (text.len() as u16).to_be_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// Type and flags, remaining length, the parts one after the other.
pub fn frame(first: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let mut frame = vec![first];
    let mut length = body.len();
    loop {
        let more = if length > 0x7F { 0x80 } else { 0 };
        frame.push((length & 0x7F) as u8 | more);
        length >>= 7;
        if length == 0 {
            break;
        }
    }
    frame.extend(body);
    frame
}

/// CONNECT with a clean start; the properties as bytes behind their length.
pub fn connect(level: u8, id: &str, keep_alive: u16, properties: &[u8]) -> Vec<u8> {
    let name = text(if level == 3 { "MQIsdp" } else { "MQTT" });
    let length = [properties.len() as u8];
    let properties: &[u8] = if level == 5 {
        &[&length[..], properties].concat()
    } else {
        &[]
    };
    frame(
        0x10,
        &[
            &name,
            &[level, 2],
            &keep_alive.to_be_bytes(),
            properties,
            &text(id),
        ],
    )
}

/// CONNECT of a session that may outlive its connection: clean start, and on 5 its expiry in seconds.
pub fn session(level: u8, id: &str, clean_start: bool, expiry: Option<u8>) -> Vec<u8> {
    let property = expiry.map(|seconds| [0x11, 0, 0, 0, seconds]);
    let mut bytes = connect(level, id, 0, property.as_ref().map_or(&[], |bytes| bytes));
    // Behind the fixed header, the protocol's name and its level.
    bytes[9] = u8::from(clean_start) << 1;
    bytes
}

/// SUBSCRIBE of MQTT 5 to one filter, packet id 1.
pub fn subscribe(filter: &str, options: u8) -> Vec<u8> {
    frame(0x82, &[&[0, 1, 0], &text(filter), &[options]])
}
