//! Real sockets on loopback: waits on conditions with a deadline, never on time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod demo;
mod embedded_mosquitto;
mod rumqtt;
