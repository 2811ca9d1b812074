//! Proxies: a small one of each kind before a real mosquitto, and those that refuse, lie or say nothing.

use std::sync::{Arc, Mutex};

use mqttscope::{
    config::{PasswordSource, Profile, Secret},
    event::{Failure, FailureKind, Peer, Phase},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    certificates::Authority, common::mosquitto::Mosquitto, fails, front, profile, strangers::answering, talks,
};

/// What the clients asked for, in order.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that speaks HTTP CONNECT and SOCKS 5, wants `me` and `hunter2`, and knows the name `broker.test` alone.
async fn serving() -> (u16, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Asked::default();
    let told = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&told)));
        }
    });
    (port, asked)
}

async fn serve(mut client: TcpStream, asked: Asked) -> Option<()> {
    let mut first = [0];
    client.peek(&mut first).await.ok()?;
    let place = if first == [5] {
        socks(&mut client).await
    } else {
        http(&mut client).await
    }?;
    asked.lock().unwrap().push(place.clone());
    let place = place
        .replace("broker.test", "127.0.0.1")
        .replace("localhost", "127.0.0.1");
    let mut broker = TcpStream::connect(&place).await.ok()?;
    let answer: &[u8] = if first == [5] {
        &[5, 0, 0, 3, 3, b'a', b'.', b'b', 0, 1]
    } else {
        b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"
    };
    client.write_all(answer).await.ok()?;
    tokio::io::copy_bidirectional(&mut client, &mut broker)
        .await
        .ok()?;
    Some(())
}

async fn http(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    // me:hunter2
    assert!(
        head.contains("\r\nProxy-Authorization: Basic bWU6aHVudGVyMg==\r\n"),
        "{head}"
    );
    let place = head.strip_prefix("CONNECT ")?.split(' ').next()?;
    assert!(head.contains(&format!("\r\nHost: {place}\r\n")), "{head}");
    Some(place.to_owned())
}

async fn socks(client: &mut TcpStream) -> Option<String> {
    async fn bytes(client: &mut TcpStream, count: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; count];
        client.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    }
    assert_eq!(bytes(client, 4).await?, [5, 2, 0, 2]);
    client.write_all(&[5, 2]).await.ok()?;
    assert_eq!(bytes(client, 12).await?, b"\x01\x02me\x07hunter2");
    client.write_all(&[1, 0]).await.ok()?;
    let request = bytes(client, 4).await?;
    assert_eq!(request[..3], [5, 1, 0]);
    let host = match request[3] {
        1 => bytes(client, 4)
            .await?
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("."),
        3 => {
            let length = client.read_u8().await.ok()?;
            String::from_utf8(bytes(client, length.into()).await?).unwrap()
        }
        kind => panic!("address type {kind}"),
    };
    let port = client.read_u16().await.ok()?;
    Some(format!("{host}:{port}"))
}

fn through(url: &str, proxy: &str) -> Profile {
    let mut profile = profile(url);
    profile.proxy = Some(proxy.parse().unwrap());
    profile
}

#[tokio::test]
async fn every_kind_of_proxy_leads_to_the_broker_and_is_told() {
    let Some(broker) = Mosquitto::start() else { return };
    let (port, asked) = serving().await;
    let b = broker.port;
    for (proxy, host, wanted, phases) in [
        (
            "http",
            "broker.test",
            "broker.test",
            &["TCP", "PROXY", "CONNECT"][..],
        ),
        (
            "socks5h",
            "broker.test",
            "broker.test",
            &["TCP", "PROXY", "CONNECT"],
        ),
        ("socks5", "127.0.0.1", "127.0.0.1", &["TCP", "PROXY", "CONNECT"]),
        (
            "socks5",
            "localhost",
            "127.0.0.1",
            &["DNS", "TCP", "PROXY", "CONNECT"],
        ),
    ] {
        let profile = through(
            &format!("mqtt://{host}:{b}"),
            &format!("{proxy}://me:hunter2@127.0.0.1:{port}"),
        );
        assert!(!format!("{profile:?}").contains("hunter2"));
        let facts = talks(profile).await;
        let gone: Vec<_> = facts.phases.iter().map(|(phase, _)| phase.name()).collect();
        assert_eq!(gone, phases, "{proxy}");
        assert_eq!(facts.peer, Some(Peer::Proxy(([127, 0, 0, 1], port).into())));
        assert_eq!(asked.lock().unwrap().pop().unwrap(), format!("{wanted}:{b}"));
    }
}

#[tokio::test]
async fn tls_goes_through_end_to_end() {
    let authority = Authority::new("Lab CA");
    let server = authority.issue("pi.lan", &["broker.test"]);
    let Some(broker) = Mosquitto::start() else { return };
    let tls = front::before(broker.port, &server, &[]).await;
    let (port, _) = serving().await;
    for proxy in ["http", "socks5h"] {
        let mut profile = through(
            &format!("mqtts://broker.test:{tls}"),
            &format!("{proxy}://me:hunter2@127.0.0.1:{port}"),
        );
        profile.tls.ca = Some(authority.ca());
        let facts = talks(profile).await;
        let phases: Vec<_> = facts.phases.iter().map(|(phase, _)| phase.name()).collect();
        assert_eq!(phases, ["TCP", "PROXY", "TLS", "CONNECT"]);
        assert_eq!(facts.tls.unwrap().chain[0].subject, "CN=pi.lan");
    }
}

/// What is told through a proxy that gives this answer; whatever it is, the password is not in it.
async fn refusal(scheme: &str, user: &str, answer: &'static [u8]) -> (Failure, bool) {
    let (port, peer) = answering(answer).await;
    let told = fails(through(
        "mqtt://broker.test",
        &format!("{scheme}://{user}127.0.0.1:{port}"),
    ))
    .await;
    assert_eq!(told.0.phase, Some(Phase::Proxy), "{told:?}");
    assert!(!format!("{told:?}").contains("hunter2"));
    let heard = peer.await.unwrap();
    assert!(
        !heard.windows(4).any(|bytes| bytes == b"MQTT"),
        "CONNECT was sent"
    );
    told
}

