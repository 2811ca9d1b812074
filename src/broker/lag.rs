//! Bytes of one direction that are held back for a while, as a slow network does: all of them, in order.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// How late bytes are, and how many wait.
#[derive(Debug, Default)]
pub(super) struct Lag {
    by: Duration,
    /// When each stretch may go on, oldest first.
    stretches: VecDeque<(Instant, usize)>,
    held: usize,
}

impl Lag {
    /// For bytes from now on. Those that wait already are not overtaken.
    pub(super) const fn set(&mut self, by: Duration) {
        self.by = by;
    }

    /// `bytes` more have come.
    pub(super) fn hold(&mut self, bytes: usize, now: Instant) {
        if bytes == 0 || (self.by.is_zero() && self.stretches.is_empty()) {
            return;
        }
        let earliest = self.stretches.back().map_or(now, |(at, _)| *at);
        self.stretches.push_back((earliest.max(now + self.by), bytes));
        self.held += bytes;
    }

    /// Lets go of what has waited long enough.
    pub(super) fn release(&mut self, now: Instant) {
        while let Some(&(at, bytes)) = self.stretches.front()
            && at <= now
        {
            self.stretches.pop_front();
            self.held -= bytes;
        }
    }

    /// Bytes that wait; they are the last ones of their buffer.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// When [`Self::release`] lets go of some next.
    pub(super) fn next(&self) -> Option<Instant> {
        self.stretches.front().map(|(at, _)| *at)
    }

    /// How long until nothing waits any more.
    pub(super) fn rest(&self, now: Instant) -> Duration {
        let last = self.stretches.back();
        last.map_or(Duration::ZERO, |(at, _)| at.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn bytes_go_on_in_order_and_each_late_by_the_same_time() {
        let now = Instant::now();
        let mut lag = Lag::default();
        lag.hold(5, now);
        assert_eq!((lag.held(), lag.next()), (0, None), "no delay, nothing held");
        lag.set(10 * MS);
        lag.hold(3, now);
        lag.hold(4, now + 5 * MS);
        lag.release(now + 9 * MS);
        assert_eq!(lag.held(), 7);
        lag.release(now + 10 * MS);
        assert_eq!((lag.held(), lag.next()), (4, Some(now + 15 * MS)));
        assert_eq!(lag.rest(now + 10 * MS), 5 * MS);
    }

    #[test]
    fn ending_the_delay_lets_nothing_overtake() {
        let now = Instant::now();
        let mut lag = Lag::default();
        lag.set(10 * MS);
        lag.hold(3, now);
        lag.set(Duration::ZERO);
        lag.hold(4, now + MS);
        lag.release(now + 9 * MS);
        assert_eq!(lag.held(), 7);
        lag.release(now + 10 * MS);
        assert_eq!(lag.held(), 0);
        lag.hold(1, now + 10 * MS);
        assert_eq!(lag.held(), 0);
    }
}
