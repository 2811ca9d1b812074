//! Everything that yields events. Now: live connections.
//!
//! ```text
//! client (one task a connection) ── net (reaching the broker)
//!        │  frames ⇅ requests
//!        └─ session (MQTT's rules, without sockets or clock)
//! ```
//!
//! Knows nothing of models and screens: out go [`crate::event::Batch`]es, in come [`crate::event::Command`]s.

mod client;
mod clock;
mod flow;
pub mod net;
pub mod session;

pub use client::{ClientHandle, Limits, NotTaken, Parting, spawn};
pub use clock::Clock;
pub use flow::{BatchReceiver, BatchSender, batches};
