//! Another client of the broker: MQTT 3.1.1 written by hand, so that it can send what no library would.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub struct Client(TcpStream);

impl Client {
    pub fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut client = Self(stream);
        client.write(0x10, b"\x00\x04MQTT\x04\x02\x00\x00\x00\x00");
        assert_eq!(client.packet(), (0x20, vec![0, 0]), "CONNACK");
        client
    }

    pub fn publish(&mut self, topic: &str, payload: &[u8]) {
        let mut body = (topic.len() as u16).to_be_bytes().to_vec();
        body.extend(topic.as_bytes());
        body.extend(payload);
        self.write(0x30, &body);
    }

    pub fn subscribe(&mut self, filter: &str) {
        let mut body = vec![0, 1];
        body.extend((filter.len() as u16).to_be_bytes());
        body.extend(filter.as_bytes());
        body.push(0);
        self.write(0x82, &body);
        assert_eq!(self.packet(), (0x90, vec![0, 1, 0]), "SUBACK");
    }

    /// Topic and payload of the next message.
    pub fn message(&mut self) -> (String, Vec<u8>) {
        let (first, mut body) = self.packet();
        assert_eq!(first & 0xF6, 0x30, "a QoS 0 PUBLISH");
        let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
        let payload = body.split_off(2 + length);
        (String::from_utf8(body[2..].to_vec()).unwrap(), payload)
    }

    fn write(&mut self, first: u8, body: &[u8]) {
        let mut packet = vec![first];
        let mut length = body.len();
        loop {
            let byte = (length % 128) as u8;
            length /= 128;
            packet.push(if length > 0 { byte | 0x80 } else { byte });
            if length == 0 {
                break;
            }
        }
        packet.extend(body);
        self.0.write_all(&packet).unwrap();
    }

    fn packet(&mut self) -> (u8, Vec<u8>) {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).unwrap();
        assert!(head[1] < 128, "a short packet");
        let mut body = vec![0; usize::from(head[1])];
        self.0.read_exact(&mut body).unwrap();
        (head[0], body)
    }
}
