//! How often to read: a peer that trickles would cost a wake-up a message, so above 800 reads a second
//! reading waits 2 ms for more, except while reads come back full or somebody waits for what comes next.

/// Over which reads are counted.
const WINDOW_US: u64 = 100_000;
/// 800 a second.
const TOO_MANY: u32 = 80;
/// Below it, while paced (500 a second at most), pacing no longer gains anything.
const FEW: u32 = 25;
/// Between two paced reads.
const PAUSE_US: u64 = 2_000;

/// The pace of one connection; times are microseconds.
#[derive(Default)]
pub struct Pace {
    window_start: u64,
    reads: u32,
    is_slow: bool,
    next_read: u64,
}

impl Pace {
    /// A read came back; `was_full`: the kernel may hold more.
    pub fn on_read(&mut self, now: u64, was_full: bool) {
        if now.saturating_sub(self.window_start) >= WINDOW_US {
            self.is_slow = self.reads > if self.is_slow { FEW } else { TOO_MANY };
            self.window_start = now;
            self.reads = 0;
        }
        self.reads += 1;
        self.next_read = if self.is_slow && !was_full {
            now + PAUSE_US
        } else {
            now
        };
    }

    /// The last read brought something that is answered or that is an answer: a window of twenty messages
    /// moves only as fast as its acks.
    pub fn hurry(&mut self) {
        self.next_read = 0;
    }

    /// Whether reading waits for more.
    pub const fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// When the next read may be made, if not yet.
    pub fn wait_until(&self, now: u64) -> Option<u64> {
        (self.next_read > now).then_some(self.next_read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads every `gap` µs, or when the pace allows; gives the reads within `time`.
    fn reads(pace: &mut Pace, start: u64, time: u64, gap: u64, was_full: bool) -> u64 {
        let (mut now, mut count) = (start, 0);
        while now < start + time {
            pace.on_read(now, was_full);
            count += 1;
            now = (now + gap).max(pace.wait_until(now).unwrap_or(0));
        }
        count
    }

    #[test]
    fn a_trickle_is_paced_to_500_reads_a_second() {
        let mut pace = Pace::default();
        reads(&mut pace, WINDOW_US, 300_000, 1_000, false);
        assert!(reads(&mut pace, 400_000, 1_000_000, 1_000, false) <= 500);
    }

    #[test]
    fn an_easy_stream_is_not_paced() {
        let mut pace = Pace::default();
        assert_eq!(reads(&mut pace, WINDOW_US, 1_000_000, 2_000, false), 500);
    }

    #[test]
    fn full_reads_are_never_paced() {
        let mut pace = Pace::default();
        assert_eq!(reads(&mut pace, WINDOW_US, 1_000_000, 100, true), 10_000);
    }

    #[test]
    fn a_read_with_an_ack_in_it_is_not_waited_after() {
        let mut pace = Pace::default();
        reads(&mut pace, WINDOW_US, 300_000, 100, false);
        pace.on_read(400_000, false);
        assert!(pace.wait_until(400_000).is_some());
        pace.hurry();
        assert_eq!(pace.wait_until(400_000), None);
        pace.on_read(400_100, false);
        assert!(
            pace.wait_until(400_100).is_some(),
            "the trickle behind it is paced as before"
        );
    }

    #[test]
    fn pacing_ends_with_the_trickle() {
        let mut pace = Pace::default();
        reads(&mut pace, WINDOW_US, 500_000, 100, false);
        reads(&mut pace, 700_000, 500_000, 20_000, false);
        assert_eq!(pace.wait_until(1_200_000), None);
    }
}
