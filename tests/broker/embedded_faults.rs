//! The embedded broker's scripted faults, as a client suffers them.

use std::time::{Duration, Instant};

use mqttscope::{
    broker::{Broker, BrokerOptions, Fault, FaultAction, Malformed},
    mqtt::ReasonCode,
    wire::Direction,
};
use tokio::time::timeout;

use super::{
    embedded::broker,
    raw::{Raw, connect, frame, text},
};

#[tokio::test]
async fn connect_is_refused_with_code_and_words() {
    let broker = broker().await;
    let banned = Fault::Refuse {
        code: ReasonCode(0x8A),
        reason_string: Some("no".to_owned()),
    };
    broker.fault_always(Some(banned)).await;
    for _ in 0..2 {
        let mut client = Raw::open(broker.addr()).await;
        client.send(&connect(5, "c", 0, &[])).await;
        assert_eq!(client.rest().await, [0x20, 8, 0, 0x8A, 5, 0x1F, 0, 2, b'n', b'o']);
    }
    broker.fault_always(None).await;
    Raw::v5(broker.addr(), "c").await.is_alive().await;
}

#[tokio::test]
async fn faults_meet_one_connection_each_in_order() {
    let options = BrokerOptions {
        faults: vec![Fault::CloseWithoutConnack, Fault::short_disconnect(2)],
        ..BrokerOptions::default()
    };
    let broker = Broker::bind(options).await.unwrap();
    broker
        .fault_next(Fault::After {
            packets: 3,
            action: FaultAction::Close,
        })
        .await;
    let mut first = Raw::open(broker.addr()).await;
    first.send(&connect(5, "1", 0, &[])).await;
    assert!(first.rest().await.is_empty());
    let mut second = Raw::v5(broker.addr(), "2").await;
    second.is_alive().await;
    assert_eq!(second.rest().await, [0xE0, 1, 0x8E]);
    let mut third = Raw::v5(broker.addr(), "3").await;
    third.is_alive().await;
    third.is_alive().await;
    assert!(third.rest().await.is_empty());
    Raw::v5(broker.addr(), "4").await.is_alive().await;
}

#[tokio::test]
async fn a_broker_that_stops_reading_still_delivers_and_still_stops() {
    let broker = broker().await;
    broker
        .fault_next(Fault::After {
            packets: 2,
            action: FaultAction::StopReading,
        })
        .await;
    let mut deaf = Raw::admitted(broker.addr(), &connect(5, "deaf", 1, &[])).await;
    deaf.send(&frame(0x82, &[&[0, 1, 0], &text("a"), &[0]])).await;
    deaf.packet().await;
    deaf.send(&[0xC0, 0]).await;
    let mut publisher = Raw::v5(broker.addr(), "p").await;
    publisher.send(&frame(0x30, &[&text("a"), &[0], b"x"])).await;
    assert_eq!(deaf.packet().await, frame(0x30, &[&text("a"), &[0], b"x"]));
    timeout(Duration::from_secs(5), broker.shutdown()).await.unwrap();
    // Neither PINGRESP nor the keep alive came before.
    assert_eq!(deaf.rest().await, [0xE0, 1, 0x8B]);
}

#[tokio::test]
async fn connections_that_are_up_can_be_hit() {
    let broker = broker().await;
    let mut client = Raw::v5(broker.addr(), "c").await;
    client.is_alive().await;
    broker.fault_now(FaultAction::Send(vec![0x30, 1])).await;
    broker.fault_now(FaultAction::SendAndClose(vec![0xFF])).await;
    assert_eq!(client.rest().await, [0x30, 1, 0xFF]);
}

#[tokio::test]
async fn a_silent_broker_keeps_the_connection_open_without_an_answer() {
    let broker = broker().await;
    broker.fault_next(Fault::Silence).await;
    let mut client = Raw::open(broker.addr()).await;
    client.send(&connect(5, "c", 0, &[])).await;
    // Connections are accepted in order: this one shows that the first is.
    Raw::v5(broker.addr(), "other").await.is_alive().await;
    timeout(Duration::from_secs(5), broker.shutdown()).await.unwrap();
    assert!(client.rest().await.is_empty());
}

#[tokio::test]
async fn either_direction_can_be_late_from_the_first_byte_or_from_a_packet_on() {
    let broker = broker().await;
    let by = Duration::from_millis(300);
    for direction in [Direction::ClientToServer, Direction::ServerToClient] {
        broker.fault_next(Fault::delay(direction, by)).await;
        let started = Instant::now();
        let mut client = Raw::v5(broker.addr(), "late").await;
        assert!(started.elapsed() >= by, "CONNACK after {:?}", started.elapsed());
        let started = Instant::now();
        client.is_alive().await;
        assert!(started.elapsed() >= by, "PINGRESP after {:?}", started.elapsed());
        let action = FaultAction::Delay { direction, by };
        broker.fault_next(Fault::After { packets: 2, action }).await;
        let mut client = Raw::v5(broker.addr(), "later").await;
        client.is_alive().await;
        let started = Instant::now();
        client.is_alive().await;
        assert!(started.elapsed() >= by, "PINGRESP after {:?}", started.elapsed());
        broker
            .fault_now(FaultAction::Delay {
                direction,
                by: Duration::ZERO,
            })
            .await;
        client.is_alive().await;
    }
}

#[tokio::test]
async fn a_late_broker_says_its_last_words_all_the_same() {
    let broker = broker().await;
    let by = Duration::from_millis(700);
    broker
        .fault_next(Fault::delay(Direction::ServerToClient, by))
        .await;
    let mut client = Raw::v5(broker.addr(), "late").await;
    client.send(&[0xF0, 2, 0x18, 0]).await;
    assert_eq!(client.rest().await, [0xE0, 1, 0x82]);
}

#[tokio::test]
async fn malformed_frames_come_as_they_are_and_the_connection_goes_on() {
    let broker = broker().await;
    for malformed in Malformed::ALL {
        let action = FaultAction::SendMalformed(malformed);
        broker.fault_next(Fault::After { packets: 2, action }).await;
        let mut client = Raw::v5(broker.addr(), "c").await;
        client.is_alive().await;
        let bytes = malformed.bytes();
        assert_eq!(client.bytes(bytes.len()).await, bytes, "{malformed:?}");
        client.is_alive().await;
    }
}

#[tokio::test]
async fn a_fault_can_come_before_connect() {
    let broker = broker().await;
    for (action, said) in [
        (FaultAction::Close, &[][..]),
        (
            FaultAction::SendAndClose(b"HTTP/1.1 400\r\n".to_vec()),
            b"HTTP/1.1 400\r\n",
        ),
    ] {
        broker.fault_next(Fault::After { packets: 0, action }).await;
        let mut client = Raw::open(broker.addr()).await;
        assert_eq!(client.rest().await, said);
    }
    let action = FaultAction::StopReading;
    broker.fault_next(Fault::After { packets: 0, action }).await;
    let mut deaf = Raw::open(broker.addr()).await;
    deaf.send(&connect(5, "c", 0, &[])).await;
    Raw::v5(broker.addr(), "other").await.is_alive().await;
    timeout(Duration::from_secs(5), broker.shutdown()).await.unwrap();
}
