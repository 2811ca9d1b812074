//! SCRAM (RFC 5802, RFC 7677) with a broker that computes its half with another library than the program.

use std::num::NonZeroU32;

use base64::{Engine, engine::general_purpose::STANDARD};
use mqttscope::{
    config::{Profile, Secret},
    event::{ConnectionState, Failure, FailureKind},
    mqtt::{Properties, Property, ProtocolChoice, ProtocolVersion, ReasonCode},
    wire::{Auth, Connack, Packet, encode},
};
use ring::{digest, hmac, pbkdf2};

use crate::{
    observer::{Observer, profile},
    peer::{Peer, listen},
};

/// One of the two methods, as `ring` has it.
#[derive(Clone, Copy)]
struct Method {
    name: &'static str,
    hash: &'static digest::Algorithm,
    hmac: hmac::Algorithm,
    pbkdf2: pbkdf2::Algorithm,
}

fn methods() -> [Method; 2] {
    [
        Method {
            name: "SCRAM-SHA-256",
            hash: &digest::SHA256,
            hmac: hmac::HMAC_SHA256,
            pbkdf2: pbkdf2::PBKDF2_HMAC_SHA256,
        },
        Method {
            name: "SCRAM-SHA-512",
            hash: &digest::SHA512,
            hmac: hmac::HMAC_SHA512,
            pbkdf2: pbkdf2::PBKDF2_HMAC_SHA512,
        },
    ]
}

impl Method {
    fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        hmac::sign(&hmac::Key::new(self.hmac, key), data)
            .as_ref()
            .to_vec()
    }

    /// Whether the client's final message proves the password, and the server's signature.
    fn prove(self, password: &str, first_bare: &str, server_first: &str, last: &str) -> (bool, String) {
        let mut salted = vec![0; self.hash.output_len()];
        let iterations = NonZeroU32::new(ITERATIONS).unwrap();
        pbkdf2::derive(self.pbkdf2, iterations, SALT, password.as_bytes(), &mut salted);
        let (bare, proof) = last.rsplit_once(",p=").unwrap();
        let spoken = format!("{first_bare},{server_first},{bare}");
        let client_key = self.hmac(&salted, b"Client Key");
        let stored = digest::digest(self.hash, &client_key);
        let signature = self.hmac(stored.as_ref(), spoken.as_bytes());
        let expected: Vec<u8> = client_key.iter().zip(&signature).map(|(a, b)| a ^ b).collect();
        let server_key = self.hmac(&salted, b"Server Key");
        let server_signature = STANDARD.encode(self.hmac(&server_key, spoken.as_bytes()));
        (
            STANDARD.decode(proof).unwrap() == expected,
            format!("v={server_signature}"),
        )
    }
}

const ITERATIONS: u32 = 4096;
const SALT: &[u8] = b"pepper and salt!";

/// Goes through the exchange up to the client's proof: whether it is right, and the signature to end with.
async fn exchange(peer: &mut Peer, method: Method, password: &str) -> (bool, String) {
    let connect = peer.connect.take().unwrap();
    assert_eq!((connect.username, connect.password), (None, None));
    assert_eq!(connect.properties.authentication_method(), Some(method.name));
    let first = text(&connect.properties);
    let first_bare = first.strip_prefix("n,,").expect("no channel binding");
    let nonce = first_bare.strip_prefix("n=user,r=").expect("the name");
    let server_first = format!("r={nonce}theirs,s={},i={ITERATIONS}", STANDARD.encode(SALT));
    send(peer, &auth(method.name, &server_first)).await;
    let Some(Packet::Auth(answer)) = peer.read().await else {
        panic!("AUTH")
    };
    assert_eq!(answer.reason, ReasonCode(0x18));
    assert_eq!(answer.properties.authentication_method(), Some(method.name));
    method.prove(password, first_bare, &server_first, &text(&answer.properties))
}

fn text(properties: &Properties) -> String {
    String::from_utf8(properties.authentication_data().unwrap().to_vec()).unwrap()
}

fn properties(method: &str, data: &str) -> Properties {
    Properties(vec![
        Property::AuthenticationMethod(method.into()),
        Property::AuthenticationData(data.into()),
    ])
}

fn auth(method: &str, data: &str) -> Packet {
    Packet::Auth(Auth {
        reason: ReasonCode(0x18),
        properties: properties(method, data),
    })
}

