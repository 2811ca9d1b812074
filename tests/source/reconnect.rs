//! What the waits between tries are for every peer that refuses, flaps or falls silent; their sums over minutes
//! are in the unit tests of the back-off, which the same code goes through.

use std::time::{Duration, Instant};

use mqttscope::{
    config::Profile,
    event::{Command, ConnectionState, FailureKind, Outcome},
    mqtt::{ProtocolChoice, ProtocolVersion, QoS},
    source::Parting,
};
use tokio::net::TcpListener;

use crate::{
    observer::{Observer, profile},
    peer::{CONNACK_5, Peer, listen},
};

const V5: ProtocolChoice = ProtocolChoice::Exactly(ProtocolVersion::V5);

/// What a peer does with each client.
#[derive(Debug, Clone, Copy)]
enum Manners {
    ClosesAtAccept,
    ClosesAfterConnect,
    Answers(&'static [u8]),
}

async fn serve(listener: TcpListener, manners: Manners) {
    loop {
        match manners {
            Manners::ClosesAtAccept => drop(listener.accept().await),
            Manners::ClosesAfterConnect => drop(Peer::accept(&listener).await),
            Manners::Answers(bytes) => Peer::accept(&listener).await.write(bytes).await,
        }
    }
}

/// A profile whose waits are a hundredth of the default ones.
fn hasty(port: u16) -> Profile {
    let mut profile = profile(port, V5);
    profile.reconnect.min = Duration::from_millis(10);
    profile.reconnect.max = Duration::from_millis(300);
    profile
}

/// The attempts that were announced.
async fn attempts(observer: &mut Observer, count: usize) -> Vec<u32> {
    observer
        .until("waits", |o| {
            let attempts: Vec<u32> = o
                .states
                .iter()
                .filter_map(|state| match state {
                    ConnectionState::Waiting { attempt, .. } => Some(*attempt),
                    _ => None,
                })
                .collect();
            (attempts.len() >= count).then_some(attempts)
        })
        .await
}

#[tokio::test]
async fn every_refusal_and_flap_that_may_pass_is_tried_again_ever_more_slowly() {
    for manners in [
        Manners::ClosesAtAccept,
        Manners::ClosesAfterConnect,
        Manners::Answers(CONNACK_5),
        Manners::Answers(&[0x20, 3, 0, 0x88, 0]),
        Manners::Answers(&[0x20, 3, 0, 0x89, 0]),
        Manners::Answers(&[0x20, 3, 0, 0x97, 0]),
        Manners::Answers(&[0x20, 3, 0, 0x9F, 0]),
        Manners::Answers(&[0x20, 3, 0, 0, 0, 0xE0, 1, 0x98]),
    ] {
        let (listener, port) = listen().await;
        let server = tokio::spawn(serve(listener, manners));
        let began = Instant::now();
        let mut observer = Observer::new(hasty(port));
        let attempts = attempts(&mut observer, 5).await;
        assert!(
            attempts.is_sorted_by(|a, b| a + 1 == *b),
            "{manners:?}: {attempts:?}"
        );
        // 10, 20, 40 and 80 ms, less a fifth; or 300 after three closes that nobody explains.
        assert!(began.elapsed() >= Duration::from_millis(115), "{manners:?}");
        server.abort();
    }
}

#[tokio::test]
async fn a_port_that_refuses_is_tried_again_ever_more_slowly() {
    let (listener, port) = listen().await;
    drop(listener);
    let began = Instant::now();
    let mut observer = Observer::new(hasty(port));
    assert_eq!(attempts(&mut observer, 5).await, [2, 3, 4, 5, 6]);
    assert!(began.elapsed() >= Duration::from_millis(115));
}

#[tokio::test]
async fn what_retrying_cannot_mend_is_not_tried_again() {
    for answer in [
        &[0x20, 3, 0, 0x86, 0][..],
        &[0x20, 3, 0, 0x87, 0],
        &[0x20, 3, 0, 0x8A, 0],
        &[0x20, 3, 0, 0x8C, 0],
        &[0x20, 3, 0, 0x9D, 0],
        &[0x20, 3, 0, 0, 0, 0xE0, 1, 0x8E],
    ] {
        let (listener, port) = listen().await;
        let mut observer = Observer::new(hasty(port));
        Peer::accept(&listener).await.write(answer).await;
        observer
            .until_state("a refusal", |state| {
                matches!(state, ConnectionState::Refused(_)).then_some(())
            })
            .await;
        let again = tokio::time::timeout(Duration::from_millis(60), listener.accept()).await;
        assert!(again.is_err(), "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_points_elsewhere_is_told_and_not_followed() {
    let (elsewhere, other) = listen().await;
    let (listener, port) = listen().await;
    let mut observer = Observer::new(hasty(port));
    let reference = format!("127.0.0.1:{other}");
    let mut answer = vec![
        0x20,
        6 + reference.len() as u8,
        0,
        0x9C,
        3 + reference.len() as u8,
        28,
        0,
    ];
    answer.push(reference.len() as u8);
    answer.extend(reference.as_bytes());
    Peer::accept(&listener).await.write(&answer).await;
    let failure = observer
        .until_state("a refusal", |state| match state {
            ConnectionState::Refused(failure) => Some(failure.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        failure.advice,
        format!("the broker names another server: {reference}")
    );
    assert!(
        tokio::time::timeout(Duration::from_millis(60), elsewhere.accept())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_single_cut_is_mended_within_2_s() {
    let (listener, port) = listen().await;
    let mut profile = profile(port, V5);
    profile.reconnect = mqttscope::config::Backoff::default();
    let mut observer = Observer::new(profile);
    let peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    drop(peer);
    let cut = Instant::now();
    let _again = Peer::welcome(&listener).await;
    assert!(cut.elapsed() < Duration::from_secs(2), "{:?}", cut.elapsed());
    let facts = observer
        .until_state("the connection", |state| match state {
            ConnectionState::Connected(facts) if facts.resumption.is_some() => Some(facts.clone()),
            _ => None,
        })
        .await;
    assert_eq!(
        facts.resumption_in_words().as_deref(),
        Some("new session: 2 subscriptions asked for again")
    );
}

/// Publishes until the socket takes no more: the peer reads nothing.
fn fill(observer: &mut Observer) {
    for _ in 0..40 {
        observer.publish("big", &vec![0; 1 << 20], QoS::AtMostOnce);
    }
}

#[tokio::test]
async fn a_peer_that_takes_and_says_nothing_is_found_out_in_one_and_a_half_keep_alives() {
    for writes in [false, true] {
        let (listener, port) = listen().await;
        let mut profile = hasty(port);
        profile.keep_alive = 1;
        let mut observer = Observer::new(profile);
        let peer = Peer::welcome(&listener).await;
        observer.until_subscribed().await;
        let silent_since = Instant::now();
        if writes {
            fill(&mut observer);
        }
        let failure = observer
            .until_state("silence", |state| match state {
                ConnectionState::Waiting { failure, .. } => Some(failure.clone()),
                _ => None,
            })
            .await;
        let noticed = silent_since.elapsed();
        assert!(failure.what.starts_with("no PINGRESP"), "{}", failure.what);
        // The session's own tests have it to the microsecond; here are the goodbye's 100 ms and a busy machine.
        assert!(noticed <= Duration::from_secs(2), "{writes}: {noticed:?}");
        drop(peer);
    }
}

#[tokio::test]
async fn an_end_without_disconnect_is_told() {
    for asks in [false, true] {
        let (listener, port) = listen().await;
        let mut observer = Observer::new(hasty(port));
        let _peer = Peer::welcome(&listener).await;
        observer.until_subscribed().await;
        let large = observer.publish("big", &vec![0; 16 << 20], QoS::AtMostOnce);
        let began = Instant::now();
        if asks {
            observer.send(Command::Disconnect);
            observer.until("the end", |o| (o.untold == 1).then_some(())).await;
            assert_eq!(observer.outcome(large).await, Outcome::Unknown);
        } else {
            let parting = observer.handle.take().unwrap().shutdown().await;
            assert_eq!(parting, Parting::Untold);
        }
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn an_end_with_disconnect_and_one_without_a_connection_are_told_apart() {
    let (listener, port) = listen().await;
    let mut observer = Observer::new(hasty(port));
    let mut peer = Peer::welcome(&listener).await;
    observer.until_subscribed().await;
    let shutdown = observer.handle.take().unwrap().shutdown();
    let (parting, _) = tokio::join!(shutdown, peer.read());
    assert_eq!(parting, Parting::Told);
    let mut observer = Observer::new(hasty(port));
    let _greeted = Peer::accept(&listener).await;
    assert_eq!(
        observer.handle.take().unwrap().shutdown().await,
        Parting::NotConnected
    );
}

#[tokio::test]
async fn three_closes_without_a_word_name_a_takeover_and_three_with_one_do_not() {
    for (answer, kind) in [
        (CONNACK_5, FailureKind::TakenOver),
        (&[0x20, 3, 0, 0, 0, 0xE0, 1, 0x98], FailureKind::Network),
    ] {
        let (listener, port) = listen().await;
        let server = tokio::spawn(serve(listener, Manners::Answers(answer)));
        let mut observer = Observer::new(hasty(port));
        attempts(&mut observer, 4).await;
        let last = observer.states.iter().rev().find_map(|state| match state {
            ConnectionState::Waiting { failure, .. } => Some(failure.kind),
            _ => None,
        });
        assert_eq!(last, Some(kind));
        server.abort();
    }
}
