//! Every way to a broker: TLS against a real mosquitto with certificates made here, and peers that do what no
//! broker should. Waits on conditions with a deadline.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking; shared files are used in part"
)]

mod certificates;
#[path = "../common/mod.rs"]
mod common;
mod front;
#[path = "../source/observer.rs"]
mod observer;
mod proxy;
mod strangers;
mod tls;
#[cfg(unix)]
mod unix;
mod websocket;

use mqttscope::{
    config::Profile,
    event::{ConnectionState, Facts, Failure},
    mqtt::{ProtocolChoice, QoS},
};
use observer::Observer;

/// A profile for `url` that subscribes to `#` and tries again quickly.
pub fn profile(url: &str) -> Profile {
    let url: mqttscope::config::BrokerUrl = url.parse().unwrap();
    let mut profile = observer::profile(url.port, ProtocolChoice::Auto);
    profile.url = url;
    profile.subscriptions.truncate(1);
    profile
}

/// Connects and exchanges a message; what was agreed on.
pub async fn talks(profile: Profile) -> Facts {
    let mut observer = Observer::new(profile);
    observer
        .until("SUBACK or a failure", |o| match o.states.last() {
            Some(ConnectionState::Connected(facts)) => facts
                .subscriptions
                .iter()
                .all(|(_, code)| code.is_some())
                .then_some(()),
            Some(ConnectionState::Waiting { failure, .. } | ConnectionState::Refused(failure)) => {
                panic!("{failure:?}")
            }
            _ => None,
        })
        .await;
    observer.publish("way/there", b"and back", QoS::AtLeastOnce);
    assert_eq!(observer.received("way/there").await.payload, b"and back");
    match observer.states.last() {
        Some(ConnectionState::Connected(facts)) => (**facts).clone(),
        state => panic!("{state:?}"),
    }
}

/// Tries to connect; why that fails, and whether it is tried again by itself.
pub async fn fails(profile: Profile) -> (Failure, bool) {
    let mut observer = Observer::new(profile);
    observer
        .until_state("a failure", |state| match state {
            ConnectionState::Waiting { failure, .. } => Some((failure.clone(), true)),
            ConnectionState::Refused(failure) => Some((failure.clone(), false)),
            ConnectionState::Connected(_) => panic!("connected"),
            _ => None,
        })
        .await
}
