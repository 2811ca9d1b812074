//! A broker that speaks just enough MQTT (3.1.1 and 5) for one subscriber, and sends what it is told as fast as
//! the socket takes it or at a rate: the load, not the broker, is what is measured.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "each user takes a part; a test fails by panicking"
)]

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// A listening broker.
pub struct LoadBroker(TcpListener);

/// Its subscriber, ready to be sent to.
pub struct Subscriber {
    stream: TcpStream,
    /// The subscriber speaks MQTT 5: a PUBLISH carries a property length.
    is_v5: bool,
    /// The longest time between two packets of the subscriber, microseconds.
    silence_us: Arc<AtomicU64>,
}

impl LoadBroker {
    pub fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Waits for a client's CONNECT and SUBSCRIBE; PINGREQ is answered from then on.
    pub fn accept(&self) -> Subscriber {
        let mut stream = self.0.accept().unwrap().0;
        stream.set_nodelay(true).unwrap();
        let connect = packet(&mut stream).unwrap();
        assert_eq!(connect[0] >> 4, 1, "CONNECT comes first");
        let level_at = connect.len() - body(&connect).len() + 6;
        let is_v5 = connect[level_at] == 5;
        let connack: &[u8] = if is_v5 {
            &[0x20, 3, 0, 0, 0]
        } else {
            &[0x20, 2, 0, 0]
        };
        stream.write_all(connack).unwrap();
        let subscribe = packet(&mut stream).unwrap();
        assert_eq!(subscribe[0] >> 4, 8, "SUBSCRIBE comes next");
        stream.write_all(&suback(&subscribe, is_v5)).unwrap();
        let mut answering = stream.try_clone().unwrap();
        let silence_us = Arc::new(AtomicU64::new(0));
        let longest = Arc::clone(&silence_us);
        thread::spawn(move || answer(&mut answering, is_v5, &longest));
        Subscriber {
            stream,
            is_v5,
            silence_us,
        }
    }
}

/// Answers what a quiet client sends, until it goes. A client that has gone is no failure.
fn answer(stream: &mut TcpStream, is_v5: bool, longest: &AtomicU64) {
    let mut last = Instant::now();
    while let Some(packet) = packet(stream) {
        longest.fetch_max(last.elapsed().as_micros() as u64, Ordering::Relaxed);
        last = Instant::now();
        let answer = match packet[0] >> 4 {
            8 => suback(&packet, is_v5),
            12 => vec![0xD0, 0],
            // A server closes on DISCONNECT (MQTT-3.14.4-3); who waits for that is not to wait in vain.
            14 => {
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            _ => continue,
        };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

/// Grants QoS 0 to every filter.
fn suback(subscribe: &[u8], is_v5: bool) -> Vec<u8> {
    let body = body(subscribe);
    let (id, mut rest) = body.split_at(2);
    if is_v5 {
        rest = &rest[1 + usize::from(rest[0])..];
    }
    let mut filters = 0;
    while rest.len() >= 2 {
        let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
        rest = &rest[2 + length + 1..];
        filters += 1;
    }
    let properties = usize::from(is_v5);
    let mut packet = vec![0x90, (2 + properties + filters) as u8, id[0], id[1]];
    packet.resize(packet.len() + properties + filters, 0);
    packet
}

/// The next whole packet; `None` when the client is gone.
fn packet(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut packet = vec![0];
    stream.read_exact(&mut packet).ok()?;
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        packet.push(byte[0]);
        length |= usize::from(byte[0] & 0x7F) << shift;
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let start = packet.len();
    packet.resize(start + length, 0);
    stream.read_exact(&mut packet[start..]).ok()?;
    Some(packet)
}

fn body(packet: &[u8]) -> &[u8] {
    let head = packet[1..].iter().take_while(|byte| **byte & 0x80 != 0).count();
    &packet[head + 2..]
}

/// A QoS 0 PUBLISH as it goes over the wire.
pub fn publish(topic: &str, payload: &[u8], is_v5: bool) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut length = 2 + topic.len() + usize::from(is_v5) + payload.len();
    loop {
        let byte = (length % 128) as u8;
        length /= 128;
        packet.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    packet.extend((topic.len() as u16).to_be_bytes());
    packet.extend(topic.as_bytes());
    packet.extend(is_v5.then_some(0));
    packet.extend(payload);
    packet
}

impl Subscriber {
    /// A QoS 0 PUBLISH as it goes over the wire.
    pub fn publish(&self, topic: &str, payload: &[u8]) -> Vec<u8> {
        publish(topic, payload, self.is_v5)
    }

    /// The longest time between two of its packets after it subscribed.
    pub fn longest_silence(&self) -> Duration {
        Duration::from_micros(self.silence_us.load(Ordering::Relaxed))
    }

    /// Writes bytes, as fast as they are taken; fails if nothing is taken for 10 s.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream
            .set_write_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        self.stream
            .write_all(bytes)
            .expect("the subscriber reads within 10 s");
    }

    /// Writes packets one by one, `rate` of them a second, for `time`; returns how many.
    pub fn send_steadily(&mut self, packets: &[Vec<u8>], rate: u32, time: Duration) -> u64 {
        let gap = Duration::from_secs(1) / rate;
        let started = Instant::now();
        let mut sent = 0;
        while started.elapsed() < time {
            // Behind the schedule after an oversleep, the next ones go out at once, still one write each.
            let due = started.elapsed().as_nanos() / gap.as_nanos();
            while u128::from(sent) <= due {
                self.send(&packets[sent as usize % packets.len()]);
                sent += 1;
            }
            thread::sleep((gap * sent as u32).saturating_sub(started.elapsed()));
        }
        sent
    }
}
