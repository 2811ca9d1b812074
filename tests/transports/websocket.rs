//! The WebSocket: a real broker behind a server whose frames are as odd as they may be, and servers that refuse.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use mqttscope::{
    config::{Secret, WsHeader},
    event::{FailureKind, Phase},
    mqtt::QoS,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{ErrorResponse, Request, Response},
    },
};

use crate::{
    Observer, certificates::Authority, common::mosquitto::Mosquitto, fails, front, profile,
    strangers::answering, talks,
};

/// How the server behaves.
#[derive(Clone, Copy)]
struct Manner {
    subprotocol: Option<&'static str>,
    /// Bytes of a frame.
    chunk: usize,
    /// Pings between the frames.
    pings: usize,
}

const GOOD: Manner = Manner {
    subprotocol: Some("mqtt"),
    chunk: 16 * 1024,
    pings: 0,
};

struct Front {
    port: u16,
    /// Heads of the requests.
    asked: Arc<Mutex<Vec<String>>>,
}

async fn before(broker: u16, manner: Manner) -> Front {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let heads = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, broker, manner, Arc::clone(&heads)));
        }
    });
    Front { port, asked }
}

async fn serve(stream: TcpStream, broker: u16, manner: Manner, heads: Arc<Mutex<Vec<String>>>) {
    #[allow(clippy::result_large_err, reason = "the signature is the crate's")]
    let callback = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        heads
            .lock()
            .unwrap()
            .push(format!("{} {:?}", request.uri(), request.headers()));
        if let Some(name) = manner.subprotocol {
            let name = name.parse().unwrap();
            response.headers_mut().insert("Sec-WebSocket-Protocol", name);
        }
        Ok(response)
    };
    let socket = accept_hdr_async(stream, callback).await.unwrap();
    let (mut to_client, mut from_client) = socket.split();
    let (mut from_broker, mut to_broker) = TcpStream::connect(("127.0.0.1", broker))
        .await
        .unwrap()
        .into_split();
    tokio::spawn(async move {
        let mut bytes = vec![0; manner.chunk];
        while let Ok(count @ 1..) = from_broker.read(&mut bytes).await {
            for _ in 0..manner.pings {
                if to_client
                    .send(Message::Ping("are you there".into()))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            let frame = Message::binary(bytes[..count].to_vec());
            if to_client.send(frame).await.is_err() {
                return;
            }
        }
        let _ = to_client.close().await;
    });
    while let Some(Ok(message)) = from_client.next().await {
        if let Message::Binary(bytes) = message {
            to_broker.write_all(&bytes).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_websocket_carries_mqtt_whatever_its_frames() {
    let Some(broker) = Mosquitto::start() else { return };
    for (chunk, pings) in [(16 * 1024, 0), (1, 0), (3, 2)] {
        let front = before(broker.port, Manner { chunk, pings, ..GOOD }).await;
        let facts = talks(profile(&format!("ws://127.0.0.1:{}", front.port))).await;
        let phases: Vec<_> = facts.phases.iter().map(|(phase, _)| phase.name()).collect();
        assert_eq!(phases, ["TCP", "WEBSOCKET", "CONNECT"]);
        assert_eq!(facts.warnings, Vec::<String>::new());
    }
}

#[tokio::test]
async fn path_and_headers_are_sent_as_they_were_asked_for() {
    let Some(broker) = Mosquitto::start() else { return };
    let front = before(broker.port, GOOD).await;
    let mut profile = profile(&format!("ws://127.0.0.1:{}/a b", front.port));
    profile.ws_headers = vec![WsHeader::secret("Authorization", Secret::new("Bearer hunter2"))];
    assert!(!format!("{profile:?}").contains("hunter2"));
    talks(profile).await;
    let head = front.asked.lock().unwrap()[0].clone();
    assert!(head.starts_with("/a%20b "), "{head}");
    assert!(head.contains(r#""authorization": "Bearer hunter2""#), "{head}");
    assert!(head.contains(r#""sec-websocket-protocol": "mqtt""#), "{head}");
}

#[tokio::test]
async fn a_missing_subprotocol_is_a_warning() {
    let Some(broker) = Mosquitto::start() else { return };
    for (subprotocol, words) in [
        (None, "agreed on no WebSocket subprotocol"),
        (Some("chat"), "\"chat\""),
    ] {
        let front = before(broker.port, Manner { subprotocol, ..GOOD }).await;
        let facts = talks(profile(&format!("ws://127.0.0.1:{}", front.port))).await;
        assert!(facts.warnings[0].contains(words), "{:?}", facts.warnings);
    }
}

#[tokio::test]
async fn a_websocket_over_tls_passes_large_messages() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["localhost"]);
    let Some(broker) = Mosquitto::start() else { return };
    let socket = before(broker.port, GOOD).await;
    let port = front::before(socket.port, &server, &[]).await;
    let mut profile = profile(&format!("wss://localhost:{port}"));
    profile.tls.ca = Some(authority.ca());
    let mut observer = Observer::new(profile);
    observer.until_subscribed().await;
    let payload: Vec<u8> = (0..8 * 1024 * 1024u32).map(|n| (n % 251) as u8).collect();
    observer.publish("large", &payload, QoS::AtMostOnce);
    assert!(observer.received("large").await.payload == payload);
}

#[tokio::test]
async fn a_message_of_64_megabytes_comes_whole_in_one_frame() {
    let payload: Vec<u8> = (0..64 * 1024 * 1024u32).map(|n| (n % 251) as u8).collect();
    let port = scripted(vec![publish("large", &payload)]).await;
    let mut profile = profile(&format!("ws://127.0.0.1:{port}"));
    profile.protocol = mqttscope::mqtt::ProtocolChoice::Exactly(mqttscope::mqtt::ProtocolVersion::V311);
    let limits = mqttscope::source::Limits {
        max_payload: usize::MAX,
        ..Default::default()
    };
    let mut observer = Observer::with(profile, limits, 64);
    assert!(observer.received("large").await.payload == payload);
}

#[tokio::test]
async fn several_packets_in_a_frame_and_one_in_many_are_the_same() {
    let packets: Vec<u8> = (0..50u8).flat_map(|n| publish("n", &[n; 3])).collect();
    let torn = packets.iter().map(|&byte| vec![byte]).collect();
    for frames in [vec![packets.clone()], torn] {
        let port = scripted(frames).await;
        let mut profile = profile(&format!("ws://127.0.0.1:{port}"));
        profile.protocol = mqttscope::mqtt::ProtocolChoice::Exactly(mqttscope::mqtt::ProtocolVersion::V311);
        let mut observer = Observer::new(profile);
        observer
            .until("all of them", |o| (o.seen.len() == 50).then_some(()))
            .await;
        let numbers: Vec<u8> = observer.seen.iter().map(|seen| seen.payload[0]).collect();
        assert_eq!(numbers, (0..50).collect::<Vec<u8>>());
    }
}

/// A server of MQTT 3.1.1 that answers CONNECT, and sends these frames behind it.
async fn scripted(frames: Vec<Vec<u8>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        #[allow(clippy::result_large_err, reason = "the signature is the crate's")]
        let agree = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let mqtt = "mqtt".parse().unwrap();
            response.headers_mut().insert("Sec-WebSocket-Protocol", mqtt);
            Ok(response)
        };
        let mut socket = accept_hdr_async(stream, agree).await.unwrap();
        let _connect = socket.next().await;
        socket.send(Message::binary(vec![0x20, 2, 0, 0])).await.unwrap();
        for frame in frames {
            socket.send(Message::binary(frame)).await.unwrap();
        }
        while let Some(Ok(_)) = socket.next().await {}
    });
    port
}

/// A QoS 0 PUBLISH.
fn publish(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x30];
    let mut rest = 2 + topic.len() + payload.len();
    while rest > 127 {
        packet.push((rest % 128) as u8 | 0x80);
        rest /= 128;
    }
    packet.push(rest as u8);
    packet.extend((topic.len() as u16).to_be_bytes());
    packet.extend(topic.as_bytes());
    packet.extend(payload);
    packet
}

#[tokio::test]
async fn many_small_publishes_share_frames_and_come_back_in_order() {
    let Some(broker) = Mosquitto::start() else { return };
    let front = before(broker.port, GOOD).await;
    let mut observer = Observer::new(profile(&format!("ws://127.0.0.1:{}", front.port)));
    observer.until_subscribed().await;
    for number in 0..200u8 {
        observer.publish("n", &[number], QoS::AtLeastOnce);
    }
    let is_received =
        |seen: &&crate::observer::Seen| seen.record.direction == mqttscope::wire::Direction::ServerToClient;
    observer
        .until("all of them", |o| {
            (o.seen.iter().filter(is_received).count() == 200).then_some(())
        })
        .await;
    let numbers: Vec<u8> = observer
        .seen
        .iter()
        .filter(is_received)
        .map(|seen| seen.payload[0])
        .collect();
    assert_eq!(numbers, (0..200).collect::<Vec<u8>>());
}

#[tokio::test]
async fn a_refusal_is_told_with_its_status_and_what_to_try() {
    let cases: [(&[u8], &str, &str, bool); 5] = [
        (
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "HTTP status 404",
            "check the path, here /mqtt",
            false,
        ),
        (
            b"HTTP/1.1 401 Unauthorized\r\n\r\n",
            "HTTP status 401",
            "--ws-header",
            false,
        ),
        (
            b"HTTP/1.1 301 Moved\r\nLocation: http://evil\r\n\r\n",
            "HTTP status 301",
            "not followed",
            false,
        ),
        (
            b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "HTTP status 502",
            "trouble",
            true,
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n",
            "Sec-WebSocket-Accept",
            "wss://",
            false,
        ),
    ];
    for (answer, what, advice, is_retried) in cases {
        let (port, _peer) = answering(answer).await;
        let (failure, retried) = fails(profile(&format!("ws://127.0.0.1:{port}"))).await;
        assert!(failure.what.contains(what), "{failure:?}");
        assert!(failure.advice.contains(advice), "{failure:?}");
        assert_eq!((failure.phase, retried), (Some(Phase::WebSocket), is_retried));
    }
}

#[tokio::test]
async fn a_plain_port_is_told_apart_from_a_web_server() {
    let Some(broker) = Mosquitto::start() else { return };
    let (failure, _) = fails(profile(&format!("ws://127.0.0.1:{}", broker.port))).await;
    assert_eq!(
        (failure.kind, failure.phase),
        (FailureKind::Network, Some(Phase::WebSocket))
    );
    assert!(failure.advice.contains("mqtt://"), "{failure:?}");
    let (port, _peer) = answering(&[0x20, 2, 0, 0]).await;
    let (failure, _) = fails(profile(&format!("ws://127.0.0.1:{port}"))).await;
    assert!(failure.what.contains("in HTTP"), "{failure:?}");
}
