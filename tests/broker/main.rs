//! Real sockets on loopback: waits on conditions with a deadline, never on time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod demo;
mod embedded;
mod embedded_faults;
mod embedded_mosquitto;
mod raw;
mod rumqtt;
mod sessions;
mod sessions_mosquitto;
mod users;
