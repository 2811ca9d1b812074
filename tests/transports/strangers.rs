//! Peers that are no TLS broker, or hardly one.

use std::time::Duration;

use mqttscope::event::{FailureKind, Phase};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
    time::timeout,
};

use crate::{common::DEADLINE, common::mosquitto::Mosquitto, fails, profile};

/// Answers the first bytes of every client with these and closes; gives what the clients said.
pub async fn answering(answer: &'static [u8]) -> (u16, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (mut stream, _) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
        let mut heard = vec![0; 4096];
        let read = stream.read(&mut heard).await.unwrap();
        heard.truncate(read);
        stream.write_all(answer).await.unwrap();
        let _ = stream.shutdown().await;
        let _ = timeout(DEADLINE, stream.read_to_end(&mut heard)).await;
        heard
    });
    (port, task)
}

#[tokio::test]
async fn what_does_not_speak_tls_is_told_by_its_first_bytes_and_never_sees_connect() {
    let cases: [(&[u8], &str, &str); 5] = [
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            "\"HTTP/1.1 400\"",
            "web server",
        ),
        (&[0x20, 2, 0, 0, 0, 0, 0], "20 02 00", "mqtt://"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "\"SSH-2.0-Open\"", "check the port"),
        (&[0xff; 64], "ff ff", "check the port"),
        // An alert of TLS 1.0: protocol version.
        (&[0x15, 3, 1, 0, 2, 2, 70], "ProtocolVersion", "TLS 1.2 or 1.3"),
    ];
    for (answer, what, advice) in cases {
        let (port, peer) = answering(answer).await;
        let (failure, is_retried) = fails(profile(&format!("mqtts://127.0.0.1:{port}"))).await;
        assert!(failure.what.contains(what), "{failure:?}");
        assert!(failure.advice.contains(advice), "{failure:?}");
        assert_eq!((failure.phase, is_retried), (Some(Phase::Tls), false));
        let heard = peer.await.unwrap();
        assert_eq!(heard[..2], [0x16, 3], "only TLS is said");
        assert!(!heard.windows(4).any(|bytes| bytes == b"MQTT"));
    }
}

#[tokio::test]
async fn an_old_server_hello_is_refused() {
    // A ServerHello of TLS 1.1: version 3.2, 32 bytes of random, no session id, a CBC cipher of old.
    const HELLO: &[u8] = &[
        0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0x2f, 0,
    ];
    let (port, _peer) = answering(HELLO).await;
    let (failure, is_retried) = fails(profile(&format!("mqtts://127.0.0.1:{port}"))).await;
    assert_eq!(
        (failure.kind, is_retried),
        (FailureKind::Refused, false),
        "{failure:?}"
    );
    assert!(failure.what.contains("does not fit"), "{failure:?}");
}

#[tokio::test]
async fn a_plain_mqtt_port_is_told_and_tried_again() {
    let Some(broker) = Mosquitto::start() else { return };
    let (failure, is_retried) = fails(profile(&format!("mqtts://127.0.0.1:{}", broker.port))).await;
    assert!(failure.advice.contains("try mqtt://"), "{failure:?}");
    assert_eq!((failure.kind, is_retried), (FailureKind::Network, true));
}

#[tokio::test]
async fn a_plain_connection_to_a_tls_port_is_told() {
    let (port, _peer) = answering(&[0x15, 3, 1, 0, 2, 2, 22]).await;
    let (failure, is_retried) = fails(profile(&format!("mqtt://127.0.0.1:{port}"))).await;
    assert!(failure.what.contains("in TLS"), "{failure:?}");
    assert!(failure.advice.contains("mqtts://"), "{failure:?}");
    assert!(!is_retried);
}

#[tokio::test]
async fn disconnecting_within_the_handshake_is_quick() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut observer = crate::Observer::new(profile(&format!("mqtts://127.0.0.1:{port}")));
    let _silent = listener.accept().await.unwrap();
    let handle = observer.handle.take().unwrap();
    timeout(Duration::from_secs(1), handle.shutdown())
        .await
        .expect("within a second");
}

#[tokio::test]
async fn the_local_address_is_the_one_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut profile = profile(&format!("mqtt://127.0.0.1:{port}"));
    // Linux answers on all of 127.0.0.0/8; elsewhere only this one is there.
    let local = if cfg!(target_os = "linux") {
        "127.0.0.9"
    } else {
        "127.0.0.1"
    };
    profile.bind = Some(local.parse().unwrap());
    let _observer = crate::Observer::new(profile.clone());
    let (_stream, peer) = timeout(DEADLINE, listener.accept()).await.unwrap().unwrap();
    assert_eq!(peer.ip().to_string(), local);
    profile.bind = Some("::1".parse().unwrap());
    let (failure, is_retried) = fails(profile).await;
    assert!(
        failure.what.contains("no IPv6 address to reach from ::1"),
        "{failure:?}"
    );
    assert!(!is_retried);
}
