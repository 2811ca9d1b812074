//! The live source against real and scripted brokers on loopback ports: waits on conditions with a deadline.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking"
)]

mod authentication;
#[path = "../common/mod.rs"]
mod common;
mod cuts;
mod fuzzed;
mod hostile;
mod live;
mod observer;
mod peer;
mod reconnect;
mod scripted;
mod speed;