fn connack(code: u8, properties: Properties) -> Packet {
    Packet::Connack(Connack {
        session_present: false,
        code: ReasonCode(code),
        properties,
    })
}

async fn send(peer: &mut Peer, packet: &Packet) {
    let mut frame = Vec::new();
    encode(packet, ProtocolVersion::V5, &mut frame).unwrap();
    peer.write(&frame).await;
}

fn scram(port: u16, method: Method) -> Profile {
    let mut profile = profile(port, ProtocolChoice::Auto);
    profile.username = Some("user".into());
    profile.authentication_method = Some(method.name.into());
    profile
}

fn observer(profile: Profile) -> Observer {
    Observer::with_password(profile, Some(Secret::new(&b"pencil"[..])))
}

async fn refusal(observer: &mut Observer) -> Failure {
    observer
        .until_state("a refusal", |state| match state {
            ConnectionState::Refused(failure) => Some(failure.clone()),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn the_right_password_is_proven_and_the_broker_proves_it_too() {
    for method in methods() {
        let (listener, port) = listen().await;
        let mut observer = observer(scram(port, method));
        let mut peer = Peer::accept(&listener).await;
        let (is_right, signature) = exchange(&mut peer, method, "pencil").await;
        assert!(is_right, "{}", method.name);
        send(&mut peer, &connack(0, properties(method.name, &signature))).await;
        observer.until_connected().await;
        for (packet, bytes) in &observer.packets {
            let shown = String::from_utf8_lossy(bytes);
            for secret in ["r=", "v=", "p="] {
                assert!(!shown.contains(secret), "{:?} shows {shown}", packet.packet_type);
            }
        }
        assert!(observer.packets.len() >= 4, "CONNECT, AUTH, AUTH, CONNACK");
    }
}

#[tokio::test]
async fn the_wrong_password_is_refused_in_words_and_not_tried_again() {
    let [method, _] = methods();
    let (listener, port) = listen().await;
    let mut observer = observer(scram(port, method));
    let mut peer = Peer::accept(&listener).await;
    let (is_right, _) = exchange(&mut peer, method, "another").await;
    assert!(!is_right);
    send(&mut peer, &connack(0x86, Properties::NONE)).await;
    let failure = refusal(&mut observer).await;
    assert_eq!(failure.what, "bad user name or password (0x86)");
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[tokio::test]
async fn a_broker_that_does_not_know_the_password_gets_no_further_byte() {
    let [method, _] = methods();
    let (listener, port) = listen().await;
    let mut observer = observer(scram(port, method));
    let mut peer = Peer::accept(&listener).await;
    let (_, signature) = exchange(&mut peer, method, "another").await;
    send(&mut peer, &connack(0, properties(method.name, &signature))).await;
    let failure = refusal(&mut observer).await;
    assert_eq!(
        failure.what,
        "SCRAM-SHA-256: the broker did not prove that it knows the password: its signature is not made with this password"
    );
    assert_eq!(peer.read().await, None, "closed without a word");
}

#[tokio::test]
async fn an_older_broker_never_sees_the_password() {
    for answer in [&[0x20, 2, 0, 1][..], &[]] {
        let [method, _] = methods();
        let (listener, port) = listen().await;
        let mut observer = observer(scram(port, method));
        let mut peer = Peer::accept(&listener).await;
        assert_eq!(peer.version, ProtocolVersion::V5);
        if answer.is_empty() {
            drop(peer);
            let second = Peer::accept(&listener).await;
            assert_eq!(second.version, ProtocolVersion::V5, "never 3.1.1");
        } else {
            peer.write(answer).await;
            let failure = refusal(&mut observer).await;
            assert_eq!(
                failure.advice,
                "SCRAM-SHA-256 is a matter of MQTT 5, which this broker does not speak"
            );
        }
    }
}

#[tokio::test]
async fn quitting_half_way_through_takes_no_time() {
    let [method, _] = methods();
    let (listener, port) = listen().await;
    let mut observer = observer(scram(port, method));
    let mut peer = Peer::accept(&listener).await;
    exchange(&mut peer, method, "pencil").await;
    let began = std::time::Instant::now();
    observer.handle.take().unwrap().shutdown().await;
    assert!(
        began.elapsed() < std::time::Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(peer.read().await, None);
}
