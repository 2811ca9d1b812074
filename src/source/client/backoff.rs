//! When to try again: 1 → 30 s with jitter; and the suspicion that another client uses our id.

use std::time::Duration;

use crate::config;

/// A connection that held this long starts the waits over.
const STEADY: Duration = Duration::from_secs(30);
/// Closed this soon after CONNACK is suspicious.
const EARLY: Duration = Duration::from_secs(5);
/// So many early closes in a row look like two clients taking one session from each other.
const TAKEOVERS: u32 = 3;
/// The wait then, where the profile has no shorter maximum: who wrote one knows the broker.
const TAKEOVER_WAIT: Duration = Duration::from_secs(30);

/// The waits of one connection.
pub struct Backoff {
    range: config::Backoff,
    next: Duration,
    early_closes: u32,
}

impl Backoff {
    /// Starts at the least wait.
    pub fn new(range: config::Backoff) -> Self {
        Self {
            next: range.min,
            range,
            early_closes: 0,
        }
    }

    /// Starts over: asked by a person, or after a steady connection.
    pub fn reset(&mut self) {
        *self = Self::new(self.range);
    }

    /// A connection ended so long after its CONNACK. However it ended, a steady one starts the waits over; only
    /// a close by the peer can be another client's doing.
    pub fn on_ended(&mut self, up_for: Duration, was_closed: bool) {
        if up_for >= STEADY {
            self.reset();
        } else if was_closed && up_for < EARLY {
            self.early_closes += 1;
        } else if was_closed {
            self.early_closes = 0;
        }
    }

    /// Whether the closes look like a takeover.
    pub fn is_takeover_likely(&self) -> bool {
        self.early_closes >= TAKEOVERS
    }

    /// Whether the last connection was steady, so that attempts are counted anew.
    pub fn is_fresh(&self) -> bool {
        self.next == self.range.min && self.early_closes == 0
    }

    /// The wait before the next try: up to a fifth more or less than the plan, never above the maximum.
    pub fn wait(&mut self, random: u64) -> Duration {
        if self.is_takeover_likely() {
            return TAKEOVER_WAIT.min(self.range.max);
        }
        let planned = self.next;
        self.next = (planned * 2).min(self.range.max).max(self.range.min);
        let factor = 0.8 + 0.4 * (random % 1024) as f64 / 1024.0;
        planned.mul_f64(factor).min(self.range.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_maximum() {
        let mut backoff = Backoff::new(config::Backoff::default());
        let waits: Vec<f64> = (0..7).map(|_| backoff.wait(512).as_secs_f64().round()).collect();
        assert_eq!(waits, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
    }

    #[test]
    fn jitter_stays_within_a_fifth_and_below_the_maximum() {
        for random in [0, 1023, u64::MAX] {
            let mut backoff = Backoff::new(config::Backoff::default());
            let first = backoff.wait(random);
            assert!(first >= S * 4 / 5 && first <= S * 6 / 5, "{first:?}");
            for _ in 0..8 {
                assert!(backoff.wait(random) <= S * 30);
            }
        }
    }

    #[test]
    fn a_steady_connection_starts_the_waits_over() {
        let mut backoff = Backoff::new(config::Backoff::default());
        backoff.wait(0);
        backoff.wait(0);
        backoff.on_ended(S * 29, true);
        assert!(!backoff.is_fresh());
        backoff.on_ended(S * 30, true);
        assert!(backoff.is_fresh());
        backoff.wait(0);
        backoff.on_ended(S * 30, false);
        assert!(
            backoff.is_fresh(),
            "silent or in breach of a rule at last, but steady"
        );
    }

    #[test]
    fn three_early_closes_in_a_row_look_like_a_takeover() {
        let mut backoff = Backoff::new(config::Backoff::default());
        for up_for in [1, 1, 10, 1, 1] {
            backoff.on_ended(S * up_for, true);
            assert!(!backoff.is_takeover_likely());
        }
        backoff.on_ended(S, true);
        assert!(backoff.is_takeover_likely());
        assert_eq!(backoff.wait(0), S * 30);
    }

    /// Connected for so long each time, closed by the peer, with the least and the most jitter.
    #[test]
    fn flapping_of_any_kind_stays_below_five_tries_at_first_and_one_in_ten_seconds_later() {
        for (up_for, random) in [0, 1, 4, 5, 6, 29, 30, 31]
            .into_iter()
            .flat_map(|s| [(s, 0), (s, 1023)])
        {
            let mut backoff = Backoff::new(config::Backoff::default());
            let (mut now, mut tries) = (Duration::ZERO, vec![Duration::ZERO]);
            while now < S * 600 {
                backoff.on_ended(S * up_for, true);
                now += S * up_for + backoff.wait(random);
                tries.push(now);
            }
            let within =
                |from: Duration, to: Duration| tries.iter().filter(|&&at| from <= at && at < to).count();
            assert!(within(Duration::ZERO, S * 5) <= 5, "{up_for}: {tries:?}");
            assert!(
                (60..590).all(|s| within(S * s, S * (s + 10)) <= 1),
                "{up_for}: {tries:?}"
            );
        }
    }

    #[test]
    fn no_wait_is_longer_than_the_profile_says() {
        let range = config::Backoff {
            min: S / 100,
            max: S / 50,
        };
        let mut backoff = Backoff::new(range);
        for _ in 0..9 {
            backoff.on_ended(S, true);
            assert!(backoff.wait(1023) <= range.max);
        }
        assert!(backoff.is_takeover_likely());
    }
}
