//! The one clock of a program run, passed in wherever events are stamped.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::event::Time;

/// When the program started: what [`Time::mono_us`] counts from. Copied freely; all copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts now. One a program run: times of different clocks cannot be compared.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Now, on both clocks. The wall clock is asked anew each time, so that it follows suspend and corrections.
    pub fn now(&self) -> Time {
        Time {
            mono_us: self.now_us(),
            wall_us: wall_us(SystemTime::now()),
        }
    }

    /// Now, on the mono clock only: microseconds since the start.
    pub fn now_us(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    /// The instant at which the mono clock shows `mono_us`.
    pub fn instant(&self, mono_us: u64) -> Instant {
        self.start + Duration::from_micros(mono_us)
    }
}

fn wall_us(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_micros() as i64,
        Err(before) => -(before.duration().as_micros() as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_of_the_clock_shows_the_same_mono_time() {
        let clock = Clock::start();
        let now = clock.now_us();
        assert!(clock.instant(now) <= Instant::now());
        assert_eq!(clock.instant(7) - clock.instant(0), Duration::from_micros(7));
    }

    #[test]
    fn a_wall_clock_before_the_epoch_is_negative() {
        assert_eq!(wall_us(UNIX_EPOCH - Duration::from_micros(5)), -5);
    }
}
