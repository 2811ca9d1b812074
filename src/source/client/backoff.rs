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

    /// A connection ended so long after its CONNACK, or without one; `is_unexplained`: closed by the peer, who
    /// said nothing that would tell why.
    pub fn on_end(&mut self, up_for: Option<Duration>, is_unexplained: bool) {
        match up_for {
            Some(time) if time >= STEADY => self.reset(),
            Some(time) if time < EARLY && is_unexplained => self.early_closes += 1,
            _ => self.early_closes = 0,
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
        backoff.on_end(Some(S * 29), true);
        assert!(!backoff.is_fresh());
        backoff.on_end(Some(S * 30), true);
        assert!(backoff.is_fresh());
    }

    #[test]
    fn three_early_closes_in_a_row_look_like_a_takeover() {
        let mut backoff = Backoff::new(config::Backoff::default());
        for up_for in [1, 1, 10, 1, 1] {
            backoff.on_end(Some(S * up_for), true);
            assert!(!backoff.is_takeover_likely());
        }
        backoff.on_end(Some(S), true);
        assert!(backoff.is_takeover_likely());
        assert_eq!(backoff.wait(0), S * 30);
    }

    #[test]
    fn a_close_that_is_explained_or_before_connack_is_no_takeover() {
        for (up_for, is_unexplained) in [(Some(S), false), (None, true)] {
            let mut backoff = Backoff::new(config::Backoff::default());
            for _ in 0..9 {
                backoff.on_end(up_for, is_unexplained);
                assert!(!backoff.is_takeover_likely());
            }
        }
    }

    #[test]
    fn takeovers_keep_to_the_profiles_longest_wait() {
        let hasty = config::Backoff {
            min: S / 100,
            max: S / 100,
        };
        let mut backoff = Backoff::new(hasty);
        for _ in 0..9 {
            backoff.on_end(Some(S), true);
            assert_eq!(backoff.wait(1023), hasty.max);
        }
    }

    /// When a client would connect again, seconds from its first try, if each connection ends this way after it
    /// took `took` to get so far.
    fn reconnects(up_for: Option<f64>, took: f64, is_unexplained: bool, random: u64) -> Vec<f64> {
        let mut backoff = Backoff::new(config::Backoff::default());
        let (mut now, mut times) = (0.0, Vec::new());
        while now < 600.0 {
            now += took + up_for.unwrap_or(0.0);
            backoff.on_end(up_for.map(Duration::from_secs_f64), is_unexplained);
            now += backoff.wait(random).as_secs_f64();
            times.push(now);
        }
        times
    }

    /// Refused at TCP, closed at accept, closed after CONNECT, busy codes: no CONNACK. Silence instead of CONNACK:
    /// 10 s each. Flapping: closed, with words or without, so long after CONNACK. Silent or zero-window peers:
    /// found dead after 1.5 keep alive.
    #[test]
    fn at_most_5_reconnects_in_5_s_and_one_in_10_s_after_a_minute_whatever_the_peer_does() {
        let mut ends: Vec<(Option<f64>, f64)> = vec![(None, 0.0), (None, 0.3), (None, 10.0)];
        ends.extend((0..1200).map(|tenth| (Some(f64::from(tenth) / 10.0), 0.0)));
        for (up_for, took) in ends {
            for (is_unexplained, random) in [(true, 0), (true, 1023), (false, 0), (false, 1023)] {
                let times = reconnects(up_for, took, is_unexplained, random);
                let first = times.iter().filter(|time| **time < 5.0).count();
                assert!(first <= 5, "{up_for:?}: {first} in 5 s");
                for pair in times.windows(2).filter(|pair| pair[0] >= 60.0) {
                    assert!(pair[1] - pair[0] >= 10.0, "{up_for:?}: {pair:?}");
                }
            }
        }
    }

    #[test]
    fn a_single_cut_is_mended_within_2_s_however_bad_the_time_before() {
        for up_for in [0.0, 1.0, 4.0, 5.0, 20.0, 3600.0] {
            let times = reconnects(Some(up_for), 0.0, true, 1023);
            assert!(times[0] - up_for < 2.0, "{up_for}: {times:?}");
        }
        let mut backoff = Backoff::new(config::Backoff::default());
        for _ in 0..9 {
            backoff.on_end(None, true);
            backoff.wait(1023);
        }
        backoff.on_end(Some(S * 30), false);
        assert!(backoff.wait(1023) < S * 2);
    }
}
