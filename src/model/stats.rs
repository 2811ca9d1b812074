//! Counting over time: rates that end at exactly 0 after silence, and how many distinct things were seen.
//!
//! Times are microseconds of the mono clock, given by the caller.
#![allow(
    clippy::indexing_slicing,
    reason = "indices are taken modulo the arrays' lengths"
)]

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

const SLOT_US: u64 = 250_000;
const SLOTS: u64 = 16;

/// Events a second over the last four seconds (over less right after the first event).
#[derive(Debug, Clone, Default)]
pub struct Rate {
    counts: [u32; SLOTS as usize],
    slot: u64,
    first_us: Option<u64>,
}

impl Rate {
    /// Counts one event.
    #[inline]
    pub fn add(&mut self, now_us: u64) {
        self.roll(now_us);
        self.counts[(self.slot % SLOTS) as usize] += 1;
    }

    fn roll(&mut self, now_us: u64) {
        let slot = now_us / SLOT_US;
        if slot > self.slot {
            let passed = (slot - self.slot).min(SLOTS);
            for gone in 0..passed {
                self.counts[((slot - gone) % SLOTS) as usize] = 0;
            }
            self.slot = slot;
        }
        if self.first_us.is_none() {
            self.first_us = Some(now_us);
        }
    }

    /// Events a second at `now_us`.
    pub fn per_second(&self, now_us: u64) -> f64 {
        let Some(first_us) = self.first_us else {
            return 0.0;
        };
        let now_slot = (now_us / SLOT_US).max(self.slot);
        let silent = now_slot - self.slot;
        let oldest = (now_slot + 1).saturating_sub(SLOTS);
        let count: u64 = (0..SLOTS.saturating_sub(silent))
            .filter_map(|back| self.slot.checked_sub(back))
            .map(|slot| u64::from(self.counts[(slot % SLOTS) as usize]))
            .sum();
        let span_us = now_us
            .saturating_sub(first_us.max(oldest * SLOT_US))
            .max(1_000_000);
        count as f64 * 1e6 / span_us as f64
    }

    /// When the rate next changes by time alone; `None` once it is 0.
    pub fn next_change(&self, now_us: u64) -> Option<u64> {
        (self.per_second(now_us) > 0.0).then(|| (now_us / SLOT_US + 1) * SLOT_US)
    }
}

/// Log2 of the window of a [`NodeRate`]: 8.4 s.
const WINDOW_BITS: u32 = 23;

/// The rate of a topic level in three words: two windows of 8.4 s, the older fading out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NodeRate {
    window: u32,
    current: u32,
    previous: u32,
}

impl NodeRate {
    pub(super) const NONE: Self = Self {
        window: 0,
        current: 0,
        previous: 0,
    };

    #[inline]
    pub(super) fn add(&mut self, now_us: u64) {
        let window = (now_us >> WINDOW_BITS) as u32;
        if window != self.window {
            self.previous = if window == self.window.wrapping_add(1) {
                self.current
            } else {
                0
            };
            self.current = 0;
            self.window = window;
        }
        self.current = self.current.saturating_add(1);
    }

    /// Events a second, where nothing at all was counted before `since_us`.
    pub(super) fn per_second(self, now_us: u64, since_us: u64) -> f64 {
        let window = (now_us >> WINDOW_BITS) as u32;
        let (current, previous) = match window.saturating_sub(self.window) {
            0 => (self.current, self.previous),
            1 => (0, self.current),
            _ => (0, 0),
        };
        let length = 1u64 << WINDOW_BITS;
        let into = now_us & (length - 1);
        let faded = f64::from(previous) * (length - into) as f64 / length as f64;
        let span_us = now_us.saturating_sub(since_us).clamp(1_000_000, length);
        (f64::from(current) + faded) * 1e6 / span_us as f64
    }
}

const REGISTER_BITS: u32 = 12;

/// About how many distinct things were seen (within 2 %), in 4 KiB: for topics that are not kept.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    registers: Vec<u8>,
    hasher: DefaultHashBuilder,
}

impl Distinct {
    pub(super) fn add(&mut self, thing: &[u8]) {
        if self.registers.is_empty() {
            self.registers = vec![0; 1 << REGISTER_BITS];
        }
        let hash = self.hasher.hash_one(thing).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let register = &mut self.registers[(hash >> (64 - REGISTER_BITS)) as usize];
        let rank = ((hash << REGISTER_BITS).leading_zeros() + 1).min(64 - REGISTER_BITS + 1) as u8;
        *register = (*register).max(rank);
    }

    /// `HyperLogLog` with its correction for small counts (Flajolet et al., 2007).
    pub(super) fn estimate(&self) -> u64 {
        if self.registers.is_empty() {
            return 0;
        }
        let registers = self.registers.len() as f64;
        let sum: f64 = self
            .registers
            .iter()
            .map(|&rank| 0.5f64.powi(i32::from(rank)))
            .sum();
        let raw = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / sum;
        let empty = self
            .registers
            .iter()
            .map(|&rank| usize::from(rank == 0))
            .sum::<usize>();
        if raw <= 2.5 * registers && empty > 0 {
            return (registers * (registers / empty as f64).ln()).round() as u64;
        }
        raw.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_told_and_ends_at_zero() {
        let mut rate = Rate::default();
        assert_eq!(rate.next_change(0), None);
        for event in 0..10_000u64 {
            rate.add(event * 1_000);
        }
        let now = 10_000_000;
        assert!(
            (rate.per_second(now) - 1_000.0).abs() < 1.0,
            "{}",
            rate.per_second(now)
        );
        assert!(rate.per_second(now + 2_000_000) > 0.0);
        assert_eq!(rate.next_change(now), Some(10_250_000));
        assert!(rate.per_second(now + 4_000_000) == 0.0);
        assert_eq!(rate.next_change(now + 4_000_000), None);
    }

    #[test]
    fn the_first_second_does_not_exaggerate() {
        let mut rate = Rate::default();
        rate.add(77_000_000);
        assert!((rate.per_second(77_000_001) - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_level_s_rate_follows_and_fades() {
        let mut rate = NodeRate::default();
        let start = 100_000_000u64;
        for event in 0..3_000u64 {
            rate.add(start + event * 10_000);
        }
        let now = start + 30_000_000;
        assert!((rate.per_second(now, start) - 100.0).abs() < 3.0);
        assert!(rate.per_second(now + 20_000_000, start) == 0.0);
    }

    #[test]
    fn distinct_things_are_counted_closely() {
        for count in [0u64, 1, 100, 5_000, 200_000] {
            let mut distinct = Distinct::default();
            for _ in 0..2 {
                for thing in 0..count {
                    distinct.add(&thing.to_le_bytes());
                }
            }
            let error = distinct.estimate().abs_diff(count) as f64;
            assert!(error <= 0.06 * count as f64, "{count}: {}", distinct.estimate());
        }
    }
}
