//! What the connections count, and `$SYS` shows.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows; read by the exchange, written by connections.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Totals since the start. "Messages" are control packets of any type, "publishes" are PUBLISH.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) messages_received: Counter,
    pub(super) messages_sent: Counter,
    pub(super) publishes_received: Counter,
    pub(super) publishes_sent: Counter,
    /// For want of room in a queue or in the retained store, or larger than the client allows.
    pub(super) publishes_dropped: Counter,
    pub(super) bytes_received: Counter,
    pub(super) bytes_sent: Counter,
}
