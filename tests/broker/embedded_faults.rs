//! The embedded broker's scripted faults, as a client suffers them.

use std::time::Duration;

use mqttscope::{
    broker::{Broker, BrokerOptions, Fault, FaultAction},
    mqtt::ReasonCode,
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