const ME: &str = "me:hunter2@";

#[tokio::test]
async fn an_http_proxy_that_refuses_is_told_with_its_status_and_what_to_try() {
    let cases: [(&str, &[u8], &str, &str, bool); 12] = [
        (
            "",
            b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
            "wants a user and a password",
            "proxy_password_command",
            false,
        ),
        (
            ME,
            b"HTTP/1.1 407 x\r\n\r\n",
            "does not accept this user",
            "check the user",
            false,
        ),
        (
            ME,
            b"HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\n\r\n",
            "by NTLM",
            "only Basic",
            false,
        ),
        (
            "",
            b"HTTP/1.1 403 x\r\n\r\n",
            "forbids the way to broker.test:1883",
            "443",
            false,
        ),
        (
            "",
            b"HTTP/1.1 405 x\r\n\r\n",
            "does not know CONNECT",
            "web server",
            false,
        ),
        (
            "",
            b"HTTP/1.1 502 x\r\n\r\n",
            "cannot reach broker.test:1883",
            "as the proxy sees them",
            true,
        ),
        (
            "",
            b"HTTP/1.1 504 x\r\n\r\n",
            "had no answer from broker.test:1883",
            "as the proxy",
            true,
        ),
        (
            "",
            b"HTTP/1.1 302 x\r\nLocation: /\r\n\r\n",
            "sends elsewhere",
            "browser",
            false,
        ),
        (
            "",
            b"HTTP/1.1 200 x\r\n\r\n<html>",
            "went on talking",
            "web server",
            false,
        ),
        (
            "",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            "does not answer in HTTP",
            "socks5h://",
            false,
        ),
        ("", &[5, 0xff], "does not answer in HTTP", "socks5h://", false),
        ("", b"", "instead of answering", "SOCKS", true),
    ];
    for (user, answer, what, advice, is_retried) in cases {
        let (failure, retried) = refusal("http", user, answer).await;
        assert!(failure.what.contains(what), "{failure:?}");
        assert!(failure.advice.contains(advice), "{failure:?}");
        assert_eq!(retried, is_retried, "{failure:?}");
    }
}

#[tokio::test]
async fn a_socks_proxy_that_refuses_is_told_with_its_reply_and_what_to_try() {
    let cases: [(&str, &[u8], &str, &str, bool); 14] = [
        (
            "",
            &[5, 2],
            "wants a user and a password",
            "proxy_password_command",
            false,
        ),
        (
            "",
            &[5, 0xff],
            "wants a user and a password",
            "proxy_password_command",
            false,
        ),
        (ME, &[5, 0xff], "neither no authentication", "GSSAPI", false),
        (
            ME,
            &[5, 2, 1, 1],
            "does not accept this user",
            "check the user",
            false,
        ),
        (
            "",
            &[5, 0, 5, 1, 0, 1],
            "failed to reach broker.test:1883",
            "reply 1",
            true,
        ),
        (
            "",
            &[5, 0, 5, 2, 0, 1],
            "forbids the way to broker.test:1883",
            "reply 2",
            false,
        ),
        (
            "",
            &[5, 0, 5, 3, 0, 1],
            "no route to the network",
            "reply 3",
            true,
        ),
        (
            "",
            &[5, 0, 5, 4, 0, 1],
            "no route to broker.test:1883",
            "reply 4",
            true,
        ),
        (
            "",
            &[5, 0, 5, 5, 0, 1],
            "was refused by broker.test:1883",
            "reply 5",
            true,
        ),
        ("", &[5, 0, 5, 6, 0, 1], "had no answer", "reply 6", true),
        ("", &[5, 0, 5, 7, 0, 1], "does not know CONNECT", "reply 7", false),
        ("", &[5, 0, 5, 8, 0, 1], "kind of address", "reply 8", false),
        (
            "",
            b"HTTP/1.1 400 x\r\n\r\n",
            "does not answer in SOCKS 5",
            "http://",
            false,
        ),
        ("", b"", "instead of answering", "http://", true),
    ];
    for (user, answer, what, more, is_retried) in cases {
        let (failure, retried) = refusal("socks5h", user, answer).await;
        assert!(failure.what.contains(what), "{failure:?}");
        let text = format!("{} {}", failure.what, failure.advice);
        assert!(text.contains(more), "{failure:?}");
        assert_eq!(retried, is_retried, "{failure:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_told_as_such() {
    let port = crate::common::free_port();
    let (failure, is_retried) = fails(through(
        "mqtt://broker.test",
        &format!("http://me:hunter2@127.0.0.1:{port}"),
    ))
    .await;
    assert_eq!((failure.phase, is_retried), (Some(Phase::Tcp), true));
    let what = format!(
        "the proxy http://me@127.0.0.1:{port} was not reached: connection refused by 127.0.0.1:{port}"
    );
    assert_eq!(failure.what, what);
    assert!(failure.advice.contains("--proxy"), "{failure:?}");

    let mut profile = through("mqtt://broker.test", "socks5h://me@127.0.0.1:1");
    let (silent, _silent_task) = answering(b"").await;
    let proxy = profile.proxy.as_mut().unwrap();
    proxy.port = silent;
    proxy.password = PasswordSource::Memory(Secret::new(""));
    let (failure, is_retried) = fails(profile).await;
    assert_eq!((failure.kind, is_retried), (FailureKind::Profile, false));
    assert!(failure.advice.contains("proxy_password_command"), "{failure:?}");
}
