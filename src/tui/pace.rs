//! When a frame is due: at once for a key, for traffic not more often than eyes and terminal follow.

use std::time::{Duration, Instant};

/// A row that is gone after less than this was not read by anybody.
const READABLE: Duration = Duration::from_millis(200);
/// Rows a second above which they turn over faster than eyes can read.
const READABLE_ROWS: f64 = 12.0;
/// Nothing for as long as so many messages took, or as between two rows that can be read: what came last stays.
const QUIET_MESSAGES: f64 = 1_000.0;
/// The longest pause a slow terminal gets between two frames of traffic.
const SLOWEST: Duration = Duration::from_secs(1);

/// What was drawn when, and what came since.
pub struct Pace {
    frame: Duration,
    last_draw: Instant,
    last_batch: Instant,
    received_at_draw: u64,
    key_pressed: Option<Instant>,
    slowest_key: Duration,
}

impl Pace {
    /// Of `fps` frames a second at most, at least one.
    pub fn new(fps: u8) -> Self {
        let now = Instant::now();
        Self {
            frame: Duration::from_secs(1) / u32::from(fps.max(1)),
            last_draw: now,
            last_batch: now,
            received_at_draw: 0,
            key_pressed: None,
            slowest_key: Duration::ZERO,
        }
    }

    /// A key was pressed.
    pub fn key_came(&mut self) {
        self.key_pressed.get_or_insert_with(Instant::now);
    }

    /// Batches were taken in.
    pub fn batch_came(&mut self) {
        self.last_batch = Instant::now();
    }

    /// A frame was drawn, which shows so many messages received.
    pub fn drawn(&mut self, received: u64) {
        self.last_draw = Instant::now();
        self.received_at_draw = received;
        if let Some(pressed) = self.key_pressed.take() {
            self.slowest_key = self.slowest_key.max(pressed.elapsed());
        }
    }

    /// The longest a key waited for its frame.
    pub const fn slowest_key(&self) -> Duration {
        self.slowest_key
    }

    /// When traffic is drawn, `received` messages by now, where the terminal took `last_write` for the last frame.
    pub fn traffic_due(&self, received: u64, last_write: Duration) -> Instant {
        let elapsed = self.last_draw.elapsed().as_secs_f64().max(0.001);
        let new = received - self.received_at_draw;
        let rate = new as f64 / elapsed;
        let quiet_from = (rate > READABLE_ROWS && new > 1).then(|| self.last_batch + quiet(rate));
        due(self.last_draw, quiet_from, self.frame, last_write)
    }
}

/// When traffic is drawn: with the next frame, or, where rows turn over, when eyes can follow or it has become quiet.
/// A terminal that took long for the last frame gets the next one later, but one that stood still and reads again is
/// current at once: the pause counts from the last drawing.
fn due(last_draw: Instant, quiet_from: Option<Instant>, frame: Duration, last_write: Duration) -> Instant {
    let soonest = last_draw + frame.max((last_write * 4).min(SLOWEST));
    match quiet_from {
        Some(quiet_from) => soonest.max(quiet_from.min(last_draw + READABLE)),
        None => soonest,
    }
}

/// How long nothing has come when messages, so many a second, have ended.
fn quiet(rate: f64) -> Duration {
    Duration::from_secs_f64((QUIET_MESSAGES / rate).min(1.0 / READABLE_ROWS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_many_as_terminal_and_eyes_follow_and_quiet_shows_the_last() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        for (quiet_from, last_write, expected) in [
            (None, 1, 33),
            (Some(250), 1, 200),
            (Some(150), 1, 150),
            (Some(10), 1, 33),
            (None, 100, 400),
            (Some(150), 100, 400),
            (Some(150), 20_000, 1_000),
        ] {
            let from = quiet_from.map(|from| start + ms(from));
            let due = due(start, from, ms(33), ms(last_write));
            assert_eq!(due, start + ms(expected), "{quiet_from:?}, {last_write}");
        }
        assert_eq!(
            [quiet(1_000.0).as_millis(), quiet(100_000.0).as_millis()],
            [83, 10]
        );
    }
}
