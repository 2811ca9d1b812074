//! What the integration tests share: a real mosquitto on a loopback port, and waiting with a deadline.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "each test binary uses a part; a test fails by panicking"
)]

pub mod mosquitto;

use std::time::{Duration, Instant};

/// How long a condition may take to come true: generous, for a busy machine; nothing waits so long in success.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Asks until there is an answer; fails naming `what` after [`DEADLINE`].
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "still waiting for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
